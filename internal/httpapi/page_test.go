package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/oidc"
	"github.com/clientele/clientele/internal/oidc/oidctest"
)

// withProvider lets people in through an identity provider, at the house's BaseURL.
func (h *house) withProvider() *oidctest.Provider {
	h.t.Helper()
	idp := oidctest.Start(h.t, h.BaseURL+"/v1/sign-in/oidc/callback")
	p, err := oidc.New(idp.ClientConfig())
	if err != nil {
		h.t.Fatal(err)
	}
	h.SignIn.Provider, h.SignIn.FlowKey = p, [32]byte{1, 2, 3}
	h.SignIn.Mapping = identity.Mapping{Create: true, Default: []clientele.SystemRole{clientele.OwnerRole}}
	return idp
}

// overTLS gives the house another door, and makes that its address.
func (h *house) overTLS() {
	server := httptest.NewTLSServer(httpapi.Doorstep(h.House, httpapi.New(h.House)))
	h.t.Cleanup(server.Close)
	h.BaseURL = server.URL
}

func (h *house) link(boss, id string) string {
	h.t.Helper()
	var link api.OneTimeLink
	h.want(201, boss, "POST", "/v1/people/"+id+"/link", "", &link)
	return link.URL
}

// visitor is somebody with a browser, who remembers the cookies that our side set.
type visitor struct {
	*http.Client
	h   *house
	set map[string]*http.Cookie
}

type noted struct {
	http.RoundTripper
	v *visitor
}

func (n noted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasPrefix(n.v.h.BaseURL, r.URL.Scheme+"://"+r.URL.Host) {
		for _, c := range resp.Cookies() {
			n.v.set[c.Name] = c
		}
	}
	return resp, err
}

// visitor has no identity provider to go to where idp is nil.
func (h *house) visitor(idp *oidctest.Provider) *visitor {
	h.t.Helper()
	v := &visitor{h: h, set: map[string]*http.Cookie{}}
	transport := http.DefaultTransport
	if idp != nil {
		transport = idp.Client().Transport
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	v.Client = &http.Client{Transport: noted{transport, v}, Jar: jar}
	return v
}

// stopAt makes the browser stay where it is before a path of ours; "" is every path.
func (v *visitor) stopAt(path string) {
	v.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if path == "" || strings.HasSuffix(r.URL.Path, path) && strings.HasPrefix(r.URL.String(), v.h.BaseURL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

func (v *visitor) bring(name, value string) {
	site, _ := url.Parse(v.h.BaseURL)
	v.Jar.SetCookies(site, []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: site.Scheme == "https"}})
}

// has is the value of a cookie that the browser would send us.
func (v *visitor) has(name string) string {
	site, _ := url.Parse(v.h.BaseURL)
	for _, c := range v.Jar.Cookies(site) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// open gets a page, or sends it a form where there is one, and demands a status.
func (v *visitor) open(status int, path string, form url.Values, header ...string) (string, http.Header) {
	v.h.t.Helper()
	method := map[bool]string{true: "GET", false: "POST"}[form == nil]
	req, err := http.NewRequestWithContext(v.h.t.Context(), method, v.h.BaseURL+strings.TrimPrefix(path, v.h.BaseURL), strings.NewReader(form.Encode()))
	if err != nil {
		v.h.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := v.Do(req)
	if err != nil {
		v.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		v.h.t.Fatalf("%s %s: status %d, want %d: %v %s", method, path, resp.StatusCode, status, err, body)
	}
	return string(body), resp.Header
}

func TestPageSignsAPersonInThroughTheProvider(t *testing.T) {
	for scheme, session := range map[string]string{"http": "clientele", "https": "__Host-clientele"} {
		t.Run(scheme, func(t *testing.T) {
			h, _ := newDirectory(t, dbtest.SQLite(t))
			if scheme == "https" {
				h.overTLS()
			}
			idp := h.withProvider()
			v := h.visitor(idp)
			resp := oidctest.SignIn(t, v.Client, h.BaseURL+"/")
			body, _ := io.ReadAll(resp.Body)
			if resp.Request.URL.String() != h.BaseURL+"/" || !strings.Contains(string(body), "You are signed in") {
				t.Fatalf("came to %s: %s", resp.Request.URL, body)
			}
			if me, _ := v.open(200, "/v1/me", nil); !strings.Contains(me, `"owner"`) {
				t.Error(me)
			}
			for name, age := range map[string]int{session: 3600, session + "-flow": -1, session + "-return": -1} {
				c := v.set[name]
				if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != (scheme == "https") || c.Path != "/" || c.Domain != "" || c.MaxAge != age {
					t.Errorf("%s: %+v", name, c)
				}
			}
			if len(v.set) != 3 {
				t.Errorf("other cookies: %v", v.set)
			}
		})
	}
}

// Whoever plants a session in a browser does not share what is signed in with there.
func TestPageReplacesTheSessionThatABrowserBrings(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	idp := h.withProvider()
	for _, planted := range []string{boss, "clt_s_" + strings.Repeat("A", 43), "x"} {
		v := h.visitor(idp)
		v.bring("clientele", planted)
		oidctest.SignIn(t, v.Client, h.BaseURL+"/v1/sign-in/oidc")
		if got := v.has("clientele"); got == planted || got == "" {
			t.Errorf("the session is %q", got)
		}
		if me, _ := v.open(200, "/v1/me", nil); strings.Contains(me, "per_0boss") || !strings.Contains(me, `"owner"`) {
			t.Errorf("%q: signed in as %s", planted, me)
		}
	}
}

// callback signs in at the provider, and stays before the way back.
func (v *visitor) callback() string {
	v.h.t.Helper()
	v.stopAt("/callback")
	back, err := oidctest.SignIn(v.h.t, v.Client, v.h.BaseURL+"/v1/sign-in/oidc").Location()
	if err != nil {
		v.h.t.Fatal(err)
	}
	v.stopAt("")
	return back.String()
}

func TestOIDCCallbackServesTheBrowserThatBeganItOnce(t *testing.T) {
	h, _ := newDirectory(t, dbtest.SQLite(t))
	idp := h.withProvider()
	ann, eve, nobody := h.visitor(idp), h.visitor(idp), h.visitor(idp)
	back := ann.callback()
	eve.callback()
	flow := ann.has("clientele-flow")

	nobody.open(401, back, nil)
	nobody.bring("clientele-flow", flow[:len(flow)-2]+"AA")
	nobody.open(401, back, nil)
	eve.open(401, back, nil)
	if eve.has("clientele-flow") != "" {
		t.Error("a flow outlives its refusal")
	}
	for _, v := range []*visitor{nobody, eve} {
		if v.set["clientele"] != nil {
			t.Fatal("a session of ann for somebody else")
		}
	}

	if _, header := ann.open(303, back, nil); header.Get("Location") != "/" || ann.has("clientele") == "" {
		t.Fatal("ann did not get in: ", header)
	}
	delete(ann.set, "clientele")
	ann.open(401, back, nil) // the cookie is gone,
	ann.bring("clientele-flow", flow)
	ann.open(401, back, nil) // and would not help
	if ann.set["clientele"] != nil {
		t.Error("a flow was used twice")
	}
}

func TestOIDCCallbackRefusesWhatTheProviderOrTheDirectoryRefuses(t *testing.T) {
	h, _ := newDirectory(t, dbtest.SQLite(t))
	idp := h.withProvider()
	v := h.visitor(idp)
	back, err := url.Parse(v.callback())
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{"state": back.Query()["state"], "error": {"access_denied"}, "error_description": {"<script>alert(1)</script>"}}
	if body, _ := v.open(403, "/v1/sign-in/oidc/callback?"+q.Encode(), nil); strings.Contains(body, "alert") {
		t.Error(body)
	}
	v.open(401, back.String(), nil) // the flow is over

	h.SignIn.Mapping.Create = false
	if body, _ := v.open(403, v.callback(), nil); !strings.Contains(body, "the directory does not know you") {
		t.Error(body)
	}
	h.SignIn.Provider = nil
	v.open(404, "/v1/sign-in/oidc", nil)
	v.open(401, back.String(), nil)
	if v.set["clientele"] != nil {
		t.Error("a session for somebody who was refused")
	}
}

func TestSignInLeadsBackToADevicesCodeOrHome(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	ann := h.person(boss, "ann").ID
	const good = "/device?user_code=BCDF-GHJK"
	for _, code := range []string{
		"BCDF-GHJK", "", "//evil.example", "https://evil.example/", `\\evil.example`, "/\\evil.example", "bcdf-ghjk", "BCDF-GHJKL", "BCDF-GHJK\n",
		"BCDF-GHJK&next=//evil.example", "BCDF-GHJK#@evil.example", "BCDF-GHJK\r\nLocation: https://evil.example", "../../evil", "javascript:alert(1)", "ÄÄÄÄ-ÄÄÄÄ",
	} {
		want := map[bool]string{true: good, false: "/"}[code == "BCDF-GHJK"]
		for how, arrive := range map[string]func(*visitor){
			"page":   func(v *visitor) { v.open(303, "/device?user_code="+url.QueryEscape(code), nil) },
			"cookie": func(*visitor) {},
		} {
			v := h.visitor(nil)
			v.stopAt("")
			arrive(v)
			var planted []string
			if how == "cookie" {
				if strings.ContainsAny(code, "\r\n") {
					continue // no header holds it
				}
				planted = []string{"Cookie", "clientele-return=" + code}
			}
			for i, to := range []string{want, "/"} { // once
				if i > 0 {
					planted = nil
				}
				_, header := v.open(303, "/sign-in", url.Values{"secret": {h.link(boss, ann)}, "next": {"//evil.example"}}, planted...)
				if got := header.Get("Location"); got != to {
					t.Errorf("%s %q, time %d: led to %q, want %q", how, code, i+1, got, to)
				}
			}
		}
	}
}

func TestDeviceIsLetInOnItsPageAfterSigningIn(t *testing.T) {
	h, _ := newDirectory(t, dbtest.SQLite(t))
	v := h.visitor(h.withProvider())
	var dev, other api.DeviceSignIn
	h.want(200, "", "POST", "/v1/sign-in/device", "", &dev)
	h.want(200, "", "POST", "/v1/sign-in/device", "", &other)
	poll := fmt.Sprintf(`{"device_code":%q}`, dev.DeviceCode)

	resp := oidctest.SignIn(t, v.Client, dev.CompleteURI)
	body, _ := io.ReadAll(resp.Body)
	if resp.Request.URL.String() != dev.CompleteURI || !strings.Contains(string(body), `value="`+dev.UserCode+`"`) {
		t.Fatalf("came to %s: %s", resp.Request.URL, body)
	}
	h.want(400, "", "POST", "/v1/sign-in/device/token", poll, nil) // to look is not to answer
	v.open(404, "/device", url.Values{"user_code": {`"><script>alert(1)</script>`}, "answer": {"allow"}})
	if body, _ := v.open(200, "/device", url.Values{"user_code": {dev.UserCode}, "answer": {"allow"}}); !strings.Contains(body, "is let in") {
		t.Error(body)
	}
	if body, _ := v.open(200, "/device", url.Values{"user_code": {other.UserCode}, "answer": {"deny"}}); !strings.Contains(body, "turned away") {
		t.Error(body)
	}
	var s api.SignedIn
	h.want(200, "", "POST", "/v1/sign-in/device/token", poll, &s)
	var me api.Me
	h.want(200, s.Token, "GET", "/v1/me", "", &me)
	if page, _ := v.open(200, "/v1/me", nil); me.ID != s.Person || !strings.Contains(page, me.ID) || s.Token == v.has("clientele") {
		t.Errorf("%+v is not %s", me, page)
	}
	var p api.Problem
	h.want(400, "", "POST", "/v1/sign-in/device/token", fmt.Sprintf(`{"device_code":%q}`, other.DeviceCode), &p)
	if p.Type != api.DeviceDenied {
		t.Errorf("%+v", p)
	}
}

func TestDevicePageIsForPeopleWhoAreSignedIn(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	v := h.visitor(h.withProvider())
	v.stopAt("")
	var dev api.DeviceSignIn
	h.want(200, "", "POST", "/v1/sign-in/device", "", &dev)
	allow := url.Values{"user_code": {dev.UserCode}, "answer": {"allow"}}
	if _, header := v.open(303, "/device", nil); header.Get("Location") != "/sign-in" {
		t.Error(header)
	}
	// A redirect would end at the provider, where form-action lets no form lead.
	v.open(401, "/device", allow)

	h.actors["machine"] = clientele.Actor{Kind: clientele.MachineActor, ID: "svc_1", Session: "tok_1"}
	v.open(401, "/device", nil, "Authorization", "Bearer machine")
	v.open(403, "/device", allow, "Authorization", "Bearer machine")
	var p api.Problem
	h.want(400, "", "POST", "/v1/sign-in/device/token", fmt.Sprintf(`{"device_code":%q}`, dev.DeviceCode), &p)
	if p.Type != api.DevicePending {
		t.Errorf("%+v", p)
	}

	v.bring("clientele", boss)
	hostile := `"><script>alert(1)</script><input value='`
	if body, _ := v.open(200, "/device?user_code="+url.QueryEscape(hostile), nil); strings.Contains(body, "<script") || !strings.Contains(body, "&lt;script&gt;") {
		t.Error(body)
	}
}

func TestPageFormsOfOtherSitesAreRefused(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	var dev api.DeviceSignIn
	h.want(200, "", "POST", "/v1/sign-in/device", "", &dev)
	secret := url.Values{"secret": {h.link(boss, h.person(boss, "ann").ID)}}
	allow := url.Values{"user_code": {dev.UserCode}, "answer": {"allow"}}
	v, ann := h.visitor(nil), h.visitor(nil)
	v.stopAt("")
	ann.bring("clientele", boss)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
	} {
		v.open(403, "/sign-in", secret, header...)
		ann.open(403, "/device", allow, header...)
	}
	if len(v.set)+len(ann.set) > 0 {
		t.Error(v.set, ann.set)
	}
	v.open(303, "/sign-in", secret, "Sec-Fetch-Site", "same-origin", "Origin", h.BaseURL)
	v.open(200, "/device", allow, "Sec-Fetch-Site", "same-origin") // nothing of it had been done
}

func TestSignInFormTakesALinkOnce(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	id := h.person(boss, "ann").ID
	whole := h.link(boss, id)
	v, late := h.visitor(nil), h.visitor(nil)
	if body, _ := v.open(200, "/", nil); !strings.Contains(body, `<form method="post" action="/sign-in">`) {
		t.Error(body)
	}
	form := url.Values{"secret": {" " + whole + "\n"}}
	if body, _ := v.open(200, "/sign-in", form); !strings.Contains(body, "You are signed in") {
		t.Error(body)
	}
	if me, _ := v.open(200, "/v1/me", nil); !strings.Contains(me, id) {
		t.Error(me)
	}
	_, secret, _ := strings.Cut(whole, "#")
	for _, s := range []string{whole, secret, "", "#", strings.Repeat("x", 1<<20)} {
		if body, _ := late.open(401, "/sign-in", url.Values{"secret": {s}}); strings.Contains(body, secret) {
			t.Error("the page shows the secret")
		}
		late.open(401, "/sign-in?secret="+secret, url.Values{}) // not from the address
	}
	if len(late.set) > 0 {
		t.Error(late.set)
	}
	_, secret, _ = strings.Cut(h.link(boss, id), "#")
	late.open(200, "/sign-in", url.Values{"secret": {secret}})
}

func TestPageRunsNothingAndIsFramedNowhere(t *testing.T) {
	h, boss := newDirectory(t, dbtest.SQLite(t))
	v := h.visitor(nil)
	v.bring("clientele", boss)
	for _, path := range []string{"/", "/sign-in", "/device", "/policies", "/clients/cli_1", "/clients/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/v1/sign-in/oidc"} {
		status := map[bool]int{true: 404, false: 200}[path == "/v1/sign-in/oidc"]
		body, header := v.open(status, path, nil)
		csp := header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", path, csp)
		}
		if header.Get("Content-Type") != "text/html; charset=utf-8" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, header)
		}
		for _, no := range []string{"<script", "<style", "style=", "onclick", "alert"} {
			if strings.Contains(body, no) {
				t.Errorf("%s: %s in %s", path, no, body)
			}
		}
	}
}
