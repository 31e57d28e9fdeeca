package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/cli"
	"github.com/clientele/clientele/internal/codec/codectest"
)

// corpusParts decodes a file of the corpus with its neighbours at hand.
func corpusParts(t *testing.T, name string) []clientele.Part {
	t.Helper()
	disk := filepath.Join("testdata/corpus", filepath.FromSlash(name))
	data, err := os.ReadFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	f := clientele.File{Path: name, Data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), Sibling: func(s string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(disk), filepath.FromSlash(s)))
	}}
	var all []clientele.Part
	for _, d := range cli.Decoders {
		if codectest.Matches(d, f) {
			parts, _ := d.Decode(f)
			all = append(all, parts...)
		}
	}
	return all
}

// The suite checks that each planted value is seen; this, that what the structure decides of
// it is decided rightly.
func TestClassesAreThoseOfTheCorpus(t *testing.T) {
	checked := 0
	for _, e := range codectest.Expectations(t, "testdata") {
		for _, p := range corpusParts(t, e.File) {
			for _, s := range p.Slots {
				if s.Value.Reveal() != e.Value {
					continue
				}
				checked++
				sealed, found := s.Class == clientele.Encrypted, s.Class == clientele.Obfuscated
				if sealed != (e.Class == "encrypted") || found != (e.Class == "obfuscated") {
					t.Errorf("%s: %s %s is planted as %s and has class %q", e.File, strings.Join(s.Chain, " › "), s.Name, e.Class, s.Class)
				}
				if s.Class == clientele.Reference && e.Class != "reference" {
					t.Errorf("%s: %s %s is planted as %s and has class reference", e.File, strings.Join(s.Chain, " › "), s.Name, e.Class)
				}
				if s.Line == 0 {
					t.Errorf("%s: %s %s has no line", e.File, strings.Join(s.Chain, " › "), s.Name)
				}
			}
		}
	}
	if checked < 400 {
		t.Errorf("only %d values stand in slots of their own", checked)
	}
}

// No name that goes into a client's id, and no chain, may hold what was planted as a secret.
func TestNoKeyNameOrChainHoldsAPlantedSecret(t *testing.T) {
	for _, e := range codectest.Expectations(t, "testdata") {
		if e.Class != "literal" && e.Class != "obfuscated" || len(e.Value) < 12 {
			continue
		}
		for _, p := range corpusParts(t, e.File) {
			places := []string{p.Name, p.Bind.Key, p.ExternalID}
			for _, s := range p.Slots {
				places = append(append(places, s.Name, s.Principal), s.Chain...)
			}
			for _, r := range p.Requests {
				places = append(places, r.Chain...)
			}
			for _, id := range p.Identities {
				places = append(append(places, id.Principal), id.Location.Path...)
			}
			for _, s := range places {
				if strings.Contains(s, e.Value) {
					t.Errorf("%s: a secret stands in the name or chain %.12q…", e.File, s)
				}
			}
		}
	}
}
