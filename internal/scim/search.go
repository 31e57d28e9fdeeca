package scim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	listURN   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// request is one search (RFC 7644 §3.4.2, §3.4.3).
type request struct {
	filter       string
	start, count int
	attributes   []string
	excluded     []string
}

// page is what was found.
type page struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    []object `json:"Resources"`
}

func itoa(n int) string { return strconv.Itoa(n) }

// names are the values of a parameter that lists attributes.
func names(q url.Values, key string) []string {
	var all []string
	for _, v := range q[key] {
		all = append(all, strings.Split(v, ",")...)
	}
	return all
}

// queried reads a search out of a URL.
func queried(q url.Values, limit int) (request, error) {
	number := func(key string) any {
		if !q.Has(key) {
			return nil
		}
		return json.Number(q.Get(key))
	}
	req := request{filter: q.Get("filter"), attributes: names(q, "attributes"), excluded: names(q, "excludedAttributes")}
	return req.paged(number("startIndex"), number("count"), limit)
}

// posted reads a search out of a body.
func posted(w http.ResponseWriter, r *http.Request, limit int) (request, error) {
	doc, err := body(w, r)
	if err != nil {
		return request{}, err
	}
	if err := checkSchemas(doc, searchURN); err != nil {
		return request{}, err
	}
	var req request
	if f := member(doc, "filter"); f != nil {
		s, ok := f.(string)
		if !ok {
			return req, wrongKind("filter", "a string", f)
		}
		req.filter = s
	}
	if req.attributes, err = listedNames(doc, "attributes"); err != nil {
		return req, err
	}
	if req.excluded, err = listedNames(doc, "excludedAttributes"); err != nil {
		return req, err
	}
	return req.paged(member(doc, "startIndex"), member(doc, "count"), limit)
}

func listedNames(doc map[string]any, key string) ([]string, error) {
	v := member(doc, key)
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wrongKind(key, "a list", v)
	}
	var all []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, wrongKind(key, "a list of strings", v)
		}
		all = append(all, s)
	}
	return all, nil
}

// paged fills in the page: the first where none is asked for, and no more than limit.
func (req request) paged(start, count any, limit int) (request, error) {
	var err error
	if req.start, err = whole("startIndex", start, 1); err != nil {
		return req, err
	}
	if req.count, err = whole("count", count, min(limit, 100)); err != nil {
		return req, err
	}
	req.start, req.count = max(req.start, 1), min(max(req.count, 0), limit)
	return req, nil
}

// whole is v as a number that an int32 holds.
func whole(name string, v any, otherwise int) (int, error) {
	if v == nil {
		return otherwise, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, wrongKind(name, "a number", v)
	}
	i, err := strconv.ParseInt(string(n), 10, 32)
	if err != nil {
		return 0, refuse(InvalidValue, "%s is not a whole number, or too large", name)
	}
	return int(i), nil
}

// find asks the store. It is lenient when users and groups are asked at once: what the one
// has the other may lack.
func (c *collection[R]) find(ctx context.Context, req request, lenient bool) ([]object, int, error) {
	q := Query{Start: req.start, Count: req.count}
	want := c.kind.choose(req.attributes, req.excluded)
	q.WithoutMembers = !want.shows("members")
	if strings.TrimSpace(req.filter) != "" {
		f, err := c.kind.filter(req.filter, lenient)
		if err != nil {
			return nil, 0, err
		}
		q.Filter = f
		q.WithoutMembers = q.WithoutMembers && !f.used["members"]
	}
	found, total, err := c.query(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	shown := make([]object, 0, len(found))
	for _, r := range found {
		shown = append(shown, c.render(r, want))
	}
	return shown, total, nil
}

func (c *collection[R]) list(w http.ResponseWriter, r *http.Request) error {
	req, err := queried(r.URL.Query(), c.opts.MaxResults)
	if err != nil {
		return err
	}
	return c.answer(w, r, req)
}

func (c *collection[R]) search(w http.ResponseWriter, r *http.Request) error {
	req, err := posted(w, r, c.opts.MaxResults)
	if err != nil {
		return err
	}
	return c.answer(w, r, req)
}

func (c *collection[R]) answer(w http.ResponseWriter, r *http.Request, req request) error {
	found, total, err := c.find(r.Context(), req, false)
	if err != nil {
		return err
	}
	return replyPage(w, found, total, req.start)
}

// searchAll goes through the users and then through the groups, as if they were one list.
func (h *handler) searchAll(w http.ResponseWriter, r *http.Request) error {
	req, err := posted(w, r, h.opts.MaxResults)
	if err != nil {
		return err
	}
	users, total, err := h.users.find(r.Context(), req, true)
	if err != nil {
		return err
	}
	rest := req
	rest.start, rest.count = max(req.start-total, 1), req.count-len(users)
	groups, more, err := h.groups.find(r.Context(), rest, true)
	if err != nil {
		return err
	}
	return replyPage(w, slices.Concat(users, groups), total+more, req.start)
}

func replyPage(w http.ResponseWriter, found []object, total, start int) error {
	if found == nil {
		found = []object{}
	}
	return reply(w, http.StatusOK, page{[]string{listURN}, total, start, len(found), found})
}
