package bruno

import (
	"cmp"
	"path"
	"strings"

	"github.com/clientele/clientele"
)

// methods are the blocks that say what is called; "http" names the method itself.
var methods = map[string]bool{
	"get": true, "post": true, "put": true, "delete": true, "patch": true, "options": true, "head": true,
	"connect": true, "trace": true, "http": true, "grpc": true, "ws": true,
}

// decodeBru reads a request, a folder's or the collection's settings, or an environment.
func decodeBru(f clientele.File) ([]clientele.Part, error) {
	blocks, err := readBru(f.Data)
	if !known(blocks) {
		return nil, nil
	}
	if isEnvironment(blocks) {
		return bruEnvironment(f.Path, blocks), err
	}
	name := find(blocks, "meta").get("name")
	var b *builder
	var chain []string
	var scope string
	switch path.Base(strings.ToLower(f.Path)) {
	case "collection.bru":
		scope, chain = "collection", []string{cmp.Or(name, "collection")}
	case "folder.bru":
		scope, chain = "folder", []string{cmp.Or(name, path.Base(path.Dir(f.Path)))}
	default:
		scope, chain = "request", []string{cmp.Or(name, stem(f.Path))}
	}
	b = newBuilder("bru "+scope, name, clientele.Member)
	w := bruWalk{b: b, chain: chain, scope: scope, blocks: blocks}
	w.calls()
	w.auth()
	for i := range blocks {
		w.block(&blocks[i])
	}
	return b.parts(), err
}

// known reports whether at least one block is Bruno's.
func known(blocks []block) bool {
	for _, b := range blocks {
		head, _, _ := strings.Cut(b.name, ":")
		switch head {
		case "meta", "headers", "vars", "auth", "body", "params", "query", "script", "tests", "docs", "assert", "settings", "example":
			return true
		}
		if methods[b.name] {
			return true
		}
	}
	return false
}

// isEnvironment tells an environment, which has variables and nothing else.
func isEnvironment(blocks []block) bool {
	for _, b := range blocks {
		head, tail, _ := strings.Cut(b.name, ":")
		if head != "vars" || tail == "pre-request" || tail == "post-response" {
			return false
		}
	}
	return true
}

func bruEnvironment(name string, blocks []block) []clientele.Part {
	env := stem(name)
	b := newBuilder("bru environment", env, clientele.Supplies)
	b.Environment = env
	for _, bl := range blocks {
		rows := bl.rows()
		chain := []string{env, bl.name}
		if _, provider, ok := strings.Cut(bl.name, "externalsecrets:"); ok {
			b.external(env, provider, chain, rows)
			continue
		}
		at := len(b.Variables)
		b.variables("environment", env, chain, rows)
		if bl.name == "vars:secret" {
			for i := at; i < len(b.Variables); i++ {
				b.Variables[i].Marked, b.Variables[i].External = true, keptByApp
			}
		}
	}
	return b.parts()
}

// keptByApp is where the values of secret variables are, which no file of a collection has.
const keptByApp = "bruno app data: secrets.json"

// external adds variables whose values are in a secret manager.
func (b *builder) external(env, provider string, chain []string, rows []row) {
	for _, r := range rows {
		b.Variables = append(b.Variables, clientele.Variable{
			Name: r.name, Scope: "environment", Set: env, Chain: chain, Line: r.line,
			Marked: true, Dormant: r.off, External: provider + ": " + r.value,
		})
	}
}

// rows are the pairs of a dictionary, with the description from the decorator above.
func (b *block) rows() []row {
	rows := make([]row, 0, len(b.pairs))
	for _, p := range b.pairs {
		r := row{name: p.key, value: p.value, line: p.line, off: p.off}
		for _, n := range p.notes {
			if n.key == "description" {
				r.note = n.value
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// bruWalk goes through the blocks of one file.
type bruWalk struct {
	b      *builder
	chain  []string
	scope  string
	blocks []block
	call   *block // the method block, if there is one
}

// calls finds the method block and adds the request.
func (w *bruWalk) calls() {
	for i := range w.blocks {
		m := &w.blocks[i]
		if !methods[m.name] || w.scope != "request" {
			continue
		}
		w.call = m
		method := strings.ToUpper(m.name)
		switch m.name {
		case "http":
			method = strings.ToUpper(m.get("method"))
		case "grpc":
			method = m.get("method")
		case "ws":
			method = ""
		}
		r := clientele.Request{
			Chain: w.chain, Method: method, URL: clientele.Secret(m.get("url")), Line: m.line,
			Auth: &clientele.Auth{Scheme: scheme(cmp.Or(m.get("auth"), "none"))},
		}
		w.b.Requests = append(w.b.Requests, r)
		return
	}
}

// auth adds the auth blocks. The selector stands in the method block of a request, and in a
// block "auth" of a folder or collection; the blocks it does not name are dormant.
func (w *bruWalk) auth() {
	selected := w.call.get("auth")
	if sel := find(w.blocks, "auth"); sel != nil && selected == "" {
		selected = sel.get("mode")
		if w.scope != "request" && selected != "" {
			w.b.Auth = &clientele.Auth{Scheme: scheme(selected), Chain: w.chain}
		}
	}
	for _, bl := range w.blocks {
		name, ok := strings.CutPrefix(bl.name, "auth:")
		if !ok || strings.Contains(name, ":") {
			continue
		}
		a := authBlock{mode: name, line: bl.line, fields: bl.rows()}
		for _, x := range w.blocks {
			if where, ok := strings.CutPrefix(x.name, bl.name+":additional_params:"); ok {
				a.extra = append(a.extra, authExtra{strings.ReplaceAll(where, ":", " "), x.rows()})
			}
		}
		w.b.auth(w.chain, a, fold(name) != fold(selected))
	}
}

// block adds what one block holds, method and auth apart.
func (w *bruWalk) block(bl *block) {
	chain := below(w.chain, bl.name)
	switch head, tail, _ := strings.Cut(bl.name, ":"); head {
	case "headers", "metadata":
		w.b.rows(clientele.InHeader, chain, bl.rows(), false)
	case "query", "params":
		if tail == "path" {
			w.b.rows(clientele.InURL, chain, bl.rows(), false)
			return
		}
		w.b.query(w.call.get("url"), chain, bl.rows())
	case "body":
		w.body(bl, chain, w.unselected(tail))
	case "vars":
		if tail == "post-response" {
			w.b.captures(chain, bl.rows())
			return
		}
		w.b.variables(w.scope, "", chain, bl.rows())
	case "script", "tests", "app":
		w.b.text(clientele.InScript, chain, bl.text, bl.line+1, false)
	case "docs":
		w.b.text(clientele.InText, chain, bl.text, bl.line+1, false)
	case "assert":
		w.assertions(bl, chain)
	case "example":
		w.example(bl)
	}
}

// unselected reports whether the method block names another body than this one.
func (w *bruWalk) unselected(kind string) bool {
	selected := fold(w.call.get("body"))
	kind, _, _ = strings.Cut(cmp.Or(kind, "json"), ":") // graphql:vars goes with graphql
	return selected != "" && selected != fold(kind)
}

// body adds a body: text, or the rows of a form, or the messages of a stream.
func (w *bruWalk) body(bl *block, chain []string, dormant bool) {
	switch bl.name {
	case "body:grpc", "body:ws":
		for _, p := range bl.pairs {
			if p.key == "content" {
				w.b.text(clientele.InBody, chain, p.value, p.line, dormant || p.off)
			}
		}
	default:
		rows := bl.rows()
		for i, r := range rows {
			if at := strings.LastIndex(r.value, "@contentType("); at >= 0 {
				rows[i].value = strings.TrimSpace(r.value[:at])
			}
		}
		w.b.rows(clientele.InBody, chain, rows, dormant)
		w.b.text(clientele.InBody, chain, bl.text, bl.line+1, dormant)
	}
}

// assertions are text, not fields: "res.body.token: isString" gives no token.
func (w *bruWalk) assertions(bl *block, chain []string) {
	var lines []string
	for _, p := range bl.pairs {
		lines = append(lines, p.key+": "+p.value)
	}
	w.b.text(clientele.InScript, chain, strings.Join(lines, "\n"), bl.line+1, false)
}

// example adds a saved exchange.
func (w *bruWalk) example(bl *block) {
	w.b.recorded = true
	defer func() { w.b.recorded = false }()
	chain := below(w.chain, "example "+cmp.Or(bl.get("name"), "without a name"))
	w.b.text(clientele.InText, below(chain, "description"), bl.get("description"), bl.line, false)
	if req := find(bl.kids, "request"); req != nil {
		chain := below(chain, "request")
		w.b.example(chain, req.get("method"), req.get("url"), req.line)
		w.exchange(req, chain)
	}
	if res := find(bl.kids, "response"); res != nil {
		chain := below(chain, "response")
		w.exchange(res, chain)
		if body := find(res.kids, "body"); body != nil {
			w.b.text(clientele.InResponse, below(chain, "body"), body.get("content"), body.line, false)
		}
	}
}

// exchange adds the headers, parameters and bodies of one half of an example.
func (w *bruWalk) exchange(half *block, chain []string) {
	for i := range half.kids {
		kid := &half.kids[i]
		chain := below(chain, kid.name)
		switch head, tail, _ := strings.Cut(kid.name, ":"); {
		case head == "headers":
			w.b.rows(clientele.InHeader, chain, kid.rows(), false)
		case head == "params" && tail == "path":
			w.b.rows(clientele.InURL, chain, kid.rows(), false)
		case head == "params":
			w.b.query(half.get("url"), chain, kid.rows())
		case head == "body" && tail != "":
			w.body(kid, chain, false)
		}
	}
}
