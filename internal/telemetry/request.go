package telemetry

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Requests is the doorstep of every listener: it numbers the requests, gives each a logger
// and an Event in its context, and when a request is over writes its line and counts it.
//
// The number is ours and goes out as X-Request-Id. One that comes in is not taken over, so
// that nobody can file their acts under another's number; the trace joins the two.
type Requests struct {
	Log     *slog.Logger
	Metrics *HTTPMetrics     // nil: do not count
	Now     func() time.Time // nil: time.Now
}

// RequestID is the number of the request that ctx belongs to, or empty.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// Wrap puts the doorstep before next. A panic of next is logged whole, on one line, and
// answered with a bare 500 if nothing was written yet.
func (q Requests) Wrap(next http.Handler) http.Handler {
	if q.Now == nil {
		q.Now = time.Now
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { q.serve(next, w, r) })
}

// done is what is known of a request when it is over.
type done struct {
	route    string
	status   int
	bytes    int64
	elapsed  time.Duration
	panicked any // what the handler panicked with, or nil
	stack    []byte
}

func (q Requests) serve(next http.Handler, w http.ResponseWriter, outer *http.Request) {
	start, id, event := q.Now(), rand.Text(), &Event{}
	log := q.Log.With(slog.String("request_id", id))
	ctx := context.WithValue(WithLogger(outer.Context(), log), eventKey, event)
	r := outer.WithContext(context.WithValue(ctx, requestIDKey, id))
	w.Header().Set("X-Request-Id", id)
	q.Metrics.begin()

	var seen httpsnoop.Metrics
	d := run(func() { seen.CaptureMetrics(w, func(w http.ResponseWriter) { next.ServeHTTP(w, r) }) })
	if seen.Code == 0 && d.panicked != nil && seen.Written == 0 && d.panicked != http.ErrAbortHandler {
		seen.Code = http.StatusInternalServerError
		http.Error(w, "Something went wrong. Request "+id, seen.Code)
	}
	if seen.Code == 0 {
		seen.Code = http.StatusOK // as net/http sends where a handler sets none
	}
	d.route, d.status, d.bytes, d.elapsed = route(r, event), seen.Code, seen.Written, q.Now().Sub(start)
	q.Metrics.end(r.Method, d)
	outer.Pattern = r.Pattern // the span outside of us is named by it
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("http.route", d.route))
	event.write(r.Context(), log, d.level(), d.attrs(r))
	if d.panicked != nil {
		panic(http.ErrAbortHandler) // ends the connection without a second report
	}
}

func run(f func()) (d done) {
	defer func() {
		if v := recover(); v != nil {
			d.panicked, d.stack = v, debug.Stack()
		}
	}()
	f()
	return d
}

// route is the pattern that was matched: never the path, which holds ids and may hold worse.
func route(r *http.Request, e *Event) string {
	if v, ok := e.get("route"); ok {
		return v.String()
	}
	if r.Pattern == "" {
		return "unmatched"
	}
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return strings.TrimSpace(path)
	}
	return r.Pattern
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}

// method keeps what a caller makes up out of labels and lines.
func method(m string) string {
	if slices.Contains(methods, m) {
		return m
	}
	return "other"
}

// level is Error, which wakes someone, for what only a fault of ours brings about.
func (d done) level() slog.Level {
	if d.status == http.StatusInternalServerError || d.panicked != nil && d.panicked != http.ErrAbortHandler {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func (d done) attrs(r *http.Request) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("method", method(r.Method)),
		slog.String("route", d.route),
		slog.Int("status", d.status),
		slog.Int64("bytes", d.bytes),
		slog.Float64("duration_ms", float64(d.elapsed.Microseconds())/1000),
	}
	if sc := trace.SpanContextFromContext(r.Context()); sc.IsValid() {
		attrs = append(attrs, slog.String("trace_id", sc.TraceID().String()))
	}
	switch d.panicked {
	case nil:
	case http.ErrAbortHandler:
		attrs = append(attrs, slog.Bool("aborted", true))
	default:
		attrs = append(attrs, slog.String("panic", fmt.Sprint(d.panicked)), slog.String("stack", string(d.stack)))
	}
	return attrs
}
