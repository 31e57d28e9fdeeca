package audit

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/tlog"
)

// ProblemKind sorts what Verify finds.
type ProblemKind string

// The kinds of problem.
const (
	Altered  ProblemKind = "altered"  // a row does not say what it said
	Missing  ProblemKind = "missing"  // a row is gone
	Added    ProblemKind = "added"    // a row was never written by the log
	Unsigned ProblemKind = "unsigned" // a signature is wrong
	Forked   ProblemKind = "forked"   // the tree is not the one that was signed
)

// Problem is one thing that is not as the log wrote it.
type Problem struct {
	Kind ProblemKind
	Row  string // "entry 17", "tree_node 33", "checkpoint 256"
	Text string // what is wrong with it, a sentence
}

func (p Problem) String() string { return p.Row + ": " + p.Text }

// MaxProblems is how many problems a report names.
const MaxProblems = 1000

// Report is what Verify found.
type Report struct {
	Size        int64
	Root        tlog.Hash // as recomputed from the entries
	Pruned      int64     // bodies that were pruned
	Checkpoints int64     // whose signatures and trees were checked
	Held        int64     // size of the largest checkpoint that a known witness cosigned, or that was handed in
	Problems    []Problem
	More        int64 // problems beyond MaxProblems
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

func (r *Report) add(kind ProblemKind, row, format string, args ...any) {
	if len(r.Problems) >= MaxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{kind, row, fmt.Sprintf(format, args...)})
}

// Check is what Verify is given besides the database.
type Check struct {
	Log       note.Verifier   // of the log's key
	Witnesses []note.Verifier // whose cosignatures are checked; a line of another is a problem
	// Held are signed checkpoints from outside of the database: the file beside the key, a
	// printout, a witness's. The log has to begin with their trees.
	Held [][]byte
	// Keys opens the keys of persons, to see that they are whole; nil leaves that out.
	Keys *keywrap.Wrapper
	// Progress is called now and then; nil is nobody.
	Progress func(done, total int64)
}

// chunkSize is how many entries are checked at a time: what bounds the memory.
const chunkSize = 4096

// Verify reads the whole log in one state of the database, recomputes it from the bodies of
// the entries, and names every row that is not as the log wrote it. An error is a
// database that cannot be read; all else is in the report.
func Verify(ctx context.Context, d *db.DB, c Check) (*Report, error) {
	v := &verification{check: c, report: &Report{}}
	err := d.Read(ctx, func(tx *db.Tx) error {
		if err := v.begin(ctx, tx); err != nil {
			return err
		}
		if err := v.stream(ctx, tx); err != nil {
			return err
		}
		return v.end(ctx, tx)
	})
	return v.report, err
}

// verification is a Verify at work.
type verification struct {
	check  Check
	report *Report
	head   Head

	size  int64      // entries checked so far
	edge  tlog.Nodes // of the recomputed tree of that size
	base  int64      // position of the first of fresh
	fresh []tlog.Node

	shredded map[string]int64 // when, by subject
	said     said             // what the entries say of the other tables
	lastMark lastMark
	bodies   int64 // that are gone
}

// lastMark is the checkpoint before the one at hand.
type lastMark struct {
	size  int64
	lines map[string][]int64 // the last ones that each witness cosigned
}

// begin reads what the entries are held against.
func (v *verification) begin(ctx context.Context, tx *db.Tx) error {
	var err error
	if v.head, err = readHead(ctx, tx, "SELECT size, root, policy, pruned FROM log_head WHERE id = 1"); err != nil {
		if clientele.KindOf(err) != clientele.Internal || tx.Broken {
			return err
		}
		v.report.add(Missing, "log_head 1", "the head of the log cannot be read")
		v.head.Size = math.MaxInt64
	}
	v.edge, v.shredded, v.said = tlog.Nodes{}, map[string]int64{}, newSaid()
	v.lastMark.lines = map[string][]int64{}
	if err := v.measure(ctx, tx); err != nil {
		return err
	}
	return tx.Each(ctx, "SELECT subject, shredded_at FROM subject_key WHERE shredded_at <> 0", nil, func(r db.Row) error {
		var subject string
		var at int64
		err := r.Scan(&subject, &at)
		v.shredded[subject] = at
		return err
	})
}

// measure finds how many entries there are to check, where the head says too much.
func (v *verification) measure(ctx context.Context, tx *db.Tx) error {
	var entries, nodes int64
	if err := tx.Row(ctx, "SELECT COALESCE(MAX(seq) + 1, 0) FROM entry", nil, &entries); err != nil {
		return err
	}
	if err := tx.Row(ctx, "SELECT COALESCE(MAX(pos) + 1, 0) FROM tree_node", nil, &nodes); err != nil {
		return err
	}
	end := max(entries, (nodes+1)/2) // a tree of n leaves has n to 2n-1 nodes
	if v.head.Size > end && end < tlog.MaxSize {
		if v.head.Size != math.MaxInt64 {
			v.report.add(Altered, "log_head 1", "it says that there are %d entries, there are %d", v.head.Size, entries)
		}
		v.head.Size = entries
	}
	return nil
}

// stream checks chunk after chunk; the next is read while one is checked.
func (v *verification) stream(ctx context.Context, tx *db.Tx) error {
	g, ctx := errgroup.WithContext(ctx)
	chunks := make(chan *chunk, 1)
	g.Go(func() error {
		defer close(chunks)
		for from := int64(0); from < v.head.Size; from += chunkSize {
			c, err := readChunk(ctx, tx, from, min(from+chunkSize, v.head.Size))
			if err != nil {
				return fmt.Errorf("read the log: %w", err)
			}
			select {
			case chunks <- c:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		for c := range chunks {
			if err := v.chunk(c); err != nil {
				return err
			}
			if v.check.Progress != nil {
				v.check.Progress(c.to, v.head.Size)
			}
		}
		return nil
	})
	return g.Wait()
}

// end checks the head, what lies beyond it, and the tables that entries tell of.
func (v *verification) end(ctx context.Context, tx *db.Tx) error {
	r := v.report
	r.Size = v.size
	root, err := tlog.Root(v.size, v.edge)
	if err != nil {
		return err
	}
	r.Root = root
	if root != v.head.Root {
		r.add(Altered, "log_head 1", "its root %s is not that of the entries, %s", v.head.Root, root)
	}
	for _, check := range []func(context.Context, *db.Tx) error{v.beyond, v.prunings, v.policies, v.holds, v.shown, v.keys} {
		if err := check(ctx, tx); err != nil {
			return fmt.Errorf("verify the audit: %w", err)
		}
	}
	v.held()
	return nil
}

// ReadHashes gives nodes of the recomputed tree.
func (v *verification) ReadHashes(at []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(at))
	for i, pos := range at {
		if n := pos - v.base; n >= 0 && n < int64(len(v.fresh)) {
			hashes[i] = v.fresh[n].Hash
			continue
		}
		h, ok := v.edge[pos]
		if !ok {
			return nil, fmt.Errorf("the node at %d is not there", pos)
		}
		hashes[i] = h
	}
	return hashes, nil
}
