package slack_test

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify/sendertest"
	"github.com/clientele/clientele/internal/notify/slack"
)

// server is a real server over TLS that answers as Slack does.
type server struct {
	*httptest.Server
	mu  sync.Mutex // guards got
	got [][]byte
}

func newServer(t *testing.T, answer http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		s.mu.Lock()
		s.got = append(s.got, body)
		s.mu.Unlock()
		if answer != nil {
			answer(w, req)
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) take() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

func (s *server) config() slack.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return slack.Config{URL: clientele.Secret(s.URL + "/services/T0/B0/s3cr3t"), Roots: roots}
}

func send(t *testing.T, c slack.Config, m notice.Message) error {
	t.Helper()
	s, err := slack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Send(t.Context(), m)
}

func message() notice.Message { return sendertest.Message("m-1", "orders") }

func TestHostileMessagesArriveHarmless(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Channel {
		far := newServer(t, nil)
		s, err := slack.New(far.config())
		if err != nil {
			t.Fatal(err)
		}
		return sendertest.Channel{Sender: s, Arrived: func() []sendertest.Arrival {
			var out []sendertest.Arrival
			for _, body := range far.take() {
				out = append(out, read(t, body))
			}
			return out
		}}
	})
}

// payload is what Slack takes, and nothing else.
type payload struct {
	Text   string
	Blocks []struct {
		Type     string
		BlockID  string `json:"block_id"`
		Text     *part
		Elements []part
	}
	UnfurlLinks *bool `json:"unfurl_links"`
	UnfurlMedia *bool `json:"unfurl_media"`
}

type part struct {
	Type, Text string
	Verbatim   bool
}

// read checks a payload against Slack's limits and takes it apart as Slack would.
func read(t *testing.T, body []byte) sendertest.Arrival {
	t.Helper()
	var p payload
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Fatal(err)
	}
	if len(p.Blocks) == 0 || len(p.Blocks) > 50 || length(p.Text) > 40_000 {
		t.Errorf("%d blocks, %d characters of text", len(p.Blocks), length(p.Text))
	}
	if p.UnfurlLinks == nil || *p.UnfurlLinks || p.UnfurlMedia == nil || *p.UnfurlMedia {
		t.Error("links are unfurled")
	}
	if m := regexp.MustCompile(`(^|\W)@\w|\]\(`).FindString(p.Text); m != "" && !strings.Contains(m, "<") {
		t.Errorf("the fallback text has %q, which Mattermost acts on", m)
	}
	a := sendertest.Arrival{Raw: body, ID: p.Blocks[0].BlockID}
	take(t, &a, p.Text)
	for _, b := range p.Blocks {
		parts := b.Elements
		if b.Text != nil {
			parts = append(parts, *b.Text)
		}
		for _, x := range parts {
			limit := map[string]int{"header": 150, "section": 3000, "context": 3000}[b.Type]
			if n := length(x.Text); n == 0 || n > limit {
				t.Errorf("a %s has %d characters", b.Type, n)
			}
			if x.Verbatim != (x.Type == "mrkdwn") {
				t.Errorf("a %s in %s is verbatim: %v", x.Type, b.Type, x.Verbatim)
			}
			take(t, &a, x.Text)
		}
	}
	return a
}

func length(s string) int { return len(utf16.Encode([]rune(s))) }

var (
	command = regexp.MustCompile(`<[^<>]*>`)
	link    = regexp.MustCompile(`^<(https://[^<>|\s]+)\|([^<>|]+)>$`)
	entity  = regexp.MustCompile(`&(amp|lt|gt);`)
)

// take finds the links and the text. Whatever else stands in angle brackets is a command.
func take(t *testing.T, a *sendertest.Arrival, text string) {
	t.Helper()
	for _, c := range command.FindAllString(text, -1) {
		m := link.FindStringSubmatch(c)
		if m == nil {
			t.Errorf("the text commands %.100q", c)
			continue
		}
		a.Links = append(a.Links, html.UnescapeString(m[1]))
		a.Texts = append(a.Texts, html.UnescapeString(m[2]))
	}
	rest := command.ReplaceAllString(text, "")
	if strings.ContainsAny(rest, "<>") || strings.Contains(entity.ReplaceAllString(rest, ""), "&") {
		t.Errorf("what Slack acts on is not escaped in %.200q", rest)
	}
	a.Texts = append(a.Texts, html.UnescapeString(rest))
}

func TestMemberIsMentioned(t *testing.T) {
	far := newServer(t, nil)
	m := message()
	m.To.SlackUser = "U02AB3CD4"
	if err := send(t, far.config(), m); err != nil {
		t.Fatal(err)
	}
	if body := string(far.take()[0]); !strings.Contains(body, `\u003c@U02AB3CD4\u003e`) {
		t.Errorf("nobody is mentioned in %s", body)
	}
}

func TestAnswersAreSorted(t *testing.T) {
	for _, c := range []struct {
		code   int
		answer string
		want   notice.Failure
	}{
		{200, "<html>sign in to the network", notice.Failure{Temporary: true}},
		{302, "", notice.Failure{}},
		{400, "invalid_payload", notice.Failure{}},
		{403, "action_prohibited", notice.Failure{}},
		{404, "no_service", notice.Failure{Disable: true}},
		{410, "channel_is_archived", notice.Failure{Disable: true}},
		{429, "rate_limited", notice.Failure{Temporary: true, RetryAfter: 30 * time.Second}},
		{500, "rollup_error", notice.Failure{Temporary: true}},
		{503, strings.Repeat("x", 1<<20), notice.Failure{Temporary: true}},
	} {
		far := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.code == 429 {
				w.Header().Set("Retry-After", "30")
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.code)
			_, _ = io.WriteString(w, c.answer)
		})
		err := send(t, far.config(), message())
		var f *notice.Failure
		if !errors.As(err, &f) || f.Temporary != c.want.Temporary || f.Disable != c.want.Disable || f.RetryAfter != c.want.RetryAfter {
			t.Errorf("%d: got %+v", c.code, f)
			continue
		}
		if said := strings.Contains(err.Error(), ": "+c.answer); said != (len(c.answer) < 64 && strings.Contains(c.answer, "_")) {
			t.Errorf("%d: the error is %q", c.code, err)
		}
		if n := len(far.take()); n != 1 {
			t.Errorf("%d: %d requests: a redirect was followed", c.code, n)
		}
	}
}

func TestErrorsDoNotNameTheAddress(t *testing.T) {
	far := newServer(t, nil)
	c := far.config()
	c.Roots = x509.NewCertPool()
	for range 2 {
		err := send(t, c, message())
		if err == nil || !notice.AsFailure(err).Temporary || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("got %v", err)
		}
		far.Close() // the second time there is no server at all
	}
	for _, bad := range []string{"", "hooks.slack.com/s3cr3t", "http://hooks.slack.example/s3cr3t", "https://a:s3cr3t@hooks.slack.example/", "https://x y/s3cr3t"} {
		_, err := slack.New(slack.Config{URL: clientele.Secret(bad)})
		if clientele.KindOf(err) != clientele.Invalid || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestSlowServerIsLeft(t *testing.T) {
	done := make(chan struct{})
	far := newServer(t, func(http.ResponseWriter, *http.Request) { <-done })
	defer close(done)
	c := far.config()
	c.Timeout = 100 * time.Millisecond
	if err := send(t, c, message()); err == nil || !notice.AsFailure(err).Temporary {
		t.Errorf("got %v", err)
	}
}
