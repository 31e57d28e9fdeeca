package notice_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
)

var update = flag.Bool("update", false, "write the golden files")

func message() notice.Message {
	at := time.Date(2026, 2, 17, 9, 30, 0, 0, time.FixedZone("CET", 3600))
	return notice.Message{
		ID: "m-1", Kind: "review.due", At: at,
		To:      notice.Recipient{Name: "Ann Ode", Email: "ann@clientele.example"},
		Subject: "Review orders-export",
		Lines:   []string{"orders-export reads & exports <orders> in production.", "It was last used 40 days ago."},
		Act: &notice.Act{
			Ask: "keep, narrow or retire orders-export", Until: at.Add(14 * 24 * time.Hour), Otherwise: "it is suspended",
			Label: "Review orders-export", URL: "https://clientele.example/reviews/7?from=notice&step=1",
		},
		More: []notice.Link{{Label: "Evidence", URL: "https://clientele.example/clients/1"}},
	}
}

func digest() notice.Message {
	m := message()
	m.ID, m.Subject, m.Act = "m-2", "Three reviews wait for you", nil
	m.Lines = nil
	for _, name := range []string{"orders-export", "billing-sync", "crm-import"} {
		item := message()
		item.Subject, item.More = "Review "+name, nil
		item.Act.Ask, item.Act.Label = "keep, narrow or retire "+name, "Review "+name
		m.Digest = append(m.Digest, item)
	}
	return m
}

func letter(t *testing.T, m notice.Message) notice.Letter {
	t.Helper()
	l, err := m.Letter()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// forms are all forms of a letter, by the names of their golden files.
func forms(t *testing.T, l notice.Letter) map[string]string {
	t.Helper()
	page, err := l.HTML()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{"txt": l.Text(), "html": page}
	for name, form := range map[string]func() ([]byte, error){"slack.json": l.Slack, "json": l.JSON} {
		b, err := form()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(b) + "\n"
	}
	return out
}

func TestFormsAreAsTheyWere(t *testing.T) {
	for stem, m := range map[string]notice.Message{"one": message(), "digest": digest()} {
		for name, got := range forms(t, letter(t, m)) {
			file := filepath.Join("testdata", stem+"."+name)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: got\n%s", file, got)
			}
		}
	}
}

func TestTimeLeftIsTold(t *testing.T) {
	for left, want := range map[time.Duration]string{
		14 * 24 * time.Hour: "14 days from this notice", 49 * time.Hour: "2 days from this notice", 47 * time.Hour: "47 hours from this notice",
		119 * time.Minute: "119 minutes from this notice", 0: "overdue", -time.Hour: "overdue",
	} {
		m := message()
		m.Act.Until = m.At.Add(left)
		if got := letter(t, m).Text(); !strings.Contains(got, "UTC ("+want+"); otherwise it is suspended.") {
			t.Errorf("%s: got %s", left, got)
		}
	}
}

func TestTextIsShownAsItIs(t *testing.T) {
	for in, want := range map[string]string{
		" a \t b\r\n c ":          "a b c",
		"a\u202eb":                `a\u202eb`,
		"a\x1b[31mb\x00":          `a\x1b[31mb\x00`,
		"a\xffb":                  `a\xffb`,
		"caf\u00e9 注文 הזמנות":     "caf\u00e9 注文 הזמנות",
		"👩\u200d💻":                "👩\u200d💻",
		"pay\u200dpal":            `pay\u200dpal`,
		"\u200d注":                 `\u200d注`,
		"a\u00a0\u2003\u2028b":    "a b",
		strings.Repeat("x", 150):  strings.Repeat("x", 150),
		strings.Repeat("x", 151):  strings.Repeat("x", 149) + "…",
		strings.Repeat("🚀", 1000): strings.Repeat("🚀", 149) + "…",
	} {
		m := message()
		m.Subject = in
		if got := letter(t, m).Subject(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAddressesThatAreNoneAreLeftOut(t *testing.T) {
	for _, bad := range []string{
		"", "/relative", "//eve.example", "javascript:alert(1)", "data:text/html,x", "ftp://eve.example", "https://", "https://a:b@eve.example",
		"https://eve.example/\r\nx", "https://eve.example/ x", `https://eve.example/"x`, "https://eve.example/|x", "https://eve.example/<x>", "https://eve.example/`x", "https://évé.example",
		"https://eve.example/" + strings.Repeat("x", 2000), "https://eve.example/" + strings.Repeat("&", 500),
	} {
		m := message()
		m.More = []notice.Link{{Label: "Evil", URL: bad}}
		for name, form := range forms(t, letter(t, m)) {
			if strings.Contains(form, "Evil") {
				t.Errorf("%s offers %q", name, bad)
			}
		}
		m.Act.URL = bad
		if _, err := m.Letter(); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("an act at %q: got %v", bad, err)
		}
	}
}

func TestRetryAfterIsRead(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0, "9999999999": 24 * time.Hour,
		"Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second, "Sun, 01 Mar 2026 11:00:00 GMT": 0, "Sun, 01 Mar 2099 11:00:00 GMT": 24 * time.Hour,
	} {
		if got := notice.RetryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// FuzzForms puts any text into every place and reads every form.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"orders", "\r\n", "<!channel>", "\u202e\u2066", "{{.}}", "\xff\u200d", "](@x|", strings.Repeat("<&>", 2000)} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		m := message()
		m.ID, m.Subject, m.To.Name, m.To.SlackUser = m.ID+s, "s"+s, s, s
		m.Lines = []string{s, s + s}
		m.Act.Ask, m.Act.Otherwise, m.Act.Label = "a"+s, "o"+s, "l"+s
		m.More = []notice.Link{{Label: s, URL: s}, {Label: s, URL: "https://clientele.example/" + s}}
		for range min(max(n, 0), 60) {
			m.Digest = append(m.Digest, m)
			m.Digest[len(m.Digest)-1].Digest = nil
		}
		l, err := m.Letter()
		if err != nil {
			t.Fatal(err)
		}
		for name, form := range forms(t, l) {
			if !utf8.ValidString(form) || strings.ContainsFunc(form, acts) {
				t.Errorf("%s holds %q", name, form)
			}
			if strings.Contains(form, "<!") && !strings.HasPrefix(form, "<!DOCTYPE html>\n<html") && name != "txt" {
				t.Errorf("%s holds a command: %q", name, form)
			}
		}
		inSlack(t, l)
	})
}

func acts(r rune) bool {
	return r != '\n' && r != 0x200c && r != 0x200d && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// inSlack holds a letter against the limits of Slack.
func inSlack(t *testing.T, l notice.Letter) {
	t.Helper()
	b, err := l.Slack()
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Blocks []struct {
			Type string
			Text struct{ Text string }
		}
	}
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Blocks) > 50 {
		t.Errorf("%d blocks", len(p.Blocks))
	}
	for _, k := range p.Blocks {
		n := 0
		for _, r := range k.Text.Text {
			if n++; r > 0xffff {
				n++
			}
		}
		if n > 3000 || k.Type == "header" && n > 150 || strings.Contains(k.Text.Text, "<!") || strings.Contains(k.Text.Text, "<@") {
			t.Errorf("a %s of %d characters: %.200q", k.Type, n, k.Text.Text)
		}
	}
}

func TestDigestCountsTimeFromItself(t *testing.T) {
	m := digest()
	m.At = m.At.Add(10 * 24 * time.Hour) // the items are older than the notice
	if got := letter(t, m).Text(); strings.Count(got, "(4 days from this notice)") != 3 {
		t.Errorf("got %s", got)
	}
}

// BenchmarkForms is the worst message there can be, in all its forms.
func BenchmarkForms(b *testing.B) {
	m := message()
	s := strings.Repeat("<\u202e&🚀", 25_000)
	m.Lines, m.To.Name = []string{s, s, s, s, s, s, s, s, s, s, s, s}, s
	m.Act.Ask, m.Act.Otherwise = s, s
	for range 25 {
		m.Digest = append(m.Digest, m)
		m.Digest[len(m.Digest)-1].Digest = nil
	}
	for b.Loop() {
		l, err := m.Letter()
		if err != nil {
			b.Fatal(err)
		}
		_ = l.Text()
		if _, err := l.HTML(); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Slack(); err != nil {
			b.Fatal(err)
		}
		if _, err := l.JSON(); err != nil {
			b.Fatal(err)
		}
	}
}
