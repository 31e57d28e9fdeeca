package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify/sendertest"
	"github.com/clientele/clientele/internal/notify/webhook"
)

func secret(b string) clientele.Plaintext {
	return clientele.Secret("whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(b, 32))))
}

// receiver is a real server over TLS that keeps what it got.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex // guards got
	got    []delivery
	answer http.HandlerFunc // nil: 204
}

type delivery struct {
	body   []byte
	header http.Header
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, delivery{body, req.Header})
		r.mu.Unlock()
		if r.answer != nil {
			r.answer(w, req)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func (r *receiver) config() webhook.Config {
	roots := x509.NewCertPool()
	roots.AddCert(r.Certificate())
	return webhook.Config{
		URL: clientele.Secret(r.URL + "/hook?token=s3cr3t"), Secrets: []clientele.Plaintext{secret("a")},
		AllowLoopback: true, Roots: roots,
	}
}

func newSender(t *testing.T, c webhook.Config) *webhook.Sender {
	t.Helper()
	s, err := webhook.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, c webhook.Config) error {
	t.Helper()
	return newSender(t, c).Send(t.Context(), sendertest.Message("m-1", "orders"))
}

func TestHostileMessagesArriveHarmless(t *testing.T) {
	sendertest.Run(t, func(t *testing.T) sendertest.Channel {
		r := newReceiver(t, nil)
		return sendertest.Channel{Sender: newSender(t, r.config()), Arrived: func() []sendertest.Arrival {
			var out []sendertest.Arrival
			for _, d := range r.take() {
				verify(t, d, secret("a"))
				a := sendertest.Arrival{Raw: d.body, ID: d.header.Get("webhook-id")}
				var v map[string]any
				if err := json.Unmarshal(d.body, &v); err != nil {
					t.Fatal(err)
				}
				if v["type"] != "review.due" || v["timestamp"] != "2026-02-17T09:30:00Z" || v["data"].(map[string]any)["id"] != a.ID {
					t.Errorf("the envelope is %.300s", d.body)
				}
				walk(v, "", &a)
				out = append(out, a)
			}
			return out
		}}
	})
}

// walk collects the texts and the links of a payload.
func walk(v any, key string, a *sendertest.Arrival) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			walk(e, k, a)
		}
	case []any:
		for _, e := range v {
			walk(e, key, a)
		}
	case float64:
		a.Texts = append(a.Texts, strconv.Itoa(int(v)))
	case string:
		a.Texts = append(a.Texts, v)
		if key == "url" {
			a.Links = append(a.Links, v)
		}
	}
}

// verify looks at a delivery as a receiver does.
func verify(t *testing.T, d delivery, with clientele.Plaintext) {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(with.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(d.body, d.header); err != nil {
		t.Error(err)
	}
}

func TestSignatureIsThatOfTheScheme(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c.Now = func() time.Time { return now }
	if err := send(t, c); err != nil {
		t.Fatal(err)
	}
	d := r.take()[0]
	mac := hmac.New(sha256.New, []byte(strings.Repeat("a", 32)))
	mac.Write([]byte("m-1." + strconv.FormatInt(now.Unix(), 10) + "."))
	mac.Write(d.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if got := d.header.Get("webhook-signature"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := d.header.Get("webhook-timestamp"); got != strconv.FormatInt(now.Unix(), 10) {
		t.Errorf("the timestamp is %s", got)
	}
}

func TestBothSecretsVerifyDuringRotation(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	c.Secrets = []clientele.Plaintext{secret("n"), secret("o")}
	if err := send(t, c); err != nil {
		t.Fatal(err)
	}
	d := r.take()[0]
	verify(t, d, secret("n"))
	verify(t, d, secret("o"))
	stranger, _ := standardwebhooks.NewWebhook(secret("x").Reveal())
	if stranger.Verify(d.body, d.header) == nil {
		t.Error("a third secret verifies as well")
	}
	d.body = append(d.body, ' ')
	own, _ := standardwebhooks.NewWebhook(secret("n").Reveal())
	if own.Verify(d.body, d.header) == nil {
		t.Error("a changed body verifies")
	}
}

func TestAnswersAreSorted(t *testing.T) {
	for code, want := range map[int]notice.Failure{
		301: {}, 307: {},
		400: {Temporary: true}, 401: {Temporary: true}, 404: {Temporary: true},
		410: {Disable: true},
		429: {Temporary: true, RetryAfter: 90 * time.Second}, 500: {Temporary: true, RetryAfter: 90 * time.Second}, 503: {Temporary: true, RetryAfter: 90 * time.Second},
	} {
		r := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
			if code == 429 || code >= 500 {
				w.Header().Set("Retry-After", "90")
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		})
		err := send(t, r.config())
		var f *notice.Failure
		if !errors.As(err, &f) || f.Temporary != want.Temporary || f.Disable != want.Disable || f.RetryAfter != want.RetryAfter {
			t.Errorf("%d: got %+v", code, f)
		}
		if n := len(r.take()); n != 1 {
			t.Errorf("%d: %d requests: a redirect was followed", code, n)
		}
	}
}

func TestPrivateAddressesAreNotReached(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	c.AllowLoopback = false
	port := r.URL[strings.LastIndex(r.URL, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "[fe80::1%25lo]", "[fd00::1]", "[::]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[::ffff:10.0.0.1]", "[fec0::1]", "[::127.0.0.1]"} {
		c.URL = clientele.Secret("https://" + host + port + "/hook?token=s3cr3t")
		err := send(t, c)
		var f *notice.Failure
		if !errors.As(err, &f) || f.Temporary || !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: got %v", host, err)
		}
	}
	if n := len(r.take()); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestAllowedNetworkIsReachedAndLoopbackStaysClosed(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	c.AllowLoopback, c.AllowNetworks = false, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	if err := send(t, c); err == nil || notice.AsFailure(err).Temporary {
		t.Errorf("loopback: got %v", err)
	}
}

func TestHTTPIsForThisMachineAlone(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	c.URL = clientele.Secret("http://192.0.2.1/hook")
	c.AllowNetworks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	if err := send(t, c); err == nil || notice.AsFailure(err).Temporary {
		t.Errorf("got %v", err)
	}
	var got int
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got++ }))
	defer plain.Close()
	c.URL = clientele.Secret(plain.URL)
	if err := send(t, c); err != nil || got != 1 {
		t.Errorf("got %v after %d requests", err, got)
	}
	c.AllowLoopback = false
	if _, err := webhook.New(c); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("http without loopback: got %v", err)
	}
}

func TestUnknownCertificateIsRefused(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	c.Roots = x509.NewCertPool()
	if err := send(t, c); err == nil || !notice.AsFailure(err).Temporary {
		t.Errorf("got %v", err)
	}
	if len(r.take()) > 0 {
		t.Error("the message arrived all the same")
	}
}

func TestSlowAndEndlessAnswersAreLeft(t *testing.T) {
	done := make(chan struct{})
	r := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-done:
		case <-req.Context().Done():
		}
	})
	defer close(done)
	c := r.config()
	c.Timeout = 100 * time.Millisecond
	if err := send(t, c); err == nil || !notice.AsFailure(err).Temporary {
		t.Errorf("slow: got %v", err)
	}
	endless := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
		for req.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	if err := send(t, endless.config()); err != nil {
		t.Errorf("endless: got %v", err)
	}
}

func TestErrorsDoNotNameTheAddress(t *testing.T) {
	r := newReceiver(t, nil)
	c := r.config()
	r.Close()
	if err := send(t, c); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got %v", err)
	}
	c.URL = clientele.Secret("https://x y/s3cr3t\x7f")
	if _, err := webhook.New(c); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got %v", err)
	}
}

func TestConfigurationsThatCannotBeAreRefused(t *testing.T) {
	good := webhook.Config{URL: clientele.Secret("https://hooks.example/x"), Secrets: []clientele.Plaintext{secret("a")}}
	if _, err := webhook.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*webhook.Config){
		"no URL":         func(c *webhook.Config) { c.URL = clientele.Plaintext{} },
		"no host":        func(c *webhook.Config) { c.URL = clientele.Secret("https:///x") },
		"a file":         func(c *webhook.Config) { c.URL = clientele.Secret("file:///etc/passwd") },
		"a password":     func(c *webhook.Config) { c.URL = clientele.Secret("https://a:b@hooks.example/") },
		"no secret":      func(c *webhook.Config) { c.Secrets = nil },
		"a short secret": func(c *webhook.Config) { c.Secrets = []clientele.Plaintext{clientele.Secret("whsec_c2hvcnQ=")} },
		"no prefix":      func(c *webhook.Config) { c.Secrets = []clientele.Plaintext{clientele.Secret(secret("a").Reveal()[6:])} },
		"many secrets":   func(c *webhook.Config) { c.Secrets = slices.Repeat(c.Secrets, 5) },
	} {
		c := good
		change(&c)
		if _, err := webhook.New(c); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
