package audit

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// The signer looks often and signs when a second has passed or enough entries have come.
const (
	lookEvery   = 250 * time.Millisecond
	signEvery   = time.Second
	signEntries = 256
)

// The signer's files in its directory.
const (
	KeyFile  = "log.key"
	LastFile = "log.checkpoint" // the last that was signed
	HeldFile = "log.cosigned"   // the last that a witness cosigned, with its line
)

// OpenKey reads the log's signing key from a directory, and makes it at the first start. Its
// name is the log's origin; an empty one stands for "clientele/" and a random id, and a key
// that is there keeps the name it was made with.
func OpenKey(dir, name string) (*tlog.Key, error) {
	path := filepath.Join(dir, KeyFile)
	k, err := tlog.LoadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		if err == nil && name != "" && k.Name() != name {
			return nil, clientele.Errorf(clientele.Conflict, "the log's key is named %s, the settings say %s", k.Name(), name).
				WithHint("a log keeps its name: take the setting back, or begin a new log with a new key")
		}
		return k, err
	}
	if name == "" {
		id := make([]byte, 10)
		_, _ = rand.Read(id)
		name = "clientele/" + strings.ToLower(base32.StdEncoding.EncodeToString(id))
	}
	return tlog.CreateKeyFile(path, tlog.TypeLog, name)
}

// SignerConfig is what a signer needs.
type SignerConfig struct {
	Key *tlog.Key
	// Dir keeps the last checkpoint outside of the database, beside the key, so that
	// nobody makes the signer forget by changing the database. Empty is none.
	Dir       string
	Witnesses []Witness
	Logger    *slog.Logger     // nil is none
	Now       func() time.Time // nil is time.Now
}

// Signer signs the log's checkpoints and has them cosigned by witnesses.
type Signer struct {
	log       *Log
	c         SignerConfig
	witnesses []*asked

	turn sync.Mutex // held while signing
	kept int64      // size of the checkpoint in the file Last; guarded by turn

	mu    sync.Mutex // guards the fields below
	known Stored     // the largest checkpoint this signer knows of
	since time.Time  // when it last signed
	err   error      // why it refuses
}

// NewSigner makes the signer of a log.
func NewSigner(l *Log, c SignerConfig) (*Signer, error) {
	if c.Key == nil || c.Key.Type() != tlog.TypeLog {
		return nil, clientele.Errorf(clientele.Invalid, "the log needs a log's key, not a witness's")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Signer{log: l, c: c, known: Stored{Root: tlog.EmptyRoot()}}
	for _, w := range c.Witnesses {
		a, err := newAsked(w)
		if err != nil {
			return nil, err
		}
		s.witnesses = append(s.witnesses, a)
	}
	return s, s.readLast()
}

// readLast reads the checkpoint kept outside of the database.
func (s *Signer) readLast() error {
	if s.c.Dir == "" {
		return nil
	}
	msg, err := os.ReadFile(filepath.Join(s.c.Dir, LastFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the last checkpoint: %w", err)
	}
	if s.known, err = open(msg, s.c.Key.Verifier()); err != nil {
		return &clientele.Error{Kind: clientele.Conflict, Msg: fmt.Sprintf("the last checkpoint in %s: %v", LastFile, err),
			Hint: "it belongs to " + KeyFile + ", put both back from the same backup", Err: err}
	}
	s.kept = s.known.Size
	return nil
}

// Beside reads the checkpoints that a signer kept in a directory, for Check.Held.
func Beside(dir string) ([][]byte, error) {
	var all [][]byte
	for _, name := range []string{LastFile, HeldFile} {
		msg, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the last checkpoint: %w", err)
		}
		all = append(all, msg)
	}
	return all, nil
}

// Err is why the signer refuses to sign, or nil.
func (s *Signer) Err() error {
	_, _, err := s.state()
	return err
}

// Run signs and asks the witnesses until the context ends.
func (s *Signer) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.signAlways(ctx) })
	for _, w := range s.witnesses {
		g.Go(func() error { return s.askAlways(ctx, w) })
	}
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (s *Signer) signAlways(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		before := s.Err()
		if err := s.look(ctx); err != nil && ctx.Err() == nil && (before == nil || before.Error() != err.Error()) {
			s.c.Logger.ErrorContext(ctx, "no checkpoint is signed", "err", err)
		}
	}
}

// look signs when it is time to.
func (s *Signer) look(ctx context.Context) error {
	var head Head
	err := s.log.db.Read(ctx, func(tx *db.Tx) (err error) {
		head, err = s.log.Head(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	known, since, broken := s.state()
	grown := head.Size - known.Size
	if broken == nil && grown == 0 && head.Root == known.Root || grown > 0 && grown < signEntries && s.c.Now().Sub(since) < signEvery {
		return nil
	}
	_, err = s.Sign(ctx)
	return err
}

// Sign signs a checkpoint if the log has grown since the last, and reports whether it did. A
// log that does not begin with the tree of the last one is refused: ErrRewritten.
func (s *Signer) Sign(ctx context.Context) (bool, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	known, _, _ := s.state()
	var signed bool
	next := known
	err := s.log.db.Write(ctx, func(tx *db.Tx) (err error) {
		next, signed, err = s.sign(ctx, tx, known)
		return err
	})
	if err == nil && next.Size > s.kept {
		err = s.keepLast(next)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err != nil {
		return false, err
	}
	if signed {
		s.since = s.c.Now()
	}
	s.known = next
	return signed, nil
}

func (s *Signer) state() (known Stored, since time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known, s.since, s.err
}

func (s *Signer) sign(ctx context.Context, tx *db.Tx, known Stored) (Stored, bool, error) {
	head, err := s.log.Lock(ctx, tx)
	if err != nil {
		return Stored{}, false, err
	}
	last, err := s.last(ctx, tx, head, known)
	if err != nil || last.Size == head.Size {
		return last, false, err
	}
	next := Stored{Size: head.Size, At: s.c.Now().UTC().Truncate(time.Microsecond), Root: head.Root}
	next.Note, err = tlog.Sign(tlog.Checkpoint{Origin: s.c.Key.Name(), Size: head.Size, Root: head.Root, Extension: s.extension(next.At, last.Size).String()}, s.c.Key)
	if err != nil {
		return Stored{}, false, err
	}
	return next, true, writeStored(ctx, tx, next)
}

func (s *Signer) extension(at time.Time, after int64) extension {
	e := extension{at: at, after: after}
	for _, w := range s.witnesses {
		if size := w.size.Load(); size > 0 {
			e.held = append(e.held, cosignedBy{w.client.Witness.Name(), size})
		}
	}
	return e
}

// last is the last signed checkpoint, from the table or from what the signer knows,
// whichever is larger; the log has to begin with both.
func (s *Signer) last(ctx context.Context, tx *db.Tx, head Head, known Stored) (Stored, error) {
	row, err := Newest(ctx, tx)
	if err != nil {
		return Stored{}, err
	}
	if row.Size > 0 {
		if row, err = open(row.Note, s.c.Key.Verifier()); err != nil {
			return Stored{}, fmt.Errorf("read the last checkpoint: %w", err)
		}
	}
	for _, c := range []Stored{row, known} {
		if err := s.log.consistent(ctx, tx, c.Size, c.Root, head); err != nil {
			return Stored{}, err
		}
	}
	if row.Size >= known.Size {
		return row, nil
	}
	s.c.Logger.ErrorContext(ctx, "a signed checkpoint was missing from the database and is put back", "size", known.Size)
	return known, writeStored(ctx, tx, known)
}

// keepLast writes the last checkpoint outside of the database: after the commit, as the file
// has not to be newer than the table, only not to be forgotten.
func (s *Signer) keepLast(c Stored) error {
	err := s.keep(LastFile, c.Note)
	if err == nil {
		s.kept = c.Size
	}
	return err
}

// keep writes a file in one step.
func (s *Signer) keep(name string, text []byte) error {
	if s.c.Dir == "" {
		return nil
	}
	f, err := os.CreateTemp(s.c.Dir, ".checkpoint-*")
	if err != nil {
		return fmt.Errorf("keep the last checkpoint: %w", err)
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.c.Dir, name))
	}
	if err != nil {
		return fmt.Errorf("keep the last checkpoint: %w", err)
	}
	return nil
}
