package judge_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele/internal/judge"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a.json", "a.json", true}, {"a.json", "b/a.json", false}, {"*.json", "a.json", true}, {"*.json", "b/a.json", false},
		{"**/*.json", "a.json", true}, {"**/*.json", "b/c/a.json", true}, {"**", "a/b/c", true}, {"a/**", "a/b/c", true}, {"a/**", "ab/c", false}, {"a/**", "a", true},
		{"a/**/c", "a/c", true}, {"a/**/c", "a/b/b/c", true}, {"a/**/c", "a/b/c/d", false}, {"**/b/**/d", "a/b/c/b/d", true}, {"**/b/*", "b/c/b/d", true}, {"**/a/b", "a/a/b", true},
		{"a/?.env", "a/x.env", true}, {"[ab]/x", "b/x", true}, {"[ab]/x", "c/x", false}, {"", "a", false}, {"A", "a", false}, {"/a", "/a", true}, {"**/x.zip!/**", "d/x.zip!/a/b", true},
		{strings.Repeat("**/a/", 40) + "b", strings.Repeat("a/", 200) + "c", false}, // and soon
	} {
		if got := judge.MatchGlob(c.pattern, c.name); got != c.want {
			t.Errorf("%q with %q: %v", c.pattern, c.name, got)
		}
	}
}
