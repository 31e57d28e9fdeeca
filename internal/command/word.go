package command

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"mvdan.cc/sh/v3/syntax"
)

// word is one word of a command, its quotes removed and its references kept.
type word struct {
	text string
	line int
	// plain: a $ or ` in it was quoted, and nothing in it is expanded.
	plain bool
}

// class is Literal where the quoting, and only the quoting, tells that a $ is no reference.
// A single-quoted '$TOKEN' stays undecided: that is how people quote by mistake, or for a
// second shell to expand.
func (w word) class() clientele.Class {
	if w.plain && strings.ContainsAny(w.text, "$`") && !likeReference.MatchString(w.text) {
		return clientele.Literal
	}
	return ""
}

var likeReference = regexp.MustCompile(`\$([A-Z_][A-Z0-9_]{2,}|\{|\(|[a-z]+_[a-z_]+|env:)|\{\{|<%|` + "`[a-z]")

func (w word) empty() bool { return w.text == "" }

// with is w with another text, for a piece of it.
func (w word) with(text string) word {
	w.text = text
	return w
}

// cut splits at the first sep that stands in no reference.
func (w word) cut(sep string) (before, after word, found bool) {
	i := indexOutside(w.text, sep)
	if i < 0 {
		return w, w.with(""), false
	}
	return w.with(w.text[:i]), w.with(w.text[i+len(sep):]), true
}

// indexOutside is the first sep in s that stands in no ${…}, $(…), `…` or {{…}}.
func indexOutside(s, sep string) int {
	depth := 0
	for i := 0; i+len(sep) <= len(s); i++ {
		switch {
		case s[i] == '$' && i+1 < len(s) && (s[i+1] == '{' || s[i+1] == '('), s[i] == '{' && i+1 < len(s) && s[i+1] == '{':
			depth++
			i++
			continue
		case depth > 0:
			if s[i] == '}' || s[i] == ')' {
				depth--
			}
		case s[i:i+len(sep)] == sep:
			return i
		}
	}
	if depth > 0 { // a lone ${ is no reference
		return strings.Index(s, sep)
	}
	return -1
}

// word renders a word of the tree.
func (s *source) word(w *syntax.Word) word {
	if w == nil || len(w.Parts) == 0 {
		return word{line: s.line}
	}
	r := renderer{source: s}
	r.parts(w.Parts, false)
	text := s.unshield(r.b.String())
	return word{text: text, line: s.lineAt(w.Pos().Offset()), plain: r.dollar && !r.expands && !strings.ContainsFunc(r.b.String(), shielded)}
}

// heredoc is the body of a here-document, raw where its delimiter is quoted.
func (s *source) heredoc(r *syntax.Redirect) word {
	if r.Hdoc == nil || len(r.Hdoc.Parts) == 0 {
		return word{line: s.line}
	}
	if lit, ok := r.Hdoc.Parts[0].(*syntax.Lit); ok && len(r.Hdoc.Parts) == 1 && r.Word.Lit() == "" {
		return word{text: s.unshield(lit.Value), line: s.lineAt(lit.Pos().Offset())}
	}
	out := renderer{source: s, heredoc: true}
	out.parts(r.Hdoc.Parts, true)
	return word{text: s.unshield(out.b.String()), line: s.lineAt(r.Hdoc.Pos().Offset())}
}

type renderer struct {
	*source
	b       strings.Builder
	dollar  bool // a quoted $ or `
	expands bool
	heredoc bool // a quote is no special character
}

func (r *renderer) parts(parts []syntax.WordPart, quoted bool) {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			r.literal(p.Value, quoted)
		case *syntax.SglQuoted:
			v := p.Value
			if p.Dollar {
				v = ansi(v)
			}
			r.dollar = r.dollar || strings.ContainsAny(v, "$`")
			r.b.WriteString(v)
		case *syntax.DblQuoted:
			r.parts(p.Parts, true)
		default:
			r.expands = true
			begin, end := int(p.Pos().Offset()), int(p.End().Offset())
			if begin <= end && end <= len(r.text) {
				r.b.WriteString(r.text[begin:end])
			}
		}
	}
}

// literal writes text with its backslashes undone.
func (r *renderer) literal(v string, quoted bool) {
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) || quoted && !strings.ContainsRune("$`\"\\\n", rune(v[i+1])) || r.heredoc && v[i+1] == '"' {
			r.b.WriteByte(v[i])
			continue
		}
		i++
		if v[i] == '$' || v[i] == '`' {
			r.dollar = true
		}
		if v[i] != '\n' {
			r.b.WriteByte(v[i])
		}
	}
}

var ansiEscapes = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", 'a': "\a", 'b': "\b", 'e': "\x1b", 'E': "\x1b",
	'f': "\f", 'v': "\v", '\\': `\`, '\'': "'", '"': `"`, '?': "?",
}

// ansi undoes the escapes of $'…'.
func ansi(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) {
			b.WriteByte(v[i])
			continue
		}
		i++
		if e, ok := ansiEscapes[v[i]]; ok {
			b.WriteString(e)
			continue
		}
		digits, base, limit := "", 16, map[byte]int{'x': 2, 'u': 4, 'U': 8}[v[i]]
		if limit == 0 && v[i] >= '0' && v[i] <= '7' {
			base, limit = 8, 3
			i--
		}
		for i+1 < len(v) && len(digits) < limit && isDigit(v[i+1], base) {
			i++
			digits += v[i : i+1]
		}
		n, err := strconv.ParseUint(digits, base, 32)
		switch {
		case err != nil: // no such escape: both characters stand
			b.WriteByte('\\')
			b.WriteByte(v[i])
		case limit > 3:
			b.WriteString(string(utf8.AppendRune(nil, rune(n))))
		default:
			b.WriteByte(byte(n))
		}
	}
	return b.String()
}

func isDigit(c byte, base int) bool {
	_, err := strconv.ParseUint(string(c), base, 8)
	return err == nil
}
