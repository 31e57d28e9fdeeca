package detect_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/clientele/clientele/internal/detect"
)

type example struct {
	Rule, Path         string
	Positive, Negative []string
}

func examples(t testing.TB) []example {
	t.Helper()
	b, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

var engine = sync.OnceValue(func() *detect.Engine {
	e, err := detect.New([]string{"schema.getpostman.com"})
	if err != nil {
		panic(err)
	}
	return e
})

// The rule set's own examples: what its authors say each rule must find.
func TestPublishedExamples(t *testing.T) {
	reported := map[string]bool{}
	for _, r := range engine().Rules() {
		reported[r.ID] = true
	}
	s := engine().Scanner()
	found, total := 0, 0
	for _, ex := range examples(t) {
		if !reported[ex.Rule] {
			continue // half of a pair: an id or a host name, no secret by itself
		}
		for _, text := range ex.Positive {
			total++
			if len(s.Scan(ex.Path, []byte(text))) > 0 {
				found++
			} else if testing.Verbose() {
				t.Logf("%s: nothing in %.200q", ex.Rule, text)
			}
		}
	}
	t.Logf("%d of %d published positives found (%.2f %%)", found, total, 100*float64(found)/float64(total))
	if total < 5000 || found*100 < total*95 {
		t.Errorf("%d of %d published positives found, want at least 95 %%", found, total)
	}
}

// Windows and anchors must not change what is found: each rule's expression over the whole
// text is the reference.
func TestSameAsWholeText(t *testing.T) {
	s := engine().Scanner()
	for _, ex := range examples(t) {
		if len(ex.Positive) == 0 {
			continue
		}
		text := []byte(strings.Repeat("x = 1;\n", 300) + ex.Positive[len(ex.Positive)-1] + "\n" + strings.Repeat("y\n", 900))
		got := map[string]bool{}
		for _, m := range s.Scan(ex.Path, text) {
			got[m.Rule.ID] = true
		}
		for _, r := range engine().Rules() {
			if r.ID != ex.Rule {
				continue
			}
			if regexp.MustCompile(r.Regex).Match(text) && len(got) == 0 && len(s.Scan(ex.Path, []byte(ex.Positive[len(ex.Positive)-1]))) > 0 {
				t.Errorf("%s: found alone, not in the middle of a file", ex.Rule)
			}
		}
	}
}

// A value that holds "false", begins with "true" or ends in "null" is as good a secret as
// any: the published allow-list, unanchored, lets all of them go.
func TestAllowListIsAnchored(t *testing.T) {
	s := engine().Scanner()
	for _, token := range []string{
		"ghp_k3Tr9falseWq7Zp2Lm5Xc8Vb1Nd4Hs6Jg0Qy", "ghp_k3Tr9Qx2Wq7Zp2Lm5Xc8Vb1Nd4Hs6Jg0null",
	} {
		if m := s.Scan("a.txt", []byte("token: "+token+"\n")); len(m) == 0 {
			t.Errorf("%s is not found", token)
		}
	}
	if m := s.Scan("a.txt", []byte("api_key = false\nsecret: null\n")); len(m) != 0 {
		t.Error("false and null are taken for secrets")
	}
}

func TestMarks(t *testing.T) {
	s := engine().Scanner()
	s.Scan("x", []byte("… https://SCHEMA.getpostman.com/json …"))
	n := 0
	s.Marks(func(m int) { n++ })
	if n != 1 {
		t.Errorf("%d marks, want 1", n)
	}
	s.Scan("x", []byte("nothing"))
	s.Marks(func(int) { t.Error("a mark remains from the text before") })
}

func FuzzScan(f *testing.F) {
	for i, ex := range examples(f) {
		if i%20 == 0 && len(ex.Positive) > 0 {
			f.Add([]byte(ex.Positive[0]))
		}
	}
	f.Add([]byte("curl -u \"" + strings.Repeat("a:", 4000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, m := range engine().Scanner().Scan("f", b) {
			if m.Start < 0 || m.End > len(b) || m.Start >= m.End {
				t.Fatalf("match %d:%d in %d bytes", m.Start, m.End, len(b))
			}
		}
	})
}
