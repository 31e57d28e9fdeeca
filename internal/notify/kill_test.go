package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/notify"
)

// The process is killed at the k-th time it looks at the clock, or hands a message in, or
// has handed one in, for every k until it gets through. After each restart it goes on, and in
// the end everybody was told once of everything.
func TestKilledAtAnyPointNothingIsLostOrToldTwice(t *testing.T) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		t.Run(engine.name, func(t *testing.T) {
			h := newHouse(t, engine.open(t))
			for k, through := 1, false; !through; k++ {
				through = h.killedAt(k)
				if k > 200 {
					t.Fatal("it never gets through")
				}
			}
		})
	}
}

// killedAt runs one round with a kill at point k, and reports whether k lies beyond its end.
func (h *house) killedAt(k int) bool {
	h.t.Helper()
	var want []string
	for i := range 2 {
		want = append(want, requestURL(h.ask(fmt.Sprintf("shop-%d-%d", k, i)).ID))
	}
	points := 0
	die := func() {
		if points++; points == k {
			panic("killed")
		}
	}
	h.n = h.notifier(func(c *notify.Config) {
		c.Now = func() time.Time { die(); return h.clock() }
	})
	h.mail.before = func() error { die(); return nil }
	h.mail.after = h.mail.before
	killed := func() (killed bool) {
		defer func() {
			if p := recover(); p != nil {
				if p != "killed" {
					panic(p)
				}
				killed = true
			}
		}()
		h.follow()
		for {
			n, err := h.n.Send(h.t.Context(), notify.Mail)
			h.must(err)
			if n == 0 {
				return false
			}
		}
	}()
	// The restart, after whatever lease there was is over.
	h.mail.before, h.mail.after = nil, nil
	h.n = h.notifier(nil)
	h.pass(11 * time.Minute)
	missing(h.t.(*testing.T), want, h.deliver())
	h.pass(11 * time.Minute) // so that rounds are not folded together
	if n := h.count("state = 'pending'"); n != 0 {
		h.t.Fatalf("killed at %d: %d are left", k, n)
	}
	return !killed
}

// Each statement of making notices fails once: nothing of the batch stays, and the next try
// tells everybody once.
func TestAFailureAtAnyStatementLeavesNothingHalfDone(t *testing.T) {
	for i, trigger := range []string{
		"BEFORE INSERT ON notice", "AFTER INSERT ON notice", "BEFORE UPDATE ON follower", "AFTER UPDATE ON follower",
	} {
		t.Run(strings.ToLower(trigger), func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t))
			want := []string{requestURL(h.ask("one").ID), requestURL(h.ask("two").ID)}
			name := fmt.Sprint("killer", i)
			h.sql("CREATE TRIGGER " + name + " " + trigger + " BEGIN SELECT RAISE(ABORT, 'killed'); END")
			if _, err := h.n.Follow(t.Context()); err == nil || h.count("1 = 1") != 0 {
				t.Fatalf("%v", err)
			}
			h.sql("DROP TRIGGER " + name)
			missing(t, want, h.deliver())
		})
	}
}

// The same for sending: taking, noting and folding.
func TestAFailureWhileSendingLosesNothing(t *testing.T) {
	for _, when := range []string{
		"BEFORE UPDATE ON notice WHEN NEW.attempts = 1 AND OLD.attempts = 0", "BEFORE UPDATE ON notice WHEN NEW.state = 'sent'",
		"BEFORE INSERT ON notice WHEN NEW.kind = 'digest'", "BEFORE UPDATE ON notice WHEN NEW.state = 'folded'",
	} {
		t.Run(strings.ToLower(when), func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t))
			var want []string
			for i := range 7 {
				want = append(want, requestURL(h.ask(fmt.Sprint("shop", i)).ID))
			}
			h.follow()
			h.sql("CREATE TRIGGER killer " + when + " BEGIN SELECT RAISE(ABORT, 'killed'); END")
			if _, err := h.n.Send(t.Context(), notify.Mail); err == nil {
				t.Fatal("nothing failed")
			}
			h.sql("DROP TRIGGER killer")
			h.pass(3 * time.Minute)
			missing(t, want, h.send())
		})
	}
}
