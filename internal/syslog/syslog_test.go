package syslog_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/syslog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a strict syslog server. It may hang up after a number of messages.
type receiver struct {
	net.Listener
	t      *testing.T
	hangUp atomic.Int32

	mu    sync.Mutex // guards the fields below
	got   []parsed
	conns []net.Conn
	wg    sync.WaitGroup
}

func receive(t *testing.T, l net.Listener, hangUp int) *receiver {
	r := &receiver{Listener: l, t: t}
	r.hangUp.Store(int32(hangUp))
	r.wg.Go(r.accept)
	t.Cleanup(func() {
		l.Close()
		r.mu.Lock()
		for _, c := range r.conns {
			c.Close()
		}
		r.mu.Unlock()
		r.wg.Wait()
	})
	return r
}

func (r *receiver) accept() {
	for {
		c, err := r.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conns = append(r.conns, c)
		r.mu.Unlock()
		r.wg.Go(func() { r.serve(c) })
	}
}

func (r *receiver) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for n := int32(1); ; n++ {
		p, err := frame(in)
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			if r.hangUp.Load() == 0 && !strings.Contains(err.Error(), "reset") {
				r.t.Error(err)
			}
			return
		}
		r.mu.Lock()
		r.got = append(r.got, p)
		r.mu.Unlock()
		if n == r.hangUp.Load() {
			return
		}
	}
}

// texts are the different texts that arrived, in the order of their first arrival.
func (r *receiver) texts() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]bool{}
	for _, p := range r.got {
		if !seen[p.text] {
			out = append(out, p.text)
		}
		seen[p.text] = true
	}
	return out
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond) // between polls
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// listenTLS has a certificate of httptest's own, for 127.0.0.1.
func listenTLS(t *testing.T) (net.Listener, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return tls.NewListener(listen(t), &tls.Config{Certificates: s.TLS.Certificates}), pool
}

func open(t *testing.T, c syslog.Config) *syslog.Sender {
	t.Helper()
	s, err := syslog.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func message(text string) syslog.Message {
	return syslog.Message{
		Facility: syslog.Audit, Severity: syslog.Notice, Time: time.Date(2026, 3, 3, 9, 0, 0, 123456000, time.UTC),
		Host: "clientele.example", App: "clientele", ID: "client:suspend", Text: text,
		Data: []syslog.Element{{ID: "entry@32473", Params: []syslog.Param{{Name: "seq", Value: "7"}}}},
	}
}

func messages(from, to int) (out []syslog.Message) {
	for i := from; i < to; i++ {
		out = append(out, message(fmt.Sprint("m", i)))
	}
	return out
}

func TestMessageIsWrittenAsTheStandardHasIt(t *testing.T) {
	got := string(message(`{"a":1}`).Append(nil))
	want := "<109>1 2026-03-03T09:00:00.123456Z clientele.example clientele - client:suspend [entry@32473 seq=\"7\"] \ufeff{\"a\":1}"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := string(syslog.Message{}.Append(nil)); got != "<0>1 - - - - - -" {
		t.Errorf("%q", got)
	}
}

var hostile = []string{
	"", "\x00", "a\nb", "<13>1 - - - - - - forged", `"] [x y="z`, `\`, `\"`, "]", "a b", "\xff\xfe", "\ufeff", "\u2028", strings.Repeat("x", 100<<10),
	strings.Repeat("é", 70000), "\u202eevil", "a=b", "日本語",
}

func TestHostileTextStaysWhereItIs(t *testing.T) {
	for _, h := range hostile {
		m := syslog.Message{
			Facility: 99, Severity: -3, Time: time.Now(), Host: h, App: h, Proc: h, ID: h, Text: h,
			Data: []syslog.Element{{ID: h, Params: []syslog.Param{{Name: h, Value: h}}}, {ID: h}, {ID: "last"}},
		}
		p, err := parse(m.Append(nil))
		if err != nil {
			t.Errorf("%.40q: %v", h, err)
		}
		if strings.ContainsFunc(p.text, func(r rune) bool { return r < ' ' }) {
			t.Errorf("%.40q: control character in %.40q", h, p.text)
		}
	}
}

func TestValuesArriveAsTheyWere(t *testing.T) {
	for _, v := range []string{`C:\temp`, `say "hi" [now]`, "日本語", `\]\"`} {
		m := message(v)
		m.Data[0].Params[0].Value = v
		p, err := parse(m.Append(nil))
		if err != nil || p.text != v || p.data["entry@32473"]["seq"] != v {
			t.Errorf("%q: %+v %v", v, p, err)
		}
	}
}

func FuzzWhateverIsWrittenParses(f *testing.F) {
	for _, h := range hostile {
		h = h[:min(len(h), 64)]
		f.Add(int64(0), 13, h, h, h)
	}
	f.Fuzz(func(t *testing.T, at int64, pri int, field, value, text string) {
		m := syslog.Message{
			Facility: syslog.Facility(pri), Severity: syslog.Severity(pri), Time: time.UnixMicro(at), Host: field, App: value, Proc: text, ID: field, Text: text,
			Data: []syslog.Element{{ID: field, Params: []syslog.Param{{Name: value, Value: value}, {Name: "text", Value: text}}}, {ID: value}},
		}
		p, err := parse(m.Append(nil))
		if err != nil {
			t.Fatalf("%v: %q", err, m.Append(nil))
		}
		if utf := strings.ToValidUTF8(text, "\ufffd"); !strings.ContainsFunc(utf, func(r rune) bool {
			return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff
		}) && p.text != utf {
			t.Fatalf("text %q became %q", text, p.text)
		}
	})
}

func TestMessagesArriveInOrder(t *testing.T) {
	overTLS, pool := listenTLS(t)
	for name, l := range map[string]net.Listener{"tls": overTLS, "tcp": listen(t)} {
		t.Run(name, func(t *testing.T) {
			r := receive(t, l, 0)
			s := open(t, syslog.Config{Transport: syslog.Transport(name), Address: l.Addr().String(), Roots: pool})
			for i := range 10 {
				if err := s.Send(t.Context(), messages(i*10, i*10+10)); err != nil {
					t.Fatal(err)
				}
			}
			await(t, "a hundred messages", func() bool { return len(r.texts()) == 100 })
			for i, text := range r.texts() {
				if text != fmt.Sprint("m", i) {
					t.Fatalf("%d is %s", i, text)
				}
			}
		})
	}
}

func TestDatagramsArriveOneEach(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := open(t, syslog.Config{Transport: syslog.UDP, Address: c.LocalAddr().String()})
	for _, text := range []string{"short", strings.Repeat("é", 50000)} {
		if err := s.Send(t.Context(), []syslog.Message{message(text)}); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1<<16)
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := c.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := parse(b[:n]); err != nil || !strings.HasPrefix(text, p.text) || len(p.text) < min(len(text), 50000) {
			t.Errorf("%.20s: %v, %d bytes", text, err, len(p.text))
		}
	}
}

func TestStrangersAreNotTrusted(t *testing.T) {
	l, _ := listenTLS(t)
	r := receive(t, l, 1)
	s := open(t, syslog.Config{Address: l.Addr().String(), Roots: x509.NewCertPool()})
	if err := s.Send(t.Context(), messages(0, 1)); clientele.KindOf(err) != clientele.Unavailable || len(r.texts()) != 0 {
		t.Fatalf("%v", err)
	}
}

// The receiver hangs up after every third message, in the middle of batches. Whoever sends a
// batch again until it is taken loses nothing.
func TestNothingIsLostWhenTheReceiverHangsUp(t *testing.T) {
	l, pool := listenTLS(t)
	r := receive(t, l, 3)
	s := open(t, syslog.Config{Address: l.Addr().String(), Roots: pool})
	for i := range 5 {
		await(t, "a batch to go out", func() bool { return s.Send(t.Context(), messages(i, i+1)) == nil })
	}
	r.hangUp.Store(0)
	await(t, "all to arrive", func() bool {
		_ = s.Send(t.Context(), messages(5, 6))
		return len(r.texts()) == 6
	})
}

func TestReceiverThatDoesNotReadIsGivenUp(t *testing.T) {
	l := listen(t)
	defer l.Close()
	s := open(t, syslog.Config{Transport: syslog.TCP, Address: l.Addr().String(), Timeout: 50 * time.Millisecond})
	big := message(strings.Repeat("x", 200<<10))
	await(t, "an error", func() bool { return s.Send(t.Context(), []syslog.Message{big, big, big, big}) != nil })
}

func TestSendObeysItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := open(t, syslog.Config{Transport: syslog.TCP, Address: listen(t).Addr().String()})
	if err := s.Send(ctx, messages(0, 1)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for _, c := range []syslog.Config{
		{}, {Address: ":6514"}, {Address: "host:0"}, {Address: "host:70000"}, {Address: "host:syslog-tls"}, {Transport: "smoke", Address: "host:1"},
	} {
		if _, err := syslog.New(c); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, address := range []string{"host", "host:6514", "192.0.2.1", "2001:db8::1", "[2001:db8::1]:6514"} {
		if _, err := syslog.New(syslog.Config{Address: address}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
