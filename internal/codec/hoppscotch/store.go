package hoppscotch

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// A store maps names to values. The web application writes "persistence.v1:restCollections"
// into localStorage, as text that superjson made; the desktop one nests
// {"persistence.v1": {"restCollections": …}}. Either wraps a value as {schemaVersion,
// metadata, data}. Versions before the stores used the bare names.

// entries are the names of a store and what reads the value of each.
var entries = map[string]func(*doc.Node) []clientele.Part{
	"restcollections": storedCollections, "collections": storedCollections,
	"gqlcollections": storedCollections, "collectionsgraphql": storedCollections,
	"environments": storedEnvironments,
	"globalenv":    storedGlobals, "globalenvironment": storedGlobals,
	"secretenvironments": storedValues, "currentenvironmentvalue": storedValues, "secretenvironmentvalue": storedValues,
	"currentenvironmentvalues": storedValues,
	"resthistory":              storedHistory, "history": storedHistory, "gqlhistory": storedHistory, "graphqlhistory": storedHistory,
	"resttabs": storedTabs, "gqltabs": storedTabs, "resttabstate": storedTabs, "gqltabstate": storedTabs,
	"login_state": storedAccount, "access_token": storedAccount, "refresh_token": storedAccount, "localconfig": storedAccount,
	"websocket": storedEndpoint, "websocketrequest": storedEndpoint, "socketio": storedEndpoint, "socketiorequest": storedEndpoint,
	"sse": storedEndpoint, "sserequest": storedEndpoint, "mqtt": storedEndpoint, "mqttrequest": storedEndpoint,
}

func decodeStore(f clientele.File) ([]clientele.Part, error) {
	if !looksJSON(f.Data) {
		return nil, nil
	}
	top, err := doc.JSON(f.Data)
	parts := store(top, 0)
	if parts == nil {
		return nil, nil
	}
	nameValues(parts)
	return parts, err
}

// nameValues gives local values the name of the environment that has their id.
func nameValues(parts []clientele.Part) {
	names := map[string]string{}
	for _, p := range parts {
		if p.Environment != "" {
			names[p.ExternalID] = p.Environment
		}
	}
	for i := range parts {
		if p := &parts[i]; p.Format == "local values" && names[p.ExternalID] != "" {
			p.Name, p.Environment = names[p.ExternalID], names[p.ExternalID]
		}
	}
}

func store(n *doc.Node, depth int) []clientele.Part {
	var parts []clientele.Part
	for _, e := range n.Fields() {
		plain := e.Key[strings.LastIndexByte(e.Key, ':')+1:]
		name := strings.ToLower(plain)
		backup := strings.HasSuffix(name, "-backup")
		read := entries[strings.TrimSuffix(name, "-backup")]
		value := unwrap(e)
		value.Key = plain
		switch {
		case read != nil:
			parts = append(parts, aside(read(value), backup)...)
		case strings.Contains(name, "interceptor") || strings.Contains(name, "proxy") || strings.Contains(name, "token"):
			parts = append(parts, storedSettings(value)...)
		case depth < 4:
			parts = append(parts, store(value, depth+1)...)
		}
	}
	return parts
}

// unwrap takes off what a store puts round a value: text with JSON in it, superjson's json
// field, and the envelope with the schema's version. Lines inside text are that of the text.
func unwrap(n *doc.Node) *doc.Node {
	for range 5 {
		switch {
		case n != nil && n.Kind == doc.String && looksJSON([]byte(n.Text)):
			inner, _ := doc.JSON([]byte(n.Text))
			if inner == nil {
				return n
			}
			inner.Walk(func(_ []string, k *doc.Node) bool { k.Line = n.Line; return true })
			n = inner
		case n.Has("json"):
			n = n.Get("json")
		case n.Has("schemaVersion") && n.Has("data"):
			n = n.Get("data")
		default:
			return n
		}
	}
	return n
}

// aside marks what comes from a backup that was made before a migration.
func aside(parts []clientele.Part, backup bool) []clientele.Part {
	if !backup {
		return parts
	}
	for i := range parts {
		p := &parts[i]
		p.Format += " (backup)"
		for j := range p.Requests {
			p.Requests[j].Dormant = true
		}
		for j := range p.Slots {
			p.Slots[j].Dormant = true
		}
		for j := range p.Variables {
			p.Variables[j].Dormant = true
		}
		for j := range p.Texts {
			p.Texts[j].Dormant = true
		}
	}
	return parts
}

func storedCollections(n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	for _, c := range listed(n) {
		if c.Has("folders") || c.Has("requests") {
			parts = append(parts, collection(c, "stored collection"))
		}
	}
	return parts
}

func storedEnvironments(n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	for _, e := range listed(n) {
		if e.Has("variables") {
			parts = append(parts, environment(e))
		}
	}
	return parts
}

// storedGlobals reads the global environment, which has no name and used to be a bare list.
func storedGlobals(n *doc.Node) []clientele.Part {
	vars := n
	if n.Has("variables") {
		vars = n.Get("variables")
	}
	return supply("global environment", "globals", "global", vars)
}

// storedValues reads the values that are kept apart from their environments because they are
// not synced: a list for each environment's id.
func storedValues(n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	for _, e := range n.Fields() {
		more := supply("local values", e.Key, "local", e)
		for i := range more {
			more[i].ExternalID, more[i].Bind.Key = e.Key, n.Key+" "+e.Key
			if strings.Contains(strings.ToLower(n.Key), "secret") {
				markAll(more[i].Variables)
			}
		}
		parts = append(parts, more...)
	}
	return parts
}

func markAll(vars []clientele.Variable) {
	for i := range vars {
		vars[i].Marked = true
	}
}

func supply(format, name, scope string, vars *doc.Node) []clientele.Part {
	p := newPart(format, nil)
	p.Name, p.Line = name, vars.LineOr(0)
	p.Bind = clientele.Bind{As: clientele.Supplies, Key: format + " " + name}
	p.Sync = []clientele.Sync{{Mode: clientele.SyncLocal, Detail: "kept on this machine"}}
	w := scribe{part: &p}
	w.variables(scope, nil, vars)
	if len(p.Variables) == 0 {
		return nil
	}
	return []clientele.Part{p}
}

func storedHistory(n *doc.Node) []clientele.Part {
	p := newPart("history", nil)
	p.Name, p.Bind.Key = "History", "history "+n.Key
	w := scribe{part: &p, recorded: true}
	for _, e := range listed(n) {
		r := e.Get("request")
		if r == nil {
			r = e // versions before 1 wrote the request's fields beside the rest
		}
		at := spot{chain: []string{r.First("name", "label").Str()}}
		w.request(at, r)
		w.text(clientele.InResponse, at.at("response"), e.Get("response"))
	}
	return full(p)
}

// storedTabs reads the open tabs: requests that may not be saved anywhere else.
func storedTabs(n *doc.Node) []clientele.Part {
	p := newPart("open tabs", nil)
	p.Name, p.Bind.Key = "Open tabs", "tabs "+n.Key
	w := scribe{part: &p}
	for _, t := range n.Get("orderedDocs").Items() {
		d := t.Get("doc")
		r := d.Get("request")
		at := spot{chain: []string{"tab " + r.Get("name").Str()}, above: &clientele.Auth{Scheme: "inherit"}}
		w.request(at, r)
		answer := w
		answer.recorded = true
		answer.response(at.at("response"), d.Get("response"))
	}
	return full(p)
}

// accountRoles are the fields that tell who is signed in.
var accountRoles = map[string]clientele.Role{
	"access_token": clientele.Token, "refresh_token": clientele.RefreshToken, "accessToken": clientele.Token,
	"refreshToken": clientele.RefreshToken, "idToken": clientele.IDToken, "uid": clientele.Identifier,
}

func storedAccount(n *doc.Node) []clientele.Part {
	p := newPart("account", nil)
	p.Name, p.Bind.Key = "Account", "account"
	mail := n.Get("email").Str()
	w := scribe{part: &p}
	n.Walk(func(_ []string, k *doc.Node) bool {
		if role := accountRoles[k.Key]; role != "" && k.IsScalar() {
			w.slot(clientele.Slot{Place: clientele.InTokenCache, Role: role, Name: k.Key, Chain: []string{"account"},
				Value: k.Secret(), Line: k.Line, Principal: mail})
		}
		return true
	})
	if mail != "" {
		p.Identities = []clientele.Identity{{Scheme: "bearer", Principal: mail, Kind: clientele.Person, Issuer: "hoppscotch",
			Location: clientele.Location{Path: []string{"account"}, Line: n.Line}}}
		p.Owners = []clientele.Owner{{Who: mail, Kind: clientele.PersonOwner, Evidence: "signed in to Hoppscotch on this machine", Confidence: 0.7}}
	}
	return full(p)
}

// storedEndpoint reads the one request that each of the realtime pages keeps.
func storedEndpoint(n *doc.Node) []clientele.Part {
	p := newPart("realtime request", nil)
	p.Name, p.Bind.Key = n.Key, "realtime "+n.Key
	w := scribe{part: &p}
	url := n.Get("endpoint")
	if url.Str() != "" {
		p.Requests = []clientele.Request{{Chain: []string{n.Key}, URL: url.Secret(), Line: url.Line}}
	}
	who := n.Get("username").Str()
	for _, f := range n.Fields() {
		if role := roles[f.Key]; role != "" && role != clientele.OAuthClientID && f.IsScalar() {
			w.slot(clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Chain: []string{n.Key}, Value: f.Secret(), Line: f.Line, Principal: who})
		}
	}
	return full(p)
}

// storedSettings reads the settings of an interceptor: proxies, and certificates with their
// passwords, by domain.
func storedSettings(n *doc.Node) []clientele.Part {
	if strings.Contains(n.Str(), "://") && !strings.Contains(n.Str(), "@") {
		return nil // the address of the public proxy
	}
	p := newPart("settings", nil)
	p.Name, p.Bind.Key = "Settings", "settings "+n.Key
	w := scribe{part: &p}
	n.Walk(func(chain []string, k *doc.Node) bool {
		if k.Kind != doc.String {
			return true
		}
		s := clientele.Slot{Place: clientele.InSetting, Role: roles[k.Key], Name: k.Key, Chain: chain[:max(0, len(chain)-1)], Value: k.Secret(), Line: k.Line}
		switch joined := strings.ToLower(strings.Join(chain, " ")); {
		case strings.Contains(joined, "cert"):
			s.Place = clientele.InCertificate
		case strings.Contains(joined, "proxy"):
			s.Place = clientele.InProxy
		}
		if s.Place == clientele.InCertificate && s.Role == clientele.Password {
			s.Role = clientele.Passphrase
		}
		w.slot(s)
		return true
	})
	return full(p)
}

// full drops a part that says nothing.
func full(p clientele.Part) []clientele.Part {
	if len(p.Slots)+len(p.Variables)+len(p.Texts)+len(p.Requests) == 0 {
		return nil
	}
	return []clientele.Part{p}
}
