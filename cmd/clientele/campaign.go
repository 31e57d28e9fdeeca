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

func campaignCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "Review many clients by a day, and see that it was really done",
		Long: `A campaign asks about every client that fits, as it stood when the campaign began.
It ends by itself when each was decided or missed, and says of itself how much was
covered, whether anybody reviewed themselves, whether what was to end has ended, and
who may not have looked.`,
		Example: `  clientele campaign start "Spring" --environment production --min-tier 2 --within 336h
  clientele campaign show cmp_01jd`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newCampaignStart(), newCampaignList(), newCampaignShow(), newCampaignCancel())
	return []*cobra.Command{cmd}
}

func newCampaignStart() *cobra.Command {
	var s api.CampaignSelection
	var within time.Duration
	var sure bool
	cmd := &cobra.Command{
		Use:   "start NAME",
		Short: "Begin a campaign; without --yes only say whom it would ask",
		Example: `  clientele campaign start "Vendors" --vendors --within 240h
  clientele campaign start "Spring" --environment production --min-tier 2 --yes`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&s.Environment, "environment", "", "production, staging, test, development or local")
	f.IntVar(&s.MinTier, "min-tier", 0, "this tier and those above")
	f.StringVar(&s.Owner, "owner", "", "the id of an owner or team")
	f.StringVar(&s.Kind, "kind", "", "the kind of client")
	f.BoolVar(&s.Vendors, "vendors", false, "vendors' clients alone")
	f.DurationVar(&within, "within", 14*24*time.Hour, "how long the reviewers have")
	f.BoolVar(&sure, "yes", false, "do it")
	complete(cmd, "environment", clientele.Environments)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		q := chosen("environment", s.Environment, "owner", s.Owner, "kind", s.Kind)
		q.Set("min_tier", fmt.Sprint(s.MinTier))
		q.Set("vendors", fmt.Sprint(s.Vendors))
		p, err := r.PreviewCampaign(cmd.Context(), q)
		if err != nil {
			return err
		}
		if !sure {
			err := show(cmd, p, func(w io.Writer) { fmt.Fprintf(w, "it would ask %d owners about %d clients\n", p.Reviewers, p.Clients) })
			if err != nil {
				return err
			}
			return &clientele.Error{Kind: clientele.Invalid, Msg: "nothing was begun", Hint: "add --yes"}
		}
		k, err := r.CreateCampaign(cmd.Context(), api.CampaignInput{Name: args[0], Selection: s, DueAt: time.Now().Add(within).UTC()})
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) {
			fmt.Fprintf(w, "began %s: %d owners are asked about %d clients, due %s\nnext: clientele campaign show %s\n", k.ID, p.Reviewers, k.Items, timeLeft(k.DueAt, time.Now()), k.ID)
		})
	})
}

func newCampaignList() *cobra.Command {
	var state string
	cmd := &cobra.Command{Use: "list", Short: "List campaigns", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&state, "state", "", "open, done or cancelled")
	complete(cmd, "state", []string{"open", "done", "cancelled"})
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.Campaign](cmd.Context(), r, "/v1/campaigns", chosen("state", state))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, k := range all {
				passed := ""
				if k.SelfTest != nil {
					passed = yes(k.SelfTest.Passed)
				}
				rows = append(rows, []string{k.ID, k.Name, k.State, fmt.Sprint(k.Items), when(k.DueAt), passed})
			}
			columns(w, []string{"CAMPAIGN", "NAME", "STATE", "CLIENTS", "DUE", "PASSED"}, rows)
		})
	})
}

func newCampaignShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show CAMPAIGN", Short: "Show a campaign with its self-test as it is now", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		k, err := r.Campaign(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) { writeCampaign(w, k) })
	})
}

func newCampaignCancel() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "cancel CAMPAIGN", Short: "Cancel a campaign, with the reviews that nothing else asked for", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if reason == "" {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "say why", Hint: "add --reason"}
		}
		k, err := r.CancelCampaign(cmd.Context(), args[0], reason)
		if err != nil {
			return err
		}
		return show(cmd, k, func(w io.Writer) { fmt.Fprintf(w, "cancelled %s\n", k.ID) })
	})
}

func writeCampaign(w io.Writer, k api.Campaign) {
	fmt.Fprintf(w, "%s  %s  (%s)\n", k.ID, plainText(k.Name), k.State)
	facts := [][]string{{"clients", fmt.Sprint(k.Items)}, {"due", when(k.DueAt)}, {"ended", when(k.EndedAt)}, {"snapshot", k.Snapshot}}
	if t := k.SelfTest; t != nil {
		facts = append(facts, [][]string{
			{"covered", fmt.Sprintf("%.0f %%: %d decided, %d missed, %d cancelled, %d open", 100*t.Coverage, t.Decided, t.Missed, t.Cancelled, t.Open)},
			{"self-reviews", fmt.Sprintf("%d, of these %d from tier 3 on", t.SelfReviews, t.HighSelfReviews)},
			{"revokes", fmt.Sprintf("%d, of these %d looked at and found ended", t.Revokes, t.Verified)},
			{"time on an item", (time.Duration(t.MedianMilliseconds) * time.Millisecond).String() + " (median)"},
			{"at once", fmt.Sprintf("%.0f %% of decisions; %.0f %% kept everything", 100*t.BulkRatio, 100*t.KeptRatio)},
			{"items as snapshot", yes(t.SnapshotHolds)},
			{"passed", yes(t.Passed)},
		}...)
		for _, s := range t.Stamps {
			facts = append(facts, []string{"may not have looked", fmt.Sprintf("%s: %d decisions, %s each", s.Reviewer, s.Decisions, time.Duration(s.MedianMilliseconds)*time.Millisecond)})
		}
	}
	for _, f := range facts {
		if strings.TrimSpace(f[1]) != "" {
			fmt.Fprintf(w, "  %-20s %s\n", f[0], plainText(f[1]))
		}
	}
}
