// Package httpapi is the JSON door: one table of routes, each of which decodes, calls into
// one room, and encodes. There is no rule, no SQL and no policy in it.
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// route is one line of the table: what is asked for, which act it is, and who answers.
type route struct {
	op  huma.Operation
	act string // of policy.Acts; what runs under several says so in its handler
	add func(api huma.API, op huma.Operation, h *House)
}

// MaxBody is the largest request body, in bytes, where a route does not say otherwise.
const MaxBody = 1 << 20

// answer is what every route answers with.
type answer[O any] struct {
	Status   int
	ETag     string `header:"ETag" doc:"the version, for If-Match"`
	Replayed string `header:"Idempotency-Replayed" doc:"true: the answer to an earlier request with this key"`
	Body     O
}

// tagged is a body that knows its version.
type tagged interface{ ETag() string }

func answerOf[O any](status int, body O) *answer[O] {
	a := &answer[O]{Status: status, Body: body}
	if t, ok := any(body).(tagged); ok {
		a.ETag = t.ETag()
	}
	return a
}

// operation is the part of a route that OpenAPI shows.
func operation(method, path, id, tag, summary string, status int) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary,
		DefaultStatus: status, MaxBodyBytes: MaxBody, RejectUnknownQueryParameters: true,
		Errors:   []int{400, 401, 403, 404, 409, 413, 422, 429, 500, 503},
		Security: []map[string][]string{{"bearer": {}}, {"cookie": {}}},
	}
}

// look is a route that shows something: fn asks v.Allow for what it shows.
func look[I, O any](path, id, tag, summary, act string, fn func(ctx context.Context, v *guard.View, h *House, in *I) (O, error)) route {
	return route{operation(http.MethodGet, path, id, tag, summary, http.StatusOK), act, func(a huma.API, op huma.Operation, h *House) {
		huma.Register(a, op, func(ctx context.Context, in *I) (*answer[O], error) {
			var out O
			err := h.Guard.View(ctx, actorOf(ctx), act, func(v *guard.View) (err error) {
				out, err = fn(ctx, v, h, in)
				return err
			})
			if err != nil {
				return nil, problem(ctx, err)
			}
			return answerOf(http.StatusOK, out), nil
		})
	}}
}

// do is a route that runs one act: fn gets it, and whatever it returns is the answer, kept
// with the act for a repetition under the same idempotency key.
func do[I, O any](method, path, id, tag, summary, act string, status int, fn func(ctx context.Context, act *guard.Act, h *House, in *I) (O, error)) route {
	return route{operation(method, path, id, tag, summary, status), act, func(a huma.API, op huma.Operation, h *House) {
		huma.Register(a, op, func(ctx context.Context, in *I) (*answer[O], error) {
			var out O
			err := h.Guard.Do(ctx, actorOf(ctx), act, func(act *guard.Act) (err error) {
				if out, err = fn(act.Context(), act, h, in); err != nil {
					return err
				}
				return act.Answer(status, out)
			})
			var again *guard.Replay
			if errors.As(err, &again) {
				return replay[O](ctx, again)
			}
			if err != nil {
				return nil, problem(ctx, err)
			}
			return answerOf(status, out), nil
		})
	}}
}

func replay[O any](ctx context.Context, r *guard.Replay) (*answer[O], error) {
	var out O
	if err := json.Unmarshal(r.Body, &out); err != nil {
		return nil, problem(ctx, err)
	}
	a := answerOf(r.Status, out)
	a.Replayed = "true"
	return a, nil
}

// call is a route that is more than one act or none: fn sees to guard itself, and to being
// repeated.
func call[I, O any](method, path, id, tag, summary, act string, status int, fn func(ctx context.Context, h *House, actor clientele.Actor, in *I) (O, error)) route {
	return route{operation(method, path, id, tag, summary, status), act, func(a huma.API, op huma.Operation, h *House) {
		huma.Register(a, op, func(ctx context.Context, in *I) (*answer[O], error) {
			out, err := fn(guard.WithoutKey(ctx), h, actorOf(ctx), in)
			if err != nil {
				return nil, problem(ctx, err)
			}
			return answerOf(status, out), nil
		})
	}}
}

// with changes a route's operation: its largest body, its description.
func (r route) with(change func(*huma.Operation)) route {
	change(&r.op)
	return r
}

// Paged is the query of every list.
type Paged struct {
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"how many at most"`
	After string `query:"after" maxLength:"300" doc:"the cursor next of the page before"`
}

// IfMatch is the header of a change that must not overwrite another's.
type IfMatch struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"the ETag that was read; without it the change is unconditional"`
}

// None is the input of a route that takes none, or the answer of one that gives none.
type None struct{}

// ID is the path of a route about one thing.
type ID struct {
	ID string `path:"id" maxLength:"64" pattern:"^[a-z]+_[0-9a-z]+$|^[0-9]+$" doc:"its id"`
}

// problems is set once: huma asks this function for the errors it finds itself.
var problems sync.Once

// register adds every route to the mux and returns the API's description.
func register(mux *http.ServeMux, h *House, version string) huma.API {
	problems.Do(func() {
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError { return faults(status, msg, errs) }
		huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
			return faults(status, msg, errs)
		}
	})
	config := huma.DefaultConfig("Clientele", version)
	config.CreateHooks, config.DocsPath, config.SchemasPath, config.OpenAPIPath = nil, "", "", "/v1/openapi"
	config.Info.Description = "Governs the API clients that developers use."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "a session's or machine's token"},
		"cookie": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "a browser's session"},
	}
	a := humago.New(mux, config)
	for _, r := range Routes() {
		r.add(a, r.op, h)
	}
	return a
}

// faults is the problem for input that does not fit the description.
func faults(status int, msg string, errs []error) *api.Problem {
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	p := &api.Problem{Type: "/problems/invalid", Title: http.StatusText(status), Status: status, Detail: msg}
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) { // its value is left out: it may be a secret
			p.Errors = append(p.Errors, api.Fault{Where: d.Location, Message: d.Message})
		}
	}
	return p
}
