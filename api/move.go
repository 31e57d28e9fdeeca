package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ClientOutcome is what an act on a client led to, and what comes next.
type ClientOutcome struct {
	Client   string    `json:"client" doc:"the client's id"`
	Name     string    `json:"name"`
	State    string    `json:"state" enum:"discovered,claimed,requested,active,suspended,quarantined,retiring,retired,rejected"`
	Owner    string    `json:"owner,omitempty" doc:"the id of a person, team or service account"`
	Backup   string    `json:"backup,omitempty"`
	Team     string    `json:"team,omitempty"`
	Attested bool      `json:"attested" doc:"the owner says so themselves"`
	Version  int64     `json:"version"`
	Happened string    `json:"happened" doc:"what happened, a sentence"`
	Next     string    `json:"next" doc:"what comes next, a sentence"`
	Command  string    `json:"command,omitempty" doc:"the command that does it"`
	Until    time.Time `json:"until,omitzero" doc:"the time by which"`
}

// ETag is the client's version, for If-Match.
func (o ClientOutcome) ETag() string { return fmt.Sprintf(`"%d"`, o.Version) }

// ClaimInput is who answers for a client besides the person who claims it.
type ClaimInput struct {
	Backup string `json:"backup,omitempty" maxLength:"320" doc:"a person or team: id, e-mail address or name; without it the backup stays as it is"`
	Team   string `json:"team,omitempty" maxLength:"320" doc:"a team: id or name; without it the team stays as it is"`
}

// HandOverInput is who is to own a client.
type HandOverInput struct {
	To     string `json:"to" minLength:"1" maxLength:"320" doc:"a person, team or service account: id, e-mail address or name"`
	Backup string `json:"backup,omitempty" maxLength:"320" doc:"without it the backup stays as it is"`
}

// ReasonInput is why something is done.
type ReasonInput struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4096"`
}

// RetireInput is why a client is retired, and which preview was looked at.
type RetireInput struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4096"`
	Seen   string `json:"seen" minLength:"1" maxLength:"64" doc:"seen of the preview: what stops working has to be what was shown"`
}

// DeadInput is a credential that was tested dead.
type DeadInput struct {
	Credential string `json:"credential" minLength:"1" maxLength:"64" doc:"its id"`
	How        string `json:"how" minLength:"1" maxLength:"4096" doc:"how it was revoked, and how it was tested"`
}

// Impact is what stops working when a client is retired.
type Impact struct {
	Client      string             `json:"client"`
	Name        string             `json:"name"`
	State       string             `json:"state"`
	Grants      []ImpactGrant      `json:"grants" doc:"they end at once"`
	Uses        []ImpactUse        `json:"uses" doc:"what it was used for"`
	Credentials []ImpactCredential `json:"credentials" doc:"each is to be revoked and tested dead"`
	Sightings   int64              `json:"sightings" doc:"places where its files stand"`
	Hosts       int64              `json:"hosts" doc:"machines they stand on"`
	LastUsedAt  time.Time          `json:"last_used_at,omitzero"`
	Seen        string             `json:"seen" doc:"send it along when the client is retired"`
}

// ImpactGrant is a grant that ends.
type ImpactGrant struct {
	ID      string    `json:"id"`
	Service string    `json:"service"`
	Method  string    `json:"method,omitempty"`
	Path    string    `json:"path,omitempty"`
	Verb    string    `json:"verb" enum:"read,write,admin,export"`
	ValidTo time.Time `json:"valid_to"`
}

// ImpactUse is something the client was used for.
type ImpactUse struct {
	Service string    `json:"service"`
	Method  string    `json:"method,omitempty"`
	Path    string    `json:"path,omitempty"`
	Verb    string    `json:"verb"`
	Count   int64     `json:"count"`
	LastAt  time.Time `json:"last_at"`
}

// ImpactCredential is a credential that is to die with the client.
type ImpactCredential struct {
	ID       string    `json:"id"`
	Role     string    `json:"role"`
	Provider string    `json:"provider,omitempty"`
	Clients  int64     `json:"clients" doc:"how many clients hold it now: with more than one, others stop working too"`
	Leaked   bool      `json:"leaked"`
	LastSeen time.Time `json:"last_seen"`
	DeadAt   time.Time `json:"dead_at,omitzero" doc:"when it was tested dead"`
	DeadBy   string    `json:"dead_by,omitempty"`
}

func (r *Remote) moveClient(ctx context.Context, id, verb string, in any) (ClientOutcome, error) {
	var out ClientOutcome
	return out, r.Call(ctx, http.MethodPost, "/v1/clients/"+url.PathEscape(id)+"/"+verb, in, &out)
}

// ClaimClient attests that the caller owns a client.
func (r *Remote) ClaimClient(ctx context.Context, id string, in ClaimInput) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "claim", in)
}

// AssignClient names a client's owner, who counts once they claim it.
func (r *Remote) AssignClient(ctx context.Context, id string, in HandOverInput) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "assign", in)
}

// HandOverClient gives a client of the caller's to another owner, who counts once they claim it.
func (r *Remote) HandOverClient(ctx context.Context, id string, in HandOverInput) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "hand-over", in)
}

// SuspendClient takes a client's rights away until it is resumed.
func (r *Remote) SuspendClient(ctx context.Context, id, reason string) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "suspend", ReasonInput{reason})
}

// ResumeClient gives a suspended client its rights back.
func (r *Remote) ResumeClient(ctx context.Context, id, reason string) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "resume", ReasonInput{reason})
}

// QuarantineClient takes a client's rights away while something is looked into.
func (r *Remote) QuarantineClient(ctx context.Context, id, reason string) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "quarantine", ReasonInput{reason})
}

// ReleaseClient takes a client out of quarantine. It is suspended then.
func (r *Remote) ReleaseClient(ctx context.Context, id, reason string) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "release", ReasonInput{reason})
}

// RetirePreview says what stops working when a client is retired.
func (r *Remote) RetirePreview(ctx context.Context, id string) (Impact, error) {
	var out Impact
	return out, r.Get(ctx, "/v1/clients/"+url.PathEscape(id)+"/retire-preview", nil, &out)
}

// RetireClient ends a client's grants for good. in.Seen is that of RetirePreview.
func (r *Remote) RetireClient(ctx context.Context, id string, in RetireInput) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "retire", in)
}

// ConfirmDead records that a credential of a retiring client was tested dead. With the last
// one the client is a tombstone.
func (r *Remote) ConfirmDead(ctx context.Context, id string, in DeadInput) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "confirm-dead", in)
}

// DisownInput says that a client is not the caller's.
type DisownInput struct {
	Suggest string `json:"suggest,omitempty" maxLength:"320" doc:"who could own it: a person, team or service account"`
	Reason  string `json:"reason" minLength:"1" maxLength:"4096"`
}

// DisownClient says that a client is not the caller's.
func (r *Remote) DisownClient(ctx context.Context, id string, in DisownInput) (ClientOutcome, error) {
	return r.moveClient(ctx, id, "disown", in)
}
