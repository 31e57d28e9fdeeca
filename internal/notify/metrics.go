package notify

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts messages. A nil one counts nothing.
type Metrics struct{ messages *prometheus.CounterVec }

// NewMetrics registers the metrics. It panics when that was done before.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clientele_notices_total",
		Help: "Attempts to send a notice, by channel and how they went: sent, retried, failed.",
	}, []string{"channel", "outcome"})}
	reg.MustRegister(m.messages)
	return m
}

func (m *Metrics) count(channel, outcome string) {
	if m != nil {
		m.messages.WithLabelValues(channel, outcome).Inc()
	}
}
