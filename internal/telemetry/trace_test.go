package telemetry_test

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/telemetry"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is an OTLP collector over HTTP.
type receiver struct {
	mu      sync.Mutex
	batches []*tracepb.ResourceSpans
	raw     []byte
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	b, _ := io.ReadAll(body)
	var req collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(b, &req); err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" {
		http.Error(w, "not an export", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches, c.raw = append(c.batches, req.ResourceSpans...), append(c.raw, b...)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func text(attrs []*commonpb.KeyValue, key string) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

func TestSpansReachTheCollector(t *testing.T) {
	c := &receiver{}
	otlp := httptest.NewServer(c)
	defer otlp.Close()
	q, l := doorstep(t)
	traces, err := telemetry.StartTraces(t.Context(), telemetry.TraceConfig{Endpoint: otlp.URL, Insecure: true}, "v9", q.Log)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/clients/{id}", func(_ http.ResponseWriter, r *http.Request) {
		_, span := traces.Provider().Tracer("inventory").Start(r.Context(), "inventory.Get")
		span.End()
	})
	srv := httptest.NewServer(traces.Wrap(q.Wrap(mux)))
	req, _ := http.NewRequest("GET", srv.URL+"/v1/clients/7?token="+canary, nil)
	req.Header.Set("Authorization", "Bearer "+canary)
	req.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	srv.Close()
	if err := traces.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	spans := map[string]*tracepb.Span{}
	for _, b := range c.batches {
		if n, v := text(b.Resource.Attributes, "service.name"), text(b.Resource.Attributes, "service.version"); n != "clientele" || v != "v9" {
			t.Errorf("resource %q %q", n, v)
		}
		for _, s := range b.ScopeSpans {
			for _, span := range s.Spans {
				spans[span.Name] = span
			}
		}
	}
	outer, inner := spans["GET /v1/clients/{id}"], spans["inventory.Get"]
	if outer == nil || inner == nil {
		t.Fatalf("spans: %v", spans)
	}
	if string(inner.ParentSpanId) != string(outer.SpanId) {
		t.Error("the inner span is not a child of the request's")
	}
	if text(outer.Attributes, "http.route") != "/v1/clients/{id}" {
		t.Errorf("attributes %v", outer.Attributes)
	}
	id := trace.TraceID(outer.TraceId).String()
	if id == "4bf92f3577b34da6a3ce929d0e0e4736" || len(outer.Links) != 1 {
		t.Errorf("a caller's trace is continued and not linked: %s, %d links", id, len(outer.Links))
	}
	if line := l.only(t); line["trace_id"] != id {
		t.Errorf("trace_id on the line is %v, want %s", line["trace_id"], id)
	}
	if strings.Contains(string(c.raw), canary) {
		t.Error("a secret went to the collector")
	}
}

func TestTracesAreOffByDefault(t *testing.T) {
	log, _ := logger(t, "json")
	traces, err := telemetry.StartTraces(t.Context(), telemetry.TraceConfig{}, "v", log)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if traces.Wrap(mux) != http.Handler(mux) {
		t.Error("a handler is wrapped for nothing")
	}
	_, span := traces.Provider().Tracer("x").Start(t.Context(), "x")
	if span.IsRecording() {
		t.Error("a span is recorded for nobody")
	}
	if err := traces.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTraceEndpointsAreChecked(t *testing.T) {
	for _, cfg := range []telemetry.TraceConfig{
		{Endpoint: "http://127.0.0.1:4318"},
		{Endpoint: "http://otel.example.com:4318", Insecure: true},
		{Endpoint: "https://u:p@otel.example.com"},
		{Endpoint: "otel.example.com:4318"},
		{Endpoint: "grpc://127.0.0.1:4317", Insecure: true},
		{Endpoint: "https://otel.example.com", SampleRatio: 1.5},
		{Endpoint: "https://otel.example.com", SampleRatio: -1},
	} {
		if _, err := telemetry.StartTraces(t.Context(), cfg, "v", slog.New(slog.DiscardHandler)); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestACollectorThatRefusesIsLoggedAndNoMore(t *testing.T) {
	elsewhere := make(chan struct{}, 8)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere <- struct{}{} }))
	defer other.Close()
	otlp := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer otlp.Close()
	l := &lines{}
	log, _ := telemetry.Logger(l, "json", slog.LevelInfo)
	traces, err := telemetry.StartTraces(t.Context(), telemetry.TraceConfig{Endpoint: otlp.URL, Insecure: true}, "v", log)
	if err != nil {
		t.Fatal(err)
	}
	_, span := traces.Provider().Tracer("x").Start(context.Background(), "x")
	span.End()
	if err := traces.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if line := l.only(t); line["level"] != "WARN" || line["spans"] != 1.0 {
		t.Errorf("%v", line)
	}
	if len(elsewhere) > 0 {
		t.Error("the export followed a redirect")
	}
}
