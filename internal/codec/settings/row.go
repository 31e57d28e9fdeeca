package settings

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// row is one format of the tables. Patterns lead from the top of the file (is, each) or from
// the client (fields) down, with "/" between the names and "*" for any part of one; "**/" in
// front of a field stands for any depth.
type row struct {
	name   string // of the decoder, and the format of its parts
	tool   clientele.Tool
	kind   clientele.Kind
	paths  []string
	marks  []string
	needs  string // words, of which one stands in every file worth reading; none: all are
	read   reader
	is     []string // one of these is in every such file
	each   []string // the values that are a client each; none: the file is one client
	key    string   // the field that names a client, where its key does not; such a list is of clients
	fields string   // pattern:meaning, between blanks; the first that fits counts
	scheme string   // of the addresses made of a host and a port
	auth   string   // as Identity.Scheme; empty: basic
	refs   string   // a regular expression: what the tool keeps elsewhere
	sealed string   // likewise: what it keeps as a hash or a ciphertext
	// literal: the tool knows no references in values.
	literal bool
	// strict: an address alone is not worth telling, only what signs in is.
	strict bool
	// staged: the keys of the clients are environments.
	staged bool
}

// reader makes a tree of a file. Nil is a file that is not of the format.
type reader func([]byte) (*doc.Node, error)

// table is a row made ready.
type table struct {
	row
	fields       []field
	words        [][]byte
	refs, sealed *regexp.Regexp
}

type field struct {
	path []string
	deep bool
	meaning
}

func (r row) decoder() clientele.Decoder {
	t := &table{row: r, refs: compiled(r.refs), sealed: compiled(r.sealed)}
	for _, s := range strings.Fields(r.fields) {
		colon := strings.LastIndexByte(s, ':')
		pattern := s[:max(colon, 0)]
		m, ok := meanings[s[colon+1:]]
		if !ok {
			panic(fmt.Sprintf("settings: %s: no such meaning: %q", r.name, s))
		}
		pattern, deep := strings.CutPrefix(pattern, "**/")
		t.fields = append(t.fields, field{strings.Split(pattern, "/"), deep, m})
	}
	for _, w := range strings.Fields(r.needs) {
		t.words = append(t.words, []byte(w))
	}
	return clientele.Decoder{Name: r.name, Paths: r.paths, Marks: r.marks, Decode: t.decode}
}

func compiled(s string) *regexp.Regexp {
	if s == "" {
		return nil
	}
	return regexp.MustCompile(s)
}

func (t *table) decode(f clientele.File) ([]clientele.Part, error) {
	if !t.worthReading(f.Data) {
		return nil, nil
	}
	root, err := t.read(f.Data)
	if root == nil || !t.recognises(root) {
		return nil, nil
	}
	var parts []clientele.Part
	left := maxValues
	for _, e := range t.clients(root) {
		c := t.client(e, f.Path)
		c.left = &left
		c.walk(e)
		if c.worth() {
			parts = append(parts, c.part)
		}
	}
	return parts, err
}

// worthReading spares the reading of files without any of the words.
func (t *table) worthReading(src []byte) bool {
	if len(t.words) == 0 {
		return true
	}
	low := bytes.ToLower(src)
	for _, w := range t.words {
		if bytes.Contains(low, w) {
			return true
		}
	}
	return false
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

// entry is a value that is a client, with its name.
type entry struct {
	node *doc.Node
	name string // empty: the file is the client
}

func (t *table) clients(root *doc.Node) []entry {
	each := t.each
	if len(each) == 0 && root.Kind == doc.List && t.key != "" {
		each = []string{"*"}
	}
	if len(each) == 0 {
		return []entry{{node: root}}
	}
	var all []entry
	for _, p := range each {
		all = append(all, find(root, p)...)
	}
	for i := range all {
		if n := all[i].node.Fold(t.key).Str(); t.key != "" && n != "" {
			all[i].name = n
		}
	}
	return all
}

// client begins the part of an entry.
func (t *table) client(e entry, file string) *client {
	name := e.name
	if name == "" {
		name = path.Join(path.Base(path.Dir(file)), path.Base(file))
	}
	c := &client{table: t, part: clientele.Part{
		Tool: t.tool, Kind: t.kind, Format: t.name, Name: name, Line: max(e.node.Line, 1),
		Syntax: clientele.SyntaxJinja, Bind: clientele.Bind{Key: e.name},
	}}
	if t.literal {
		c.part.Syntax = clientele.SyntaxNone
	}
	if t.staged {
		c.part.Environment = e.name
	}
	return c
}

// find are the values that a pattern leads to, named by the last of their names.
func find(root *doc.Node, pattern string) []entry {
	at := []entry{{node: root}}
	if pattern == "" {
		return at
	}
	for _, p := range strings.Split(pattern, "/") {
		var next []entry
		for _, e := range at {
			for i, k := range e.node.Kids {
				if n := nameOf(k, i); len(next) < maxValues && matches(p, n) {
					next = append(next, entry{k, n})
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
	if s := n.First("name", "id", "model_name").Str(); s != "" {
		return s
	}
	return strconv.Itoa(i + 1)
}

// matches compares a name with a pattern in lower case.
func matches(pattern, name string) bool {
	if pattern == "*" {
		return true
	}
	ok, _ := path.Match(pattern, strings.ReplaceAll(strings.ToLower(name), "/", "|"))
	return ok
}

// meaningOf is what the row says of the field that names lead to.
func (t *table) meaningOf(names []string) (meaning, bool) {
	for i := range t.fields {
		if f := &t.fields[i]; f.fits(names) {
			return f.meaning, true
		}
	}
	return meaning{}, false
}

func (f *field) fits(names []string) bool {
	if f.deep && len(names) > len(f.path) {
		names = names[len(names)-len(f.path):]
	}
	if len(names) != len(f.path) {
		return false
	}
	for i, p := range f.path {
		if !matches(p, names[i]) {
			return false
		}
	}
	return true
}
