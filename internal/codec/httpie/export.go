package httpie

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// decodeExport reads what Desktop and Web export: a space with its collections and
// environments, or one collection, request or environment.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	entry := n.Get("entry")
	if n.Get("meta", "format").Str() != "httpie" || len(entry.Fields()) == 0 {
		return nil, nil
	}
	var parts []clientele.Part
	switch n.Get("meta", "contentType").Str() {
	case "environment":
		parts = append(parts, environment(entry, ""))
	case "request":
		b := exported("exported request", entry.Get("name").Str())
		b.request(nil, entry, nil)
		parts = append(parts, b.Part)
	case "collection":
		parts = append(parts, collection(entry, ""))
	default:
		parts = space(entry)
	}
	return parts, err
}

func exported(format, name string) *builder {
	b := newBuilder(format, name, clientele.Alone)
	b.Syntax = clientele.SyntaxGeneric
	return b
}

// space reads the collections of a space, each a client, its environments, and the requests
// that belong to no collection.
func space(n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	for _, c := range n.Get("collections").Items() {
		parts = append(parts, collection(c, keyOf(c)))
	}
	for _, e := range n.Get("environments").Items() {
		parts = append(parts, environment(e, keyOf(e)))
	}
	drafts := append(n.Get("drafts").Items()[:0:0], n.Get("drafts").Items()...)
	drafts = append(drafts, n.Get("requests").Items()...)
	if len(drafts) > 0 {
		b := exported("exported drafts", strings.TrimSpace(n.Get("name").Str()+" drafts"))
		b.Bind.Key, b.Line = "drafts", drafts[0].Line
		for _, d := range drafts {
			b.request(nil, d, nil)
		}
		parts = append(parts, b.Part)
	}
	return parts
}

func keyOf(n *doc.Node) string { return n.First("id", "name").Str() }

func collection(n *doc.Node, key string) clientele.Part {
	name := n.Get("name").Str()
	b := exported("exported collection", name)
	b.Line, b.Bind.Key, b.ExternalID = max(n.Line, 1), key, n.Get("id").Str()
	chain := []string{name}
	b.auth(chain, n.Get("auth"))
	inherited := &clientele.Auth{Scheme: scheme(n.Get("auth", "type").Str()), Chain: chain}
	if n.Get("auth", "type").Str() == "" {
		inherited.Scheme = "none"
	}
	for _, r := range n.Get("requests").Items() {
		b.request(chain, r, inherited)
	}
	return b.Part
}

func environment(n *doc.Node, key string) clientele.Part {
	name := n.Get("name").Str()
	b := exported("exported environment", name)
	b.Line, b.Bind, b.Environment = max(n.Line, 1), clientele.Bind{As: clientele.Supplies, Key: key}, name
	if n.Get("isLocalOnly").True() {
		b.Sync = append(b.Sync, clientele.Sync{Mode: clientele.SyncLocal, Detail: "local-only environment is not synced"})
	}
	for _, v := range n.Get("variables").Items() {
		value := v.Get("value")
		b.Variables = append(b.Variables, clientele.Variable{
			Name: v.Get("name").Str(), Value: value.Secret(), Scope: "environment", Set: name,
			Chain: []string{name, "variables"}, Line: value.LineOr(v.Line), Marked: v.Get("isSecret").True(),
		})
	}
	return b.Part
}

func (b *builder) request(chain []string, n *doc.Node, inherited *clientele.Auth) {
	name := n.Get("name").Str()
	if name == "" {
		name = "without a name"
	}
	chain = below(chain, name)
	url := n.Get("url")
	r := clientele.Request{
		Chain: chain, Method: strings.ToUpper(n.Get("method").Str()), URL: url.Secret(), Line: url.LineOr(n.Line),
	}
	switch kind := n.Get("auth", "type").Str(); {
	case kind == "inherited" && inherited != nil:
		r.Auth = inherited
	case kind == "":
		r.Auth = &clientele.Auth{Scheme: "none"}
	default:
		r.Auth = &clientele.Auth{Scheme: scheme(kind)}
	}
	b.Requests = append(b.Requests, r)
	b.auth(chain, n.Get("auth"))
	b.rows(clientele.InHeader, below(chain, "headers"), n.Get("headers"), false)
	b.rows(clientele.InURL, below(chain, "path parameters"), n.Get("pathParams"), false)
	b.query(url.Str(), below(chain, "query parameters"), n.Get("queryParams"))
	b.body(below(chain, "body"), n.Get("body"))
}

// auth adds the credentials of a collection or request. A type that takes none may have some
// from before; a token is kept as a password, the name of an API key's header as a user.
func (b *builder) auth(chain []string, n *doc.Node) {
	kind := n.Get("type").Str()
	if kind == "" {
		return
	}
	user, password := n.Get("credentials", "username"), n.Get("credentials", "password")
	chain = below(chain, "auth "+kind)
	at, ids := len(b.Slots), len(b.Identities)
	switch kind {
	case "bearer", "apiKey":
		b.slot(clientele.Slot{
			Place: clientele.InAuth, Role: clientele.Identifier, Name: "username", Chain: chain, Value: user.Secret(), Line: user.LineOr(0),
		})
		role := clientele.Token
		if kind == "apiKey" {
			role = clientele.APIKey
		}
		b.slot(clientele.Slot{
			Place: clientele.InAuth, Role: role, Name: "password", Chain: chain, Value: password.Secret(), Line: password.LineOr(0),
		})
	default:
		b.userPassword(kind, user, password, chain, "")
	}
	if s := scheme(kind); s == "none" || s == "inherit" {
		for i := at; i < len(b.Slots); i++ {
			b.Slots[i].Dormant = true
		}
		b.Identities = b.Identities[:ids]
	}
}

// rows adds a list of {name, value, enabled}.
func (b *builder) rows(place clientele.Place, chain []string, list *doc.Node, dormant bool) {
	for _, r := range list.Items() {
		v := r.Get("value")
		b.slot(clientele.Slot{
			Place: place, Name: r.Get("name").Str(), Chain: chain, Value: v.Secret(),
			Line: v.LineOr(r.Line), Dormant: dormant || r.Get("enabled").False(),
		})
	}
}

// query adds the rows that the URL does not show already.
func (b *builder) query(url string, chain []string, list *doc.Node) {
	for _, r := range list.Items() {
		if r.Get("enabled").False() || !dsn.Shows(url, r.Get("name").Str()) {
			b.rows(clientele.InQuery, chain, &doc.Node{Kind: doc.List, Kids: []*doc.Node{r}}, false)
		}
	}
}

// body adds the body of the selected type, and those of the other types, which stay.
func (b *builder) body(chain []string, n *doc.Node) {
	kind := n.Get("type").Str()
	b.text(chain, n.Get("text", "value"), kind != "text")
	b.rows(clientele.InBody, chain, n.Get("form", "fields"), kind != "form")
	b.text(below(chain, "graphql query"), n.Get("graphql", "query"), kind != "graphql")
	b.text(below(chain, "graphql variables"), n.Get("graphql", "variables"), kind != "graphql")
}

func (b *builder) text(chain []string, n *doc.Node, dormant bool) {
	if strings.TrimSpace(n.Str()) == "" {
		return
	}
	b.Texts = append(b.Texts, clientele.Text{
		Place: clientele.InBody, Chain: chain, Text: n.Secret(), Line: n.Line, Dormant: dormant,
	})
}
