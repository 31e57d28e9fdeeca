package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/oidc"
	"github.com/clientele/clientele/internal/oidc/oidctest"
	"github.com/go-jose/go-jose/v4"
)

func wantKind(t *testing.T, err error, kind clientele.ErrorKind) {
	t.Helper()
	if err == nil || clientele.KindOf(err) != kind {
		t.Errorf("%v is %s, want %s", err, clientele.KindOf(err), kind)
	}
}

// door is the caller's part: two handlers and a cookie.
func door(p *oidc.Provider, key [32]byte) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		flow, to, err := p.Begin(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "__Host-flow", Value: oidc.Seal(key, flow, time.Now()), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("__Host-flow")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		flow, err := oidc.Open(key, cookie.Value, time.Now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		claims, err := p.Finish(r.Context(), flow, r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(claims)
	})
	return mux
}

func TestAPersonSignsInFromBrowserToClaims(t *testing.T) {
	ours := httptest.NewUnstartedServer(nil)
	callback := "https://" + ours.Listener.Addr().String() + "/callback"
	i := newIDP(t, callback)
	ours.Config.Handler = door(newProvider(t, i.ClientConfig()), [32]byte{1})
	ours.StartTLS()
	defer ours.Close()

	browser := i.Browser(t) // both servers show the certificate of httptest
	resp, err := browser.Get(ours.URL + "/login")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	resp, err = browser.PostForm(resp.Request.URL.String(), url.Values{"username": {"test-user2"}, "password": {"verysecure"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	var c oidc.Claims
	if err := json.Unmarshal(b, &c); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	if c.Issuer != i.URL || c.Subject != "id2" || c.Email != "test-user2@zitadel.ch" || !c.EmailVerified || c.Name != "Test User2" {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.Groups, []string{"admins", "platform"}) {
		t.Errorf("groups %q", c.Groups)
	}
	if since := time.Since(c.AuthTime); since < -time.Minute || since > time.Minute || c.AuthTime.Location() != time.UTC {
		t.Errorf("auth time %v", c.AuthTime)
	}

	again, err := browser.Get(resp.Request.URL.String()) // the same code, state and cookie
	if err != nil {
		t.Fatal(err)
	}
	again.Body.Close()
	if again.StatusCode != http.StatusUnauthorized {
		t.Errorf("a code was taken twice: %d", again.StatusCode)
	}
}

func TestTheRedirectAsksForACodeWithPKCE(t *testing.T) {
	i := newIDP(t, redirectURL)
	cfg := i.ClientConfig()
	cfg.Scopes = []string{"email"}
	flow, to, err := newProvider(t, cfg).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(to)
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "code_challenge_method": "S256", "client_id": oidctest.ClientID, "redirect_uri": redirectURL,
		"state": flow.State, "nonce": flow.Nonce, "scope": "openid email",
	} {
		if q.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, q.Get(name), want)
		}
	}
	if strings.Contains(to, flow.Verifier) || strings.Contains(to, "secret") || len(q.Get("code_challenge")) != 43 {
		t.Errorf("the verifier or the secret is shown to the browser: %s", to)
	}
}

func TestAnAnswerToAnotherFlowIsRefused(t *testing.T) {
	i := newIDP(t, redirectURL)
	p := newProvider(t, i.ClientConfig())
	other, _, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(f *oidc.Flow, q url.Values){
		"wrong state":     func(f *oidc.Flow, _ url.Values) { f.State = other.State },
		"no state":        func(_ *oidc.Flow, q url.Values) { q.Del("state") },
		"no flow":         func(f *oidc.Flow, q url.Values) { *f = oidc.Flow{}; q.Set("state", "") },
		"state twice":     func(_ *oidc.Flow, q url.Values) { q.Add("state", "x") },
		"wrong nonce":     func(f *oidc.Flow, _ url.Values) { f.Nonce = other.Nonce },
		"wrong verifier":  func(f *oidc.Flow, _ url.Values) { f.Verifier = other.Verifier },
		"wrong code":      func(_ *oidc.Flow, q url.Values) { q.Set("code", "made up") },
		"no code":         func(_ *oidc.Flow, q url.Values) { q.Del("code") },
		"code twice":      func(_ *oidc.Flow, q url.Values) { q.Add("code", "x") },
		"another issuer":  func(_ *oidc.Flow, q url.Values) { q.Set("iss", "https://evil.example") },
		"an empty issuer": func(_ *oidc.Flow, q url.Values) { q.Set("iss", "") },
		"error with an iss": func(_ *oidc.Flow, q url.Values) {
			q.Set("error", "access_denied")
			q.Set("iss", "https://evil.example")
		},
		"error, wrong state": func(_ *oidc.Flow, q url.Values) { q.Set("error", "access_denied"); q.Set("state", "x") },
	}
	for name, change := range cases {
		flow, q := i.answer(t, p)
		change(&flow, q)
		_, err := p.Finish(t.Context(), flow, q)
		if clientele.KindOf(err) != clientele.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	flow, q := i.answer(t, p)
	q.Set("iss", i.URL)
	if _, err := p.Finish(t.Context(), flow, q); err != nil {
		t.Errorf("the right issuer: %v", err)
	}
	_, err = p.Finish(t.Context(), flow, q)
	wantKind(t, err, clientele.Unauthenticated) // a code is good for once
}

func TestAProviderThatSaysItSendsItsNameMustSendIt(t *testing.T) {
	i := newIDP(t, redirectURL)
	cfg := i.ClientConfig()
	cfg.Transport = &meddler{next: cfg.Transport, path: "/.well-known/openid-configuration", with: func(a map[string]any) {
		a["authorization_response_iss_parameter_supported"] = true
	}}
	p := newProvider(t, cfg)
	flow, q := i.answer(t, p)
	_, err := p.Finish(t.Context(), flow, q)
	wantKind(t, err, clientele.Unauthenticated)
	q.Set("iss", i.URL)
	if _, err := p.Finish(t.Context(), flow, q); err != nil {
		t.Error(err)
	}
}

func TestAnIDTokenThatDoesNotHoldIsRefused(t *testing.T) {
	i := newIDP(t, redirectURL)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	own, err := i.Storage.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public := own.Key().(*rsa.PrivateKey).PublicKey.N.Bytes()
	now := time.Now()
	with := func(claims map[string]any) func(string) any {
		return func(token string) any { return i.resign(t, token, claims) }
	}
	cases := map[string]struct {
		change func(token string) any
		ok     bool
	}{
		"untouched":        {func(s string) any { return s }, true},
		"signed again":     {with(nil), true},
		"azp is us":        {with(map[string]any{"aud": []string{oidctest.ClientID, "b"}, "azp": oidctest.ClientID}), true},
		"just expired":     {with(map[string]any{"exp": now.Add(-30 * time.Second).Unix()}), true},
		"expired":          {with(map[string]any{"exp": now.Add(-2 * time.Minute).Unix()}), false},
		"no expiry":        {with(map[string]any{"exp": nil}), false},
		"from the future":  {with(map[string]any{"iat": now.Add(10 * time.Minute).Unix()}), false},
		"not yet":          {with(map[string]any{"nbf": now.Add(time.Hour).Unix()}), false},
		"other audience":   {with(map[string]any{"aud": "another"}), false},
		"no audience":      {with(map[string]any{"aud": nil}), false},
		"several, no azp":  {with(map[string]any{"aud": []string{oidctest.ClientID, "b"}, "azp": nil}), false},
		"azp is another":   {with(map[string]any{"azp": "another"}), false},
		"other issuer":     {with(map[string]any{"iss": "https://evil.example"}), false},
		"other nonce":      {with(map[string]any{"nonce": "another"}), false},
		"no nonce":         {with(map[string]any{"nonce": nil}), false},
		"no subject":       {with(map[string]any{"sub": nil}), false},
		"a long subject":   {with(map[string]any{"sub": strings.Repeat("x", 256)}), false},
		"other at_hash":    {with(map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), false},
		"other person":     {with(map[string]any{"sub": "id1"}), false}, // userinfo speaks of id2
		"email is a list":  {with(map[string]any{"email": []string{"a@b.example"}}), false},
		"no token":         {func(string) any { return nil }, false},
		"token is a table": {func(string) any { return map[string]any{} }, false},
		"empty":            {func(string) any { return "" }, false},
		"too large":        {with(map[string]any{"x": strings.Repeat("x", 64<<10)}), false},
		"alg none": {func(s string) any {
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(s, ".")[1] + "."
		}, false},
		"alg none with the signature": {func(s string) any {
			_, rest, _ := strings.Cut(s, ".")
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + rest
		}, false},
		"a stranger's key": {func(s string) any { return sign(t, jose.RS256, stranger, own.ID(), payload(t, s)) }, false},
		"our secret as the key": {func(s string) any {
			return sign(t, jose.HS256, []byte(strings.Repeat(oidctest.ClientSecret, 2)), own.ID(), payload(t, s))
		}, false},
		"the public key as a secret": {func(s string) any { return sign(t, jose.HS256, public, own.ID(), payload(t, s)) }, false},
		"one byte changed": {func(s string) any {
			parts := strings.Split(s, ".")
			b, _ := base64.RawURLEncoding.DecodeString(parts[1])
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(b), `"id2"`, `"id1"`, 1)))
			return strings.Join(parts, ".")
		}, false},
	}
	for name, c := range cases {
		cfg := i.ClientConfig()
		m := &meddler{next: cfg.Transport, path: "/oauth/token", with: func(a map[string]any) {
			a["id_token"] = c.change(a["id_token"].(string))
		}}
		cfg.Transport = m
		p := newProvider(t, cfg)
		flow, q := i.answer(t, p)
		claims, err := p.Finish(t.Context(), flow, q)
		if c.ok && err != nil || !c.ok && clientele.KindOf(err) != clientele.Unauthenticated {
			t.Errorf("%s: %+v %v (%v)", name, claims, err, errors.Unwrap(err))
		}
		if !c.ok && claims.Subject != "" {
			t.Errorf("%s: claims beside an error: %+v", name, claims)
		}
		if m.hits.Load() != 1 {
			t.Errorf("%s: the token endpoint was asked %d times", name, m.hits.Load())
		}
	}
}

func TestExpiryIsMeasuredByOurClock(t *testing.T) {
	i := newIDP(t, redirectURL)
	for skew, ok := range map[time.Duration]bool{0: true, 59 * time.Minute: true, 2 * time.Hour: false, -30 * time.Second: true, -time.Hour: false} {
		cfg := i.ClientConfig()
		cfg.Now = func() time.Time { return time.Now().Add(skew) }
		p := newProvider(t, cfg)
		flow, q := i.answer(t, p)
		if _, err := p.Finish(t.Context(), flow, q); (err == nil) != ok {
			t.Errorf("our clock is %v ahead: %v", skew, err)
		}
	}
}

func TestTheProvidersErrorsAreOursAndRepeatNothing(t *testing.T) {
	i := newIDP(t, redirectURL)
	p := newProvider(t, i.ClientConfig())
	flow, _, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const evil = "<script>alert(1)</script>\nlevel=ERROR"
	for code, kind := range map[string]clientele.ErrorKind{
		"access_denied": clientele.Denied, "login_required": clientele.Unauthenticated, "temporarily_unavailable": clientele.Unavailable,
		"invalid_scope": clientele.Internal, "": clientele.Unauthenticated, evil: clientele.Unauthenticated,
	} {
		_, err := p.Finish(t.Context(), flow, url.Values{"state": {flow.State}, "error": {code}, "error_description": {evil}, "code": {"c"}})
		wantKind(t, err, kind)
		var e *clientele.Error
		if errors.As(err, &e); strings.Contains(fmt.Sprint(e.Msg, e.Hint, e.Err), "script") {
			t.Errorf("%q: %v", code, e)
		}
	}
}

func TestAWrongSecretIsTheOperatorsAndNotThePersons(t *testing.T) {
	i := newIDP(t, redirectURL)
	cfg := i.ClientConfig()
	cfg.ClientSecret = clientele.Secret("Hx7-canary-99")
	p := newProvider(t, cfg)
	flow, q := i.answer(t, p)
	_, err := p.Finish(t.Context(), flow, q)
	wantKind(t, err, clientele.Internal)
	for e := err; e != nil; e = errors.Unwrap(e) {
		if s := fmt.Sprintf("%+v %#v", e, e); strings.Contains(s, "Hx7-canary-99") || strings.Contains(s, q.Get("code")) {
			t.Errorf("a secret in an error: %s", s)
		}
	}
}

func TestAProviderThatIsDownIsAskedAgain(t *testing.T) {
	addr := freePort(t)
	srv := httptest.NewUnstartedServer(nil)
	transport := &http.Transport{TLSClientConfig: newIDP(t, redirectURL).Client().Transport.(*http.Transport).TLSClientConfig}
	defer transport.CloseIdleConnections()
	var mu sync.Mutex
	now := time.Now()
	p := newProvider(t, oidc.Config{
		Issuer: "https://" + addr, ClientID: oidctest.ClientID, ClientSecret: clientele.Secret(oidctest.ClientSecret), RedirectURL: redirectURL, Transport: transport,
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
	})
	_, _, err := p.Begin(t.Context())
	wantKind(t, err, clientele.Unavailable)

	srv.Listener.Close()
	if srv.Listener, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	i := &idp{oidctest.StartOn(t, srv, redirectURL)}
	_, _, err = p.Begin(t.Context())
	wantKind(t, err, clientele.Unavailable) // not every sign-in knocks
	mu.Lock()
	now = now.Add(3 * time.Second)
	mu.Unlock()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, _, err := p.Begin(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	flow, q := i.answer(t, p)
	if _, err := p.Finish(t.Context(), flow, q); err != nil {
		t.Error(err)
	}
	flow, q = i.answer(t, p)
	i.CloseClientConnections()
	i.Close()
	_, err = p.Finish(t.Context(), flow, q)
	wantKind(t, err, clientele.Unavailable) // down again, in the middle
}

func TestAnswersOfTheProviderAreBoundedAndRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere int
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for name, handler := range map[string]http.Handler{
		"a redirect": http.RedirectHandler(other.URL, http.StatusTemporaryRedirect),
		"endless": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			chunk := []byte(strings.Repeat(" ", 64<<10))
			for range 1 << 10 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
			_, _ = io.WriteString(w, "{}")
		}),
		"no JSON": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }),
		"plain http": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"https://%s","authorization_endpoint":"http://idp.test/a","token_endpoint":"https://idp.test/t","jwks_uri":"https://idp.test/k"}`, r.Host)
		}),
	} {
		srv := httptest.NewTLSServer(handler)
		p := newProvider(t, oidc.Config{Issuer: srv.URL, ClientID: oidctest.ClientID, RedirectURL: redirectURL, Transport: srv.Client().Transport})
		_, _, err := p.Begin(t.Context())
		if clientele.KindOf(err) != clientele.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		srv.Close()
	}
	if elsewhere > 0 {
		t.Error("a redirect was followed")
	}
}

func TestAnUntrustedCertificateIsRefused(t *testing.T) {
	i := newIDP(t, redirectURL)
	cfg := i.ClientConfig()
	cfg.Transport = nil // the system's roots
	_, _, err := newProvider(t, cfg).Begin(t.Context())
	wantKind(t, err, clientele.Unavailable)
}

func TestAnotherIssuerInDiscoveryIsAFaultOfTheSettings(t *testing.T) {
	i := newIDP(t, redirectURL)
	cfg := i.ClientConfig()
	cfg.Issuer += "/"
	_, _, err := newProvider(t, cfg).Begin(t.Context())
	wantKind(t, err, clientele.Internal)
}

func TestSettingsAreChecked(t *testing.T) {
	good := oidc.Config{Issuer: "https://idp.example", ClientID: "c", RedirectURL: "https://us.example/callback"}
	if _, err := oidc.New(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*oidc.Config){
		"no issuer":          func(c *oidc.Config) { c.Issuer = "" },
		"issuer over http":   func(c *oidc.Config) { c.Issuer = "http://idp.example" },
		"issuer with a user": func(c *oidc.Config) { c.Issuer = "https://u:p@idp.example" },
		"no client":          func(c *oidc.Config) { c.ClientID = "" },
		"relative redirect":  func(c *oidc.Config) { c.RedirectURL = "/callback" },
		"empty domain":       func(c *oidc.Config) { c.AllowedDomains = []string{" @"} },
	} {
		cfg := good
		change(&cfg)
		if _, err := oidc.New(cfg); clientele.KindOf(err) != clientele.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	local := good
	local.Issuer = "http://localhost:5556/dex"
	if _, err := oidc.New(local); err != nil {
		t.Error(err)
	}
}

func TestACallerThatGoesAwayDoesNotKeepTheNextOut(t *testing.T) {
	i := newIDP(t, redirectURL)
	p := newProvider(t, i.ClientConfig())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Begin(gone); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := p.Begin(t.Context()); err != nil {
		t.Error(err)
	}
}
