package soapui

import (
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// request reads an element that is a request: a REST request, the call of a SOAP operation,
// the step of a test case, or the list of an interface's endpoints.
func (w *walker) request(s scope, n *doc.Node) {
	r := clientele.Request{Chain: s.chain, Method: s.method, Line: n.Line, Dormant: s.dormant}
	endpoint := n.Get("endpoint").Str()
	url := endpoint
	switch n.Key {
	case "request", "restRequest":
		url = strings.TrimSuffix(url, "/") + s.path
		if n.Key == "request" && s.method == "" { // of a SOAP operation, in a test step
			r.Method = "POST"
		}
	case "call":
		r.Method = "POST"
	case "config":
		r.Method = n.Attr("method")
	case "endpoints":
		for _, e := range n.All("endpoint") {
			w.part.Requests = append(w.part.Requests, clientele.Request{
				Chain: below(s.chain, "endpoint"), URL: e.Secret(), Line: e.Line, Dormant: s.dormant,
			})
		}
		return
	default:
		return
	}
	if endpoint != "" {
		r.URL, r.Auth = clientele.Secret(url), w.auth(n, endpoint)
		w.part.Requests = append(w.part.Requests, r)
	}
}

var schemes = map[string]string{
	"preemptive": "basic", "basic": "basic", "ntlm": "ntlm", "spnego/kerberos": "negotiate",
	"oauth 2.0": "oauth2", "oauth 1.0": "oauth1", "no authorization": "none", "digest": "digest",
}

// auth is the effective authentication of a request: its own credentials, a profile that it
// selects, or what the project has for the endpoint.
func (w *walker) auth(n *doc.Node, endpoint string) *clientele.Auth {
	c := n.Get("credentials")
	kind, profile := c.Get("authType").Str(), c.Get("selectedAuthProfile").Str()
	scheme := schemes[strings.ToLower(kind)]
	switch {
	case strings.HasPrefix(scheme, "oauth") && profile != "":
		return &clientele.Auth{Scheme: scheme, Chain: []string{kind, profile}}
	case scheme != "":
		return &clientele.Auth{Scheme: scheme}
	case c.Get("username").Str() != "":
		return &clientele.Auth{Scheme: "basic"}
	case w.strategies[endpoint] != nil:
		return &clientele.Auth{Scheme: "basic", Chain: []string{"endpoints", "endpoint"}}
	}
	return nil
}

// dormant reports whether the user and password of credentials are not those in use.
func dormant(n *doc.Node) bool {
	switch schemes[strings.ToLower(n.Get("authType").Str())] {
	case "none", "oauth1", "oauth2":
		return true
	}
	return false
}

// identity reads whom an element that holds credentials names.
func (w *walker) identity(s scope, n *doc.Node) {
	id := clientele.Identity{Principal: principal(n), Location: clientele.Location{Path: s.chain, Line: n.Line}}
	switch n.Key {
	case "oAuth2Profile":
		id.Scheme = "oauth2"
		id.Issuer = dsn.Bare(n.Get("accessTokenURI").Str())
		id.Scopes = append(id.Scopes, strings.Fields(n.Get("scope").Str())...)
		id.IssuedAt, id.ExpiresAt = lifetime(n)
		if n.Get("oAuth2Flow").Str() == "CLIENT_CREDENTIALS_GRANT" {
			id.Kind = clientele.Machine
		}
	case "oAuth1Profile":
		id.Scheme, id.Issuer = "oauth1", dsn.Bare(n.Get("accessTokenURI").Str())
	case "credentials":
		id.Scheme = schemes[strings.ToLower(n.Get("authType").Str())]
		if dormant(n) {
			return
		}
	case "endpoint":
		id.Issuer = dsn.HostOf(n.Text)
	case "outgoing":
		id.Scheme = "wsse"
	case "entry":
		if n.Attr("type") != "Username" {
			return
		}
		id.Scheme = "wsse"
	default:
		return
	}
	if id.Scheme == "" {
		id.Scheme = "basic"
	}
	if id.Principal != "" {
		w.part.Identities = append(w.part.Identities, id)
	}
}

// lifetime is when a cached token was issued, and when it expires.
func lifetime(n *doc.Node) (issued, expires time.Time) {
	at, err := strconv.ParseInt(n.Get("accessTokenIssuedTime").Str(), 10, 64)
	if err != nil || at <= 0 {
		return time.Time{}, time.Time{}
	}
	issued = time.Unix(at, 0).UTC()
	if s, err := strconv.ParseInt(n.Get("accessTokenExpirationTime").Str(), 10, 32); err == nil && s > 0 {
		expires = issued.Add(time.Duration(s) * time.Second)
	}
	return issued, expires
}
