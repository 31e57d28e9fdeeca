package cli

import (
	"bytes"
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

// reader makes a tree of a file.
type reader func([]byte) (*doc.Node, error)

func readJSON(src []byte) (*doc.Node, error) {
	if t := bytes.TrimSpace(src); len(t) == 0 || t[0] != '{' && t[0] != '[' && t[0] != '/' {
		return nil, nil
	}
	return doc.JSON(src)
}

// readYAML reads the first document that is there.
func readYAML(src []byte) (*doc.Node, error) {
	docs, err := doc.YAML(src)
	for _, d := range docs {
		if d.Kind == doc.Map || d.Kind == doc.List {
			return d, err
		}
	}
	return nil, err
}

func readTOML(src []byte) (*doc.Node, error) { return doc.TOML(src) }

func readINI(src []byte) (*doc.Node, error) {
	n := doc.INI(src)
	unquote(n)
	lines := bytes.Split(src, []byte("\n"))
	n.Walk(func(_ []string, n *doc.Node) bool {
		// A value that begins below its key stands where it begins.
		if i := n.Line - 1; n.Text != "" && i >= 0 && i < len(lines) && bytes.HasSuffix(bytes.TrimSpace(lines[i]), []byte("=")) && n.Text[len(n.Text)-1] != '=' {
			n.Line++
		}
		return true
	})
	return n, nil
}

// readProfiles reads an INI file of which nothing but its content is known: prose that shows
// such a file is none. All must be sections, pairs and comments, a stray line in ten aside.
func readProfiles(src []byte) (*doc.Node, error) {
	sections, pairs, stray := 0, 0, 0
	for line := range bytes.Lines(src) {
		t := bytes.TrimSpace(line)
		switch {
		case len(t) == 0 || t[0] == '#' && !bytes.HasPrefix(t, []byte("##")) || t[0] == ';':
		case bytes.HasPrefix(t, []byte("```")):
			return nil, nil
		case t[0] == '[' && t[len(t)-1] == ']':
			sections++
		case bytes.IndexByte(t, '=') > 0 && !bytes.ContainsAny(bytes.TrimSpace(t[:bytes.IndexByte(t, '=')]), " \t"):
			pairs++
		default:
			stray++
		}
	}
	if sections == 0 || pairs == 0 || stray > pairs/10 {
		return nil, nil
	}
	return readINI(src)
}

func readProperties(src []byte) (*doc.Node, error) { return doc.Properties(src), nil }

// unquote takes quotes off that stand around a whole value.
func unquote(n *doc.Node) {
	n.Walk(func(_ []string, n *doc.Node) bool {
		if s := n.Text; len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
			n.Text = s[1 : len(s)-1]
		}
		return true
	})
}

// readPlain reads a file that is one token and nothing else.
func readPlain(src []byte) (*doc.Node, error) {
	s := strings.TrimSpace(string(src))
	if s == "" || len(s) > 8192 || strings.ContainsAny(s, "\n{<") {
		return nil, nil
	}
	return &doc.Node{Kind: doc.Map, Line: 1, Kids: []*doc.Node{{Kind: doc.String, Key: "token", Text: s, Line: 1}}}, nil
}

// scalar is a value that a decoder cut out of a text itself.
func scalar(s string, line int) *doc.Node {
	return &doc.Node{Kind: doc.String, Text: s, Line: line}
}
