package cli

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

// readTerraformRC reads a CLI configuration, which is HCL or JSON.
func readTerraformRC(src []byte) (*doc.Node, error) {
	if t := bytes.TrimSpace(src); len(t) > 0 && t[0] == '{' {
		return doc.JSON(src)
	}
	return readHCL(src)
}

// readHCL reads the part of HCL that variable files and CLI configurations are written in:
// blocks with labels, and attributes that are strings, heredocs, numbers, lists and objects.
// A block is a Map under its type and labels. Other expressions are Null, with their text; a
// call that is given an object (jsonencode, merge) is that object. Interpolations stay in the
// text. There is no error: what cannot be read is passed over.
func readHCL(src []byte) (*doc.Node, error) {
	p := hclReader{src: src, line: 1}
	root := &doc.Node{Kind: doc.Map, Line: 1}
	for p.more() { // a brace too many ends no file
		p.body(root, 0)
	}
	return root, nil
}

type hclReader struct {
	src   []byte
	at    int
	line  int
	nodes int
}

func (p *hclReader) more() bool { return p.at < len(p.src) && p.nodes < maxValues }

// peek is the byte at hand; 0 at the end.
func (p *hclReader) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

func (p *hclReader) next() byte {
	c := p.peek()
	if c == '\n' {
		p.line++
	}
	p.at++
	return c
}

// space skips blanks and comments, and line ends if asked to.
func (p *hclReader) space(lines bool) {
	for p.at < len(p.src) {
		rest := p.src[p.at:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r' || c == ',' || c == '\n' && lines:
			p.next()
		case c == '#' || bytes.HasPrefix(rest, []byte("//")):
			for p.at < len(p.src) && p.peek() != '\n' {
				p.at++
			}
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest, []byte("*/"))
			if end < 0 {
				end = len(rest) - 2
			}
			for range end + 2 {
				p.next()
			}
		default:
			return
		}
	}
}

// body reads attributes and blocks up to a closing brace.
func (p *hclReader) body(n *doc.Node, depth int) {
	for {
		p.space(true)
		if !p.more() || p.peek() == '}' {
			p.next()
			return
		}
		from := p.at
		line := p.line
		key := p.name()
		p.space(false)
		switch c := p.peek(); {
		case key == "" || p.at == from:
			p.next()
		case c == '=' || c == ':':
			p.next()
			p.space(false)
			kid := p.value(depth)
			kid.Key = key
			n.Kids = append(n.Kids, kid)
		case c == '{' || c == '"' || isName(c):
			p.block(n, key, line, depth)
		}
	}
}

// block reads the labels and the body of a block. Blocks of one type and name stand side by
// side.
func (p *hclReader) block(n *doc.Node, key string, line, depth int) {
	for p.more() && p.peek() != '{' {
		n = p.section(n, key, line)
		if key = p.name(); key == "" {
			return
		}
		p.space(false)
	}
	p.next()
	p.nodes++
	kid := &doc.Node{Kind: doc.Map, Key: key, Line: line}
	n.Kids = append(n.Kids, kid)
	if depth < doc.MaxDepth {
		p.body(kid, depth+1)
	}
}

func (p *hclReader) section(n *doc.Node, key string, line int) *doc.Node {
	if k := n.Get(key); k != nil && k.Kind == doc.Map {
		return k
	}
	p.nodes++
	k := &doc.Node{Kind: doc.Map, Key: key, Line: line}
	n.Kids = append(n.Kids, k)
	return k
}

// name reads a key or label, quoted or not.
func (p *hclReader) name() string {
	if p.peek() == '"' {
		return p.quoted()
	}
	from := p.at
	for p.at < len(p.src) && isName(p.peek()) {
		p.at++
	}
	return string(p.src[from:p.at])
}

func isName(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (p *hclReader) value(depth int) *doc.Node {
	p.nodes++
	n := &doc.Node{Kind: doc.Null, Line: p.line}
	if depth > doc.MaxDepth {
		p.at = len(p.src)
		return n
	}
	switch c := p.peek(); {
	case c == '"':
		n.Kind, n.Text = doc.String, p.quoted()
	case c == '<':
		n.Kind, n.Text = doc.String, p.heredoc()
	case c == '{':
		p.next()
		n.Kind = doc.Map
		p.body(n, depth+1)
	case c == '[':
		p.next()
		n.Kind = doc.List
		for p.space(true); p.more() && p.peek() != ']'; p.space(true) {
			from := p.at
			n.Kids = append(n.Kids, p.value(depth+1))
			if p.at == from {
				p.next()
			}
		}
		p.next()
	default:
		p.word(n, depth)
	}
	return n
}

// word reads a number or a truth value, and of any other expression its text, to the end of
// the line or of the brackets around it. An object in it is read as the value.
func (p *hclReader) word(n *doc.Node, depth int) {
	from, open := p.at, 0
	for p.at < len(p.src) {
		switch c := p.peek(); {
		case c == '"':
			p.quoted()
			continue
		case c == '(' || c == '[':
			open++
		case open > 0 && (c == ')' || c == ']'):
			open--
		case open == 0 && strings.ContainsRune("\n,]}#", rune(c)):
			p.end(n, string(p.src[from:p.at]))
			return
		case open > 0 && c == '{' && n.Kind == doc.Null && depth < doc.MaxDepth:
			p.next()
			n.Kind = doc.Map
			p.body(n, depth+1)
			continue
		case c == '{':
			open++
		case c == '}':
			open--
		}
		p.next()
	}
	p.end(n, string(p.src[from:]))
}

// end gives a node what its expression is, unless it is an object.
func (p *hclReader) end(n *doc.Node, text string) {
	text = strings.TrimSpace(text)
	if n.Kind != doc.Null {
		return
	}
	n.Text = text
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		n.Kind = doc.Number
	} else if text == "true" || text == "false" {
		n.Kind = doc.Bool
	}
}

func (p *hclReader) quoted() string {
	var b strings.Builder
	p.next()
	for p.at < len(p.src) {
		c := p.next()
		switch {
		case c == '"' || c == '\n':
			return b.String()
		case c == '\\' && p.at < len(p.src):
			c = p.next()
			if i := strings.IndexByte("nrt", c); i >= 0 {
				c = "\n\r\t"[i]
			}
		case c == '$' && p.peek() == '{':
			p.interpolation(&b)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// interpolation copies ${…} as it stands; quotes inside do not end the string around it.
func (p *hclReader) interpolation(b *strings.Builder) {
	b.WriteByte('$')
	for depth := 0; p.at < len(p.src) && p.peek() != '\n'; {
		c := p.next()
		b.WriteByte(c)
		if c == '{' {
			depth++
		} else if c == '}' {
			if depth--; depth == 0 {
				return
			}
		}
	}
}

// heredoc reads <<MARK or <<-MARK up to the line that is MARK.
func (p *hclReader) heredoc() string {
	first := p.lineText()
	mark := strings.Trim(strings.TrimSpace(first), "<-\"")
	var all []string
	for p.at < len(p.src) {
		s := p.lineText()
		if strings.TrimSpace(s) == mark {
			break
		}
		all = append(all, s)
	}
	return strings.Join(all, "\n")
}

func (p *hclReader) lineText() string {
	rest := p.src[p.at:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i+1]
		p.line++
	}
	p.at += len(rest)
	return strings.TrimRight(string(rest), "\r\n")
}
