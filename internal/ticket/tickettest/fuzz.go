package tickettest

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// Fuzz hands the driver answers of any kind, the same to every request it makes for a
// ticket's first, second and later ones, and sees that what comes of them holds together.
func Fuzz(f *testing.F, v Vendor, create New) {
	for _, c := range v.Cases {
		first, rest := "", ""
		for i, e := range c.Exchanges {
			if i == 0 {
				first = e.Body
			} else {
				rest = e.Body
			}
		}
		f.Add(first, rest)
	}
	keys := map[string]bool{}
	for _, c := range v.Cases {
		keys[c.Key] = true
	}
	var bodies atomic.Pointer[[2]string]
	var asked atomic.Int64
	s := listen(f, v, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(bodies.Load()[min(asked.Add(1), 2)-1]))
	})
	d := s.driver(f, create, 0)
	f.Fuzz(func(t *testing.T, first, rest string) {
		bodies.Store(&[2]string{first, rest})
		for key := range keys {
			asked.Store(0)
			got, err := d.Check(t.Context(), key)
			v.holdsTogether(t, got, err)
		}
	})
}
