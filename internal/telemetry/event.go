package telemetry

import (
	"context"
	"log/slog"
	"sync"
)

// maxAttrs is how many attributes one event holds; more are dropped, and counted.
const maxAttrs = 64

// Event is the one wide line of a request. Handlers and rooms set what they know while the
// request runs, and Requests writes it once at the end. The zero Event is ready, and a nil
// one takes everything and keeps nothing.
type Event struct {
	mu      sync.Mutex // guards the fields below
	attrs   []slog.Attr
	dropped int
}

// EventFrom is the event of the request that ctx belongs to, or nil.
func EventFrom(ctx context.Context) *Event {
	e, _ := ctx.Value(eventKey).(*Event)
	return e
}

// Set puts an attribute on the line, in the place of an earlier one of that key. The keys
// are constants in snake_case; "actor" is who acts, and "route" is the pattern of the route
// where a router other than http.ServeMux chose it.
func (e *Event) Set(key string, value any) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.attrs {
		if e.attrs[i].Key == key {
			e.attrs[i].Value = slog.AnyValue(value)
			return
		}
	}
	if len(e.attrs) == maxAttrs {
		e.dropped++
		return
	}
	e.attrs = append(e.attrs, slog.Any(key, value))
}

func (e *Event) get(key string) (slog.Value, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.attrs {
		if a.Key == key {
			return a.Value, true
		}
	}
	return slog.Value{}, false
}

// write is called once, when the request is over.
func (e *Event) write(ctx context.Context, log *slog.Logger, level slog.Level, own []slog.Attr) {
	e.mu.Lock()
	defer e.mu.Unlock()
	attrs := append([]slog.Attr{}, own...)
	for _, a := range e.attrs {
		if !hasKey(own, a.Key) {
			attrs = append(attrs, a)
		}
	}
	if e.dropped > 0 {
		attrs = append(attrs, slog.Int("attrs_dropped", e.dropped))
	}
	log.LogAttrs(ctx, level, "request", attrs...)
}

func hasKey(attrs []slog.Attr, key string) bool {
	for _, a := range attrs {
		if a.Key == key {
			return true
		}
	}
	return false
}
