package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Review asks whether a client is still needed as it is.
type Review struct {
	ID          string            `json:"id"`
	Client      string            `json:"client" doc:"the client's id"`
	ClientName  string            `json:"client_name"`
	State       string            `json:"state" enum:"open,kept,narrowed,handed_over,retired,disowned,missed,cancelled"`
	Tier        int               `json:"tier"`
	Stage       int               `json:"stage" doc:"0 opened, 1 reminded, 2 passed to the backup, 3 to the manager or team, 4 acted upon"`
	OpenedAt    time.Time         `json:"opened_at"`
	DueAt       time.Time         `json:"due_at"`
	NextAt      time.Time         `json:"next_at,omitzero" doc:"when the next stage begins"`
	Reviewer    string            `json:"reviewer,omitempty" doc:"whose turn it is: the id of a person or team; none: security's"`
	Owner       string            `json:"owner,omitempty"`
	Backup      string            `json:"backup,omitempty"`
	Team        string            `json:"team,omitempty"`
	DecidedBy   string            `json:"decided_by,omitempty"`
	OnBehalf    string            `json:"on_behalf,omitempty" doc:"who lent them the power"`
	DecidedAt   time.Time         `json:"decided_at,omitzero"`
	Reason      string            `json:"reason,omitempty"`
	Automatic   bool              `json:"automatic,omitempty" doc:"renewed by rule"`
	EndedGrants []string          `json:"ended_grants,omitempty" doc:"what was to end"`
	VerifiedAt  time.Time         `json:"verified_at,omitzero" doc:"when it was found ended"`
	Version     int64             `json:"version"`
	Causes      []ReviewCause     `json:"causes,omitempty"`
	Delta       ReviewDelta       `json:"delta"`
	Evidence    ReviewEvidence    `json:"evidence"`
	Deciders    []ReviewDecider   `json:"deciders,omitempty" doc:"who may decide it"`
	Names       map[string]string `json:"names,omitempty" doc:"names of the people and teams above, by id"`
}

// ETag is the version, for If-Match.
func (r Review) ETag() string { return fmt.Sprintf(`"%d"`, r.Version) }

// ReviewCause is why a review was opened.
type ReviewCause struct {
	Cause   string    `json:"cause"`
	Subject string    `json:"subject,omitempty"`
	At      time.Time `json:"at"`
}

// ReviewDelta counts grants by how they differ from the last review.
type ReviewDelta struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unused    int `json:"unused"`
	Unchanged int `json:"unchanged"`
}

// ReviewEvidence is what is known of the client.
type ReviewEvidence struct {
	At         time.Time         `json:"at"`
	LastUsedAt time.Time         `json:"last_used_at,omitzero"`
	Grants     []ReviewGrant     `json:"grants" doc:"new and changed first"`
	Used       int               `json:"used" doc:"how many grants were used within the days"`
	Days       int               `json:"days"`
	Findings   int               `json:"findings" doc:"open ones"`
	Leaked     bool              `json:"leaked"`
	Shared     bool              `json:"shared"`
	Conditions []ReviewCondition `json:"conditions,omitempty"`
	People     []string          `json:"people,omitempty" doc:"who has it on a machine of theirs"`
	Machines   int               `json:"machines"`
	Removal    ReviewRemoval     `json:"removal" doc:"what would stop if it ended"`
	Changes    []string          `json:"changes,omitempty" doc:"what else differs from the last review"`
	Before     string            `json:"before,omitempty" doc:"the last review"`
}

// ReviewGrant is one grant with how it was used.
type ReviewGrant struct {
	ID         string    `json:"id"`
	Service    string    `json:"service"`
	ServiceID  string    `json:"service_id"`
	Method     string    `json:"method,omitempty"`
	Path       string    `json:"path,omitempty"`
	Verb       string    `json:"verb"`
	ValidTo    time.Time `json:"valid_to"`
	Delta      string    `json:"delta" enum:"new,changed,unused,unchanged"`
	Uses       int64     `json:"uses"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
}

// ReviewCondition is something that is true of the client, with its reasons.
type ReviewCondition struct {
	Name    string   `json:"name"`
	Reasons []string `json:"reasons"`
}

// ReviewRemoval is what would stop if the client ended.
type ReviewRemoval struct {
	Services  int       `json:"services"`
	Endpoints int       `json:"endpoints"`
	Calls     int64     `json:"calls" doc:"since first_at"`
	FirstAt   time.Time `json:"first_at,omitzero"`
	LastAt    time.Time `json:"last_at,omitzero"`
}

// ReviewDecider may decide a review.
type ReviewDecider struct {
	ID       string `json:"id"`
	OnBehalf string `json:"on_behalf,omitempty"`
	Barred   bool   `json:"barred,omitempty" doc:"they must not keep or narrow it: they alone asked for it, or use it"`
}

// ReviewChoice is a decision.
type ReviewChoice struct {
	Verdict      string   `json:"verdict" enum:"keep,narrow,hand_over,retire,not_mine"`
	Reason       string   `json:"reason,omitempty" maxLength:"2000" doc:"needed for all but keep"`
	Keep         []string `json:"keep,omitempty" maxItems:"200" doc:"ids of the grants to keep, for narrow; none: those that were used"`
	To           string   `json:"to,omitempty" maxLength:"300" doc:"the new owner, for hand_over: an id, address or name"`
	Backup       string   `json:"backup,omitempty" maxLength:"300" doc:"the new backup, for hand_over"`
	Suggest      string   `json:"suggest,omitempty" maxLength:"300" doc:"whose it may be, for not_mine"`
	Milliseconds int64    `json:"milliseconds,omitempty" minimum:"0" maximum:"86400000" doc:"that the reviewer spent on it"`
}

// ReviewChoiceOf is a decision on one of several reviews.
type ReviewChoiceOf struct {
	Review string `json:"review" maxLength:"64"`
	ReviewChoice
}

// ReviewChoices are decisions that are taken at once: all or none.
type ReviewChoices struct {
	Choices []ReviewChoiceOf `json:"choices" minItems:"1" maxItems:"50"`
}

// Reviews lists reviews: a query may have state, client, campaign, turn, limit and after.
func (r *Remote) Reviews(ctx context.Context, query url.Values) (List[Review], error) {
	var out List[Review]
	return out, r.Get(ctx, "/v1/reviews", query, &out)
}

// Review is one review with its evidence as it is now.
func (r *Remote) Review(ctx context.Context, id string) (Review, error) {
	var out Review
	return out, r.Get(ctx, "/v1/reviews/"+url.PathEscape(id), nil, &out)
}

// DecideReview decides a review.
func (r *Remote) DecideReview(ctx context.Context, id string, in ReviewChoice) (Review, error) {
	var out Review
	return out, r.Call(ctx, http.MethodPost, "/v1/reviews/"+url.PathEscape(id)+"/decide", in, &out)
}

// DecideReviews decides several reviews, all or none.
func (r *Remote) DecideReviews(ctx context.Context, in ReviewChoices) ([]Review, error) {
	var out List[Review]
	return out.Items, r.Call(ctx, http.MethodPost, "/v1/reviews/decide", in, &out)
}
