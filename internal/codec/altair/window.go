package altair

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// scribe writes what windows and collections say into one part.
type scribe struct{ part *clientele.Part }

// spot is where something stands: the names of the collections down to it, and the
// authentication that they set.
type spot struct {
	chain []string
	above *clientele.Auth
}

func (s spot) at(names ...string) []string {
	return append(s.chain[:len(s.chain):len(s.chain)], names...)
}

func (w scribe) slot(s clientele.Slot) {
	if !s.Value.Empty() {
		w.part.Slots = append(w.part.Slots, s)
	}
}

func (w scribe) text(place clientele.Place, chain []string, n *doc.Node, dormant bool) {
	if n.IsScalar() && n.Str() != "" && n.Str() != "{}" {
		w.part.Texts = append(w.part.Texts, clientele.Text{Place: place, Chain: chain, Text: n.Secret(), Line: n.Line, Dormant: dormant})
	}
}

// group writes a collection, and the ones in it.
func (w scribe) group(at spot, n *doc.Node, depth int) {
	if depth > maxDepth {
		return
	}
	if auth := w.auth(at, n); auth.Scheme != "none" && auth.Scheme != "inherit" {
		at.above = auth
		if auth.Chain == nil {
			at.above.Chain = append(at.at(), n.Get("title").Str())
		}
	}
	w.headers(at.chain, n.Get("headers"))
	w.text(clientele.InText, at.at("description"), n.Get("description"), false)
	w.scripts(at.chain, n)
	w.variables("collection", at.chain, "", inner(n.First("environmentVariables", "variablesJson")))
	for _, q := range n.Get("queries").Items() {
		w.window(at, q)
	}
	for _, c := range n.Get("collections").Items() {
		w.group(spot{at.at(c.Get("title").Str()), at.above}, c, depth+1)
	}
}

// window writes a request. In the store each of its sides is an object of its own.
func (w scribe) window(up spot, n *doc.Node) {
	query := n.Get("query")
	name := n.First("windowName").Str()
	if name == "" {
		name = n.Get("layout", "title").Str()
	}
	at := spot{up.at(name), up.above}
	url := n.Get("apiUrl")
	if url == nil {
		url = query.Get("url")
	}
	w.part.Requests = append(w.part.Requests, clientele.Request{Chain: at.chain, Method: strings.ToUpper(n.First("httpMethod", "httpVerb").Str()),
		URL: url.Secret(), Line: url.LineOr(n.Line), Auth: w.auth(at, n)})
	w.headers(at.chain, n.Get("headers"))
	for _, q := range []*doc.Node{n, query} {
		w.text(clientele.InURL, at.at("subscription URL"), q.Get("subscriptionUrl"), false)
		w.text(clientele.InBody, at.at("connection parameters"), q.Get("subscriptionConnectionParams"), false)
		w.text(clientele.InBody, at.at("query"), q.Get("query"), false)
		w.text(clientele.InBody, at.at("handler parameters"), q.Get("requestHandlerAdditionalParams"), false)
	}
	w.text(clientele.InBody, at.at("variables"), n.Get("variables"), false)
	w.text(clientele.InBody, at.at("variables"), n.Get("variables", "variables"), false)
	w.scripts(at.chain, n)
	for _, h := range n.Get("history", "list").Items() {
		if q := h.Get("query"); q.IsScalar() {
			w.part.Texts = append(w.part.Texts, clientele.Text{Place: clientele.InHistory, Chain: at.at("history"), Text: q.Secret(), Line: q.Line, Recorded: true})
		}
	}
}

func (w scribe) headers(chain []string, rows *doc.Node) {
	for _, r := range rows.Items() {
		v := r.Get("value")
		w.slot(clientele.Slot{Place: clientele.InHeader, Name: r.Get("key").Str(), Chain: chain, Value: v.Secret(), Line: v.LineOr(r.Line),
			Dormant: r.Get("enabled").False()})
	}
}

// scripts writes the scripts, which windows and collections keep differently.
func (w scribe) scripts(chain []string, n *doc.Node) {
	for _, s := range []struct{ flat, name string }{{"preRequest", "pre-request script"}, {"postRequest", "post-request script"}} {
		under := append(chain[:len(chain):len(chain)], s.name)
		w.text(clientele.InScript, under, n.Get(s.flat+"Script"), n.Get(s.flat+"ScriptEnabled").False())
		w.text(clientele.InScript, under, n.Get(s.flat, "script"), n.Get(s.flat, "enabled").False())
	}
}

// environment writes an environment, whose variables are the text of a JSON object. The
// values under headers are sent with each request.
func (w scribe) environment(n *doc.Node) {
	vars := inner(n.First("variablesJson", "variables"))
	for _, k := range vars.Fields() {
		if k.Key == "headers" && k.Kind == doc.Map {
			for _, h := range k.Fields() {
				w.slot(clientele.Slot{Place: clientele.InHeader, Name: h.Key, Chain: []string{"headers"}, Value: h.Secret(), Line: h.Line})
			}
			continue
		}
		w.variables("environment", nil, k.Key, k)
	}
}

func (w scribe) variables(scope string, chain []string, name string, n *doc.Node) {
	for _, k := range n.Fields() {
		w.variables(scope, chain, strings.TrimPrefix(name+"."+k.Key, "."), k)
	}
	for _, k := range n.Items() {
		w.variables(scope, chain, name, k)
	}
	if n.IsScalar() && n.Str() != "" {
		w.part.Variables = append(w.part.Variables, clientele.Variable{Name: name, Value: n.Secret(), Scope: scope, Chain: chain, Line: n.Line})
	}
}

// schemes are our words for authorizationType.
var schemes = map[string]string{
	"none": "none", "basic": "basic", "bearer": "bearer", "api-key": "api_key", "oauth2": "oauth2", "inherit": "inherit",
}

// roles are the fields of authorizationData, at any depth.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token, "apiKey": clientele.APIKey,
	"headerValue": clientele.APIKey, "value": clientele.APIKey, "clientId": clientele.OAuthClientID, "clientSecret": clientele.ClientSecret,
	"accessToken": clientele.Token, "access_token": clientele.Token, "refreshToken": clientele.RefreshToken,
	"refresh_token": clientele.RefreshToken, "id_token": clientele.IDToken, "idToken": clientele.IDToken,
}

// auth writes the authorization of a window or collection: two flat fields, or an object
// with type and data. Data of a type that is no longer selected stays.
func (w scribe) auth(at spot, n *doc.Node) *clientele.Auth {
	t, data := n.Get("authorizationType").Str(), n.Get("authorizationData")
	if a := n.Get("authorization"); a != nil {
		t, data = a.Get("type").Str(), a.Get("data")
	}
	chain := at.at("auth " + t)
	who := data.Get("username").Str()
	if who == "" {
		who = data.Get("clientId").Str()
	}
	data.Walk(func(_ []string, k *doc.Node) bool {
		if k.Kind == doc.String && k.Key != "" {
			w.authField(chain, who, t == "" || t == "none", data, k)
		}
		return true
	})
	if who != "" && t != "none" {
		w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: schemes[t], Principal: who,
			Issuer: data.First("accessTokenUrl", "tokenEndpoint", "tokenUrl").Str(), Location: clientele.Location{Path: chain, Line: data.Line}})
	}
	s, known := schemes[t]
	switch {
	case t == "" || t == "none" || t == "inherit":
		if at.above != nil {
			return at.above
		}
		return &clientele.Auth{Scheme: "none"}
	case !known:
		s = "custom"
	}
	return &clientele.Auth{Scheme: s}
}

func (w scribe) authField(chain []string, who string, off bool, data, k *doc.Node) {
	s := clientele.Slot{Place: clientele.InAuth, Role: roles[k.Key], Name: k.Key, Chain: chain, Value: k.Secret(), Line: k.Line, Dormant: off}
	header := data.First("headerName", "key").Str()
	switch {
	case s.Role == clientele.APIKey && header != "":
		s.Name = header // an API key is known by the name it is sent under
	case s.Role == "" && strings.Contains(k.Str(), "://"):
		s.Place = clientele.InURL
	case s.Role == "" && !strings.Contains(strings.ToLower(k.Key), "secret"):
		return
	}
	if s.Role.Secret() {
		s.Principal = who
	}
	w.slot(s)
}
