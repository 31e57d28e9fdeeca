package review

import (
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// Verdict is what a reviewer decides.
type Verdict string

// The verdicts.
const (
	Keep     Verdict = "keep"
	Narrow   Verdict = "narrow"    // to Choice.Keep; empty: to what was used within 90 days
	HandOver Verdict = "hand_over" // to Choice.To, with Choice.Backup
	Retire   Verdict = "retire"
	NotMine  Verdict = "not_mine" // Choice.Suggest may name whose it is
)

// Verdicts lists all verdicts.
var Verdicts = []Verdict{Keep, Narrow, HandOver, Retire, NotMine}

// Choice is a reviewer's decision on one review.
type Choice struct {
	Review    string
	IfVersion int64 // that was read; 0: any
	Verdict   Verdict
	Reason    string   // needed for all but Keep
	Keep      []string // ids of grants, for Narrow
	To        string   // ids of parties
	Backup    string
	Suggest   string
	Took      time.Duration // that the reviewer spent on it; 0: not told
}

// MaxBatch is how many reviews may be decided at once, maxReason how long a reason may be, in
// bytes.
const (
	MaxBatch  = 50
	maxReason = 2 << 10
)

// Decide decides a review. It is the act review:decide; what follows from it has entries of
// its own.
func Decide(act *guard.Act, ch Choice) (Review, error) { return decide(act, ch, 1) }

// DecideAll decides several reviews, all or none. It is the act review:decide, with an entry
// for each.
func DecideAll(act *guard.Act, choices []Choice) ([]Review, error) {
	if len(choices) == 0 || len(choices) > MaxBatch {
		return nil, clientele.Errorf(clientele.Limit, "%d reviews at once; it has to be 1 to %d", len(choices), MaxBatch)
	}
	all := make([]Review, len(choices))
	for i, ch := range choices {
		run := func(a *guard.Act) (err error) {
			all[i], err = decide(a, ch, len(choices))
			return err
		}
		err := error(nil)
		if i == 0 {
			err = run(act)
		} else {
			err = act.Then(act.Actor, "review:decide", run)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func decide(act *guard.Act, ch Choice, batch int) (Review, error) {
	ctx := act.Context()
	r, err := Get(ctx, act.Tx, ch.Review)
	if err != nil {
		return Review{}, err
	}
	c, err := inventory.Get(ctx, act.Tx, r.Client)
	if err != nil {
		return Review{}, err
	}
	if r.State == Open {
		if err := r.look(ctx, act.Tx, c, act.At); err != nil {
			return Review{}, err
		}
	}
	who, err := reviewers(ctx, act.Tx, c, r, act.At)
	if err != nil {
		return Review{}, err
	}
	if err := act.Allow(r.resource(ids(who))); err != nil {
		return Review{}, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	me := who[slices.IndexFunc(who, func(w Reviewer) bool { return w.ID == act.Actor.ID })]
	if err := r.accepts(ch, me, who); err != nil {
		return Review{}, err
	}
	r.DecidedBy, r.OnBehalf, r.DecidedAt, r.Reason, r.Took, r.Batch = me.ID, me.OnBehalf, act.At, strings.TrimSpace(ch.Reason), ch.Took, batch
	r.NextAt = time.Time{}
	act.Detail("verdict", string(ch.Verdict))
	act.Detail("batch", batch)
	act.Private("reason", r.Reason)
	if me.OnBehalf != "" {
		act.OnBehalf(me.OnBehalf)
	}
	return r, r.carryOut(act, c, ch)
}

// accepts says what is wrong with a choice.
func (r Review) accepts(ch Choice, me Reviewer, who []Reviewer) error {
	switch {
	case r.State != Open:
		return clientele.Errorf(clientele.Conflict, "this review was %s already", strings.ReplaceAll(string(r.State), "_", " ")).WithHint("clientele review show %s", r.ID)
	case ch.IfVersion != 0 && ch.IfVersion != r.Version:
		return clientele.Errorf(clientele.Conflict, "the review was changed meanwhile").WithHint("read it again")
	case !slices.Contains(Verdicts, ch.Verdict):
		return clientele.Errorf(clientele.Invalid, "there is no verdict %q", ch.Verdict).WithHint("use keep, narrow, hand_over, retire or not_mine")
	case len(ch.Reason) > maxReason:
		return clientele.Errorf(clientele.Limit, "a reason has at most %d bytes", maxReason)
	case ch.Verdict != Keep && strings.TrimSpace(ch.Reason) == "":
		return clientele.Errorf(clientele.Invalid, "say why: only keeping needs no reason").WithHint("add --reason")
	case ch.Took < 0 || ch.Took > day:
		return clientele.Errorf(clientele.Invalid, "the time spent on a review is between nothing and a day")
	case me.Barred && (ch.Verdict == Keep || ch.Verdict == Narrow):
		return r.selfReview(who)
	}
	return nil
}

// carryOut writes the decision, and does what follows from it.
func (r *Review) carryOut(act *guard.Act, c inventory.Client, ch Choice) error {
	switch ch.Verdict {
	case Keep:
		r.State, r.VerifiedAt = Kept, act.At
		return r.settle(act, nil, func() error { return reviewed(act, c.ID, r.Tier) })
	case Narrow:
		return r.narrow(act, ch)
	case HandOver:
		r.State, r.VerifiedAt = HandedOver, act.At
		return r.settle(act, nil, func() error { return r.handOver(act, c, ch) })
	case Retire:
		r.State = Retired
		return r.settle(act, r.Evidence.all(), func() error {
			return r.then(act, "client:retire", func(sub *guard.Act) error { return lifecycle.Retire(sub, c.ID, r.Reason) })
		})
	}
	r.State, r.VerifiedAt = Disowned, act.At
	return r.settle(act, nil, func() error { return r.disown(act, c, ch) })
}

// settle writes the decision first, so that what follows sees it, and then does that.
func (r *Review) settle(act *guard.Act, ended []string, follow func() error) error {
	if len(ended) > 0 {
		r.Ended = append(r.Ended, ended...)
		r.VerifiedAt = time.Time{}
		act.Detail("ends_grants", len(ended))
	}
	if err := update(act, r); err != nil {
		return err
	}
	return follow()
}

// then runs what follows from the decision as an act of the system, since who may decide a
// review need not be allowed all that by themselves. Its rule names the review.
func (r *Review) then(act *guard.Act, name string, fn func(*guard.Act) error) error {
	return act.Then(clientele.System("review", "decided in review "+r.ID), name, fn)
}

func (r *Review) narrow(act *guard.Act, ch Choice) error {
	keep := ch.Keep
	if len(keep) == 0 {
		keep = r.Evidence.used()
	}
	all := r.Evidence.all()
	for _, id := range keep {
		if !slices.Contains(all, id) {
			return clientele.Errorf(clientele.Invalid, "the client has no grant %s", id).WithHint("clientele review show %s lists them", r.ID)
		}
	}
	if len(keep) == 0 {
		return clientele.Errorf(clientele.Conflict, "none of its grants was used in %d days: nothing would be left", r.Evidence.Days).
			WithHint("retire it, or name the grants to keep")
	}
	ended := slices.DeleteFunc(all, func(id string) bool { return slices.Contains(keep, id) })
	r.State = Narrowed
	if len(ended) == 0 {
		r.State, r.VerifiedAt = Kept, act.At
	}
	return r.settle(act, ended, func() error {
		if len(ended) > 0 {
			err := r.then(act, "grant:revoke", func(sub *guard.Act) error { return lifecycle.Narrow(sub, r.Client, keep) })
			if err != nil {
				return err
			}
		}
		return reviewed(act, r.Client, r.Tier)
	})
}

// handOver gives the client to another owner, who is asked soon.
func (r *Review) handOver(act *guard.Act, c inventory.Client, ch Choice) error {
	to, err := somebody(act, ch.To, "the new owner")
	if err != nil {
		return err
	}
	backup := ""
	if ch.Backup != "" {
		if backup, err = somebody(act, ch.Backup, "the backup"); err != nil {
			return err
		}
	}
	err = r.then(act, "client:hand_over", func(sub *guard.Act) error { return lifecycle.HandOver(sub, c.ID, to, backup) })
	if err != nil {
		return err
	}
	return nextReview(act, c.ID, act.At.Add(lifecycle.Grace))
}

// somebody is the id of the active party that a text names.
func somebody(act *guard.Act, text, what string) (string, error) {
	p, ok, err := identity.Resolve(act.Context(), act.Tx, text)
	if err != nil {
		return "", err
	}
	if !ok || !p.Active {
		return "", clientele.Errorf(clientele.Invalid, "%s is nobody known here", what).WithHint("look them up: clientele person list")
	}
	return p.ID, nil
}

// disown takes the owner off, and asks who was suggested. Only the owner can say so, or
// whoever is asked once the owner has left.
func (r *Review) disown(act *guard.Act, c inventory.Client, ch Choice) error {
	owners, err := people(act.Context(), act.Tx, c.OwnerID)
	if err != nil {
		return err
	}
	if len(owners) > 0 && !slices.Contains(owners, r.DecidedBy) && !slices.Contains(owners, r.OnBehalf) {
		return clientele.Errorf(clientele.Conflict, "it is not said to be yours, but its owner's").WithHint("leave it to them, or hand it over: clientele review hand-over %s", r.ID)
	}
	suggested := ""
	if ch.Suggest != "" {
		if suggested, err = somebody(act, ch.Suggest, "who you suggest"); err != nil {
			return err
		}
	}
	if c.OwnerID != "" {
		err := r.then(act, "client:disown", func(sub *guard.Act) error { return lifecycle.Disown(sub, c.ID, suggested, r.Reason) })
		if err != nil {
			return err
		}
	}
	return r.then(act, "review:open", func(sub *guard.Act) error {
		_, err := open(sub, c.ID, cause{name: DisownedBy, subject: r.ID, due: act.At.Add(lifecycle.Grace), reviewer: suggested})
		return err
	})
}
