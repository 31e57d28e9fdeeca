package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func ownerCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "owner",
		Short: "Say who answers for a client",
		Long: `Every client has an owner: a person, a team or a service account. An owner counts
once they say so themselves (claim); until then the client counts as orphaned.
The backup is somebody else, who may do what the owner may.

People are named by e-mail address, user name or id, teams by name or id.`,
		Example: `  clientele owner claim cli_06h0mam3 --backup ben@example.com
  clientele owner hand-over cli_06h0mam3 --to ben@example.com
  clientele owner assign cli_06h0mam3 --to "Team Shop"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(
		newOwnerDisown(),
		newOwnerClaim(),
		newOwnerGive("hand-over", "Give a client of yours to another owner",
			`Hand-over gives a client that you own, or stand in for, to another owner. They have
fourteen days to claim it; later a client of tier 2 or more is suspended.`, (*api.Remote).HandOverClient),
		newOwnerGive("assign", "Name a client's owner, for security",
			`Assign names the owner of any client. It takes the system role security. They have
fourteen days to claim it; later a client of tier 2 or more is suspended.`, (*api.Remote).AssignClient),
	)
	return []*cobra.Command{cmd}
}

func newOwnerClaim() *cobra.Command {
	var in api.ClaimInput
	cmd := &cobra.Command{
		Use:   "claim CLIENT",
		Short: "Attest to owning a client",
		Long: `Claim says that you own a client and answer for it. It works for clients that
nobody owns, for those you were named for, and for your team's whose owner has
left.`,
		Example: `  clientele owner claim cli_06h0mam3 --backup ben@example.com --team shop`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&in.Backup, "backup", "", "who stands in: a person or team, not the owner")
	cmd.Flags().StringVar(&in.Team, "team", "", "the team it belongs to")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		o, err := r.ClaimClient(cmd.Context(), args[0], in)
		return showOutcome(cmd, o, err)
	})
}

func newOwnerGive(verb, short, long string, give func(*api.Remote, context.Context, string, api.HandOverInput) (api.ClientOutcome, error)) *cobra.Command {
	var in api.HandOverInput
	cmd := &cobra.Command{
		Use:     verb + " CLIENT --to WHO",
		Short:   short,
		Long:    long,
		Example: "  clientele owner " + verb + " cli_06h0mam3 --to ben@example.com --backup ann@example.com",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&in.To, "to", "", "the new owner: a person, team or service account")
	cmd.Flags().StringVar(&in.Backup, "backup", "", "who stands in; without it, who does now")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := need(cmd, "to"); err != nil {
			return err
		}
		o, err := give(r, cmd.Context(), args[0], in)
		return showOutcome(cmd, o, err)
	})
}

// need demands flags.
func need(cmd *cobra.Command, flags ...string) error {
	for _, f := range flags {
		if !cmd.Flags().Changed(f) {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "--" + f + " is missing", Hint: "see: " + cmd.CommandPath() + " --help"}
		}
	}
	return nil
}

// showOutcome says what an act on a client led to, what comes next, and how much time is
// left for it.
func showOutcome(cmd *cobra.Command, o api.ClientOutcome, err error) error {
	if err != nil {
		return err
	}
	return show(cmd, o, func(w io.Writer) {
		fmt.Fprintln(w, plainText(o.Happened))
		writeNext(w, o.Next, o.Command, o.Until, time.Now())
	})
}

// writeNext says what comes next, by which command, and when at the latest.
func writeNext(w io.Writer, next, command string, until, now time.Time) {
	if next == "" {
		return
	}
	fmt.Fprintf(w, "next: %s\n", plainText(next))
	if command != "" {
		fmt.Fprintf(w, "  %s\n", plainText(command))
	}
	if !until.IsZero() {
		fmt.Fprintf(w, "  until %s UTC: %s\n", when(until), left(until, now))
	}
}

// left is how much time is left, as people say it.
func left(until, now time.Time) string {
	switch d := until.Sub(now); {
	case d <= 0:
		return "the time is up"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes left", int(d.Minutes()+0.5))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours left", int(d.Hours()+0.5))
	default:
		return fmt.Sprintf("%d days left", int(d.Hours()/24+0.5))
	}
}

func newOwnerDisown() *cobra.Command {
	var in api.DisownInput
	cmd := &cobra.Command{
		Use:   "disown CLIENT --reason WHY",
		Short: "Say that a client is not yours",
		Long: `Disown takes you off as a client's owner. Its backup and team stay. Somebody has
fourteen days to claim it; later a client of tier 2 or more is suspended.`,
		Example: `  clientele owner disown cli_06h0mam3 --reason "belongs to billing" --suggest ben@example.com`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why; it is kept in the audit, sealed")
	cmd.Flags().StringVar(&in.Suggest, "suggest", "", "who could own it")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := need(cmd, "reason"); err != nil {
			return err
		}
		o, err := r.DisownClient(cmd.Context(), args[0], in)
		return showOutcome(cmd, o, err)
	})
}
