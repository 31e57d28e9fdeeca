package telemetry

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewRegistry makes a registry of the process's own, with the metrics of the Go runtime and
// of the process and with clientele_build_info, which carries the version.
func NewRegistry(version string) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "clientele_build_info",
		Help:        "1, with the version of the running program.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	reg.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// MetricsHandler serves what is in reg in the text format of Prometheus and in OpenMetrics.
func MetricsHandler(reg *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, EnableOpenMetrics: true})
}

// HTTPMetrics counts requests by route, method and class of status. There is no label that a
// caller can make values up for. A nil one counts nothing.
type HTTPMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewHTTPMetrics registers the metrics of one listener; the name ("api", "gateway") is a
// constant label. It panics when that listener is registered twice.
func NewHTTPMetrics(reg prometheus.Registerer, listener string) *HTTPMetrics {
	own := prometheus.Labels{"listener": listener}
	m := &HTTPMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clientele_http_requests_total", ConstLabels: own,
			Help: "Requests answered, by route, method and class of status.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "clientele_http_request_duration_seconds", ConstLabels: own,
			Help:    "Time from the first byte of a request's header read to its answer written.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "clientele_http_requests_in_flight", ConstLabels: own,
			Help: "Requests that are being answered.",
		}),
	}
	reg.MustRegister(m.requests, m.duration, m.inFlight)
	return m
}

func (m *HTTPMetrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

func (m *HTTPMetrics) end(verb string, d done) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	m.requests.WithLabelValues(d.route, method(verb), strconv.Itoa(d.status/100)+"xx").Inc()
	m.duration.WithLabelValues(d.route, method(verb)).Observe(d.elapsed.Seconds())
}
