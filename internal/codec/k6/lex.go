package k6

import (
	"strings"
	"unicode/utf8"
)

// kind is the sort of a token.
type kind uint8

const (
	word   kind = iota // a name, keyword or number
	quoted             // a string or template
	sign               // anything else, mostly one character
)

type token struct {
	kind kind
	text string // a string without quotes and escapes; a template with its ${…}
	line int
}

// is reports whether the token is that sign or word.
func (t token) is(s string) bool { return t.kind != quoted && t.text == s }

type comment struct {
	text string
	line int
}

// lexer cuts a program into tokens. It knows strings, templates, comments and, by the sign
// before them, regular expressions; it never fails.
type lexer struct {
	src      string
	at       int
	line     int
	tokens   []token
	comments []comment
}

func lex(src string) ([]token, []comment) {
	l := &lexer{src: src, line: 1}
	for l.at < len(l.src) {
		l.next()
	}
	return l.tokens, l.comments
}

func (l *lexer) next() {
	c := l.src[l.at]
	rest := l.src[l.at:]
	switch {
	case c == '\n':
		l.line++
		l.at++
	case c == ' ' || c == '\t' || c == '\r':
		l.at++
	case strings.HasPrefix(rest, "//"):
		l.comment(2, "\n")
	case strings.HasPrefix(rest, "/*"):
		l.comment(2, "*/")
	case c == '"' || c == '\'' || c == '`':
		l.quoted(c)
	case c == '/' && l.regexpMayBegin():
		l.regexp()
	case isWord(c):
		from := l.at
		for l.at < len(l.src) && isWord(l.src[l.at]) {
			l.at++
		}
		l.add(word, l.src[from:l.at])
	default:
		for _, s := range []string{"===", "!==", "...", "=>", "==", "!=", "||", "??", "&&", "<=", ">="} {
			if strings.HasPrefix(rest, s) {
				l.at += len(s)
				l.add(sign, s)
				return
			}
		}
		_, n := utf8.DecodeRuneInString(rest)
		l.at += n
		l.add(sign, rest[:n])
	}
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (l *lexer) add(k kind, text string) { l.tokens = append(l.tokens, token{k, text, l.line}) }

func (l *lexer) comment(skip int, end string) {
	line := l.line
	body := l.src[l.at+skip:]
	n := strings.Index(body, end)
	if n < 0 {
		n = len(body)
	}
	l.comments = append(l.comments, comment{strings.TrimSpace(body[:n]), line})
	l.line += strings.Count(body[:n], "\n")
	l.at += skip + n
	if end != "\n" {
		l.at = min(l.at+len(end), len(l.src))
	}
}

// quoted reads a string or template. A string that is not closed ends with its line.
func (l *lexer) quoted(quote byte) {
	t := token{kind: quoted, line: l.line}
	var b strings.Builder
	depth := 0 // of ${…} in a template
	for l.at++; l.at < len(l.src); l.at++ {
		c := l.src[l.at]
		switch {
		case c == '\\' && l.at+1 < len(l.src):
			l.at++
			b.WriteString(unescaped(l.src[l.at]))
			if l.src[l.at] == '\n' {
				l.line++
			}
			continue
		case c == '\n' && quote != '`':
			t.text = b.String()
			l.tokens = append(l.tokens, t)
			return
		case c == quote && depth == 0:
			l.at++
			t.text = b.String()
			l.tokens = append(l.tokens, t)
			return
		case quote == '`' && c == '{' && (depth > 0 || l.src[l.at-1] == '$'):
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '\n':
			l.line++
		}
		b.WriteByte(c)
	}
	t.text = b.String()
	l.tokens = append(l.tokens, t)
}

func unescaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case '\n':
		return ""
	}
	return string([]byte{c})
}

// regexpMayBegin reports whether a slash begins a regular expression and is no division.
func (l *lexer) regexpMayBegin() bool {
	if len(l.tokens) == 0 {
		return true
	}
	t := l.tokens[len(l.tokens)-1]
	return t.kind == sign && !t.is(")") && !t.is("]") && !t.is("}") || t.is("return")
}

func (l *lexer) regexp() {
	class := false
	for i := l.at + 1; i < len(l.src) && l.src[i] != '\n'; i++ {
		switch c := l.src[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			l.at = i + 1
			l.add(sign, "regexp")
			return
		}
	}
	l.at++
	l.add(sign, "/")
}
