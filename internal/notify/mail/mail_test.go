package mail_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/html"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify/mail"
	"github.com/clientele/clientele/internal/notify/sendertest"
)

func message() notice.Message { return sendertest.Message("m-1", "orders") }

func send(t *testing.T, c mail.Config, m notice.Message) error {
	t.Helper()
	s, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Send(t.Context(), m)
}

func TestHostileMessagesArriveHarmless(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Channel {
		far := newServer(t, manner{})
		s, err := mail.New(far.config())
		if err != nil {
			t.Fatal(err)
		}
		return sendertest.Channel{Sender: s, Arrived: func() []sendertest.Arrival {
			var out []sendertest.Arrival
			for _, d := range far.take() {
				if !slices.Equal(d.to, []string{"ann@clientele.example"}) || d.from != "notices@clientele.example" {
					t.Errorf("it went from %q to %q", d.from, d.to)
				}
				out = append(out, read(t, d.data))
			}
			return out
		}}
	})
}

// headers are all that a mail has.
var headers = []string{"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Reply-To", "Subject", "To", "X-Auto-Response-Suppress"}

// read takes a mail apart as a mail client would.
func read(t *testing.T, data []byte) sendertest.Arrival {
	t.Helper()
	for line := range bytes.SplitSeq(data, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("a line has %d bytes: %.60q", len(line), line)
		}
	}
	m, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, values := range m.Header {
		names = append(names, name)
		if len(values) != 1 {
			t.Errorf("%s stands there %d times", name, len(values))
		}
	}
	if slices.Sort(names); !slices.Equal(names, headers) {
		t.Errorf("the headers are %q", names)
	}
	if got := m.Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted: %q", got)
	}
	a := sendertest.Arrival{Raw: data, ID: m.Header.Get("Message-Id")}
	if !regexp.MustCompile(`^<[A-Za-z0-9_-]+@clientele\.example>$`).MatchString(a.ID) {
		t.Errorf("the Message-ID is %q", a.ID)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "ann@clientele.example" || !strings.HasPrefix(to[0].Name, "Ann ") {
		t.Errorf("to %v (%v)", to, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || len([]rune(subject)) > 150 {
		t.Errorf("the subject is %q (%v)", subject, err)
	}
	a.Texts = append(a.Texts, subject)
	bodies(t, m, &a)
	return a
}

// bodies reads the two alternatives; the text comes first, since clients show the last they can.
func bodies(t *testing.T, m *netmail.Message, a *sendertest.Arrival) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("it is %q (%v)", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	var kinds []string
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e := p.Header.Get("Content-Transfer-Encoding"); e != "quoted-printable" {
			t.Errorf("a part is encoded as %q", e)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, strings.ToLower(p.Header.Get("Content-Type")))
		if len(kinds) == 1 {
			a.Texts = append(a.Texts, string(b))
		} else {
			page(t, string(b), a)
		}
	}
	if !slices.Equal(kinds, []string{"text/plain; charset=utf-8", "text/html; charset=utf-8"}) {
		t.Errorf("the parts are %q", kinds)
	}
}

// page reads HTML and allows it nothing that runs, loads or sends.
func page(t *testing.T, text string, a *sendertest.Arrival) {
	t.Helper()
	allowed := strings.Fields("html head meta title body h1 h2 p strong a ul li")
	attributes := strings.Fields("lang charset name content style href")
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		if z.Next() == html.ErrorToken {
			return
		}
		tok := z.Token()
		if tok.Type == html.TextToken {
			a.Texts = append(a.Texts, tok.Data)
			continue
		}
		if tok.Type != html.DoctypeToken && !slices.Contains(allowed, tok.Data) {
			t.Errorf("the page has %.200q", tok)
		}
		for _, at := range tok.Attr {
			if !slices.Contains(attributes, at.Key) || strings.Contains(at.Val, "url(") {
				t.Errorf("the page has %.200q", tok)
			}
			if at.Key == "href" {
				a.Links = append(a.Links, at.Val)
			}
		}
	}
}

func TestMailGoesOverTLSAndSignsIn(t *testing.T) {
	for _, mode := range []mail.TLS{mail.STARTTLS, mail.Implicit} {
		far := newServer(t, manner{implicit: mode == mail.Implicit, password: "hunter2"})
		c := far.config()
		c.Username, c.Password = "clientele", clientele.Secret("hunter2")
		if err := send(t, c, message()); err != nil {
			t.Errorf("%s: %v", mode, err)
			continue
		}
		got := far.take()
		if len(got) != 1 || !got[0].tls || got[0].user != "clientele" {
			t.Errorf("%s: arrived %+v", mode, got)
		}
	}
}

func TestRefusedSignInIsTemporaryAndTellsNoSecret(t *testing.T) {
	far := newServer(t, manner{password: "hunter2"})
	c := far.config()
	c.Username, c.Password = "clientele", clientele.Secret("wr0ng")
	err := send(t, c, message())
	if err == nil || !notice.AsFailure(err).Temporary || !strings.Contains(err.Error(), "535") || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("got %v", err)
	}
	if n := len(far.take()); n > 0 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestServerWithoutSTARTTLSGetsNothing(t *testing.T) {
	far := newServer(t, manner{noTLS: true, password: "hunter2"})
	c := far.config()
	c.Username, c.Password = "clientele", clientele.Secret("hunter2")
	if err := send(t, c, message()); err == nil || !notice.AsFailure(err).Temporary {
		t.Errorf("got %v", err)
	}
	if far.signIns.Load() != 0 || len(far.take()) > 0 {
		t.Error("it was told the password or the mail")
	}
}

func TestUnknownCertificateGetsNothing(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		far := newServer(t, manner{implicit: implicit, password: "hunter2"})
		c := far.config()
		c.Roots = x509.NewCertPool()
		c.Username, c.Password = "clientele", clientele.Secret("hunter2")
		if err := send(t, c, message()); err == nil || !notice.AsFailure(err).Temporary {
			t.Errorf("got %v", err)
		}
		if far.signIns.Load() != 0 || len(far.take()) > 0 {
			t.Error("it was told the password or the mail")
		}
	}
}

func TestAnswersAreSorted(t *testing.T) {
	for _, at := range []string{"MAIL", "RCPT", "DATA"} {
		for code, temporary := range map[int]bool{421: true, 450: true, 451: true, 452: true, 550: false, 552: false, 554: false} {
			far := newServer(t, manner{refuseAt: at, refusal: &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no\x1b[31m such mailbox"}})
			err := send(t, far.config(), message())
			var f *notice.Failure
			if !errors.As(err, &f) || f.Temporary != temporary {
				t.Errorf("%d at %s: got %v", code, at, err)
				continue
			}
			if !strings.Contains(err.Error(), "such mailbox") || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%d at %s: the error is %q", code, at, err)
			}
		}
	}
}

func TestSilentServerIsLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it accepts nothing, so nobody says a word
	c := mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "notices@clientele.example", Timeout: 100 * time.Millisecond}
	start := time.Now()
	if err := send(t, c, message()); err == nil || !notice.AsFailure(err).Temporary || time.Since(start) > 5*time.Second {
		t.Errorf("got %v after %s", err, time.Since(start))
	}
}

func TestServerThatStallsOverTheMailIsLeft(t *testing.T) {
	done := make(chan struct{})
	far := newServer(t, manner{stall: done, onStall: func() {}})
	defer close(done)
	c := far.config()
	c.Timeout = 300 * time.Millisecond
	start := time.Now()
	if err := send(t, c, message()); err == nil || !notice.AsFailure(err).Temporary || time.Since(start) > 5*time.Second {
		t.Errorf("got %v after %s", err, time.Since(start))
	}
}

func TestCancelledDeliveryEndsAtOnce(t *testing.T) {
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	far := newServer(t, manner{stall: done, onStall: cancel})
	defer close(done)
	c := far.config()
	c.Timeout = 20 * time.Second
	s, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	err = s.Send(ctx, message())
	if !errors.Is(err, context.Canceled) || !notice.AsFailure(err).Temporary || time.Since(start) > 10*time.Second {
		t.Errorf("got %v after %s", err, time.Since(start))
	}
}

// A mail that was taken must not be sent again because the server was rude afterwards.
func TestLostGoodbyeIsNoFailure(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go rude(l)
	c := mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: mail.Plain, From: "notices@clientele.example"}
	if err := send(t, c, message()); err != nil {
		t.Error(err)
	}
}

func TestPlainIsForThisMachineAlone(t *testing.T) {
	far := newServer(t, manner{noTLS: true})
	c := far.config()
	c.TLS = mail.Plain
	if err := send(t, c, message()); err != nil || len(far.take()) != 1 {
		t.Errorf("got %v", err)
	}
	c.Host = "mail.example"
	if _, err := mail.New(c); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestBadAddressIsPermanent(t *testing.T) {
	far := newServer(t, manner{})
	for _, bad := range []string{
		"", "ann", "ann@", "@clientele.example", "ann@clientele.example\r\nBcc: eve@example.net", "ann@clientele.example, eve@example.net",
		"Ann <ann@clientele.example>", "<ann@clientele.example>", "ann@clientele.example>\r\nDATA", `"a b"@clientele.example`, "ann@clientele.example\u202e", "ann @clientele.example", strings.Repeat("a", 400) + "@clientele.example",
	} {
		m := message()
		m.To.Email = bad
		if err := send(t, far.config(), m); err == nil || notice.AsFailure(err).Temporary {
			t.Errorf("%.60q: got %v", bad, err)
		}
	}
	if n := len(far.take()); n > 0 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestConfigurationsThatCannotBeAreRefused(t *testing.T) {
	good := mail.Config{Host: "mail.example", From: "Clientele <notices@clientele.example>"}
	if _, err := mail.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.Config){
		"no host":          func(c *mail.Config) { c.Host = "" },
		"a port too large": func(c *mail.Config) { c.Port = 70000 },
		"an unknown mode":  func(c *mail.Config) { c.TLS = "opportunistic" },
		"no sender":        func(c *mail.Config) { c.From = "" },
		"a bad reply-to":   func(c *mail.Config) { c.ReplyTo = "x\r\nBcc: y" },
		"no password":      func(c *mail.Config) { c.Username = "clientele" },
	} {
		c := good
		change(&c)
		if _, err := mail.New(c); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
