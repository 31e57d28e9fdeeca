// Package app builds the one process out of its parts, runs it, and stops it.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/telemetry"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// App is the process.
type App struct {
	Config  Config
	Version string
	// Out is where people are told where to go; logs go to Err.
	Out, Err io.Writer
	Now      func() time.Time

	log      *slog.Logger
	registry *prometheus.Registry
	traces   *telemetry.Traces
	db       *db.DB
	audit    *audit.Log
	guard    *guard.Guard
}

// part is something that runs as long as the process does.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// Run starts everything, says where to go, and runs until ctx ends; then it stops taking
// requests, lets those under way finish, and closes the database.
func (a *App) Run(ctx context.Context) (err error) {
	if err := a.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	parts, err := a.parts(ctx)
	if err != nil {
		return err
	}
	if err := a.welcome(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range parts {
		group.Go(func() error {
			if err := p.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	err = group.Wait()
	a.log.Info("stopped")
	return err
}

// open opens what everything else stands on.
func (a *App) open(ctx context.Context) error {
	if err := a.Config.check(); err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.Config.Log.Level)); err != nil {
		return clientele.Errorf(clientele.Invalid, "log.level: %q is no level", a.Config.Log.Level).WithHint("use debug, info, warn or error")
	}
	var err error
	if a.log, err = telemetry.Logger(a.Err, a.Config.Log.Format, level); err != nil {
		return err
	}
	a.registry = telemetry.NewRegistry(a.Version)
	if a.traces, err = telemetry.StartTraces(ctx, a.Config.Traces, a.Version, a.log); err != nil {
		return err
	}
	if err := os.MkdirAll(a.Config.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if a.db, err = OpenDB(ctx, a.Config); err != nil {
		return err
	}
	if err := a.db.Migrate(ctx); err != nil {
		return errors.Join(err, a.db.Close())
	}
	wrap, err := keywrap.OpenFile(filepath.Join(a.Config.Data, "wrap.key"))
	if err != nil {
		return errors.Join(err, a.db.Close())
	}
	a.audit = audit.New(a.db, wrap)
	a.guard, err = guard.New(ctx, a.db, a.audit, a.Now)
	if err != nil {
		return errors.Join(err, a.db.Close())
	}
	a.guard.Count(guard.NewMetrics(a.registry))
	return nil
}

// OpenDB opens the database of a configuration, without migrating it.
func OpenDB(ctx context.Context, c Config) (*db.DB, error) {
	return db.Open(ctx, db.Config{Dir: c.Data, PostgresURL: c.Database.PostgresURL})
}

func (a *App) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(a.traces.Shutdown(ctx), a.db.Close())
}

// serve is a listener as a part: it stops by draining.
func (a *App) serve(name, address string, handler http.Handler) (part, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return part{}, clientele.Errorf(clientele.Unavailable, "cannot listen on %s: %v", address, errors.Unwrap(err)).
			WithHint("is another one running? name another port with --listen")
	}
	if a.Config.TLS.Certificate != "" && name == "door" {
		cert, err := tls.LoadX509KeyPair(a.Config.TLS.Certificate, a.Config.TLS.Key)
		if err != nil {
			return part{}, errors.Join(clientele.Errorf(clientele.Invalid, "tls: the certificate and its key cannot be used: %v", err), l.Close())
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	return part{name, func(ctx context.Context) error {
		failed := make(chan error, 1)
		go func() { failed <- server.Serve(l) }()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
		}
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err := server.Shutdown(drain)
		<-failed // Serve has ended
		return err
	}}, nil
}

// every runs a sweep at an interval until ctx ends, and sooner when something was done
// meanwhile, for what follows from it. One that fails is logged and tried again: what is due
// stays due.
func (a *App) every(name string, interval time.Duration, sweep func(ctx context.Context) error) part {
	return part{name, func(ctx context.Context) error {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			if err := sweep(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("sweep failed", "sweep", name, "error", err)
			}
			grown := a.guard.Grown()
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(interval / 5):
			}
			select {
			case <-ctx.Done():
				return nil
			case <-grown:
			case <-tick.C:
			}
		}
	}}
}
