package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// maxSweep is how much of each kind one run does.
const maxSweep = 200

// job is the name under which the sweep acts.
const job = "lifecycle-sweep"

// sweeps is what is done about what is due: the act it is, and how.
var sweeps = []struct {
	kind DueKind
	act  string
	do   func(*guard.Act, Due) error
}{
	{DueRemind, "request:escalate", remind},
	{DueExpire, "request:expire", expireRequest},
	{DueGrantEnd, "grant:expire", expireGrant},
	{DueBreakGlass, "break_glass:end", endBreakGlass},
	{DueDelegation, "delegation:end", endLent},
	{DueGraceEnd, "client:suspend", endGrace},
}

// errNothingLeft says that a due row asks for nothing any more.
var errNothingLeft = errors.New("nothing is left to do")

// Sweep does what is due at now, each thing as an act of its own with the rule that made
// it. It returns how many acts that were. A second run finds nothing more to do; one that
// was cut short is finished by the next.
func Sweep(ctx context.Context, g *guard.Guard, now time.Time) (int, error) {
	n := 0
	var errs []error
	for _, s := range sweeps {
		var due []Due
		err := g.DB().Read(ctx, func(tx *db.Tx) (err error) {
			due, err = DueBy(ctx, tx, s.kind, now, maxSweep)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, d := range due {
			if err := ctx.Err(); err != nil {
				return n, errors.Join(append(errs, err)...)
			}
			if err := sweep(ctx, g, s.act, d, s.do); err != nil {
				errs = append(errs, fmt.Errorf("%s %s: %w", s.act, d.Ref, err))
				continue
			}
			n++
		}
	}
	return n, errors.Join(errs...)
}

// sweep does one thing that is due, unless somebody else has.
func sweep(ctx context.Context, g *guard.Guard, name string, d Due, do func(*guard.Act, Due) error) error {
	run := func(name, rule string, do func(*guard.Act, Due) error) error {
		return g.Do(ctx, clientele.System(job, rule), name, func(act *guard.Act) error {
			if err := do(act, d); err != nil {
				return err
			}
			_, err := Settle(act, d)
			return err
		})
	}
	err := run(name, d.Cause, do)
	if !errors.Is(err, errNothingLeft) {
		return err
	}
	return run("due:settle", "what was due is not to be done any more", func(act *guard.Act, d Due) error {
		act.Detail("due", string(d.Kind))
		return act.Allow(policy.Resource{Type: "Due", ID: d.Ref})
	})
}

// remind says whom a request waits for. The day before it expires security is told, too.
func remind(act *guard.Act, d Due) error {
	r, c, err := pendingOf(act, d)
	if err != nil {
		return err
	}
	p := plan{client: c, request: r}
	if err := lookOf(act).again(&p); err != nil {
		return err
	}
	to := eligible(p.needs)
	if r.ExpiresAt.Sub(act.At) <= day {
		security, err := identity.WithRole(act.Context(), act.Tx, clientele.SecurityRole)
		if err != nil {
			return err
		}
		to = unique(append(to, security...))
	}
	act.Detail("notify", to)
	act.Detail("expires", r.ExpiresAt.Format(time.RFC3339))
	return nil
}

// pendingOf reads the pending request that is due, and asks policy.
func pendingOf(act *guard.Act, d Due) (Request, inventory.Client, error) {
	r, c, err := requestAndClient(act, d.Ref)
	if err != nil {
		return r, c, err
	}
	if err := act.Allow(resourceOf(&r, c, r.Eligible)); err != nil {
		return r, c, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	if r.State != Pending {
		return r, c, errNothingLeft
	}
	return r, c, nil
}

func expireRequest(act *guard.Act, d Due) error {
	r, c, err := pendingOf(act, d)
	if err != nil {
		return err
	}
	return closeRequest(act, &r, &c, Expired, clientele.Expire)
}

// expireGrant records that a grant has ended. That it has is so by its row, with or without
// this.
func expireGrant(act *guard.Act, d Due) error {
	c, err := governed(act, d.Client)
	if err != nil {
		return err
	}
	id, version, _ := strings.Cut(d.Ref, ".")
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return fmt.Errorf("read what is due: %w", err)
	}
	all, err := grants(act.Context(), act.Tx, "g.id = ? AND g.version = ? AND g.superseded_at = 0", id, n)
	if err != nil {
		return err
	}
	if len(all) == 0 || all[0].ValidTo.After(act.At) {
		return errNothingLeft
	}
	act.For(all[0].Verb, id)
	act.Under(all[0].ChangeID)
	return retier(act, &c)
}

func endBreakGlass(act *guard.Act, d Due) error {
	b, err := BreakGlassOf(act.Context(), act.Tx, d.Ref)
	if err != nil {
		return err
	}
	if err := act.Allow(policy.Resource{Type: "Break_Glass", ID: b.ID, Attrs: map[string]any{"enrolled": false}}); err != nil {
		return err
	}
	c, err := inventory.Get(act.Context(), act.Tx, b.Client)
	if err != nil {
		return err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	if !b.EndedAt.IsZero() {
		return errNothingLeft
	}
	if _, err := act.Tx.Exec(act.Context(), "UPDATE break_glass SET ended_at = ? WHERE id = ?", db.Micro(act.At), b.ID); err != nil {
		return fmt.Errorf("end emergency access: %w", err)
	}
	return nil
}

func endLent(act *guard.Act, d Due) error {
	err := EndDelegation(act, d.Ref)
	if clientele.KindOf(err) == clientele.Conflict {
		return errNothingLeft
	}
	return err
}

// endGrace suspends a client that found no owner, or whose vendor has no sponsor here. Below
// tier 2 it stays as it is, and its condition says so.
func endGrace(act *guard.Act, d Due) error {
	c, err := inventory.Get(act.Context(), act.Tx, d.Client)
	if err != nil {
		return err
	}
	reasons, err := orphaned(act.Context(), act.Tx, c, act.At)
	if err != nil {
		return err
	}
	if c.Vendor.Name != "" {
		there, err := active(act.Context(), act.Tx, c.Vendor.SponsorID)
		if err != nil {
			return err
		}
		if !there {
			reasons = append(reasons, "its sponsor has left")
		}
	}
	if len(reasons) == 0 || c.Tier < 2 || c.State != clientele.Active {
		return errors.Join(act.Allow(c.Resource()), errNothingLeft)
	}
	return Suspend(act, c.ID, d.Cause)
}
