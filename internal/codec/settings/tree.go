package settings

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

func readJSON(src []byte) (*doc.Node, error) {
	if t := bytes.TrimSpace(src); len(t) == 0 || t[0] != '{' && t[0] != '[' && t[0] != '/' {
		return nil, nil
	}
	return doc.JSON(src)
}

// readYAML reads all documents as one. JSON is YAML, and is read as what it is.
func readYAML(src []byte) (*doc.Node, error) {
	if t := bytes.TrimSpace(src); len(t) > 0 && t[0] == '{' {
		return doc.JSON(src)
	}
	if bytes.HasPrefix(src, []byte("$ANSIBLE_VAULT;")) {
		return &doc.Node{Kind: doc.Map, Line: 1, Kids: []*doc.Node{{Kind: doc.String, Key: "vault", Text: strings.TrimSpace(string(src)), Line: 1}}}, nil
	}
	docs, err := doc.YAML(src)
	var root *doc.Node
	for _, d := range docs {
		switch {
		case d.Kind != doc.Map && d.Kind != doc.List:
		case root == nil:
			root = d
		case root.Kind == d.Kind:
			root.Kids = append(root.Kids, d.Kids...)
		}
	}
	if root != nil {
		resolveTags(root, src)
	}
	return root, err
}

var resources = regexp.MustCompile(`(?m)^\s*"?Resources"?\s*:`)

// readTemplate reads a CloudFormation template, of which a mark is proof of little.
func readTemplate(src []byte) (*doc.Node, error) {
	if !resources.Match(src) {
		return nil, nil
	}
	return readYAML(src)
}

func readTOML(src []byte) (*doc.Node, error) { return doc.TOML(src) }

func readINI(src []byte) (*doc.Node, error) { return unquoted(doc.INI(src)), nil }

func readProperties(src []byte) (*doc.Node, error) { return doc.Properties(src), nil }

func readEnv(src []byte) (*doc.Node, error) { return doc.Env(src), nil }

func readXML(src []byte) (*doc.Node, error) {
	if t := bytes.TrimSpace(src); len(t) == 0 || t[0] != '<' {
		return nil, nil
	}
	return doc.XML(src)
}

var interpolated = regexp.MustCompile(`%\(([^)\s]+)\)s`)

// readPython reads INI as Python's configparser does: %(name)s is a reference, %% a sign.
func readPython(src []byte) (*doc.Node, error) {
	root := unquoted(doc.INI(src))
	root.Walk(func(_ []string, n *doc.Node) bool {
		n.Text = strings.ReplaceAll(interpolated.ReplaceAllString(n.Text, "$${$1}"), "%%", "%")
		return true
	})
	return root, nil
}

// readDotted reads INI in whose sections "prefix.name" are names that belong together.
func readDotted(src []byte) (*doc.Node, error) {
	root := unquoted(doc.INI(src))
	for _, s := range root.Kids {
		if s.Kind == doc.Map && strings.EqualFold(s.Key, "auth") {
			s.Kids = grouped(s.Kids)
		}
	}
	return root, nil
}

func grouped(kids []*doc.Node) []*doc.Node {
	var all []*doc.Node
	byName := map[string]*doc.Node{}
	for _, k := range kids {
		i := strings.LastIndexByte(k.Key, '.')
		if i < 0 {
			all = append(all, k)
			continue
		}
		g := byName[k.Key[:i]]
		if g == nil {
			g = &doc.Node{Kind: doc.Map, Key: k.Key[:i], Line: k.Line}
			byName[g.Key] = g
			all = append(all, g)
		}
		k.Key = k.Key[i+1:]
		g.Kids = append(g.Kids, k)
	}
	return all
}

func unquoted(root *doc.Node) *doc.Node {
	root.Walk(func(_ []string, n *doc.Node) bool {
		n.Text = unquote(n.Text)
		return true
	})
	return root
}

// unquote takes quotes off that stand around a whole value.
func unquote(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

func scalar(key, text string, line int) *doc.Node {
	return &doc.Node{Kind: doc.String, Key: key, Text: text, Line: line}
}
