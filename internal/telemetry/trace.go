package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// exportTimeout bounds one delivery to the collector.
const exportTimeout = 10 * time.Second

// TraceConfig says where traces go. The zero value sends none.
type TraceConfig struct {
	Endpoint    string  `yaml:"endpoint" doc:"URL of an OTLP/HTTP collector, such as https://otel.example.com:4318. Empty: no traces"`
	Insecure    bool    `yaml:"insecure" doc:"allow an http:// endpoint, on this machine only"`
	SampleRatio float64 `yaml:"sample_ratio" doc:"share of requests that are traced, over 0 up to 1. 0 stands for 1"`
}

// Traces makes spans and sends them on. With the zero TraceConfig it does neither, and costs
// nothing.
type Traces struct {
	sdk *sdktrace.TracerProvider // nil: off
}

// StartTraces checks cfg and starts the delivery of spans in the background. Nothing is
// fetched: a collector that does not answer is logged to log and loses spans, no more. The
// caller calls Shutdown.
func StartTraces(ctx context.Context, cfg TraceConfig, version string, log *slog.Logger) (*Traces, error) {
	if cfg.Endpoint == "" {
		return &Traces{}, nil
	}
	endpoint, err := cfg.endpoint()
	if err != nil {
		return nil, err
	}
	if cfg.SampleRatio < 0 || cfg.SampleRatio > 1 {
		return nil, clientele.Errorf(clientele.Invalid, "the sample ratio of traces is %v", cfg.SampleRatio).WithHint("use a number over 0 and up to 1")
	}
	if cfg.SampleRatio == 0 {
		cfg.SampleRatio = 1
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint), otlptracehttp.WithHTTPClient(collectorClient()))
	if err != nil {
		return nil, fmt.Errorf("start the export of traces: %w", err)
	}
	return &Traces{sdk: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(logged{exporter, log}),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.SampleRatio))),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "clientele"),
			attribute.String("service.version", version),
		)),
	)}, nil
}

// endpoint is the full URL to post to.
func (cfg TraceConfig) endpoint() (string, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", clientele.Errorf(clientele.Invalid, "the endpoint of traces is not a plain URL").
			WithHint("write it as https://host:4318; headers go into OTEL_EXPORTER_OTLP_HEADERS")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && cfg.Insecure && loopback(u.Hostname()):
	default:
		return "", clientele.Errorf(clientele.Invalid, "the endpoint of traces is not https").
			WithHint("http is for a collector on this machine, with insecure: true")
	}
	if !strings.HasSuffix(u.Path, "/v1/traces") {
		u = u.JoinPath("v1", "traces")
	}
	return u.String(), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// collectorClient follows no redirect: the headers may hold the collector's key.
func collectorClient() *http.Client {
	return &http.Client{
		Timeout:       exportTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSHandshakeTimeout: exportTimeout,
			IdleConnTimeout:     time.Minute,
			MaxIdleConns:        2,
			ForceAttemptHTTP2:   true,
		},
	}
}

// logged sends delivery errors to our log; left alone they would go to a global handler that
// writes to standard error past the redaction.
type logged struct {
	sdktrace.SpanExporter
	log *slog.Logger
}

func (l logged) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := l.SpanExporter.ExportSpans(ctx, spans); err != nil {
		l.log.WarnContext(ctx, "traces were not delivered", slog.Int("spans", len(spans)), slog.Any("error", err))
	}
	return nil
}

// Provider makes tracers for the parts of the process.
func (t *Traces) Provider() trace.TracerProvider {
	if t.sdk == nil {
		return noop.NewTracerProvider()
	}
	return t.sdk
}

// Wrap makes a span of each request. A trace that a caller brings along is linked and not
// continued: it must not decide what we sample. While traces are off, Wrap gives next itself.
func (t *Traces) Wrap(next http.Handler) http.Handler {
	if t.sdk == nil {
		return next
	}
	return otelhttp.NewHandler(next, "request",
		otelhttp.WithTracerProvider(t.sdk),
		otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }),
		otelhttp.WithSpanNameFormatter(spanName),
	)
}

// spanName is known twice: before the route is matched, and after.
func spanName(_ string, r *http.Request) string {
	if r.Pattern == "" {
		return method(r.Method)
	}
	return method(r.Method) + " " + route(r, &Event{})
}

// Shutdown delivers what is left, as long as ctx allows, and stops.
func (t *Traces) Shutdown(ctx context.Context) error {
	if t.sdk == nil {
		return nil
	}
	if err := t.sdk.Shutdown(ctx); err != nil {
		return fmt.Errorf("deliver the last traces: %w", err)
	}
	return nil
}
