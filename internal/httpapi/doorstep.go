package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/telemetry"
	"github.com/go-chi/httprate"
)

// cookieName is that of a browser's session over TLS; the prefix makes browsers refuse it
// from anywhere but this host over TLS.
const cookieName = "__Host-clientele"

// plainCookieName is that of a session on loopback without TLS.
const plainCookieName = "clientele"

type (
	actorKey  struct{}
	sourceKey struct{}
)

// actorOf is who makes the request. Doorstep put it there.
func actorOf(ctx context.Context) clientele.Actor {
	a, _ := ctx.Value(actorKey{}).(clientele.Actor)
	return a
}

// doors says which requests need no session.
type doors struct{ mux *http.ServeMux }

func newDoors() doors {
	mux := http.NewServeMux()
	free := http.NotFoundHandler()
	for _, p := range []string{"GET /v1/openapi.json", "GET /v1/openapi.yaml", "POST /v1/sign-in/", "GET /v1/sign-in/"} {
		mux.Handle(p, free)
	}
	for _, p := range Plain() {
		if p.open {
			mux.Handle(p.pattern, free)
		}
	}
	return doors{mux}
}

func (d doors) open(r *http.Request) bool {
	_, pattern := d.mux.Handler(r)
	return pattern != ""
}

// Doorstep is what stands before the routes: limits, headers, who is it, and whether the
// request was answered before.
func Doorstep(h *House, next http.Handler) http.Handler {
	csrf, free, rate := http.NewCrossOriginProtection(), newDoors(), newRates(h.Limits)
	return headers(csrf.Handler(limits(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := guard.WithRequestNo(r.Context(), telemetry.RequestID(r.Context()))
		ctx = context.WithValue(ctx, sourceKey{}, sourceOf(r))
		r = r.WithContext(ctx)
		if free.open(r) {
			if rate.exceeded(w, r, rate.anonymous, sourceOf(r)) {
				return
			}
		} else {
			actor, err := h.identify(r)
			if err != nil {
				if !rate.exceeded(w, r, rate.anonymous, sourceOf(r)) {
					refuse(w, r, err)
				}
				return
			}
			if rate.exceeded(w, r, rate.session, actor.Session) {
				return
			}
			ctx = context.WithValue(ctx, actorKey{}, actor)
			telemetry.EventFrom(ctx).Set("actor", actor.String())
		}
		ctx, err := keyed(ctx, r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	}))))
}

// identify finds the session in the Authorization header or the cookie.
func (h *House) identify(r *http.Request) (clientele.Actor, error) {
	token := ""
	if scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = value
	} else if c, err := r.Cookie(h.sessionCookie()); err == nil {
		token = c.Value
	}
	if token == "" || len(token) > 256 {
		return clientele.Actor{}, errNobody()
	}
	actor, err := h.Authenticate(r.Context(), clientele.Secret(token))
	if err != nil {
		return clientele.Actor{}, err
	}
	actor.Source = sourceOf(r)
	return actor, nil
}

func errNobody() error {
	return clientele.Errorf(clientele.Unauthenticated, "nobody is signed in").WithHint("clientele login")
}

// sourceOf is the peer's address.
func sourceOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// keyed reads the idempotency key of a request that changes something.
func keyed(ctx context.Context, r *http.Request) (context.Context, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ctx, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, clientele.Errorf(clientele.Limit, "the request's body is too large or ended early")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return guard.WithKey(ctx, key, slices.Concat([]byte(r.Method+" "+r.URL.RequestURI()+"\n"), body))
}

// Limits are requests in a minute; 0 stands for none.
type Limits struct {
	Session   int // of one session or token
	Anonymous int // without one, from one address; guesses at tokens count
}

// rates counts requests by whom they come from.
type rates struct{ session, anonymous *httprate.RateLimiter }

func newRates(l Limits) rates {
	limiter := func(n int) *httprate.RateLimiter {
		if n == 0 {
			return nil
		}
		return httprate.NewRateLimiter(n, time.Minute, httprate.WithLimitHandler(tooMany))
	}
	return rates{limiter(l.Session), limiter(l.Anonymous)}
}

func (rates) exceeded(w http.ResponseWriter, r *http.Request, limiter *httprate.RateLimiter, key string) bool {
	return limiter != nil && limiter.RespondOnLimit(w, r, key)
}

func tooMany(w http.ResponseWriter, r *http.Request) {
	p := problem(r.Context(), clientele.Errorf(clientele.Limit, "too many requests").WithHint("wait as many seconds as Retry-After says"))
	p.Status, p.Title = http.StatusTooManyRequests, http.StatusText(http.StatusTooManyRequests)
	writeProblem(w, p)
}

// maxRequest is the largest body of any request, in bytes: a part of a scan.
const maxRequest = 8 << 20

// limits gives a copy of the request another body. In the request itself the server still
// has to find its own, or it would take what nobody read of it for the next request.
func limits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limited := *r
		limited.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		next.ServeHTTP(w, &limited)
	})
}

// headers keep browsers from doing anything with an answer but what it is for.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers a request that came no further than the doorstep.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(r.Context(), err)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="clientele"`)
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p *api.Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
