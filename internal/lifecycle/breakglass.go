package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// MaxBreakGlass is the longest that emergency access lasts, and ReviewBreakGlass how soon
// it is reviewed.
const (
	MaxBreakGlass    = time.Hour
	ReviewBreakGlass = day
)

// Emergency is access for a client, now, without anybody's decision. It gives grants to
// the client and nothing to the person: no vote on requests, no hand on policies or the
// audit. Data does not leave by it: there is no emergency export.
type Emergency struct {
	Client   clientele.ClientID
	Scopes   []Scope
	Lasts    time.Duration // 0: the longest
	Incident string        // the incident's id elsewhere
	Reason   string
}

// BreakGlass is emergency access that somebody took.
type BreakGlass struct {
	ID        string
	RequestID string // the request that its grants belong to
	Client    clientele.ClientID
	PersonID  string
	Incident  string
	Reason    string
	Told      [2]string // who was told at once
	StartsAt  time.Time
	EndsAt    time.Time
	EndedAt   time.Time // zero: lasts until EndsAt
}

// Enrol lets a person take emergency access from now on, or no longer. It is the act
// break_glass:enrol.
func Enrol(act *guard.Act, personID string, on bool) error {
	if err := act.Allow(policy.Resource{Type: "Person", ID: personID, Attrs: map[string]any{"approvers": []string{"anyone with the system role admin"}}}); err != nil {
		return err
	}
	if _, err := person(act.Context(), act.Tx, personID, "who is to be enrolled"); err != nil && on {
		return err
	}
	if personID == act.Actor.ID {
		return guard.Deny("nobody-enrols-themselves", "somebody else has to enrol you, or take you off the list").WithHint("ask another administrator")
	}
	there, err := enrolled(act.Context(), act.Tx, personID)
	switch {
	case err != nil:
		return err
	case there == on && on:
		return clientele.Errorf(clientele.Conflict, "they are enrolled already")
	case there == on:
		return clientele.Errorf(clientele.Conflict, "they are not enrolled")
	}
	act.Detail("person", personID)
	act.Detail("enrolled", on)
	if on {
		_, err = act.Tx.Exec(act.Context(), "INSERT INTO break_glass_enrolment (person_id, by, at) VALUES (?, ?, ?)", personID, act.Actor.ID, db.Micro(act.At))
	} else {
		err = endEnrolment(act, personID)
	}
	if err != nil {
		return fmt.Errorf("enrol for emergency access: %w", err)
	}
	return nil
}

func endEnrolment(act *guard.Act, personID string) error {
	_, err := act.Tx.Exec(act.Context(), "UPDATE break_glass_enrolment SET ended_at = ? WHERE person_id = ? AND ended_at = 0", db.Micro(act.At), personID)
	return err
}

func enrolled(ctx context.Context, tx *db.Tx, personID string) (bool, error) {
	var n int
	err := tx.Row(ctx, "SELECT COUNT(*) FROM break_glass_enrolment WHERE person_id = ? AND ended_at = 0", []any{personID}, &n)
	return n > 0, err
}

// Enrolled are the ids of those who may take emergency access.
func Enrolled(ctx context.Context, tx *db.Tx) ([]string, error) {
	var ids []string
	err := tx.Each(ctx, "SELECT person_id FROM break_glass_enrolment WHERE ended_at = 0 ORDER BY person_id", nil, func(r db.Row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who may take emergency access: %w", err)
	}
	return ids, nil
}

// Break takes emergency access. It is the act break_glass:use. Two others are told, and a
// review is due within a day.
func Break(act *guard.Act, em Emergency) (BreakGlass, error) {
	c, err := emergencyClient(act, em.Client)
	if err != nil {
		return BreakGlass{}, err
	}
	r, services, err := emergencyRequest(act, em, c)
	if err != nil {
		return BreakGlass{}, err
	}
	told, err := toldOf(act, c, services)
	if err != nil {
		return BreakGlass{}, err
	}
	b := BreakGlass{ID: act.NewID("brk"), RequestID: r.ID, Client: c.ID, PersonID: act.Actor.ID, Incident: em.Incident, Reason: em.Reason, Told: told, StartsAt: act.At, EndsAt: act.At.Add(r.Granted)}
	if err := keepRequest(act, &r); err != nil {
		return b, err
	}
	_, err = act.Tx.Exec(act.Context(), "INSERT INTO break_glass (id, request_id, client_id, person_id, incident, reason, told_1, told_2, starts_at, ends_at) VALUES "+db.Marks(10),
		b.ID, b.RequestID, string(b.Client), b.PersonID, b.Incident, b.Reason, told[0], told[1], db.Micro(b.StartsAt), db.Micro(b.EndsAt))
	if err != nil {
		return b, fmt.Errorf("keep emergency access: %w", err)
	}
	if _, err := issue(act, &r, false); err != nil {
		return b, err
	}
	if err := schedule(act, Due{Kind: DueBreakGlass, Ref: b.ID, At: b.EndsAt, Client: c.ID, Cause: "its hour was up"}); err != nil {
		return b, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	about(act, &r, services)
	act.Detail("break_glass", b.ID)
	act.Detail("incident", em.Incident)
	act.Detail("notify", told[:])
	act.Detail("ends", b.EndsAt.Format(time.RFC3339))
	act.Private("reason", em.Reason)
	return b, schedule(act, Due{Kind: DueReview, Ref: b.ID, At: act.At.Add(ReviewBreakGlass), Client: c.ID, Cause: "emergency access was taken"})
}

func emergencyClient(act *guard.Act, id clientele.ClientID) (inventory.Client, error) {
	may, err := enrolled(act.Context(), act.Tx, act.Actor.ID)
	if err != nil {
		return inventory.Client{}, err
	}
	c, err := inventory.Get(act.Context(), act.Tx, id)
	if err != nil && clientele.KindOf(err) != clientele.NotFound {
		return c, err
	}
	// Who is enrolled may reach any client that there is; who is not learns of none.
	res := policy.Resource{Type: "Break_Glass", ID: string(id), Attrs: map[string]any{"enrolled": may, "environment": c.Environment, "client": string(id)}}
	if err := act.Allow(res); err != nil {
		d := guard.Deny("not-enrolled", "you are not enrolled for emergency access").WithHint("ask an administrator to enrol you before the next emergency, and for now: clientele request")
		d.Approvers = []string{"anyone with the system role admin"}
		return c, d
	}
	if err != nil {
		return c, err
	}
	if c.State != clientele.Active {
		return c, clientele.Errorf(clientele.Conflict, "emergency access is for clients that are active, this one is %s", c.State)
	}
	return c, nil
}

func emergencyRequest(act *guard.Act, em Emergency, c inventory.Client) (Request, []inventory.Service, error) {
	e := lookOf(act)
	if em.Lasts == 0 {
		em.Lasts = MaxBreakGlass
	}
	scopes, err := checkScopes(em.Scopes)
	if err == nil {
		err = text("the reason", em.Reason, true)
	}
	if err == nil && (em.Incident == "" || len(em.Incident) > 64 || strings.ContainsFunc(em.Incident, func(r rune) bool { return r <= ' ' || r > '~' })) {
		err = clientele.Errorf(clientele.Invalid, "the incident's id is missing, or no id").WithHint("name it as your incident system does: --incident INC-42")
	}
	switch {
	case err != nil:
		return Request{}, nil, err
	case len(scopes) == 0:
		return Request{}, nil, clientele.Errorf(clientele.Invalid, "emergency access names what it is to reach")
	case em.Lasts < time.Second || em.Lasts > MaxBreakGlass:
		return Request{}, nil, guard.Deny("break-glass-is-short", "emergency access lasts %s at most", span(MaxBreakGlass)).WithHint("take it again if you must, or ask: clientele request")
	case slices.ContainsFunc(scopes, func(s Scope) bool { return s.Verb == clientele.Export }):
		return Request{}, nil, guard.Deny("break-glass-never-exports", "there is no emergency export").WithHint("ask for it: clientele request")
	}
	services, err := e.reach(scopes, c.Environment)
	if err != nil {
		return Request{}, nil, err
	}
	if err := e.vendorReady(c); err != nil {
		return Request{}, nil, err
	}
	o := Outlook{Tier: 4, Lifetime: MaxBreakGlass, ReviewEvery: ReviewBreakGlass, Because: []policy.Rule{{ID: "break-glass", Title: "emergency access"}}, PolicyVersion: e.policies.Version}
	lasts := em.Lasts.Truncate(time.Second)
	return Request{
		ID: act.NewID("req"), Client: c.ID, Requester: act.Actor.ID, Beneficiary: beneficiary(c), Purpose: "emergency " + em.Incident, Environment: c.Environment,
		Lifetime: lasts, Granted: lasts, Scopes: scopes, State: Approved, Auto: true, Outlook: o, CreatedAt: act.At, DecidedAt: act.At, ExpiresAt: act.At.Add(lasts),
	}, services, nil
}

// toldOf are the two who are told: from the client's owners, those of the services, and
// security, in this order.
func toldOf(act *guard.Act, c inventory.Client, services []inventory.Service) ([2]string, error) {
	e := lookOf(act)
	parties := []string{c.OwnerID, c.BackupID, c.TeamID}
	for _, s := range services {
		parties = append(parties, s.OwnerID)
	}
	all, err := e.all(parties...)
	if err != nil {
		return [2]string{}, err
	}
	security, err := identity.WithRole(e.ctx, e.tx, clientele.SecurityRole)
	if err != nil {
		return [2]string{}, err
	}
	var told []string
	for _, id := range append(all, security...) {
		if id != act.Actor.ID && !slices.Contains(told, id) {
			told = append(told, id)
		}
	}
	if len(told) < 2 {
		return [2]string{}, guard.Deny("break-glass-tells-two", "emergency access is taken only where two others can be told").
			WithHint("give somebody the system role security")
	}
	return [2]string(told[:2]), nil
}

// BreakGlassOf reads emergency access by its id.
func BreakGlassOf(ctx context.Context, tx *db.Tx, id string) (BreakGlass, error) {
	var b BreakGlass
	var starts, ends, ended int64
	err := tx.Row(ctx, "SELECT id, request_id, client_id, person_id, incident, reason, told_1, told_2, starts_at, ends_at, ended_at FROM break_glass WHERE id = ?", []any{id},
		&b.ID, &b.RequestID, &b.Client, &b.PersonID, &b.Incident, &b.Reason, &b.Told[0], &b.Told[1], &starts, &ends, &ended)
	if guard.NoRows(err) {
		return b, clientele.Errorf(clientele.NotFound, "there is no such emergency access, or none that you may see")
	}
	if err != nil {
		return b, fmt.Errorf("read emergency access: %w", err)
	}
	b.StartsAt, b.EndsAt, b.EndedAt = db.Time(starts), db.Time(ends), db.Time(ended)
	return b, nil
}
