package discover_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/judge"
)

var today = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestLoadSuppressions(t *testing.T) {
	const ok = "\n    reason: fictional values\n    until: 2026-12-31\n"
	for _, c := range []struct {
		name, text string
		want       int
		err        string // a part of it; empty: none
	}{
		{"one finding", "suppressions:\n  - finding: 3f0c1122" + ok, 1, ""},
		{"a finding that looks like a number", "suppressions:\n  - finding: 12345678" + ok, 1, ""},
		{"rule and file", "suppressions:\n  - rule: can-export\n    file: \"examples/**\"" + ok, 1, ""},
		{"empty file", "", 0, ""},
		{"comments", "# none\n", 0, ""},
		{"empty list", "suppressions: []\n", 0, ""},
		{"UTF-16", string(utf16Bytes("suppressions:\n  - finding: 3f0c1122"+ok, false, true)), 1, ""},
		{"today is the last day", "suppressions:\n  - finding: 3f0c1122\n    reason: x\n    until: 2026-03-01\n", 1, ""},
		{"run out", "suppressions:\n  - finding: 3f0c1122\n    reason: x\n    until: 2020-01-01\n", 1, ""},
		{"no reason", "suppressions:\n  - finding: 3f0c1122\n    until: 2026-12-31\n", 0, ":2: the reason"},
		{"blank reason", "suppressions:\n  - finding: 3f0c1122\n    reason: \"  \"\n    until: 2026-12-31\n", 0, "the reason"},
		{"no end", "suppressions:\n  - finding: 3f0c1122\n    reason: x\n", 0, "until"},
		{"an end that is no day", "suppressions:\n  - finding: 3f0c1122\n    reason: x\n    until: never\n", 0, "until"},
		{"an end that is no date", "suppressions:\n  - finding: 3f0c1122\n    reason: x\n    until: 2026-02-30\n", 0, "until"},
		{"an end too far off", "suppressions:\n  - finding: 3f0c1122\n    reason: x\n    until: 2028-01-01\n", 0, "a year"},
		{"unknown rule", "suppressions:\n  - rule: all\n    file: x" + ok, 0, "no rule"},
		{"rule without file", "suppressions:\n  - rule: can-export" + ok, 0, "which findings"},
		{"file without rule", "suppressions:\n  - file: x" + ok, 0, "which findings"},
		{"finding and rule", "suppressions:\n  - finding: 3f0c1122\n    rule: can-export\n    file: x" + ok, 0, "as well"},
		{"short prefix", "suppressions:\n  - finding: 3f0c" + ok, 0, "8 characters"},
		{"bad pattern", "suppressions:\n  - rule: can-export\n    file: \"a/[b/**\"" + ok, 0, "no pattern"},
		{"unknown field", "suppressions:\n  - finding: 3f0c1122\n    severity: low" + ok, 0, `"severity"`},
		{"no list", "suppressions: all\n", 0, "no list"},
		{"another name", "suppress:\n  - finding: 3f0c1122" + ok, 0, "no list"},
		{"an entry that is no map", "suppressions:\n  - 3f0c1122\n", 0, "which findings"},
		{"a second document", "suppressions: []\n---\nsuppressions:\n  - finding: 3f0c1122" + ok, 0, "one document"},
		{"no YAML", "suppressions: [\n", 0, "line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "s.yaml")
			writeBytes(t, file, []byte(c.text))
			list, err := judge.LoadSuppressions(file, today)
			if len(list) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%d entries and %v, want %d and %q", len(list), err, c.want, c.err)
			}
			if err != nil && clientele.KindOf(err) != clientele.Invalid {
				t.Errorf("%v is %s", err, clientele.KindOf(err))
			}
		})
	}
	dir := t.TempDir()
	if _, err := judge.LoadSuppressions(filepath.Join(dir, "none"), today); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := mkfifo(filepath.Join(dir, "pipe")); err == nil {
		if _, err := judge.LoadSuppressions(filepath.Join(dir, "pipe"), today); err == nil {
			t.Error("a pipe was read")
		}
	}
	writeBytes(t, filepath.Join(dir, "large"), []byte(strings.Repeat("#\n", 1<<20)))
	if _, err := judge.LoadSuppressions(filepath.Join(dir, "large"), today); clientele.KindOf(err) != clientele.Limit {
		t.Errorf("a large file: %v", err)
	}
}

func suppressed(t *testing.T, res *discover.Result, text string, now time.Time) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.yaml")
	writeBytes(t, file, []byte(text))
	list, err := judge.LoadSuppressions(file, today)
	if err != nil {
		t.Fatal(err)
	}
	return res.Suppress(list, now)
}

func TestSuppress(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"examples/deep/.env": canaryEnv, "app/.env": "DB_PASSWORD=" + secretA + "\n"})
	fresh := func() *discover.Result { return scan(t, discover.Options{NoGit: true}, dir) }
	marked := func(res *discover.Result) (n int) {
		for _, f := range res.Findings {
			if f.Suppressed != "" {
				n++
			}
		}
		return n
	}
	const byRule = "suppressions:\n  - rule: embedded-secret\n    file: \"examples/**\"\n    reason: fictional\n    until: 2026-03-01\n"

	t.Run("by rule and file", func(t *testing.T) {
		res := fresh()
		if notes := suppressed(t, res, byRule, today); len(notes) != 0 || marked(res) != 1 {
			t.Errorf("%d suppressed, notes %q", marked(res), notes)
		}
		for _, f := range res.Findings {
			if f.Suppressed != "" && (f.Suppressed != "fictional (until 2026-03-01)" || f.Rule != "embedded-secret" || !strings.HasPrefix(f.Location.File, "examples/")) {
				t.Errorf("%+v", f)
			}
		}
		for _, c := range res.Clients {
			if want := map[bool]clientele.Severity{true: clientele.Medium, false: clientele.High}[strings.HasPrefix(c.Files[0], "examples/")]; c.Risk != want {
				t.Errorf("%q: risk %s, want %s", c.Files, c.Risk, want)
			}
		}
	})
	t.Run("run out the day after", func(t *testing.T) {
		res := fresh()
		if notes := suppressed(t, res, byRule, today.AddDate(0, 0, 1)); len(notes) != 1 || !strings.Contains(notes[0], "line 2 ran out on 2026-03-01") || marked(res) != 0 {
			t.Errorf("%d suppressed, notes %q", marked(res), notes)
		}
	})
	t.Run("by a fingerprint's beginning", func(t *testing.T) {
		res := fresh()
		fp := res.Findings[0].Fingerprint
		notes := suppressed(t, res, "suppressions:\n  - finding: \""+fp[:8]+"\"\n    reason: x\n    until: 2026-12-31\n  - finding: \"0000000000\"\n    reason: x\n    until: 2026-12-31\n", today)
		if marked(res) != 1 || res.Findings[0].Suppressed == "" || len(notes) != 1 || !strings.Contains(notes[0], "line 5 fits no finding") {
			t.Errorf("%d suppressed, notes %q", marked(res), notes)
		}
	})
	t.Run("drop what is known", func(t *testing.T) {
		res := fresh()
		all, known := len(res.Findings), map[string]bool{}
		for _, f := range res.Findings {
			if strings.HasPrefix(f.Location.File, "examples/") {
				known[f.Fingerprint] = true
			}
		}
		if n := res.DropKnown(known); n != len(known) || n == 0 || len(res.Findings) != all-n {
			t.Errorf("%d dropped of %d, want %d", n, all, len(known))
		}
		for _, c := range res.Clients {
			if strings.HasPrefix(c.Files[0], "examples/") && c.Risk != clientele.Info {
				t.Errorf("%q: risk %s", c.Files, c.Risk)
			}
		}
		if n := res.DropKnown(nil); n != 0 {
			t.Errorf("%d dropped without a baseline", n)
		}
	})
}
