package scim

import (
	"encoding/json"
	"strings"
	"unicode"
)

// bind takes a decoded body for a whole resource. What the schema does not know, does not keep
// or does not let a client write is left out, as RFC 7644 §3.3 and §3.5.1 ask for.
func (t *resourceType) bind(doc map[string]any) (object, error) {
	if err := checkSchemas(doc, t.urn); err != nil {
		return nil, err
	}
	o, err := bindObject(t.attrs, doc, "")
	if err != nil {
		return nil, err
	}
	for _, a := range t.attrs {
		if a.required && o[a.name] == nil {
			return nil, refuse(InvalidValue, "%s is missing", a.name)
		}
	}
	return o, nil
}

func bindObject(attrs []attribute, in map[string]any, at string) (object, error) {
	out := object{}
	for key, v := range in {
		a := find(attrs, key)
		if a == nil || a.mutability == ignored || a.mutability == readOnly {
			continue
		}
		bound, err := a.bind(v, at+a.name)
		if err != nil {
			return nil, err
		}
		if bound != nil {
			out[a.name] = bound
		}
	}
	return out, nil
}

// bind is v as the attribute's value, nil when v means unassigned. The name at is for errors.
func (a *attribute) bind(v any, at string) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !a.multi {
		return a.bindOne(v, at)
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wrongKind(at, "a list", v)
	}
	bound, err := a.bindList(list, at)
	if err != nil || len(bound) == 0 {
		return nil, err
	}
	return bound, nil
}

func (a *attribute) bindList(list []any, at string) ([]object, error) {
	if len(list) > a.limit {
		return nil, tooLarge("%s has %d values, of which one request may carry %d: send them in several", at, len(list), a.limit)
	}
	var bound []object
	for _, v := range list {
		one, err := a.bindOne(v, at)
		if err != nil {
			return nil, err
		}
		if o, ok := one.(object); ok {
			bound = append(bound, o)
		}
	}
	bound = a.join(nil, bound)
	return bound, a.onePrimary(bound)
}

func (a *attribute) bindOne(v any, at string) (any, error) {
	switch a.kind {
	case boolean:
		return bindFlag(v, at)
	case complexed:
		return a.bindComplex(v, at)
	}
	s, ok := v.(string)
	if !ok {
		return nil, wrongKind(at, "a string", v)
	}
	return a.bindText(s, at)
}

func (a *attribute) bindText(s, at string) (any, error) {
	switch {
	case s == "":
		return nil, nil
	case len(s) > maxText:
		return nil, refuse(InvalidValue, "%s is longer than %d bytes", at, maxText)
	case strings.ContainsRune(s, 0):
		return nil, refuse(InvalidValue, "%s holds a NUL character", at)
	case a.required && strings.TrimSpace(s) == "":
		return nil, refuse(InvalidValue, "%s is blank", at)
	case a.required && strings.ContainsFunc(s, unicode.IsControl):
		return nil, refuse(InvalidValue, "%s holds a control character", at)
	}
	return s, nil
}

// bindFlag takes "True" and "False" also: Entra ID sends booleans as strings.
func bindFlag(v any, at string) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
			return strings.EqualFold(v, "true"), nil
		}
	}
	return nil, wrongKind(at, "true or false", v)
}

func (a *attribute) bindComplex(v any, at string) (any, error) {
	in, ok := a.spread(v).(map[string]any)
	if !ok {
		return nil, wrongKind(at, "an object", v)
	}
	o, err := bindObject(a.sub, in, at+".")
	if err != nil {
		return nil, err
	}
	for _, s := range a.sub {
		if s.required && o[s.name] == nil {
			return nil, refuse(InvalidValue, "%s.%s is missing", at, s.name)
		}
	}
	if len(o) == 0 {
		return nil, nil
	}
	return o, nil
}

// spread makes the object of a string that stands in its place: Entra ID sends the manager so.
func (a *attribute) spread(v any) any {
	if s, ok := v.(string); ok && !a.multi && find(a.sub, "value") != nil {
		return map[string]any{"value": s}
	}
	return v
}

// identity tells one value of a multi-valued attribute from another.
func (a *attribute) identity(o object) string {
	if len(a.key) == 1 {
		return o.text(a.key[0])
	}
	var b strings.Builder
	for _, k := range a.key {
		b.WriteString(strings.ToLower(o.text(k)))
		b.WriteByte(0)
	}
	return b.String()
}

// join adds to list what is not in it, and takes over what more has to say of what is.
func (a *attribute) join(list, more []object) []object {
	fresh := make(map[string]object, len(more))
	var order []string
	for _, o := range more {
		id := a.identity(o)
		if fresh[id] == nil {
			order = append(order, id)
		}
		fresh[id] = o
	}
	for _, o := range list {
		id := a.identity(o)
		if n := fresh[id]; n != nil {
			for k, v := range n {
				o[k] = v
			}
			delete(fresh, id)
		}
	}
	for _, id := range order {
		if o := fresh[id]; o != nil {
			list = append(list, o)
		}
	}
	return list
}

func (a *attribute) onePrimary(list []object) error {
	n := 0
	for _, o := range list {
		if o.flag("primary") {
			n++
		}
	}
	if n > 1 {
		return refuse(InvalidValue, "%s has more than one primary value", a.name)
	}
	return nil
}

func wrongKind(at, want string, got any) error {
	is := "null"
	switch got.(type) {
	case string:
		is = "a string"
	case json.Number:
		is = "a number"
	case bool:
		is = "true or false"
	case []any:
		is = "a list"
	case map[string]any:
		is = "an object"
	}
	return refuse(InvalidValue, "%s should be %s and is %s", at, want, is)
}
