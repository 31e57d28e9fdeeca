package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/telemetry"
)

// statuses is the HTTP status of each kind of error.
var statuses = map[clientele.ErrorKind]int{
	clientele.Invalid:         http.StatusBadRequest,
	clientele.NotFound:        http.StatusNotFound,
	clientele.Limit:           http.StatusRequestEntityTooLarge,
	clientele.Unauthenticated: http.StatusUnauthorized,
	clientele.Denied:          http.StatusForbidden,
	clientele.Conflict:        http.StatusConflict,
	clientele.Unavailable:     http.StatusServiceUnavailable,
	clientele.Internal:        http.StatusInternalServerError,
}

// problem turns an error into what goes onto the wire. What is not for people is logged
// here, once, and shown by the request's number alone.
func problem(ctx context.Context, err error) *api.Problem {
	p := &api.Problem{}
	if errors.As(err, &p) {
		return p
	}
	no := guard.RequestNo(ctx)
	kind := clientele.KindOf(err)
	var e *clientele.Error
	if kind == clientele.Internal || !errors.As(err, &e) {
		telemetry.From(ctx).Error("request failed", "error", err, "request_id", no)
		return &api.Problem{
			Type: "/problems/internal", Title: "Internal error", Status: http.StatusInternalServerError,
			Detail: "Something went wrong", Hint: "tell whoever runs this server the number of the request", Request: no,
		}
	}
	if e.Err != nil {
		telemetry.From(ctx).Warn("request refused", "error", e.Err, "request_id", no)
	}
	return &api.Problem{
		Type: "/problems/" + string(kind), Title: http.StatusText(statuses[kind]), Status: statuses[kind],
		Detail: e.Msg, Hint: e.Hint, Rule: e.Rule, Approvers: e.Approvers, Request: no,
	}
}
