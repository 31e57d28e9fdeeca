// Package oidc signs people in with an OpenID Connect provider: authorization code with PKCE,
// as OpenID Connect Core 1.0 and RFC 9700 ask for it.
//
//	browser                 we                                   provider
//	   │ wants to sign in     │                                      │
//	   │─────────────────────>│ Begin: state, nonce, PKCE verifier   │
//	   │  redirect, and a     │                                      │
//	   │  cookie: Seal(flow)  │                                      │
//	   │<─────────────────────│                                      │
//	   │ signs in ───────────────────────────────────────────────────>│
//	   │<──────────────────────── redirect with code, state and iss ──│
//	   │  code, state, cookie │                                      │
//	   │─────────────────────>│ Open, Finish: code and verifier ─────>│
//	   │                      │<──────────────────────── id_token ───│
//	   │                      │ Claims                               │
//
// The caller deletes the cookie before it calls Finish, and makes a session of its own from
// the claims. A person is the pair of issuer and subject; an address may change hands.
package oidc

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config names the provider and says whom to let in.
type Config struct {
	Issuer         string              `yaml:"issuer" doc:"URL of the OpenID provider, exactly as its discovery document has it. Empty: nobody signs in this way"`
	ClientID       string              `yaml:"client_id" doc:"what the provider knows this server by"`
	ClientSecret   clientele.Plaintext `yaml:"client_secret" doc:"as the provider gave it; none for a public client"`
	RedirectURL    string              `yaml:"redirect_url" doc:"where the provider sends people back to, as registered there"`
	Scopes         []string            `yaml:"scopes" doc:"what is asked for; empty stands for openid, email and profile"`
	GroupsClaim    string              `yaml:"groups_claim" doc:"the claim that lists a person's groups; empty: groups are not read"`
	AllowedDomains []string            `yaml:"allowed_domains" doc:"domains of verified e-mail addresses that may sign in; empty: all whom the provider lets in"`

	Now       func() time.Time  `yaml:"-"` // nil: time.Now
	Transport http.RoundTripper `yaml:"-"` // nil: over TLS, verified against the system's roots
}

// Provider is the relying party's side of one provider. It is safe for concurrent use.
type Provider struct {
	cfg    Config
	client *http.Client

	turn chan struct{} // holds one token, which guards the fields below
	link *link         // nil until the provider answered
	err  error         // what the last try gave, and
	at   time.Time     // when that was
}

// link is what discovery told.
type link struct {
	*gooidc.Provider
	oauth    oauth2.Config
	sendsIss bool // the provider says that its answers name it (RFC 9207)
}

// retryAfter is how long a failed discovery stands before the next sign-in tries again.
const retryAfter = 2 * time.Second

// New checks cfg. The provider is not asked before the first sign-in, so that a server starts
// while its provider is down.
func New(cfg Config) (*Provider, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Scopes, cfg.AllowedDomains = scopes(cfg.Scopes), slices.Clone(cfg.AllowedDomains)
	for i, d := range cfg.AllowedDomains {
		cfg.AllowedDomains[i] = domainName(d)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p := &Provider{cfg: cfg, client: newClient(cfg.Transport), turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p, nil
}

func domainName(s string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "@"))
}

func scopes(asked []string) []string {
	switch {
	case len(asked) == 0:
		return []string{gooidc.ScopeOpenID, "email", "profile"}
	case slices.Contains(asked, gooidc.ScopeOpenID):
		return asked
	}
	return append([]string{gooidc.ScopeOpenID}, asked...)
}

func (cfg Config) check() error {
	var errs []error
	if !safeURL(cfg.Issuer) {
		errs = append(errs, clientele.Errorf(clientele.Invalid, "the issuer is no https URL").WithHint("http is for a provider on this machine alone"))
	}
	if !safeURL(cfg.RedirectURL) {
		errs = append(errs, clientele.Errorf(clientele.Invalid, "the redirect URL is no https URL").WithHint("write it as registered with the provider"))
	}
	if cfg.ClientID == "" {
		errs = append(errs, clientele.Errorf(clientele.Invalid, "there is no client id").WithHint("the provider gives one when this server is registered there"))
	}
	if slices.ContainsFunc(cfg.AllowedDomains, func(d string) bool { return domainName(d) == "" }) {
		errs = append(errs, clientele.Errorf(clientele.Invalid, "one of the allowed domains is empty").WithHint("an empty list allows all whom the provider lets in"))
	}
	return errors.Join(errs...)
}

// Flow is one sign-in on its way. It belongs to one browser, which carries it sealed.
type Flow struct {
	State    string // comes back with the browser
	Nonce    string // comes back in the id_token
	Verifier string // RFC 7636; goes to the token endpoint
}

// Begin gives a new flow and the URL to send the browser to. The error is Unavailable where
// the provider could not be reached yet.
func (p *Provider) Begin(ctx context.Context) (Flow, string, error) {
	l, err := p.connect(ctx)
	if err != nil {
		return Flow{}, "", err
	}
	f := Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return f, l.oauth.AuthCodeURL(f.State, gooidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// connect gives what discovery told, and asks where nobody has asked with success. Sign-ins
// that come together wait for one answer.
func (p *Provider) connect(ctx context.Context) (*link, error) {
	select {
	case <-p.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { p.turn <- struct{}{} }()
	if p.link != nil {
		return p.link, nil
	}
	if p.err != nil && p.cfg.Now().Sub(p.at) < retryAfter {
		return nil, p.err
	}
	l, err := p.discover(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // the caller went away, which tells nothing of the provider
	}
	p.link, p.err, p.at = l, err, p.cfg.Now()
	return l, err
}

func (p *Provider) discover(ctx context.Context) (*link, error) {
	provider, err := gooidc.NewProvider(gooidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	var mismatch *gooidc.IssuerMismatchError
	if errors.As(err, &mismatch) {
		return nil, &clientele.Error{Kind: clientele.Internal, Msg: "the identity provider calls itself otherwise than the settings do", Err: err}
	}
	if err != nil {
		return nil, unavailable(err)
	}
	var doc struct {
		JWKS     string   `json:"jwks_uri"`
		Methods  []string `json:"token_endpoint_auth_methods_supported"`
		SendsIss bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&doc); err != nil {
		return nil, unavailable(err)
	}
	endpoint := provider.Endpoint()
	for _, u := range []string{endpoint.AuthURL, endpoint.TokenURL, doc.JWKS} {
		if !safeURL(u) {
			return nil, unavailable(errors.New("discovery names an endpoint that is no https URL"))
		}
	}
	if u := provider.UserInfoEndpoint(); u != "" && !safeURL(u) {
		return nil, unavailable(errors.New("discovery names a userinfo endpoint that is no https URL"))
	}
	endpoint.AuthStyle = authStyle(doc.Methods)
	return &link{Provider: provider, sendsIss: doc.SendsIss, oauth: oauth2.Config{
		ClientID:     p.cfg.ClientID,
		ClientSecret: p.cfg.ClientSecret.Reveal(),
		Endpoint:     endpoint,
		RedirectURL:  p.cfg.RedirectURL,
		Scopes:       p.cfg.Scopes,
	}}, nil
}

// authStyle settles how the secret is sent, so that it need not be tried out: a code may be
// shown to the provider once.
func authStyle(methods []string) oauth2.AuthStyle {
	if len(methods) > 0 && !slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

func unavailable(cause error) error {
	return &clientele.Error{Kind: clientele.Unavailable, Msg: "the identity provider does not answer as it should", Hint: "try again in a moment", Err: cause}
}

// safeURL reports whether u is an https URL, or an http one on this machine.
func safeURL(u string) bool {
	parsed, err := url.Parse(u)
	if err != nil || parsed.Host == "" || parsed.User != nil || parsed.Fragment != "" {
		return false
	}
	return parsed.Scheme == "https" || parsed.Scheme == "http" && loopback(parsed.Hostname())
}
