package settings

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele/internal/doc"
)

// parser makes a tree of what the scanner sees.
type parser struct {
	lexer
	tok token
}

func (p *parser) next() { p.tok = p.scan() }

func (p *parser) is(s string) bool { return p.tok.kind == sign && p.tok.text == s }

func (p *parser) closes() bool { return p.is(")") || p.is("]") || p.is("}") }

// items are the statements, fields or elements up to the bracket that closes them, which is
// consumed.
func (p *parser) items(shut string, depth int) []*doc.Node {
	var all []*doc.Node
	for p.tok.kind != ended {
		switch {
		case p.closes():
			if shut != "" {
				p.next()
			}
			return all
		case p.tok.kind == lineEnd, p.tok.kind == sign && !p.opens():
			p.next()
		default:
			if n := p.item(depth); n != nil {
				all = append(all, n)
			}
		}
	}
	return all
}

func (p *parser) opens() bool { return p.is("(") || p.is("[") || p.is("{") }

// bracketed is what stands between brackets, as a map. Too deep, it is nothing.
func (p *parser) bracketed(depth int) *doc.Node {
	n := &doc.Node{Kind: doc.Map, Line: p.tok.line}
	shut := map[string]string{"(": ")", "[": "]", "{": "}"}[p.tok.text]
	p.next()
	if depth < doc.MaxDepth {
		n.Kids = p.items(shut, depth+1)
		return n
	}
	for p.tok.kind != ended && !p.closes() {
		p.next()
	}
	return n
}

// keywords introduce a name, and are none.
var keywords = map[string]bool{
	"def": true, "val": true, "var": true, "let": true, "const": true, "export": true, "default": true, "private": true,
	"public": true, "static": true, "final": true, "return": true, "async": true, "await": true, "new": true, "function": true,
}

// item reads one statement, field or element.
func (p *parser) item(depth int) *doc.Node {
	if p.opens() {
		return p.bracketed(depth)
	}
	first := p.tok
	if first.kind == quotation {
		p.next()
		if p.is(":") || p.is("=>") || p.is("=") {
			p.next()
			return p.assign(first.text, first.line, depth)
		}
		return p.quoted(first, depth)
	}
	var words []token
	for p.tok.kind == word {
		if !keywords[p.tok.text] {
			words = append(words, p.tok)
		}
		first = p.tok
		p.next()
	}
	if len(words) == 0 {
		words = []token{first}
	}
	return p.statement(words, depth)
}

// statement reads on behind the words that begin it.
func (p *parser) statement(words []token, depth int) *doc.Node {
	last := words[len(words)-1]
	key := last.text
	for p.is("[") && p.tok.joined && key != "" { // a['b']['c'] = …
		index := p.bracketed(depth)
		if len(index.Kids) == 1 && index.Kids[0].IsScalar() {
			key += "." + index.Kids[0].Text
		}
		if !p.is("[") && !p.is("=") && !p.is("+=") {
			n := p.expression(depth, []token{{kind: word, text: key, line: last.line}}, nil)
			if len(words) > 1 && p.spaced {
				return keyed(n, words[0])
			}
			return n
		}
	}
	p.typeArguments()
	switch {
	case p.is("="), p.is(":"), p.is("=>"), p.is("+="), p.is(":="):
		typed := p.is(":")
		p.next()
		if typed && p.indents() && p.tok.kind == lineEnd { // if debug:
			return nil
		}
		n := p.assign(key, last.line, depth)
		if typed && p.is("=") { // val name: Type = value
			p.next()
			n = p.assign(key, last.line, depth)
		}
		return n
	case p.is("{"):
		n := p.bracketed(depth)
		n.Key = words[0].text
		return n
	case p.is("("):
		if len(words) > 1 && p.spaced {
			return keyed(p.expression(depth, words[1:], nil), words[0])
		}
		return p.call(words, depth)
	case p.tok.kind == quotation && p.spaced && !p.tok.joined:
		return p.command(words, depth)
	case len(words) > 1 && p.spaced:
		return keyed(p.expression(depth, words[1:], nil), words[0])
	}
	return p.expression(depth, words, nil)
}

// typeArguments passes over <Type> before the arguments of a call.
func (p *parser) typeArguments() {
	if !p.is("<") || !p.tok.joined {
		return
	}
	before, tok := p.lexer, p.tok
	for range 10 {
		if p.next(); p.is(">") {
			if p.next(); p.is("(") {
				return
			}
			break
		}
	}
	p.lexer, p.tok = before, tok
}

// keyed gives an expression the name that stands before it.
func keyed(n *doc.Node, to token) *doc.Node {
	if n != nil && n.Key == "" {
		nest(n, to.text)
	}
	return n
}

// assign reads the value of key. A dotted key is a block with a field in it.
func (p *parser) assign(key string, line, depth int) *doc.Node {
	n := p.expression(depth, nil, nil)
	if n == nil {
		return nil
	}
	nest(n, key)
	if n.Kind != doc.Map {
		n.Line = max(n.Line, line)
	}
	return n
}

// nest names a value by the last part of a dotted key.
func nest(n *doc.Node, key string) {
	n.Key = strings.TrimPrefix(strings.TrimSuffix(key, ".set"), "$")
	if i := strings.LastIndexByte(n.Key, '.'); i > 0 && strings.Count(n.Key, ".") < 4 && !strings.Contains(n.Key, " ") {
		inner := *n
		inner.Key = n.Key[i+1:]
		*n = doc.Node{Kind: doc.Map, Key: n.Key[:i], Line: inner.Line, Kids: []*doc.Node{&inner}}
	}
}

// command reads name "a", "b" as a call.
func (p *parser) command(words []token, depth int) *doc.Node {
	args := &doc.Node{Kind: doc.Map, Line: p.tok.line}
	for p.tok.kind != lineEnd && p.tok.kind != ended && !p.closes() && !p.is(";") {
		if n := p.item(depth + 1); n != nil && depth < doc.MaxDepth {
			args.Kids = append(args.Kids, n)
		}
		if !p.is(",") {
			break
		}
		p.next()
		for p.tok.kind == lineEnd {
			p.next()
		}
	}
	return pairOf(words[len(words)-1], args)
}

// call reads the arguments of a function, and the block that may follow.
func (p *parser) call(words []token, depth int) *doc.Node {
	callee := words[len(words)-1]
	args := p.bracketed(depth)
	if fetches.MatchString(callee.text) {
		return p.expression(depth, []token{callee}, args.Kids)
	}
	if p.is("{") {
		block := p.bracketed(depth)
		args.Key = callee.text
		if len(args.Kids) > 0 && args.Kids[0].Key == "" && blockName.MatchString(args.Kids[0].Text) { // create("release") {
			args.Key, args.Kids = args.Kids[0].Text, args.Kids[1:]
		}
		args.Kids = append(args.Kids, block.Kids...)
		return args
	}
	if p.is("=") || p.is(".") || p.is("->") || p.is("?.") || p.is("?:") || p.is("||") || p.is("??") {
		return p.expression(depth, []token{callee}, args.Kids)
	}
	return pairOf(callee, args)
}

var blockName = regexp.MustCompile(`^[A-Za-z][A-Za-z._-]{0,30}$`)

// pairOf is what the arguments of a call say: name("value"), set("name", "value"),
// field("type", "name", "value"); of anything else, a block.
func pairOf(callee token, args *doc.Node) *doc.Node {
	var plain []*doc.Node
	for _, k := range args.Kids {
		if _, ref := reference(k); k.Key == "" && (k.IsScalar() || ref) {
			plain = append(plain, k)
		}
	}
	if len(plain) == 0 || len(plain) != len(args.Kids) && (len(plain) == 1 || !harmless(args.Kids)) {
		args.Key = callee.text
		return args
	}
	value := plain[len(plain)-1]
	switch {
	case signsIn(callee.text, plain):
		args.Key = callee.text
		return args
	case len(plain) == 1 || len(plain) > 3:
		nest(value, callee.text)
	default:
		value.Key = plain[len(plain)-2].Str()
	}
	if value.IsScalar() {
		value.Text = unquote(value.Text)
	}
	return value
}

// harmless reports whether all named arguments are options and hold no credential.
func harmless(args []*doc.Node) bool {
	for _, a := range args {
		if _, ref := reference(a); a.Key != "" && credentialName.MatchString(a.Key) || a.Kind == doc.Map && !ref {
			return false
		}
	}
	return true
}

// signsIn names the arguments of sbt's Credentials(realm, host, user, password).
func signsIn(callee string, args []*doc.Node) bool {
	if callee != "Credentials" || len(args) != 4 {
		return false
	}
	for i, k := range []string{"realm", "host", "user", "password"} {
		args[i].Key = k
	}
	return true
}

// quoted reads on behind a string: it may be a name, as in Kotlin's "a" to "b" and sbt's
// "name" at "address".
func (p *parser) quoted(first token, depth int) *doc.Node {
	if p.tok.kind == word && (p.tok.text == "to" || p.tok.text == "at") {
		p.next()
		return p.assign(first.text, first.line, depth)
	}
	return p.rest(first, depth)
}

// rest reads what follows a string: more of it, or what makes no difference.
func (p *parser) rest(first token, depth int) *doc.Node {
	whole := first.text
	for p.indents() && p.tok.kind == quotation { // "a" "b"
		whole += p.tok.text
		p.next()
	}
	for p.is("+") || p.is(".") {
		p.next()
		for p.tok.kind == lineEnd {
			p.next()
		}
		switch p.tok.kind {
		case quotation:
			whole += p.tok.text
			p.next()
			continue
		case word:
			whole += "${" + p.tok.text + "}"
			p.next()
		}
		if p.opens() {
			p.bracketed(depth + 1)
		}
	}
	p.skip(depth)
	return scalar("", whole, first.line)
}

// skip passes over the rest of an expression.
func (p *parser) skip(depth int) {
	for p.tok.kind != ended && p.tok.kind != lineEnd && !p.closes() && !p.is(",") && !p.is(";") && !p.is("=") {
		if p.opens() {
			p.bracketed(depth + 1)
			continue
		}
		p.next()
	}
}

// fetches are the calls that get a value from elsewhere and are never statements.
var fetches = regexp.MustCompile(`(?i)(^|\.)(getenv\w*|env|environmentVariable|findProperty|gradleProperty|getProperty|getSecret|getOrElse|getOrDefault)$`)

// lookup are functions that get a value from elsewhere by its name.
var lookup = regexp.MustCompile(`(?i)(getenv\w*|env|environ|prop|property|config|get|secret|param|parameter|lookup|read|require|provider|variable|find\w*)(s|\.get|OrNull|OrElse|OrDefault|Properties|\.str|\.int)?$`)

// expression reads a value: a literal, a container, or a reference with what stands in for it
// where it leads nowhere. seen are words that were read already, args the arguments of the
// last of them.
func (p *parser) expression(depth int, seen []token, args []*doc.Node) *doc.Node {
	for p.tok.kind == lineEnd && len(seen) == 0 {
		p.next()
	}
	line := p.tok.line
	if len(seen) == 0 && p.tok.kind == quotation {
		first := p.tok
		p.next()
		return p.quoted(first, depth)
	}
	if len(seen) == 0 && (p.is("{") || p.is("[")) {
		n := p.bracketed(depth)
		if !p.is("(") && !p.is("[") {
			p.skip(depth)
		}
		return n
	}
	e := expression{line: line}
	for _, t := range seen {
		e.line = t.line
		e.take(t)
	}
	e.called(args)
	for p.tok.kind != ended && !p.closes() && !p.is(",") && !p.is(";") && !p.is("=") && p.tok.kind != lineEnd {
		switch {
		case p.opens():
			e.called(p.bracketed(depth + 1).Kids)
			continue
		case p.is("||"), p.is("??"), p.is("?:"), p.is(":"), p.tok.kind == word && (p.tok.text == "or" || p.tok.text == "else"):
			e.instead = true
			p.next()
			for p.tok.kind == lineEnd {
				p.next()
			}
			continue
		}
		e.take(p.tok)
		p.next()
	}
	return e.node()
}

// constant are the words that stand for themselves and are no text.
var constant = regexp.MustCompile(`^([0-9][0-9a-zA-Z_.]*|true|false|null|nil|None|True|False|undefined)$`)

// expression is what is known of one that is no literal.
type expression struct {
	line     int
	callee   string
	words    []string
	instead  bool // what follows stands in for what was not found
	literal  *doc.Node
	contents []*doc.Node // fields and containers among the arguments
}

func (e *expression) take(t token) {
	switch {
	case t.kind == quotation && (e.instead || e.callee == "f" || e.callee == "b" || e.callee == "r" || e.callee == "u"):
		s := t.text
		if e.callee == "f" {
			s = strings.ReplaceAll(strings.ReplaceAll(s, "${", "{"), "{", "${")
		}
		e.literal = scalar("", s, t.line)
	case t.kind == quotation || t.kind == word:
		if t.kind == word {
			e.callee = t.text
		}
		if len(e.words) < 20 {
			e.words = append(e.words, t.text)
		}
	}
}

// called takes the arguments of a call, or an index.
func (e *expression) called(args []*doc.Node) {
	gets := lookup.MatchString(e.callee)
	signsIn(e.callee, args)
	plain := 0
	for _, a := range args {
		_, ref := reference(a)
		switch {
		case a.Key == "default" && a.Kind == doc.String:
			e.literal = a
		case a.Key == "" && a.IsScalar():
			plain++
			if plain == 1 && gets || e.instead {
				e.words = append(e.words, a.Text)
			} else if e.literal == nil && (gets || plain == 1 && len(args) == 1) {
				e.literal = a
			}
		case ref:
		case a.Kind == doc.Map && len(a.Kids) > 0, a.Key != "":
			e.contents = append(e.contents, a)
		}
	}
}

func (e *expression) node() *doc.Node {
	switch {
	case len(e.contents) > 0:
		n := &doc.Node{Kind: doc.Map, Line: e.line, Kids: e.contents}
		if len(e.contents) == 1 && e.contents[0].Key == "" {
			n.Kids = e.contents[0].Kids
		}
		if e.literal != nil && e.literal.Key == "" {
			n.Kids = append(n.Kids, e.literal)
		}
		return n
	case e.literal != nil:
		n := *e.literal
		n.Key = ""
		return &n
	case len(e.words) == 1 && constant.MatchString(e.words[0]):
		return &doc.Node{Kind: doc.Number, Text: e.words[0], Line: e.line}
	case len(e.words) > 0:
		return referTo(strings.Join(e.words, " "), e.line)
	}
	return nil
}
