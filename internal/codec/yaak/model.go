package yaak

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// scribe writes what models say into one part.
type scribe struct{ part *clientele.Part }

// models are the sorts of model.
var models = map[string]func(*scribe, spot, *doc.Node){
	"workspace":         (*scribe).workspace,
	"folder":            (*scribe).folder,
	"environment":       (*scribe).environment,
	"http_request":      (*scribe).request,
	"grpc_request":      (*scribe).request,
	"websocket_request": (*scribe).request,
	"cookie_jar":        (*scribe).cookies,
}

// slot writes a value. What Yaak has sealed stands in a call of secure() with YENC_ text.
func (w *scribe) slot(s clientele.Slot) {
	if s.Value.Empty() {
		return
	}
	w.part.Slots = append(w.part.Slots, s)
}

// sealed reports whether a value is nothing but ciphertext: ${[ secure(value="YENC_…") ]}.
func sealed(value string) bool {
	v := strings.TrimSpace(value)
	return strings.HasPrefix(v, "${[") && strings.Index(v, "]}") == len(v)-2 && strings.Contains(v, "secure(") &&
		strings.Contains(v, "YENC_") || strings.HasPrefix(v, "YENC_")
}

func class(value string) clientele.Class {
	if sealed(value) {
		return clientele.Encrypted
	}
	return ""
}

func (w *scribe) text(place clientele.Place, chain []string, n *doc.Node) {
	if n.IsScalar() && n.Str() != "" {
		w.part.Texts = append(w.part.Texts, clientele.Text{Place: place, Chain: chain, Text: n.Secret(), Line: n.Line})
	}
}

// rows writes a table of names and values, of which some may be switched off.
func (w *scribe) rows(place clientele.Place, chain []string, rows *doc.Node) {
	for _, r := range rows.Items() {
		v := r.Get("value")
		w.slot(clientele.Slot{Place: place, Name: name(r), Chain: chain, Value: v.Secret(), Line: v.LineOr(r.Line),
			Dormant: r.Get("enabled").False(), Class: class(v.Str())})
	}
}

func (w *scribe) workspace(_ spot, n *doc.Node) {
	top := spot{}
	if auth := w.auth(top, n); auth.Scheme != "inherit" {
		w.part.Auth = auth
	}
	w.rows(clientele.InHeader, nil, n.Get("headers"))
	w.variables("collection", "", n)
	w.text(clientele.InText, []string{"description"}, n.Get("description"))
}

func (w *scribe) folder(at spot, n *doc.Node) {
	w.auth(at, n)
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.text(clientele.InText, at.at("description"), n.Get("description"))
}

// environment writes the variables of the base environment, of one to choose, or of a
// folder. One that is not public is kept out of sync and exports unless asked for.
func (w *scribe) environment(at spot, n *doc.Node) {
	scope, set := "environment", name(n)
	switch {
	case n.Get("parentModel").Str() == "folder":
		scope = "folder"
	case n.Get("base").True(), n.Get("parentModel").Str() == "workspace":
		scope = "collection"
	}
	w.variables(scope, set, n)
	if n.Get("public").False() {
		w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncLocal,
			Detail: fmt.Sprintf("private environment %q is neither synced nor exported by default", set)})
	}
}

// variables writes those of an environment, or of a workspace: until 2025 it had the ones of
// the base environment.
func (w *scribe) variables(scope, set string, n *doc.Node) {
	for _, v := range n.Get("variables").Items() {
		value := v.Get("value")
		if value.Str() == "" {
			continue
		}
		w.part.Variables = append(w.part.Variables, clientele.Variable{Name: name(v), Value: value.Secret(), Scope: scope, Set: set,
			Chain: []string{cmp.Or(set, "workspace")}, Line: value.Line, Dormant: v.Get("enabled").False(), Class: class(value.Str()),
			Marked: sealed(value.Str())})
	}
}

func (w *scribe) request(at spot, n *doc.Node) {
	url := n.Get("url")
	w.part.Requests = append(w.part.Requests, clientele.Request{Chain: at.chain, Method: verb(n), URL: url.Secret(),
		Line: url.LineOr(n.Line), Auth: w.auth(at, n)})
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.rows(clientele.InHeader, at.chain, n.Get("metadata"))
	w.rows(clientele.InQuery, at.chain, n.Get("urlParameters"))
	body := n.Get("body")
	for _, field := range []string{"text", "query", "variables"} {
		w.text(clientele.InBody, at.at("body"), body.Get(field))
	}
	w.rows(clientele.InBody, at.at("body"), body.Get("form"))
	w.text(clientele.InBody, at.at("message"), n.Get("message"))
	w.text(clientele.InText, at.at("description"), n.Get("description"))
}

// verb is the HTTP method. A gRPC request has a method of another sort.
func verb(n *doc.Node) string {
	if n.Has("service") || n.Has("metadata") {
		return ""
	}
	return strings.ToUpper(n.Get("method").Str())
}

// cookies writes a jar, which is in an export only if it was asked for. A cookie is the text
// of a Set-Cookie header.
func (w *scribe) cookies(at spot, n *doc.Node) {
	for _, c := range n.Get("cookies").Items() {
		raw := c.First("raw_cookie", "rawCookie")
		key, value, _ := strings.Cut(raw.Str(), "=")
		value, _, _ = strings.Cut(value, ";")
		w.slot(clientele.Slot{Place: clientele.InCookie, Name: key, Chain: at.chain, Value: clientele.Secret(value),
			Line: raw.LineOr(c.Line), Recorded: true, Host: c.Get("domain").First("HostOnly", "Suffix").Str()})
	}
}

// schemes are our words for authenticationType.
var schemes = map[string]string{
	"apikey": "api_key", "awsv4": "aws_sigv4", "basic": "basic", "bearer": "bearer", "jwt": "jwt", "windows": "ntlm",
	"ntlm": "ntlm", "oauth1": "oauth1", "oauth2": "oauth2", "digest": "digest", "none": "none", "": "inherit",
}

func scheme(t string) string {
	if s, ok := schemes[t]; ok {
		return s
	}
	return "custom"
}

// roles are the fields of authentication. A field without a role says how to sign in, not
// with what, and is left out. What is not listed is written for its name to tell.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token, "value": clientele.APIKey,
	"clientId": clientele.OAuthClientID, "clientSecret": clientele.ClientSecret, "clientAssertionSecret": clientele.SecretKey,
	"accessToken": clientele.Token, "refreshToken": clientele.RefreshToken,
	"accessKeyId": clientele.Identifier, "secretAccessKey": clientele.SecretKey, "sessionToken": clientele.Token,
	"secret": clientele.SecretKey, "consumerKey": clientele.OAuthClientID, "consumerSecret": clientele.ClientSecret,
	"tokenKey": clientele.Identifier, "tokenSecret": clientele.SecretKey, "privateKey": clientele.PrivateKey,

	"disabled": "", "key": "", "location": "", "prefix": "", "algorithm": "", "secretBase64": "", "grantType": "",
	"scope": "", "audience": "", "state": "", "tokenName": "", "usePkce": "", "pkceChallengeMethod": "",
	"pkceCodeChallenge": "", "responseType": "", "headerName": "", "headerPrefix": "", "credentials": "",
	"useExternalBrowser": "", "callbackType": "", "callbackPort": "", "service": "", "region": "", "domain": "",
	"workstation": "", "signatureMethod": "", "version": "", "realm": "", "nonce": "", "timestamp": "", "verifier": "",
	"clientCredentialsMethod": "", "clientAssertionAlgorithm": "", "clientAssertionSecretBase64": "",
}

// urls are fields whose value is an address, which may hold a secret like any other.
var urls = map[string]bool{"authorizationUrl": true, "accessTokenUrl": true, "redirectUri": true, "callback": true}

// auth writes a model's authentication and answers what is in effect: nothing of its own
// means that of the folder or workspace above. The values of a type that is switched off, or
// is no longer selected, stay.
func (w *scribe) auth(at spot, n *doc.Node) *clientele.Auth {
	t, a := n.Get("authenticationType").Str(), n.Get("authentication")
	off := t == "" || t == "none" || a.Get("disabled").True()
	chain := at.at("auth " + t)
	who := first(a, "username", "clientId", "consumerKey", "accessKeyId")
	for _, f := range a.Fields() {
		role, known := roles[f.Key]
		if known && role == "" {
			continue
		}
		s := clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line,
			Dormant: off, Class: class(f.Str())}
		if header := a.Get("key").Str(); t == "apikey" && f.Key == "value" && header != "" {
			s.Name = header // an API key is known by the name it is sent under
		}
		if urls[f.Key] {
			s.Place = clientele.InURL
		}
		if f.Key == "payload" {
			w.text(clientele.InAuth, append(chain[:len(chain):len(chain)], "payload"), f)
			continue
		}
		if role.Secret() {
			s.Principal = who
		}
		w.slot(s)
	}
	w.identity(chain, t, who, a)
	switch {
	case t != "" && !a.Get("disabled").True():
		return &clientele.Auth{Scheme: scheme(t)}
	case t != "":
		return &clientele.Auth{Scheme: "none"}
	case at.above != nil:
		return at.above
	}
	return &clientele.Auth{Scheme: "inherit"}
}

// first is the first of the named fields that is not empty.
func first(n *doc.Node, names ...string) string {
	for _, k := range names {
		if v := n.Get(k).Str(); v != "" {
			return v
		}
	}
	return ""
}

func (w *scribe) identity(chain []string, t, who string, a *doc.Node) {
	if who == "" {
		return
	}
	id := clientele.Identity{Scheme: scheme(t), Principal: who, Issuer: first(a, "accessTokenUrl", "authorizationUrl"),
		Audience: a.Get("audience").Str(), Scopes: strings.Fields(a.Get("scope").Str()),
		Location: clientele.Location{Path: chain, Line: a.Line}}
	switch {
	case t == "awsv4", t == "oauth2" && a.Get("grantType").Str() == "client_credentials":
		id.Kind = clientele.Machine
	case t == "oauth2" && a.Get("username").Str() == who:
		id.Kind = clientele.Person
	}
	w.part.Identities = append(w.part.Identities, id)
}
