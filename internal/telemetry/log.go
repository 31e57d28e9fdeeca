// Package telemetry tells the operator what the process does: log lines in which no secret
// stands, one wide line a request, Prometheus metrics, and OpenTelemetry traces.
//
// A log, a metric and the audit are three things; what happened to a client is in the audit.
package telemetry

import (
	"context"
	"io"
	"log/slog"

	"github.com/clientele/clientele"
)

// Logger writes lines of a level and above to w as "json" or "text". What looks like a
// secret, by its type, its key or its shape, is written as "[secret]".
func Logger(w io.Writer, format string, level slog.Leveler) (*slog.Logger, error) {
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	}
	return nil, clientele.Errorf(clientele.Invalid, "unknown log format %q", format).WithHint("use json or text")
}

type contextKey int

const (
	loggerKey contextKey = iota
	eventKey
	requestIDKey
)

// WithLogger gives a context whose logger is log.
func WithLogger(ctx context.Context, log *slog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey, log)
}

// From is the logger of a context. Without one it discards: a part that nobody gave a
// logger to must not write past the redaction.
func From(ctx context.Context) *slog.Logger {
	if log, ok := ctx.Value(loggerKey).(*slog.Logger); ok {
		return log
	}
	return slog.New(slog.DiscardHandler)
}
