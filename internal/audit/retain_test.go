package audit_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	merkle "golang.org/x/mod/sumdb/tlog"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/tlog"
)

func TestProofsOutliveTheBodies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(12)
		h.sign()
		var body []byte
		var proof tlog.Proof
		prove := func() {
			h.read(func(tx *db.Tx) (err error) {
				proof, err = h.log.Prove(t.Context(), tx, 4)
				return err
			})
			s, err := proof.Verify(tlog.LeafHash(body), h.key.Verifier(), h.witness.Verifier())
			if err != nil || len(s.Cosigned) != 1 {
				t.Errorf("%+v, %v", s, err)
			}
		}
		h.read(func(tx *db.Tx) (err error) {
			body, err = audit.Body(t.Context(), tx, 4)
			return err
		})
		prove()
		h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
			e := h.entry(1, "audit:prune")
			p, err := h.log.Prune(t.Context(), tx, h.now)
			if p.Bodies != 12 || p.Below != 12 || p.More {
				t.Errorf("%+v", p)
			}
			e.Details = p.Details()
			return []*clientele.Entry{e}, err
		})
		prove()
		h.verified()
		h.read(func(tx *db.Tx) error {
			if _, err := audit.Get(t.Context(), tx, 4); clientele.KindOf(err) != clientele.NotFound {
				t.Errorf("a pruned entry is read: %v", err)
			}
			entries, _, err := audit.Search(t.Context(), tx, audit.Filter{}, audit.Page{})
			if len(entries) != 1 {
				t.Errorf("%v", entries)
			}
			return err
		})
	})
}

func TestALegalHoldKeepsBodies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.govern()
		readable := func() (seqs []int64) {
			h.read(func(tx *db.Tx) error {
				entries, _, err := audit.Search(t.Context(), tx, audit.Filter{To: start.Add(time.Hour)}, audit.Page{Oldest: true})
				for _, e := range entries {
					seqs = append(seqs, e.Seq)
				}
				return err
			})
			return seqs
		}
		// The hold is for the first four seconds; the last three entries were not old enough.
		if got := readable(); !slices.Equal(got, []int64{0, 1, 2, 8, 9, 10, 11}) {
			t.Errorf("%v", got)
		}
		h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
			e := h.entry(1, "audit:legal_hold")
			e.Object, e.Details = "legalhold:hld_1", map[string]any{"op": "lift"}
			return []*clientele.Entry{e}, audit.LiftHold(t.Context(), tx, "hld_1", e.At)
		})
		h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
			e := h.entry(1, "audit:prune")
			p, err := h.log.Prune(t.Context(), tx, start.Add(time.Hour))
			e.Details = p.Details()
			return []*clientele.Entry{e}, err
		})
		if got := readable(); len(got) != 0 {
			t.Errorf("%v", got)
		}
		h.verified()
	})
}

func TestWrongLegalHoldsAreRefused(t *testing.T) {
	d := dbtest.SQLite(t)
	good := audit.LegalHold{ID: "hld_1", From: start, To: start.Add(time.Hour), Matter: "CASE-1", By: "per_1", At: start}
	for _, change := range []func(*audit.LegalHold){
		func(h *audit.LegalHold) { h.To = h.From },
		func(h *audit.LegalHold) { h.Matter = "" },
		func(h *audit.LegalHold) { h.Matter = "anna@example.com" },
		func(h *audit.LegalHold) { h.Matter = "the case of Anna Schmidt" },
		func(h *audit.LegalHold) { h.Matter = strings.Repeat("x", audit.MaxMatter+1) },
	} {
		h := good
		change(&h)
		err := d.Write(t.Context(), func(tx *db.Tx) error { return audit.PlaceHold(t.Context(), tx, h) })
		if clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%+v: %v", h, err)
		}
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error { return audit.LiftHold(t.Context(), tx, "hld_none", start) })
	if clientele.KindOf(err) != clientele.NotFound {
		t.Error(err)
	}
}

func TestShreddedFactsAreGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(3)
		h.write(func(tx *db.Tx) ([]*clientele.Entry, error) {
			e := h.entry(1, "person:shred")
			e.Object = "person:per_9"
			return []*clientele.Entry{e}, h.log.Shred(t.Context(), tx, "per_9", e.At)
		})
		h.fill(3)
		for _, seq := range []int64{0, 2, 4, 6} { // these have a reason; 3 is the shredding
			h.read(func(tx *db.Tx) error {
				e, err := audit.Get(t.Context(), tx, seq)
				if err == nil {
					err = h.log.Unseal(t.Context(), tx, &e)
				}
				_, ok := e.Private["per_9:email"]
				if ok || e.Private["reason"] == "" {
					t.Errorf("%d: %v", seq, e.Private)
				}
				return err
			})
		}
		h.verified()
	})
}

// tiles reads hashes from served tiles, as a monitor elsewhere does.
type tiles struct {
	h *house
}

func (r tiles) Height() int { return 8 }

func (r tiles) SaveTiles([]merkle.Tile, [][]byte) {}

func (r tiles) ReadTiles(list []merkle.Tile) (data [][]byte, err error) {
	for _, t := range list {
		var b []byte
		err = r.h.db.Read(r.h.t.Context(), func(tx *db.Tx) error {
			b, err = r.h.log.Tile(r.h.t.Context(), tx, strings.Replace(t.Path(), "tile/8/", "tile/", 1))
			return err
		})
		data = append(data, b)
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}

func TestTilesLeadFromTheCheckpointToEveryEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.read(func(tx *db.Tx) error {
			if _, err := audit.Published(t.Context(), tx); clientele.KindOf(err) != clientele.NotFound {
				t.Error(err)
			}
			return nil
		})
		h.fill(600)
		h.sign()
		var msg []byte
		h.read(func(tx *db.Tx) (err error) {
			msg, err = audit.Published(t.Context(), tx)
			return err
		})
		c, err := tlog.Open(msg, h.key.Verifier(), h.witness.Verifier())
		if err != nil || c.Size != 600 || len(c.Cosigned) != 1 {
			t.Fatal(c, err)
		}
		hashes := merkle.TileHashReader(merkle.Tree{N: c.Size, Hash: c.Root}, tiles{h})
		for _, path := range []string{"tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"} {
			var bundle []byte
			h.read(func(tx *db.Tx) (err error) {
				bundle, err = h.log.Tile(t.Context(), tx, path)
				return err
			})
			entries, err := tlog.ParseBundle(bundle)
			tile, _ := tlog.ParseTile(path)
			from, to := tile.Range()
			if err != nil || int64(len(entries)) != to-from {
				t.Fatal(len(entries), err)
			}
			at := merkle.StoredHashIndex(0, from+3)
			got, err := hashes.ReadHashes([]int64{at})
			if err != nil || got[0] != tlog.LeafHash(entries[3]) {
				t.Errorf("%s: %v", path, err)
			}
		}
		for _, path := range []string{"", "tile", "tile/9/000", "tile/0/003", "tile/entries/002", "tile/entries/002.p/89", "tile/0/002.p/89", "../log.key"} {
			h.read(func(tx *db.Tx) error {
				if _, err := h.log.Tile(t.Context(), tx, path); clientele.KindOf(err) != clientele.NotFound {
					t.Errorf("%s: %v", path, err)
				}
				return nil
			})
		}
		h.exec("UPDATE entry SET body = NULL WHERE seq = 300")
		h.read(func(tx *db.Tx) error {
			if _, err := h.log.Tile(t.Context(), tx, "tile/entries/001"); clientele.KindOf(err) != clientele.NotFound {
				t.Error(err)
			}
			_, err := h.log.Tile(t.Context(), tx, "tile/entries/002.p/88")
			return err
		})
	})
}

func TestASignerSignsOnlyWhatGrew(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	for i, want := range []bool{false, true, false} {
		if i == 1 {
			h.fill(3)
		}
		if signed, err := h.signer.Sign(t.Context()); err != nil || signed != want {
			t.Errorf("%d: %v, %v", i, signed, err)
		}
	}
	if _, err := audit.NewSigner(h.log, audit.SignerConfig{Key: h.witness}); clientele.KindOf(err) != clientele.Invalid {
		t.Error(err)
	}
	if _, err := audit.NewSigner(h.log, audit.SignerConfig{Key: mustKey(t, tlog.TypeLog, "another"), Dir: h.dir}); clientele.KindOf(err) != clientele.Conflict {
		t.Errorf("another key took over the log: %v", err)
	}
	if k, err := audit.OpenKey(h.dir, ""); err != nil || k.Name() != "example.com/log" {
		t.Error(k, err)
	}
	if _, err := audit.OpenKey(h.dir, "other"); clientele.KindOf(err) != clientele.Conflict {
		t.Error(err)
	}
	if k, err := audit.OpenKey(t.TempDir(), ""); err != nil || !strings.HasPrefix(k.Name(), "clientele/") {
		t.Error(k, err)
	}
}

func TestASignedCheckpointThatIsTakenAwayIsPutBack(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.fill(3)
	h.sign()
	h.exec("DELETE FROM cosignature")
	h.exec("DELETE FROM checkpoint")
	h.fill(2)
	h.sign()
	r := h.verify()
	if len(r.Problems) != 1 || r.Problems[0].Row != "cosignature 3 w.example" {
		t.Errorf("%v", r.Problems)
	}
}

func TestTheBadgeIsRedUntilSomebodyElseHoldsACheckpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		held := func() (x audit.Held) {
			h.read(func(tx *db.Tx) (err error) {
				x, err = h.log.Held(t.Context(), tx)
				return err
			})
			return x
		}
		h.fill(3)
		if _, err := h.signer.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x := held(); x.Alarm(h.now) != audit.Red || x.Since != 3 {
			t.Errorf("%+v", x)
		}
		var note []byte
		show := func(msg []byte) error {
			return h.db.Write(t.Context(), func(tx *db.Tx) error {
				_, err := h.log.Show(t.Context(), tx, msg, h.key.Verifier(), "person:per_1", h.now)
				return err
			})
		}
		h.read(func(tx *db.Tx) error {
			s, err := audit.Newest(t.Context(), tx)
			note = s.Note
			return err
		})
		if err := show(note); err != nil {
			t.Fatal(err)
		}
		if x := held(); x.Alarm(h.now) != audit.Green || x.Size != 3 || len(x.By) != 1 || x.By[0].Name != "person:per_1" {
			t.Errorf("%+v", x)
		}
		if x := held(); x.Alarm(h.now.Add(48*time.Hour)) != audit.Green {
			t.Errorf("an old checkpoint of a log that did not grow: %+v", x)
		}
		h.fill(1)
		if x := held(); x.Alarm(h.now.Add(48*time.Hour)) != audit.Amber {
			t.Errorf("%+v", x)
		}
		h.sign()
		if x := held(); x.Alarm(h.now) != audit.Green || x.Size != 4 || x.By[0].Name != "w.example" {
			t.Errorf("%+v", x)
		}
		for _, wrong := range [][]byte{nil, []byte("hello"), note[:len(note)-9], signedBy(t, h.key, 3, "another tree"), signedBy(t, h.witness, 3, "")} {
			if err := show(wrong); err == nil {
				t.Errorf("%q was shown", wrong)
			}
		}
		if err := show(signedBy(t, h.key, 3, "another tree")); !errors.Is(err, audit.ErrRewritten) {
			t.Errorf("a fork was shown: %v", err)
		}
	})
}

// signedBy is a checkpoint that a key signed over a tree of its own.
func signedBy(t *testing.T, key *tlog.Key, size int64, kind string) []byte {
	t.Helper()
	msg, err := tlog.Sign(tlog.Checkpoint{Origin: "example.com/log", Size: size, Root: tlog.LeafHash([]byte(kind)), Extension: "at 2026-01-02T03:04:05.000000Z after 0\n"}, key)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}
