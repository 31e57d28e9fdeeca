// Package review asks the people who answer for a client, every now and then and whenever
// something happened to it, whether it is still needed as it is; and acts when nobody
// answers.
//
//	opened ──half of the time──▶ the owner is reminded
//	       ──its day───────────▶ passed on to the backup; from tier 3 on, exports and writes end
//	       ──3 days later──────▶ passed on to the owner's manager, else somebody of the team
//	       ──7 days later──────▶ missed: the client is suspended, never deleted
//
//	decided: kept, narrowed to what was used, handed over, retired, or disowned ("not mine")
//
// A client has one open review at most; what else happens to it adds a cause. A reviewer sees
// what is new, changed, unused and unchanged since the last review before all else. What a
// decision was to end is looked at again afterwards: a review counts as verified when the
// grants have really ended.
package review

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

const day = 24 * time.Hour

// State is where a review stands. All but Open are final.
type State string

// The states.
const (
	Open       State = "open"
	Kept       State = "kept"
	Narrowed   State = "narrowed"
	HandedOver State = "handed_over"
	Retired    State = "retired"
	Disowned   State = "disowned"
	Missed     State = "missed"
	Cancelled  State = "cancelled" // its client ended meanwhile, or its campaign was cancelled
)

// States lists all states.
var States = []State{Open, Kept, Narrowed, HandedOver, Retired, Disowned, Missed, Cancelled}

// The stages of a review that nobody decides.
const (
	stageOpened = iota
	stageReminded
	stageBackup
	stageLead
	stageMissed
)

// Review is one look at one client.
type Review struct {
	ID                      string
	Client                  clientele.ClientID
	State                   State
	Tier                    clientele.Tier // when it was opened, then when it was decided
	OpenedAt, DueAt, NextAt time.Time      // NextAt: when the next stage begins
	// ReviewerID is whose turn it is: a person or team. Empty: security's.
	ReviewerID string
	Stage      int // 0 opened, 1 reminded, 2 passed to the backup, 3 to the manager or team, 4 acted upon
	// SoleRequester asked for every grant, SoleUser is the only person who has the client.
	// Taker took the emergency access that it is about.
	SoleRequester, SoleUser, Taker string
	DecidedBy, OnBehalf            string // empty: nobody, or a rule
	DecidedAt                      time.Time
	Reason                         string
	Took                           time.Duration // that the reviewer spent on it; 0: not told
	Batch                          int           // how many were decided at once
	Automatic                      bool          // renewed by rule
	Evidence                       Evidence      // when it was opened, then when it was decided
	Delta                          Delta
	Ended                          []string // grants that were to end
	VerifiedAt                     time.Time
	Causes                         []Cause
	Version                        int64

	// The client's, as they are now.
	ClientName                string
	OwnerID, BackupID, TeamID string
}

// Cause is why a review was opened.
type Cause struct {
	Name    string
	Subject string // tells one occurrence from the next
	At      time.Time
}

// The causes.
const (
	Period     = "period"      // the tier's time has passed
	OwnerLeft  = "owner_left"  // the owner has left
	OwnerMoved = "owner_moved" // the owner is no longer in the client's team
	NewScope   = "new_scope"   // a verb at a service was granted for the first time
	Leak       = "leak"        // one of its credentials leaked
	VendorEnd  = "vendor_end"  // the vendor's contract ends
	Dormant45  = "dormant_45"  // not used for 45 days
	Dormant90  = "dormant_90"  // not used for 90 days
	BreakGlass = "break_glass" // emergency access was taken
	DisownedBy = "disowned"    // its owner said it is not theirs
	InCampaign = "campaign"    // it is an item of a campaign
	OtherDue   = "calendar"    // something else in the lifecycle's calendar
)

// resource is a review as policy sees it. eligible may decide it; parties may follow it.
func (r Review) resource(eligible []string) policy.Resource {
	parties := append([]string{}, eligible...)
	for _, id := range []string{r.OwnerID, r.BackupID, r.TeamID, r.ReviewerID, r.DecidedBy} {
		if id != "" {
			parties = append(parties, id)
		}
	}
	return policy.Resource{Type: "Review", ID: r.ID, Attrs: map[string]any{
		"eligible": eligible, "parties": parties, "tier": int(r.Tier), "state": string(r.State), "owner": r.OwnerID, "approvers": eligible,
	}}
}

const columns = `r.id, r.client_id, r.state, r.tier, r.opened_at, r.due_at, r.reviewer_id, r.stage, r.next_at, r.sole_requester, r.sole_user, r.taker,
	r.decided_by, r.on_behalf, r.decided_at, r.reason, r.milliseconds, r.batch, r.automatic, r.evidence, r.delta, r.ended_grants, r.verified_at, r.version,
	c.name, c.owner_id, c.backup_id, c.team_id`

const from = " FROM review AS r JOIN client AS c ON c.id = r.client_id "

func scan(row db.Row) (Review, error) {
	var r Review
	var opened, due, next, decided, took, automatic, verified int64
	var evidence, delta, ended string
	err := row.Scan(&r.ID, &r.Client, &r.State, &r.Tier, &opened, &due, &r.ReviewerID, &r.Stage, &next, &r.SoleRequester, &r.SoleUser, &r.Taker,
		&r.DecidedBy, &r.OnBehalf, &decided, &r.Reason, &took, &r.Batch, &automatic, &evidence, &delta, &ended, &verified, &r.Version,
		&r.ClientName, &r.OwnerID, &r.BackupID, &r.TeamID)
	if err != nil {
		return r, err
	}
	r.OpenedAt, r.DueAt, r.NextAt, r.DecidedAt, r.VerifiedAt = db.Time(opened), db.Time(due), db.Time(next), db.Time(decided), db.Time(verified)
	r.Automatic = automatic == 1
	r.Took = time.Duration(took) * time.Millisecond
	for _, field := range []struct {
		text string
		to   any
	}{{evidence, &r.Evidence}, {delta, &r.Delta}, {ended, &r.Ended}} {
		if err := json.Unmarshal([]byte(field.text), field.to); err != nil {
			return r, fmt.Errorf("decode review %s: %w", r.ID, err)
		}
	}
	return r, nil
}

func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Review, error) {
	var all []Review
	err := tx.Each(ctx, "SELECT "+columns+from+where, args, func(row db.Row) error {
		r, err := scan(row)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read reviews: %w", err)
	}
	return all, nil
}

// Get reads a review with its causes.
func Get(ctx context.Context, tx *db.Tx, id string) (Review, error) {
	all, err := query(ctx, tx, "WHERE r.id = ?", id)
	if err != nil {
		return Review{}, err
	}
	if len(all) == 0 {
		return Review{}, guard.NotFound("Review")
	}
	r := all[0]
	err = tx.Each(ctx, "SELECT cause, subject, at FROM review_cause WHERE review_id = ? ORDER BY at, cause, subject", []any{id}, func(row db.Row) error {
		var c Cause
		var at int64
		err := row.Scan(&c.Name, &c.Subject, &at)
		c.At = db.Time(at)
		r.Causes = append(r.Causes, c)
		return err
	})
	if err != nil {
		return Review{}, fmt.Errorf("read the causes of a review: %w", err)
	}
	return r, nil
}

// Show reads a review for who looks at it: with the evidence as it is now, if it is open, and
// with those who may decide it.
func Show(ctx context.Context, v *guard.View, id string) (Review, []Reviewer, error) {
	r, err := Get(ctx, v.Tx, id)
	if err != nil {
		return r, nil, err
	}
	c, err := inventory.Get(ctx, v.Tx, r.Client)
	if err != nil {
		return r, nil, err
	}
	who, err := reviewers(ctx, v.Tx, c, r, v.At)
	if err != nil {
		return r, nil, err
	}
	if err := v.Allow(r.resource(ids(who))); err != nil {
		return Review{}, nil, err
	}
	if r.State == Open {
		if err := r.look(ctx, v.Tx, c, v.At); err != nil {
			return r, nil, err
		}
	}
	return r, who, nil
}

// Page is a part of a list: at most Limit (0: 50, at most 500) after the cursor After.
type Page struct {
	Limit int
	After string
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 500)
}

// Filter chooses reviews; an empty field chooses all.
type Filter struct {
	State    State
	Client   clientele.ClientID
	Campaign string
	// Turn chooses those whose turn it is: ids of a person and their teams.
	Turn []string
	// Parties chooses what concerns these: their clients', and those they were asked for or
	// decided. nil: everybody's.
	Parties []string
}

// List lists reviews by id, oldest first, without their causes, and gives the cursor of the
// next page.
func List(ctx context.Context, tx *db.Tx, f Filter, p Page) ([]Review, string, error) {
	where, args := []string{"r.id > ?"}, []any{p.After}
	add := func(piece string, values ...string) {
		where = append(where, piece)
		for _, v := range values {
			args = append(args, v)
		}
	}
	if f.State != "" {
		add("r.state = ?", string(f.State))
	}
	if f.Client != "" {
		add("r.client_id = ?", string(f.Client))
	}
	if f.Campaign != "" {
		add("r.id IN (SELECT review_id FROM campaign_item WHERE campaign_id = ?)", f.Campaign)
	}
	if f.Turn != nil {
		add("r.reviewer_id IN "+db.Marks(len(f.Turn)), f.Turn...)
	}
	if f.Parties != nil {
		m := db.Marks(len(f.Parties))
		add("(c.owner_id IN "+m+" OR c.backup_id IN "+m+" OR c.team_id IN "+m+" OR r.reviewer_id IN "+m+" OR r.decided_by IN "+m+")",
			append(append(append(append(append([]string{}, f.Parties...), f.Parties...), f.Parties...), f.Parties...), f.Parties...)...)
	}
	limit := p.limit()
	all, err := query(ctx, tx, "WHERE "+strings.Join(where, " AND ")+" ORDER BY r.id LIMIT ?", append(args, limit+1)...)
	if err != nil || len(all) <= limit {
		return all, "", err
	}
	return all[:limit], all[limit-1].ID, nil
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("review: encode %T: %v", v, err)) // plain structs always can be
	}
	return string(b)
}

// insert writes a new review and its cause.
func insert(act *guard.Act, r *Review) error {
	r.Version = 1
	_, err := act.Tx.Exec(act.Context(), `INSERT INTO review (id, client_id, state, tier, opened_at, due_at, reviewer_id, stage, next_at,
		sole_requester, sole_user, taker, decided_by, decided_at, automatic, evidence, delta, verified_at, version) VALUES `+db.Marks(19),
		r.ID, string(r.Client), string(r.State), int64(r.Tier), db.Micro(r.OpenedAt), db.Micro(r.DueAt), r.ReviewerID, r.Stage, db.Micro(r.NextAt),
		r.SoleRequester, r.SoleUser, r.Taker, r.DecidedBy, db.Micro(r.DecidedAt), db.Bool(r.Automatic), encode(r.Evidence), encode(r.Delta), db.Micro(r.VerifiedAt), r.Version)
	if err != nil {
		return fmt.Errorf("open a review: %w", err)
	}
	return nil
}

// update writes a review that was read in this transaction.
func update(act *guard.Act, r *Review) error {
	r.Version++
	if r.Ended == nil {
		r.Ended = []string{}
	}
	_, err := act.Tx.Exec(act.Context(), `UPDATE review SET state = ?, tier = ?, due_at = ?, reviewer_id = ?, stage = ?, next_at = ?, sole_requester = ?, sole_user = ?, taker = ?,
		decided_by = ?, on_behalf = ?, decided_at = ?, reason = ?, milliseconds = ?, batch = ?, automatic = ?, evidence = ?, delta = ?, ended_grants = ?,
		verified_at = ?, version = ? WHERE id = ?`,
		string(r.State), int64(r.Tier), db.Micro(r.DueAt), r.ReviewerID, r.Stage, db.Micro(r.NextAt), r.SoleRequester, r.SoleUser, r.Taker,
		r.DecidedBy, r.OnBehalf, db.Micro(r.DecidedAt), r.Reason, r.Took.Milliseconds(), r.Batch, db.Bool(r.Automatic), encode(r.Evidence), encode(r.Delta), encode(r.Ended),
		db.Micro(r.VerifiedAt), r.Version, r.ID)
	if err != nil {
		return fmt.Errorf("write a review: %w", err)
	}
	return nil
}
