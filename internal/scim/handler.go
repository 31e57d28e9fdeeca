package scim

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
)

const contentType = "application/scim+json"

const errorURN = "urn:ietf:params:scim:api:messages:2.0:Error"

// handler routes what comes in below Prefix.
type handler struct {
	opts   Options
	users  *collection[User]
	groups *collection[Group]
}

// Handler answers SCIM requests below Prefix out of store.
func Handler(store Store, opts Options) http.Handler {
	opts.BaseURL = strings.TrimSuffix(opts.BaseURL, "/")
	if opts.BaseURL == "" {
		opts.BaseURL = Prefix
	}
	if opts.MaxResults <= 0 {
		opts.MaxResults = 200
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if len(opts.Authentication) == 0 {
		opts.Authentication = []Authentication{{"oauthbearertoken", "Bearer token", "A token in the Authorization header (RFC 6750)"}}
	}
	return &handler{opts, newUsers(store, opts), newGroups(store, opts)}
}

// method answers one method of one place.
type method func(w http.ResponseWriter, r *http.Request) error

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h.serve(w, r)
	if err == nil {
		return
	}
	e, all := told(err)
	if !all {
		h.opts.Log.ErrorContext(r.Context(), "scim request failed", "method", r.Method, "error", err)
	}
	body := map[string]any{"schemas": []string{errorURN}, "status": itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		body["scimType"] = e.Type
	}
	_ = reply(w, e.Status, body) // the client is gone: nothing is left to tell it
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) error {
	rest, ok := strings.CutPrefix(r.URL.Path, Prefix+"/")
	methods := h.at(strings.TrimSuffix(rest, "/"))
	if !ok || methods == nil {
		return &Error{http.StatusNotFound, "", "nothing is here"}
	}
	m := methods[r.Method]
	if m == nil && r.Method == http.MethodHead {
		m = methods[http.MethodGet]
	}
	if m == nil {
		for name := range methods {
			w.Header().Add("Allow", name)
		}
		return &Error{http.StatusMethodNotAllowed, "", r.Method + " is not offered here"}
	}
	return m(w, r)
}

// at is the table of routes: what a place below Prefix answers to.
func (h *handler) at(place string) map[string]method {
	name, below, deeper := strings.Cut(place, "/")
	if deeper && (below == "" || strings.Contains(below, "/")) {
		return nil
	}
	switch name {
	case "Users":
		return h.users.at(below)
	case "Groups":
		return h.groups.at(below)
	case "Schemas":
		return get(h.discover(schemas(h.opts.BaseURL), below))
	case "ResourceTypes":
		return get(h.discover(resourceTypes(h.opts.BaseURL), below))
	}
	switch place {
	case ".search":
		return map[string]method{http.MethodPost: h.searchAll}
	case "ServiceProviderConfig":
		return get(h.providerConfig)
	case "Me", "Bulk":
		return everything(notOffered)
	}
	return nil
}

func get(m method) map[string]method { return map[string]method{http.MethodGet: m} }

func everything(m method) map[string]method {
	all := map[string]method{}
	for _, name := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		all[name] = m
	}
	return all
}

func notOffered(http.ResponseWriter, *http.Request) error {
	return &Error{http.StatusNotImplemented, "", "this part of SCIM is not offered"}
}

// body reads and decodes a request's body.
func body(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		media, _, err := mime.ParseMediaType(ct)
		if err != nil || media != contentType && media != "application/json" {
			return nil, &Error{http.StatusUnsupportedMediaType, "", "send " + contentType}
		}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, tooLarge("the body is larger than %d bytes", MaxBody)
	}
	if err != nil {
		return nil, refuse(InvalidSyntax, "the body does not arrive")
	}
	return decode(b)
}

// reply writes one answer.
func reply(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", contentType+"; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone: nothing is left to tell it
	return nil
}
