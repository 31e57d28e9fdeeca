package httpapi

import (
	"context"
	"net/http"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/telemetry"
)

// House is what the routes reach: the rooms and what they were configured with.
type House struct {
	Guard   *guard.Guard
	Version string
	// BaseURL is where people reach this server, without a slash at its end.
	BaseURL string
	Limits  Limits
	SignIn  SignIn
	// Authenticate finds whose token it is.
	Authenticate func(ctx context.Context, token clientele.Plaintext) (clientele.Actor, error)
	// Changes asks the systems that keep change records. Its Guard is the one above.
	Changes change.Checker
	// Intake takes scans in, and knows credentials by their fingerprints.
	Intake *inventory.Intake
	// Notices lists what people were told; nil: nobody is told anything.
	Notices Notices
	// Evidence gives the audit out and looks after it.
	Evidence *evidence.Desk
}

// New is the JSON door as a handler, below the paths /v1/ and /scim/, without what
// Doorstep puts before it.
func New(h *House) http.Handler {
	mux := http.NewServeMux()
	register(mux, h, h.Version)
	for _, p := range Plain() {
		mux.Handle(p.pattern, unkeyed(p.handler(h)))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		telemetry.EventFrom(r.Context()).Set("route", pattern)
		mux.ServeHTTP(w, r)
	})
}

// unkeyed lets a handler that is not one act see to being repeated itself.
func unkeyed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(guard.WithoutKey(r.Context())))
	})
}
