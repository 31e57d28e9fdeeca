package discover_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/fingerprint"
)

var testKey = func() fingerprint.Key {
	k, err := fingerprint.ParseKey("000102030405060708090a0b0c0d0e0f")
	if err != nil {
		panic(err)
	}
	return k
}()

func scan(t testing.TB, opts discover.Options, roots ...string) *discover.Result {
	t.Helper()
	opts.Roots, opts.Key = roots, testKey
	if opts.Decoders == nil {
		opts.Decoders = codec.All()
	}
	if opts.Home == "" {
		opts.Home = "/nobody"
	}
	res, err := discover.Scan(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// The gates: what is planted in the corpus of every decoder is found, and what only looks
// like a secret is not.
const (
	wantRecall = 0.98 // of literal, weak and obfuscated values
	maxFlagged = 0.02 // of references, placeholders, ciphertexts and other non-secrets
)

func TestRecall(t *testing.T) {
	dirs, err := filepath.Glob("../codec/*/testdata/EXPECT.tsv")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no corpus found", err)
	}
	sort.Strings(dirs)
	var found, planted, flagged, decoys int
	for _, d := range dirs {
		dir := filepath.Dir(d)
		f, p, fl, de := measure(t, dir)
		t.Logf("%-12s %4d of %4d found, %3d of %4d decoys flagged", filepath.Base(filepath.Dir(dir)), f, p, fl, de)
		found, planted, flagged, decoys = found+f, planted+p, flagged+fl, decoys+de
	}
	recall, wrong := float64(found)/float64(planted), float64(flagged)/float64(decoys)
	t.Logf("all: recall %.2f %% of %d, %.2f %% of %d decoys flagged", 100*recall, planted, 100*wrong, decoys)
	if recall < wantRecall {
		t.Errorf("recall %.2f %%, want at least %.0f %%", 100*recall, 100*wantRecall)
	}
	if wrong > maxFlagged {
		t.Errorf("%.2f %% of the decoys are flagged, want at most %.0f %%", 100*wrong, 100*maxFlagged)
	}
}

func measure(t *testing.T, dir string) (found, planted, flagged, decoys int) {
	corpus := filepath.Join(dir, "corpus")
	res := scan(t, discover.Options{NoGit: true, Browser: true}, corpus)
	for _, u := range res.Unreadable {
		t.Errorf("%s: could not read: %s", u.Path, u.Reason)
	}
	have := map[string]bool{}
	for _, c := range res.Clients {
		for _, cr := range c.Credentials {
			if cr.Class.Embedded() {
				have[cr.Location.File+"\x00"+cr.Fingerprint] = true
				if archive, _, ok := strings.Cut(cr.Location.File, "!/"); ok {
					have[archive+"\x00"+cr.Fingerprint] = true
				}
			}
		}
	}
	for _, e := range codectest.Expectations(t, dir) {
		is := have[e.File+"\x00"+testKey.Fingerprint(strings.TrimSpace(e.Value))]
		if decoded, err := url.QueryUnescape(e.Value); err == nil && !is {
			is = have[e.File+"\x00"+testKey.Fingerprint(decoded)]
		}
		switch clientele.Class(e.Class) {
		case "literal", "weak", "obfuscated":
			planted++
			if is {
				found++
			} else {
				t.Logf("  missed %s: %s %q", e.Class, e.File, e.Value)
			}
		default:
			decoys++
			if is {
				flagged++
				t.Logf("  flagged %s: %s %q", e.Class, e.File, e.Value)
			}
		}
	}
	return
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
