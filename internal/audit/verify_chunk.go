package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// chunk is a stretch of the log as it was read, and nothing of it checked.
type chunk struct {
	from, to int64 // places of its entries: from ≤ seq < to
	rows     []row // by seq, perhaps with gaps
	boxes    []box
	nodes    []tlog.Node // by position, perhaps with gaps
	broken   []int64     // positions whose hash has not 32 bytes
	marks    []mark
	lines    []cosigned
}

// row is an entry with what its body says of the columns.
type row struct {
	columns
	leaf, body []byte

	hash   tlog.Hash // of the body
	said   columns
	parsed heard
	err    error
}

// columns are what stands beside the body for searching.
type columns struct {
	seq, at                                                  int64
	act, actor, object, client, owner, change, verb, outcome string
}

// heard is the part of a body that verifying needs.
type heard struct {
	Seq     int64           `json:"seq"`
	At      string          `json:"at"`
	Act     string          `json:"act"`
	Actor   string          `json:"actor"`
	Object  string          `json:"object"`
	Client  string          `json:"client"`
	Owner   string          `json:"owner"`
	Change  string          `json:"change"`
	Verb    string          `json:"verb"`
	Outcome string          `json:"outcome"`
	Boxes   []boxRef        `json:"boxes"`
	Details json.RawMessage `json:"details"`
}

func readChunk(ctx context.Context, tx *db.Tx, from, to int64) (*chunk, error) {
	c := &chunk{from: from, to: to, rows: make([]row, 0, to-from), nodes: make([]tlog.Node, 0, tlog.NodeCount(to)-tlog.NodeCount(from))}
	err := tx.Each(ctx, "SELECT seq, at, act, actor, object, client_id, owner_id, change_id, verb, outcome, leaf, body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq", []any{from, to}, func(r db.Row) error {
		c.rows = append(c.rows, row{})
		x := &c.rows[len(c.rows)-1]
		return r.Scan(&x.seq, &x.at, &x.act, &x.actor, &x.object, &x.client, &x.owner, &x.change, &x.verb, &x.outcome, &x.leaf, &x.body)
	})
	if err != nil {
		return nil, err
	}
	err = tx.Each(ctx, "SELECT seq, subject, ciphertext FROM entry_box WHERE seq >= ? AND seq < ? ORDER BY seq, subject", []any{from, to}, func(r db.Row) error {
		var b box
		err := r.Scan(&b.seq, &b.subject, &b.ciphertext)
		c.boxes = append(c.boxes, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = tx.Each(ctx, "SELECT pos, hash FROM tree_node WHERE pos >= ? AND pos < ? ORDER BY pos", []any{tlog.NodeCount(from), tlog.NodeCount(to)}, func(r db.Row) error {
		var n tlog.Node
		var hash []byte
		if err := r.Scan(&n.Pos, &hash); err != nil {
			return err
		}
		if len(hash) != len(n.Hash) {
			c.broken = append(c.broken, n.Pos)
		}
		copy(n.Hash[:], hash)
		c.nodes = append(c.nodes, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, c.readMarks(ctx, tx)
}

// readMarks reads the checkpoints of the stretch, those of its end among them.
func (c *chunk) readMarks(ctx context.Context, tx *db.Tx) error {
	span := []any{c.from, c.to}
	err := tx.Each(ctx, "SELECT size, at, root, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size", span, func(r db.Row) error {
		var m mark
		err := r.Scan(&m.size, &m.at, &m.root, &m.note)
		c.marks = append(c.marks, m)
		return err
	})
	if err != nil {
		return err
	}
	return tx.Each(ctx, "SELECT size, holder, at, line FROM cosignature WHERE size > ? AND size <= ? ORDER BY size, holder", span, func(r db.Row) error {
		var x cosigned
		err := r.Scan(&x.size, &x.holder, &x.at, &x.line)
		c.lines = append(c.lines, x)
		return err
	})
}

// parse hashes and decodes the bodies, on all processors.
func (c *chunk) parse() {
	n := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for part := range n {
		wg.Go(func() {
			for i := part * len(c.rows) / n; i < (part+1)*len(c.rows)/n; i++ {
				c.rows[i].parse()
			}
		})
	}
	wg.Wait()
}

func (x *row) parse() {
	if x.body == nil {
		return
	}
	x.hash = tlog.LeafHash(x.body)
	b := &x.parsed
	if x.err = json.Unmarshal(x.body, b); x.err != nil {
		return
	}
	at, err := time.Parse(timeFormat, b.At)
	x.err = err
	x.said = columns{b.Seq, db.Micro(at), b.Act, b.Actor, b.Object, b.Client, b.Owner, b.Change, b.Verb, b.Outcome}
}

func entryRow(seq int64) string { return fmt.Sprintf("entry %d", seq) }

// chunk checks a stretch: its entries, the tree over them, and the checkpoints of it.
func (v *verification) chunk(c *chunk) error {
	c.parse()
	for i := range c.rows {
		v.entry(&c.rows[i])
	}
	v.boxes(c)
	nodes, err := v.tree(c)
	if err != nil {
		return err
	}
	v.base, v.fresh = tlog.NodeCount(c.from), nodes
	if err := v.marks(c); err != nil {
		return err
	}
	edge := tlog.Nodes{}
	at := tlog.Edge(c.to)
	hashes, err := v.ReadHashes(at)
	for i := range hashes {
		edge[at[i]] = hashes[i]
	}
	v.edge, v.fresh, v.size = edge, nil, c.to
	return err
}

// entry compares an entry's columns with its body.
func (v *verification) entry(x *row) {
	name := entryRow(x.seq)
	switch {
	case x.body == nil:
		v.bodies++
		v.said.gone(x.seq)
		if x.seq >= v.head.Pruned {
			v.report.add(Missing, name, "its body is gone, and nothing from %d on was pruned", v.head.Pruned)
		} else if (x.columns != columns{seq: x.seq, outcome: string(clientele.Done)}) {
			v.report.add(Altered, name, "its body was pruned, and yet its columns say something")
		}
		return
	case x.err != nil:
		v.report.add(Altered, name, "its body cannot be read")
		return
	}
	if x.columns != x.said {
		v.report.add(Altered, name, "its columns do not say what its body says: %s", difference(x.columns, x.said))
	}
	v.said.hear(x)
}

func difference(have, said columns) string {
	for _, c := range []struct {
		name       string
		have, said any
	}{
		{"seq", have.seq, said.seq}, {"at", have.at, said.at}, {"act", have.act, said.act}, {"actor", have.actor, said.actor},
		{"object", have.object, said.object}, {"client_id", have.client, said.client}, {"owner_id", have.owner, said.owner},
		{"change_id", have.change, said.change}, {"verb", have.verb, said.verb}, {"outcome", have.outcome, said.outcome},
	} {
		if c.have != c.said {
			return fmt.Sprintf("%s is %.80q, not %.80q", c.name, fmt.Sprint(c.have), fmt.Sprint(c.said))
		}
	}
	return ""
}

// boxes compares the sealed boxes with what the bodies commit to.
func (v *verification) boxes(c *chunk) {
	type place struct {
		seq     int64
		subject string
	}
	have := make(map[place][]byte, len(c.boxes))
	for _, b := range c.boxes {
		have[place{b.seq, b.subject}] = b.ciphertext
	}
	for i := range c.rows {
		x := &c.rows[i]
		for _, ref := range x.parsed.Boxes {
			p := place{x.seq, ref.Key}
			name := fmt.Sprintf("entry_box %d %s", x.seq, ref.Key)
			ciphertext, ok := have[p]
			sum := sha256.Sum256(ciphertext)
			delete(have, p)
			switch {
			case !ok && v.shredded[ref.Key] == 0:
				v.report.add(Missing, name, "the sealed box is gone, and the person's key was not destroyed")
			case ok && hex.EncodeToString(sum[:]) != ref.SHA256:
				v.report.add(Altered, name, "the sealed box is not the one that the entry commits to")
			}
			v.said.keys[ref.Key] = true
		}
	}
	for _, b := range c.boxes { // in order
		if _, ok := have[place{b.seq, b.subject}]; ok {
			v.report.add(Added, fmt.Sprintf("entry_box %d %s", b.seq, b.subject), "no entry commits to this sealed box")
		}
	}
}

// tree recomputes the nodes over a stretch and compares them with those stored.
func (v *verification) tree(c *chunk) ([]tlog.Node, error) {
	stored := make(map[int64]tlog.Hash, len(c.nodes))
	for _, n := range c.nodes {
		stored[n.Pos] = n.Hash
	}
	leaves := v.leaves(c, stored)
	nodes, err := tlog.Append(c.from, leaves.said, v.edge)
	if err != nil {
		return nil, err
	}
	if len(leaves.differ) > 0 {
		// Entries and the tree disagree. Those are taken for true that fewer other nodes
		// contradict, so that one wrong row is one problem and not a dozen.
		others, err := tlog.Append(c.from, leaves.stored, v.edge)
		if err != nil {
			return nil, err
		}
		if mismatches(others, stored) < mismatches(nodes, stored) {
			nodes = others
			for _, seq := range leaves.differ {
				v.report.add(Altered, entryRow(seq), "it is not the entry that the tree has")
			}
		}
	}
	for _, pos := range c.broken {
		v.report.add(Altered, nodeRow(pos), "the hash has not 32 bytes")
	}
	for _, n := range nodes {
		h, ok := stored[n.Pos]
		switch {
		case !ok:
			v.report.add(Missing, nodeRow(n.Pos), "the node of the tree is gone")
		case h != n.Hash:
			v.report.add(Altered, nodeRow(n.Pos), "the node is not the hash of what is below it")
		}
	}
	return nodes, nil
}

func nodeRow(pos int64) string { return fmt.Sprintf("tree_node %d", pos) }

func mismatches(nodes []tlog.Node, stored map[int64]tlog.Hash) (n int) {
	for _, x := range nodes {
		if h, ok := stored[x.Pos]; !ok || h != x.Hash {
			n++
		}
	}
	return n
}

// leaves are the leaves of a stretch, as the entries say and as the tree has them stored, with
// the places where these differ.
type leaves struct {
	said, stored []tlog.Hash
	differ       []int64
}

// leaves decides on the leaf of every entry, by two of its body, its column and the tree.
func (v *verification) leaves(c *chunk, stored map[int64]tlog.Hash) (all leaves) {
	rows := c.rows
	gap := int64(-1)
	for seq := c.from; seq <= c.to; seq++ {
		there := seq < c.to && len(rows) > 0 && rows[0].seq == seq
		if gap >= 0 && (there || seq == c.to) {
			v.report.add(Missing, entryRow(gap), "the log has a gap here of %d", seq-gap)
			gap = -1
		}
		if seq == c.to {
			break
		}
		node := stored[leafPosition(seq)]
		said := node
		switch {
		case there:
			said = v.leaf(&rows[0], node)
			rows = rows[1:]
		case gap < 0:
			gap = seq
		}
		if said != node {
			all.differ = append(all.differ, seq)
		}
		all.said, all.stored = append(all.said, said), append(all.stored, node)
	}
	return all
}

// leaf is the leaf that an entry speaks for: by its body and its column, or by one of them if
// the tree has the same.
func (v *verification) leaf(x *row, node tlog.Hash) tlog.Hash {
	var column tlog.Hash
	copy(column[:], x.leaf)
	switch {
	case len(x.leaf) != len(column):
		v.report.add(Altered, entryRow(x.seq), "its leaf has not %d bytes", len(column))
	case x.body != nil && column == node && x.hash != node:
		v.report.add(Altered, entryRow(x.seq), "its body is not what was logged: the hash differs from its leaf")
		return node
	case x.body != nil && x.hash != column:
		v.report.add(Altered, entryRow(x.seq), "its leaf is not the hash of its body")
	}
	if x.body == nil {
		return column
	}
	return x.hash
}
