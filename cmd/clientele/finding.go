package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func findingCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "finding",
		Short: "See what is wrong with clients, and accept some of it for a time",
		Long: `A finding is one rule broken by one client. It opens when a scan sees it, closes when
no scan sees it any more, and opens again if it comes back. Nobody closes one by
hand: security may accept one until a day, for a reason, and it opens again then.`,
		Example: `  clientele finding list --severity high --state open
  clientele finding list --owner me
  clientele finding show fnd_…
  clientele finding suppress fnd_… --until 2026-12-31 --reason "the test system is switched off in December"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newFindingList(), newFindingShow(), newFindingSuppress(), newFindingReopen())
	return []*cobra.Command{cmd}
}

func newFindingList() *cobra.Command {
	var client, rule, severity, state, owner string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List findings",
		Example: `  clientele finding list --rule embedded-secret --state open
  clientele finding list --client cli_… --severity medium`,
		Args: cobra.NoArgs,
	}
	fl := cmd.Flags()
	fl.StringVar(&client, "client", "", "the id of the client they are on")
	fl.StringVar(&rule, "rule", "", "the rule that is broken; clientele explain lists them")
	fl.StringVar(&severity, "severity", "", "this or worse: info, low, medium, high or critical")
	fl.StringVar(&state, "state", "", "open, closed or suppressed")
	fl.StringVar(&owner, "owner", "", "who answers for the client: me, an e-mail address, or a name")
	complete(cmd, "severity", []string{"info", "low", "medium", "high", "critical"})
	complete(cmd, "state", []string{"open", "closed", "suppressed"})
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.GovernedFinding](cmd.Context(), r, "/v1/findings", chosen("client", client, "rule", rule, "severity", severity, "state", state, "owner", owner))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, f := range all {
				rows = append(rows, []string{f.ID, f.Severity, f.State, f.Rule, f.Client, when(f.OpenedAt), f.Message})
			}
			columns(w, []string{"ID", "SEVERITY", "STATE", "RULE", "CLIENT", "OPENED", "WHAT"}, rows)
		})
	})
}

func newFindingShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show FINDING", Short: "Show a finding, where it holds, and what to do", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		f, err := r.Finding(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, f, func(w io.Writer) { writeFinding(w, f) })
	})
}

func newFindingSuppress() *cobra.Command {
	var until, reason string
	cmd := &cobra.Command{
		Use:   "suppress FINDING",
		Short: "Accept a finding until a day, for a reason",
		Long: `Suppress accepts a finding until a day within the next year. It does not count for
its client's risk until then, and opens again by itself. Who accepted it, until
when and why is in the audit.`,
		Example: `  clientele finding suppress fnd_… --until 2026-12-31 --reason "the test system is switched off in December"
  clientele finding suppress fnd_… --until 720h --reason "rotation is under way: OPS-12"`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&until, "until", "", "the day on which it opens again: 2026-12-31, or a duration from now: 720h")
	cmd.Flags().StringVar(&reason, "reason", "", "why it may stand until then")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if until == "" || strings.TrimSpace(reason) == "" {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "a finding is accepted until a day and for a reason", Hint: `say both: --until 2026-12-31 --reason "…"`}
		}
		t, err := moment(until, time.Now())
		if err != nil {
			return err
		}
		f, err := r.SuppressFinding(cmd.Context(), args[0], api.SuppressInput{Until: t, Reason: reason})
		if err != nil {
			return err
		}
		return show(cmd, f, func(w io.Writer) {
			days := int(time.Until(f.SuppressedUntil).Hours() / 24)
			fmt.Fprintf(w, "accepted %s (%s) until %s, %d days from now; it opens again then\nto end that sooner: clientele finding reopen %s\n", f.ID, f.Rule, when(f.SuppressedUntil), days, f.ID)
		})
	})
}

func newFindingReopen() *cobra.Command {
	cmd := &cobra.Command{Use: "reopen FINDING", Short: "End the acceptance of a finding: it is open again", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		f, err := r.ReopenFinding(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, f, func(w io.Writer) { fmt.Fprintf(w, "%s (%s) is open\n", f.ID, f.Rule) })
	})
}

func writeFinding(w io.Writer, f api.GovernedFinding) {
	fmt.Fprintf(w, "%s  %s, %s\n%s\n\n", f.ID, f.Severity, f.State, indent(plainText(f.Message)))
	for _, l := range [][2]string{
		{"rule", f.Rule}, {"client", f.Client}, {"credential", f.Credential}, {"opened", when(f.OpenedAt)}, {"closed", when(f.ClosedAt)},
		{"accepted until", when(f.SuppressedUntil)}, {"accepted by", f.SuppressedBy}, {"because", f.SuppressedFor}, {"the tree's excuse", f.Excuse}, {"what to do", f.Remedy},
	} {
		if l[1] != "" {
			fmt.Fprintf(w, "  %-17s %s\n", l[0], plainText(l[1]))
		}
	}
	var rows [][]string
	for _, p := range f.Places {
		rows = append(rows, []string{p.Host, place(p.File, p.Line), strings.Join(p.Path, " › "), when(p.LastSeen), when(p.GoneAt)})
	}
	fmt.Fprintln(w)
	columns(w, []string{"HOST", "FILE", "PLACE", "LAST SEEN", "GONE"}, rows)
	fmt.Fprintf(w, "\nmore on the rule: clientele explain %s\n", f.Rule)
	if f.Credential != "" {
		fmt.Fprintf(w, "who else holds the secret: clientele credential show %s\n", f.Credential)
	}
}

// place is a file with its line, where one is known.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
