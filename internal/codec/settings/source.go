package settings

import (
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

// A program's settings are read by its literals alone: assignments, fields of object
// literals, blocks with a name, and calls with a name and a value. The scanner knows the
// quotes and comments of a family of languages and nothing of their grammar, so that it
// reads what no parser would agree to, and loses at most the statement it stumbles over.

// language is what the scanner has to know of one.
type language struct {
	hash    bool // # begins a comment
	slashes bool // and so do // and /*
	dollars bool // "$name" in double quotes is a reference
	quotes  bool // ''' and """ hold several lines
	spaced  bool // name value is an assignment
}

// indents: blocks are told by their indentation, and begin with a colon.
func (l language) indents() bool { return l.hash && !l.slashes }

func readSource(l language) reader {
	return func(src []byte) (*doc.Node, error) {
		p := parser{lexer: lexer{src: string(src), line: 1, language: l}}
		p.next()
		root := &doc.Node{Kind: doc.Map, Line: 1}
		for p.tok.kind != ended {
			root.Kids = append(root.Kids, p.items("", 0)...)
			p.next() // a closing bracket too many
		}
		return root, nil
	}
}

type tokenKind uint8

const (
	ended tokenKind = iota
	word
	quotation
	sign
	lineEnd
)

type token struct {
	kind   tokenKind
	text   string
	line   int
	raw    bool // nothing in the text is a reference
	joined bool // no blank before it
}

type lexer struct {
	language
	src  string
	at   int
	line int
}

func (l *lexer) scan() token {
	begin := l.at
	l.blank()
	t := token{line: l.line, joined: l.at == begin}
	if l.at >= len(l.src) {
		return t
	}
	c := l.src[l.at]
	switch {
	case c == '\n':
		l.at++
		l.line++
		t.kind, t.text = lineEnd, "\n"
	case c == '"' || c == '\'' || c == '`':
		t.kind = quotation
		t.text = l.quoted(c)
		t.raw = c == '\''
	case isNameByte(c) || c == '$':
		from := l.at
		for l.at < len(l.src) && (isNameByte(l.src[l.at]) || l.src[l.at] == '.' && l.at+1 < len(l.src) && isNameByte(l.src[l.at+1]) || l.src[l.at] == '$') {
			l.at++
		}
		t.kind, t.text = word, l.src[from:l.at]
	default:
		t.kind = sign
		for _, p := range []string{"=>", "->", "==", "!=", "||", "??", "?:", "?.", "&&", "+=", ":="} {
			if strings.HasPrefix(l.src[l.at:], p) {
				t.text = p
			}
		}
		if t.text == "" {
			t.text = l.src[l.at : l.at+1]
		}
		l.at += len(t.text)
	}
	return t
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// blank passes over blanks, comments and continued lines.
func (l *lexer) blank() {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case rest[0] == ' ', rest[0] == '\t', rest[0] == '\r', rest[0] == 0:
			l.at++
		case strings.HasPrefix(rest, "\\\n"):
			l.at += 2
			l.line++
		case l.slashes && strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest, "*/")
			if n < 0 {
				n = len(rest) - 2
			}
			l.line += strings.Count(rest[:n+2], "\n")
			l.at += n + 2
		case l.slashes && strings.HasPrefix(rest, "//"), l.hash && rest[0] == '#':
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.at += n
		default:
			return
		}
	}
}

// quoted is the text of a string that begins here, its escapes undone. A string that does not
// end on its line, where it should, ends there.
func (l *lexer) quoted(q byte) string {
	open := string(q)
	if triple := strings.Repeat(open, 3); l.quotes && strings.HasPrefix(l.src[l.at:], triple) {
		open = triple
	}
	l.at += len(open)
	var b strings.Builder
	for l.at < len(l.src) && !strings.HasPrefix(l.src[l.at:], open) {
		c := l.src[l.at]
		switch {
		case c == '\n' && len(open) == 1 && q != '`' && !l.hash:
			return b.String()
		case c == '\\' && l.at+1 < len(l.src):
			l.at++
			l.unescape(&b, q)
		case c == '$' && l.dollars && q == '"':
			l.interpolate(&b)
			continue
		default:
			b.WriteByte(c)
		}
		if l.src[l.at] == '\n' {
			l.line++
		}
		l.at++
	}
	l.at = min(l.at+len(open), len(l.src))
	return b.String()
}

// unescape writes what the escape means whose letter is next.
func (l *lexer) unescape(b *strings.Builder, q byte) {
	switch c := l.src[l.at]; {
	case c == 'n' && q != '\'':
		b.WriteByte('\n')
	case c == 't' && q != '\'':
		b.WriteByte('\t')
	case strings.IndexByte("\\\"'`$/", c) >= 0:
		b.WriteByte(c)
	case c == '\n':
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}

// interpolate writes $name as ${name}.
func (l *lexer) interpolate(b *strings.Builder) {
	l.at++
	from := l.at
	if line, _, _ := strings.Cut(l.src[from:min(len(l.src), from+500)], "\n"); strings.HasPrefix(line, "{") {
		if n := strings.IndexByte(line, '}'); n > 0 { // it may hold quotes
			b.WriteString("$" + line[:n+1])
			l.at += n + 1
			return
		}
	}
	for l.at < len(l.src) && (isNameByte(l.src[l.at]) || l.src[l.at] == '.') {
		l.at++
	}
	if l.at == from {
		b.WriteByte('$')
		return
	}
	b.WriteString("${" + l.src[from:l.at] + "}")
}
