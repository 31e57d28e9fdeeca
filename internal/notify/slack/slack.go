// Package slack posts messages to a Slack incoming webhook, or to a server that imitates one.
//
// Whoever knows the webhook's address can post, so the address is a secret: it is in no
// error. A webhook belongs to one channel, and names the recipient there.
package slack

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/notice"
)

// Config says which webhook is posted to.
type Config struct {
	// URL is the webhook's address: https, or http for a server on this machine.
	URL clientele.Plaintext
	// Timeout bounds one post; 15 s unless set.
	Timeout time.Duration
	// Roots are the authorities that may vouch for the server; nil means the system's.
	Roots *x509.CertPool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Sender posts. It may be used by several goroutines.
type Sender struct {
	c    Config
	http *http.Client
}

var _ notice.Sender = (*Sender)(nil)

// New checks the configuration. It connects to nothing.
func New(c Config) (*Sender, error) {
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Host == "" || u.User != nil {
		return nil, invalid("slack: the webhook's address is no URL", "copy it whole from the app's page")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, invalid("slack: the webhook's address does not begin with https://", "its path is a password and must travel encrypted")
	}
	if c.Timeout <= 0 {
		c.Timeout = 15 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sender{c: c, http: &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true, // posts are rare
			MaxResponseHeaderBytes: 1 << 16,
		},
	}}, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// Send posts one message. A webhook that is gone, or whose channel is, is to be disabled.
func (s *Sender) Send(ctx context.Context, m notice.Message) error {
	letter, err := m.Letter()
	if err != nil {
		return notice.Permanent(err)
	}
	body, err := letter.Slack()
	if err != nil {
		return notice.Permanent(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.c.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return notice.Permanent(errors.New("post to slack: the webhook's address is no URL"))
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "clientele")
	resp, err := s.http.Do(req)
	if err != nil {
		return notice.Temporary(fmt.Errorf("post to slack: %w", withoutURL(err)))
	}
	defer func() { _ = resp.Body.Close() }()
	return s.outcome(resp)
}

// outcome reads the answer: "ok", or a status and a word that says why not.
func (s *Sender) outcome(resp *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	answer := strings.TrimSpace(string(b))
	if resp.StatusCode == http.StatusOK && answer == "ok" {
		return nil
	}
	if err != nil && resp.StatusCode == http.StatusOK {
		return notice.Temporary(fmt.Errorf("read slack's answer: %w", withoutURL(err)))
	}
	f := &notice.Failure{RetryAfter: notice.RetryAfter(resp.Header, s.c.Now()), Err: refusal(resp.StatusCode, answer)}
	switch code := resp.StatusCode; {
	case code < 300, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		f.Temporary = true // a 200 that does not say ok is a portal or a proxy on the way
	case code == http.StatusNotFound, code == http.StatusGone:
		f.Disable = true // no_service, no_team, channel_is_archived
	}
	return f
}

// word is the form of Slack's reasons, such as invalid_payload. What is none is not repeated.
var word = regexp.MustCompile(`^[a-z_]{2,64}$`)

func refusal(code int, answer string) error {
	if word.MatchString(answer) {
		return fmt.Errorf("slack answered %d: %s", code, answer)
	}
	return fmt.Errorf("slack answered %d", code)
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
