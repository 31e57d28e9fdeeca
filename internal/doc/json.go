package doc

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON reads one JSON value (RFC 8259), allowing what the tools allow: comments, trailing
// commas, a leading byte order mark, control characters inside strings. What was read before
// a fault is returned with the error. Content after the value is a fault, and the value is
// still returned.
func JSON(src []byte) (*Node, error) {
	p := jsonReader{src: src, line: 1}
	n, err := p.document()
	if err == nil {
		p.space()
		if p.at < len(p.src) {
			err = fault(p.line, "more text after the end of the JSON value")
		}
	}
	return n, err
}

// JSONLines reads a file of one JSON value a line. A faulty line is skipped, and cannot
// draw in the lines after it; the first fault is returned with what could be read.
func JSONLines(src []byte) ([]*Node, error) {
	var nodes []*Node
	var first error
	p := jsonReader{line: 1}
	for text := range bytes.Lines(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))) {
		line := p.line
		p.src, p.at = text, 0
		for p.space(); p.at < len(p.src); p.space() {
			n, err := p.value("", 0)
			if err != nil {
				if first == nil {
					first = err
				}
				break
			}
			nodes = append(nodes, n)
		}
		if p.nodes > MaxNodes {
			return nodes, first
		}
		p.line = line + 1
	}
	return nodes, first
}

type jsonReader struct {
	src   []byte
	at    int
	line  int
	nodes int
}

func (p *jsonReader) document() (*Node, error) {
	if len(p.src) >= 3 && string(p.src[:3]) == "\xef\xbb\xbf" {
		p.at = 3
	}
	p.space()
	return p.value("", 0)
}

// space skips white space and comments.
func (p *jsonReader) space() {
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '\n':
			p.line++
			p.at++
		case c == ' ' || c == '\t' || c == '\r':
			p.at++
		case c == '/' && p.at+1 < len(p.src) && p.src[p.at+1] == '/':
			for p.at < len(p.src) && p.src[p.at] != '\n' {
				p.at++
			}
		case c == '/' && p.at+1 < len(p.src) && p.src[p.at+1] == '*':
			p.at += 2
			for p.at < len(p.src) && !(p.src[p.at] == '*' && p.at+1 < len(p.src) && p.src[p.at+1] == '/') {
				if p.src[p.at] == '\n' {
					p.line++
				}
				p.at++
			}
			p.at = min(p.at+2, len(p.src))
		default:
			return
		}
	}
}

func (p *jsonReader) value(key string, depth int) (*Node, error) {
	if p.nodes++; p.nodes > MaxNodes {
		return nil, tooMuch(p.line, "more values than are read from one file")
	}
	if depth > MaxDepth {
		return nil, tooMuch(p.line, "nested deeper than is read")
	}
	if p.at >= len(p.src) {
		return nil, fault(p.line, "the JSON text ends where a value should be")
	}
	n := &Node{Key: key, Line: p.line}
	switch c := p.src[p.at]; {
	case c == '{':
		n.Kind = Map
		return n, p.object(n, depth)
	case c == '[':
		n.Kind = List
		return n, p.array(n, depth)
	case c == '"':
		n.Kind = String
		var err error
		n.Text, err = p.str()
		return n, err
	case c == '-' || c >= '0' && c <= '9':
		n.Kind, n.Text = Number, p.word()
		return n, nil
	}
	at := p.at // before word moves it
	switch word := p.word(); word {
	case "true", "false":
		n.Kind, n.Text = Bool, word
	case "null":
		n.Kind = Null
	default:
		p.at = at
		return nil, fault(p.line, "no JSON value begins with %q", p.src[at])
	}
	return n, nil
}

// word takes letters, digits and signs: a number or a literal name.
func (p *jsonReader) word() string {
	from := p.at
	for p.at < len(p.src) {
		c := p.src[p.at]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.' {
			p.at++
			continue
		}
		break
	}
	return string(p.src[from:p.at])
}

func (p *jsonReader) object(n *Node, depth int) error {
	p.at++
	for {
		p.space()
		if p.at >= len(p.src) {
			return fault(p.line, "the JSON text ends inside an object")
		}
		switch p.src[p.at] {
		case '}':
			p.at++
			return nil
		case ',':
			p.at++
			continue
		case '"':
		default:
			return fault(p.line, "a key was expected, not %q", p.src[p.at])
		}
		key, err := p.str()
		if err != nil {
			return err
		}
		p.space()
		if p.at >= len(p.src) || p.src[p.at] != ':' {
			return fault(p.line, "a colon was expected after a key")
		}
		p.at++
		p.space()
		kid, err := p.value(key, depth+1)
		if kid != nil {
			n.Kids = append(n.Kids, kid)
		}
		if err != nil {
			return err
		}
		if err := p.next('}'); err != nil {
			return err
		}
	}
}

func (p *jsonReader) array(n *Node, depth int) error {
	p.at++
	for {
		p.space()
		if p.at >= len(p.src) {
			return fault(p.line, "the JSON text ends inside an array")
		}
		switch p.src[p.at] {
		case ']':
			p.at++
			return nil
		case ',':
			p.at++
			continue
		}
		kid, err := p.value("", depth+1)
		if kid != nil {
			n.Kids = append(n.Kids, kid)
		}
		if err != nil {
			return err
		}
		if err := p.next(']'); err != nil {
			return err
		}
	}
}

// next asks for a comma or the closing bracket after a value.
func (p *jsonReader) next(closing byte) error {
	p.space()
	if p.at >= len(p.src) {
		return fault(p.line, "the JSON text ends before %q", closing)
	}
	if c := p.src[p.at]; c != ',' && c != closing {
		return fault(p.line, "a comma or %q was expected, not %q", closing, c)
	}
	return nil
}

// str reads a string. A truncated one is returned as far as it goes, with the error.
func (p *jsonReader) str() (string, error) {
	p.at++
	from := p.at
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			s := string(p.src[from:p.at])
			p.at++
			return s, nil
		case c == '\\':
			return p.escaped(append(make([]byte, 0, p.at-from+64), p.src[from:p.at]...))
		case c == '\n':
			p.line++
		}
		p.at++
	}
	return string(p.src[from:]), fault(p.line, "the JSON text ends inside a string")
}

func (p *jsonReader) escaped(b []byte) (string, error) {
	for p.at < len(p.src) {
		c := p.src[p.at]
		p.at++
		switch {
		case c == '"':
			return string(b), nil
		case c == '\n':
			p.line++
			b = append(b, c)
		case c != '\\':
			b = append(b, c)
		case p.at < len(p.src):
			c = p.src[p.at]
			p.at++
			if c == 'u' {
				b = utf8.AppendRune(b, p.hex())
				continue
			}
			if i := indexByte(`bfnrt`, c); i >= 0 {
				c = "\b\f\n\r\t"[i]
			}
			b = append(b, c) // \" \\ \/ stand for themselves, and so, leniently, does the rest
		}
	}
	return string(b), fault(p.line, "the JSON text ends inside a string")
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// hex reads the four digits of a \u escape, and a second escape where the first is half of
// a surrogate pair. What is no such thing becomes U+FFFD.
func (p *jsonReader) hex() rune {
	r := p.hex4()
	if !utf16.IsSurrogate(r) {
		return r
	}
	if p.at+1 < len(p.src) && p.src[p.at] == '\\' && p.src[p.at+1] == 'u' {
		at := p.at
		p.at += 2
		if r = utf16.DecodeRune(r, p.hex4()); r != utf8.RuneError {
			return r
		}
		p.at = at
	}
	return utf8.RuneError
}

func (p *jsonReader) hex4() rune {
	if p.at+4 > len(p.src) {
		return utf8.RuneError
	}
	v, err := strconv.ParseUint(string(p.src[p.at:p.at+4]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	p.at += 4
	return rune(v)
}
