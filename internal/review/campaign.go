package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/ticket"
)

// MaxItems is how many clients a campaign may have.
const MaxItems = 2000

// Selection says which clients a campaign is about: active, suspended and quarantined ones
// to which all of it applies that is not empty.
type Selection struct {
	Environment string         `json:",omitempty"`
	MinTier     clientele.Tier `json:",omitempty"`
	Owner       string         `json:",omitempty"` // the id of the owner, or of the team
	Kind        string         `json:",omitempty"`
	Vendors     bool           `json:",omitempty"` // vendors' clients alone
}

// Campaign is a review of many clients by a day.
type Campaign struct {
	ID, Name           string
	Selection          Selection
	State              string // open, done or cancelled
	Items              int
	Snapshot           string // SHA-256 over the lines of its items, in hex
	DueAt              time.Time
	CreatedBy, EndedBy string // EndedBy is empty if a rule ended it
	CreatedAt, EndedAt time.Time
	Results            *Results // when it ended
}

// The states of a campaign.
const (
	CampaignOpen      = "open"
	CampaignDone      = "done"
	CampaignCancelled = "cancelled"
)

// Resource is the campaign as policy sees it.
func (c Campaign) Resource() policy.Resource {
	return policy.Resource{Type: "Campaign", ID: c.ID, Attrs: map[string]any{"state": c.State, "author": c.CreatedBy}}
}

// Preview counts what a campaign would ask for: clients, and parties who would be asked.
type Preview struct{ Clients, Reviewers int }

// PreviewOf counts before anybody is asked.
func PreviewOf(ctx context.Context, tx *db.Tx, sel Selection) (Preview, error) {
	found, err := sel.clients(ctx, tx)
	owners := map[string]bool{}
	for _, c := range found {
		owners[c.OwnerID] = true
	}
	return Preview{len(found), len(owners)}, err
}

// Create begins a campaign. It is the act campaign:create. The reviews are opened by the
// sweeps that follow, a few at a time; what each client was then is part of the snapshot.
func Create(act *guard.Act, name string, sel Selection, due time.Time) (Campaign, error) {
	ctx := act.Context()
	k := Campaign{ID: act.NewID("cmp"), Name: ticket.Line(name), Selection: sel, State: CampaignOpen, DueAt: due.UTC().Truncate(time.Microsecond), CreatedBy: act.Actor.ID, CreatedAt: act.At}
	if err := act.Allow(k.Resource()); err != nil {
		return Campaign{}, err
	}
	if k.Name == "" {
		return Campaign{}, clientele.Errorf(clientele.Invalid, "a campaign needs a name")
	}
	if k.DueAt.Before(act.At.Add(day)) || k.DueAt.After(act.At.Add(366*day)) {
		return Campaign{}, clientele.Errorf(clientele.Invalid, "a campaign is due between a day and a year from now")
	}
	found, err := sel.clients(ctx, act.Tx)
	if err != nil {
		return Campaign{}, err
	}
	if len(found) == 0 {
		return Campaign{}, clientele.Errorf(clientele.Invalid, "no client fits: there is nothing to review")
	}
	lines := make([]string, len(found))
	for i, c := range found {
		if lines[i], err = line(ctx, act.Tx, c, act.At); err != nil {
			return Campaign{}, err
		}
	}
	k.Items, k.Snapshot = len(found), snapshot(lines)
	act.Detail("items", k.Items)
	act.Detail("snapshot", k.Snapshot)
	return k, k.insert(act, found, lines)
}

func (k *Campaign) insert(act *guard.Act, found []inventory.Client, lines []string) error {
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO campaign (id, name, filter, state, items, snapshot, due_at, created_by, created_at) VALUES "+db.Marks(9),
		k.ID, k.Name, encode(k.Selection), k.State, k.Items, k.Snapshot, db.Micro(k.DueAt), k.CreatedBy, db.Micro(k.CreatedAt))
	if err != nil {
		return fmt.Errorf("begin a campaign: %w", err)
	}
	args := make([]any, 0, 3*len(found))
	for i, c := range found {
		args = append(args, k.ID, string(c.ID), lines[i])
	}
	for chunk := range slices.Chunk(args, 300) {
		if _, err := act.Tx.Exec(act.Context(), "INSERT INTO campaign_item (campaign_id, client_id, line) VALUES "+db.Rows(len(chunk)/3, 3), chunk...); err != nil {
			return fmt.Errorf("add to a campaign: %w", err)
		}
	}
	return nil
}

// clients are those that the selection is about.
func (s Selection) clients(ctx context.Context, tx *db.Tx) ([]inventory.Client, error) {
	where, args := []string{"c.tier >= ?", governed}, []any{int64(s.MinTier)}
	if s.Environment != "" {
		where, args = append(where, "c.environment = ?"), append(args, s.Environment)
	}
	if s.Owner != "" {
		where, args = append(where, "(c.owner_id = ? OR c.team_id = ?)"), append(args, s.Owner, s.Owner)
	}
	if s.Kind != "" {
		where, args = append(where, "c.kind = ?"), append(args, s.Kind)
	}
	if s.Vendors {
		where = append(where, "c.vendor_name <> ''")
	}
	var found []clientele.ClientID
	err := tx.Each(ctx, "SELECT c.id FROM client AS c WHERE "+strings.Join(where, " AND ")+" ORDER BY c.id LIMIT ?", append(args, MaxItems+1), func(r db.Row) error {
		var id clientele.ClientID
		err := r.Scan(&id)
		found = append(found, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("choose clients: %w", err)
	}
	if len(found) > MaxItems {
		return nil, clientele.Errorf(clientele.Limit, "more than %d clients fit", MaxItems).WithHint("choose fewer: by environment, tier or owner")
	}
	all := make([]inventory.Client, len(found))
	for i, id := range found {
		if all[i], err = inventory.Get(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// line is a client as it stands, in one line: what the snapshot is made of.
func line(ctx context.Context, tx *db.Tx, c inventory.Client, at time.Time) (string, error) {
	grants, err := lifecycle.Grants(ctx, tx, c.ID, at)
	if err != nil {
		return "", err
	}
	parts := []string{string(c.ID), c.OwnerID, c.BackupID, c.Environment, string(c.State), fmt.Sprint(c.Tier)}
	for _, g := range grants {
		parts = append(parts, fmt.Sprintf("%s.%d", g.ID, g.Version))
	}
	return strings.Join(parts, " "), nil
}

// snapshot is the hash of the lines in the order of their clients, each with a line feed.
func snapshot(lines []string) string {
	h := sha256.New()
	for _, l := range slices.Sorted(slices.Values(lines)) {
		h.Write([]byte(l + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

const campaignColumns = "id, name, filter, state, items, snapshot, due_at, created_by, created_at, ended_by, ended_at, results"

func campaigns(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Campaign, error) {
	var all []Campaign
	err := tx.Each(ctx, "SELECT "+campaignColumns+" FROM campaign WHERE "+where, args, func(row db.Row) error {
		var k Campaign
		var filter, results string
		var due, created, ended int64
		err := row.Scan(&k.ID, &k.Name, &filter, &k.State, &k.Items, &k.Snapshot, &due, &k.CreatedBy, &created, &k.EndedBy, &ended, &results)
		if err != nil {
			return err
		}
		k.DueAt, k.CreatedAt, k.EndedAt = db.Time(due), db.Time(created), db.Time(ended)
		if results != "" {
			if err := json.Unmarshal([]byte(results), &k.Results); err != nil {
				return err
			}
		}
		err = json.Unmarshal([]byte(filter), &k.Selection)
		all = append(all, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	return all, nil
}

// GetCampaign reads a campaign.
func GetCampaign(ctx context.Context, tx *db.Tx, id string) (Campaign, error) {
	all, err := campaigns(ctx, tx, "id = ?", id)
	if err != nil {
		return Campaign{}, err
	}
	if len(all) == 0 {
		return Campaign{}, guard.NotFound("Campaign")
	}
	return all[0], nil
}

// ListCampaigns lists campaigns by id, oldest first; an empty state stands for all.
func ListCampaigns(ctx context.Context, tx *db.Tx, state string, p Page) ([]Campaign, string, error) {
	limit := p.limit()
	all, err := campaigns(ctx, tx, "id > ? AND (state = ? OR ? = '') ORDER BY id LIMIT ?", p.After, state, state, limit+1)
	if err != nil || len(all) <= limit {
		return all, "", err
	}
	return all[:limit], all[limit-1].ID, nil
}

// Cancel ends a campaign. Reviews that nothing but this campaign asked for are cancelled. It
// is the act campaign:cancel.
func Cancel(act *guard.Act, id, reason string) (Campaign, error) {
	k, err := GetCampaign(act.Context(), act.Tx, id)
	if err != nil {
		return Campaign{}, err
	}
	if err := act.Allow(k.Resource()); err != nil {
		return Campaign{}, err
	}
	if k.State != CampaignOpen {
		return Campaign{}, clientele.Errorf(clientele.Conflict, "the campaign is %s already", k.State)
	}
	if strings.TrimSpace(reason) == "" || len(reason) > maxReason {
		return Campaign{}, clientele.Errorf(clientele.Invalid, "say why, in at most %d bytes", maxReason)
	}
	act.Private("reason", reason)
	n, err := act.Tx.Exec(act.Context(), `UPDATE review SET state = 'cancelled', decided_by = ?, decided_at = ?, next_at = 0, version = version + 1
		WHERE state = 'open' AND id IN (SELECT review_id FROM campaign_item WHERE campaign_id = ?)
		AND NOT EXISTS (SELECT 1 FROM review_cause AS k WHERE k.review_id = review.id AND (k.cause <> ? OR k.subject <> ?))`,
		act.Actor.ID, db.Micro(act.At), id, InCampaign, id)
	if err != nil {
		return Campaign{}, fmt.Errorf("cancel reviews: %w", err)
	}
	act.Detail("cancelled_reviews", n)
	return k, k.end(act, CampaignCancelled, act.Actor.ID)
}

// end writes how a campaign ended, with its self-test.
func (k *Campaign) end(act *guard.Act, state, by string) error {
	k.State, k.EndedBy, k.EndedAt = state, by, act.At
	results, err := SelfTest(act.Context(), act.Tx, *k)
	if err != nil {
		return err
	}
	k.Results = &results
	act.Detail("passed", results.Passed)
	_, err = act.Tx.Exec(act.Context(), "UPDATE campaign SET state = ?, ended_by = ?, ended_at = ?, results = ? WHERE id = ?",
		k.State, k.EndedBy, db.Micro(k.EndedAt), encode(results), k.ID)
	if err != nil {
		return fmt.Errorf("end a campaign: %w", err)
	}
	return nil
}

// items opens the reviews that campaigns wait for.
func (s *sweep) items() error {
	found, err := s.pairs("SELECT i.campaign_id, i.client_id FROM campaign_item AS i JOIN campaign AS k ON k.id = i.campaign_id WHERE i.review_id IS NULL AND k.state = 'open' LIMIT ?", sweepLimit)
	if err != nil {
		return fmt.Errorf("look for what campaigns wait for: %w", err)
	}
	for _, f := range found {
		_ = s.do("review:open", "an item of campaign "+f[0], &s.Opened, func(act *guard.Act) error { return openItem(act, f[0], clientele.ClientID(f[1])) })
	}
	return nil
}

func openItem(act *guard.Act, campaign string, client clientele.ClientID) error {
	k, err := GetCampaign(act.Context(), act.Tx, campaign)
	if err != nil {
		return err
	}
	waiting, err := exists(act.Context(), act.Tx, "SELECT 1 FROM campaign_item WHERE campaign_id = ? AND client_id = ? AND review_id IS NULL", campaign, string(client))
	if err != nil || !waiting || k.State != CampaignOpen {
		return known(err)
	}
	r, err := open(act, client, cause{name: InCampaign, subject: campaign, due: k.DueAt})
	if err != nil {
		return err
	}
	_, err = act.Tx.Exec(act.Context(), "UPDATE campaign_item SET review_id = ? WHERE campaign_id = ? AND client_id = ?", r.ID, campaign, string(client))
	return err
}

// campaigns closes those of which every item was decided, missed or cancelled.
func (s *sweep) campaigns() error {
	found, err := s.pairs(`SELECT k.id, k.name FROM campaign AS k WHERE k.state = 'open'
		AND NOT EXISTS (SELECT 1 FROM campaign_item AS i LEFT JOIN review AS r ON r.id = i.review_id WHERE i.campaign_id = k.id AND (r.id IS NULL OR r.state = 'open'
			OR (r.verified_at = 0 AND r.ended_grants <> '[]' AND r.decided_at > ?))) LIMIT ?`, db.Micro(s.g.Now().Add(-day)), sweepLimit)
	if err != nil {
		return fmt.Errorf("look for campaigns to close: %w", err)
	}
	for _, f := range found {
		_ = s.do("campaign:close", "every item of the campaign was decided or missed", &s.Closed, func(act *guard.Act) error {
			k, err := GetCampaign(act.Context(), act.Tx, f[0])
			if err != nil {
				return err
			}
			if k.State != CampaignOpen {
				return errKnown
			}
			if err := act.Allow(k.Resource()); err != nil {
				return err
			}
			return k.end(act, CampaignDone, "")
		})
	}
	return nil
}
