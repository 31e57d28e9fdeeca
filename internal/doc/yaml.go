package doc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/clientele/clientele"
	"go.yaml.in/yaml/v3"
)

// YAML reads a stream of YAML documents. Aliases and merge keys are followed, within the
// bounds on depth and number. What stands in the lines before a fault is returned with the
// error.
func YAML(src []byte) ([]*Node, error) {
	docs, err := yamlDocuments(src)
	if clientele.KindOf(err) == clientele.Invalid {
		// The library gives nothing of a document with a fault. What is above the fault's
		// line may still be one; the fault can begin a line or two before it is noticed.
		for back := 1; back <= 3; back++ {
			above := firstLines(src, faultLine(err)-back)
			if again, e := yamlDocuments(above); e == nil && len(again) >= len(docs) {
				return again, err
			}
		}
	}
	return docs, err
}

// firstLines is the first n lines of src.
func firstLines(src []byte, n int) []byte {
	at := 0
	for ; n > 0 && at < len(src); n-- {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			return src
		}
		at += i + 1
	}
	return src[:at]
}

func yamlDocuments(src []byte) ([]*Node, error) {
	if deeplyNested(src) {
		return nil, tooMuch(1, "nested deeper than is read")
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	r := yamlReader{}
	var docs []*Node
	for {
		var y yaml.Node
		err := dec.Decode(&y)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, notYAML(err)
		}
		n, err := r.node(&y, "", 0)
		if n != nil {
			docs = append(docs, n)
		}
		if err != nil {
			return docs, err
		}
		if len(docs) >= 10_000 {
			return docs, tooMuch(y.Line, "more documents than are read from one file")
		}
	}
}

// deeplyNested looks for flow collections nested past what is read. The YAML library copies
// its stack of states at each level, and the time it takes grows with the square of the depth.
func deeplyNested(src []byte) bool {
	depth := 0
	for _, c := range src {
		switch c {
		case '[', '{':
			if depth++; depth > 10*MaxDepth {
				return true
			}
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return false
}

// notYAML is the library's error, with its line in front as for the other formats.
func notYAML(err error) error {
	s := strings.TrimPrefix(yamlMessage(err), "yaml: ")
	line := 1
	if _, e := fmt.Sscanf(s, "line %d:", &line); e == nil {
		_, s, _ = strings.Cut(s, ": ")
	}
	return fault(line, "not YAML: %s", s)
}

// faultLine is the line that fault wrote into an error.
func faultLine(err error) int {
	line := 0
	_, _ = fmt.Sscanf(err.Error(), "line %d:", &line)
	return line
}

// yamlMessage keeps the place of a fault and drops text that may be a value.
func yamlMessage(err error) string {
	s := err.Error()
	for i := range len(s) {
		if s[i] == '`' || s[i] == '\'' || s[i] == '"' {
			return s[:i] + "…"
		}
	}
	return s
}

type yamlReader struct {
	nodes   int
	aliased int // of these, below aliases: a small text can stand for very many
	alias   int // how many aliases lead to the current node
}

// maxAliased bounds what aliases stand for, all together.
const maxAliased = MaxNodes / 20

func (r *yamlReader) node(y *yaml.Node, key string, depth int) (*Node, error) {
	if r.nodes++; r.nodes > MaxNodes {
		return nil, tooMuch(y.Line, "more values than are read from one file")
	}
	if r.alias > 0 {
		if r.aliased++; r.aliased > maxAliased {
			return nil, tooMuch(y.Line, "aliases stand for more values than are read from one file")
		}
	}
	if depth > MaxDepth {
		return nil, tooMuch(y.Line, "nested deeper than is read")
	}
	n := &Node{Key: key, Line: y.Line}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return nil, nil
		}
		return r.node(y.Content[0], key, depth)
	case yaml.AliasNode:
		if y.Alias == nil {
			return nil, nil
		}
		r.alias++
		defer func() { r.alias-- }()
		return r.node(y.Alias, key, depth+1)
	case yaml.ScalarNode:
		n.Text = y.Value
		if y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && y.Value != "" {
			n.Line++ // the text of a block begins below the | or >
		}
		switch y.ShortTag() {
		case "!!null":
			n.Kind, n.Text = Null, ""
		case "!!bool":
			n.Kind = Bool
		case "!!int", "!!float":
			n.Kind = Number
		default:
			n.Kind = String
		}
	case yaml.SequenceNode:
		n.Kind = List
		for _, e := range y.Content {
			kid, err := r.node(e, "", depth+1)
			if kid != nil {
				n.Kids = append(n.Kids, kid)
			}
			if err != nil {
				return n, err
			}
		}
	case yaml.MappingNode:
		n.Kind = Map
		return n, r.mapping(n, y, depth)
	default:
		return nil, nil
	}
	return n, nil
}

func (r *yamlReader) mapping(n *Node, y *yaml.Node, depth int) error {
	var merged []*Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		kid, err := r.node(v, k.Value, depth+1)
		if kid != nil {
			if k.ShortTag() == "!!merge" {
				merged = append(merged, mergeable(kid)...)
			} else {
				n.Kids = append(n.Kids, kid)
			}
		}
		if err != nil {
			return err
		}
	}
	// A merged key stands before the map's own, so that the own one counts.
	if len(merged) > 0 {
		n.Kids = append(merged, n.Kids...)
	}
	return nil
}

func mergeable(n *Node) []*Node {
	if n.Kind != List {
		return n.Fields()
	}
	var all []*Node
	for i := len(n.Kids) - 1; i >= 0; i-- { // the first of several counts
		all = append(all, n.Kids[i].Fields()...)
	}
	return all
}
