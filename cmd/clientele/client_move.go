package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

// clientMoveCommands are the verbs of `clientele client` that take a client from state to
// state.
func clientMoveCommands() []*cobra.Command {
	return []*cobra.Command{
		newClientMove("suspend", "Take a client's rights away until it is resumed",
			`Suspend takes a client's rights away at once. Its grants stay on record and count
again when it is resumed, within fourteen days; later it has to be asked for again.`, (*api.Remote).SuspendClient),
		newClientMove("resume", "Give a suspended client its rights back",
			`Resume gives a suspended client its rights back, as far as its grants have not ended.`, (*api.Remote).ResumeClient),
		newClientMove("quarantine", "Take a client's rights away while a leak is looked into",
			`Quarantine takes a client's rights away while a leak or a device is looked into. It
takes the system role security, and so does release.`, (*api.Remote).QuarantineClient),
		newClientMove("release", "Take a client out of quarantine: it is suspended then",
			`Release takes a client out of quarantine, once its credentials were replaced or the
alarm was false. The client is suspended then, and its owner resumes it.`, (*api.Remote).ReleaseClient),
		newClientRetire(),
		newClientDead(),
	}
}

func newClientMove(verb, short, long string, move func(*api.Remote, context.Context, string, string) (api.ClientOutcome, error)) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     verb + " CLIENT --reason WHY",
		Short:   short,
		Long:    long,
		Example: "  clientele client " + verb + " cli_06h0mam3 --reason \"the key stood in a public repository\"",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit, sealed")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := need(cmd, "reason"); err != nil {
			return err
		}
		o, err := move(r, cmd.Context(), args[0], reason)
		return showOutcome(cmd, o, err)
	})
}

// errPreview says that nothing was done but to show what would be.
func errPreview(hint string) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: "nothing was done: this cannot be taken back, so look at the above first", Hint: hint}
}

func newClientRetire() *cobra.Command {
	var reason string
	var sure bool
	cmd := &cobra.Command{
		Use:   "retire CLIENT",
		Short: "Retire a client for good, after a look at what stops working",
		Long: `Retire ends a client's grants for good. It shows first what stops working: grants,
what the client was used for, and the credentials that are to die with it. With
--yes it does it, unless something else would stop working than was shown.

Then each credential is revoked where it was issued, and tested: confirm-dead
records that. With the last one the client is a tombstone.`,
		Example: `  clientele client retire cli_06h0mam3
  clientele client retire cli_06h0mam3 --reason "replaced by shop-v2" --yes`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().BoolVar(&sure, "yes", false, "retire it; without this, only show what would stop working")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if sure && reason == "" {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "the reason is missing", Hint: "say why: --reason"}
		}
		im, err := r.RetirePreview(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if !sure {
			if err := show(cmd, im, func(w io.Writer) { writeImpact(w, im, time.Now()) }); err != nil {
				return err
			}
			return errPreview("clientele client retire " + im.Client + " --reason … --yes")
		}
		writeImpact(cmd.ErrOrStderr(), im, time.Now())
		o, err := r.RetireClient(cmd.Context(), args[0], api.RetireInput{Reason: reason, Seen: im.Seen})
		return showOutcome(cmd, o, err)
	})
}

func writeImpact(w io.Writer, im api.Impact, now time.Time) {
	fmt.Fprintf(w, "%s (%s) is %s; its files stand in %d places on %d machines\n", plainText(im.Name), im.Client, im.State, im.Sightings, im.Hosts)
	if im.LastUsedAt.IsZero() {
		fmt.Fprintln(w, "it was never seen in use")
	} else {
		fmt.Fprintf(w, "it was last used on %s UTC\n", when(im.LastUsedAt))
	}
	if len(im.Grants) > 0 {
		fmt.Fprintf(w, "\n%d grants end:\n", len(im.Grants))
		var rows [][]string
		for _, g := range im.Grants {
			rows = append(rows, []string{g.Verb, g.Service, g.Method, g.Path, when(g.ValidTo), left(g.ValidTo, now)})
		}
		columns(w, []string{"VERB", "SERVICE", "METHOD", "PATH", "UNTIL", ""}, rows)
	}
	if len(im.Uses) > 0 {
		fmt.Fprintf(w, "\nit was used for:\n")
		var rows [][]string
		for _, u := range im.Uses {
			rows = append(rows, []string{u.Verb, u.Service, u.Method, u.Path, strconv.FormatInt(u.Count, 10), when(u.LastAt)})
		}
		columns(w, []string{"VERB", "SERVICE", "METHOD", "PATH", "TIMES", "LAST"}, rows)
	}
	if len(im.Credentials) > 0 {
		fmt.Fprintf(w, "\n%d credentials are to be revoked and tested dead:\n", len(im.Credentials))
		writeMortals(w, im.Credentials)
	}
}

func writeMortals(w io.Writer, all []api.ImpactCredential) {
	var rows [][]string
	for _, k := range all {
		state := "may be alive"
		if !k.DeadAt.IsZero() {
			state = "tested dead " + when(k.DeadAt)
		}
		also := ""
		if k.Clients > 1 {
			also = fmt.Sprintf("%d clients hold it: all stop working", k.Clients)
		}
		rows = append(rows, []string{k.ID, k.Role, k.Provider, state, also})
	}
	columns(w, []string{"CREDENTIAL", "ROLE", "PROVIDER", "STATE", ""}, rows)
}

func newClientDead() *cobra.Command {
	var how string
	var sure bool
	cmd := &cobra.Command{
		Use:   "confirm-dead CLIENT CREDENTIAL",
		Short: "Record that a credential of a retiring client was tested dead",
		Long: `Confirm-dead records that a credential was revoked where it was issued, and that it
was tried after that and refused. With the last one the client is retired: a
tombstone, whose id is never used again. That cannot be taken back.

Without CREDENTIAL and --yes it shows what there is to do.`,
		Example: `  clientele client confirm-dead cli_06h0mam3
  clientele client confirm-dead cli_06h0mam3 crd_06h0mam9 --how "deleted in GitHub; GET /user: 401" --yes`,
		Args: cobra.RangeArgs(1, 2),
	}
	cmd.Flags().StringVar(&how, "how", "", "how it was revoked, and how it was tested")
	cmd.Flags().BoolVar(&sure, "yes", false, "record it; without this, only show what there is")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if sure && (how == "" || len(args) < 2) {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "which credential was tested, and how, is missing", Hint: "clientele client confirm-dead CLIENT CREDENTIAL --how … --yes"}
		}
		if sure {
			o, err := r.ConfirmDead(cmd.Context(), args[0], api.DeadInput{Credential: args[1], How: how})
			return showOutcome(cmd, o, err)
		}
		im, err := r.RetirePreview(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if err := show(cmd, im.Credentials, func(w io.Writer) { writeMortals(w, im.Credentials) }); err != nil || len(args) < 2 {
			return err
		}
		alive := slices.DeleteFunc(im.Credentials, func(k api.ImpactCredential) bool { return !k.DeadAt.IsZero() || k.ID == args[1] })
		if len(alive) == 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "it is the last one: with it %s is retired for good\n", im.Client)
		}
		return errPreview("clientele client confirm-dead " + im.Client + " " + args[1] + " --how … --yes")
	})
}
