package restfox

import (
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// scribe writes what items say into one part.
type scribe struct{ part *clientele.Part }

func (w scribe) slot(s clientele.Slot) {
	if !s.Value.Empty() {
		w.part.Slots = append(w.part.Slots, s)
	}
}

func (w scribe) text(place clientele.Place, chain []string, n *doc.Node) {
	if n.IsScalar() && n.Str() != "" {
		w.part.Texts = append(w.part.Texts, clientele.Text{Place: place, Chain: chain, Text: n.Secret(), Line: n.Line})
	}
}

func (w scribe) rows(place clientele.Place, chain []string, rows *doc.Node) {
	for _, r := range rows.Items() {
		v := r.Get("value")
		w.slot(clientele.Slot{Place: place, Name: r.Get("name").Str(), Chain: chain, Value: v.Secret(), Line: v.LineOr(r.Line),
			Dormant: r.Get("disabled").True()})
	}
}

// item writes a group or a request. A socket is a request without method or body.
func (w scribe) item(at spot, n *doc.Node, depth int) {
	auth := w.auth(at, n.Get("authentication"))
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.text(clientele.InText, at.at("description"), n.Get("description"))
	w.plugin(n.Get("plugin"))
	for _, p := range n.Get("plugins").Items() {
		w.plugin(p)
	}
	if url := n.Get("url"); url.IsScalar() && n.Get("_type").Str() != "request_group" {
		w.part.Requests = append(w.part.Requests, clientele.Request{Chain: at.chain, Method: strings.ToUpper(n.Get("method").Str()),
			URL: url.Secret(), Line: url.Line, Auth: auth})
	}
	w.rows(clientele.InQuery, at.chain, n.Get("parameters"))
	w.rows(clientele.InURL, at.chain, n.Get("pathParameters"))
	w.body(at.at("body"), n.Get("body"))
	for _, c := range n.Get("clients").Items() { // of a socket: each with its messages
		w.text(clientele.InURL, at.at("client"), c.Get("url"))
		w.text(clientele.InBody, at.at("client", "message"), c.Get("payload"))
	}
	w.environments("folder", at.chain, n)
	for _, kid := range n.Get("children").Items() {
		if depth < maxDepth {
			w.item(spot{at.at(kid.Get("name").Str()), at.below(n)}, kid, depth+1)
		}
	}
}

// below is the authentication that what lies in the group n inherits.
func (s spot) below(n *doc.Node) *clientele.Auth {
	if scheme, ok := scheme(n.Get("authentication")); ok {
		return &clientele.Auth{Scheme: scheme, Chain: s.chain}
	}
	return s.above
}

func (w scribe) body(chain []string, body *doc.Node) {
	w.text(clientele.InBody, chain, body.Get("text"))
	w.text(clientele.InBody, chain, body.Get("query"))
	w.text(clientele.InBody, chain, body.Get("variables"))
	w.rows(clientele.InBody, chain, body.Get("params"))
}

func (w scribe) plugin(n *doc.Node) {
	chain := []string{"plugin " + n.Get("name").Str()}
	w.text(clientele.InScript, chain, n.Get("code"))
	for _, code := range n.Get("code").Fields() {
		w.text(clientele.InScript, append(chain, code.Key), code)
	}
}

// environments writes the values that an item holds for all below it, and those of the named
// environments, which replace them.
func (w scribe) environments(scope string, chain []string, n *doc.Node) {
	w.variables(clientele.Variable{Scope: scope, Chain: chain}, n.Get("environment"))
	for _, e := range n.Get("environments").Items() {
		name := e.Get("name").Str()
		w.variables(clientele.Variable{Scope: "environment", Set: name, Chain: append(chain[:len(chain):len(chain)], name)}, e.Get("environment"))
	}
}

func (w scribe) variables(like clientele.Variable, n *doc.Node) {
	prefix := like.Name
	for _, k := range n.Fields() {
		like.Name = strings.TrimPrefix(prefix+"."+k.Key, ".")
		w.variables(like, k)
	}
	for i, k := range n.Items() {
		like.Name = fmt.Sprintf("%s[%d]", prefix, i)
		w.variables(like, k)
	}
	if n.IsScalar() && n.Str() != "" && prefix != "" {
		like.Name, like.Value, like.Line = prefix, n.Secret(), n.Line
		w.part.Variables = append(w.part.Variables, like)
	}
}

// schemes are our words for authentication.type.
var schemes = map[string]string{
	"basic": "basic", "bearer": "bearer", "oauth2": "oauth2", "digest": "digest", "apikey": "api_key", "api key": "api_key",
	"no auth": "none", "none": "none",
}

// scheme is what a block makes requests do, and whether it decides.
func scheme(a *doc.Node) (string, bool) {
	t := strings.ToLower(a.Get("type").Str())
	if t == "" || t == "inherit" || a.Get("disabled").True() {
		return "", false
	}
	if s, ok := schemes[t]; ok {
		return s, true
	}
	return "custom", true
}

// roles are the fields of authentication. A field without a role says how to sign in, not
// with what, and is left out. What is not listed is written for its name to tell.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token, "value": clientele.APIKey,
	"clientId": clientele.OAuthClientID, "clientSecret": clientele.ClientSecret, "accessToken": clientele.Token,
	"refreshToken": clientele.RefreshToken, "idToken": clientele.IDToken,
	"type": "", "disabled": "", "prefix": "", "grantType": "", "scope": "", "key": "", "addTo": "", "state": "", "usePkce": "",
}

// auth writes an item's authentication and answers what is in effect.
func (w scribe) auth(at spot, a *doc.Node) *clientele.Auth {
	t := a.Get("type").Str()
	chain := at.at("auth " + t)
	s, decides := scheme(a)
	who := a.Get("username").Str()
	if who == "" {
		who = a.Get("clientId").Str()
	}
	for _, f := range a.Fields() {
		role, known := roles[f.Key]
		if known && role == "" {
			continue
		}
		slot := clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line,
			Dormant: !decides || s == "none"}
		if strings.HasSuffix(strings.ToLower(f.Key), "url") {
			slot.Place = clientele.InURL
		}
		if role.Secret() {
			slot.Principal = who
		}
		w.slot(slot)
	}
	if who != "" && decides {
		w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: s, Principal: who, Issuer: a.First("tokenUrl", "accessTokenUrl").Str(),
			Scopes: strings.Fields(a.Get("scope").Str()), Location: clientele.Location{Path: chain, Line: a.Line}})
	}
	switch {
	case decides:
		return &clientele.Auth{Scheme: s}
	case at.above != nil:
		return at.above
	}
	return &clientele.Auth{Scheme: "none"}
}
