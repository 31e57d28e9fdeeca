package audit

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
	"github.com/clientele/clientele/internal/witness"
)

// How often a witness is asked, and how long it is left alone at most when it fails.
const (
	askEvery   = 5 * time.Second
	askSlowest = 5 * time.Minute
)

// Witness is a witness to ask: any of c2sp.org/tlog-witness.
type Witness struct {
	URL  string       // https, without "/add-checkpoint"
	Key  string       // its verifier key, "name+hash+key"
	HTTP *http.Client // nil is the usual one
}

// asked is a witness with what is known of it.
type asked struct {
	client witness.Client
	mu     sync.Mutex   // held from the question to the answer
	size   atomic.Int64 // of the last checkpoint it cosigned; -1: not looked up yet
}

func newAsked(w Witness) (*asked, error) {
	v, err := tlog.ParseVerifier(w.Key)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(v.Name(), person) {
		return nil, clientele.Errorf(clientele.Invalid, "a witness cannot be named %s", v.Name())
	}
	a := &asked{client: witness.Client{URL: w.URL, Witness: v, HTTP: w.HTTP}}
	a.size.Store(-1)
	return a, nil
}

// askAlways has one witness cosign what is signed, and leaves it alone ever longer while it
// fails.
func (s *Signer) askAlways(ctx context.Context, w *asked) error {
	var failures int
	for {
		asked, err := s.ask(ctx, w)
		wait := signEvery
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && !asked:
		case err == nil:
			wait, failures = askEvery, 0
		default:
			wait = min(askEvery<<failures, askSlowest)
			failures = min(failures+1, 10)
			s.c.Logger.ErrorContext(ctx, "a witness did not cosign", "witness", w.client.Witness.Name(), "err", err, "forked", errors.Is(err, witness.ErrFork))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// Ask has every witness cosign the newest checkpoint now, and joins their errors.
func (s *Signer) Ask(ctx context.Context) error {
	var all error
	for _, w := range s.witnesses {
		_, err := s.ask(ctx, w)
		all = errors.Join(all, err)
	}
	return all
}

// ask reports whether there was something to cosign.
func (s *Signer) ask(ctx context.Context, w *asked) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	newest, known, err := s.toAsk(ctx, w)
	if err != nil || newest.Size <= known {
		return false, err
	}
	msg, err := w.client.Cosign(ctx, newest.Note, known, func(old int64) (proof []tlog.Hash, err error) {
		err = s.log.db.Read(ctx, func(tx *db.Tx) error {
			proof, err = tlog.ProveConsistency(old, newest.Size, s.log.Hashes(ctx, tx))
			return err
		})
		return proof, err
	})
	if err != nil {
		return true, err
	}
	line, at, err := cosignature(newest.Note, tlog.SignatureLines(msg), s.c.Key.Verifier(), w.client.Witness)
	if err != nil {
		return true, err
	}
	err = s.log.db.Write(ctx, func(tx *db.Tx) error { return writeHolder(ctx, tx, newest.Size, w.client.Witness.Name(), at, line) })
	if err != nil {
		return true, err
	}
	w.size.Store(newest.Size)
	return true, s.keep(HeldFile, append(slices.Clone(newest.Note), line...))
}

// toAsk is the newest checkpoint, and the size of the last that the witness cosigned.
func (s *Signer) toAsk(ctx context.Context, w *asked) (newest Stored, known int64, err error) {
	known = w.size.Load()
	err = s.log.db.Read(ctx, func(tx *db.Tx) (err error) {
		if known < 0 {
			err = tx.Row(ctx, "SELECT COALESCE(MAX(size), 0) FROM cosignature WHERE holder = ?", []any{w.client.Witness.Name()}, &known)
		}
		if err == nil {
			newest, err = Newest(ctx, tx)
		}
		return err
	})
	if err == nil {
		w.size.Store(known)
	}
	return newest, known, err
}

// cosignature finds a witness's line among those of a checkpoint, checks it, and reads its
// time.
func cosignature(msg, lines []byte, log, by note.Verifier) (line string, at time.Time, err error) {
	own, err := tlog.CheckCosignatures(msg, lines, by)
	if err != nil {
		return "", time.Time{}, err
	}
	c, err := tlog.Open(append(append([]byte(nil), msg...), own...), log, by)
	if err != nil {
		return "", time.Time{}, err
	}
	if len(c.Cosigned) != 1 {
		return "", time.Time{}, clientele.Errorf(clientele.Invalid, "the checkpoint is not cosigned by %s", by.Name())
	}
	return string(own), c.Cosigned[0].Time, nil
}
