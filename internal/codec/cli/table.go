package cli

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// row is one format of the tables. Patterns lead from the top of the file (is, each) or from
// the client (fields) down, with "/" between the names; "*" stands for any part of a name,
// "**/" before a name for any depth, "." for the client's own value.
type row struct {
	name   string // of the decoder, and the format of its parts
	tool   clientele.Tool
	paths  []string
	marks  []string
	read   reader
	is     []string // one of these is in every such file; none: the path is proof enough
	each   []string // the values that are a client each; none: the file is one client
	key    string   // the field that names a client, where its key does not
	keyIs  string   // what the key means: host, url, who …
	names  []string // the fields by which a file's only client is called, where its file's name says nothing
	trim   string   // what stands before the name in a key
	fields string   // pattern:meaning, between blanks; the first that fits counts; "-" passes over
	host   string   // where the tool sends its secrets, if that is fixed
	scheme string   // as Identity.Scheme; empty: told from the secrets
	kind   clientele.IdentityKind
	place  clientele.Place
	syntax clientele.Syntax
	// strict: many such files hold no secret, and one that does not says nothing.
	strict  bool
	exports string // how the tool takes data out in bulk
}

// table is a row made ready.
type table struct {
	row
	fields []field
}

type field struct {
	path  []string
	any   bool // at any depth
	joins bool // a list of words is one command
	means meaning
	arg   string
}

// maxValues bounds the fields of one file that are looked at.
const maxValues = 50_000

func (r row) decoder() clientele.Decoder {
	t := &table{row: r}
	for _, f := range strings.Fields(r.fields) {
		t.fields = append(t.fields, r.field(f))
	}
	if r.keyIs != "" && meanings[r.keyIs] == nil {
		panic("cli: " + r.name + ": no such meaning: " + r.keyIs)
	}
	return clientele.Decoder{Name: r.name, Paths: r.paths, Marks: r.marks, Decode: t.decode}
}

func (r row) field(s string) field {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		panic(fmt.Sprintf("cli: %s: no meaning in %q", r.name, s))
	}
	word, arg, _ := strings.Cut(s[i+1:], "=")
	f := field{arg: arg, means: meanings[word], joins: word == "command" || word == "ref"}
	if f.means == nil && word != "-" {
		panic(fmt.Sprintf("cli: %s: no such meaning: %q", r.name, s))
	}
	pattern, deep := strings.CutPrefix(strings.ToLower(s[:i]), "**/")
	f.any = deep
	if pattern != "." {
		f.path = strings.Split(pattern, "/")
	}
	return f
}

// prose reports whether a file is text about a format, by its ending.
func prose(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdx", ".rst", ".adoc", ".html", ".htm":
		return true
	}
	return false
}

func (t *table) decode(f clientele.File) ([]clientele.Part, error) {
	if prose(f.Path) {
		return nil, nil
	}
	root, err := t.read(f.Data)
	if root == nil && len(t.is) == 0 {
		return nil, err
	}
	if root == nil || !t.recognises(root) {
		return nil, nil
	}
	w := walker{t: t, left: maxValues, taken: map[*doc.Node]bool{}, byKey: map[string]*client{}}
	found := t.clients(root)
	for _, e := range found {
		w.taken[e.node] = true
	}
	for _, e := range found {
		w.client(e, f.Path)
	}
	return w.parts(), err
}

func (t *table) recognises(root *doc.Node) bool {
	if len(t.is) == 0 {
		return root.Kind == doc.Map || root.Kind == doc.List
	}
	for _, p := range t.is {
		if len(find(root, p)) > 0 {
			return true
		}
	}
	return false
}

// entry is a value that is a client, with the names that lead to it.
type entry struct {
	node  *doc.Node
	chain []string
}

func (t *table) clients(root *doc.Node) []entry {
	if len(t.each) == 0 {
		return []entry{{node: root}}
	}
	var all []entry
	for _, p := range t.each {
		for _, e := range find(root, p) {
			if e.node.Kind == doc.Map || e.node.IsScalar() && t.meaning(nil) != nil {
				all = append(all, e)
			}
		}
	}
	return all
}

// find are the values that a pattern leads to.
func find(root *doc.Node, pattern string) []entry {
	at := []entry{{node: root}}
	if pattern == "" {
		return at
	}
	for _, p := range strings.Split(strings.ToLower(pattern), "/") {
		var next []entry
		for _, e := range at {
			for i, k := range e.node.Kids {
				if len(next) < maxValues && glob(p, strings.ToLower(nameOf(k, i))) {
					next = append(next, entry{k, under(e.chain, nameOf(k, i))})
				}
			}
		}
		at = next
	}
	return at
}

// nameOf is the key of a value; of a list's element its name, or its number.
func nameOf(n *doc.Node, i int) string {
	if n.Key != "" {
		return n.Key
	}
	if s := n.Get("name").Str(); s != "" {
		return s
	}
	return strconv.Itoa(i + 1)
}

// meaning is what the table says of the field that names lead to: nil for "-".
func (t *table) meaning(names []string) *field {
	for i := range t.fields {
		if f := &t.fields[i]; f.fits(names) {
			return f
		}
	}
	return nil
}

func (f *field) fits(names []string) bool {
	if f.any && len(names) > len(f.path) {
		names = names[len(names)-len(f.path):]
	}
	if len(names) != len(f.path) {
		return false
	}
	for i, p := range f.path {
		if !glob(p, strings.ToLower(names[i])) {
			return false
		}
	}
	return true
}

// leads reports whether some field lies below the names, which "-" of f passes over.
func (t *table) leads(f *field, names []string) bool {
	for i := range t.fields {
		g := &t.fields[i]
		if g.any && g.means != nil && f.any {
			return true
		}
		if n := len(names); !g.any && len(g.path) > n && (&field{path: g.path[:n]}).fits(names) {
			return true
		}
	}
	return false
}

// glob matches s with a pattern in which * is any text and ? any byte.
func glob(pattern, s string) bool {
	p, i, star, back := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, back = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			back++
			p, i = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// walker goes through a file's clients. Two entries of one name are one client.
type walker struct {
	t     *table
	taken map[*doc.Node]bool // clients of their own, for the walk of others
	all   []*client
	byKey map[string]*client
	left  int
}

func (w *walker) client(e entry, file string) {
	t := w.t
	key := ""
	if len(e.chain) > 0 {
		key = e.chain[len(e.chain)-1]
		if e.node.Key == "" && len(e.chain) > 1 { // an element without a name
			if key = strings.TrimSuffix(e.chain[len(e.chain)-2]+" "+key, " 1"); e.node.Has("name") {
				key = e.chain[len(e.chain)-1]
			}
		}
	}
	if k := e.node.Fold(t.key).Str(); t.key != "" && k != "" {
		key = k
		if e.node.Key == "" && len(e.chain) > 0 {
			e.chain[len(e.chain)-1] = k
		}
	}
	key = strings.TrimSpace(strings.TrimPrefix(key, t.trim))
	c := w.named(key, e.node)
	b := c.enter(e.chain, e.node.LineOr(1))
	b.kind = t.kind
	if m := meanings[t.keyIs]; m != nil && key != "" {
		m(c, b, value{chain: e.chain, node: scalar(key, e.node.Line)})
	}
	if e.node.IsScalar() {
		if f := t.meaning(nil); f != nil {
			v := value{name: e.chain[len(e.chain)-1], node: e.node}
			if len(e.chain) > 1 {
				v.chain = e.chain[:len(e.chain)-1]
			}
			w.field(c, b, f, v)
		}
	} else {
		w.fields(c, b, e.node, e.chain, nil)
	}
	c.leave(b)
	if t.keyIs != "" && len(c.part.Slots) == 0 {
		c.solid = false // all that is known comes from the key
	}
	if c.part.Name == "" {
		c.part.Name = t.titled(e.node)
	}
	if c.part.Name == "" {
		c.part.Name = t.nameFrom(file)
	}
}

// named is the client of that key, made if it is new.
func (w *walker) named(key string, n *doc.Node) *client {
	if c := w.byKey[key]; c != nil {
		return c
	}
	t := w.t
	c := newClient(t.tool, t.name, key, n.LineOr(1))
	c.scheme, c.host, c.part.Syntax = t.scheme, t.host, t.syntax
	if t.place != "" {
		c.place = t.place
	}
	if t.exports != "" {
		c.part.Exports = []string{strings.TrimSpace(t.exports + " " + key)}
	}
	w.all, w.byKey[key] = append(w.all, c), c
	return c
}

// titled is the client's name as one of its fields gives it; of an address, the host.
func (t *table) titled(n *doc.Node) string {
	for _, p := range t.names {
		for _, e := range find(n, p) {
			if s := e.node.Str(); strings.Contains(s, "://") {
				return dsn.HostOf(s)
			} else if s != "" {
				return s[strings.LastIndexByte(s, ':')+1:] // of an ARN, what it is of the account
			}
		}
	}
	return ""
}

// nameFrom names a file's only client: by the file where several of them lie side by side,
// else by the tool.
func (t *table) nameFrom(file string) string {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	for _, p := range t.paths {
		if strings.ContainsAny(path.Base(p), "*?") && name != "" && name != "config" && name != "default" {
			return name
		}
	}
	return string(t.tool)
}

// fields goes through the fields of n, which names lead to from the client.
func (w *walker) fields(c *client, b *block, n *doc.Node, chain, names []string) {
	for i, k := range n.Kids {
		if w.taken[k] {
			continue
		}
		if w.left--; w.left < 0 {
			return
		}
		name := nameOf(k, i)
		to := under(names, name)
		f := w.t.meaning(to)
		switch {
		case f != nil && f.means == nil && (k.IsScalar() || !w.t.leads(f, to)):
		case k.IsScalar():
			w.field(c, b, f, value{name: name, chain: chain, node: k, in: n})
		case f != nil && f.joins && k.At(0).IsScalar():
			w.field(c, b, f, value{name: name, chain: chain, node: scalar(joined(k), k.LineOr(0)), in: n})
		case f != nil && f.means != nil && k.At(0).IsScalar():
			for _, e := range k.Kids {
				w.field(c, b, f, value{name: name, chain: chain, node: e, in: k})
			}
		case k.Kind == doc.Map || k.Kind == doc.List:
			in := c.enter(under(chain, name), k.LineOr(1))
			w.fields(c, in, k, in.chain, to)
			c.leave(in)
		}
	}
}

// joined is a list of words as one command line.
func joined(n *doc.Node) string {
	var words []string
	for _, e := range n.Items() {
		words = append(words, shellWord(e.Str()))
	}
	return strings.Join(words, " ")
}

func (w *walker) field(c *client, b *block, f *field, v value) {
	switch {
	case !v.node.IsScalar() || v.text() == "":
	case f == nil:
		rest(c, b, v)
	case f.means != nil:
		v.arg = f.arg
		f.means(c, b, v)
	}
}

func (w *walker) parts() []clientele.Part {
	var parts []clientele.Part
	several := len(w.t.each) > 0 || w.t.strict
	for _, c := range w.all {
		if c.solid || !several && len(c.part.Slots)+len(c.part.Requests) > 0 {
			parts = append(parts, c.done())
		}
	}
	return parts
}
