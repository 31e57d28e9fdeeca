package scim

import "strings"

// valueKind is the data type of an attribute (RFC 7643 §2.3).
type valueKind string

const (
	text      valueKind = "string"
	boolean   valueKind = "boolean"
	dateTime  valueKind = "dateTime"
	reference valueKind = "reference"
	complexed valueKind = "complex"
)

// mutability says who may write an attribute (RFC 7643 §2.2). Empty means everybody.
type mutability string

const (
	readOnly  mutability = "readOnly"
	immutable mutability = "immutable"
	// ignored is an attribute of the standard that is taken and not kept. It is in no schema
	// that we announce.
	ignored mutability = "ignored"
)

// attribute is one row of a schema.
type attribute struct {
	name       string
	kind       valueKind
	about      string
	multi      bool
	required   bool
	exact      bool // letters' case counts
	unique     bool
	mutability mutability
	suggested  []string // canonical values
	refers     []string // what a reference may lead to
	sub        []attribute
	limit      int      // values of a multi-valued attribute in one request
	key        []string // sub-attributes by which two values are the same one
	unasked    bool     // cannot be filtered by: known only when an answer is written
}

// resourceType is one kind of resource with its schemas.
type resourceType struct {
	name     string // "User"
	endpoint string // "Users"
	about    string
	urn      string
	attrs    []attribute // the common ones, the core schema's, and one complex one an extension
}

// find is the attribute of that name, whatever the case of its letters.
func find(attrs []attribute, name string) *attribute {
	for i := range attrs {
		if strings.EqualFold(attrs[i].name, name) {
			return &attrs[i]
		}
	}
	return nil
}

// path leads from a resource to an attribute: one step for userName, two for name.givenName
// and for an extension's department, three for its manager.value.
type path []*attribute

func (p path) last() *attribute { return p[len(p)-1] }

// name is the path as a filter writes it.
func (p path) name() string {
	var b strings.Builder
	for i, a := range p {
		if i > 0 && isURN(p[i-1].name) {
			b.WriteByte(':')
		} else if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(a.name)
	}
	return b.String()
}

// is reports whether an attribute on the path is of that mutability.
func (p path) is(m mutability) bool {
	for _, a := range p {
		if a.mutability == m {
			return true
		}
	}
	return false
}

func isURN(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "urn:") }

// resolve finds the attribute that name leads to, with or without its schema's URN in front.
// Between URN and attribute a dot will do (Entra ID before 2018). What lies below an ignored
// attribute is not looked at.
func (t *resourceType) resolve(name string) (path, bool) {
	if rest, ok := after(name, t.urn); ok && rest != "" {
		return walk(t.attrs, rest)
	}
	for i := range t.attrs {
		ext := &t.attrs[i]
		if !isURN(ext.name) {
			continue
		}
		rest, ok := after(name, ext.name)
		if ok && rest == "" {
			return path{ext}, true
		}
		if ok {
			p, ok := walk(ext.sub, rest)
			return append(path{ext}, p...), ok
		}
	}
	if isURN(name) {
		return nil, false
	}
	return walk(t.attrs, name)
}

// after is what follows urn in name, without the mark between the two.
func after(name, urn string) (string, bool) {
	if len(name) < len(urn) || !strings.EqualFold(name[:len(urn)], urn) {
		return "", false
	}
	rest := name[len(urn):]
	if rest == "" {
		return "", true
	}
	return rest[1:], (rest[0] == ':' || rest[0] == '.') && len(rest) > 1
}

func walk(attrs []attribute, dotted string) (path, bool) {
	var p path
	for step := range strings.SplitSeq(dotted, ".") {
		a := find(attrs, step)
		if a == nil {
			return nil, false
		}
		p = append(p, a)
		if a.mutability == ignored {
			return p, true
		}
		attrs = a.sub
	}
	return p, true
}

// whole is every attribute of r that is assigned.
func (t *resourceType) whole(r Resource) object {
	o := object{}
	for _, a := range t.attrs {
		if v := r.attr(a.name); v != nil {
			o[a.name] = v
		}
	}
	return o
}

// writable is what a client may have a say in, of all that is assigned in r.
func (t *resourceType) writable(r Resource) object {
	o := t.whole(r)
	for _, a := range t.attrs {
		if a.mutability == readOnly {
			delete(o, a.name)
		}
		list, _ := o[a.name].([]object)
		for _, v := range list {
			for _, s := range a.sub {
				if s.mutability == readOnly {
					delete(v, s.name)
				}
			}
		}
	}
	return o
}
