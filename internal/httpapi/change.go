package httpapi

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/ticket"
)

// changeRoutes keep change records.
var changeRoutes = []route{
	look("/v1/changes", "list-changes", "changes", "List change records", "change:list", listChanges),
	do("POST", "/v1/changes", "open-change", "changes", "Open a change record, or refer to one of another system", "change:create", 201, openChange),
	look("/v1/changes/{id}", "show-change", "changes", "Show a change record with its checks", "change:read", showChange),
	do("PUT", "/v1/changes/{id}", "update-change", "changes", "Write a change record again", "change:update", 200, updateChange),
	do("POST", "/v1/changes/{id}/approve", "approve-change", "changes", "Approve a change record", "change:approve", 200, approveChange),
	do("POST", "/v1/changes/{id}/close", "close-change", "changes", "Close or cancel a change record", "change:update", 200, closeChange),
	call("POST", "/v1/changes/{id}/verify", "verify-change", "changes", "Ask the other system how a change stands", "change:verify", 200, verifyChange),
}

type changeList struct {
	Paged
	Ref    string `query:"ref" maxLength:"2048" doc:"the one this names: an id, jira:OPS-1, or the address of its page"`
	System string `query:"system" enum:"clientele,jira,servicenow,github,gitlab"`
	State  string `query:"state" enum:"open,approved,closed,cancelled,unknown"`
	By     string `query:"by" maxLength:"64" doc:"the id of who opened it"`
}

func listChanges(ctx context.Context, v *guard.View, _ *House, in *changeList) (api.List[api.Change], error) {
	if err := v.Allow(policy.Resource{Type: "Change", ID: guard.All}); err != nil {
		return api.List[api.Change]{}, err
	}
	if in.Ref != "" {
		r, err := change.Find(ctx, v.Tx, in.Ref)
		if clientele.KindOf(err) == clientele.NotFound {
			return listOf([]change.Record{}, "", wireChangeAt(v.At)), nil
		}
		return listOf([]change.Record{r}, "", wireChangeAt(v.At)), err
	}
	all, next, err := change.List(ctx, v.Tx, change.Filter{System: in.System, State: in.State, By: in.By}, change.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireChangeAt(v.At)), err
}

func openChange(_ context.Context, act *guard.Act, _ *House, in *struct{ Body api.ChangeInput }) (api.Change, error) {
	b := in.Body
	if b.Ref == "" {
		r, err := change.Open(act, draftOf(b))
		return wireChange(r, act.At), err
	}
	if b.Title != "" || !b.WindowFrom.IsZero() || !b.WindowTo.IsZero() {
		return api.Change{}, clientele.Errorf(clientele.Invalid, "title and window of a reference come from the other system").WithHint("leave them out")
	}
	ref, err := ticket.ParseRef(b.Ref)
	if err != nil {
		return api.Change{}, err
	}
	r, err := change.Reference(act, ref)
	return wireChange(r, act.At), err
}

func showChange(ctx context.Context, v *guard.View, _ *House, in *ID) (api.Change, error) {
	r, err := change.Get(ctx, v.Tx, in.ID)
	if err != nil {
		return api.Change{}, err
	}
	if err := v.Allow(r.Resource()); err != nil {
		return api.Change{}, err
	}
	checks, err := change.History(ctx, v.Tx, r.ID)
	out := wireChange(r, v.At)
	for _, c := range checks {
		out.Checks = append(out.Checks, api.ChangeCheck{
			At: c.At, Answer: c.Answer, State: c.State, RawState: c.RawState, Title: c.Title, WindowFrom: c.WindowFrom, WindowTo: c.WindowTo, Reason: c.Reason,
		})
	}
	return out, err
}

func updateChange(_ context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
	Body api.ChangeInput
}) (api.Change, error) {
	v, err := in.IfMatch.version()
	if err != nil {
		return api.Change{}, err
	}
	if in.Body.Ref != "" {
		return api.Change{}, clientele.Errorf(clientele.Invalid, "a record does not become a reference").WithHint("refer to the ticket with a record of its own")
	}
	r, err := change.Update(act, in.ID.ID, v, draftOf(in.Body))
	return wireChange(r, act.At), err
}

func approveChange(_ context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
}) (api.Change, error) {
	v, err := in.IfMatch.version()
	if err != nil {
		return api.Change{}, err
	}
	r, err := change.Approve(act, in.ID.ID, v)
	return wireChange(r, act.At), err
}

func closeChange(_ context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
	Body api.ChangeEnd
}) (api.Change, error) {
	v, err := in.IfMatch.version()
	if err != nil {
		return api.Change{}, err
	}
	r, err := change.Close(act, in.ID.ID, v, in.Body.State)
	return wireChange(r, act.At), err
}

// verifyChange answers with the record in any case that the caller may see it: that the
// other system does not answer is a fact about the record.
func verifyChange(ctx context.Context, h *House, actor clientele.Actor, in *ID) (api.Change, error) {
	checker := h.Changes
	checker.Guard = h.Guard
	r, err := checker.Verify(ctx, actor, in.ID)
	if r.ID == "" {
		return api.Change{}, err
	}
	out := wireChange(r, h.Guard.Now())
	if err != nil {
		if clientele.KindOf(err) == clientele.Internal {
			return api.Change{}, err
		}
		out.Trouble = err.Error()
	}
	return out, nil
}

func draftOf(in api.ChangeInput) change.Draft {
	return change.Draft{Title: in.Title, WindowFrom: in.WindowFrom, WindowTo: in.WindowTo}
}

func wireChangeAt(t time.Time) func(change.Record) api.Change {
	return func(r change.Record) api.Change { return wireChange(r, t) }
}

func wireChange(r change.Record, now time.Time) api.Change {
	obstacle := r.Obstacle(now)
	return api.Change{
		ID: r.ID, System: r.System, Key: r.Key, URL: r.URL, Title: r.Title, State: r.State, RawState: r.RawState, By: r.By, ApprovedBy: r.ApprovedBy,
		Verified: r.Verified, CheckedAt: r.CheckedAt, GoodUntil: r.GoodUntil, NextCheckAt: r.NextCheckAt,
		WindowFrom: r.WindowFrom, WindowTo: r.WindowTo, ApprovedAt: r.ApprovedAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: r.Version,
		Open: obstacle == "", Obstacle: obstacle,
	}
}

// listOf is a page on the wire.
func listOf[A, B any](all []A, next string, wire func(A) B) api.List[B] {
	list := api.List[B]{Items: make([]B, 0, len(all)), Next: next}
	for _, a := range all {
		list.Items = append(list.Items, wire(a))
	}
	return list
}

// version is the number in the ETag; 0 for none.
func (m IfMatch) version() (int64, error) {
	if m.IfMatch == "" || m.IfMatch == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(m.IfMatch, `"`), 10, 64)
	if err != nil || n < 1 || m.IfMatch != fmt.Sprintf(`"%d"`, n) {
		return 0, clientele.Errorf(clientele.Invalid, "the header If-Match is not an ETag of this server")
	}
	return n, nil
}
