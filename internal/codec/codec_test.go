package codec_test

import (
	"slices"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestTableIsSound(t *testing.T) {
	names := map[string]bool{}
	for _, d := range codec.All() {
		if names[d.Name] {
			t.Errorf("two decoders are named %q", d.Name)
		}
		names[d.Name] = true
		if len(d.Paths) == 0 && len(d.Marks) == 0 {
			t.Errorf("%s: nothing brings a file to it", d.Name)
		}
		for _, m := range d.Marks {
			if len(m) < 5 {
				t.Errorf("%s: mark %q is too short to be rare", d.Name, m)
			}
		}
		if d.Decode == nil {
			t.Errorf("%s has no Decode", d.Name)
		}
	}
}

// The index must find what trying every pattern finds.
func TestByPath(t *testing.T) {
	patterns := []string{"*.bru", ".netrc", ".aws/credentials", "*.postman_collection.json", ".env.*", "*cert*.json", ".github/workflows/*.y*ml", "[Dd]ockerfile"}
	var all []clientele.Decoder
	for _, p := range patterns {
		all = append(all, clientele.Decoder{Name: p, Paths: []string{p}})
	}
	table := codec.New(all)
	for _, name := range []string{
		"/repo/a/Get user.BRU", "/home/x/.netrc", "netrc", "/x/.netrc.bak", "/home/u/.aws/credentials", "credentials", ".aws/credentials", "/home/u/aws/credentials", "/x.aws/credentials",
		"a.postman_collection.json", "/r/.env.local", "/r/x.env.local", "/r/my-certs.json", "/r/.github/workflows/ci.yaml", "/r/github/workflows/ci.yml", "/r/Dockerfile", "dockerfile",
	} {
		var got, want []int
		table.ByPath(name, func(d int) { got = append(got, d) })
		for i, p := range patterns {
			if codectest.MatchPath(p, name) {
				want = append(want, i)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", name, got, want)
		}
	}
}

func TestMarksBelongToTheirDecoders(t *testing.T) {
	table := codec.New(codec.All())
	for i, m := range table.Marks() {
		if d := table.Decoder(table.ByMark(i)); !slices.Contains(d.Marks, m) {
			t.Errorf("mark %q leads to %s", m, d.Name)
		}
	}
}
