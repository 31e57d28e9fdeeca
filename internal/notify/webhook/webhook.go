// Package webhook posts messages as JSON to an address of the operator's choice, signed as
// Standard Webhooks 1.0 has it (https://www.standardwebhooks.com).
//
//	webhook-id         the message's id: drop what you have seen
//	webhook-timestamp  when this attempt was made, in Unix seconds: drop what is old
//	webhook-signature  "v1," and the base64 of HMAC-SHA-256 over id.timestamp.body, once for
//	                   each secret, with a space between
//
// It connects to public addresses only, unless it is told otherwise, and looks at the address
// a name has led to, not at the name. It goes through no proxy, since a proxy would resolve
// the name itself.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
)

// Config says where messages are posted, and how they are signed.
type Config struct {
	// URL is https, or with AllowLoopback http to this machine. It may hold a token of the
	// receiver and so counts as a secret.
	URL clientele.Plaintext
	// Secrets sign each message: "whsec_" and the base64 of 24 to 64 random bytes. While a
	// secret is being replaced there are two.
	Secrets []clientele.Plaintext
	// AllowLoopback permits a receiver on this machine.
	AllowLoopback bool
	// AllowNetworks are networks that may be reached although they are not public. Loopback
	// is not among them: see AllowLoopback.
	AllowNetworks []netip.Prefix
	// Timeout bounds one post; 15 s unless set.
	Timeout time.Duration
	// Roots are the authorities that may vouch for the receiver; nil means the system's.
	Roots *x509.CertPool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sender posts. It may be used by several goroutines.
type Sender struct {
	c    Config
	keys []*standardwebhooks.Webhook
	http *http.Client
}

var _ notice.Sender = (*Sender)(nil)

// New checks the configuration. It connects to nothing and resolves no name.
func New(c Config) (*Sender, error) {
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, invalid("webhook: the address is no URL, or holds a password", "sign messages with a secret instead")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && c.AllowLoopback) {
		return nil, invalid("webhook: the address does not begin with https://", "http is for this machine alone, where loopback is allowed")
	}
	keys, err := newKeys(c.Secrets)
	if err != nil {
		return nil, err
	}
	if c.Timeout <= 0 {
		c.Timeout = 15 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sender{c, keys, newClient(c, reach{c.AllowLoopback, u.Scheme == "http", c.AllowNetworks})}, nil
}

// newKeys reads the secrets. A short one can be guessed from a single message.
func newKeys(secrets []clientele.Plaintext) ([]*standardwebhooks.Webhook, error) {
	const hint = `make one with: echo "whsec_$(openssl rand -base64 32)"`
	if len(secrets) == 0 || len(secrets) > 4 {
		return nil, invalid("webhook: there should be one secret, or up to four while it is replaced", hint)
	}
	var keys []*standardwebhooks.Webhook
	for _, s := range secrets {
		text, marked := strings.CutPrefix(s.Reveal(), "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if !marked || err != nil || len(key) < 24 || len(key) > 64 {
			return nil, invalid("webhook: a secret is not whsec_ and the base64 of 24 to 64 bytes", hint)
		}
		w, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, fmt.Errorf("webhook: read a secret: %w", err)
		}
		keys = append(keys, w)
	}
	return keys, nil
}

func newClient(c Config, r reach) *http.Client {
	d := net.Dialer{Control: r.control}
	return &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true, // posts are rare, and each looks at the address anew
			MaxResponseHeaderBytes: 1 << 16,
		},
	}
}

// Send posts one message. The scheme calls every answer but 2xx a failure to be tried again,
// since receivers answer all sorts of things while they are being deployed; there are two
// exceptions: 410 means never again, and a redirect is a wrong address.
func (s *Sender) Send(ctx context.Context, m notice.Message) error {
	letter, err := m.Letter()
	if err != nil {
		return notice.Permanent(err)
	}
	body, err := letter.JSON()
	if err != nil {
		return notice.Permanent(err)
	}
	req, err := s.request(ctx, letter.ID(), body)
	if err != nil {
		return notice.Permanent(err)
	}
	resp, err := s.http.Do(req)
	if errors.Is(err, errReach) {
		return notice.Permanent(fmt.Errorf("post to webhook: %w", withoutURL(err)))
	}
	if err != nil {
		return notice.Temporary(fmt.Errorf("post to webhook: %w", withoutURL(err)))
	}
	defer func() { _ = resp.Body.Close() }()
	return s.outcome(resp)
}

// request is one signed attempt. Its time is that of the attempt, not of the message.
func (s *Sender) request(ctx context.Context, id string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.c.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("post to webhook: the address is no URL")
	}
	now := s.c.Now()
	var signatures []string
	for _, k := range s.keys {
		signature, err := k.Sign(id, now, body)
		if err != nil {
			return nil, fmt.Errorf("sign webhook: %w", err)
		}
		signatures = append(signatures, signature)
	}
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "clientele")
	return req, nil
}

// outcome goes by the status alone. The body is left unread: nobody needs it, and it may have no end.
func (s *Sender) outcome(resp *http.Response) error {
	code := resp.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	f := &notice.Failure{Err: fmt.Errorf("the webhook's receiver answered %d", code)}
	switch {
	case code == http.StatusGone:
		f.Disable = true
	case code < 400:
		f.Err = fmt.Errorf("the webhook's receiver answered %d: set the address it redirects to", code)
	default:
		f.Temporary, f.RetryAfter = true, notice.RetryAfter(resp.Header, s.c.Now())
	}
	return f
}

// withoutURL takes off the wrapping that names the address.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func invalid(msg, hint string) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: msg, Hint: hint}
}
