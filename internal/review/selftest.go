package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Results are what a campaign says about itself.
type Results struct {
	Items, Decided, Missed, Cancelled, Open int
	// Coverage is the share of items that were decided, missed or cancelled: 1 is all.
	Coverage float64
	// SelfReviews are clients that were kept or narrowed by who alone asked for, or uses, what
	// they may do; HighSelfReviews those of tier 3 and above, of which there must be none.
	SelfReviews, HighSelfReviews int
	// Revokes were to end grants, Verified are those of them whose grants have really ended.
	Revokes, Verified int
	// Median is the time a reviewer spent on an item, as far as told.
	Median time.Duration
	// BulkRatio is the share of decisions that were made several at once; KeptRatio the
	// share that kept the client as it was.
	BulkRatio, KeptRatio float64
	// Stamps are reviewers who may not have looked.
	Stamps []Stamp
	// SnapshotHolds says that the items are those that the snapshot was made of.
	SnapshotHolds bool
	// Passed: all covered, no self-review at tier 3 and above, every revoke verified, nobody
	// stamped, and the snapshot holds.
	Passed bool
}

// Stamp is the alarm about one reviewer.
type Stamp struct {
	Reviewer  string
	Decisions int
	Median    time.Duration
	BulkRatio float64
}

// A reviewer who kept nearly everything of this much or more, either faster than one can
// read or nearly all at once, is named.
const (
	stampLeast  = 10
	stampKept   = 0.95
	stampBulk   = 0.8
	stampMedian = 3 * time.Second
)

// decision is what the self-test looks at of one item.
type decision struct {
	state                         State
	tier                          clientele.Tier
	by, onBehalf, requester, user string
	took                          time.Duration
	batch                         int
	ended, verified               bool
}

func (d decision) decided() bool {
	return d.state != Open && d.state != Missed && d.state != Cancelled
}

// self reports whether who decided alone asked for it, or uses it, and let it go on.
func (d decision) self() bool {
	if d.state != Kept && d.state != Narrowed {
		return false
	}
	for _, id := range []string{d.by, d.onBehalf} {
		if id != "" && (id == d.requester || id == d.user) {
			return true
		}
	}
	return false
}

// SelfTest looks at a campaign as it is now.
func SelfTest(ctx context.Context, tx *db.Tx, k Campaign) (Results, error) {
	var res Results
	var lines []string
	var all []decision
	err := tx.Each(ctx, `SELECT i.line, COALESCE(r.state, 'open'), COALESCE(r.tier, 0), COALESCE(r.decided_by, ''), COALESCE(r.on_behalf, ''), COALESCE(r.sole_requester, ''),
			COALESCE(r.sole_user, ''), COALESCE(r.milliseconds, 0), COALESCE(r.batch, 0), COALESCE(r.ended_grants, '[]'), COALESCE(r.verified_at, 0)
		FROM campaign_item AS i LEFT JOIN review AS r ON r.id = i.review_id WHERE i.campaign_id = ?`, []any{k.ID}, func(row db.Row) error {
		var d decision
		var line, ended string
		var took, verified int64
		err := row.Scan(&line, &d.state, &d.tier, &d.by, &d.onBehalf, &d.requester, &d.user, &took, &d.batch, &ended, &verified)
		d.took, d.ended, d.verified = time.Duration(took)*time.Millisecond, ended != "[]", verified != 0
		lines, all = append(lines, line), append(all, d)
		return err
	})
	if err != nil {
		return res, fmt.Errorf("test a campaign: %w", err)
	}
	res.SnapshotHolds = snapshot(lines) == k.Snapshot && len(lines) == k.Items
	for _, d := range all {
		res.add(d)
	}
	res.Coverage = ratio(res.Items-res.Open, res.Items)
	res.Median, res.BulkRatio, res.KeptRatio = habits(all)
	res.Stamps = stamps(all)
	res.Passed = res.Open == 0 && res.HighSelfReviews == 0 && res.Verified == res.Revokes && len(res.Stamps) == 0 && res.SnapshotHolds
	return res, nil
}

func (res *Results) add(d decision) {
	res.Items++
	switch {
	case d.state == Open:
		res.Open++
	case d.state == Missed:
		res.Missed++
	case d.state == Cancelled:
		res.Cancelled++
	default:
		res.Decided++
	}
	if d.self() {
		res.SelfReviews++
		if d.tier >= aloneTier {
			res.HighSelfReviews++
		}
	}
	if d.ended {
		res.Revokes++
		if d.verified {
			res.Verified++
		}
	}
}

// habits are the median time of decisions, and the shares made in bulk and to keep.
func habits(all []decision) (median time.Duration, bulk, kept float64) {
	var times []time.Duration
	n, many, same := 0, 0, 0
	for _, d := range all {
		if !d.decided() || d.by == "" {
			continue
		}
		n++
		if d.batch > 1 {
			many++
		}
		if d.state == Kept {
			same++
		}
		if d.took > 0 {
			times = append(times, d.took)
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		median = times[len(times)/2]
	}
	return median, ratio(many, n), ratio(same, n)
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// stamps are the reviewers who may not have looked, by id.
func stamps(all []decision) []Stamp {
	by := map[string][]decision{}
	for _, d := range all {
		if d.decided() && d.by != "" {
			by[d.by] = append(by[d.by], d)
		}
	}
	var out []Stamp
	for who, list := range by {
		median, bulk, kept := habits(list)
		if len(list) >= stampLeast && kept >= stampKept && (bulk >= stampBulk || median > 0 && median < stampMedian) {
			out = append(out, Stamp{who, len(list), median, bulk})
		}
	}
	slices.SortFunc(out, func(a, b Stamp) int {
		if a.Reviewer < b.Reviewer {
			return -1
		}
		return 1
	})
	return out
}
