package scim

// target is where a PATCH operation leads (RFC 7644, figure 7).
type target struct {
	path   path       // to an attribute
	filter node       // selects among its values, or nil
	sub    *attribute // of the selected values, or nil
	terms  int        // comparisons of the filter
}

// target parses the path of an operation. It is nil for an attribute that is not kept.
func (t *resourceType) target(s string) (*target, error) {
	if len(s) > MaxFilter {
		return nil, refuse(InvalidPath, "the path is longer than %d bytes", MaxFilter)
	}
	p := &parser{kind: t, text: s, used: map[string]bool{}}
	name := p.word()
	found, ok := t.resolve(name)
	if !ok {
		return nil, refuse(InvalidPath, "%s has no attribute %.80q", t.name, name)
	}
	if found.is(ignored) {
		found = nil
	}
	to := &target{path: found}
	if p.take('[') {
		n, err := p.brackets(found)
		if err != nil {
			return nil, err
		}
		to.filter, to.terms = n, p.terms
		if w, ok := n.(within); ok {
			to.filter = w.inner
		}
		if err := p.sub(to); err != nil {
			return nil, err
		}
	}
	if p.pos < len(s) {
		return nil, refuse(InvalidPath, "the path %.80q is wrong at character %d", s, p.pos+1)
	}
	if found == nil || to.sub != nil && to.sub.mutability == ignored {
		return nil, nil
	}
	if to.filter == nil && len(found) == 2 && found[0].multi { // emails.type: of all of them
		to.path, to.sub = found[:1], found[1]
	}
	return to, nil
}

// sub reads the attribute after a path's bracket.
func (p *parser) sub(to *target) error {
	if !p.take('.') {
		return nil
	}
	name := p.word()
	if to.path == nil {
		return nil
	}
	to.sub = find(to.path.last().sub, name)
	if to.sub == nil {
		return refuse(InvalidPath, "%s has no attribute %.80q", to.path.name(), name)
	}
	return nil
}

func (to *target) name() string {
	s := to.path.name()
	if to.filter != nil {
		s += "[…]"
	}
	if to.sub != nil {
		s += "." + to.sub.name
	}
	return s
}

// chosen is the object that a filter such as type eq "work" describes, nil for any other
// filter.
func (to *target) chosen() object {
	c, ok := to.filter.(compare)
	if !ok || c.op != "eq" || c.path.name() != "type" {
		return nil
	}
	return object{"type": c.text}
}
