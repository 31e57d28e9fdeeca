package k6

import (
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

// parser reads literal values from tokens. What it cannot know, it writes as "${source}".
type parser struct {
	tokens []token
	at     int
	basic  []token // strings that were encoded for a Basic header
}

func (p *parser) peek(n int) token {
	if i := p.at + n; i >= 0 && i < len(p.tokens) {
		return p.tokens[i]
	}
	return token{kind: sign}
}

func (p *parser) done() bool { return p.at >= len(p.tokens) }

// value reads an expression up to the comma, bracket or semicolon that ends it.
func (p *parser) value(depth int) *doc.Node {
	first := p.peek(0)
	switch {
	case depth > doc.MaxDepth:
		p.at = len(p.tokens)
		return nil
	case first.is("{") && p.object():
		return p.fields(depth)
	case first.is("["):
		return p.items(depth)
	case first.is("JSON") && p.peek(2).is("stringify") && p.peek(3).is("("):
		p.at += 4
		n := p.value(depth + 1)
		p.rest()
		if p.peek(0).is(")") {
			p.at++
		}
		return n
	}
	n := &doc.Node{Kind: doc.String, Line: first.line}
	if first.is("true") || first.is("false") {
		n.Kind = doc.Bool
	}
	n.Text = p.scalar()
	return n
}

// scalar reads strings that are joined by plus signs, and expressions among them.
func (p *parser) scalar() string {
	var b strings.Builder
	for !p.done() {
		t := p.peek(0)
		switch {
		case ends(t) || b.Len() > 0 && statement(p.peek(-1), t):
			return b.String()
		case t.kind == quoted:
			b.WriteString(t.text)
			p.at++
		case t.is("+") && b.Len() > 0:
			p.at++
		case t.kind == word && t.text[0] >= '0' && t.text[0] <= '9' || t.is("true") || t.is("false"):
			b.WriteString(t.text)
			p.at++
		default:
			b.WriteString(p.expression())
		}
	}
	return b.String()
}

func ends(t token) bool {
	return t.kind == sign && (t.text == "," || t.text == ")" || t.text == "]" || t.text == "}" || t.text == ";" || t.text == "")
}

// expression reads what is not literal. A string behind "||" or "??" is its fallback.
func (p *parser) expression() string {
	var b strings.Builder
	for depth := 0; !p.done(); p.at++ {
		t := p.peek(0)
		if depth == 0 && (ends(t) || t.is("+") || b.Len() > 0 && statement(p.peek(-1), t)) {
			break
		}
		if depth == 0 && (t.is("||") || t.is("??")) && p.peek(1).kind == quoted {
			p.at += 2
			return "${" + b.String() + ":-" + p.peek(-1).text + "}"
		}
		switch {
		case t.is("(") || t.is("[") || t.is("{"):
			depth++
		case t.is(")") || t.is("]") || t.is("}"):
			depth--
		}
		p.encoding()
		switch {
		case t.kind == quoted:
			b.WriteString("'…'") // an argument is no part of the name
		case b.Len() < 200:
			b.WriteString(t.text)
		}
	}
	if b.Len() == 0 {
		p.at++ // always forward
		return ""
	}
	return "${" + b.String() + "}"
}

// encoding keeps the argument of b64encode("user:password"), of which a Basic header is made.
func (p *parser) encoding() {
	if t, arg := p.peek(0), p.peek(2); (t.is("b64encode") || t.is("btoa")) && p.peek(1).is("(") && arg.kind == quoted {
		p.basic = append(p.basic, arg)
	}
}

// statement reports whether a token on a new line begins a statement, where no semicolon
// ended the one before.
func statement(before, t token) bool {
	return t.line > before.line && t.kind == word && (before.kind != sign || before.is(")") || before.is("]"))
}

// object reports whether the brace at hand begins an object and not a block.
func (p *parser) object() bool {
	a, b := p.peek(1), p.peek(2)
	if a.is("}") || a.is("...") {
		return true
	}
	return a.kind != sign && (b.is(":") || b.is(",") || b.is("}")) || a.is("[")
}

func (p *parser) fields(depth int) *doc.Node {
	n := &doc.Node{Kind: doc.Map, Line: p.peek(0).line}
	for p.at++; !p.done(); {
		key := p.peek(0)
		switch {
		case key.is("}"):
			p.at++
			return n
		case key.is(")") || key.is("]"):
			return n // of something around: a bracket is missing here
		case key.is(","):
			p.at++
			continue
		case key.kind != sign && p.peek(1).is(":"):
			p.at += 2
			if v := p.value(depth + 1); v != nil {
				v.Key = key.text
				n.Kids = append(n.Kids, v)
			}
		case key.kind == word && (p.peek(1).is(",") || p.peek(1).is("}")): // { headers }
			n.Kids = append(n.Kids, &doc.Node{Kind: doc.String, Key: key.text, Text: "${" + key.text + "}", Line: key.line})
			p.at++
		}
		p.rest()
	}
	return n
}

func (p *parser) items(depth int) *doc.Node {
	n := &doc.Node{Kind: doc.List, Line: p.peek(0).line}
	for p.at++; !p.done(); {
		switch t := p.peek(0); {
		case t.is("]"):
			p.at++
			return n
		case t.is(")") || t.is("}"):
			return n
		case t.is(",") || t.is(";"):
			p.at++
			continue
		}
		if v := p.value(depth + 1); v != nil {
			n.Kids = append(n.Kids, v)
		}
		p.rest()
	}
	return n
}

// rest passes over what is left of a value, up to the sign that ends it.
func (p *parser) rest() {
	for depth := 0; !p.done(); p.at++ {
		t := p.peek(0)
		if depth == 0 && ends(t) {
			if t.is(";") { // out of place here
				continue
			}
			return
		}
		switch {
		case t.is("(") || t.is("[") || t.is("{"):
			depth++
		case t.is(")") || t.is("]") || t.is("}"):
			depth--
		}
	}
}

// arguments reads those of a call, from its opening bracket.
func (p *parser) arguments() []*doc.Node {
	var all []*doc.Node
	for p.at++; !p.done(); {
		switch t := p.peek(0); {
		case t.is(")"):
			p.at++
			return all
		case t.is(","):
			p.at++
			continue
		case ends(t):
			return all
		}
		if len(all) >= 8 {
			p.rest()
			continue
		}
		v := p.value(0)
		if v == nil {
			v = &doc.Node{}
		}
		all = append(all, v)
		p.rest()
	}
	return all
}
