package telemetry_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/clientele/clientele/internal/telemetry"
)

func BenchmarkLine(b *testing.B) {
	log, err := telemetry.Logger(io.Discard, "json", slog.LevelInfo)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		log.Info("request", "method", "GET", "route", "/v1/clients/{id}", "status", 200, "bytes", 1234, "duration_ms", 1.25,
			"actor", "user:alice", "request_id", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "rows", 5)
	}
}
