package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// moveRoutes take clients from state to state, and from owner to owner.
var moveRoutes = []route{
	do("POST", "/v1/clients/{id}/claim", "claim-client", "clients", "Attest to owning a client", "client:claim", 200, claimClient),
	do("POST", "/v1/clients/{id}/assign", "assign-client", "clients", "Name a client's owner, until they attest", "client:assign", 200, handOver("assign")),
	do("POST", "/v1/clients/{id}/hand-over", "hand-over-client", "clients", "Give a client to another owner", "client:hand_over", 200, handOver("hand-over")),
	do("POST", "/v1/clients/{id}/disown", "disown-client", "clients", "Say that a client is not one's own", "client:disown", 200, disown),
	do("POST", "/v1/clients/{id}/suspend", "suspend-client", "clients", "Take a client's rights away until it is resumed", "client:suspend", 200, moved("suspend", "is suspended: none of its grants counts", lifecycle.Suspend)),
	do("POST", "/v1/clients/{id}/resume", "resume-client", "clients", "Give a suspended client its rights back", "client:resume", 200, moved("resume", "is active again, with the grants that have not ended", lifecycle.Resume)),
	do("POST", "/v1/clients/{id}/quarantine", "quarantine-client", "clients", "Take a client's rights away while something is looked into", "client:quarantine", 200, moved("quarantine", "is in quarantine: none of its grants counts", lifecycle.Quarantine)),
	do("POST", "/v1/clients/{id}/release", "release-client", "clients", "Take a client out of quarantine", "client:release", 200, moved("release", "is out of quarantine, and suspended", lifecycle.Release)),
	look("/v1/clients/{id}/retire-preview", "preview-retire-client", "clients", "See what stops working when a client is retired", "client:read", retirePreview),
	do("POST", "/v1/clients/{id}/retire", "retire-client", "clients", "Retire a client, for good", "client:retire", 200, retireClient),
	do("POST", "/v1/clients/{id}/confirm-dead", "confirm-dead-client", "clients", "Record that a credential was tested dead", "client:confirm_dead", 200, confirmDead),
}

func disown(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.DisownInput
}) (api.ClientOutcome, error) {
	to, err := partyID(ctx, act.Tx, in.Body.Suggest)
	if err != nil {
		return api.ClientOutcome{}, err
	}
	err = lifecycle.Disown(act, clientele.ClientID(in.ID.ID), to, in.Body.Reason)
	return outcome(act, in.ID.ID, "is not yours any more", err, "clientele owner disown "+in.ID.ID+" --reason …")
}

func claimClient(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.ClaimInput
}) (api.ClientOutcome, error) {
	backup, err := partyID(ctx, act.Tx, in.Body.Backup)
	if err != nil {
		return api.ClientOutcome{}, err
	}
	team, err := partyID(ctx, act.Tx, in.Body.Team)
	if err != nil {
		return api.ClientOutcome{}, err
	}
	err = lifecycle.Claim(act, clientele.ClientID(in.ID.ID), backup, team)
	return outcome(act, in.ID.ID, "is yours: you attested to owning it", err, "clientele owner claim "+in.ID.ID)
}

// handOver runs under client:assign or client:hand_over: who may do it differs, what is
// done does not.
func handOver(verb string) func(context.Context, *guard.Act, *House, *struct {
	ID
	Body api.HandOverInput
}) (api.ClientOutcome, error) {
	return func(ctx context.Context, act *guard.Act, _ *House, in *struct {
		ID
		Body api.HandOverInput
	}) (api.ClientOutcome, error) {
		to, err := partyID(ctx, act.Tx, in.Body.To)
		if err != nil {
			return api.ClientOutcome{}, err
		}
		backup, err := partyID(ctx, act.Tx, in.Body.Backup)
		if err != nil {
			return api.ClientOutcome{}, err
		}
		err = lifecycle.HandOver(act, clientele.ClientID(in.ID.ID), to, backup)
		return outcome(act, in.ID.ID, "has another owner", err, "clientele owner "+verb+" "+in.ID.ID+" --to "+in.Body.To)
	}
}

// moved is the handler of a move that takes a reason.
func moved(verb, happened string, run func(*guard.Act, clientele.ClientID, string) error) func(context.Context, *guard.Act, *House, *struct {
	ID
	Body api.ReasonInput
}) (api.ClientOutcome, error) {
	return func(_ context.Context, act *guard.Act, _ *House, in *struct {
		ID
		Body api.ReasonInput
	}) (api.ClientOutcome, error) {
		err := run(act, clientele.ClientID(in.ID.ID), in.Body.Reason)
		return outcome(act, in.ID.ID, happened, err, "clientele client "+verb+" "+in.ID.ID+" --reason …")
	}
}

func retirePreview(ctx context.Context, v *guard.View, _ *House, in *ID) (api.Impact, error) {
	c, err := inventory.Get(ctx, v.Tx, clientele.ClientID(in.ID))
	if err != nil {
		return api.Impact{}, err
	}
	if err := v.Allow(c.Resource()); err != nil {
		return api.Impact{}, err
	}
	return impact(ctx, v.Tx, c.ID, v.At)
}

// retireClient looks at what stops working before and after it asked: whether it is what
// was shown is told only to who may retire the client.
func retireClient(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.RetireInput
}) (api.ClientOutcome, error) {
	id := clientele.ClientID(in.ID.ID)
	shown, err := impact(ctx, act.Tx, id, act.At)
	if err != nil {
		return api.ClientOutcome{}, err
	}
	err = lifecycle.Retire(act, id, in.Body.Reason)
	if err == nil && shown.Seen != in.Body.Seen {
		err = clientele.Errorf(clientele.Conflict, "what stops working is not, or not any more, what was shown").WithHint("look again: clientele client retire %s", id)
	}
	return outcome(act, in.ID.ID, "is being retired: its grants have ended", err, "clientele client retire "+in.ID.ID+" --reason … --yes")
}

func confirmDead(_ context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.DeadInput
}) (api.ClientOutcome, error) {
	err := lifecycle.ConfirmDead(act, clientele.ClientID(in.ID.ID), in.Body.Credential, in.Body.How)
	return outcome(act, in.ID.ID, "has one credential less that could be alive", err, "clientele client confirm-dead "+in.ID.ID+" CREDENTIAL --how … --yes")
}

// nobody is an id that nobody has.
const nobody = "nobody"

// partyID finds the id of whom somebody named. A name that fits nobody becomes an id that
// fits nobody: the room says so, after it asked whether the caller may know.
func partyID(ctx context.Context, tx *db.Tx, who string) (string, error) {
	if who == "" {
		return "", nil
	}
	p, ok, err := identity.Resolve(ctx, tx, who)
	if err == nil && !ok {
		return nobody, nil
	}
	return p.ID, err
}

// nameOf is how people call a party, or the id of one that is not known.
func nameOf(ctx context.Context, tx *db.Tx, id string) (string, error) {
	p, err := identity.GetParty(ctx, tx, id)
	if clientele.KindOf(err) == clientele.NotFound {
		return id, nil
	}
	return p.Name, err
}

// withCommand completes a denial: people's names instead of their ids, and the command that
// those who may are asked to give; who they are, where the denial does not say.
func withCommand(ctx context.Context, tx *db.Tx, err error, command string, who ...string) error {
	var e *clientele.Error
	if clientele.KindOf(err) != clientele.Denied || !errors.As(err, &e) {
		return err
	}
	full := *e
	full.Approvers = slices.Clone(e.Approvers)
	for i, id := range full.Approvers {
		if name, err := nameOf(ctx, tx, id); err == nil {
			full.Approvers[i] = name
		}
	}
	if len(full.Approvers) == 0 {
		full.Approvers = who
	}
	if full.Hint == "" {
		full.Hint = "ask one of those who can to run: " + command
	}
	return &full
}

// outcome reads a client after an act and says what comes next; err is that of the act, and
// command what somebody else would have to run if it was denied.
func outcome(act *guard.Act, id, happened string, err error, command string) (api.ClientOutcome, error) {
	ctx := act.Context()
	if err != nil {
		return api.ClientOutcome{}, withCommand(ctx, act.Tx, err, command)
	}
	c, err := inventory.Get(ctx, act.Tx, clientele.ClientID(id))
	if err != nil {
		return api.ClientOutcome{}, err
	}
	if c.State == clientele.Retired {
		happened = "is retired"
	}
	out := api.ClientOutcome{
		Client: id, Name: c.Name, State: string(c.State), Owner: c.OwnerID, Backup: c.BackupID, Team: c.TeamID, Attested: !c.AttestedAt.IsZero(), Version: c.Version,
		Happened: c.Name + " " + happened,
	}
	return out, comesNext(ctx, act.Tx, &out, c, act.At)
}

// comesNext says what is to be done about a client in its state, by which command and when.
func comesNext(ctx context.Context, tx *db.Tx, out *api.ClientOutcome, c inventory.Client, at time.Time) error {
	id := string(c.ID)
	say := func(until time.Time, command, next string, args ...any) {
		out.Until, out.Command, out.Next = until, command, fmt.Sprintf(next, args...)
	}
	switch {
	case c.State == clientele.Retired:
		say(time.Time{}, "", "nothing is left to do: it is a tombstone, and its id is never used again")
	case c.State == clientele.Retiring:
		im, err := lifecycle.Preview(ctx, tx, c.ID, at)
		alive := slices.DeleteFunc(im.Credentials, lifecycle.Mortal.Dead)
		say(time.Time{}, "clientele client confirm-dead "+id+" CREDENTIAL --how …", "revoke the %d credentials that may be alive, and record that each was tested dead", len(alive))
		return err
	case c.State == clientele.Suspended:
		say(c.SuspendedAt.Add(lifecycle.ResumeWithin), "clientele client resume "+id+" --reason …", "its owner resumes it; later it has to be asked for again")
	case c.State == clientele.Quarantined:
		say(time.Time{}, "clientele client release "+id+" --reason …", "replace its credentials, then security releases it")
	case c.OwnerID == "":
		say(time.Time{}, "clientele owner claim "+id, "somebody claims it")
	case c.AttestedAt.IsZero():
		name, err := nameOf(ctx, tx, c.OwnerID)
		say(at.Add(lifecycle.Grace), "clientele owner claim "+id, "%s attests to owning it; until then nobody answers for it", name)
		return err
	case c.State == clientele.Active:
		say(c.NextReviewAt, "", "it may do what its grants say, until it is reviewed")
	case c.State == clientele.Requested:
		say(time.Time{}, "", "its request waits for a decision")
	default:
		say(time.Time{}, "clientele request "+id, "ask for what it needs")
	}
	return nil
}

// impact is what stops working when a client is retired, with services by their hosts.
func impact(ctx context.Context, tx *db.Tx, id clientele.ClientID, at time.Time) (api.Impact, error) {
	im, err := lifecycle.Preview(ctx, tx, id, at)
	if err != nil {
		return api.Impact{}, err
	}
	hosts := map[string]string{}
	services, err := inventory.ServicesOf(ctx, tx, id)
	for _, s := range services {
		hosts[s.ID] = s.Host
	}
	host := func(id string) string {
		if hosts[id] == "" {
			hosts[id] = id
			if s, e := inventory.GetService(ctx, tx, id); e != nil {
				err = errors.Join(err, e)
			} else {
				hosts[id] = s.Host
			}
		}
		return hosts[id]
	}
	out := api.Impact{
		Client: string(id), Name: im.Client.Name, State: string(im.Client.State), Sightings: im.Sightings, Hosts: im.Hosts, LastUsedAt: im.Client.LastUsedAt,
		Grants: []api.ImpactGrant{}, Uses: []api.ImpactUse{}, Credentials: []api.ImpactCredential{},
	}
	for _, g := range im.Grants {
		out.Grants = append(out.Grants, api.ImpactGrant{ID: g.ID, Service: host(g.ServiceID), Method: g.Method, Path: g.Path, Verb: string(g.Verb), ValidTo: g.ValidTo})
	}
	for _, u := range im.Uses {
		out.Uses = append(out.Uses, api.ImpactUse{Service: host(u.ServiceID), Method: u.Method, Path: u.Path, Verb: string(u.Verb), Count: u.Count, LastAt: u.LastAt})
	}
	for _, m := range im.Credentials {
		out.Credentials = append(out.Credentials, api.ImpactCredential{
			ID: m.ID, Role: string(m.Role), Provider: m.Provider, Clients: m.Clients, Leaked: m.Leaked(), LastSeen: m.LastSeen, DeadAt: m.DeadAt, DeadBy: m.DeadBy,
		})
	}
	out.Seen = seen(out)
	return out, err
}

// seen stands for what a preview shows. That a client is used once more in the meantime
// makes no difference; that it is used for something else does.
func seen(im api.Impact) string {
	im.LastUsedAt, im.Sightings = time.Time{}, 0
	im.Uses, im.Credentials = slices.Clone(im.Uses), slices.Clone(im.Credentials)
	for i := range im.Uses {
		im.Uses[i].Count, im.Uses[i].LastAt = 0, time.Time{}
	}
	for i := range im.Credentials {
		im.Credentials[i].LastSeen = time.Time{}
	}
	text, err := json.Marshal(im)
	if err != nil {
		panic("httpapi: encode a preview: " + err.Error()) // plain structs always can be
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}
