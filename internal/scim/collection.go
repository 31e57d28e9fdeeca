package scim

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
)

// collection is /Users or /Groups.
type collection[R Resource] struct {
	kind  *resourceType
	opts  Options
	fresh R                 // what a new one is before it is described
	with  func(R, object) R // the resource as a client describes it

	query  func(context.Context, Query) ([]R, int, error)
	read   func(ctx context.Context, id string) (R, error)
	create func(context.Context, R) (R, error)
	update func(ctx context.Context, id string, change func(*R) error) (R, error)
	remove func(ctx context.Context, id string, check func(R) error) error
}

func newUsers(s Store, opts Options) *collection[User] {
	return &collection[User]{
		userType, opts, User{Active: true}, User.with,
		s.Users, s.User, s.CreateUser, s.UpdateUser, s.DeleteUser,
	}
}

func newGroups(s Store, opts Options) *collection[Group] {
	return &collection[Group]{
		groupType, opts, Group{}, Group.with,
		s.Groups, s.Group, s.CreateGroup, s.UpdateGroup, s.DeleteGroup,
	}
}

// at is what the collection answers to at itself, or at one of its resources.
func (c *collection[R]) at(id string) map[string]method {
	switch id {
	case "":
		return map[string]method{http.MethodGet: c.list, http.MethodPost: c.post}
	case ".search":
		return map[string]method{http.MethodPost: c.search}
	}
	one := func(f func(http.ResponseWriter, *http.Request, string) error) method {
		return func(w http.ResponseWriter, r *http.Request) error { return f(w, r, id) }
	}
	return map[string]method{
		http.MethodGet: one(c.get), http.MethodPut: one(c.put),
		http.MethodPatch: one(c.patch), http.MethodDelete: one(c.delete),
	}
}

func (c *collection[R]) get(w http.ResponseWriter, r *http.Request, id string) error {
	found, err := c.read(r.Context(), id)
	if err != nil {
		return err
	}
	if tag := etag(found); tag != "" && listed(r.Header.Values("If-None-Match"), tag) {
		w.Header().Set("ETag", tag)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.show(w, r, http.StatusOK, found)
}

func (c *collection[R]) post(w http.ResponseWriter, r *http.Request) error {
	doc, err := body(w, r)
	if err != nil {
		return err
	}
	o, err := c.kind.bind(doc)
	if err != nil {
		return err
	}
	made, err := c.create(r.Context(), c.with(c.fresh, o))
	if err != nil {
		return err
	}
	w.Header().Set("Location", c.location(made))
	return c.show(w, r, http.StatusCreated, made)
}

func (c *collection[R]) put(w http.ResponseWriter, r *http.Request, id string) error {
	doc, err := body(w, r)
	if err != nil {
		return err
	}
	o, err := c.kind.bind(doc)
	if err != nil {
		return err
	}
	changed, err := c.change(r, id, func(object) (object, error) { return o, nil })
	if err != nil {
		return err
	}
	return c.show(w, r, http.StatusOK, changed)
}

// patch answers with the user, but with no body for a group unless one is asked for: it would
// repeat every member.
func (c *collection[R]) patch(w http.ResponseWriter, r *http.Request, id string) error {
	doc, err := body(w, r)
	if err != nil {
		return err
	}
	ops, err := operations(doc)
	if err != nil {
		return err
	}
	changed, err := c.change(r, id, func(o object) (object, error) { return c.kind.patch(r.Context(), o, ops) })
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if c.kind == groupType && !q.Has("attributes") && !q.Has("excludedAttributes") {
		setTag(w, changed)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return c.show(w, r, http.StatusOK, changed)
}

func (c *collection[R]) delete(w http.ResponseWriter, r *http.Request, id string) error {
	err := c.remove(r.Context(), id, func(found R) error { return precondition(r, found) })
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// errUnchanged goes through the store to end a change that would change nothing.
var errUnchanged = errors.New("nothing changed")

// change writes what next makes of the resource. What next returns is the resource as the
// client wants it; where that is how it is, the store rolls back, and all is well.
func (c *collection[R]) change(r *http.Request, id string, next func(object) (object, error)) (R, error) {
	var before R
	after, err := c.update(r.Context(), id, func(p *R) error {
		before = *p
		if err := precondition(r, before); err != nil {
			return err
		}
		o, err := next(c.kind.whole(before))
		if err != nil {
			return err
		}
		*p = c.with(before, o)
		if reflect.DeepEqual(c.kind.writable(*p), c.kind.writable(before)) {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return before, nil
	}
	return after, err
}

// show answers with one resource.
func (c *collection[R]) show(w http.ResponseWriter, r *http.Request, status int, found R) error {
	setTag(w, found)
	q := r.URL.Query()
	return reply(w, status, c.render(found, c.kind.choose(names(q, "attributes"), names(q, "excludedAttributes"))))
}

// render is the resource as a client sees it.
func (c *collection[R]) render(found R, want choice) object {
	o := object{"id": found.id()}
	for _, a := range c.kind.attrs {
		if v := found.attr(a.name); v != nil && want.shows(a.name) {
			o[a.name] = v
		}
	}
	if meta := o.child("meta"); meta != nil {
		meta["location"] = c.location(found)
		meta["version"] = etag(found)
		assigned(meta)
	}
	c.refer(o, "groups")
	c.refer(o, "members")
	o = want.of(o)
	urns := []string{c.kind.urn}
	for name := range o {
		if isURN(name) {
			urns = append(urns, name)
		}
	}
	o["schemas"] = urns
	return o
}

// refer says where the resources are that others refer to by their id.
func (c *collection[R]) refer(o object, name string) {
	list, _ := o[name].([]object)
	for _, v := range list {
		place := "Users"
		if name == "groups" || strings.EqualFold(v.text("type"), "Group") {
			place = "Groups"
		}
		v["$ref"] = c.opts.BaseURL + "/" + place + "/" + v.text("value")
	}
}

func (c *collection[R]) location(found R) string {
	return c.opts.BaseURL + "/" + c.kind.endpoint + "/" + found.id()
}

func etag(found Resource) string {
	if v := found.meta().Version; v != "" {
		return `W/"` + v + `"`
	}
	return ""
}

func setTag(w http.ResponseWriter, found Resource) {
	if tag := etag(found); tag != "" {
		w.Header().Set("ETag", tag)
	}
}

// precondition holds a resource against If-Match.
func precondition(r *http.Request, found Resource) error {
	want := r.Header.Values("If-Match")
	if len(want) == 0 || listed(want, etag(found)) {
		return nil
	}
	return &Error{http.StatusPreconditionFailed, "", "the resource has changed since: read it again"}
}

// listed reports whether one of the entity tags is tag, compared weakly (RFC 9110 §8.8.3.2).
func listed(headers []string, tag string) bool {
	for _, h := range headers {
		for one := range strings.SplitSeq(h, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}
