package httpapi

import (
	"context"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

// auditRoutes read the audit, each reading an act, and look after it.
var auditRoutes = []route{
	do("GET", "/v1/audit/entries", "list-audit-entries", "audit", "Search the audit; the search is recorded", "audit:read", 200, listEntries),
	do("GET", "/v1/audit/entries/{seq}", "show-audit-entry", "audit", "Show an entry with what it says of people; that is recorded", "audit:read", 200, showEntry),
	look("/v1/audit/entries/{seq}/proof", "prove-audit-entry", "audit", "Prove that an entry is in the log", "audit:read", proveEntry),
	look("/v1/audit/status", "show-audit-status", "audit", "Show how far the log is signed, and who else holds it", "audit:status", showStatus),
	do("POST", "/v1/audit/checkpoints/hold", "hold-checkpoint", "audit", "Show a checkpoint that you hold", "audit:hold", 200, holdCheckpoint),
	look("/v1/audit/legal-holds", "list-legal-holds", "audit", "List legal holds", "audit:read", listHolds),
	do("POST", "/v1/audit/legal-holds", "place-legal-hold", "audit", "Place a legal hold", "audit:legal_hold", 201, placeHold),
	do("POST", "/v1/audit/legal-holds/{id}/lift", "lift-legal-hold", "audit", "Lift a legal hold", "audit:legal_hold", 200, liftHold),
	look("/v1/audit/prune", "preview-prune", "audit", "Say what would be pruned", "audit:prune", previewPrune),
	do("POST", "/v1/audit/prune", "prune-audit", "audit", "Prune bodies of old entries", "audit:prune", 200, pruneAudit),
}

// EntryFilter is the query of whatever chooses entries.
type EntryFilter struct {
	Client  string    `query:"client" maxLength:"64"`
	Actor   string    `query:"actor" maxLength:"254" doc:"person:per_…, or a person's id or e-mail address"`
	Object  string    `query:"object" maxLength:"100" doc:"what was acted on: request:req_…"`
	Owner   string    `query:"owner" maxLength:"254" doc:"of the client, when it happened"`
	Change  string    `query:"change" maxLength:"64"`
	Act     string    `query:"act" maxLength:"64" doc:"the beginning of an act's name: client:"`
	Verb    string    `query:"verb" enum:"read,write,admin,export"`
	Outcome string    `query:"outcome" enum:"done,failed,denied"`
	From    time.Time `query:"from" doc:"at this time or later"`
	To      time.Time `query:"to" doc:"before this time"`
}

// filter finds the people that are named. The caller may read the audit: that was asked.
func (f *EntryFilter) filter(ctx context.Context, tx *db.Tx) (audit.Filter, error) {
	out := audit.Filter{
		Client: clientele.ClientID(f.Client), Object: f.Object, Change: f.Change, Act: f.Act,
		Verb: clientele.Verb(f.Verb), Outcome: clientele.Outcome(f.Outcome), From: f.From, To: f.To,
	}
	var err error
	if out.Owner, err = whoID(ctx, tx, f.Owner); err != nil {
		return out, err
	}
	out.Actor = f.Actor
	if !strings.Contains(f.Actor, ":") {
		if out.Actor, err = whoID(ctx, tx, f.Actor); err != nil {
			return out, err
		}
	}
	for prefix, kind := range map[string]clientele.ActorKind{"per_": clientele.PersonActor, "svc_": clientele.MachineActor} {
		if strings.HasPrefix(out.Actor, prefix) {
			out.Actor = string(kind) + ":" + out.Actor
		}
	}
	return out, nil
}

// whoID is the id of whom people name. Ids stay as they are: of those who are gone there
// are entries, too.
func whoID(ctx context.Context, tx *db.Tx, who string) (string, error) {
	if who == "" || strings.HasPrefix(who, "per_") || strings.HasPrefix(who, "svc_") || strings.HasPrefix(who, "tea_") {
		return who, nil
	}
	p, ok, err := identity.Resolve(ctx, tx, who)
	if err == nil && !ok {
		err = guard.NotFound("Person")
	}
	return p.ID, err
}

type entryList struct {
	Paged
	EntryFilter
	Private bool `query:"private" doc:"with what entries say of people: reasons, addresses; up to 100 entries"`
	Oldest  bool `query:"oldest" doc:"oldest first"`
}

func listEntries(ctx context.Context, act *guard.Act, h *House, in *entryList) (api.List[api.AuditEntry], error) {
	var none api.List[api.AuditEntry]
	if err := act.Allow(evidence.Everything()); err != nil {
		return none, err
	}
	f, err := in.filter(ctx, act.Tx)
	if err != nil {
		return none, err
	}
	all, next, err := h.Evidence.Read(act, f, audit.Page{Limit: in.Limit, After: in.After, Oldest: in.Oldest}, in.Private)
	return listOf(all, next, wireEntry), err
}

type entryPlace struct {
	Seq int64 `path:"seq" minimum:"0" doc:"its place in the log"`
}

func showEntry(_ context.Context, act *guard.Act, h *House, in *entryPlace) (api.AuditEntry, error) {
	e, err := h.Evidence.Get(act, in.Seq)
	return wireEntry(e), err
}

func proveEntry(ctx context.Context, v *guard.View, h *House, in *entryPlace) (api.AuditProof, error) {
	if err := v.Allow(evidence.Everything()); err != nil {
		return api.AuditProof{}, err
	}
	p, err := h.Evidence.Log.Prove(ctx, v.Tx, in.Seq)
	if err != nil {
		return api.AuditProof{}, err
	}
	return api.AuditProof{Seq: in.Seq, Proof: string(p.Marshal())}, nil
}

func showStatus(ctx context.Context, v *guard.View, h *House, _ *None) (api.AuditStatus, error) {
	if err := v.Allow(evidence.Everything()); err != nil {
		return api.AuditStatus{}, err
	}
	s, err := h.Evidence.Status(ctx, v.Tx)
	if err != nil {
		return api.AuditStatus{}, err
	}
	out := api.AuditStatus{
		Size: s.Head.Size, Pruned: s.Head.Pruned, Key: h.Evidence.KeyText, Signed: s.Signed.Size, SignedAt: s.Signed.At, Checkpoint: string(s.Checkpoint),
		Alarm: string(s.Held.Alarm(v.At)), Held: s.Held.Size, HeldAt: s.Held.At, Witnesses: h.Evidence.WitnessTexts,
	}
	if s.Refused != nil {
		out.Refused = s.Refused.Error()
	}
	for _, by := range s.Held.By {
		out.Holders = append(out.Holders, api.AuditHolder{Name: by.Name, At: by.At})
	}
	return out, nil
}

func holdCheckpoint(_ context.Context, act *guard.Act, h *House, in *struct{ Body api.ShownCheckpoint }) (api.HeldCheckpoint, error) {
	s, err := h.Evidence.Show(act, []byte(in.Body.Checkpoint))
	return api.HeldCheckpoint{Size: s.Size, At: s.At, Root: s.Root.String()}, err
}

func listHolds(ctx context.Context, v *guard.View, _ *House, _ *Paged) (api.List[api.LegalHold], error) {
	if err := v.Allow(evidence.Everything()); err != nil {
		return api.List[api.LegalHold]{}, err
	}
	all, err := audit.Holds(ctx, v.Tx)
	return listOf(all, "", wireHold), err
}

func placeHold(_ context.Context, act *guard.Act, h *House, in *struct{ Body api.LegalHoldInput }) (api.LegalHold, error) {
	hold, err := h.Evidence.PlaceHold(act, in.Body.From, in.Body.To, in.Body.Matter)
	return wireHold(hold), err
}

func liftHold(_ context.Context, act *guard.Act, h *House, in *ID) (None, error) {
	return None{}, h.Evidence.LiftHold(act, in.ID)
}

func previewPrune(ctx context.Context, v *guard.View, h *House, in *struct {
	Before time.Time `query:"before"`
}) (api.Pruning, error) {
	if err := v.Allow(evidence.Everything()); err != nil {
		return api.Pruning{}, err
	}
	before, err := h.Evidence.Prunable(v.At, in.Before)
	if err != nil {
		return api.Pruning{}, err
	}
	n, err := audit.Prunable(ctx, v.Tx, before)
	return api.Pruning{Before: before, Bodies: n, More: n > 0}, err
}

func pruneAudit(_ context.Context, act *guard.Act, h *House, in *struct{ Body api.PruneInput }) (api.Pruning, error) {
	p, err := h.Evidence.Prune(act, in.Body.Before)
	return api.Pruning{Before: p.Before, Bodies: p.Bodies, Total: p.Total, Below: p.Below, More: p.More}, err
}

func wireHold(h audit.LegalHold) api.LegalHold {
	return api.LegalHold{ID: h.ID, From: h.From, To: h.To, Matter: h.Matter, By: h.By, At: h.At, LiftedAt: h.LiftedAt}
}

func wireEntry(e clientele.Entry) api.AuditEntry {
	return api.AuditEntry{
		Seq: e.Seq, At: e.At, Act: e.Act, Actor: e.Actor, Rule: e.Rule, OnBehalf: e.OnBehalf, Object: e.Object,
		Client: string(e.Client), Owner: e.Owner, Grant: e.Grant, Change: e.Change, PolicyVersion: e.PolicyVersion, Environment: e.Environment,
		Verb: string(e.Verb), DataClasses: e.DataClasses, Outcome: string(e.Outcome), Details: e.Details, Private: e.Private, Request: e.RequestNo,
	}
}
