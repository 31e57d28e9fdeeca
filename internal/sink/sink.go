// Package sink sends the audit to where others keep it: a file, a syslog receiver or a web
// address. It follows the log by position and saves the position after delivery:
//
//	read from position ──▶ deliver ──▶ save position
//	        ▲                 │ refused: wait, longer each time
//	        └─────────────────┘
//
// So every entry arrives at least once, in order, and may arrive again after a crash or a
// broken connection; the receiver tells by metadata.uid, the entry's place in the log.
package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/ocsf"
)

// Record is one entry to deliver.
type Record struct {
	Entry    clientele.Entry
	Severity int    // of OCSF: 1 is informational, 5 critical
	JSON     []byte // the OCSF event, in one line without its end
}

// Target is a place that entries are delivered to.
type Target interface {
	// Deliver returns nil once the target has all records. After an error it may have some.
	Deliver(ctx context.Context, records []Record) error
}

// Config says what is followed, and where it goes.
type Config struct {
	// Name names the sink: in the table of positions, in logs and in metrics. Renaming a sink
	// sends everything again.
	Name   string
	Target Target
	DB     *db.DB
	Mapper ocsf.Mapper
	// Grown is closed when there may be new entries; nil: they are only looked for.
	Grown func() <-chan struct{}
	Log   *slog.Logger
	// Metrics counts; nil counts nothing.
	Metrics *Metrics
	// Every is how often to look for entries that were not announced; 5 s unless set.
	Every time.Duration
	// Retry is the first wait after a failure, MaxRetry the longest; 1 s and 5 min unless set.
	Retry, MaxRetry time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// What is delivered at once.
const (
	maxBatch = 256     // entries
	maxBytes = 1 << 20 // of JSON
)

// Sink is one export of the audit.
type Sink struct{ c Config }

// New checks the configuration.
func New(c Config) (*Sink, error) {
	if c.Name == "" || c.Target == nil || c.DB == nil || c.Log == nil {
		return nil, clientele.Errorf(clientele.Invalid, "a sink has a name, a target, a database and a log")
	}
	if c.Every == 0 {
		c.Every = 5 * time.Second
	}
	if c.Retry == 0 {
		c.Retry = time.Second
	}
	if c.MaxRetry == 0 {
		c.MaxRetry = 5 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sink{c}, nil
}

// Run delivers until the context ends, and then returns nil. A target that fails is tried
// again for as long as it takes: no entry is ever passed over.
func (s *Sink) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		var grown <-chan struct{}
		if s.c.Grown != nil {
			grown = s.c.Grown() // before looking, so that nothing slips between
		}
		n, err := s.Step(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			failures++
			s.failed(err, failures)
			wait(ctx, nil, s.pause(err, failures))
		case n == 0:
			wait(ctx, grown, s.c.Every)
		default:
			failures = s.recovered(failures)
		}
	}
	return nil
}

func (s *Sink) failed(err error, failures int) {
	s.c.Metrics.failed(s.c.Name)
	level := slog.LevelWarn
	if failures == 5 { // it does not pass by itself: somebody is to look, once
		level = slog.LevelError
	}
	s.c.Log.Log(context.Background(), level, "the audit was not exported", "sink", s.c.Name, "failures", failures, "error", err)
}

func (s *Sink) recovered(failures int) int {
	if failures > 0 {
		s.c.Log.Info("the audit is exported again", "sink", s.c.Name, "failures", failures)
	}
	return 0
}

// laterError says how long the target wants to be left alone.
type laterError struct {
	err   error
	after time.Duration
}

func (e *laterError) Error() string { return e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// pause doubles with each failure, and is up to a quarter longer, so that sinks that failed
// together do not come back together. A target may ask for more, up to MaxRetry.
func (s *Sink) pause(err error, failures int) time.Duration {
	d := s.c.Retry << min(failures-1, 20)
	if l := (*laterError)(nil); errors.As(err, &l) {
		d = max(d, l.after)
	}
	if d <= 0 || d > s.c.MaxRetry {
		d = s.c.MaxRetry
	}
	return d + rand.N(d/4+1)
}

func wait(ctx context.Context, grown <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-grown:
	case <-t.C:
	}
}

// Step delivers the next entries, if there are any, and returns how many.
func (s *Sink) Step(ctx context.Context) (int, error) {
	position, size, entries, err := s.read(ctx)
	if err != nil {
		return 0, err
	}
	records, err := s.records(entries)
	if err != nil || len(records) == 0 {
		s.c.Metrics.behind(s.c.Name, size-position)
		return 0, err
	}
	if err := s.c.Target.Deliver(ctx, records); err != nil {
		s.c.Metrics.behind(s.c.Name, size-position)
		return 0, fmt.Errorf("deliver entries %d to %d: %w", records[0].Entry.Seq, records[len(records)-1].Entry.Seq, err)
	}
	next := records[len(records)-1].Entry.Seq + 1
	if err := s.save(ctx, position, next); err != nil {
		return 0, err
	}
	s.c.Metrics.delivered(s.c.Name, len(records))
	s.c.Metrics.behind(s.c.Name, size-next)
	return len(records), nil
}

// records are the entries as events, up to maxBytes of them but at least one.
func (s *Sink) records(entries []clientele.Entry) (out []Record, err error) {
	size := 0
	for _, e := range entries {
		ev := s.c.Mapper.Event(e)
		b, err := json.Marshal(ev)
		if err != nil {
			return nil, fmt.Errorf("write entry %d as an event: %w", e.Seq, err)
		}
		if size += len(b); size > maxBytes && len(out) > 0 {
			break
		}
		out = append(out, Record{Entry: e, Severity: ev.SeverityID, JSON: b})
	}
	return out, nil
}

// read returns the sink's position, the log's size, and the next entries.
func (s *Sink) read(ctx context.Context) (position, size int64, entries []clientele.Entry, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		var err error
		if position, err = audit.Position(ctx, tx, s.follower()); err != nil {
			return err
		}
		if err := tx.Row(ctx, "SELECT size FROM log_head WHERE id = 1", nil, &size); err != nil {
			return fmt.Errorf("read the size of the log: %w", err)
		}
		return tx.Each(ctx, `SELECT seq, at, act, actor, object, client_id, owner_id, change_id, verb, outcome, COALESCE(body, '')
			FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?`, []any{position, maxBatch}, func(r db.Row) error {
			e, err := scan(r)
			entries = append(entries, e)
			return err
		})
	})
	return position, size, entries, err
}

// scan reads an entry: its body, or where that was pruned or cannot be read, what its row
// still says.
func scan(r db.Row) (clientele.Entry, error) {
	var e clientele.Entry
	var at int64
	var body string
	err := r.Scan(&e.Seq, &at, &e.Act, &e.Actor, &e.Object, &e.Client, &e.Owner, &e.Change, &e.Verb, &e.Outcome, &body)
	if err != nil {
		return e, fmt.Errorf("read an audit entry: %w", err)
	}
	e.At = db.Time(at)
	if body == "" {
		e.Details = map[string]any{"body": "pruned"}
		return e, nil
	}
	full, err := audit.Decode([]byte(body))
	if err != nil || full.Seq != e.Seq {
		e.Details = map[string]any{"body": "unreadable"}
		return e, nil
	}
	return full, nil
}

func (s *Sink) follower() string { return "sink:" + s.c.Name }

// save moves the position. A Conflict is no failure: another process was faster, and the
// next step begins where that one left off.
func (s *Sink) save(ctx context.Context, from, to int64) error {
	// What was delivered is noted although the program is about to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.c.DB.Write(ctx, func(tx *db.Tx) error {
		return audit.Advance(ctx, tx, s.follower(), from, to, s.c.Now())
	})
	if err != nil && clientele.KindOf(err) != clientele.Conflict {
		return fmt.Errorf("save the position of a sink: %w", err)
	}
	return nil
}
