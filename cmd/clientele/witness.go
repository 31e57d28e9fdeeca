package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
	"github.com/clientele/clientele/internal/witness"
	"github.com/spf13/cobra"
)

// witnessing is the flags of a witness.
type witnessing struct {
	dir, listen, name string
	logs              []string
	certificate, key  string
	proxied           bool
}

func newWitness() *cobra.Command {
	var w witnessing
	cmd := &cobra.Command{
		Use:   "witness --dir DIR --log KEY",
		Short: "Hold a log elsewhere: cosign its checkpoints on a second machine",
		Long: `Witness runs on another machine than the control plane, and should be run by other
people. It cosigns a checkpoint of a log only if its tree begins with the last one it
cosigned, so that the log cannot be rewritten behind its back. It keeps one small file
for each log and speaks the protocol of c2sp.org/tlog-witness.

At its first start it makes a key in its folder and prints what to put into the
control plane's configuration. Never restore the folder to an older state.`,
		Example: `  clientele audit status                  # on the control plane: prints the log's key
  clientele witness --dir /srv/witness --listen :7490 --name w.example.com \
      --tls-cert cert.pem --tls-key key.pem --log "clientele/…+…+…"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return w.run(c) },
	}
	f := cmd.Flags()
	f.StringVar(&w.dir, "dir", "", "folder for its key and for what it cosigned")
	f.StringVar(&w.listen, "listen", "127.0.0.1:7490", "address and port")
	f.StringVar(&w.name, "name", "", "name of its key, at the first start (default: this machine's name)")
	f.StringArrayVar(&w.logs, "log", nil, "verifier key of a log that it witnesses; may be repeated")
	f.StringVar(&w.certificate, "tls-cert", "", "file with the certificate chain in PEM")
	f.StringVar(&w.key, "tls-key", "", "file with its private key in PEM")
	f.BoolVar(&w.proxied, "behind-proxy", false, "a proxy before it speaks TLS")
	_ = cmd.MarkFlagRequired("dir")
	_ = cmd.MarkFlagRequired("log")
	return cmd
}

func (w *witnessing) run(cmd *cobra.Command) error {
	key, err := w.openKey()
	if err != nil {
		return err
	}
	c := witness.Config{Dir: w.dir, Key: key, Logger: slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))}
	for _, text := range w.logs {
		c.Logs = append(c.Logs, witness.Log{Keys: []string{text}})
	}
	l, err := w.open()
	if err != nil {
		return err
	}
	s, err := witness.Open(c)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	w.welcome(cmd.OutOrStdout(), key, l.Addr().String())
	return errors.Join(serve(cmd.Context(), l, s), s.Close())
}

// openKey reads the witness's key, and makes it at the first start.
func (w *witnessing) openKey() (*tlog.Key, error) {
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(w.dir, "witness.key")
	k, err := tlog.LoadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if w.name == "" {
		if w.name, err = os.Hostname(); err != nil {
			return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "this machine has no name", Hint: "name the witness with --name"}
		}
	}
	return tlog.CreateKeyFile(path, tlog.TypeWitness, w.name)
}

// open listens: with TLS wherever others could listen in.
func (w *witnessing) open() (net.Listener, error) {
	if (w.certificate == "") != (w.key == "") {
		return nil, clientele.Errorf(clientele.Invalid, "--tls-cert and --tls-key go together")
	}
	host, _, err := net.SplitHostPort(w.listen)
	if err != nil {
		return nil, clientele.Errorf(clientele.Invalid, "%q is no address with a port", w.listen).WithHint("for example :7490")
	}
	if ip := net.ParseIP(host); w.certificate == "" && !w.proxied && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, clientele.Errorf(clientele.Invalid, "%s can be reached from other machines, and there is no TLS", w.listen).
			WithHint("give --tls-cert and --tls-key, or --behind-proxy")
	}
	l, err := net.Listen("tcp", w.listen)
	if err != nil {
		return nil, &clientele.Error{Kind: clientele.Unavailable, Msg: "cannot listen on " + w.listen, Hint: "name another port with --listen", Err: err}
	}
	if w.certificate == "" {
		return l, nil
	}
	cert, err := tls.LoadX509KeyPair(w.certificate, w.key)
	if err != nil {
		return nil, errors.Join(clientele.Errorf(clientele.Invalid, "the certificate and its key cannot be used: %v", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}), nil
}

func (w *witnessing) welcome(out io.Writer, key *tlog.Key, at string) {
	host, port, _ := net.SplitHostPort(at)
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			at = net.JoinHostPort(name, port)
		}
	}
	scheme := "http"
	if w.certificate != "" || w.proxied {
		scheme = "https"
	}
	fmt.Fprintf(out, `The witness %s listens on %s. In the control plane's configuration:
audit:
  witnesses:
    - url: %s://%s
      key: %s
`, key.Name(), at, scheme, at, key.VerifierText())
}

// serve serves until ctx ends, and then lets what is under way finish.
func serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := server.Shutdown(drain)
	<-failed // Serve has ended
	return err
}
