package browser

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// reader reads values of local storage into a part. The tools share their shapes, so that
// there is one reader: rows of key and value, authentications, addresses, and JSON in JSON.
type reader struct {
	part   *clientele.Part
	origin string
	old    bool // overwritten or deleted
	past   bool // from a history
}

// roles are the fields of an authentication.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token, "accesstoken": clientele.Token, "access_token": clientele.Token,
	"refreshtoken": clientele.RefreshToken, "refresh_token": clientele.RefreshToken, "idtoken": clientele.IDToken, "id_token": clientele.IDToken,
	"clientid": clientele.OAuthClientID, "client_id": clientele.OAuthClientID, "clientsecret": clientele.ClientSecret, "client_secret": clientele.ClientSecret,
	"accesskey": clientele.Identifier, "secretkey": clientele.SecretKey, "servicetoken": clientele.Token, "authid": clientele.Identifier,
	"authkey": clientele.SecretKey, "clienttoken": clientele.Token, "privatekey": clientele.PrivateKey, "apikey": clientele.APIKey,
	"secret": clientele.SecretKey, "bearertoken": clientele.Token, "httpuser": clientele.Username, "httppassword": clientele.Password,
	"session": clientele.SessionID, "sessiontoken": clientele.Token,
}

// schemes are the words the tools have for ways to sign in.
var schemes = map[string]string{
	"none": "none", "inherit": "inherit", "basic": "basic", "bearer": "bearer", "api-key": "api_key", "apikey": "api_key", "oauth-2": "oauth2",
	"oauth2": "oauth2", "aws-signature": "aws_sigv4", "digest": "digest", "hawk": "hawk", "akamai-eg": "edgegrid", "jwt": "jwt", "http": "bearer",
}

// places are what a row is, by the name of the list it stands in.
var places = map[string]clientele.Place{
	"headers": clientele.InHeader, "requestheaders": clientele.InHeader, "params": clientele.InQuery, "parameters": clientele.InQuery,
	"queryparams": clientele.InQuery, "cookies": clientele.InCookie, "body": clientele.InBody, "form": clientele.InBody,
}

func (r reader) entry(a app, e entry) {
	name := e.key[strings.LastIndexByte(e.key, ':')+1:]
	n, ok := nested(e.value)
	r.past = strings.HasSuffix(strings.ToLower(name), "history")
	switch {
	case a.tool == "postman" && !ok && !telling(name):
		return // an inventory of a site's switches is of no use
	case !ok:
		r.scalar(name, e.value, nil)
	case a.tool == "swagger-ui":
		r.authorized(n)
	case name == "headers" && n.Kind == doc.Map:
		r.headers(n, []string{name})
	case name == "login_state":
		r.account(n, a)
		r.value(n, []string{name}, clientele.InTokenCache, 0)
	case strings.HasPrefix(name, "secretEnvironments"):
		r.value(n, []string{name}, clientele.InVariable, 0)
	default:
		r.value(n, []string{name}, clientele.InSetting, 0)
	}
}

// nested reads JSON that is kept as text.
func nested(text string) (*doc.Node, bool) {
	t := strings.TrimSpace(text)
	if len(t) < 2 || t[0] != '{' && t[0] != '[' {
		return nil, false
	}
	n, err := doc.JSON([]byte(t))
	return n, err == nil
}

func (r reader) slot(s clientele.Slot, v *doc.Node) {
	if v.Str() == "" {
		return
	}
	s.Value = v.Secret()
	s.Dormant, s.Recorded = s.Dormant || r.old, s.Recorded || r.past
	r.part.Slots = append(r.part.Slots, s)
}

// scalar reads a value that is no JSON.
func (r reader) scalar(name, value string, chain []string) {
	n := &doc.Node{Kind: doc.String, Text: value}
	if role := roles[strings.ToLower(name)]; role != "" || telling(name) {
		r.slot(clientele.Slot{Place: clientele.InTokenCache, Role: role, Name: name, Chain: chain}, n)
		return
	}
	r.text(name, value, clientele.InSetting, chain)
}

func (r reader) text(name, value string, place clientele.Place, chain []string) {
	if len(value) < 6 {
		return
	}
	r.part.Texts = append(r.part.Texts, clientele.Text{Place: place, Chain: with(chain, name), Text: clientele.Secret(value), Dormant: r.old,
		Recorded: r.past || place == clientele.InResponse})
}

// value reads a value of any shape. The chain leads to it by names, not by positions.
func (r reader) value(n *doc.Node, chain []string, place clientele.Place, depth int) {
	switch {
	case n == nil || depth > 60 || len(r.part.Slots)+len(r.part.Texts) > 100_000:
	case n.Kind == doc.List:
		for _, k := range n.Items() {
			r.value(k, chain, place, depth+1)
		}
	case n.Kind == doc.Map && r.row(n, chain, place):
	case n.Kind == doc.Map:
		r.object(n, chain, place, depth)
	}
}

// row reads {key, value} or {name, value}, with the flags that go with it.
func (r reader) row(n *doc.Node, chain []string, place clientele.Place) bool {
	name := n.First("key", "name")
	if !name.IsScalar() || n.First("value", "currentValue", "initialValue") == nil {
		return false
	}
	if place == clientele.InSetting {
		place = clientele.InVariable
	}
	dormant := n.Get("active").False() || n.Get("enabled").False() || n.Get("disabled").True()
	for _, k := range []string{"value", "currentValue", "initialValue"} {
		if k == "initialValue" && n.Get(k).Str() == n.Get("currentValue").Str() {
			continue
		}
		r.slot(clientele.Slot{Place: place, Name: name.Str(), Chain: chain, Marked: n.Get("secret").True(), Dormant: dormant}, n.Get(k))
	}
	return true
}

// object reads a map: a request, a collection, an authentication, a tab.
func (r reader) object(n *doc.Node, chain []string, place clientele.Place, depth int) {
	if name := n.First("name", "title", "windowName").Str(); name != "" && len(name) < 200 {
		chain = with(chain, name)
	}
	auth := r.auth(n.First("auth", "authentication"), chain)
	if n.Get("authorizationType") != nil { // Altair
		auth = r.auth(&doc.Node{Kind: doc.Map, Kids: []*doc.Node{{Kind: doc.String, Key: "authType", Text: n.Get("authorizationType").Str()},
			{Kind: doc.Map, Key: "data", Kids: n.Get("authorizationData").Fields()}}}, chain)
	}
	if url := n.First("endpoint", "url", "apiUrl", "uri"); url.IsScalar() && url.Str() != "" {
		r.part.Requests = append(r.part.Requests, clientele.Request{Chain: chain, Method: strings.ToUpper(n.Get("method").Str()), URL: url.Secret(), Auth: auth,
			Dormant: r.old, Recorded: r.past})
	}
	for _, k := range n.Fields() {
		low := strings.ToLower(k.Key)
		inside, sub := place, chain
		if p, ok := places[low]; ok {
			inside, sub = p, with(chain, k.Key)
		}
		switch {
		case low == "auth" || low == "authentication" || low == "authorizationdata" || low == "endpoint" || low == "url" || low == "apiurl" || low == "uri":
		case low == "response" || low == "responses" || low == "testresults":
			r.response(k, chain)
		case k.Kind == doc.Map || k.Kind == doc.List:
			if low == "variables" || low == "environments" {
				inside, sub = clientele.InVariable, with(chain, k.Key)
			}
			if low == "headers" && k.Kind == doc.Map {
				r.headers(k, sub)
				continue
			}
			r.value(k, sub, inside, depth+1)
		case k.Kind == doc.String:
			r.field(k, low, inside, chain, depth)
		}
	}
}

// field reads a text in an object.
func (r reader) field(k *doc.Node, low string, place clientele.Place, chain []string, depth int) {
	inner, isJSON := nested(k.Text)
	switch {
	case isJSON && low == "headers" && inner.Kind == doc.Map:
		r.headers(inner, with(chain, k.Key))
	case isJSON && (low == "variables" || low == "variablesjson" || low == "body"):
		r.text(k.Key, k.Text, clientele.InBody, chain)
	case isJSON:
		r.value(inner, with(chain, k.Key), place, depth+1)
	case strings.HasSuffix(low, "type"):
	case roles[low] != "" || telling(k.Key):
		if place != clientele.InTokenCache {
			place = clientele.InSetting
		}
		r.slot(clientele.Slot{Place: place, Role: roles[low], Name: k.Key, Chain: chain}, k)
	case low == "prerequestscript" || low == "testscript" || low == "prerequest" || low == "script":
		r.text(k.Key, k.Text, clientele.InScript, chain)
	case low == "body" || low == "query" || low == "description" || low == "headers" || low == "value":
		r.text(k.Key, k.Text, clientele.InBody, chain)
	}
}

// response reads what a server answered, as text.
func (r reader) response(n *doc.Node, chain []string) {
	r.past = true
	chain = with(chain, "response")
	n.Walk(func(_ []string, k *doc.Node) bool {
		if k.Kind == doc.Map && r.row(k, chain, clientele.InResponse) {
			return false
		}
		if k.Kind == doc.String && !strings.HasSuffix(strings.ToLower(k.Key), "id") {
			r.text(k.Key, k.Text, clientele.InResponse, chain)
		}
		return len(r.part.Texts) < 100_000
	})
}

// headers reads a map of names and values.
func (r reader) headers(n *doc.Node, chain []string) {
	for _, k := range n.Fields() {
		r.slot(clientele.Slot{Place: clientele.InHeader, Name: k.Key, Chain: chain}, k)
	}
}

// auth reads an authentication, also one that is switched off.
func (r reader) auth(n *doc.Node, chain []string) *clientele.Auth {
	kind := n.First("authType", "type")
	if n == nil || n.Kind != doc.Map {
		return nil
	}
	off := n.Get("authActive").False() || n.Get("disabled").True()
	who := ""
	n.Walk(func(_ []string, k *doc.Node) bool {
		switch strings.ToLower(k.Key) {
		case "username", "clientid", "accesskey", "authid", "client_id":
			who = cmp.Or(who, k.Str())
		}
		return true
	})
	n.Walk(func(_ []string, k *doc.Node) bool {
		low := strings.ToLower(k.Key)
		role := roles[low]
		s := clientele.Slot{Place: clientele.InAuth, Role: role, Name: k.Key, Chain: with(chain, "auth", kind.Str()), Dormant: off}
		if low == "value" && k.Kind == doc.String { // an API key's
			s.Role, s.Name = clientele.APIKey, cmp.Or(n.Get("key").Str(), cmp.Or(n.Get("data", "key").Str(), k.Key))
		}
		if s.Role.Secret() {
			s.Principal = who
		}
		if s.Role != "" && k.IsScalar() {
			r.slot(s, k)
		}
		return true
	})
	scheme := cmp.Or(schemes[strings.ToLower(kind.Str())], "custom")
	if who != "" && !off {
		r.part.Identities = append(r.part.Identities, clientele.Identity{Scheme: scheme, Principal: who})
	}
	if off {
		return &clientele.Auth{Scheme: "none"}
	}
	return &clientele.Auth{Scheme: scheme}
}

// authorized reads what Swagger UI keeps when it is told to persist authorisations: by the
// name of the scheme, its definition and the value that was typed or fetched.
func (r reader) authorized(n *doc.Node) {
	for _, k := range n.Fields() {
		schema := k.Get("schema")
		if schema == nil {
			continue // another site's key of the same name
		}
		kind := cmp.Or(schema.Get("scheme").Str(), schema.Get("type").Str())
		chain := []string{"authorized", k.Key}
		auth := &clientele.Auth{Scheme: cmp.Or(schemes[strings.ToLower(kind)], "custom")}
		r.part.Requests = append(r.part.Requests, clientele.Request{Chain: chain, URL: clientele.Secret(r.origin), Auth: auth,
			Dormant: r.old, Recorded: r.past})
		name := cmp.Or(schema.Get("name").Str(), k.Key)
		switch v := k.Get("value"); {
		case v.IsScalar() && auth.Scheme == "bearer":
			r.slot(clientele.Slot{Place: clientele.InAuth, Role: clientele.Token, Name: name, Chain: chain}, v)
		case v.IsScalar():
			r.slot(clientele.Slot{Place: clientele.InAuth, Role: clientele.APIKey, Name: name, Chain: chain}, v)
		}
		who := cmp.Or(k.Get("value", "username").Str(), cmp.Or(k.Get("clientId").Str(), k.Get("username").Str()))
		for _, m := range []*doc.Node{k.Get("value"), k.Get("token"), k} {
			for _, f := range m.Fields() {
				if role := roles[strings.ToLower(f.Key)]; role != "" && f.IsScalar() {
					s := clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain}
					if role.Secret() {
						s.Principal = who
					}
					r.slot(s, f)
				}
			}
		}
		if who != "" {
			r.part.Identities = append(r.part.Identities, clientele.Identity{Scheme: auth.Scheme, Principal: who, Issuer: schema.Get("tokenUrl").Str()})
		}
	}
}

// account reads whom Hoppscotch is signed in as.
func (r reader) account(n *doc.Node, a app) {
	mail := n.First("email", "displayName").Str()
	if inner := n.Get("json"); mail == "" {
		mail = inner.First("email", "displayName").Str()
	}
	if mail == "" || r.old {
		return
	}
	r.part.Identities = append(r.part.Identities, clientele.Identity{Scheme: "cookie", Principal: mail, Kind: clientele.Person, Issuer: r.origin})
	r.part.Owners = append(r.part.Owners, clientele.Owner{Who: mail, Kind: clientele.PersonOwner,
		Evidence: "the account that " + a.name + " is signed in with", Confidence: 0.7})
}

// telling reports whether a name says that its value may be secret.
func telling(name string) bool {
	low := strings.ToLower(name)
	for _, w := range []string{"token", "secret", "password", "apikey", "api_key", "api-key", "authorization", "session", "credential"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// with is chain with names behind it, in memory of its own.
func with(chain []string, more ...string) []string {
	return append(chain[:len(chain):len(chain)], more...)
}
