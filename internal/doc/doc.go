// Package doc reads the formats that tools write their files in (JSON with comments, YAML,
// TOML, INI, XML, dotenv, properties) into one kind of tree, in which each node knows its
// line.
//
// The readers are made for files that lie. They bound depth and the number of nodes, they
// keep what comes before a fault and return it together with the error, and the tree is
// asked without any assumption about types: a field that should be a map and is a number
// simply has no fields. No accessor panics, and all of them take a nil node.
//
// The libraries of each format do the reading where they tell lines (YAML, TOML, XML). JSON
// is read here because encoding/json tells neither lines nor the order and repetition of
// keys, refuses comments, and gives nothing for a truncated file.
package doc

import (
	"fmt"
	"strings"

	"github.com/clientele/clientele"
)

// Kind is the type of a node.
type Kind uint8

// The kinds of node. Missing is the kind of no node at all.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	List
	Map
)

// Node is a value in a document. An object's or section's fields are its Kids, in the order
// of the file, repeated keys included.
type Node struct {
	Kind Kind
	Key  string // the name under which the parent holds it; empty in a list
	Text string // a scalar as text: "true", "12", the string; an XML element's character data
	Line int    // of the value, from 1
	Kids []*Node
}

// Bounds that hold for every reader.
const (
	MaxDepth = 200
	MaxNodes = 2_000_000
)

// Get follows keys down through maps. With a repeated key the last one counts, as it does
// for the tools. It returns nil where there is no such field.
func (n *Node) Get(keys ...string) *Node {
	for _, k := range keys {
		n = n.field(k)
	}
	return n
}

func (n *Node) field(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := len(n.Kids) - 1; i >= 0; i-- {
		if n.Kids[i].Key == key {
			return n.Kids[i]
		}
	}
	return nil
}

// Fold is Get for one key without regard to case.
func (n *Node) Fold(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := len(n.Kids) - 1; i >= 0; i-- {
		if strings.EqualFold(n.Kids[i].Key, key) {
			return n.Kids[i]
		}
	}
	return nil
}

// First is the first of the named fields that is there and not null.
func (n *Node) First(keys ...string) *Node {
	for _, k := range keys {
		if f := n.field(k); f != nil && f.Kind != Null {
			return f
		}
	}
	return nil
}

// All are the fields of that name, in order: an XML element's children of one sort, or the
// repeated keys of an INI section.
func (n *Node) All(key string) []*Node {
	var all []*Node
	for _, k := range n.Fields() {
		if k.Key == key {
			all = append(all, k)
		}
	}
	return all
}

// At is the i-th element of a list, or nil.
func (n *Node) At(i int) *Node {
	if n == nil || n.Kind != List || i < 0 || i >= len(n.Kids) {
		return nil
	}
	return n.Kids[i]
}

// Items are the elements of a list; of anything else, none.
func (n *Node) Items() []*Node {
	if n == nil || n.Kind != List {
		return nil
	}
	return n.Kids
}

// Fields are the fields of a map; of anything else, none.
func (n *Node) Fields() []*Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	return n.Kids
}

// Str is a scalar as text, numbers and booleans included; of null and of anything else it is
// empty. For an XML element it is the character data.
func (n *Node) Str() string {
	if n == nil || n.Kind == Null {
		return ""
	}
	return n.Text
}

// Secret is Str, sealed.
func (n *Node) Secret() clientele.Plaintext { return clientele.Secret(n.Str()) }

// Attr is an XML element's attribute, or empty.
func (n *Node) Attr(name string) string { return n.field("@" + name).Str() }

// IsScalar reports whether the node is a string, number or boolean.
func (n *Node) IsScalar() bool {
	return n != nil && (n.Kind == String || n.Kind == Number || n.Kind == Bool)
}

// True reports whether the node is the boolean true, or the text "true".
func (n *Node) True() bool { return n != nil && strings.EqualFold(n.Text, "true") }

// False reports whether the node is the boolean false, or the text "false". A missing node
// is neither true nor false.
func (n *Node) False() bool { return n != nil && strings.EqualFold(n.Text, "false") }

// Has reports whether a map has a field of that name, null or not.
func (n *Node) Has(key string) bool { return n.field(key) != nil }

// LineOr is the node's line, or other for a missing node.
func (n *Node) LineOr(other int) int {
	if n == nil || n.Line == 0 {
		return other
	}
	return n.Line
}

// Walk calls f for n and everything below it, parents first, with the keys that lead there.
// List elements add no key. f's answer says whether to go below.
func (n *Node) Walk(f func(chain []string, n *Node) bool) { walk(nil, n, f) }

func walk(chain []string, n *Node, f func([]string, *Node) bool) {
	if n == nil || !f(chain, n) {
		return
	}
	for _, k := range n.Kids {
		c := chain
		if k.Key != "" {
			c = append(chain[:len(chain):len(chain)], k.Key)
		}
		walk(c, k, f)
	}
}

// fault is the error for a document that is wrong at a line.
func fault(line int, format string, args ...any) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)}
}

func tooMuch(line int, what string) error {
	return &clientele.Error{Kind: clientele.Limit, Msg: fmt.Sprintf("line %d: %s", line, what)}
}

// lines counts lines for readers that know offsets only. Offsets must not decrease.
type lines struct {
	src  []byte
	at   int
	line int
}

func (l *lines) of(offset int) int {
	if l.line == 0 {
		l.line = 1
	}
	for ; l.at < offset && l.at < len(l.src); l.at++ {
		if l.src[l.at] == '\n' {
			l.line++
		}
	}
	return l.line
}
