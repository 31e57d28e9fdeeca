// Package oidctest is an OpenID provider for tests: that of zitadel/oidc with its example
// storage, over TLS on loopback, and a person with a browser who signs in there.
package oidctest

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/oidc"
	"github.com/zitadel/oidc/v3/example/server/storage"
	zoidc "github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The one client that a Provider knows.
const (
	ClientID     = "clientele"
	ClientSecret = "a secret, with / and +"
)

// Provider is an OpenID provider.
type Provider struct {
	*httptest.Server
	Storage *storage.Storage

	callback string
}

// people adds groups to what the example storage says of a person.
type people struct{ *storage.Storage }

func (s people) SetUserinfoFromToken(ctx context.Context, u *zoidc.UserInfo, tokenID, subject, origin string) error {
	u.AppendClaims("groups", []string{"platform", "admins", "platform", "bad\nname"})
	return s.Storage.SetUserinfoFromToken(ctx, u, tokenID, subject, origin)
}

// Start starts a provider that sends people back to the URL callback. It ends with the test.
func Start(t testing.TB, callback string) *Provider {
	t.Helper()
	return StartOn(t, httptest.NewUnstartedServer(nil), callback)
}

// StartOn is Start on a server that has a listener and was not started.
func StartOn(t testing.TB, srv *httptest.Server, callback string) *Provider {
	t.Helper()
	issuer := "https://" + srv.Listener.Addr().String()
	store := storage.NewStorageWithClients(storage.NewUserStore(issuer), map[string]*storage.Client{
		ClientID: storage.WebClient(ClientID, ClientSecret, callback),
	})
	provider, err := op.NewProvider(&op.Config{CodeMethodS256: true, CryptoKeyId: "k"}, people{store}, op.StaticIssuer(issuer),
		op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = withForm(provider, store)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return &Provider{srv, store, callback}
}

// withForm adds the form in which people say who they are.
func withForm(provider *op.Provider, store *storage.Storage) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<form method=post><input name=id value="%s">`, html.EscapeString(r.FormValue("authRequestID")))
	})
	back := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	mux.HandleFunc("POST /login/username", back.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := store.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), r.FormValue("authRequestID")); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, op.AuthCallbackURL(provider)(r.Context(), r.FormValue("authRequestID")), http.StatusFound)
	}))
	return mux
}

// ClientConfig is what the client of the provider needs to know.
func (p *Provider) ClientConfig() oidc.Config {
	return oidc.Config{
		Issuer: p.URL, ClientID: ClientID, ClientSecret: clientele.Secret(ClientSecret), RedirectURL: p.callback,
		GroupsClaim: "groups", Transport: p.Client().Transport,
	}
}

// Browser keeps cookies and stops where it would leave this machine, before a host below
// .test. It trusts the certificate that every TLS server of httptest shows.
func (p *Provider) Browser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: p.Client().Transport, Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Host, ".test") {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// SignIn does what a person does: follows start to the provider's form, fills it in as
// test-user2@zitadel.ch, and comes back. The response is the last, its body unread.
func SignIn(t testing.TB, browser *http.Client, start string) *http.Response {
	t.Helper()
	resp, err := browser.Get(start)
	if err != nil {
		t.Fatal(err)
	}
	form := resp.Request.URL
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if form.Path != "/login/username" {
		t.Fatalf("no form at %s: %d %s", form, resp.StatusCode, body)
	}
	resp, err = browser.PostForm(form.String(), url.Values{"username": {"test-user2"}, "password": {"verysecure"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
