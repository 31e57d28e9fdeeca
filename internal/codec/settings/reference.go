package settings

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

// elsewhereKeys are the fields that a map has when it stands for a value kept elsewhere:
// CloudFormation's functions, Kubernetes' and Render's sources, and Ref for an expression of
// a program.
var elsewhereKeys = []string{
	"Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Join", "Fn::Select", "Fn::FindInMap", "Fn::If",
	"valueFrom", "ValueFrom", "secretKeyRef", "configMapKeyRef", "fromDatabase", "fromService", "fromSecret", "sopsSecret",
}

// reference says to what a map refers, if it only does that.
func reference(n *doc.Node) (string, bool) {
	if n == nil || n.Kind != doc.Map || len(n.Kids) > 2 {
		return "", false
	}
	for _, k := range elsewhereKeys {
		if r := n.Get(k); r != nil {
			var words []string
			r.Walk(func(_ []string, n *doc.Node) bool {
				if n.IsScalar() && len(words) < 20 {
					words = append(words, n.Text)
				}
				return true
			})
			return strings.Join(words, " "), len(words) > 0
		}
	}
	return "", false
}

// referTo is the node of an expression that leads to a value elsewhere.
func referTo(name string, line int) *doc.Node {
	return &doc.Node{Kind: doc.Map, Line: line, Kids: []*doc.Node{{Kind: doc.String, Key: "Ref", Text: name, Line: line}}}
}

var tag = regexp.MustCompile(`!(Ref|GetAtt|ImportValue|Join|Select|FindInMap|If)\b`)

// resolveTags puts CloudFormation's short forms (!Ref X), of which the YAML reader keeps only
// the value, into the long one ({Ref: X}). A tag stands on the line on which its value begins.
func resolveTags(root *doc.Node, src []byte) {
	if !tag.Match(src) {
		return
	}
	lines := strings.Split(string(src), "\n")
	root.Walk(func(_ []string, n *doc.Node) bool {
		if n.Line < 1 || n.Line > len(lines) || n.Kind != doc.String && n.Kind != doc.List {
			return true
		}
		line := lines[n.Line-1]
		m := tag.FindStringSubmatchIndex(line)
		if m == nil {
			return true
		}
		if v := strings.Trim(strings.TrimSpace(line[m[1]:]), `"'`); n.Kind == doc.String && !strings.HasPrefix(v, n.Text) || n.Kind == doc.List && v != "" && v[0] != '[' {
			return true
		}
		name, inner := line[m[2]:m[3]], *n
		if name != "Ref" {
			name = "Fn::" + name
		}
		inner.Key = name
		n.Kind, n.Text, n.Kids = doc.Map, "", []*doc.Node{&inner}
		return false
	})
}
