package witness_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
	"github.com/clientele/clientele/internal/witness"
)

func TestAWitnessFollowsAGrowingLog(t *testing.T) {
	w, l := setUp(t)
	at := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	w.config.Key.Now = func() time.Time { return at }
	var old int64
	for _, size := range []int64{0, 0, 1, 2, 7, 7, 8, 31, 40} {
		msg, err := w.Cosign(t.Context(), l.checkpoint(size), old, l.prove(size))
		if err != nil {
			t.Fatalf("from %d to %d: %v", old, size, err)
		}
		s, err := tlog.Open(msg, l.key.Verifier(), w.config.Key.Verifier())
		if err != nil || s.Size != size || len(s.Cosigned) != 1 || s.Cosigned[0] != (tlog.Cosigned{Witness: "w.example", Time: at}) {
			t.Fatalf("cosigned %+v, %v", s, err)
		}
		old = size
	}
}

func TestAnOlderCheckpointIsNeverCosignedAgain(t *testing.T) {
	w, l := setUp(t)
	for _, r := range []witness.Request{l.request(0, 10), l.request(10, 20)} {
		if _, err := w.Submit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []witness.Request{l.request(0, 10), l.request(10, 10), l.request(10, 20), l.request(0, 0), l.request(0, 30)} {
		lines, err := w.Submit(t.Context(), r)
		var conflict *witness.ConflictError
		if !errors.As(err, &conflict) || conflict.Size != 20 || clientele.KindOf(err) != clientele.Conflict {
			t.Errorf("from %d: %s, %v", r.Old, lines, err)
		}
	}
	_, err := w.Cosign(t.Context(), l.checkpoint(10), 10, l.prove(10))
	var conflict *witness.ConflictError
	if !errors.As(err, &conflict) || conflict.Size != 20 {
		t.Errorf("a log that fell back: %v", err)
	}
	if _, err := w.Submit(t.Context(), l.request(20, 20)); err != nil {
		t.Errorf("the same checkpoint again: %v", err)
	}
}

func TestAForkIsRefusedAndKept(t *testing.T) {
	w, l := setUp(t)
	fork := newLog(t, l.key, "forged", 40)
	if _, err := w.Submit(t.Context(), l.request(0, 10)); err != nil {
		t.Fatal(err)
	}
	lines, err := w.Submit(t.Context(), fork.request(10, 10))
	if !errors.Is(err, witness.ErrFork) {
		t.Errorf("another tree of one size: %s, %v", lines, err)
	}
	status, _, answer := w.post(fork.request(10, 20).Marshal())
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a fork that grew: %d %s", status, answer)
	}
	if got := w.known(l); got != 10 {
		t.Errorf("the witness moved to %d", got)
	}
	if _, err := w.Submit(t.Context(), l.request(10, 20)); err != nil {
		t.Errorf("the true log, afterwards: %v", err)
	}
	kept, err := filepath.Glob(filepath.Join(w.config.Dir, "*.fork"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("evidence %v, %v", kept, err)
	}
	evidence, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if s, err := tlog.Open(evidence, l.key.Verifier()); err != nil || s.Size != 10 {
		t.Errorf("the evidence is %+v, %v", s, err)
	}
}

func TestWhatAWitnessKnowsSurvivesAnyEnd(t *testing.T) {
	w, l := setUp(t)
	if _, err := w.Submit(t.Context(), l.request(0, 25)); err != nil {
		t.Fatal(err)
	}
	w.down()
	// What a crash in the middle of a write leaves: half a file that was not yet renamed.
	if err := os.WriteFile(filepath.Join(w.config.Dir, "0123.tmp456"), []byte("exam"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.up()
	if got := w.known(l); got != 25 {
		t.Errorf("after a restart the witness knows %d", got)
	}
	if _, err := w.Submit(t.Context(), newLog(t, l.key, "forged", 40).request(25, 25)); !errors.Is(err, witness.ErrFork) {
		t.Errorf("a fork after a restart: %v", err)
	}
	if _, err := w.Submit(t.Context(), l.request(25, 40)); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.config.Dir, "*.tmp*")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestAWitnessThatCannotReadItsStateDoesNotStartOver(t *testing.T) {
	w, l := setUp(t)
	if _, err := w.Submit(t.Context(), l.request(0, 25)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(w.config.Dir, strings.Repeat("?", 64)))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"empty":          nil,
		"cut":            whole[:20],
		"another's":      bytes.Replace(whole, []byte("example.com"), []byte("example.org"), 1),
		"a size of none": bytes.Replace(whole, []byte("\n25\n"), []byte("\n\n"), 1),
	} {
		if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, answer := w.post(l.request(0, 5).Marshal()); status != http.StatusInternalServerError || strings.Contains(answer, w.config.Dir) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	w.down()
	if s, err := witness.Open(w.config); err == nil {
		t.Error("started on damaged state", s.Close())
	}
	if err := os.WriteFile(files[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	w.up()
}

func TestAWitnessWhoseDirectoryIsLostCosignsNothing(t *testing.T) {
	w, l := setUp(t)
	if _, err := w.Submit(t.Context(), l.request(0, 10)); err != nil {
		t.Fatal(err)
	}
	refuses := func(when string) {
		for _, r := range []witness.Request{l.request(0, 5), l.request(0, 20), l.request(10, 20)} {
			if status, _, answer := w.post(r.Marshal()); status != http.StatusInternalServerError || strings.Contains(answer, "—") {
				t.Errorf("%s, from %d: %d %s", when, r.Old, status, answer)
			}
		}
	}
	moved := w.config.Dir + ".moved"
	if err := os.Rename(w.config.Dir, moved); err != nil {
		t.Fatal(err)
	}
	refuses("moved away")
	if err := os.Mkdir(w.config.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	refuses("an empty one in its place")
	if err := errors.Join(os.Remove(w.config.Dir), os.Rename(moved, w.config.Dir)); err != nil {
		t.Fatal(err)
	}
	if got := w.known(l); got != 10 {
		t.Errorf("the witness knows %d", got)
	}
}

func TestAWriteThatFailsIsNotCosigned(t *testing.T) {
	w, l := setUp(t)
	first := l.request(0, 10)
	if err := os.Rename(w.config.Dir, w.config.Dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if status, _, answer := w.post(first.Marshal()); status != http.StatusInternalServerError || strings.Contains(answer, "—") {
		t.Errorf("%d %s", status, answer)
	}
	if err := os.Rename(w.config.Dir+".moved", w.config.Dir); err != nil {
		t.Fatal(err)
	}
	if got := w.known(l); got != 0 {
		t.Errorf("the witness knows %d", got)
	}
}

func TestTwoWitnessesDoNotShareADirectory(t *testing.T) {
	w, _ := setUp(t)
	if s, err := witness.Open(w.config); err == nil {
		t.Error("a second one started", s.Close())
	}
}

func TestSubmissionsAtTheSameTimeNeverGoBack(t *testing.T) {
	w, l := setUp(t)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards largest
	var largest int64
	for i := range 8 {
		wg.Go(func() {
			for size := int64(i + 1); size <= 38; size += 3 {
				_, err := w.Cosign(t.Context(), l.checkpoint(size), 0, l.prove(size))
				var conflict *witness.ConflictError
				switch {
				case err == nil:
					mu.Lock()
					largest = max(largest, size)
					mu.Unlock()
				case !errors.As(err, &conflict):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := w.known(l); got != largest {
		t.Errorf("the witness knows %d after it cosigned %d", got, largest)
	}
	// All from nothing to different sizes: one of them wins.
	other := mustKey(t, tlog.TypeLog, origin)
	r := start(t, t.TempDir(), w.config.Key, other)
	l2 := newLog(t, other, "entry", 40)
	won := make(chan int64, 30)
	for i := range int64(30) {
		wg.Go(func() {
			if _, err := r.Submit(t.Context(), l2.request(0, i+1)); err == nil {
				won <- i + 1
			}
		})
	}
	wg.Wait()
	close(won)
	var all []int64
	for size := range won {
		all = append(all, size)
	}
	if len(all) != 1 || r.known(l2) != all[0] {
		t.Errorf("from nothing to %v at once, known is %d", all, r.known(l2))
	}
}

func TestTheAnswersAreThoseOfTheStandard(t *testing.T) {
	w, l := setUp(t)
	if _, err := w.Submit(t.Context(), l.request(0, 10)); err != nil {
		t.Fatal(err)
	}
	good := string(l.request(10, 20).Marshal())
	stranger := newLog(t, mustKey(t, tlog.TypeLog, origin), "entry", 40)
	proofLine := strings.SplitAfter(good, "\n")[1]
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"unknown log":           {strings.Replace(good, origin, "example.com/other", 1), 404},
		"signed by a stranger":  {string(stranger.request(10, 20).Marshal()), 403},
		"another size, signed":  {strings.Replace(good, "\n20\n", "\n21\n", 1), 403},
		"no signature":          {good[:strings.LastIndex(good, "—")], 400},
		"no checkpoint":         {"old 10\n", 400},
		"empty":                 {"", 400},
		"garbage":               {strings.Repeat("\n", 5000), 400},
		"old above the size":    {strings.Replace(good, "old 10", "old 21", 1), 400},
		"old with a zero":       {strings.Replace(good, "old 10", "old 010", 1), 400},
		"old below zero":        {strings.Replace(good, "old 10", "old -1", 1), 400},
		"old beyond 64 bits":    {strings.Replace(good, "old 10", "old 18446744073709551626", 1), 400},
		"old in the way":        {strings.Replace(good, "old 10", "old 9", 1), 409},
		"no proof":              {"old 10\n\n" + string(l.checkpoint(20)), 422},
		"a line too few":        {strings.Replace(good, proofLine, "", 1), 422},
		"a line too many":       {strings.Replace(good, proofLine, proofLine+proofLine, 1), 422},
		"64 lines":              {strings.Replace(good, proofLine, strings.Repeat(proofLine, 64), 1), 400},
		"a broken line":         {strings.Replace(good, proofLine, proofLine[1:], 1), 400},
		"longer than is read":   {good + strings.Repeat("— x AAAAAAA=\n", 20000), 413},
		"with strangers' lines": {good + "— other.example AAAAAAA=\n", 200},
	} {
		status, contentType, answer := w.post([]byte(c.body))
		if status != c.want || (status == 200) != strings.HasPrefix(answer, "— w.example ") {
			t.Errorf("%s: %d %q, want %d", name, status, answer, c.want)
		}
		if status == 409 && (contentType != "text/x.tlog.size" || answer != "10\n") {
			t.Errorf("%s: %s %q", name, contentType, answer)
		}
		if status == 200 { // the only one that moves the witness on: go back to before it
			w.down()
			if err := os.RemoveAll(w.config.Dir); err != nil {
				t.Fatal(err)
			}
			w.up()
			if _, err := w.Submit(t.Context(), l.request(0, 10)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path, want := range map[string]int{"/add-checkpoint": 405, "/": 404, "/other": 404} {
		resp, err := w.http.Client().Get(w.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s: %s", path, resp.Status)
		}
	}
}

func TestTheEmptyTreeHasOneRoot(t *testing.T) {
	w, l := setUp(t)
	bad, err := tlog.Sign(tlog.Checkpoint{Origin: origin, Root: tlog.LeafHash(nil)}, l.key)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, answer := w.post(witness.Request{Checkpoint: bad}.Marshal()); status != 422 {
		t.Errorf("%d %s", status, answer)
	}
	withProof := l.request(0, 5)
	withProof.Proof = []tlog.Hash{tlog.EmptyRoot()}
	if status, _, answer := w.post(withProof.Marshal()); status != 422 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestTheStatesOfALogOfOthersAreWitnessed(t *testing.T) {
	// The requests of filippo.io/torchwood internal/witness/witness_test.go, made with Sigsum.
	const log = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
	steps := []string{
		"old 0\n\n" + log + "\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— " + log + " UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n",
		"old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\nKgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + log + "\n5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n— " + log + " UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=\n",
	}
	w := &running{t: t, config: witness.Config{
		Dir: t.TempDir(), Key: mustKey(t, tlog.TypeWitness, "w.example"),
		Logs: []witness.Log{{Origin: log, Keys: []string{log + "+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP"}}},
	}}
	w.up()
	t.Cleanup(w.down)
	for _, body := range steps {
		req, err := witness.ParseRequest([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
}

func TestABadConfigurationIsRefused(t *testing.T) {
	log, key := mustKey(t, tlog.TypeLog, origin), mustKey(t, tlog.TypeWitness, "w.example")
	one := witness.Log{Keys: []string{log.VerifierText()}}
	for name, c := range map[string]witness.Config{
		"no key":      {Logs: []witness.Log{one}},
		"a log's key": {Key: log, Logs: []witness.Log{one}},
		"no log key":  {Key: key, Logs: []witness.Log{{Origin: "x"}}},
		"a bad key":   {Key: key, Logs: []witness.Log{{Origin: "x", Keys: []string{"x"}}}},
		"twice":       {Key: key, Logs: []witness.Log{one, one}},
	} {
		c.Dir = t.TempDir()
		if s, err := witness.Open(c); err == nil || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if s, err := witness.Open(witness.Config{Dir: filepath.Join(t.TempDir(), "a\x00b"), Key: key}); err == nil {
		t.Error("opened an impossible directory", s.Close())
	}
}

func FuzzParseRequest(f *testing.F) {
	l := newLog(f, mustKey(f, tlog.TypeLog, origin), "entry", 40)
	f.Add(l.request(10, 20).Marshal())
	f.Add([]byte("old 0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := witness.ParseRequest(b)
		if err == nil && !bytes.Equal(r.Marshal(), b) {
			t.Errorf("%q is read as %+v", b, r)
		}
	})
}
