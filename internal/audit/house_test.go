package audit_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/tlog"
	"github.com/clientele/clientele/internal/witness"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

// house is a log with a signer and a witness, by a clock that the test sets.
type house struct {
	t       testing.TB
	db      *db.DB
	log     *audit.Log
	dir     string
	wrap    *keywrap.Wrapper
	key     *tlog.Key
	signer  *audit.Signer
	witness *tlog.Key
	now     time.Time
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, dir: t.TempDir(), now: start}
	var err error
	if h.wrap, err = keywrap.OpenFile(filepath.Join(h.dir, "key")); err != nil {
		t.Fatal(err)
	}
	h.log = audit.New(d, h.wrap)
	if h.key, err = audit.OpenKey(h.dir, "example.com/log"); err != nil {
		t.Fatal(err)
	}
	h.witness = mustKey(t, tlog.TypeWitness, "w.example")
	h.witness.Now = func() time.Time { return h.now }
	server, err := witness.Open(witness.Config{Dir: t.TempDir(), Key: h.witness, Logs: []witness.Log{{Keys: []string{h.key.VerifierText()}}}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewTLSServer(server)
	t.Cleanup(func() {
		web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	h.signer, err = audit.NewSigner(h.log, audit.SignerConfig{
		Key: h.key, Dir: h.dir, Now: func() time.Time { return h.now },
		Witnesses: []audit.Witness{{URL: web.URL, Key: h.witness.VerifierText(), HTTP: web.Client()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func mustKey(t testing.TB, typ tlog.Type, name string) *tlog.Key {
	t.Helper()
	text, err := tlog.GenerateKey(typ, name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := tlog.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write runs fn in a transaction and appends entries at its end.
func (h *house) write(fn func(tx *db.Tx) ([]*clientele.Entry, error)) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *db.Tx) error {
		head, err := h.log.Lock(context.Background(), tx)
		if err != nil {
			return err
		}
		entries, err := fn(tx)
		if err != nil {
			return err
		}
		return h.log.Append(context.Background(), tx, head, entries)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) append(entries ...*clientele.Entry) {
	h.t.Helper()
	h.write(func(*db.Tx) ([]*clientele.Entry, error) { return entries, nil })
}

func (h *house) read(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Read(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// entry is an entry now, of an act by a person.
func (h *house) entry(i int, act string) *clientele.Entry {
	h.now = h.now.Add(time.Second)
	e := &clientele.Entry{
		At: h.now, Act: act, Actor: fmt.Sprintf("person:per_%d", i%3), Object: fmt.Sprintf("client:cli_%d", i%7), Client: clientele.ClientID(fmt.Sprintf("cli_%d", i%7)),
		Owner: fmt.Sprintf("per_%d", i%5), Change: fmt.Sprintf("chg_%d", i%4), Outcome: clientele.Done, Details: map[string]any{"n": i, "text": "<&>\u2028é"},
	}
	if i%4 == 0 {
		e.Verb = clientele.Export
	}
	if i%5 == 0 {
		e.Outcome = clientele.WasDenied
	}
	if i%2 == 0 {
		e.Private = map[string]string{"reason": "a secret reason", "per_9:email": "nine@example.com"}
	}
	return e
}

func (h *house) fill(n int) {
	h.t.Helper()
	var entries []*clientele.Entry
	for i := range n {
		entries = append(entries, h.entry(i, []string{"client:suspend", "client:resume", "request:approve"}[i%3]))
	}
	h.append(entries...)
}

// sign signs a checkpoint and has it cosigned.
func (h *house) sign() {
	h.t.Helper()
	if signed, err := h.signer.Sign(context.Background()); err != nil || !signed {
		h.t.Fatal(signed, err)
	}
	if err := h.signer.Ask(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) verify() *audit.Report {
	h.t.Helper()
	held, err := audit.Beside(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := audit.Verify(context.Background(), h.db, audit.Check{Log: h.key.Verifier(), Witnesses: []note.Verifier{h.witness.Verifier()}, Held: held, Keys: h.wrap})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) verified() *audit.Report {
	h.t.Helper()
	r := h.verify()
	for _, p := range r.Problems {
		h.t.Errorf("%s: %s", p.Kind, p)
	}
	return r
}

// exec runs a statement as somebody who holds the database would.
func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), query, args...)
		return err
	})
	if err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
}

// govern does to the log what acts do: pruning, shredding, legal holds, a policy, a
// showing of a checkpoint.
func (h *house) govern() {
	h.t.Helper()
	ctx := context.Background()
	h.fill(12)
	h.sign()
	between := h.now
	h.now = h.now.Add(400 * 24 * time.Hour)
	hold := audit.LegalHold{ID: "hld_1", From: start, To: start.Add(4 * time.Second), Matter: "CASE-1", By: "per_a"}
	lifted := audit.LegalHold{ID: "hld_2", From: start, To: start.Add(2 * time.Second), Matter: "CASE-2", By: "per_a"}
	for _, l := range []*audit.LegalHold{&hold, &lifted} {
		h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
			e := h.entry(1, "audit:legal_hold")
			e.Actor, e.Object, e.Details = "person:per_a", "legalhold:"+l.ID, l.Details()
			l.At = e.At
			return []*clientele.Entry{e}, audit.PlaceHold(ctx, tx, *l)
		})
	}
	h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
		e := h.entry(1, "audit:legal_hold")
		e.Object, e.Details = "legalhold:hld_2", map[string]any{"op": "lift"}
		return []*clientele.Entry{e}, audit.LiftHold(ctx, tx, "hld_2", e.At)
	})
	h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
		e := h.entry(1, "person:shred")
		e.Object = "person:per_9"
		return []*clientele.Entry{e}, h.log.Shred(ctx, tx, "per_9", e.At)
	})
	h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
		e := h.entry(1, "policy:activate")
		e.Object = "policy:3"
		_, err := tx.Exec(ctx, "UPDATE log_head SET policy = 3 WHERE id = 1")
		return []*clientele.Entry{e}, err
	})
	h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
		e := h.entry(1, "audit:prune")
		p, err := h.log.Prune(ctx, tx, between.Add(-3*time.Second))
		e.Object, e.Details = "log:1", p.Details()
		return []*clientele.Entry{e}, err
	})
	h.fill(10)
	h.sign()
	h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
		e := h.entry(1, "audit:hold")
		s, err := audit.Newest(ctx, tx)
		if err != nil {
			return nil, err
		}
		e.Object = fmt.Sprintf("checkpoint:%d", s.Size)
		_, err = h.log.Show(ctx, tx, s.Note, h.key.Verifier(), e.Actor, e.At)
		return []*clientele.Entry{e}, err
	})
	h.fill(3)
	h.sign()
	h.fill(2)
}
