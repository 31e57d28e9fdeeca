// Package notify tells people what needs them. It follows the audit log and turns entries,
// and days that come near, into notices, which it then sends:
//
//	entry ──▶ notice for each recipient ─┐ one transaction with the position in the log
//	day   ──▶ notice for each recipient ─┘
//	                 │
//	              pending ──▶ sent
//	                 │  ├───▶ folded    into a digest, as there were many
//	                 │  ├───▶ expired   nothing to decide any more, or nobody to tell
//	                 │  └───▶ failed    20 attempts, or refused for good
//
// So a notice is neither lost nor made twice, whenever the process stops. A message may be
// sent twice if it stops between sending and noting that; it then has the same id.
//
// One message asks for one decision at most and links to where it is made. A notice holds
// ids; names, addresses and what is still true are looked up when it is sent.
package notify

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/notice"
)

// The channels that have a meaning here. All others are named by the configuration.
const (
	Mail  = "mail"  // to people
	Inbox = "inbox" // read here: where there is no mail, or no address
)

// Config says what is followed and who is told how.
type Config struct {
	DB *db.DB
	// BaseURL is where people reach this installation: "https://clientele.example".
	BaseURL string
	// Senders deliver, by the name of their channel.
	Senders map[string]notice.Sender
	// Routes are channels for a whole system role ("role:security") or team (its id), which
	// then are told there instead of by person.
	Routes map[string]string
	// Grown is closed when there may be new entries; nil: they are only looked for.
	Grown func() <-chan struct{}
	Log   *slog.Logger
	// Metrics counts; nil counts nothing.
	Metrics *Metrics
	// Every is how often to look for what was not announced; 5 s unless set.
	Every time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Notifier makes notices and sends them.
type Notifier struct{ c Config }

// New checks the configuration.
func New(c Config) (*Notifier, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" {
		return nil, clientele.Errorf(clientele.Invalid, "the address that notices link to is no web address").
			WithHint("set it to where people reach this installation: https://clientele.example")
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	for who, channel := range c.Routes {
		if _, ok := c.Senders[channel]; !ok {
			return nil, clientele.Errorf(clientele.Invalid, "notices for %s go to the channel %q, and there is none", who, channel)
		}
	}
	if c.Every == 0 {
		c.Every = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Notifier{c}, nil
}

func (n *Notifier) now() time.Time { return n.c.Now().UTC().Truncate(time.Microsecond) }

// Run makes and sends notices until the context ends, and then returns nil. Each channel is
// served by itself, so that a slow one holds up no other.
func (n *Notifier) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { n.repeat(ctx, "notices were not made", n.Follow) })
	wg.Go(func() { n.repeat(ctx, "days that come near were not looked at", n.hourly()) })
	for channel := range n.c.Senders {
		wg.Go(func() {
			n.repeat(ctx, "notices were not sent", func(ctx context.Context) (int, error) { return n.Send(ctx, channel) })
		})
	}
	return nil
}

// hourly runs Approaching once an hour.
func (n *Notifier) hourly() func(context.Context) (int, error) {
	var next time.Time
	return func(ctx context.Context) (int, error) {
		if n.now().Before(next) {
			return 0, nil
		}
		_, err := n.Approaching(ctx)
		if err == nil {
			next = n.now().Add(time.Hour)
		}
		return 0, err
	}
}

// repeat runs step again and again, at once while it finds something to do.
func (n *Notifier) repeat(ctx context.Context, failed string, step func(context.Context) (int, error)) {
	for ctx.Err() == nil {
		var grown <-chan struct{}
		if n.c.Grown != nil {
			grown = n.c.Grown() // before looking, so that nothing slips between
		}
		did, err := step(ctx)
		if err != nil && ctx.Err() == nil {
			n.c.Log.Error(failed, "error", err)
			grown = nil // what grows does not mend it
		}
		if did == 0 || err != nil {
			wait(ctx, grown, n.c.Every)
		}
	}
}

func wait(ctx context.Context, grown <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-grown:
	case <-t.C:
	}
}
