package scim

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// parser reads filters and paths by recursive descent:
//
//	or    = and *("or" and)
//	and   = term *("and" term)
//	term  = ["not"] "(" or ")" | attribute "[" or "]" ["." attribute rest] | attribute rest
//	rest  = "pr" | operator value
//
// The standard allows what follows the bracket in paths only; Entra ID looks people up with
// emails[type eq "work"].value eq "…".
type parser struct {
	kind  *resourceType
	text  string
	pos   int
	depth int
	terms int
	used  map[string]bool

	// lenient takes attributes that are not known for unassigned ones. It is so below
	// attributes that are not kept, and when users and groups are asked at once.
	lenient bool
	inside  *attribute // whose brackets we are in
}

// filter parses a filter over resources of that type.
func (t *resourceType) filter(s string, lenient bool) (*Filter, error) {
	p := &parser{kind: t, text: s, lenient: lenient, used: map[string]bool{}}
	if len(s) > MaxFilter {
		return nil, refuse(InvalidFilter, "the filter is longer than %d bytes", MaxFilter)
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(s) {
		return nil, p.fail("something follows its end")
	}
	return &Filter{root, p.used}, nil
}

func (p *parser) fail(what string) error {
	return refuse(InvalidFilter, "the filter is wrong at character %d: %s", p.pos+1, what)
}

func (p *parser) space() {
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
}

// take moves past c, if that is next.
func (p *parser) take(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// word moves past the letters of a name: an attribute, an operator, true.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.text) && isNameByte(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func isNameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("_-$:.", c) >= 0
}

// keyword moves past that word, if it is next.
func (p *parser) keyword(want string) bool {
	p.space()
	start := p.pos
	if strings.EqualFold(p.word(), want) {
		return true
	}
	p.pos = start
	return false
}

func (p *parser) or() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("it is nested too deep")
	}
	defer func() { p.depth-- }()
	return p.joined("or", p.and, func(n []node) node { return oneOf(n) })
}

func (p *parser) and() (node, error) {
	return p.joined("and", p.term, func(n []node) node { return allOf(n) })
}

func (p *parser) joined(word string, part func() (node, error), join func([]node) node) (node, error) {
	first, err := part()
	if err != nil {
		return nil, err
	}
	nodes := []node{first}
	for p.keyword(word) {
		next, err := part()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, next)
	}
	if len(nodes) == 1 {
		return first, nil
	}
	return join(nodes), nil
}

func (p *parser) term() (node, error) {
	if p.terms++; p.terms > maxTerms {
		return nil, p.fail("it has too many comparisons")
	}
	p.space()
	start := p.pos
	not := p.keyword("not")
	p.space()
	if p.take('(') {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.space(); !p.take(')') {
			return nil, p.fail("a ) is missing")
		}
		if not {
			return negated{inner}, nil
		}
		return inner, nil
	}
	p.pos = start
	return p.expression()
}

// expression is a comparison, or an attribute with brackets.
func (p *parser) expression() (node, error) {
	attr, err := p.attribute()
	if err != nil {
		return nil, err
	}
	if !p.take('[') {
		return p.comparison(attr)
	}
	n, err := p.brackets(attr)
	if err != nil || !p.take('.') {
		return n, err
	}
	sub, err := p.within(attr, p.expression)
	if err != nil || attr == nil {
		return absent{}, err
	}
	return within{attr.last(), allOf{n.(within).inner, sub}}, nil
}

// brackets reads what stands between [ and ].
func (p *parser) brackets(attr path) (node, error) {
	if attr != nil && (len(attr) != 1 || !attr.last().multi || p.inside != nil) {
		return nil, p.fail("only attributes with many values take brackets")
	}
	inner, err := p.within(attr, p.or)
	if err != nil {
		return nil, err
	}
	if p.space(); !p.take(']') {
		return nil, p.fail("a ] is missing")
	}
	if attr == nil {
		return absent{}, nil
	}
	return within{attr.last(), inner}, nil
}

// within reads what is about the values of attr.
func (p *parser) within(attr path, read func() (node, error)) (node, error) {
	lenient, inside := p.lenient, p.inside
	defer func() { p.lenient, p.inside = lenient, inside }()
	if attr == nil {
		p.lenient = true
	} else {
		p.inside = attr.last()
	}
	return read()
}

// attribute reads an attribute's name. It is nil for one that is not kept, where that is
// not an error.
func (p *parser) attribute() (path, error) {
	start := p.pos
	name := p.word()
	if name == "" {
		return nil, p.fail("an attribute is missing")
	}
	var found path
	var ok bool
	if p.inside != nil {
		found, ok = walk(p.inside.sub, name)
	} else {
		found, ok = p.kind.resolve(name)
	}
	switch {
	case ok && found[0].name == "password":
		return nil, &Error{http.StatusForbidden, Sensitive, "a password is nothing to search for"}
	case ok && !found.is(ignored):
		if p.inside == nil {
			p.used[found[0].name] = true
		}
		return found, nil
	case p.lenient:
		return nil, nil
	}
	p.pos = start
	return nil, p.fail(p.kind.name + " has no attribute of that name")
}

// comparison reads what follows an attribute.
func (p *parser) comparison(attr path) (node, error) {
	p.space()
	start := p.pos
	op := strings.ToLower(p.word())
	if op == "pr" {
		if attr == nil {
			return absent{}, nil
		}
		return present{attr}, nil
	}
	if op == "" || !strings.Contains(" eq ne co sw ew gt lt ge le ", " "+op+" ") {
		p.pos = start
		return nil, p.fail("an operator is missing: eq ne co sw ew gt lt ge le pr")
	}
	p.space()
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	if attr == nil {
		if op == "ne" && value != nil || op == "eq" && value == nil {
			return negated{absent{}}, nil
		}
		return absent{}, nil
	}
	return p.compare(attr, op, value)
}

// value reads a JSON string, number, true, false or null.
func (p *parser) value() (any, error) {
	start := p.pos
	if !p.take('"') {
		var v any
		if err := json.Unmarshal([]byte(strings.ToLower(p.word())), &v); err != nil {
			p.pos = start
			return nil, p.fail("a value is missing: strings stand in double quotes")
		}
		return v, nil
	}
	for p.pos < len(p.text) && p.text[p.pos] != '"' {
		if p.text[p.pos] == '\\' {
			p.pos++
		}
		p.pos++
	}
	if !p.take('"') {
		p.pos = start
		return nil, p.fail("a string does not end")
	}
	var s string
	if err := json.Unmarshal([]byte(p.text[start:p.pos]), &s); err != nil {
		p.pos = start
		return nil, p.fail("a string is not as JSON has them")
	}
	return s, nil
}

// compare sees to it that the comparison makes sense for the attribute. A complex attribute
// stands for its value.
func (p *parser) compare(attr path, op string, value any) (node, error) {
	a := attr.last()
	if a.kind == complexed {
		if a = find(a.sub, "value"); a == nil {
			return nil, p.fail("compare a part of " + attr.name())
		}
		attr = append(attr[:len(attr):len(attr)], a)
	}
	ordered := op != "eq" && op != "ne"
	switch {
	case a.unasked:
		return nil, p.fail(attr.name() + " cannot be searched for")
	case value == nil && ordered:
		return nil, p.fail("null takes eq and ne only")
	case value == nil:
		return compare{attr, op, nil, ""}, nil
	}
	s, isText := value.(string)
	switch a.kind {
	case boolean:
		flag, err := bindFlag(value, attr.name())
		if err != nil || ordered {
			return nil, p.fail(attr.name() + " takes eq and ne with true or false")
		}
		return compare{attr, op, flag, ""}, nil
	case dateTime:
		at, err := time.Parse(time.RFC3339, s)
		if err != nil || op == "co" || op == "sw" || op == "ew" {
			return nil, p.fail(attr.name() + ` takes a time such as "2026-01-31T12:00:00Z"`)
		}
		return compare{attr, op, at, ""}, nil
	}
	if !isText {
		return nil, p.fail(attr.name() + " takes a string")
	}
	return compare{attr, op, fold(a, s), s}, nil
}
