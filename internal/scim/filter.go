package scim

import (
	"cmp"
	"strings"
	"time"
)

// Filter says which resources are wanted (RFC 7644 §3.4.2.2). It does not change.
type Filter struct {
	root node
	used map[string]bool // top-level attributes that it looks at
}

// ParseUserFilter parses a filter over users. Its errors are Errors of type InvalidFilter.
func ParseUserFilter(s string) (*Filter, error) { return userType.filter(s, false) }

// ParseGroupFilter parses a filter over groups. Its errors are Errors of type InvalidFilter.
func ParseGroupFilter(s string) (*Filter, error) { return groupType.filter(s, false) }

// Matches reports whether r is wanted. A nil filter wants everything. Where the schema does
// not count the case of letters, values are compared as strings.ToLower leaves them.
func (f *Filter) Matches(r Resource) bool { return f == nil || f.root.match(r) }

// Equality is a value that attribute must equal in whatever the filter matches, if the filter
// asks for one: the x of `userName eq "x"`, also where more is asked for with "and". So a
// store can look up candidates by an index and let Page do the rest. The attribute is named
// as in the schema: "userName", "externalId", "id", "displayName", "emails.value",
// "members.value". Whether the case of letters counts is the schema's to say: it does in
// id, externalId and members.value alone.
func (f *Filter) Equality(attribute string) (string, bool) {
	if f == nil {
		return "", false
	}
	return f.root.equality("", attribute)
}

// source is what a filter looks at: a resource, or one value of a multi-valued attribute.
type source interface{ attr(name string) any }

// node is one expression of a filter.
type node interface {
	match(source) bool
	// equality is the string that the attribute of that name must equal. The prefix is the
	// name of the attribute inside which the node stands, with its dot.
	equality(prefix, name string) (string, bool)
}

type (
	allOf   []node               // and
	oneOf   []node               // or
	negated struct{ inner node } // not
	present struct{ path path }  // pr
	absent  struct{}             // a comparison with what is not kept: always without a value
	within  struct {             // emails[…]
		attr  *attribute
		inner node
	}
	compare struct {
		path path
		op   string // eq ne co sw ew gt lt ge le
		want any    // string in the form that fold gives, bool, time.Time, or nil for null
		text string // want as it was written
	}
)

func (n allOf) match(s source) bool {
	for _, inner := range n {
		if !inner.match(s) {
			return false
		}
	}
	return true
}

func (n oneOf) match(s source) bool {
	for _, inner := range n {
		if inner.match(s) {
			return true
		}
	}
	return false
}

func (n negated) match(s source) bool { return !n.inner.match(s) }
func (n absent) match(source) bool    { return false }

func (n present) match(s source) bool {
	found, _ := some(s, n.path, func(any) bool { return true })
	return found
}

func (n within) match(s source) bool {
	list, _ := s.attr(n.attr.name).([]object)
	for _, o := range list {
		if n.inner.match(o) {
			return true
		}
	}
	return false
}

// match of a multi-valued attribute asks whether any of its values will do, as the standard
// has it. What has no value equals nothing, and so differs from everything but null.
func (n compare) match(s source) bool {
	found, assigned := some(s, n.path, n.holds)
	if assigned {
		return found
	}
	return (n.want == nil) == (n.op == "eq")
}

func (n compare) holds(v any) bool {
	switch want := n.want.(type) {
	case string:
		got, _ := v.(string)
		return holdsText(n.op, fold(n.path.last(), got), want)
	case bool:
		return (v == want) == (n.op == "eq")
	case time.Time:
		got, _ := v.(time.Time)
		return holdsOrder(n.op, got.Compare(want))
	}
	return n.op == "ne" // than null
}

func holdsText(op, got, want string) bool {
	switch op {
	case "co":
		return strings.Contains(got, want)
	case "sw":
		return strings.HasPrefix(got, want)
	case "ew":
		return strings.HasSuffix(got, want)
	}
	return holdsOrder(op, cmp.Compare(got, want))
}

func holdsOrder(op string, c int) bool {
	switch op {
	case "eq":
		return c == 0
	case "ne":
		return c != 0
	case "gt":
		return c > 0
	case "ge":
		return c >= 0
	case "lt":
		return c < 0
	}
	return c <= 0
}

// fold is s in the form in which values of a are compared.
func fold(a *attribute, s string) string {
	if a.exact {
		return s
	}
	return strings.ToLower(s)
}

// some walks to the values at the end of the path. It reports whether test holds for one of
// them, and whether there was any.
func some(s source, p path, test func(any) bool) (bool, bool) {
	v := s.attr(p[0].name)
	if v == nil {
		return false, false
	}
	if len(p) == 1 {
		return test(v), true
	}
	switch v := v.(type) {
	case object:
		return some(v, p[1:], test)
	case []object:
		seen := false
		for _, o := range v {
			found, assigned := some(o, p[1:], test)
			if found {
				return true, true
			}
			seen = seen || assigned
		}
		return false, seen
	}
	return false, false
}

func (n allOf) equality(prefix, name string) (string, bool) {
	for _, inner := range n {
		if v, ok := inner.equality(prefix, name); ok {
			return v, true
		}
	}
	return "", false
}

func (n within) equality(prefix, name string) (string, bool) {
	return n.inner.equality(prefix+n.attr.name+".", name)
}

func (n compare) equality(prefix, name string) (string, bool) {
	if _, ok := n.want.(string); !ok || n.op != "eq" || prefix+n.path.name() != name {
		return "", false
	}
	return n.text, true
}

func (oneOf) equality(string, string) (string, bool)   { return "", false }
func (negated) equality(string, string) (string, bool) { return "", false }
func (present) equality(string, string) (string, bool) { return "", false }
func (absent) equality(string, string) (string, bool)  { return "", false }
