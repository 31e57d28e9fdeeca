package bruno

import (
	"bytes"
	"cmp"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeOpenCollection reads the file that makes a folder a collection, a collection that is
// one file with all its items, and the workspace around collections.
func decodeOpenCollection(f clientele.File) ([]clientele.Part, error) {
	if !hasLine(f.Data, "opencollection:") && !bytes.Contains(f.Data, []byte(`"opencollection"`)) &&
		!strings.HasPrefix(path.Base(strings.ToLower(f.Path)), "workspace.") {
		return nil, nil
	}
	n, err := readTree(f.Data)
	info := n.Get("info")
	if info.Get("type").Str() == "workspace" {
		return workspace(info), err
	}
	if !n.Has("opencollection") {
		return nil, nil
	}
	name := info.Get("name").Str()
	b := newBuilder("opencollection "+n.Get("opencollection").Str(), name, clientele.Root)
	w := ocWalk{b: b}
	chain := []string{cmp.Or(name, "collection")}
	defaults := n.Get("request")
	w.defaults("collection", chain, defaults, n.Get("docs"))
	if a, ok := ocAuth(defaults.Get("auth")); ok {
		b.Auth = &clientele.Auth{Scheme: scheme(a.mode), Chain: chain}
	}
	w.config(chain, n.Get("config"))
	w.items(chain, n.Get("items"), b.Auth, 0)
	b.linkDotenv(f)
	return b.parts(), err
}

// readTree reads YAML, or JSON, which a collection in one file may be in as well.
func readTree(src []byte) (*doc.Node, error) {
	if t := bytes.TrimSpace(src); len(t) > 0 && t[0] == '{' {
		return doc.JSON(src)
	}
	docs, err := doc.YAML(src)
	if len(docs) == 0 {
		return nil, err
	}
	return docs[0], err
}

// workspace joins the client that the environments in its folder make, if there are any.
func workspace(info *doc.Node) []clientele.Part {
	b := newBuilder("bruno workspace", info.Get("name").Str(), clientele.Annotates)
	b.Links = append(b.Links, clientele.Link{Rel: clientele.Includes, Tool: tool, Path: "."})
	return b.parts()
}

// decodeItem reads a file of a collection: a request, a folder's settings or an environment.
func decodeItem(f clientele.File) ([]clientele.Part, error) {
	env := strings.Contains(strings.ToLower("/"+f.Path), "/environments/") &&
		(hasLine(f.Data, "variables:") || hasLine(f.Data, "externalSecrets:"))
	if !env && !itemLines(f.Data) {
		return nil, nil
	}
	n, err := readTree(f.Data)
	if n.Has("opencollection") {
		return nil, nil
	}
	if env {
		return ocEnvironment(f, n), err
	}
	w := ocWalk{}
	info := cmp.Or(n.Get("info"), n)
	name := info.Get("name").Str()
	if info.Get("type").Str() == "folder" {
		w.b = newBuilder("opencollection folder", name, clientele.Member)
		chain := []string{cmp.Or(name, path.Base(path.Dir(f.Path)))}
		w.defaults("folder", chain, n.Get("request"), n.Get("docs"))
		if a, ok := ocAuth(n.Get("request", "auth")); ok {
			w.b.Auth = &clientele.Auth{Scheme: scheme(a.mode), Chain: chain}
		}
		return w.b.parts(), err
	}
	if _, call := ocCall(n); call == nil {
		return nil, nil
	}
	w.b = newBuilder("opencollection request", name, clientele.Member)
	w.request([]string{cmp.Or(name, stem(f.Path))}, n, nil)
	return w.b.parts(), err
}

// itemLines rejects nearly all other YAML by the keys in column 0.
func itemLines(text []byte) bool {
	if hasLine(text, "info:") {
		for _, kind := range ocKinds {
			if hasLine(text, kind+":") {
				return true
			}
		}
		return bytes.Contains(text, []byte("type: folder"))
	}
	return hasLine(text, "url:") && hasLine(text, "name:") && hasLine(text, "type:")
}

// ocKinds are the sorts of request, each the name of the map that describes one.
var ocKinds = []string{"http", "graphql", "grpc", "websocket", "ws", "mqtt", "amqp", "signalr"}

// ocCall is the map that says what is called, and its kind. Early files have no such map:
// there the item itself has a type, a URL and the rest.
func ocCall(n *doc.Node) (kind string, call *doc.Node) {
	for _, k := range ocKinds {
		if c := n.Get(k); len(c.Fields()) > 0 {
			return k, c
		}
	}
	for _, k := range ocKinds {
		if n.Get("type").Str() == k && n.Has("url") {
			return k, n
		}
	}
	return "", nil
}

// ocWalk goes through a collection, or one item of it.
type ocWalk struct{ b *builder }

// maxItems bounds how deep folders nest in a collection of one file.
const maxItems = 50

func (w *ocWalk) items(chain []string, list *doc.Node, inherited *clientele.Auth, depth int) {
	if depth > maxItems {
		return
	}
	for _, n := range list.Items() {
		info := cmp.Or(n.Get("info"), n)
		chain := below(chain, cmp.Or(info.Get("name").Str(), "without a name"))
		if info.Get("type").Str() != "folder" && !n.Has("items") {
			w.request(chain, n, inherited)
			continue
		}
		w.defaults("folder", chain, n.Get("request"), n.Get("docs"))
		auth := inherited
		if a, ok := ocAuth(n.Get("request", "auth")); ok && a.mode != "inherit" {
			auth = &clientele.Auth{Scheme: scheme(a.mode), Chain: chain}
		}
		w.items(chain, n.Get("items"), auth, depth+1)
	}
}

// defaults adds what a collection or folder gives to all its requests.
func (w *ocWalk) defaults(scope string, chain []string, n, docs *doc.Node) {
	w.b.rows(clientele.InHeader, below(chain, "headers"), ocRows(n.Get("headers")), false)
	if a, ok := ocAuth(n.Get("auth")); ok {
		w.b.auth(chain, a, false)
	}
	w.b.variables(scope, "", below(chain, "variables"), ocRows(n.Get("variables")))
	w.scripts(chain, n.Get("scripts"))
	w.docs(chain, docs)
}

func (w *ocWalk) docs(chain []string, n *doc.Node) {
	t := cmp.Or(n.Get("content"), n)
	w.b.text(clientele.InText, below(chain, "docs"), t.Str(), t.LineOr(0), false)
}

// scripts are a list of type and code, or a map from type to code.
func (w *ocWalk) scripts(chain []string, n *doc.Node) {
	for _, s := range n.Items() {
		code := s.Get("code")
		w.b.text(clientele.InScript, below(chain, "script "+s.Get("type").Str()), code.Str(), code.LineOr(0), false)
	}
	for _, code := range n.Fields() {
		w.b.text(clientele.InScript, below(chain, "script "+code.Key), code.Str(), code.Line, false)
	}
}

func (w *ocWalk) request(chain []string, n *doc.Node, inherited *clientele.Auth) {
	kind, call := ocCall(n)
	if call == nil {
		return
	}
	url := call.Get("url")
	r := clientele.Request{Chain: chain, URL: url.Secret(), Line: url.LineOr(call.Line)}
	switch kind {
	case "http", "graphql":
		r.Method = strings.ToUpper(call.Get("method").Str())
	case "grpc":
		r.Method = call.Get("method").Str()
	}
	runtime := cmp.Or(n.Get("runtime"), n)
	a, set := ocAuth(cmp.Or(call.Get("auth"), runtime.Get("auth")))
	switch {
	case !set:
		r.Auth = &clientele.Auth{Scheme: "none"}
	case a.mode == "inherit" && inherited != nil:
		r.Auth = inherited
	default:
		r.Auth = &clientele.Auth{Scheme: scheme(a.mode)}
	}
	w.b.Requests = append(w.b.Requests, r)
	if set {
		w.b.auth(chain, a, false)
	}
	w.exchange(chain, call)
	for _, key := range []string{"message", "messages", "payload"} {
		w.message(below(chain, key), call.Get(key))
	}
	w.b.variables("request", "", below(chain, "variables"), ocRows(runtime.Get("variables")))
	w.actions(below(chain, "actions"), runtime.Get("actions"))
	w.scripts(chain, runtime.Get("scripts"))
	w.docs(chain, n.Get("docs"))
	w.examples(chain, cmp.Or(n.Get("examples"), call.Get("examples")))
}

// exchange adds headers, parameters and body of a request or of half an example.
func (w *ocWalk) exchange(chain []string, n *doc.Node) {
	for _, key := range []string{"headers", "metadata"} {
		w.b.rows(clientele.InHeader, below(chain, key), ocRows(n.Get(key)), false)
	}
	for _, p := range n.Get("params").Items() {
		rows := ocRows(&doc.Node{Kind: doc.List, Kids: []*doc.Node{p}})
		if p.Get("type").Str() == "path" {
			w.b.rows(clientele.InURL, below(chain, "params"), rows, false)
			continue
		}
		w.b.query(n.Get("url").Str(), below(chain, "params"), rows)
	}
	w.body(below(chain, "body"), n.Get("body"), false)
}

// body adds a body: its data are text, rows of a form, or a query with variables. Where
// there are several, one is selected.
func (w *ocWalk) body(chain []string, n *doc.Node, dormant bool) {
	for _, v := range n.Items() {
		if v.Has("body") {
			w.body(below(chain, v.Get("title").Str()), v.Get("body"), dormant || !v.Get("selected").True())
		}
	}
	for _, key := range []string{"query", "variables", "data"} {
		t := n.Get(key)
		w.b.text(clientele.InBody, chain, t.Str(), t.LineOr(0), dormant)
	}
	w.b.rows(clientele.InBody, chain, ocRows(n.Get("data")), dormant)
}

// message adds what a stream sends: one text, or a list of texts or of titled messages.
func (w *ocWalk) message(chain []string, n *doc.Node) {
	if n.IsScalar() {
		w.b.text(clientele.InBody, chain, n.Str(), n.Line, false)
		return
	}
	for _, m := range append(n.Items()[:len(n.Items()):len(n.Items())], n.Fields()...) {
		for _, t := range []*doc.Node{m, m.Get("message"), m.Get("data"), m.Get("message", "data")} {
			if t.IsScalar() && t.Key != "type" {
				w.b.text(clientele.InBody, chain, t.Str(), t.Line, false)
			}
		}
	}
}

// actions set variables from a response.
func (w *ocWalk) actions(chain []string, n *doc.Node) {
	var rows []row
	for _, a := range n.Items() {
		v := a.Get("variable")
		rows = append(rows, row{
			name: v.Get("name").Str(), value: a.Get("selector", "expression").Str(),
			line: a.Line, off: a.Get("disabled").True(),
		})
	}
	w.b.captures(chain, rows)
}

// examples add saved exchanges.
func (w *ocWalk) examples(chain []string, list *doc.Node) {
	w.b.recorded = true
	defer func() { w.b.recorded = false }()
	for _, e := range list.Items() {
		chain := below(chain, "example "+cmp.Or(e.Get("name").Str(), "without a name"))
		d := e.Get("description")
		w.b.text(clientele.InText, below(chain, "description"), d.Str(), d.LineOr(0), false)
		req := e.Get("request")
		w.b.example(below(chain, "request"), req.Get("method").Str(), req.Get("url").Str(), req.Get("url").LineOr(0))
		w.exchange(below(chain, "request"), e.Get("request"))
		res := below(chain, "response")
		w.b.rows(clientele.InHeader, below(res, "headers"), ocRows(e.Get("response", "headers")), false)
		body := e.Get("response", "body")
		if d := body.Get("data"); d != nil {
			body = d
		}
		w.b.text(clientele.InResponse, below(res, "body"), body.Str(), body.LineOr(0), false)
	}
}

// ocRows reads a list of {name, value}. A value is a scalar, {type, data}, or a list of
// variants, of which one is selected; files are lists of paths.
func ocRows(list *doc.Node) []row {
	var rows []row
	for _, n := range list.Items() {
		if len(n.Fields()) == 0 {
			continue
		}
		r := row{
			name: n.Get("name").Str(), line: n.Get("value").LineOr(n.Line), note: descriptionOf(n),
			off: n.Get("disabled").True() || n.Get("enabled").False(),
		}
		v := n.Get("value")
		if v.Get("data") != nil {
			v = v.Get("data")
		}
		if n.Get("type").Str() == "file" || len(v.Items()) == 0 {
			r.value = v.Str()
			rows = append(rows, r)
			continue
		}
		for _, variant := range v.Items() {
			r := r
			t := cmp.Or(variant.Get("value"), variant)
			r.value, r.line = cmp.Or(t.Get("data"), t).Str(), t.Line
			r.off = r.off || variant.Get("selected").False()
			rows = append(rows, r)
		}
	}
	return rows
}

func descriptionOf(n *doc.Node) string {
	d := n.Get("description")
	return cmp.Or(d.Get("content"), d).Str()
}
