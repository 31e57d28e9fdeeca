package doc

import (
	"github.com/pelletier/go-toml/v2/unstable"
)

// TOML reads a TOML 1.0 document. What comes before a fault is returned with the error.
func TOML(src []byte) (*Node, error) {
	root := &Node{Kind: Map, Line: 1}
	if deeplyNested(src) {
		return root, tooMuch(1, "nested deeper than is read")
	}
	var p unstable.Parser
	p.Reset(src)
	at := lines{src: src}
	r := tomlReader{p: &p, at: &at, tables: map[*Node]map[string]*Node{}}
	table := root
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			keys := r.keys(e.Key())
			if len(keys) > MaxDepth {
				return root, tooMuch(r.line, "nested deeper than is read")
			}
			table = r.descend(root, keys, e.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			if err := r.keyValue(table, e, 0); err != nil {
				return root, err
			}
		}
		if r.nodes > MaxNodes {
			return root, tooMuch(r.line, "more values than are read from one file")
		}
	}
	if err := p.Error(); err != nil {
		return root, fault(r.line, "not TOML")
	}
	return root, nil
}

type tomlReader struct {
	p     *unstable.Parser
	at    *lines
	line  int
	nodes int
	// tables finds the tables in a table by name: a file may have very many.
	tables map[*Node]map[string]*Node
}

// keys are the parts of a dotted key; the line becomes that of the first.
func (r *tomlReader) keys(it unstable.Iterator) []string {
	var keys []string
	for it.Next() {
		k := it.Node()
		if len(keys) == 0 && k.Raw.Length > 0 {
			r.line = r.at.of(int(k.Raw.Offset))
		}
		keys = append(keys, string(k.Data))
	}
	return keys
}

func (r *tomlReader) keyValue(table *Node, e *unstable.Node, depth int) error {
	keys := r.keys(e.Key())
	if len(keys) == 0 {
		return nil
	}
	if depth+len(keys) > MaxDepth {
		return tooMuch(r.line, "nested deeper than is read")
	}
	n, err := r.value(e.Value(), depth+1)
	if n != nil {
		n.Key = keys[len(keys)-1]
		t := r.descend(table, keys[:len(keys)-1], false)
		t.Kids = append(t.Kids, n)
		r.name(t, n)
	}
	return err
}

func (r *tomlReader) value(v *unstable.Node, depth int) (*Node, error) {
	if v == nil {
		return nil, nil
	}
	if depth > MaxDepth {
		return nil, tooMuch(r.line, "nested deeper than is read")
	}
	if r.nodes++; r.nodes > MaxNodes {
		return nil, tooMuch(r.line, "more values than are read from one file")
	}
	n := &Node{Kind: String, Text: string(v.Data), Line: r.line}
	if v.Raw.Length > 0 {
		n.Line = r.at.of(int(v.Raw.Offset))
	}
	switch v.Kind {
	case unstable.Bool:
		n.Kind = Bool
	case unstable.Integer, unstable.Float:
		n.Kind = Number
	case unstable.Array:
		n.Kind, n.Text = List, ""
		for it := v.Children(); it.Next(); {
			kid, err := r.value(it.Node(), depth+1)
			if kid != nil {
				n.Kids = append(n.Kids, kid)
			}
			if err != nil {
				return n, err
			}
		}
	case unstable.InlineTable:
		n.Kind, n.Text = Map, ""
		for it := v.Children(); it.Next(); {
			if err := r.keyValue(n, it.Node(), depth+1); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// descend finds or makes the table that keys lead to. An array's last element counts.
func (r *tomlReader) descend(n *Node, keys []string, array bool) *Node {
	for i, k := range keys {
		last := i == len(keys)-1
		f := r.tables[n][k]
		if f == nil {
			f = &Node{Kind: Map, Key: k, Line: r.line}
			if last && array {
				f.Kind = List
			}
			n.Kids = append(n.Kids, f)
			r.name(n, f)
		}
		if f.Kind == List {
			if last && array || len(f.Kids) == 0 {
				f.Kids = append(f.Kids, &Node{Kind: Map, Line: r.line})
			}
			f = f.Kids[len(f.Kids)-1]
			if f.Kind != Map {
				return &Node{Kind: Map} // a value where a table should be: keep it, drop what follows
			}
		}
		n = f
	}
	return n
}

// name makes a field findable if other tables can stand in it.
func (r *tomlReader) name(table, f *Node) {
	if f.Kind != Map && f.Kind != List {
		return
	}
	if r.tables[table] == nil {
		r.tables[table] = map[string]*Node{}
	}
	r.tables[table][f.Key] = f
}
