package evidence_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/policy"
	"github.com/clientele/clientele/internal/tlog"
)

var (
	security = clientele.Actor{Kind: clientele.PersonActor, ID: "per_1", Roles: []clientele.SystemRole{clientele.SecurityRole}, Source: "192.0.2.1"}
	auditor  = clientele.Actor{Kind: clientele.PersonActor, ID: "per_2", Roles: []clientele.SystemRole{clientele.AuditorRole}}
	admin    = clientele.Actor{Kind: clientele.PersonActor, ID: "per_3", Roles: []clientele.SystemRole{clientele.AdminRole}}
)

// house is a guard with a desk, by a clock that the test sets.
type house struct {
	t      testing.TB
	db     *db.DB
	guard  *guard.Guard
	desk   *evidence.Desk
	signer *audit.Signer
	now    time.Time
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, db: d, now: time.Date(2026, 3, 3, 4, 5, 6, 0, time.UTC)}
	clock := func() time.Time { h.now = h.now.Add(time.Second); return h.now }
	wrap, err := keywrap.OpenFile(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New(d, wrap)
	if h.guard, err = guard.New(context.Background(), d, log, clock); err != nil {
		t.Fatal(err)
	}
	key, err := audit.OpenKey(dir, "example.com/log")
	if err != nil {
		t.Fatal(err)
	}
	if h.signer, err = audit.NewSigner(log, audit.SignerConfig{Key: key, Dir: dir, Now: clock}); err != nil {
		t.Fatal(err)
	}
	h.desk = &evidence.Desk{Log: log, Key: key.Verifier(), KeyText: key.VerifierText()}
	return h
}

func (h *house) do(actor clientele.Actor, name string, fn func(*guard.Act) error) {
	h.t.Helper()
	if err := h.guard.Do(context.Background(), actor, name, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) fill(n int) {
	h.t.Helper()
	for i := range n {
		h.do(security, "service:write", func(act *guard.Act) error {
			act.Detail("text", "<script>alert(1)</script>")
			return act.Allow(policy.Resource{Type: "Service", ID: fmt.Sprintf("srv_%d", i%3), Attrs: map[string]any{}})
		})
	}
}

func (h *house) sign() {
	h.t.Helper()
	if _, err := h.signer.Sign(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// cosign has a witness sign the newest checkpoint, as the signer would ask it.
func (h *house) cosign() *tlog.Key {
	h.t.Helper()
	text, err := tlog.GenerateKey(tlog.TypeWitness, "w.example")
	if err != nil {
		h.t.Fatal(err)
	}
	w, err := tlog.ParseKey(text)
	if err != nil {
		h.t.Fatal(err)
	}
	w.Now = func() time.Time { return h.now }
	err = h.db.Write(context.Background(), func(tx *db.Tx) error {
		s, err := audit.Newest(context.Background(), tx)
		if err != nil {
			return err
		}
		c, err := tlog.Unverified(s.Note)
		if err != nil {
			return err
		}
		msg, err := tlog.Sign(c, w)
		if err != nil {
			return err
		}
		_, err = tx.Exec(context.Background(), "INSERT INTO cosignature (size, holder, at, line) VALUES (?, ?, ?, ?)", s.Size, "w.example", db.Micro(h.now), string(tlog.SignatureLines(msg)))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.desk.Witnesses, h.desk.WitnessTexts = []note.Verifier{w.Verifier()}, []string{w.VerifierText()}
	return w
}

func (h *house) bundle(f audit.Filter) ([]byte, evidence.Bundle) {
	h.t.Helper()
	var out bytes.Buffer
	var b evidence.Bundle
	err := h.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		b, err = h.desk.WriteBundle(context.Background(), tx, &out, f, h.now)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out.Bytes(), b
}

func verify(b []byte, c evidence.BundleCheck) (*evidence.BundleReport, error) {
	return evidence.VerifyBundle(bytes.NewReader(b), int64(len(b)), c, nil)
}

func TestABundleVerifiesElsewhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.fill(30)
		h.do(security, "policy:propose", func(act *guard.Act) error {
			_, err := act.Propose(`@id("quiet") permit (principal, action == Action::"service:list", resource);`, "")
			return err
		})
		other := security
		other.ID = "per_9"
		h.do(other, "policy:activate", func(act *guard.Act) error { return act.Activate(1) })
		h.fill(5)
		h.sign()
		w := h.cosign()
		h.fill(2)
		packed, b := h.bundle(audit.Filter{Act: "service:"})
		if b.Entries != 35 || b.Size != 37 || b.Unsigned != 2 || b.More {
			t.Errorf("%+v", b)
		}
		for _, c := range []evidence.BundleCheck{{}, {Log: h.desk.KeyText, Witnesses: []string{w.VerifierText()}}} {
			r, err := verify(packed, c)
			if err != nil || !r.OK() || r.Entries != 35 || r.Size != 37 || len(r.Cosigned) != 1 || r.KeyFromZip != (c.Log == "") || r.WitnessesFromZip != (c.Log == "") {
				t.Errorf("%+v, %v", r, err)
			}
		}
		files := unpack(t, packed)
		if !strings.Contains(string(files["policies/000001.cedar"]), "quiet") || strings.Contains(string(files["index.html"]), "<script>") {
			t.Errorf("%s %s", files["policies/000001.cedar"], files["index.html"])
		}
		if strings.Contains(string(files["entries.ndjson"]), "192.0.2.1") {
			t.Error("an address is in the bundle")
		}
		stranger := newHouse(t, dbtest.SQLite(t))
		if r, err := verify(packed, evidence.BundleCheck{Log: stranger.desk.KeyText}); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func unpack(t testing.TB, packed []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func pack(t testing.TB, files map[string][]byte, more ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	names := slices.Collect(func(yield func(string) bool) {
		for n := range files {
			if !yield(n) {
				return
			}
		}
	})
	slices.Sort(names)
	for _, n := range append(names, more...) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write(files[n])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// forgeries are bundles of which something was changed, each with what has to name it.
func forgeries(t *testing.T, h *house) map[string][]byte {
	h.fill(12)
	h.sign()
	packed, _ := h.bundle(audit.Filter{})
	all := map[string][]byte{}
	forge := func(name string, change func(map[string][]byte)) {
		files := unpack(t, packed)
		change(files)
		all[name] = pack(t, files)
	}
	replace := func(file, old, new string) func(map[string][]byte) {
		return func(f map[string][]byte) {
			if !bytes.Contains(f[file], []byte(old)) {
				t.Fatalf("%s does not hold %q", file, old)
			}
			f[file] = bytes.Replace(f[file], []byte(old), []byte(new), 1)
		}
	}
	forge("an entry", replace("entries.ndjson", "srv_1", "srv_2"))
	forge("a number", replace("entries.ndjson", `"seq":4`, `"seq":3`))
	forge("a blank", replace("entries.ndjson", `"seq":4`, `"seq": 4`))
	forge("a key twice", replace("entries.ndjson", `"seq":4`, `"seq":4,"seq":4`))
	forge("an entry away", func(f map[string][]byte) {
		_, rest, _ := bytes.Cut(f["entries.ndjson"], []byte("\n"))
		f["entries.ndjson"] = rest
	})
	forge("an entry twice", func(f map[string][]byte) {
		first, _, _ := bytes.Cut(f["entries.ndjson"], []byte("\n"))
		f["entries.ndjson"] = slices.Concat(f["entries.ndjson"], first, []byte("\n"))
	})
	forge("a proof away", func(f map[string][]byte) { delete(f, "proofs/000000000003.tlog-proof") })
	forge("proofs swapped", func(f map[string][]byte) {
		a, b := "proofs/000000000003.tlog-proof", "proofs/000000000004.tlog-proof"
		f[a], f[b] = f[b], f[a]
	})
	forge("the size", replace("checkpoint", "\n12\n", "\n13\n"))
	forge("no checkpoint", func(f map[string][]byte) { delete(f, "checkpoint") })
	forge("no entries", func(f map[string][]byte) { delete(f, "entries.ndjson") })
	forge("a stranger", func(f map[string][]byte) { f["run.sh"] = []byte("rm -rf /") })
	return all
}

func TestForgedBundlesAreFound(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	for name, packed := range forgeries(t, h) {
		if r, err := verify(packed, evidence.BundleCheck{Log: h.desk.KeyText}); err == nil && r.OK() {
			t.Errorf("%s: verified %+v", name, r)
		}
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.fill(3)
	h.sign()
	packed, _ := h.bundle(audit.Filter{})
	files := unpack(t, packed)
	zeros := make([]byte, 80<<20)
	with := func(name string, text []byte) []byte {
		f := map[string][]byte{name: text}
		for n, b := range files {
			if n != name {
				f[n] = b
			}
		}
		return pack(t, f)
	}
	many := map[string][]byte{}
	for i := range 13_000 {
		many[fmt.Sprintf("proofs/%012d.tlog-proof", i)] = nil
	}
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"no zip":             []byte("hello, this is no zip file"),
		"cut":                packed[:len(packed)/2],
		"up":                 with("../../etc/passwd", []byte("x")),
		"absolute":           with("/etc/passwd", []byte("x")),
		"windows":            with(`..\x`, []byte("x")),
		"twice":              pack(t, files, "checkpoint"),
		"a bomb of entries":  with("entries.ndjson", zeros),
		"a bomb of a key":    with("log.vkey", zeros),
		"a bomb in a policy": with("policies/1.cedar", make([]byte, 2)),
		"many files":         pack(t, many),
		"a long line":        with("entries.ndjson", append([]byte(`{"seq":`), bytes.Repeat([]byte("1"), 70_000)...)),
		"many witnesses":     with("witnesses.vkey", bytes.Repeat([]byte("x\n"), 1000)),
	} {
		r, err := verify(b, evidence.BundleCheck{})
		if name == "a bomb in a policy" {
			if err != nil || !r.OK() {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
			continue
		}
		if err == nil || clientele.KindOf(err) == clientele.Internal {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func FuzzVerifyBundle(f *testing.F) {
	h := newHouse(f, dbtest.SQLite(f))
	h.fill(3)
	h.sign()
	packed, _ := h.bundle(audit.Filter{})
	f.Add(packed)
	want := h.desk.KeyText
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := evidence.VerifyBundle(bytes.NewReader(b), int64(len(b)), evidence.BundleCheck{Log: want}, func(e clientele.Entry) {
			if e.Seq > 2 || !strings.HasPrefix(e.Act, "service:") {
				t.Errorf("forged: %+v", e)
			}
		})
		if err != nil && clientele.KindOf(err) == clientele.Internal {
			t.Error(err)
		}
	})
}

// The reference verifier shares no code with ours, so the two check one another.
func TestTheReferenceVerifierAgrees(t *testing.T) {
	program := filepath.Join(t.TempDir(), "verify")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "docs", "verify")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(build.Dir, "main.go"))
	if n := bytes.Count(text, []byte("\n")); err != nil || n > 200 {
		t.Errorf("it has %d lines, %v", n, err)
	}
	run := func(packed []byte, keys ...string) (string, error) {
		file := filepath.Join(t.TempDir(), "bundle.zip")
		if err := os.WriteFile(file, packed, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(program, append([]string{file}, keys...)...).CombinedOutput()
		return string(out), err
	}
	h := newHouse(t, dbtest.SQLite(t))
	h.fill(9)
	h.sign()
	w := h.cosign()
	packed, _ := h.bundle(audit.Filter{})
	for _, keys := range [][]string{nil, {h.desk.KeyText, w.VerifierText()}} {
		if out, err := run(packed, keys...); err != nil || !strings.Contains(out, "VERIFIED: 9 entries") || !strings.Contains(out, "cosigned by w.example") {
			t.Errorf("%v: %s", err, out)
		}
	}
	h2 := newHouse(t, dbtest.SQLite(t))
	for name, packed := range forgeries(t, h2) {
		switch name {
		case "an entry away", "an entry twice", "a stranger", "no entries":
			continue // it checks what is there, and prints how much that is
		}
		if out, err := run(packed, h2.desk.KeyText); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}
