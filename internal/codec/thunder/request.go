package thunder

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// request adds one request. Its folder, or without one its collection, gives the names that
// lead to it, and its auth where it has none of its own.
func (b *builder) request(n *doc.Node, t *tree) {
	if len(n.Fields()) == 0 {
		return
	}
	parent := t.parent(n)
	url := n.Get("url")
	chain := below(t.way(parent), cmp.Or(b.named(n), "without a name"))
	r := clientele.Request{
		Chain: chain, Method: strings.ToUpper(n.Get("method").Str()), URL: url.Secret(), Line: url.LineOr(n.Line),
		Recorded: b.recorded,
	}
	r.Auth = t.auth(parent)
	if kind := n.Get("auth", "type").Str(); kind != "" && kind != "inherit" {
		r.Auth = &clientele.Auth{Scheme: scheme(kind)}
	}
	b.Requests = append(b.Requests, r)
	b.auth(chain, n.Get("auth"))
	b.rows(clientele.InHeader, below(chain, "headers"), n.Get("headers"), false)
	b.params(url.Str(), below(chain, "params"), n.Get("params"))
	b.body(chain, n.Get("body"))
	b.tests(below(chain, "tests"), n.Get("tests"))
	b.scripts(chain, n)
	for _, key := range []string{"docs", "description", "notes"} {
		b.text(clientele.InText, below(chain, key), n.Get(key), false)
	}
	b.response(chain, n)
}

// named is the request's name. In the history that is the URL, secrets and all, and a chain
// must not hold one: there the id stands for it.
func (b *builder) named(n *doc.Node) string {
	name := n.Get("name").Str()
	if b.recorded || strings.Contains(name, "://") || name != "" && name == n.Get("url").Str() {
		return strings.TrimSpace(n.Get("method").Str() + " " + n.Get("_id").Str())
	}
	return name
}

// slot adds a value in a place; an empty one is not worth a slot.
func (b *builder) slot(s clientele.Slot) {
	if s.Value.Empty() {
		return
	}
	s.Recorded = b.recorded
	b.Slots = append(b.Slots, s)
}

// rows adds a list of {name, value, isDisabled}.
func (b *builder) rows(place clientele.Place, chain []string, list *doc.Node, dormant bool) {
	for _, r := range list.Items() {
		v := r.Get("value")
		b.slot(clientele.Slot{
			Place: place, Name: r.Get("name").Str(), Chain: chain, Value: v.Secret(),
			Line: v.LineOr(r.Line), Dormant: dormant || r.Get("isDisabled").True(),
		})
	}
}

// params adds the rows that the URL does not show already.
func (b *builder) params(url string, chain []string, list *doc.Node) {
	for _, r := range list.Items() {
		place := clientele.InQuery
		if r.Get("isPath").True() {
			place = clientele.InURL
		} else if !r.Get("isDisabled").True() && dsn.Shows(url, r.Get("name").Str()) {
			continue
		}
		b.rows(place, chain, &doc.Node{Kind: doc.List, Kids: []*doc.Node{r}}, false)
	}
}

func (b *builder) text(place clientele.Place, chain []string, n *doc.Node, dormant bool) {
	if !n.IsScalar() || strings.TrimSpace(n.Str()) == "" {
		return
	}
	b.Texts = append(b.Texts, clientele.Text{
		Place: place, Chain: chain, Text: n.Secret(), Line: n.Line, Dormant: dormant, Recorded: b.recorded,
	})
}

// body adds the body of the type that is selected, and those that were filled in before.
func (b *builder) body(chain []string, n *doc.Node) {
	kind := n.Get("type").Str()
	form := strings.HasPrefix(kind, "form")
	text := kind == "json" || kind == "xml" || kind == "text" || kind == "raw"
	chain = below(chain, "body")
	b.text(clientele.InBody, chain, n.Get("raw"), !text)
	b.rows(clientele.InBody, chain, n.Get("form"), !form)
	b.rows(clientele.InBody, chain, n.Get("formencoded"), !form)
	for _, key := range []string{"query", "variables"} {
		b.text(clientele.InBody, below(chain, "graphql "+key), n.Get("graphql", key), kind != "graphql")
	}
}

// tests adds the checks of a response. One of type set-env-var keeps a part of the response
// in a variable: that is where a token comes from.
func (b *builder) tests(chain []string, list *doc.Node) {
	for _, t := range list.Items() {
		custom, value := t.Get("custom"), t.Get("value")
		name, ok := strings.CutPrefix(value.Str(), "{{")
		if t.Get("type").Str() == "set-env-var" && ok {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "}}"), ",") // {{name, scope}}
			b.Variables = append(b.Variables, clientele.Variable{
				Name: strings.TrimSpace(name), Scope: "environment", Chain: chain, Line: t.Line, External: "a response",
			})
			value = nil
		}
		for _, n := range []*doc.Node{custom, value} {
			if len(n.Str()) > len("200") { // a status that is expected
				b.text(clientele.InScript, chain, n, t.Get("isDisabled").True())
			}
		}
	}
}

// scripts adds the code that runs around a request. Versions differ in where they keep it, so
// each text with a blank, a bracket or an equals sign counts; ids and names have none.
func (b *builder) scripts(chain []string, n *doc.Node) {
	for _, key := range []string{"preReq", "postReq", "preScript", "postScript", "scripts"} {
		n.Get(key).Walk(func(_ []string, n *doc.Node) bool {
			if n.Kind == doc.String && strings.ContainsAny(n.Str(), " \n(=") {
				b.text(clientele.InScript, below(chain, key), n, false)
			}
			return true
		})
	}
	if t := n.Get("tests"); n.Get("url") == nil { // of a request they are added by themselves
		b.tests(below(chain, "tests"), t)
	}
}

// response adds a response that was kept with the request.
func (b *builder) response(chain []string, n *doc.Node) {
	was := b.recorded
	b.recorded = true
	defer func() { b.recorded = was }()
	for _, key := range []string{"response", "res", "result", "requestResult", "examples"} {
		r := n.Get(key)
		for _, one := range append(r.Items()[:len(r.Items()):len(r.Items())], r) {
			chain := below(chain, key)
			b.rows(clientele.InHeader, below(chain, "headers"), one.Get("headers"), false)
			for _, c := range []*doc.Node{one, one.Get("body"), one.Get("content"), one.Get("data"), one.Get("raw")} {
				b.text(clientele.InResponse, chain, c, false)
			}
		}
	}
}
