package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/oidc"
	"github.com/clientele/clientele/internal/review"
	"github.com/clientele/clientele/internal/telemetry"
	"github.com/clientele/clientele/internal/tlog"
)

// sweepEvery is how often is looked for what is due.
const sweepEvery = 15 * time.Second

// parts lists everything that runs, in one place.
func (a *App) parts(ctx context.Context) ([]part, error) {
	signer, desk, err := a.signer()
	if err != nil {
		return nil, err
	}
	drivers, err := a.Config.Changes.drivers()
	if err != nil {
		return nil, err
	}
	signIn, err := a.signIn()
	if err != nil {
		return nil, err
	}
	notifier, err := a.notifier()
	if err != nil {
		return nil, err
	}
	sinks, err := a.sinks()
	if err != nil {
		return nil, err
	}
	changes := change.Checker{Guard: a.guard, Drivers: drivers}
	parts := []part{
		{"signer", signer.Run},
		a.every("policies", time.Second, a.guard.Refresh),
		{"notices", notifier.Run},
		a.every("retention", time.Hour, func(ctx context.Context) error { return a.prune(ctx, desk) }),
		a.every("lifecycle", sweepEvery, func(ctx context.Context) error {
			_, err := lifecycle.Sweep(ctx, a.guard, a.guard.Now())
			return err
		}),
		a.every("reviews", sweepEvery, func(ctx context.Context) error { _, err := review.Sweep(ctx, a.guard); return err }),
		a.every("changes", sweepEvery, func(ctx context.Context) error { _, err := changes.Sweep(ctx); return err }),
	}
	intake, err := a.intake()
	if err != nil {
		return nil, err
	}
	house := &httpapi.House{
		Intake: intake, Notices: notifier, Evidence: desk,
		Guard: a.guard, Version: a.Version, BaseURL: a.Config.BaseURL, Changes: changes,
		Limits:       httpapi.Limits{Session: a.Config.Limits.PerMinute, Anonymous: a.Config.Limits.AnonymousPerMinute},
		Authenticate: a.authenticate, SignIn: signIn,
	}
	doors, err := a.doors(house)
	return slices.Concat(parts, sinks, doors), err
}

// prune takes the text out of entries that are older than they have to be kept.
func (a *App) prune(ctx context.Context, desk *evidence.Desk) error {
	for more := true; more; {
		var old int64
		err := a.db.Read(ctx, func(tx *db.Tx) (err error) {
			old, err = audit.Prunable(ctx, tx, a.guard.Now().Add(-a.Config.Audit.Keep))
			return err
		})
		if err != nil || old == 0 {
			return err
		}
		err = a.guard.Do(ctx, clientele.System("retention", "entries are kept as long as audit.keep says"), "audit:prune", func(act *guard.Act) error {
			p, err := desk.Prune(act, time.Time{})
			more = p.More
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// doors are the listeners: for people and programs, and for whoever operates this.
func (a *App) doors(house *httpapi.House) ([]part, error) {
	requests := telemetry.Requests{Log: a.log, Metrics: telemetry.NewHTTPMetrics(a.registry, "door"), Now: a.Now}
	door, err := a.serve("door", a.Config.Listen, a.traces.Wrap(requests.Wrap(a.health(httpapi.Doorstep(house, httpapi.New(house))))))
	if err != nil {
		return nil, err
	}
	if a.Config.Operate == "" || a.Config.Operate == "off" {
		return []part{door}, nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", telemetry.MetricsHandler(a.registry))
	operate, err := a.serve("operate", a.Config.Operate, a.health(mux))
	return []part{door, operate}, err
}

// health answers the two questions of an orchestrator before anything else: does it run,
// and can it work.
func (a *App) health(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", next)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.db.Ping(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}

func (a *App) authenticate(ctx context.Context, token clientele.Plaintext) (actor clientele.Actor, err error) {
	err = a.db.Read(ctx, func(tx *db.Tx) error {
		actor, err = identity.Authenticate(ctx, tx, token, a.guard.Now())
		return err
	})
	return actor, err
}

// signIn is how people come in.
func (a *App) signIn() (httpapi.SignIn, error) {
	s := httpapi.SignIn{
		Session: a.Config.SignIn.Session, Devices: identity.NewDevices(a.guard),
		Mapping: identity.Mapping{Create: a.Config.SignIn.Create, Groups: map[string][]clientele.SystemRole{}},
	}
	_, _ = rand.Read(s.FlowKey[:])
	for _, r := range a.Config.SignIn.DefaultRoles {
		s.Mapping.Default = append(s.Mapping.Default, clientele.SystemRole(r))
	}
	for group, roles := range a.Config.SignIn.Groups {
		for _, r := range roles {
			s.Mapping.Groups[group] = append(s.Mapping.Groups[group], clientele.SystemRole(r))
		}
	}
	c := a.Config.SignIn.OIDC
	if c.Issuer == "" {
		return s, nil
	}
	if c.RedirectURL == "" {
		c.RedirectURL = a.Config.BaseURL + "/v1/sign-in/oidc/callback"
	}
	var err error
	if s.Provider, err = oidc.New(c); err != nil {
		return s, fmt.Errorf("sign_in.oidc: %w", err)
	}
	return s, nil
}

// intake takes scans in. Its key hashes credentials' fingerprints a second time.
func (a *App) intake() (*inventory.Intake, error) {
	key, err := keywrap.KeyFile(filepath.Join(a.Config.Data, "mark.key"))
	if err != nil {
		return nil, err
	}
	return inventory.New(inventory.Config{Key: key})
}

// signer signs the log's checkpoints, and the desk gives the log out.
func (a *App) signer() (*audit.Signer, *evidence.Desk, error) {
	key, err := audit.OpenKey(a.Config.Data, a.Config.Audit.Origin)
	if err != nil {
		return nil, nil, err
	}
	desk := &evidence.Desk{Log: a.audit, Key: key.Verifier(), KeyText: key.VerifierText(), Retention: a.Config.Audit.Keep}
	c := audit.SignerConfig{Key: key, Dir: a.Config.Data, Logger: a.log, Now: a.Now}
	for _, w := range a.Config.Audit.Witnesses {
		c.Witnesses = append(c.Witnesses, audit.Witness{URL: w.URL, Key: w.Key})
		v, err := tlog.ParseVerifier(w.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("audit.witnesses: %w", err)
		}
		desk.Witnesses, desk.WitnessTexts = append(desk.Witnesses, v), append(desk.WitnessTexts, w.Key)
	}
	desk.Signer, err = audit.NewSigner(a.audit, c)
	return desk.Signer, desk, err
}

// welcome makes the first administrator where there is none and says where to go and what
// to do next.
func (a *App) welcome(ctx context.Context) error {
	var admins []string
	err := a.db.Read(ctx, func(tx *db.Tx) (err error) {
		admins, err = identity.WithRole(ctx, tx, clientele.AdminRole)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "Clientele %s runs at %s\n", a.Version, a.Config.BaseURL)
	if len(admins) > 0 && a.Config.SignIn.OIDC.Issuer != "" {
		fmt.Fprintf(a.Out, "Sign in:  clientele login %s\n", a.Config.BaseURL)
		return nil
	}
	link, err := a.firstLink(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, `Sign in as its administrator (once, within %s):
  clientele login '%s/sign-in#%s'
Then find the clients of this machine and look at them:
  clientele scan --send
  clientele client list
`, identity.LinkTTL, a.Config.BaseURL, link.Reveal())
	return nil
}

// firstLink makes a one-time link for the administrator of a house without an identity
// provider. Whoever can start this process can read its data folder, too.
func (a *App) firstLink(ctx context.Context) (link clientele.Plaintext, err error) {
	err = a.guard.Do(ctx, clientele.System("up", "the control plane starts"), "system:bootstrap", func(act *guard.Act) error {
		id, err := identity.EnsureFirstAdmin(act)
		if err != nil {
			return err
		}
		link, err = identity.NewLink(act, id)
		return err
	})
	return link, err
}
