package audit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// person is how a holder begins who is no witness.
const person = "person:"

// mark is a row of the checkpoints.
type mark struct {
	size, at   int64
	root, note []byte
}

// cosigned is a row of those who hold one.
type cosigned struct {
	size, at     int64
	holder, line string
}

func (x cosigned) name() string { return fmt.Sprintf("cosignature %d %s", x.size, x.holder) }

// marks checks the checkpoints of a stretch against the recomputed tree.
func (v *verification) marks(c *chunk) error {
	lines := c.lines
	for _, m := range c.marks {
		root, err := tlog.Root(m.size, v)
		if err != nil {
			return err
		}
		v.mark(m, root)
		v.lastMark.size = m.size
		for len(lines) > 0 && lines[0].size <= m.size {
			v.line(lines[0], m)
			lines = lines[1:]
		}
	}
	for _, x := range lines {
		v.line(x, mark{})
	}
	return v.handed(c)
}

func (v *verification) mark(m mark, root tlog.Hash) {
	name := fmt.Sprintf("checkpoint %d", m.size)
	c, err := tlog.Open(m.note, v.check.Log)
	if err != nil {
		v.report.add(Unsigned, name, "it is not signed by the log: %v", err)
		return
	}
	e, ok := parseExtension(c.Extension)
	switch {
	case c.Origin != v.check.Log.Name() || !ok:
		v.report.add(Unsigned, name, "it is of another log")
	case c.Size != m.size || !bytes.Equal(c.Root[:], m.root) || db.Micro(e.at) != m.at:
		v.report.add(Altered, name, "its columns do not say what was signed")
	case c.Root != root:
		v.report.add(Forked, name, "the log signed another tree of %d entries than this one", m.size)
	}
	if ok {
		v.chained(e, m.size)
	}
	v.report.Checkpoints++
}

// chained names what a checkpoint says was there before it and is not.
func (v *verification) chained(e extension, size int64) {
	last := v.lastMark.size
	if e.after != last && e.after > v.head.Pruned {
		v.report.add(Missing, fmt.Sprintf("checkpoint %d", e.after), "the checkpoint of %d was signed after it, and it is gone", size)
	}
	if e.after < last {
		v.report.add(Added, fmt.Sprintf("checkpoint %d", last), "the checkpoint of %d does not come after it", size)
	}
	for _, h := range e.held {
		seen := v.lastMark.lines[h.witness]
		if h.size > v.head.Pruned && !slices.Contains(seen, h.size) {
			v.report.add(Missing, cosigned{size: h.size, holder: h.witness}.name(), "the checkpoint of %d tells of it, and it is gone", size)
		}
		// Later checkpoints tell of this one or of later ones.
		v.lastMark.lines[h.witness] = slices.DeleteFunc(seen, func(n int64) bool { return n < h.size })
	}
}

// line checks who holds a checkpoint.
func (v *verification) line(x cosigned, m mark) {
	name := x.name()
	if m.size != x.size {
		v.report.add(Added, name, "there is no such checkpoint")
		return
	}
	if strings.HasPrefix(x.holder, person) {
		return // the entry that tells of it comes later: see shown
	}
	v.lastMark.lines[x.holder] = append(v.lastMark.lines[x.holder], x.size)
	i := slices.IndexFunc(v.check.Witnesses, func(w note.Verifier) bool { return w.Name() == x.holder })
	if i < 0 {
		v.report.add(Unsigned, name, "no key is known for this witness")
		return
	}
	_, at, err := cosignature(m.note, []byte(x.line), v.check.Log, v.check.Witnesses[i])
	switch {
	case err != nil:
		v.report.add(Unsigned, name, "the witness did not sign this checkpoint: %v", err)
	case db.Micro(at) != x.at:
		v.report.add(Altered, name, "the witness signed at another time")
	default:
		v.report.Held = max(v.report.Held, x.size)
	}
}

// handed checks the checkpoints from outside that lie in a stretch.
func (v *verification) handed(c *chunk) error {
	for _, msg := range v.check.Held {
		h, err := tlog.Open(msg, v.check.Log, v.check.Witnesses...)
		if err != nil || h.Size <= c.from || h.Size > c.to {
			continue
		}
		root, err := tlog.Root(h.Size, v)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("checkpoint %d", h.Size)
		if h.Root != root {
			v.report.add(Forked, name, "a checkpoint held elsewhere is of another tree of %d entries than this one", h.Size)
		}
		if h.Size > v.head.Pruned && !slices.ContainsFunc(c.marks, func(m mark) bool { return m.size == h.Size }) {
			v.report.add(Missing, name, "it is held elsewhere, and gone here")
		}
		for _, w := range h.Cosigned {
			x := cosigned{size: h.Size, holder: w.Witness}
			if h.Size > v.head.Pruned && !slices.ContainsFunc(c.lines, func(y cosigned) bool { return y.size == x.size && y.holder == x.holder }) {
				v.report.add(Missing, x.name(), "a copy elsewhere has this cosignature, and it is gone here")
			}
		}
	}
	return nil
}

// held names checkpoints from outside that cannot be of this log as it is.
func (v *verification) held() {
	for i, msg := range v.check.Held {
		h, err := tlog.Open(msg, v.check.Log, v.check.Witnesses...)
		switch {
		case err != nil:
			v.report.add(Unsigned, fmt.Sprintf("held checkpoint %d", i+1), "it is not signed by the log: %v", err)
		case h.Size > v.size:
			v.report.add(Forked, fmt.Sprintf("checkpoint %d", h.Size), "a checkpoint held elsewhere has %d entries, this log has %d", h.Size, v.size)
		}
	}
}
