package review

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// window is how far back a use counts.
const window = 90 * day

// Evidence is what a reviewer is shown. It names people by their ids alone.
type Evidence struct {
	At          time.Time
	Tier        clientele.Tier // the highest of its own and its grants'
	Owner       string
	Environment string
	LastUsedAt  time.Time // zero: no use is known
	Grants      []Item
	// Used is how many of the grants were used within Days.
	Used, Days int
	// Findings are open; Leaked and Shared are conditions of its credentials.
	Findings       int
	Leaked, Shared bool
	Conditions     []clientele.Condition
	// People have the client on a machine of theirs; Machines counts all it was seen on.
	People   []string
	Machines int
	Removal  Removal
	// Changes are what else differs from the last review: "owner", "environment", "tier".
	Changes []string
	// Requesters asked for its grants.
	Requesters []string
	// Before is the last completed review; empty: none.
	Before string
}

// Removal is what would stop if the client ended.
type Removal struct {
	Services, Endpoints int
	Calls               int64     // since FirstAt
	FirstAt, LastAt     time.Time // zero: no use is known
}

// Item is one grant with how it was used.
type Item struct {
	Grant, ServiceID, Service string
	Method, Path              string
	Verb                      clientele.Verb
	RowCap, ByteCap           int64
	Destination, Mask         string
	ValidTo                   time.Time
	Delta                     Kind
	Uses                      int64
	LastUsedAt                time.Time
}

// scope is what the grant allows, whatever its id and limits.
func (i Item) scope() string {
	return strings.Join([]string{i.ServiceID, i.Method, i.Path, string(i.Verb)}, "\x00")
}

func (i Item) limits() string {
	return fmt.Sprintf("%d %d %q %q", i.RowCap, i.ByteCap, i.Destination, i.Mask)
}

// Kind is how a grant differs from the last review.
type Kind string

// The kinds, in the order in which they deserve attention.
const (
	New       Kind = "new"
	Changed   Kind = "changed" // its limits, destination or mask
	Unused    Kind = "unused"  // within the window
	Unchanged Kind = "unchanged"
)

var kinds = []Kind{New, Changed, Unused, Unchanged}

// Delta counts grants by kind.
type Delta struct{ New, Changed, Unused, Unchanged int }

// look makes the evidence, and what follows from it, that of now.
func (r *Review) look(ctx context.Context, tx *db.Tx, c inventory.Client, at time.Time) error {
	e, err := gather(ctx, tx, c, at)
	if err != nil {
		return err
	}
	r.Evidence, r.Delta, r.Tier = e, e.delta(), e.Tier
	r.SoleRequester, r.SoleUser = sole(e.Requesters), sole(e.People)
	if len(e.People) == 0 && (c.Personal || c.TeamID == "" && c.BackupID == "") {
		r.SoleUser = sole([]string{c.OwnerID})
	}
	return nil
}

// sole is the only person of a list.
func sole(ids []string) string {
	if len(ids) == 1 && strings.HasPrefix(ids[0], "per_") {
		return ids[0]
	}
	return ""
}

// gather reads what the rooms below know of a client.
func gather(ctx context.Context, tx *db.Tx, c inventory.Client, at time.Time) (Evidence, error) {
	e := Evidence{At: at, Tier: c.Tier, Owner: c.OwnerID, Environment: c.Environment, LastUsedAt: c.LastUsedAt, Days: int(window / day)}
	grants, err := lifecycle.Grants(ctx, tx, c.ID, at)
	if err != nil {
		return e, err
	}
	uses, err := inventory.Uses(ctx, tx, c.ID)
	if err != nil {
		return e, err
	}
	for _, g := range grants {
		e.Tier = max(e.Tier, g.Tier)
		e.Grants = append(e.Grants, itemOf(g, uses, at))
	}
	e.count(uses)
	if e.Conditions, err = lifecycle.Conditions(ctx, tx, c, at); err != nil {
		return e, err
	}
	e.Leaked, e.Shared = e.has(clientele.Leaked), e.has(clientele.Shared)
	if err := e.surroundings(ctx, tx, c.ID, grants); err != nil {
		return e, err
	}
	return e, e.compare(ctx, tx, c)
}

func (e Evidence) has(name clientele.ConditionName) bool {
	return slices.ContainsFunc(e.Conditions, func(c clientele.Condition) bool { return c.Name == name })
}

// itemOf is a grant with the uses that it covers.
func itemOf(g lifecycle.Grant, uses []inventory.Use, at time.Time) Item {
	i := Item{Grant: g.ID, ServiceID: g.ServiceID, Method: g.Method, Path: g.Path, Verb: g.Verb, RowCap: g.RowCap, ByteCap: g.ByteCap,
		Destination: g.Destination, Mask: g.Mask, ValidTo: g.ValidTo, Delta: Unchanged}
	scope := lifecycle.Scope{ServiceID: g.ServiceID, Method: g.Method, Path: g.Path, Verb: g.Verb}
	for _, u := range uses {
		if u.LastAt.Before(at.Add(-window)) || !scope.Covers(u.ServiceID, u.Method, u.Path, u.Verb) {
			continue
		}
		i.Uses += u.Count
		if u.LastAt.After(i.LastUsedAt) {
			i.LastUsedAt = u.LastAt
		}
	}
	if i.Uses == 0 {
		i.Delta = Unused
	}
	return i
}

// count sums what was used, and what would be missed.
func (e *Evidence) count(uses []inventory.Use) {
	for _, i := range e.Grants {
		if i.Uses > 0 {
			e.Used++
		}
	}
	services := map[string]bool{}
	for _, u := range uses {
		services[u.ServiceID] = true
		e.Removal.Endpoints++
		e.Removal.Calls += u.Count
		if e.Removal.FirstAt.IsZero() || u.FirstAt.Before(e.Removal.FirstAt) {
			e.Removal.FirstAt = u.FirstAt
		}
		if u.LastAt.After(e.Removal.LastAt) {
			e.Removal.LastAt = u.LastAt
		}
	}
	e.Removal.Services = len(services)
}

// surroundings reads who has the client, who asked for its grants, and what is wrong.
func (e *Evidence) surroundings(ctx context.Context, tx *db.Tx, id clientele.ClientID, grants []lifecycle.Grant) error {
	if err := tx.Row(ctx, "SELECT COUNT(*) FROM finding WHERE client_id = ? AND state = 'open'", []any{string(id)}, &e.Findings); err != nil {
		return fmt.Errorf("count findings: %w", err)
	}
	people := map[string]bool{}
	err := tx.Each(ctx, "SELECT DISTINCT h.host, h.person_id FROM sighting AS s JOIN host AS h ON h.host = s.host WHERE s.client_id = ? AND s.gone_at = 0", []any{string(id)}, func(r db.Row) error {
		var host, person string
		err := r.Scan(&host, &person)
		e.Machines++
		if person != "" {
			people[person] = true
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read who has a client: %w", err)
	}
	e.People = sorted(people)
	requesters := map[string]bool{}
	names := map[string]string{}
	for _, g := range grants {
		names[g.ServiceID] = ""
		request, err := lifecycle.GetRequest(ctx, tx, g.RequestID)
		if err != nil {
			return fmt.Errorf("read who asked for grant %s: %w", g.ID, err)
		}
		requesters[request.Requester] = true
	}
	e.Requesters = sorted(requesters)
	for id := range names {
		s, err := inventory.GetService(ctx, tx, id)
		if err != nil {
			return err
		}
		if names[id] = s.Name; s.Name == "" {
			names[id] = s.Host
		}
	}
	for i := range e.Grants {
		e.Grants[i].Service = names[e.Grants[i].ServiceID]
	}
	return nil
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// compare sets the grants beside those of the last completed review.
func (e *Evidence) compare(ctx context.Context, tx *db.Tx, c inventory.Client) error {
	before, ok, err := lastCompleted(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	known := map[string]string{}
	for _, i := range before.Evidence.Grants {
		if !slices.Contains(before.Ended, i.Grant) {
			known[i.scope()] = i.limits()
		}
	}
	for i := range e.Grants {
		item := &e.Grants[i]
		if limits, there := known[item.scope()]; !there {
			item.Delta = New
		} else if limits != item.limits() {
			item.Delta = Changed
		}
	}
	slices.SortStableFunc(e.Grants, func(a, b Item) int { return slices.Index(kinds, a.Delta) - slices.Index(kinds, b.Delta) })
	if !ok {
		return nil
	}
	e.Before = before.ID
	b := before.Evidence
	for name, differs := range map[string]bool{"owner": b.Owner != e.Owner, "environment": b.Environment != e.Environment, "tier": b.Tier != e.Tier} {
		if differs {
			e.Changes = append(e.Changes, name)
		}
	}
	slices.Sort(e.Changes)
	return nil
}

// lastCompleted is the last review in which somebody, or a rule, found a client's grants
// right.
func lastCompleted(ctx context.Context, tx *db.Tx, id clientele.ClientID) (Review, bool, error) {
	all, err := query(ctx, tx, "WHERE r.client_id = ? AND r.state IN ('kept', 'narrowed') ORDER BY r.decided_at DESC, r.id DESC LIMIT 1", string(id))
	if err != nil || len(all) == 0 {
		return Review{}, false, err
	}
	return all[0], true, nil
}

func (e Evidence) delta() Delta {
	var d Delta
	for _, i := range e.Grants {
		switch i.Delta {
		case New:
			d.New++
		case Changed:
			d.Changed++
		case Unused:
			d.Unused++
		default:
			d.Unchanged++
		}
	}
	return d
}

// used are the grants that were used within the window.
func (e Evidence) used() []string {
	var ids []string
	for _, i := range e.Grants {
		if i.Uses > 0 {
			ids = append(ids, i.Grant)
		}
	}
	return ids
}

// with are the grants with one of the verbs.
func (e Evidence) with(verbs ...clientele.Verb) []string {
	var ids []string
	for _, i := range e.Grants {
		if slices.Contains(verbs, i.Verb) {
			ids = append(ids, i.Grant)
		}
	}
	return ids
}

// all are all grants.
func (e Evidence) all() []string { return e.with(clientele.Verbs...) }
