package k6

import (
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// walker goes over a program's tokens once.
type walker struct {
	parser
	part     *clientele.Part
	file     string
	comments []comment
	vars     map[string]*doc.Node // objects that were given a name
	taken    map[string]int       // names of requests, and how often each was used
}

func (w *walker) walk() {
	for !w.done() {
		from := w.at
		switch t := w.peek(0); {
		case t.kind == word && w.peek(1).is(".") && w.peek(3).is("(") && w.call(t.text, w.peek(2).text):
		case t.is("b64encode") || t.is("btoa"):
			w.encoding()
		case t.is("=") && from > 0:
			w.assignment()
		case t.is("{") && w.literal():
			w.emit(place{chain: []string{w.file}}, w.fields(0))
		}
		if w.at == from {
			w.at++
		}
	}
	for _, arg := range w.basic {
		w.encoded(arg)
	}
	w.remarks()
}

// literal reports whether the brace at hand begins an object with a name for a value.
func (w *walker) literal() bool {
	before := w.peek(-1)
	if before.is(")") || before.is("=>") || before.is("import") || before.is("export") || !w.object() {
		return false
	}
	return w.peek(2).is(":")
}

// assignment reads "name = value", where the value is written out.
func (w *walker) assignment() {
	name, t := w.peek(-1), w.peek(1)
	switch {
	case name.is("]"): // headers["X"] =
		name = w.peek(-2)
	case w.peek(-2).is(":"): // name: type =
		name = w.peek(-3)
	}
	if name.kind == sign {
		return
	}
	w.at++
	switch env := t.is("__ENV") && w.peek(1).is("."); {
	case t.kind == quoted || t.kind == word && env || t.kind == word && t.text[0] >= '0' && t.text[0] <= '9':
		v := w.value(0)
		v.Key = name.text
		if sent(name.text) {
			w.emit(place{in: clientele.InHeader, chain: []string{w.file}}, &doc.Node{Kind: doc.Map, Kids: []*doc.Node{v}})
			return
		}
		w.part.Variables = append(w.part.Variables, clientele.Variable{
			Name: name.text, Value: v.Secret(), Scope: "local", Chain: []string{w.file}, Line: v.Line,
		})
	case t.is("{") && w.object() || t.is("["):
		v := w.value(0)
		w.vars[name.text] = v
		w.emit(place{chain: []string{w.file, name.text}, name: name.text}, v)
		if name.text == "options" {
			w.options(v)
		}
	}
}

// options reads where a test runs in Grafana's cloud.
func (w *walker) options(n *doc.Node) {
	for _, c := range []*doc.Node{n.Get("cloud"), n.Get("ext", "loadimpact")} {
		if id := c.Get("projectID").Str(); id != "" {
			w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncCloud, Where: id, Detail: "Grafana Cloud k6 project"})
		}
		if name := c.Get("name").Str(); name != "" {
			w.part.Name = name
		}
	}
}

// bodyless are the methods whose second argument is the parameters.
var bodyless = map[string]bool{"get": true, "head": true}

// call reads a call of one of k6's clients, and reports whether it is one.
func (w *walker) call(object, method string) bool {
	start := w.peek(0).line
	switch {
	case object == "http" && method == "batch":
		w.at += 3
		for _, a := range w.arguments() {
			w.batch(a)
		}
	case object == "http" && (method == "request" || method == "asyncRequest"):
		w.at += 3
		if a := w.arguments(); len(a) > 1 {
			w.request(a[0].Str(), a[1:], start)
		}
	case object == "http" && httpMethods[method]:
		w.at += 3
		a := w.arguments()
		if bodyless[method] && len(a) > 1 {
			a = []*doc.Node{a[0], nil, a[1]}
		}
		w.request(strings.ToUpper(strings.Replace(method, "del", "delete", 1)), a, start)
	case object == "ws" && method == "connect":
		w.at += 3
		a := w.socket()
		w.request("", []*doc.Node{a[0], nil, a[1]}, start)
	case method == "connect" || method == "invoke" || method == "asyncInvoke":
		w.at += 3
		w.grpc(method, w.arguments(), start)
	default:
		return false
	}
	return true
}

// socket reads the URL and parameters of a WebSocket. The function behind them is left to
// the walk, for it may hold calls of its own.
func (w *walker) socket() [2]*doc.Node {
	var a [2]*doc.Node
	w.at++
	for i := range a {
		if t := w.peek(0); t.is("function") || t.is("(") || t.is("async") {
			break
		}
		a[i] = w.value(0)
		w.rest()
		if !w.peek(0).is(",") {
			break
		}
		w.at++
	}
	return a
}

var httpMethods = map[string]bool{
	"get": true, "head": true, "post": true, "put": true, "patch": true, "del": true, "options": true,
}

// request reads a URL, a body and parameters.
func (w *walker) request(method string, a []*doc.Node, line int) {
	if len(a) == 0 || a[0].Str() == "" {
		return
	}
	a = append(a[:len(a):len(a)], nil, nil)
	url := a[0].Text
	chain := []string{w.file, w.name(strings.TrimSpace(method + " " + dsn.ShownPath(url)))}
	r := clientele.Request{Chain: chain, Method: method, URL: clientele.Secret(url), Line: line}
	params := w.resolve(a[2])
	if params == a[2] {
		w.emit(place{chain: chain}, params)
	}
	if s := w.scheme(params); s != "" {
		r.Auth = &clientele.Auth{Scheme: s}
	}
	w.part.Requests = append(w.part.Requests, r)
	switch b := a[1]; {
	case b == nil:
	case w.resolve(b) != b:
	case b.Kind == doc.String && !strings.HasPrefix(b.Text, "${"):
		w.part.Texts = append(w.part.Texts, clientele.Text{
			Place: clientele.InBody, Chain: below(chain, "body"), Text: b.Secret(), Line: b.Line,
		})
	default:
		w.emit(place{in: clientele.InBody, chain: chain}, b)
	}
}

// batch reads requests that go out together: a list or an object of URLs, lists or objects.
func (w *walker) batch(n *doc.Node) {
	if n.Kind == doc.String {
		return
	}
	for _, k := range n.Kids {
		switch {
		case k.Kind == doc.Map:
			w.request(k.Get("method").Str(), []*doc.Node{k.Get("url"), k.Get("body"), k.Get("params")}, k.Line)
		case k.Kind == doc.List && len(k.Kids) > 1:
			w.request(k.Kids[0].Str(), k.Kids[1:], k.Line)
		case k.Kind == doc.String:
			w.request("GET", []*doc.Node{k}, k.Line)
		}
	}
}

// grpc reads client.connect(address, parameters) and client.invoke(method, message, parameters).
func (w *walker) grpc(method string, a []*doc.Node, line int) {
	if len(a) == 0 || a[0].Str() == "" {
		return
	}
	if method == "connect" {
		a = append([]*doc.Node{a[0], nil}, a[1:]...)
	}
	if strings.Contains(a[0].Text, "/") || strings.Contains(a[0].Text, ":") || strings.HasPrefix(a[0].Text, "${") {
		w.request("", a, line)
	}
}

// encoded takes "user:password" apart.
func (w *walker) encoded(arg token) {
	user, pass, ok := strings.Cut(arg.text, ":")
	if !ok {
		return
	}
	chain := []string{w.file, "auth", "basic"}
	w.part.Slots = append(w.part.Slots,
		clientele.Slot{Place: clientele.InAuth, Role: clientele.Username, Name: "username", Chain: chain, Value: clientele.Secret(user), Line: arg.line},
		clientele.Slot{Place: clientele.InAuth, Role: clientele.Password, Name: "password", Chain: chain, Value: clientele.Secret(pass), Line: arg.line, Principal: user},
	)
	w.part.Identities = append(w.part.Identities, clientele.Identity{
		Scheme: "basic", Principal: user, Location: clientele.Location{Path: chain, Line: arg.line},
	})
}

// remarks keeps the comments, where people leave what they switched off.
func (w *walker) remarks() {
	for _, c := range w.comments {
		if c.text != "" {
			w.part.Texts = append(w.part.Texts, clientele.Text{
				Place: clientele.InText, Chain: []string{w.file, "comment"}, Text: clientele.Secret(c.text), Line: c.line, Dormant: true,
			})
		}
	}
}

func (w *walker) name(s string) string {
	w.taken[s]++
	if n := w.taken[s]; n > 1 {
		return fmt.Sprintf("%s (%d)", s, n)
	}
	return s
}

// resolve is the object that a value names, if it is a name and nothing else, or the value.
func (w *walker) resolve(n *doc.Node) *doc.Node {
	if s, ok := strings.CutPrefix(n.Str(), "${"); ok {
		if v := w.vars[strings.TrimSuffix(s, "}")]; v != nil {
			return v
		}
	}
	return n
}

func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}
