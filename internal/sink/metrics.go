package sink

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what sinks deliver. A nil one counts nothing.
type Metrics struct {
	entries, failures *prometheus.CounterVec
	lag               *prometheus.GaugeVec
}

// NewMetrics registers the metrics of all sinks. It panics when that was done before.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	sink := []string{"sink"}
	m := &Metrics{
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clientele_sink_entries_total", Help: "Audit entries delivered.",
		}, sink),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clientele_sink_failures_total", Help: "Deliveries that failed and are tried again.",
		}, sink),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clientele_sink_lag_entries", Help: "Audit entries that are not delivered yet.",
		}, sink),
	}
	reg.MustRegister(m.entries, m.failures, m.lag)
	return m
}

func (m *Metrics) delivered(sink string, n int) {
	if m != nil {
		m.entries.WithLabelValues(sink).Add(float64(n))
	}
}

func (m *Metrics) failed(sink string) {
	if m != nil {
		m.failures.WithLabelValues(sink).Inc()
	}
}

func (m *Metrics) behind(sink string, n int64) {
	if m != nil {
		m.lag.WithLabelValues(sink).Set(float64(n))
	}
}
