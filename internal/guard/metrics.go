package guard

import (
	"errors"
	"time"

	"github.com/clientele/clientele"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts acts. A nil one counts nothing.
type Metrics struct {
	acts    *prometheus.CounterVec
	waiting prometheus.Gauge
	commit  prometheus.Histogram
	batch   prometheus.Histogram
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		acts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "clientele_acts_total", Help: "Governed acts, by how they ended.",
		}, []string{"act", "outcome"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "clientele_acts_waiting", Help: "Acts that wait for their turn."}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "clientele_act_commit_seconds", Help: "Time of one transaction, with all acts in it.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "clientele_act_batch_acts", Help: "Acts that shared a transaction.", Buckets: []float64{1, 2, 4, 8, 16, 32, maxBatch},
		}),
	}
	reg.MustRegister(m.acts, m.waiting, m.commit, m.batch)
	return m
}

// Count makes the guard count its acts. Call it before the first.
func (g *Guard) Count(m *Metrics) { g.metrics = m }

func (m *Metrics) waits(n int) {
	if m != nil {
		m.waiting.Set(float64(n))
	}
}

func (m *Metrics) committed(acts int, took time.Duration) {
	if m != nil {
		m.batch.Observe(float64(acts))
		m.commit.Observe(took.Seconds())
	}
}

func (m *Metrics) ended(act string, err error) {
	if m == nil {
		return
	}
	outcome := string(clientele.Done)
	var again *Replay
	switch {
	case errors.As(err, &again):
		outcome = "replayed"
	case err != nil:
		outcome = string(clientele.KindOf(err))
	}
	m.acts.WithLabelValues(act, outcome).Inc()
}
