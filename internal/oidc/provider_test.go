package oidc_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/clientele/clientele/internal/oidc"
	"github.com/clientele/clientele/internal/oidc/oidctest"
	"github.com/go-jose/go-jose/v4"
)

const redirectURL = "https://clientele.test/callback"

// idp is an OpenID provider whose answers a test may change.
type idp struct{ *oidctest.Provider }

func newIDP(t *testing.T, callback string) *idp {
	t.Helper()
	return &idp{oidctest.Start(t, callback)}
}

func newProvider(t *testing.T, cfg oidc.Config) *oidc.Provider {
	t.Helper()
	p, err := oidc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// answer signs in by a flow and gives the query that the browser brings back.
func (i *idp) answer(t *testing.T, p *oidc.Provider) (oidc.Flow, url.Values) {
	t.Helper()
	flow, start, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resp := oidctest.SignIn(t, i.Browser(t), start)
	back, err := resp.Location()
	if err != nil || !strings.HasPrefix(back.String(), redirectURL+"?") {
		t.Fatalf("%d: came back to %v: %v", resp.StatusCode, back, err)
	}
	return flow, back.Query()
}

// meddler sits between us and the provider, and changes answers of one path.
type meddler struct {
	next http.RoundTripper
	path string
	with func(answer map[string]any)
	hits atomic.Int32
}

func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(r)
	if err != nil || r.URL.Path != m.path {
		return resp, err
	}
	m.hits.Add(1)
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	resp.Body.Close()
	m.with(answer)
	b, err := json.Marshal(answer)
	resp.Body = io.NopCloser(bytes.NewReader(b))
	resp.ContentLength = int64(len(b))
	return resp, err
}

// payload is what stands in a token, unverified.
func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// resign gives the token with other claims, under the provider's own key. A nil value takes a
// claim out.
func (i *idp) resign(t *testing.T, token string, other map[string]any) string {
	t.Helper()
	key, err := i.Storage.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claims := payload(t, token)
	maps.Copy(claims, other)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return sign(t, key.SignatureAlgorithm(), key.Key(), key.ID(), claims)
}

// freePort is an address on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
