package scim

import "strings"

// selection names attributes. An empty one stands for everything below.
type selection map[string]selection

// choice is what a client wants to see of a resource (RFC 7644 §3.9).
type choice struct{ only, without selection }

// choose reads the parameters attributes and excludedAttributes. Names that lead nowhere
// choose nothing.
func (t *resourceType) choose(attributes, excluded []string) choice {
	return choice{t.selection(attributes), t.selection(excluded)}
}

func (t *resourceType) selection(names []string) selection {
	if len(names) == 0 {
		return nil
	}
	s := selection{}
	for _, name := range names {
		if p, ok := t.resolve(strings.TrimSpace(name)); ok {
			s.add(p)
		}
	}
	return s
}

func (s selection) add(p path) {
	name := p[0].name
	next, known := s[name]
	if known && len(next) == 0 {
		return
	}
	if len(p) == 1 {
		s[name] = selection{}
		return
	}
	if next == nil {
		next = selection{}
		s[name] = next
	}
	next.add(p[1:])
}

// shows reports whether a top-level attribute is wanted at all.
func (c choice) shows(name string) bool {
	if c.only != nil {
		if _, ok := c.only[name]; !ok {
			return false
		}
	}
	below, ok := c.without[name]
	return !ok || len(below) > 0
}

// of is what is wanted of a resource. The id is always.
func (c choice) of(o object) object {
	id := o["id"]
	if c.only != nil {
		o = pick(o, c.only, true)
	}
	if len(c.without) > 0 {
		o = pick(o, c.without, false)
	}
	o["id"] = id
	return o
}

// pick keeps what s names, or all but that.
func pick(o object, s selection, keep bool) object {
	out := object{}
	for name, v := range o {
		below, named := s[name]
		switch {
		case !named && !keep, named && keep && len(below) == 0:
			out[name] = v
		case named && len(below) > 0:
			out[name] = pickBelow(v, below, keep)
		}
	}
	return assigned(out)
}

func pickBelow(v any, s selection, keep bool) any {
	switch v := v.(type) {
	case object:
		return pick(v, s, keep)
	case []object:
		var list []object
		for _, o := range v {
			if o = pick(o, s, keep); len(o) > 0 {
				list = append(list, o)
			}
		}
		return list
	}
	return v
}
