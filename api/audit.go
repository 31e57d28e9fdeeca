package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AuditEntry is one line of the audit.
type AuditEntry struct {
	Seq           int64             `json:"seq" doc:"its place in the log"`
	At            time.Time         `json:"at"`
	Act           string            `json:"act" example:"client:suspend"`
	Actor         string            `json:"actor" doc:"person:, machine: or system: and an id"`
	Rule          string            `json:"rule,omitempty" doc:"what made the system act, or which rule denied"`
	OnBehalf      []string          `json:"on_behalf,omitempty" doc:"who lent the power to do it"`
	Object        string            `json:"object" doc:"what was acted on"`
	Client        string            `json:"client,omitempty"`
	Owner         string            `json:"owner,omitempty" doc:"of the client, when it happened"`
	Grant         string            `json:"grant,omitempty"`
	Change        string            `json:"change,omitempty" doc:"the change record"`
	PolicyVersion int64             `json:"policy_version"`
	Environment   string            `json:"environment,omitempty"`
	Verb          string            `json:"verb,omitempty"`
	DataClasses   []string          `json:"data_classes,omitempty"`
	Outcome       string            `json:"outcome" enum:"done,failed,denied"`
	Details       map[string]any    `json:"details,omitempty"`
	Private       map[string]string `json:"private,omitempty" doc:"what it says of people, unless that was shredded"`
	Request       string            `json:"request,omitempty" doc:"the number of the request that caused it"`
}

// AuditProof shows that an entry is in the log, without the log at hand.
type AuditProof struct {
	Seq   int64  `json:"seq"`
	Proof string `json:"proof" doc:"the text of c2sp.org/tlog-proof, with the checkpoint it leads to"`
}

// AuditStatus says how far the log is signed, and who else holds it.
type AuditStatus struct {
	Size       int64         `json:"size" doc:"entries in the log"`
	Pruned     int64         `json:"pruned" doc:"bodies of entries below were pruned, but for legal holds"`
	Key        string        `json:"key" doc:"the log's verifier key: keep it where the log is not"`
	Signed     int64         `json:"signed" doc:"entries that the newest checkpoint covers"`
	SignedAt   time.Time     `json:"signed_at,omitzero"`
	Checkpoint string        `json:"checkpoint,omitempty" doc:"that checkpoint, with cosignatures"`
	Refused    string        `json:"refused,omitempty" doc:"why nothing is signed"`
	Alarm      string        `json:"alarm" enum:"red,amber,green" doc:"red: nobody else holds a checkpoint; amber: only one that is a day old"`
	Held       int64         `json:"held" doc:"entries that the newest checkpoint held elsewhere covers"`
	HeldAt     time.Time     `json:"held_at,omitzero"`
	Holders    []AuditHolder `json:"holders,omitempty"`
	Witnesses  []string      `json:"witnesses,omitempty" doc:"verifier keys of the witnesses that are asked"`
}

// AuditHolder is who holds a checkpoint: a witness's name, or a person.
type AuditHolder struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// ShownCheckpoint is a checkpoint that somebody holds.
type ShownCheckpoint struct {
	Checkpoint string `json:"checkpoint" minLength:"1" maxLength:"131072" doc:"the signed checkpoint, as it was kept"`
}

// HeldCheckpoint is what the log says of it.
type HeldCheckpoint struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at" doc:"when it was signed"`
	Root string    `json:"root"`
}

// LegalHold keeps entries of a span of time from being pruned.
type LegalHold struct {
	ID       string    `json:"id"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Matter   string    `json:"matter" doc:"the reference of the case"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	LiftedAt time.Time `json:"lifted_at,omitzero"`
}

// LegalHoldInput places a legal hold.
type LegalHoldInput struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Matter string    `json:"matter" minLength:"1" maxLength:"100" doc:"the reference of the case, such as CASE-2026-17: no name of a person"`
}

// PruneInput says before which time bodies of entries go.
type PruneInput struct {
	Before time.Time `json:"before,omitzero" doc:"nothing stands for what the retention allows"`
}

// Pruning is what was pruned, or what would be.
type Pruning struct {
	Before time.Time `json:"before"`
	Bodies int64     `json:"bodies" doc:"by this act; or what all acts together would take, in a preview"`
	Total  int64     `json:"total" doc:"so far"`
	Below  int64     `json:"below" doc:"all of them are below this place"`
	More   bool      `json:"more" doc:"there is more to prune: do it again"`
}

// AuditEntries lists entries: a query may have client, actor, object, owner, change, act (the
// beginning of one), verb, outcome, from, to, private, oldest, limit and after.
func (r *Remote) AuditEntries(ctx context.Context, query url.Values) (List[AuditEntry], error) {
	var out List[AuditEntry]
	return out, r.Get(ctx, "/v1/audit/entries", query, &out)
}

// AuditEntry is one entry, with what it says of people.
func (r *Remote) AuditEntry(ctx context.Context, seq int64) (AuditEntry, error) {
	var out AuditEntry
	return out, r.Get(ctx, "/v1/audit/entries/"+strconv.FormatInt(seq, 10), nil, &out)
}

// AuditProof proves that an entry is in the log.
func (r *Remote) AuditProof(ctx context.Context, seq int64) (AuditProof, error) {
	var out AuditProof
	return out, r.Get(ctx, "/v1/audit/entries/"+strconv.FormatInt(seq, 10)+"/proof", nil, &out)
}

// AuditStatus says how far the log is signed, and who else holds it.
func (r *Remote) AuditStatus(ctx context.Context) (AuditStatus, error) {
	var out AuditStatus
	return out, r.Get(ctx, "/v1/audit/status", nil, &out)
}

// AuditBundle writes the entries that match, with their proofs, as a zip. The query is that of
// AuditEntries, without private, oldest, limit and after.
func (r *Remote) AuditBundle(ctx context.Context, query url.Values, w io.Writer) error {
	path := "/v1/audit/bundle"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return r.Send(ctx, http.MethodGet, path, http.Header{"Accept": {"application/zip", "application/problem+json"}}, nil, w)
}

// ShowCheckpoint shows a checkpoint that the caller holds.
func (r *Remote) ShowCheckpoint(ctx context.Context, checkpoint string) (HeldCheckpoint, error) {
	var out HeldCheckpoint
	return out, r.Call(ctx, http.MethodPost, "/v1/audit/checkpoints/hold", ShownCheckpoint{checkpoint}, &out)
}

// LegalHolds lists legal holds, lifted ones too.
func (r *Remote) LegalHolds(ctx context.Context) (List[LegalHold], error) {
	var out List[LegalHold]
	return out, r.Get(ctx, "/v1/audit/legal-holds", nil, &out)
}

// PlaceLegalHold places a legal hold.
func (r *Remote) PlaceLegalHold(ctx context.Context, in LegalHoldInput) (LegalHold, error) {
	var out LegalHold
	return out, r.Call(ctx, http.MethodPost, "/v1/audit/legal-holds", in, &out)
}

// LiftLegalHold lifts one.
func (r *Remote) LiftLegalHold(ctx context.Context, id string) error {
	return r.Call(ctx, http.MethodPost, "/v1/audit/legal-holds/"+url.PathEscape(id)+"/lift", nil, nil)
}

// PreviewPrune says what Prune would take away.
func (r *Remote) PreviewPrune(ctx context.Context, before time.Time) (Pruning, error) {
	q := url.Values{}
	if !before.IsZero() {
		q.Set("before", before.UTC().Format(time.RFC3339))
	}
	var out Pruning
	return out, r.Get(ctx, "/v1/audit/prune", q, &out)
}

// Prune takes bodies of old entries away, a part of them: again while More.
func (r *Remote) Prune(ctx context.Context, in PruneInput) (Pruning, error) {
	var out Pruning
	return out, r.Call(ctx, http.MethodPost, "/v1/audit/prune", in, &out)
}
