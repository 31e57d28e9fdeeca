package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func credentialCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "credential",
		Short: "See where secrets stand, and say that one leaked",
		Long: `A credential is a secret that stands in clients' files. The server never has its
value: it knows a keyed hash, by which it tells that two clients hold the same
one. So it can say which clients a leaked secret hurts: its blast radius.`,
		Example: `  clientele credential list --shared
  clientele credential show crd_…
  clientele credential find                  (asks for the secret; it stays on this machine)
  clientele credential leak crd_… --reason "it was in a public repository"
  clientele credential clear crd_… --reason "rotated, and the old one tested dead"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newCredentialList(), newCredentialShow(), newCredentialFind(), newCredentialLeak(), newCredentialClear())
	return []*cobra.Command{cmd}
}

func newCredentialList() *cobra.Command {
	var shared, leaked bool
	var client, role, provider string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List credentials",
		Example: `  clientele credential list --leaked
  clientele credential list --shared --role api_key`,
		Args: cobra.NoArgs,
	}
	fl := cmd.Flags()
	fl.BoolVar(&shared, "shared", false, "only those that more than one client holds")
	fl.BoolVar(&leaked, "leaked", false, "only those that count as known to others")
	fl.StringVar(&client, "client", "", "the id of a client that holds them")
	fl.StringVar(&role, "role", "", "what they are for: password, token, api_key, …")
	fl.StringVar(&provider, "provider", "", "who issued them")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		query := chosen("client", client, "role", role, "provider", provider)
		for name, on := range map[string]bool{"shared": shared, "leaked": leaked} {
			if on {
				query.Set(name, "true")
			}
		}
		all, err := api.All[api.GovernedCredential](cmd.Context(), r, "/v1/credentials", query)
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, k := range all {
				rows = append(rows, []string{k.ID, k.Mark, k.Role, k.Provider, fmt.Sprint(k.Holders), yes(k.Leaked), when(k.ExpiresAt), when(k.LastSeen)})
			}
			columns(w, []string{"ID", "MARK", "ROLE", "PROVIDER", "CLIENTS", "LEAKED", "EXPIRES", "LAST SEEN"}, rows)
		})
	})
}

func newCredentialShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show CREDENTIAL", Short: "Show a credential's blast radius: who holds it, and where", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		k, err := r.Credential(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) { writeCredential(w, k) })
	})
}

func newCredentialFind() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:   "find",
		Short: "Find the clients that hold a secret, without showing it to anybody",
		Long: `Find reads a secret from standard input, without showing it on a terminal, and asks
which clients hold it. The secret does not leave this process: what is sent is its
keyed fingerprint, made with the key that scans use.

Only scans that used the same key can be compared. Organisations give all machines
one key, in CLIENTELE_FINGERPRINT_KEY or a file; without that, what this machine's
own scans sent is found.`,
		Example: `  clientele credential find
  clientele credential find < key.pem
  pass show prod/api-key | clientele credential find --format json`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&keyFile, "key-file", "", "file with the key of the fingerprints (default: that of clientele scan; or the variable CLIENTELE_FINGERPRINT_KEY)")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		if err := needKey(keyFile); err != nil {
			return err
		}
		key, err := fingerprintKey(keyFile)
		if err != nil {
			return err
		}
		secret, err := readSecret(cmd)
		if err != nil {
			return err
		}
		k, err := r.LookupCredential(cmd.Context(), key.Fingerprint(secret))
		var p *api.Problem
		if errors.As(err, &p) && p.Status == 404 {
			return &clientele.Error{Kind: clientele.NotFound, Msg: "no client that you may see is known to hold it", Hint: "scans made with another fingerprint key cannot be compared: name theirs with --key-file"}
		}
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) { writeCredential(w, k) })
	})
}

// needKey refuses to make a key: nothing could have been sent with one made just now.
func needKey(file string) error {
	if os.Getenv("CLIENTELE_FINGERPRINT_KEY") != "" && file == "" {
		return nil
	}
	if file == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil // fingerprintKey says so
		}
		file = filepath.Join(dir, "clientele", "fingerprint.key")
	}
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return &clientele.Error{Kind: clientele.NotFound, Msg: "there is no fingerprint key here, so nothing could be compared", Hint: "name your organisation's with --key-file, or set CLIENTELE_FINGERPRINT_KEY"}
	}
	return nil
}

// maxSecret is the longest secret that is read, in bytes.
const maxSecret = 64 << 10

// readSecret reads a secret from a terminal without showing it, or from what is piped in.
func readSecret(cmd *cobra.Command) (string, error) {
	var b []byte
	var err error
	in := cmd.InOrStdin()
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(cmd.ErrOrStderr(), "secret (it is not shown, and stays on this machine): ")
		b, err = term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
	} else {
		b, err = io.ReadAll(io.LimitReader(in, maxSecret+1))
	}
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if len(b) == 0 || len(b) > maxSecret {
		return "", &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("a secret has 1 to %d bytes", maxSecret)}
	}
	return string(b), nil
}

func newCredentialLeak() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "leak CREDENTIAL",
		Short: "Declare a credential leaked",
		Long: `Leak says that a credential counts as known to others. Every client that holds it
shows that, and is due for a review. Nothing is switched off by that alone:
quarantine what should stop at once.`,
		Example: `  clientele credential leak crd_… --reason "it was in a public repository"`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "how it became known")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := needReason(reason); err != nil {
			return err
		}
		k, err := r.LeakCredential(cmd.Context(), args[0], reason)
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) {
			fmt.Fprintf(w, "%s counts as leaked; %d clients hold it\n\n", k.ID, k.Holders)
			writeReached(w, "PLACES", k.Clients)
			fmt.Fprintln(w, "\nnext: rotate it where it was issued; stop what should stop now with")
			for _, c := range k.Clients[:min(len(k.Clients), 5)] {
				fmt.Fprintf(w, "  clientele client quarantine %s\n", c.ID)
			}
			fmt.Fprintf(w, "and when the old value is dead:\n  clientele credential clear %s --reason …\n", k.ID)
		})
	})
}

func newCredentialClear() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "clear CREDENTIAL",
		Short:   "Declare a leak contained",
		Example: `  clientele credential clear crd_… --reason "rotated, and the old one tested dead"`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what was done about it")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := needReason(reason); err != nil {
			return err
		}
		k, err := r.ClearCredential(cmd.Context(), args[0], reason)
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) {
			fmt.Fprintf(w, "the leak of %s is contained; it still stands in the files of %d clients\n", k.ID, k.Holders)
		})
	})
}

func needReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return &clientele.Error{Kind: clientele.Invalid, Msg: "the audit needs a reason", Hint: `say it: --reason "…"`}
	}
	return nil
}

func writeCredential(w io.Writer, k api.CredentialDetail) {
	fmt.Fprintf(w, "%s  %s, held by %d clients\n", k.ID, strings.TrimSpace(k.Provider+" "+k.Role), k.Holders)
	for _, f := range [][2]string{
		{"mark", k.Mark}, {"expires", when(k.ExpiresAt)}, {"leaked", when(k.LeakedAt)}, {"contained", when(k.ClearedAt)}, {"first seen", when(k.FirstSeen)}, {"last seen", when(k.LastSeen)},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-11s %s\n", f[0], plainText(f[1]))
		}
	}
	fmt.Fprintln(w)
	writeReached(w, "PLACES", k.Clients)
	var rows [][]string
	for _, p := range k.Places {
		rows = append(rows, []string{p.Client, p.Host, place(p.File, p.Line), strings.Join(p.Path, " › "), p.Excerpt, p.Principal, when(p.GoneAt)})
	}
	fmt.Fprintln(w)
	columns(w, []string{"CLIENT", "HOST", "FILE", "PLACE", "EXCERPT", "GOES WITH", "GONE"}, rows)
	if k.More {
		fmt.Fprintln(w, "… and more than these")
	}
}
