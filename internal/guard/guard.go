// Package guard runs one governed act: it lends the transaction, asks policy, and writes the
// audit entry, so that no caller can forget any of them.
//
// Acts are run one after another, and those that wait while one runs share the next commit:
//
//	Do ──▶ waiting ──▶ ┌ lock the log's head          ┐
//	Do ──▶ waiting ──▶ │ act, act, act …              │ one transaction,
//	Do ──▶ waiting ──▶ │ their entries, the tree      │ one commit
//	                   └ commit ──▶ all answers       ┘
//
// So no two acts ever see each other half done, on either engine, and sixteen writers cost
// little more than one. The price: an act must do nothing slow (no network, no files), and
// its function may be run twice, as a batch in which an act fails after it wrote is rolled
// back and its acts are run again one by one.
package guard

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/policy"
)

// maxBatch is how many acts share a commit, maxWaiting how many may wait before more are
// refused.
const (
	maxBatch   = 64
	maxWaiting = 4096
	actTimeout = 30 * time.Second
)

// Guard runs acts.
type Guard struct {
	db  *db.DB
	log *audit.Log
	now func() time.Time

	policies atomic.Pointer[policy.Set]
	metrics  *Metrics
	turn     chan struct{} // holds one token: whoever takes it runs the batch

	mu      sync.Mutex // guards the fields below
	waiting []*pending
	grown   chan struct{} // closed and replaced when entries were committed
}

// pending is an act that waits for its turn.
type pending struct {
	ctx   context.Context
	actor clientele.Actor
	name  string
	fn    func(*Act) error
	state atomic.Int32 // waiting, running, abandoned
	done  chan error   // buffered: the answer never blocks the batch
}

const (
	waiting int32 = iota
	running
	abandoned
)

// New makes the guard of a database and reads the policies in force. now is the clock.
func New(ctx context.Context, d *db.DB, log *audit.Log, now func() time.Time) (*Guard, error) {
	g := &Guard{db: d, log: log, now: now, turn: make(chan struct{}, 1), grown: make(chan struct{})}
	g.turn <- struct{}{}
	return g, g.Refresh(ctx)
}

// Refresh reads the policies again if another process put others in force.
func (g *Guard) Refresh(ctx context.Context) error {
	return g.db.Read(ctx, func(tx *db.Tx) error {
		h, err := g.log.Head(ctx, tx)
		if err != nil {
			return err
		}
		return g.load(ctx, tx, h.Policy)
	})
}

// load compiles a version of the policies unless it is the one at hand.
func (g *Guard) load(ctx context.Context, tx *db.Tx, version int64) error {
	if p := g.policies.Load(); p != nil && p.Version == version {
		return nil
	}
	var text string
	if version > 0 {
		if err := tx.Row(ctx, "SELECT text FROM policy_version WHERE version = ?", []any{version}, &text); err != nil {
			return fmt.Errorf("read policy version %d: %w", version, err)
		}
	}
	set, err := policy.Compile(version, text)
	if err != nil {
		return fmt.Errorf("compile policy version %d: %w", version, err)
	}
	g.policies.Store(set)
	return nil
}

// Policies is the set in force.
func (g *Guard) Policies() *policy.Set { return g.policies.Load() }

// Now is the guard's clock, in UTC, to the microsecond that the database keeps.
func (g *Guard) Now() time.Time { return g.now().UTC().Truncate(time.Microsecond) }

// Log is the audit log that the entries go to.
func (g *Guard) Log() *audit.Log { return g.log }

// DB is the database, for reading.
func (g *Guard) DB() *db.DB { return g.db }

// Grown is closed when entries have been committed after the call. Other processes' entries
// are not announced: who follows the log also looks every now and then.
func (g *Guard) Grown() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.grown
}

// Do runs an act: fn asks Act.Allow, then reads and changes what it must. If fn returns nil
// all of it is committed together with the entry; if not, nothing but the entry of a denial
// is. fn must have no effect of its own outside of the transaction but to set results, as it
// may run twice.
func (g *Guard) Do(ctx context.Context, actor clientele.Actor, name string, fn func(*Act) error) error {
	err := g.do(ctx, actor, name, fn)
	g.metrics.ended(name, err)
	return err
}

// do waits for a turn, or for whoever has it to run this act as well.
func (g *Guard) do(ctx context.Context, actor clientele.Actor, name string, fn func(*Act) error) error {
	p := &pending{ctx: context.WithoutCancel(ctx), actor: actor, name: name, fn: fn, done: make(chan error, 1)}
	if _, ok := policy.Find(name); !ok {
		return fmt.Errorf("there is no act %q", name)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !g.enqueue(p) {
		return clientele.Errorf(clientele.Unavailable, "too many acts are waiting").WithHint("try again in a moment")
	}
	select {
	case <-g.turn:
		g.runWaiting()
		g.turn <- struct{}{}
	case err := <-p.done:
		return err
	case <-ctx.Done():
		if p.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
	}
	return <-p.done
}

func (g *Guard) enqueue(p *pending) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) >= maxWaiting {
		return false
	}
	g.waiting = append(g.waiting, p)
	g.metrics.waits(len(g.waiting))
	return true
}

// runWaiting runs batches until nothing waits that waited when it began; its own act is
// then among them.
func (g *Guard) runWaiting() {
	g.mu.Lock()
	all := g.waiting
	g.waiting = nil
	g.metrics.waits(0)
	g.mu.Unlock()
	for len(all) > 0 {
		n := min(len(all), maxBatch)
		g.runBatch(all[:n])
		all = all[n:]
	}
}

// again is the reason to roll a batch back and run its acts one by one.
var errAgain = errors.New("an act failed after it wrote")

func (g *Guard) runBatch(batch []*pending) {
	var live []*pending
	for _, p := range batch {
		if p.state.CompareAndSwap(waiting, running) {
			live = append(live, p)
		}
	}
	answers, err := g.transaction(live)
	switch {
	case errors.Is(err, errAgain) && len(live) > 1:
		for _, p := range live {
			g.runAlone(p)
		}
	case errors.Is(err, errAgain):
		g.denied(live[0], answers[0])
		live[0].done <- answers[0]
	default:
		for i, p := range live {
			if err != nil {
				p.done <- err
			} else {
				p.done <- answers[i]
			}
		}
	}
}

func (g *Guard) runAlone(p *pending) {
	answers, err := g.transaction([]*pending{p})
	if errors.Is(err, errAgain) {
		g.denied(p, answers[0])
		err = answers[0]
	} else if err == nil {
		err = answers[0]
	}
	p.done <- err
}

// transaction runs acts in one transaction. errAgain says that nothing was committed and
// that the act with an answer has to answer for it.
func (g *Guard) transaction(batch []*pending) ([]error, error) {
	answers := make([]error, len(batch))
	if len(batch) == 0 {
		return answers, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), actTimeout)
	defer cancel()
	grew, began := false, time.Now()
	defer func() { g.metrics.committed(len(batch), time.Since(began)) }()
	err := g.db.Write(ctx, func(tx *db.Tx) error {
		head, err := g.log.Lock(ctx, tx)
		if err != nil {
			return err
		}
		if err := g.load(ctx, tx, head.Policy); err != nil {
			return err
		}
		var entries []*clientele.Entry
		for i, p := range batch {
			more, err := g.runOne(tx, p)
			answers[i] = err
			if errors.Is(err, errWrote) {
				return errAgain
			}
			entries = append(entries, more...)
		}
		grew = len(entries) > 0
		return g.log.Append(ctx, tx, head, entries)
	})
	for i, a := range answers {
		if w := (*wroteError)(nil); errors.As(a, &w) {
			answers[i] = w.err
		}
	}
	if err == nil && grew {
		g.announce()
	}
	return answers, err
}

func (g *Guard) announce() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.grown)
	g.grown = make(chan struct{})
}

// wroteError wraps the error of an act that had written: its transaction must not commit.
type wroteError struct{ err error }

var errWrote = errors.New("wrote")

func (w *wroteError) Error() string        { return w.err.Error() }
func (w *wroteError) Unwrap() error        { return w.err }
func (w *wroteError) Is(target error) bool { return target == errWrote }

// runOne runs one act and returns its entries: those of what was done, or that of a denial.
func (g *Guard) runOne(tx *db.Tx, p *pending) ([]*clientele.Entry, error) {
	writes := tx.Writes
	act := g.newAct(tx, p)
	err := call(p.fn, act)
	if err == nil && !act.asked {
		err = fmt.Errorf("act %s never asked policy", p.name)
	}
	if err == nil {
		err = act.remember()
	}
	if err == nil {
		return act.entries(), nil
	}
	if tx.Writes > writes || tx.Broken {
		return nil, &wroteError{err}
	}
	if e := act.denial(err); e != nil {
		return []*clientele.Entry{e}, err
	}
	return nil, err
}

// call runs fn and turns a panic into an error, so that one act cannot end the others.
func call(fn func(*Act) error, act *Act) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("act %s panicked: %v\n%s", act.name, r, debug.Stack())
			act.Tx.Broken = true
		}
	}()
	return fn(act)
}

// denied records the denial of an act whose transaction was rolled back.
func (g *Guard) denied(p *pending, err error) {
	if clientele.KindOf(err) != clientele.Denied {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), actTimeout)
	defer cancel()
	_ = g.db.Write(ctx, func(tx *db.Tx) error { // the denial stands whether or not it can be recorded
		head, err2 := g.log.Lock(ctx, tx)
		if err2 != nil {
			return err2
		}
		act := g.newAct(tx, p)
		return g.log.Append(ctx, tx, head, []*clientele.Entry{act.denial(err)})
	})
	g.announce()
}

// View lends a transaction that sees one state and cannot write. fn asks View.Allow for
// what it shows. What is to be on record although it only reads, the audit itself for one,
// is an act.
func (g *Guard) View(ctx context.Context, actor clientele.Actor, name string, fn func(*View) error) error {
	if _, ok := policy.Find(name); !ok {
		return fmt.Errorf("there is no act %q", name)
	}
	return g.db.Read(ctx, func(tx *db.Tx) error {
		v := &View{Tx: tx, Actor: actor, At: g.Now(), name: name, policies: g.policies.Load()}
		if err := fn(v); err != nil {
			return err
		}
		if !v.asked {
			return fmt.Errorf("view %s never asked policy", name)
		}
		return nil
	})
}

// NoRows reports whether err says that a query found nothing.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
