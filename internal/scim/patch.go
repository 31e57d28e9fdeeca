package scim

import (
	"context"
	"maps"
	"slices"
	"strings"
)

const patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// maxLooked bounds the comparisons of one PATCH, since the store's transaction waits for it:
// a thousand operations that each find one member among 100,000. It is some seconds.
const maxLooked = 100_000_000

// operation is one step of a PATCH (RFC 7644 §3.5.2).
type operation struct {
	op    string // add, remove or replace
	path  string // empty: the value is an object of paths
	value any    // nil: none, or null
}

// operations reads the body of a PATCH.
func operations(doc map[string]any) ([]operation, error) {
	if err := checkSchemas(doc, patchURN); err != nil {
		return nil, err
	}
	list, ok := member(doc, "Operations").([]any)
	switch {
	case !ok || len(list) == 0:
		return nil, refuse(InvalidSyntax, "Operations is not a list of at least one")
	case len(list) > MaxOperations:
		return nil, tooLarge("there are %d operations, of which one request may carry %d: send them in several", len(list), MaxOperations)
	}
	ops := make([]operation, 0, len(list))
	for i, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			return nil, refuse(InvalidSyntax, "Operations[%d] is not an object", i)
		}
		op, _ := member(o, "op").(string)
		op = strings.ToLower(op)
		if op != "add" && op != "remove" && op != "replace" {
			return nil, refuse(InvalidSyntax, "Operations[%d].op is not add, remove or replace", i)
		}
		path, ok := member(o, "path").(string)
		if !ok && member(o, "path") != nil {
			return nil, refuse(InvalidSyntax, "Operations[%d].path is not a string", i)
		}
		ops = append(ops, operation{op, path, member(o, "value")})
	}
	return ops, nil
}

// patcher applies operations to a copy of a resource, which is thrown away on any error.
type patcher struct {
	kind   *resourceType
	doc    object
	values int // of multi-valued attributes that the request carried so far
	looked int // comparisons that its filters needed so far
}

// patch is doc after all of the operations. It changes doc.
func (t *resourceType) patch(ctx context.Context, doc object, ops []operation) (object, error) {
	p := &patcher{kind: t, doc: doc}
	for _, op := range ops {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.apply(op); err != nil {
			return nil, err
		}
	}
	return doc, p.finish()
}

func (p *patcher) apply(op operation) error {
	if op.path != "" {
		return p.at(op)
	}
	if op.op == "remove" {
		return refuse(NoTarget, "a remove needs a path")
	}
	in, ok := op.value.(map[string]any)
	if !ok {
		return wrongKind("the value of an operation without a path", "an object", op.value)
	}
	for _, key := range slices.Sorted(maps.Keys(in)) {
		if strings.EqualFold(key, "schemas") {
			continue
		}
		if err := p.at(operation{op.op, key, in[key]}); err != nil {
			return err
		}
	}
	return nil
}

// at applies an operation that has a path.
func (p *patcher) at(op operation) error {
	to, err := p.kind.target(op.path)
	if err != nil || to == nil {
		return err
	}
	if to.path.is(readOnly) || to.sub != nil && to.sub.mutability == readOnly {
		// Okta repeats the id when it renames a group.
		if to.path.name() == "id" && op.op != "remove" && op.value == p.doc["id"] {
			return nil
		}
		return refuse(Mutability, "%s is read-only", to.name())
	}
	if op.value == nil && op.op != "remove" {
		if op.op == "add" {
			return nil
		}
		op.op = "remove"
	}
	into := p.container(to.path, op.op != "remove")
	switch {
	case into == nil:
		return nil
	case to.path.last().multi:
		return p.many(into, to, op)
	}
	return p.single(into, to.path.last(), op, to.name())
}

// container is the object that holds the last attribute of the path, nil where there is none
// and none is to be made.
func (p *patcher) container(to path, create bool) object {
	o := p.doc
	for _, a := range to[:len(to)-1] {
		next := o.child(a.name)
		if next == nil && !create {
			return nil
		}
		if next == nil {
			next = object{}
			o[a.name] = next
		}
		o = next
	}
	return o
}

// single changes an attribute with one value. A complex one is changed part by part; parts
// that are not named stay as they are.
func (p *patcher) single(into object, a *attribute, op operation, at string) error {
	if op.op == "remove" {
		delete(into, a.name)
		return nil
	}
	if a.kind == complexed {
		return p.parts(into, a, op, at)
	}
	v, err := a.bind(op.value, at)
	if err != nil {
		return err
	}
	if old := into[a.name]; a.mutability == immutable && old != nil && old != v {
		return refuse(Mutability, "%s cannot be changed: remove the value and add another", at)
	}
	if v == nil {
		delete(into, a.name)
		return nil
	}
	into[a.name] = v
	return nil
}

func (p *patcher) parts(into object, a *attribute, op operation, at string) error {
	in, ok := a.spread(op.value).(map[string]any)
	if !ok {
		return wrongKind(at, "an object", op.value)
	}
	child := into.child(a.name)
	if child == nil {
		child = object{}
		into[a.name] = child
	}
	for _, key := range slices.Sorted(maps.Keys(in)) {
		sub := find(a.sub, key)
		if sub == nil {
			return refuse(InvalidPath, "%s has no attribute %.80q", at, key)
		}
		if sub.mutability == ignored || sub.mutability == readOnly {
			continue
		}
		next := operation{op.op, "", in[key]}
		if next.value == nil {
			next.op = "remove"
		}
		if err := p.single(child, sub, next, at+"."+sub.name); err != nil {
			return err
		}
	}
	return nil
}

// many changes an attribute with many values.
func (p *patcher) many(into object, to *target, op operation) error {
	a := to.path.last()
	list, _ := into[a.name].([]object)
	var touched []object
	var err error
	switch {
	case to.filter != nil || to.sub != nil:
		list, touched, err = p.chosen(list, to, op)
	case op.op == "remove" && op.value == nil:
		list = nil
	default:
		touched, err = p.given(a, op)
		list = a.merge(list, touched, op.op)
	}
	if err != nil {
		return err
	}
	into[a.name] = list
	return a.settlePrimary(list, touched)
}

// given are the values that an operation carries. One value may stand without its list.
func (p *patcher) given(a *attribute, op operation) ([]object, error) {
	list, ok := op.value.([]any)
	if !ok {
		list = []any{op.value}
	}
	if p.values += len(list); p.values > MaxMembers {
		return nil, tooLarge("the request carries more than %d values of %s: send them in several", MaxMembers, a.name)
	}
	return a.bindList(list, a.name)
}

// merge is list after an operation that carries values. The standard knows no remove of this
// form; Entra ID sends it for members, and means only those.
func (a *attribute) merge(list, values []object, op string) []object {
	switch op {
	case "add":
		return a.join(list, values)
	case "replace":
		return values
	}
	if len(a.key) > 1 {
		return slices.DeleteFunc(list, func(o object) bool {
			return slices.ContainsFunc(values, func(gone object) bool { return a.covers(gone, o) })
		})
	}
	gone := make(map[string]bool, len(values))
	for _, o := range values {
		gone[a.identity(o)] = true
	}
	return slices.DeleteFunc(list, func(o object) bool { return gone[a.identity(o)] })
}

// covers reports whether o has what is given of the key.
func (a *attribute) covers(given, o object) bool {
	for _, k := range a.key {
		if s := given.text(k); s != "" && !strings.EqualFold(s, o.text(k)) {
			return false
		}
	}
	return true
}

// chosen changes the values that the filter selects, all of them where there is none. It
// returns the list and those that it changed.
func (p *patcher) chosen(list []object, to *target, op operation) ([]object, []object, error) {
	if p.looked += to.terms * len(list); p.looked > maxLooked {
		return nil, nil, tooLarge("the filters of the request look at too many values: send the operations in several requests")
	}
	selected := func(o object) bool { return to.filter == nil || to.filter.match(o) }
	if op.op == "remove" && to.sub == nil {
		return slices.DeleteFunc(list, selected), nil, nil
	}
	var touched []object
	for _, o := range list {
		if selected(o) {
			touched = append(touched, o)
		}
	}
	if op.op != "remove" && len(touched) == 0 {
		o := to.chosen()
		if o == nil {
			return nil, nil, refuse(NoTarget, "no value of %s matches %s", to.path.name(), to.name())
		}
		list, touched = append(list, o), []object{o}
	}
	for _, o := range touched {
		if err := p.element(o, to, op); err != nil {
			return nil, nil, err
		}
	}
	return list, touched, nil
}

// element changes one value of a multi-valued attribute.
func (p *patcher) element(o object, to *target, op operation) error {
	a := to.path.last()
	if to.sub != nil {
		if op.op == "remove" && to.sub.mutability == immutable {
			return refuse(Mutability, "%s cannot be changed: remove the whole value", to.name())
		}
		return p.single(o, to.sub, op, to.name())
	}
	in, ok := op.value.(map[string]any)
	if !ok {
		return wrongKind(to.name(), "an object", op.value)
	}
	if op.op == "replace" {
		for i := range a.sub {
			if s := &a.sub[i]; s.mutability == "" {
				delete(o, s.name)
			}
		}
	}
	return p.parts(object{a.name: o}, a, operation{"replace", "", in}, to.name())
}

// settlePrimary makes a value that has just become the primary one the only one.
func (a *attribute) settlePrimary(list, touched []object) error {
	if err := a.onePrimary(touched); err != nil || find(a.sub, "primary") == nil {
		return err
	}
	at := slices.IndexFunc(touched, func(o object) bool { return o.flag("primary") })
	if at < 0 {
		return nil
	}
	id := a.identity(touched[at])
	for _, o := range list {
		if o.flag("primary") && a.identity(o) != id {
			o["primary"] = false
		}
	}
	return nil
}

// finish takes away what became empty and sees to it that what is required is still there.
func (p *patcher) finish() error {
	for _, a := range p.kind.attrs {
		if list, ok := p.doc[a.name].([]object); ok {
			list = slices.DeleteFunc(list, func(o object) bool { return o["value"] == nil })
			if a.name == "emails" && len(list) > maxEmails {
				return tooLarge("emails would have %d values, and may have %d", len(list), maxEmails)
			}
			p.doc[a.name] = list
		}
		if p.doc[a.name] == nil && (a.required || a.kind == boolean) {
			return refuse(Mutability, "%s cannot be removed, only replaced", a.name)
		}
	}
	return nil
}
