package bruno

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeExport reads the JSON that "Export collection" writes: the whole collection with its
// environments in one file. Its fields are those of the tool's own model, which keeps the
// auth blocks that are not selected, as .bru does.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(f.Data, " \t\r\n"), []byte("{")) {
		return nil, nil
	}
	n, err := doc.JSON(f.Data)
	if !n.Has("brunoConfig") || !n.Has("items") && !n.Has("root") {
		return nil, err
	}
	name := n.Get("name").Str()
	b := newBuilder("bruno export", name, clientele.Alone)
	chain := []string{cmp.Or(name, "collection")}
	b.settings(chain, n.Get("brunoConfig"))
	w := exportWalk{b}
	auth := w.defaults("collection", chain, n.Get("root"), nil)
	w.items(chain, n.Get("items"), auth, 0)
	for _, e := range n.Get("environments").Items() {
		env := ocWalk{b: b}
		env.environment(e.Get("name").Str(), e)
	}
	return b.parts(), err
}

// exportWalk goes through the items of an export.
type exportWalk struct{ b *builder }

func (w *exportWalk) items(chain []string, list *doc.Node, inherited *clientele.Auth, depth int) {
	if depth > maxItems {
		return
	}
	for _, n := range list.Items() {
		chain := below(chain, cmp.Or(n.Get("name").Str(), "without a name"))
		if n.Has("items") {
			w.items(chain, n.Get("items"), w.defaults("folder", chain, n.Get("root"), inherited), depth+1)
			continue
		}
		req := n.Get("request")
		if req == nil {
			continue
		}
		url := req.Get("url")
		w.b.Requests = append(w.b.Requests, clientele.Request{
			Chain: chain, Method: strings.ToUpper(req.Get("method").Str()), URL: url.Secret(), Line: url.LineOr(n.Line),
			Auth: w.effective(req.Get("auth"), nil, inherited),
		})
		w.request("request", chain, req)
	}
}

// effective is the auth that a mode comes to: what is inherited, or what is set here.
func (w *exportWalk) effective(n *doc.Node, chain []string, inherited *clientele.Auth) *clientele.Auth {
	mode := cmp.Or(n.Get("mode").Str(), "none")
	if mode == "inherit" && inherited != nil {
		return inherited
	}
	return &clientele.Auth{Scheme: scheme(mode), Chain: chain}
}

// defaults adds what a collection or folder gives to its requests, and returns its auth.
func (w *exportWalk) defaults(scope string, chain []string, root *doc.Node, inherited *clientele.Auth) *clientele.Auth {
	w.request(scope, chain, root.Get("request"))
	docs := root.Get("docs")
	w.b.text(clientele.InText, below(chain, "docs"), docs.Str(), docs.LineOr(0), false)
	if scope == "folder" && root.Get("request", "auth", "mode").Str() == "" {
		return inherited
	}
	return w.effective(root.Get("request", "auth"), chain, inherited)
}

// request adds all that the model of a request holds; a folder's and a collection's is the
// same without a URL.
func (w *exportWalk) request(scope string, chain []string, n *doc.Node) {
	auth := n.Get("auth")
	for _, block := range auth.Fields() {
		if len(block.Fields()) == 0 {
			continue
		}
		a := authBlock{mode: block.Key, line: block.Line}
		for _, f := range block.Fields() {
			a.fields = append(a.fields, row{name: f.Key, value: f.Str(), line: f.Line})
		}
		for _, stage := range block.Get("additionalParameters").Fields() {
			a.extra = append(a.extra, authExtra{stage.Key, ocRows(stage)})
		}
		w.b.auth(chain, a, fold(block.Key) != fold(auth.Get("mode").Str()))
	}
	oc := ocWalk{b: w.b}
	oc.exchange(chain, &doc.Node{Kind: doc.Map, Kids: without(n, "body")})
	w.body(below(chain, "body"), n.Get("body"))
	w.b.variables(scope, "", below(chain, "vars", "req"), ocRows(n.Get("vars", "req")))
	w.b.captures(below(chain, "vars", "res"), ocRows(n.Get("vars", "res")))
	oc.scripts(chain, n.Get("script"))
	for _, key := range []string{"tests", "docs"} {
		t, place := n.Get(key), clientele.InText
		if key == "tests" {
			place = clientele.InScript
		}
		w.b.text(place, below(chain, key), t.Str(), t.LineOr(0), false)
	}
}

// without are the fields of a map but one.
func without(n *doc.Node, key string) []*doc.Node {
	var rest []*doc.Node
	for _, f := range n.Fields() {
		if f.Key != key {
			rest = append(rest, f)
		}
	}
	return rest
}

// body adds the body of each kind; the mode says which is sent.
func (w *exportWalk) body(chain []string, n *doc.Node) {
	mode := fold(n.Get("mode").Str())
	for _, f := range n.Fields() {
		dormant := mode != fold(f.Key)
		if f.Key == "mode" {
			continue
		}
		w.b.rows(clientele.InBody, below(chain, f.Key), ocRows(f), dormant)
		w.b.text(clientele.InBody, below(chain, f.Key), f.Str(), f.Line, dormant)
		for _, t := range f.Fields() { // graphql: query and variables
			w.b.text(clientele.InBody, below(chain, f.Key, t.Key), t.Str(), t.Line, dormant)
		}
	}
}
