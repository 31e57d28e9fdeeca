package httpapi

import (
	"context"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/policy"
)

// breakGlassRoutes are about emergency access.
var breakGlassRoutes = []route{
	look("/v1/break-glass", "list-break-glass", "emergency", "List emergency access", "break_glass:list", listBreakGlass),
	do("POST", "/v1/break-glass/{id}/end", "end-break-glass", "emergency", "End emergency access before its time", "break_glass:stop", 200, endBreakGlass),
	look("/v1/break-glass/enrolments", "list-enrolments", "emergency", "See who may take emergency access", "break_glass:list", listEnrolments),
	do("POST", "/v1/break-glass/enrolments", "enrol", "emergency", "Let a person take emergency access, or no longer", "break_glass:enrol", 200, enrol),
	do("POST", "/v1/break-glass", "break-glass", "emergency", "Take emergency access for a client", "break_glass:use", 201, breakGlass),
	look("/v1/break-glass/{id}", "show-break-glass", "emergency", "See one emergency access", "break_glass:read", showBreakGlass),
}

// admins are who could allow what is theirs alone.
const admins = "anyone with the system role admin"

func listEnrolments(ctx context.Context, v *guard.View, _ *House, _ *None) (api.List[api.Enrolment], error) {
	list := api.List[api.Enrolment]{Items: []api.Enrolment{}}
	if err := v.Allow(policy.Resource{Type: "Break_Glass", ID: guard.All}); err != nil {
		return list, err
	}
	ids, err := lifecycle.Enrolled(ctx, v.Tx)
	if err != nil {
		return list, err
	}
	for _, id := range ids {
		name, err := nameOf(ctx, v.Tx, id)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, api.Enrolment{Person: id, Name: name, Enrolled: true})
	}
	return list, nil
}

func enrol(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.EnrolmentInput }) (api.Enrolment, error) {
	id, err := partyID(ctx, act.Tx, in.Body.Person)
	if err != nil {
		return api.Enrolment{}, err
	}
	if err := lifecycle.Enrol(act, id, in.Body.Enrolled); err != nil {
		return api.Enrolment{}, withCommand(ctx, act.Tx, err, "clientele break-glass enrol "+in.Body.Person, admins)
	}
	name, err := nameOf(ctx, act.Tx, id)
	return api.Enrolment{Person: id, Name: name, Enrolled: in.Body.Enrolled}, err
}

func breakGlass(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.BreakGlassInput }) (api.BreakGlass, error) {
	b := in.Body
	em := lifecycle.Emergency{Client: clientele.ClientID(b.Client), Lasts: time.Duration(b.Minutes) * time.Minute, Incident: b.Incident, Reason: b.Reason}
	for _, s := range b.Scopes {
		em.Scopes = append(em.Scopes, lifecycle.Scope{ServiceID: s.Service, Method: s.Method, Path: s.Path, Verb: clientele.Verb(s.Verb)})
	}
	taken, err := lifecycle.Break(act, em)
	if err != nil {
		return api.BreakGlass{}, withCommand(ctx, act.Tx, err, "clientele break-glass enrol "+act.Actor.ID, admins)
	}
	return wireBreakGlass(ctx, act.Tx, taken)
}

func showBreakGlass(ctx context.Context, v *guard.View, _ *House, in *ID) (api.BreakGlass, error) {
	b, err := lifecycle.BreakGlassOf(ctx, v.Tx, in.ID)
	if err != nil {
		return api.BreakGlass{}, err
	}
	res := policy.Resource{Type: "Break_Glass", ID: b.ID, Attrs: map[string]any{"parties": []string{b.PersonID, b.Told[0], b.Told[1]}}}
	if v.Allow(res) != nil {
		return api.BreakGlass{}, guard.NotFound("emergency access") // in the words of the room for none
	}
	return wireBreakGlass(ctx, v.Tx, b)
}

func wireBreakGlass(ctx context.Context, tx *db.Tx, b lifecycle.BreakGlass) (api.BreakGlass, error) {
	out := api.BreakGlass{
		ID: b.ID, Client: string(b.Client), Request: b.RequestID, Person: b.PersonID, Incident: b.Incident, Reason: b.Reason,
		StartsAt: b.StartsAt, EndsAt: b.EndsAt, EndedAt: b.EndedAt, ReviewBy: b.StartsAt.Add(lifecycle.ReviewBreakGlass),
	}
	var err error
	if out.PersonName, err = nameOf(ctx, tx, b.PersonID); err != nil {
		return out, err
	}
	for _, id := range b.Told {
		name, err := nameOf(ctx, tx, id)
		if err != nil {
			return out, err
		}
		out.Told = append(out.Told, name)
	}
	return out, nil
}

func listBreakGlass(ctx context.Context, v *guard.View, _ *House, in *struct{ Paged }) (api.List[api.BreakGlass], error) {
	list := api.List[api.BreakGlass]{Items: []api.BreakGlass{}}
	if err := v.Allow(policy.Resource{Type: "Break_Glass", ID: guard.All}); err != nil {
		return list, err
	}
	all, next, err := lifecycle.Emergencies(ctx, v.Tx, "", lifecycle.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return list, err
	}
	list.Next = next
	for _, b := range all {
		w, err := wireBreakGlass(ctx, v.Tx, b)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, w)
	}
	return list, nil
}

func endBreakGlass(ctx context.Context, act *guard.Act, _ *House, in *ID) (api.BreakGlass, error) {
	b, err := lifecycle.EndBreakGlass(act, in.ID)
	if err != nil {
		return api.BreakGlass{}, withCommand(ctx, act.Tx, err, "clientele break-glass end "+in.ID)
	}
	return wireBreakGlass(ctx, act.Tx, b)
}
