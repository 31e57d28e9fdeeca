package ticket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
)

// Reach is how a driver reaches its system. The zero value is good for a system with a
// certificate that the machine trusts.
type Reach struct {
	Roots   *x509.CertPool   // who may sign the system's certificate; nil: the machine's list
	Timeout time.Duration    // for one request, with its answer; 0: 10 seconds
	Now     func() time.Time // nil: time.Now
}

const (
	defaultTimeout = 10 * time.Second
	maxAnswer      = 4 << 20  // bytes; a hundred reviews with long texts stay below
	maxHeader      = 64 << 10 // bytes
	maxRedirects   = 3
	maxBaseURL     = 512
)

// Site is one installation of a system, and the client that asks it. It only reads, and
// sends its credential to no other host.
type Site struct {
	system System
	base   *url.URL
	sign   func(http.Header)
	client *http.Client
	now    func() time.Time
}

// NewSite prepares to ask the installation at baseURL: https, or http on this machine.
// sign puts the credential, and what else the system wants, into the header of a request.
func NewSite(system System, baseURL string, r Reach, sign func(http.Header)) (*Site, error) {
	base, err := parseBase(baseURL)
	if err != nil {
		return nil, fmt.Errorf("address of %s: %w", system, err)
	}
	s := &Site{system: system, base: base, sign: sign, now: r.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if r.Timeout <= 0 {
		r.Timeout = defaultTimeout
	}
	s.client = &http.Client{
		Timeout:       r.Timeout,
		CheckRedirect: sameHost,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: r.Roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
		},
	}
	return s, nil
}

func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxBaseURL || u.Hostname() == "" || u.RawPath != "":
		return nil, badBase("it is not a web address")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, badBase("a user, a query or a fragment has no place in it")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, badBase("it has to begin with https://")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

func badBase(msg string) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: msg, Hint: "write it like https://tickets.example.com"}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

var errElsewhere = errors.New("redirect to another place")

// sameHost follows a redirect within the installation, as GitHub sends for a repository
// that was renamed, and none that would take the credential elsewhere.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects || req.URL.Scheme != first.Scheme || req.URL.Host != first.Host || req.URL.User != nil {
		return errElsewhere
	}
	return nil
}

// Validate is Invalid for a key that is not one of this system's.
func (s *Site) Validate(key string) error { return Ref{System: s.system, Key: key}.Validate() }

// URL is the address below the base that the escaped elements make.
func (s *Site) URL(elem ...string) *url.URL { return s.base.JoinPath(elem...) }

// Now is the time, in UTC.
func (s *Site) Now() time.Time { return s.now().UTC() }

// Get asks for u and decodes the answer, which has to be JSON of the shape of into.
// Errors are those of Driver.Check, and context.Canceled among their causes if the caller
// gave up.
func (s *Site) Get(ctx context.Context, u *url.URL, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("request to %s: %w", s.system, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "clientele")
	s.sign(req.Header)
	resp, err := s.client.Do(req)
	if err != nil {
		return s.unreached(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return s.refused(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return s.unreached(err)
	}
	if len(body) > maxAnswer {
		return s.Misunderstood(errors.New("longer than 4 MiB"))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return s.Misunderstood(err)
	}
	return nil
}

// unreached names what kept an answer from us. The cause goes to the log.
func (s *Site) unreached(err error) error {
	u := &Unavailable{System: s.system, Why: "it did not answer", Cause: err}
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errElsewhere):
		u.Why = "it sent us to another place, where our credential must not go"
		u.Hint = "set the address of " + string(s.system) + " to the one it uses now"
	case errors.As(err, &certificate):
		u.Why = "its certificate is not one this machine trusts"
		u.Hint = "give the certificate of the authority that signed it"
	case errors.Is(err, context.DeadlineExceeded):
		u.Why = "it took too long to answer"
	}
	return u
}

// refused turns an answer other than 200 into an error. What the body says is left: it is
// for people who look at the system itself, and may repeat what we sent.
func (s *Site) refused(resp *http.Response) error {
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		return s.NotFound()
	}
	u := &Unavailable{System: s.system, Wait: waitOf(resp.Header, s.now())}
	switch {
	case limited(resp):
		u.Why = "it was asked too often"
		u.Hint = "try again later"
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		u.Why = fmt.Sprintf("it refuses our credential (status %d)", resp.StatusCode)
		u.Hint = "ask an administrator to renew the credential, or what it may read"
	default:
		u.Why = fmt.Sprintf("it answered with status %d", resp.StatusCode)
	}
	return u
}

// NotFound says that there is no such ticket, as far as our account can see.
func (s *Site) NotFound() error {
	return &clientele.Error{
		Kind: clientele.NotFound,
		Msg:  fmt.Sprintf("%s has no such ticket, or our account there may not see it", s.system),
		Hint: "look at the number again, and at what the account may read",
	}
}

// Misunderstood says that an answer is not one about the ticket that was asked for.
func (s *Site) Misunderstood(cause error) error {
	return &Unavailable{System: s.system, Why: "its answer is not understood", Cause: cause,
		Hint: "see that its address is that of the API"}
}
