package command

import (
	"regexp"
	"sort"
	"strings"

	"github.com/clientele/clientele"
	"mvdan.cc/sh/v3/syntax"
)

// source is a text under the parser, with what is needed to tell lines.
type source struct {
	*reader
	text  string
	line  int   // of the text's first line
	feeds []int // offsets of the line feeds
}

// lineAt is the line of an offset. The parser's own lines overflow in long histories.
func (s *source) lineAt(offset uint) int {
	if s.still {
		return s.line
	}
	return s.line + sort.SearchInts(s.feeds, int(offset))
}

// cut is the source from begin to end as a source of its own.
func (s *source) cut(begin, end int) *source {
	return newSource(s.reader, s.text[begin:end], s.lineAt(uint(begin)))
}

func newSource(r *reader, text string, line int) *source {
	s := &source{reader: r, text: text, line: line}
	for i := range len(text) {
		if text[i] == '\n' {
			s.feeds = append(s.feeds, i)
		}
	}
	return s
}

// Bounds on what the parser gets at once. It recurses, and reads an unclosed parenthesis
// twice, so that both size and depth are limited.
const (
	maxWhole  = 64 << 10
	maxWindow = 16 << 10
	maxOpen   = 200
)

// read walks all commands of a text.
func (r *reader) read(text string, line int, chain []string) {
	if r.depth >= maxDepth {
		return
	}
	r.depth++
	defer func() { r.depth-- }()
	text = strings.ReplaceAll(text, "\r\n", "\n")
	r.comments(text, line, chain)
	text = r.windows(text, line, chain)
	s := newSource(r, r.shield(text), line)
	s.piecewise(chain)
}

// piecewise walks statement by statement. Where one cannot be read, its first line is given
// to loose and reading goes on at the next.
func (s *source) piecewise(chain []string) {
	budget := 20*len(s.text) + 1<<20 // each fault makes the parser read up to a window again
	for at := 0; at < len(s.text); {
		end := s.windowEnd(at, budget)
		budget -= end - at
		chunk := s.cut(at, end)
		done, err := chunk.statements(chain)
		at += done
		if err == nil {
			at = end
			continue
		}
		if rest := strings.TrimLeft(s.text[at:end], " \t\n;&"); rest != "" {
			at = end - len(rest)
		} else {
			at = end
			continue
		}
		if done > 0 && end < len(s.text) && syntax.IsIncomplete(err) {
			continue // perhaps only cut off by the window
		}
		end = s.lineEnd(at)
		s.cut(at, end).loose(chain)
		at = end
	}
}

func (s *source) lineEnd(at int) int {
	if i := strings.IndexByte(s.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s.text)
}

// windowEnd is where the next window ends: at a line's end, and always after at.
func (s *source) windowEnd(at, budget int) int {
	if budget < 0 {
		return s.lineEnd(at)
	}
	if rest := len(s.text) - at; rest <= maxWindow || at == 0 && rest <= maxWhole {
		return len(s.text)
	}
	if i := strings.LastIndexByte(s.text[at:at+maxWindow], '\n'); i >= 0 {
		return at + i + 1
	}
	return s.lineEnd(at)
}

// statements walks statements until one cannot be read, and returns where the last good one
// ends.
func (s *source) statements(chain []string) (int, error) {
	all, err := parse(s.text, syntax.LangBash)
	done := 0
	for _, stmt := range all {
		s.walk(stmt, chain)
		done = max(done, min(int(stmt.End().Offset()), len(s.text)))
	}
	if err == nil {
		done = len(s.text)
	}
	return done, err
}

// loose reads a line that is no bash: as zsh, and if it is no zsh as free text.
func (s *source) loose(chain []string) {
	if all, err := parse(s.text, syntax.LangZsh); err == nil {
		for _, stmt := range all {
			s.walk(stmt, chain)
		}
		return
	}
	text := strings.TrimSpace(s.unshield(s.text))
	if len(text) >= 8 && len(text) <= maxWindow {
		s.part.Texts = append(s.part.Texts, clientele.Text{
			Place: clientele.InScript, Chain: chain, Text: clientele.Secret(text), Line: s.line,
		})
	}
}

// parse returns the statements before the first fault, and the fault. The parser has been
// seen to panic on hostile text, which is a fault like any other.
func parse(text string, lang syntax.LangVariant) (all []*syntax.Stmt, err error) {
	if err := tooMuch(text); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil {
			err = &clientele.Error{Kind: clientele.Invalid, Msg: "the text cannot be parsed"}
		}
	}()
	for stmt, fault := range syntax.NewParser(syntax.Variant(lang)).StmtsSeq(strings.NewReader(text)) {
		// The loop is not left at a fault: the parser yields once more after it, whether
		// anybody listens or not, and the runtime panics.
		if fault != nil && err == nil {
			err = fault
		}
		if err == nil {
			all = append(all, stmt)
		}
	}
	return all, err
}

// tooMuch refuses texts that would cost the parser its stack.
func tooMuch(text string) error {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		}
		if depth > maxOpen {
			return &clientele.Error{Kind: clientele.Limit, Msg: "parentheses are nested too deeply"}
		}
	}
	if len(text) > maxWhole {
		return &clientele.Error{Kind: clientele.Limit, Msg: "a statement is too long"}
	}
	return nil
}

// foreign are the references of pipelines and templates that are no shell: ${{ x }}, {{ x }},
// $[[ x ]], << parameters.x >>, ${params.X}, <%= x %>.
var foreign = regexp.MustCompile(`\$?\{\{[^\n]*?\}\}|\$\[\[[^\n\]]*\]\]|<<[ ]*(?:pipeline|parameters|matrix)\.[\w.\-]+[ ]*>>|\$\{[A-Za-z_]\w*\.[\w.\-]+\}|<%[^\n]*?%>`)

// A shielded reference is one rune of private plane 15 while it is under the parser.
const firstShield, lastShield = '\U000F0000', '\U000FFFFD'

// shield hides foreign references from the parser.
func (r *reader) shield(text string) string {
	return foreign.ReplaceAllStringFunc(text, func(ref string) string {
		c := firstShield + rune(len(r.shields))
		if c > lastShield {
			return ref
		}
		r.shields = append(r.shields, ref)
		return string(c)
	})
}

// unshield puts the hidden references back.
func (r *reader) unshield(text string) string {
	if len(r.shields) == 0 || !strings.ContainsFunc(text, shielded) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if i := int(c - firstShield); shielded(c) && i < len(r.shields) {
			b.WriteString(r.shields[i])
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func shielded(c rune) bool { return c >= firstShield && c <= lastShield }
