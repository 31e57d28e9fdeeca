package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func loginCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "session",
		Short: "Look after your sessions, and let command lines in",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newSessionList(), newSessionEnd(),
		answerCommand("allow", "Let the command line with this code in, as yourself", true),
		answerCommand("deny", "Turn the command line with this code away", false))
	return []*cobra.Command{newLogin(), newLogout(), newWhoami(), cmd}
}

func newLogin() *cobra.Command {
	return &cobra.Command{
		Use:   "login [SERVER | LINK | -]",
		Short: "Sign in to a server",
		Long: `Login signs this command line in. With a one-time link, as clientele up prints it, at
once; with "-" the link is read from the standard input, so that it stands in no history.
Otherwise it shows a code and an address, and waits until you let it in there.

The session goes into a file of your settings folder that only you may read, and to the
server that gave it and no other.`,
		Example: `  clientele login
  clientele login https://clientele.example.com
  clientele login 'http://127.0.0.1:7480/sign-in#clt_l_…'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, secret, err := target(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			r := api.NewRemote(server, "")
			s, err := signIn(cmd.Context(), cmd.OutOrStdout(), r, secret)
			if err != nil {
				return told(err)
			}
			if err := saveSession(session{Server: server, Token: s.Token, Person: s.Person, Expires: s.ExpiresAt}); err != nil {
				return fmt.Errorf("keep the session: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "You are signed in to %s until %s UTC.\nnext: clientele client list\n", server, when(s.ExpiresAt))
			return nil
		},
	}
}

// target is the server to sign in to, and the secret of a one-time link if there is one.
func target(in io.Reader, args []string) (server, secret string, err error) {
	text := os.Getenv("CLIENTELE_SERVER")
	if len(args) == 1 {
		text = args[0]
	}
	switch text {
	case "":
		text = defaultServer
	case "-":
		line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", "", fmt.Errorf("read the link: %w", err)
		}
		text = strings.TrimSpace(line)
	}
	text, secret, _ = strings.Cut(text, "#")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", &clientele.Error{Kind: clientele.Invalid, Msg: "this is no address of a server", Hint: "for example: clientele login https://clientele.example.com"}
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", "", &clientele.Error{Kind: clientele.Invalid, Msg: "a session would go over the network unprotected", Hint: "use the https:// address of " + u.Host}
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+strings.TrimSuffix(u.Path, "/sign-in"), "/"), secret, nil
}

func signIn(ctx context.Context, w io.Writer, r *api.Remote, secret string) (api.SignedIn, error) {
	if secret != "" {
		return r.UseLink(ctx, secret)
	}
	d, err := r.StartDevice(ctx)
	if err != nil {
		return api.SignedIn{}, err
	}
	fmt.Fprintf(w, "Open %s\nand let this command line in if the code there is %s\n", plainText(d.CompleteURI), plainText(d.UserCode))
	return await(ctx, r, d)
}

// await asks at the server's interval until a person answered.
func await(ctx context.Context, r *api.Remote, d api.DeviceSignIn) (api.SignedIn, error) {
	pause := time.Duration(max(d.Interval, 1)) * time.Second
	for {
		select {
		case <-ctx.Done():
			return api.SignedIn{}, ctx.Err()
		case <-time.After(pause):
		}
		s, err := r.PollDevice(ctx, d.DeviceCode)
		var p *api.Problem
		switch {
		case err == nil:
			return s, nil
		case !errors.As(err, &p):
			return api.SignedIn{}, err
		case p.Type == api.DeviceSlowDown:
			pause += 5 * time.Second
		case p.Type != api.DevicePending && p.Status != 429 && p.Status != 503:
			return api.SignedIn{}, err
		}
	}
}

func newLogout() *cobra.Command {
	cmd := &cobra.Command{Use: "logout", Short: "Sign out: end this session here and at the server", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		list, err := r.Sessions(cmd.Context())
		if err != nil {
			return err
		}
		for _, s := range list.Items {
			if !s.Current {
				continue
			}
			if err := r.EndSession(cmd.Context(), s.ID); err != nil {
				return err
			}
		}
		file, err := sessionFile()
		if err == nil {
			err = os.Remove(file)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return show(cmd, api.Done{Done: true}, func(w io.Writer) { fmt.Fprintln(w, "signed out") })
	})
}

func newWhoami() *cobra.Command {
	cmd := &cobra.Command{Use: "whoami", Short: "Show who you are to the server, and what you may do", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		me, err := r.Me(cmd.Context())
		if err != nil {
			return err
		}
		return show(cmd, me, func(w io.Writer) {
			fmt.Fprintf(w, "%s  (%s) at %s\n  roles  %s\n  teams  %s\n", me.ID, me.Kind, r.Base, strings.Join(me.Roles, " "), strings.Join(me.Teams, " "))
		})
	})
}

func newSessionList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List your sessions", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		list, err := r.Sessions(cmd.Context())
		if err != nil {
			return err
		}
		return show(cmd, list.Items, func(w io.Writer) {
			var rows [][]string
			for _, s := range list.Items {
				this := ""
				if s.Current {
					this = "this one"
				}
				rows = append(rows, []string{s.ID, s.Kind, when(s.CreatedAt), when(s.ExpiresAt), this})
			}
			columns(w, []string{"ID", "KIND", "SINCE", "UNTIL", ""}, rows)
		})
	})
}

func newSessionEnd() *cobra.Command {
	cmd := &cobra.Command{Use: "end SESSION", Short: "End a session of yours", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := r.EndSession(cmd.Context(), args[0]); err != nil {
			return err
		}
		return show(cmd, api.Done{Done: true}, func(w io.Writer) { fmt.Fprintf(w, "ended %s\n", plainText(args[0])) })
	})
}

func answerCommand(use, short string, allow bool) *cobra.Command {
	cmd := &cobra.Command{Use: use + " CODE", Short: short, Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := r.AnswerDevice(cmd.Context(), args[0], allow); err != nil {
			return err
		}
		return show(cmd, api.Done{Done: true}, func(w io.Writer) {
			if allow {
				fmt.Fprintln(w, "it is in, and acts as you")
			} else {
				fmt.Fprintln(w, "it was turned away")
			}
		})
	})
}
