package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// Stored is a signed checkpoint as the log keeps it.
type Stored struct {
	Size int64
	At   time.Time // when it was signed
	Root tlog.Hash
	Note []byte // as the log signed it, without cosignatures
}

// extension is what our checkpoints say besides size and root, in one line: when it was
// signed, which checkpoint came before it, and what each witness had last cosigned by then.
// So none of these can be changed in the tables, or taken away from them, unseen.
type extension struct {
	at    time.Time
	after int64
	held  []cosignedBy
}

// cosignedBy is the size of the last checkpoint that a witness cosigned.
type cosignedBy struct {
	witness string
	size    int64
}

func (e extension) String() string {
	s := fmt.Sprintf("at %s after %d", e.at.UTC().Format(timeFormat), e.after)
	for _, h := range e.held {
		s += fmt.Sprintf(" %s:%d", h.witness, h.size)
	}
	return s + "\n"
}

func parseExtension(text string) (e extension, ok bool) {
	words := strings.Split(strings.TrimSuffix(text, "\n"), " ")
	if len(words) < 4 || words[0] != "at" || words[2] != "after" {
		return e, false
	}
	var err1, err2 error
	e.at, err1 = time.Parse(timeFormat, words[1])
	e.after, err2 = tlog.ParseSize(words[3])
	for _, w := range words[4:] {
		i := max(strings.LastIndexByte(w, ':'), 0)
		size, err := tlog.ParseSize(strings.TrimPrefix(w[i:], ":"))
		err2 = errors.Join(err2, err)
		e.held = append(e.held, cosignedBy{w[:i], size})
	}
	return e, err1 == nil && err2 == nil
}

// Newest is the last signed checkpoint, and one of size 0 if there is none.
func Newest(ctx context.Context, tx *db.Tx) (Stored, error) {
	s, err := readStored(ctx, tx, "SELECT size, at, root, note FROM checkpoint ORDER BY size DESC LIMIT 1")
	if errors.Is(err, sql.ErrNoRows) {
		return Stored{Root: tlog.EmptyRoot()}, nil
	}
	return s, err
}

// NewestHeld is the last checkpoint that somebody else holds, and one of size 0 if there is
// none.
func NewestHeld(ctx context.Context, tx *db.Tx) (Stored, error) {
	s, err := readStored(ctx, tx, "SELECT size, at, root, note FROM checkpoint WHERE size = (SELECT MAX(size) FROM cosignature)")
	if errors.Is(err, sql.ErrNoRows) {
		return Stored{Root: tlog.EmptyRoot()}, nil
	}
	return s, err
}

func readStored(ctx context.Context, tx *db.Tx, query string, args ...any) (s Stored, err error) {
	var at int64
	var root []byte
	if err := tx.Row(ctx, query, args, &s.Size, &at, &root, &s.Note); err != nil {
		return s, fmt.Errorf("read a checkpoint: %w", err)
	}
	s.At = db.Time(at)
	copy(s.Root[:], root)
	return s, nil
}

func writeStored(ctx context.Context, tx *db.Tx, s Stored) error {
	_, err := tx.Exec(ctx, "INSERT INTO checkpoint (size, at, root, note) VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING", s.Size, db.Micro(s.At), s.Root[:], string(s.Note))
	if err != nil {
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	return nil
}

// open reads a signed checkpoint of ours.
func open(msg []byte, log note.Verifier) (Stored, error) {
	c, err := tlog.Open(msg, log)
	if err != nil {
		return Stored{}, err
	}
	e, ok := parseExtension(c.Extension)
	if !ok || c.Origin != log.Name() {
		return Stored{}, clientele.Errorf(clientele.Invalid, "this is no checkpoint of the log %s", log.Name())
	}
	return Stored{c.Size, e.at, c.Root, msg}, nil
}

// Cosigned is a checkpoint as text with the witnesses' cosignatures, as it is published.
func Cosigned(ctx context.Context, tx *db.Tx, s Stored) ([]byte, error) {
	if s.Size == 0 {
		return nil, clientele.Errorf(clientele.NotFound, "no checkpoint is signed yet").WithHint("the first is signed a second after the first entry")
	}
	out := append([]byte(nil), s.Note...)
	err := tx.Each(ctx, "SELECT line FROM cosignature WHERE size = ? AND line <> '' ORDER BY holder", []any{s.Size}, func(r db.Row) error {
		var line string
		err := r.Scan(&line)
		out = append(out, line...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the cosignatures: %w", err)
	}
	return out, nil
}

// Holder is someone who holds a checkpoint.
type Holder struct {
	Name string // a witness's, or "person:per_…"
	At   time.Time
}

// Held says what the log could be held to if it were rebuilt.
type Held struct {
	Size int64 // of the newest checkpoint held elsewhere; 0 if there is none
	At   time.Time
	By   []Holder
	// Since is how many entries were written after it.
	Since int64
}

// Alarm is how pressing it is that a checkpoint gets elsewhere.
type Alarm string

// The alarms.
const (
	Red   Alarm = "red"   // nobody holds a checkpoint: whoever has database and key can rewrite all
	Amber Alarm = "amber" // the newest held is a day old, and the log has grown since
	Green Alarm = "green"
)

// Alarm is the state of the badge at a time.
func (h Held) Alarm(now time.Time) Alarm {
	switch {
	case h.Size == 0:
		return Red
	case h.Since > 0 && now.Sub(h.At) > 24*time.Hour:
		return Amber
	}
	return Green
}

// Held finds the newest checkpoint that somebody else holds, who, and since when.
func (l *Log) Held(ctx context.Context, tx *db.Tx) (Held, error) {
	head, err := l.Head(ctx, tx)
	if err != nil {
		return Held{}, err
	}
	s, err := NewestHeld(ctx, tx)
	if err != nil {
		return Held{}, err
	}
	h := Held{Size: s.Size, At: s.At, Since: head.Size - s.Size}
	err = tx.Each(ctx, "SELECT holder, at FROM cosignature WHERE size = ? ORDER BY holder", []any{s.Size}, func(r db.Row) error {
		var by Holder
		var at int64
		err := r.Scan(&by.Name, &at)
		by.At = db.Time(at)
		h.By = append(h.By, by)
		return err
	})
	if err != nil {
		return Held{}, fmt.Errorf("read who holds the checkpoint: %w", err)
	}
	return h, nil
}

// ErrRewritten says that the tree is not the one that was signed.
var ErrRewritten = clientele.Errorf(clientele.Conflict, "the audit log is not the one that was signed: entries were changed or taken away").
	WithHint("clientele audit verify names the rows; compare with the last backup before anything else is written")

// Show records that a person holds a checkpoint: signed by the log's key, and of the tree as
// it is. It is the part below the act audit:hold; holder is the actor.
func (l *Log) Show(ctx context.Context, tx *db.Tx, msg []byte, log note.Verifier, holder string, at time.Time) (Stored, error) {
	s, err := open(msg, log)
	if err != nil {
		return Stored{}, err
	}
	if s.Size == 0 {
		return Stored{}, clientele.Errorf(clientele.Invalid, "the checkpoint is of an empty log")
	}
	if err := l.contains(ctx, tx, s); err != nil {
		return Stored{}, err
	}
	if i := strings.LastIndex(string(s.Note), "\n\n"); i >= 0 { // without lines of others
		s.Note = ownLine(s.Note, i+2, log)
	}
	if err := writeStored(ctx, tx, s); err != nil {
		return Stored{}, err
	}
	return s, writeHolder(ctx, tx, s.Size, holder, at, "")
}

// ownLine cuts a note's signatures down to the log's.
func ownLine(msg []byte, from int, log note.Verifier) []byte {
	out := append([]byte(nil), msg[:from]...)
	for line := range strings.Lines(string(msg[from:])) {
		one := append(append([]byte(nil), msg[:from]...), line...)
		if _, err := tlog.Open(one, log); err == nil {
			return append(out, line...)
		}
	}
	return msg
}

func writeHolder(ctx context.Context, tx *db.Tx, size int64, holder string, at time.Time, line string) error {
	_, err := tx.Exec(ctx, "INSERT INTO cosignature (size, holder, at, line) VALUES (?, ?, ?, ?) ON CONFLICT (size, holder) DO UPDATE SET at = excluded.at, line = excluded.line",
		size, holder, db.Micro(at), line)
	if err != nil {
		return fmt.Errorf("record who holds the checkpoint: %w", err)
	}
	return nil
}

// contains reports by ErrRewritten that the log does not begin with the tree of a checkpoint.
func (l *Log) contains(ctx context.Context, tx *db.Tx, s Stored) error {
	head, err := l.Head(ctx, tx)
	if err != nil {
		return err
	}
	return l.consistent(ctx, tx, s.Size, s.Root, head)
}

// consistent checks that the head's tree begins with the tree of a size.
func (l *Log) consistent(ctx context.Context, tx *db.Tx, size int64, root tlog.Hash, head Head) error {
	if size > head.Size {
		return ErrRewritten
	}
	proof, err := tlog.ProveConsistency(size, head.Size, l.Hashes(ctx, tx))
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err != nil || tlog.CheckConsistency(proof, size, root, head.Size, head.Root) != nil {
		return ErrRewritten
	}
	return nil
}
