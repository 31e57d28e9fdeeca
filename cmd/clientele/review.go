package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func reviewCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Look at clients whose review is due, and decide",
		Long: `A review asks whether a client is still needed as it is. It is opened by its tier's
time (365, 180, 90 or 30 days), and when something happened: the owner left or
moved, a credential leaked, a contract ends, a new kind of access was granted, or it
was not used for 45 days.

What is new or changed since the last review comes first. Nobody decides for seven
days after the review's day: the client is suspended, never deleted. From tier 3 on
its writes and exports end on the day itself.`,
		Example: `  clientele review list
  clientele review walk
  clientele review show rev_01jd
  clientele review keep rev_01jd rev_02ke
  clientele review narrow rev_01jd --reason "only reads orders"
  clientele review hand-over rev_01jd --to new.owner@example.com --reason "moved team"
  clientele review not-mine rev_01jd --suggest payments --reason "never saw it"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newReviewList(), newReviewShow(), newReviewWalk(),
		newReviewKeep(), newReviewNarrow(), newReviewHandOver(), newReviewRetire(), newReviewNotMine())
	return []*cobra.Command{cmd}
}

func newReviewList() *cobra.Command {
	var state, client, campaign string
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the open reviews whose turn is yours",
		Example: `  clientele review list
  clientele review list --all --state missed
  clientele review list --all --campaign cmp_01jd`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&state, "state", "open", "open, kept, narrowed, handed_over, retired, disowned, missed, cancelled; empty: all")
	cmd.Flags().StringVar(&client, "client", "", "of this client")
	cmd.Flags().StringVar(&campaign, "campaign", "", "of this campaign")
	cmd.Flags().BoolVar(&all, "all", false, "also those whose turn is somebody else's")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		q := chosen("state", state, "client", client, "campaign", campaign)
		if !all {
			q.Set("turn", "true")
		}
		list, err := api.All[api.Review](cmd.Context(), r, "/v1/reviews", q)
		if err != nil {
			return err
		}
		return show(cmd, list, func(w io.Writer) {
			var rows [][]string
			for _, v := range list {
				rows = append(rows, []string{v.ID, v.ClientName, fmt.Sprint("T", v.Tier), v.State, timeLeft(v.DueAt, time.Now()), reviewUsage(v.Evidence), reviewChanges(v.Delta)})
			}
			columns(w, []string{"REVIEW", "CLIENT", "TIER", "STATE", "DUE", "USED", "SINCE THE LAST REVIEW"}, rows)
		})
	})
}

// timeLeft says how much time there is until a moment.
func timeLeft(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d < 0:
		return fmt.Sprintf("%d days ago", int(-d.Hours()/24))
	case d < 48*time.Hour:
		return fmt.Sprintf("in %d hours", int(d.Hours()))
	}
	return fmt.Sprintf("in %d days", int(d.Hours()/24))
}

// reviewUsage is "3 of 11 in 90 days".
func reviewUsage(e api.ReviewEvidence) string {
	return fmt.Sprintf("%d of %d in %d days", e.Used, len(e.Grants), e.Days)
}

func reviewChanges(d api.ReviewDelta) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{d.New, "new"}, {d.Changed, "changed"}, {d.Unused, "unused"}, {d.Unchanged, "unchanged"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

func newReviewShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show REVIEW", Short: "Show a review with its evidence as it is now", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		v, err := r.Review(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, v, func(w io.Writer) { writeReview(w, v, time.Now()) })
	})
}

// writeReview is the card of a review.
func writeReview(w io.Writer, v api.Review, now time.Time) {
	name := func(id string) string {
		if n := v.Names[id]; n != "" {
			return n
		}
		return id
	}
	e := v.Evidence
	fmt.Fprintf(w, "%s  %s  (%s, tier %d)\n", v.ID, plainText(v.ClientName), v.Client, v.Tier)
	facts := [][]string{
		{"state", strings.ReplaceAll(v.State, "_", " ")}, {"because", reviewCauses(v)}, {"due", when(v.DueAt) + ", " + timeLeft(v.DueAt, now)},
		{"turn", name(v.Reviewer)}, {"owner", name(v.Owner)}, {"backup", name(v.Backup)},
		{"last used", when(e.LastUsedAt)}, {"used", reviewUsage(e)}, {"who has it", reviewHolders(v, name)},
		{"if it ended", reviewRemoval(e.Removal)}, {"findings", countOf(e.Findings, "open")}, {"changed as well", strings.Join(e.Changes, ", ")},
		{"decided by", name(v.DecidedBy)}, {"reason", v.Reason}, {"found ended", when(v.VerifiedAt)},
	}
	for _, c := range e.Conditions {
		facts = append(facts, []string{strings.ReplaceAll(c.Name, "_", "-"), strings.Join(c.Reasons, "; ")})
	}
	for _, f := range facts {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-16s %s\n", f[0], plainText(f[1]))
		}
	}
	if len(e.Grants) > 0 {
		fmt.Fprintln(w)
		var rows [][]string
		for _, g := range e.Grants {
			rows = append(rows, []string{strings.ToUpper(g.Delta), g.ID, g.Verb, strings.TrimSpace(g.Service + " " + g.Method + " " + g.Path), fmt.Sprint(g.Uses), when(g.LastUsedAt)})
		}
		columns(w, []string{"", "GRANT", "VERB", "WHERE", "USES", "LAST USED"}, rows)
	}
	if v.State == "open" {
		fmt.Fprintf(w, "\nnext: clientele review keep|narrow|hand-over|retire|not-mine %s\n", v.ID)
	}
}

func reviewCauses(v api.Review) string {
	var all []string
	for _, c := range v.Causes {
		all = append(all, strings.ReplaceAll(c.Cause, "_", " "))
	}
	return strings.Join(slices.Compact(all), ", ")
}

func reviewHolders(v api.Review, name func(string) string) string {
	if v.Evidence.Machines == 0 {
		return ""
	}
	var people []string
	for _, p := range v.Evidence.People {
		people = append(people, name(p))
	}
	return strings.TrimSuffix(fmt.Sprintf("%d machines: %s", v.Evidence.Machines, strings.Join(people, ", ")), ": ")
}

func reviewRemoval(r api.ReviewRemoval) string {
	if r.Calls == 0 {
		return "no use of it is known"
	}
	return fmt.Sprintf("%d services at %d endpoints lose a caller of %d calls, the last on %s", r.Services, r.Endpoints, r.Calls, when(r.LastAt))
}

func countOf(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

// verdictCommand makes the command that decides reviews in one way. flags may add to the choice.
func verdictCommand(cmd *cobra.Command, choice *api.ReviewChoice, needReason bool) *cobra.Command {
	cmd.Flags().StringVar(&choice.Reason, "reason", "", "why")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if needReason && choice.Reason == "" {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "say why", Hint: "add --reason"}
		}
		done, err := decideAll(cmd, r, args, *choice)
		if err != nil {
			return err
		}
		return show(cmd, done, func(w io.Writer) {
			for _, v := range done {
				writeDecided(w, v)
			}
		})
	})
}

func decideAll(cmd *cobra.Command, r *api.Remote, ids []string, choice api.ReviewChoice) ([]api.Review, error) {
	if len(ids) == 1 {
		v, err := r.DecideReview(cmd.Context(), ids[0], choice)
		return []api.Review{v}, err
	}
	var all api.ReviewChoices
	for _, id := range ids {
		all.Choices = append(all.Choices, api.ReviewChoiceOf{Review: id, ReviewChoice: choice})
	}
	return r.DecideReviews(cmd.Context(), all)
}

func writeDecided(w io.Writer, v api.Review) {
	fmt.Fprintf(w, "%s %s", strings.ReplaceAll(v.State, "_", " "), plainText(v.ClientName))
	if n := len(v.EndedGrants); n > 0 {
		fmt.Fprintf(w, "; %d grants ended, which is looked at again in the next sweep", n)
	}
	fmt.Fprintln(w)
}

func newReviewKeep() *cobra.Command {
	return verdictCommand(&cobra.Command{
		Use:   "keep REVIEW...",
		Short: "Keep clients as they are, until the next review",
		Args:  cobra.RangeArgs(1, 50),
	}, &api.ReviewChoice{Verdict: "keep"}, false)
}

func newReviewNarrow() *cobra.Command {
	choice := &api.ReviewChoice{Verdict: "narrow"}
	cmd := &cobra.Command{
		Use:   "narrow REVIEW...",
		Short: "Keep what was used within 90 days, end the rest",
		Example: `  clientele review narrow rev_01jd --reason "only reads orders"
  clientele review narrow rev_01jd --keep grt_01jd,grt_02ke --reason "the export is needed at year's end"`,
		Args: cobra.RangeArgs(1, 50),
	}
	cmd.Flags().StringSliceVar(&choice.Keep, "keep", nil, "the grants to keep instead of those that were used")
	return verdictCommand(cmd, choice, true)
}

func newReviewHandOver() *cobra.Command {
	choice := &api.ReviewChoice{Verdict: "hand_over"}
	cmd := &cobra.Command{
		Use:     "hand-over REVIEW...",
		Short:   "Give clients to another owner, who is asked within 14 days",
		Example: `  clientele review hand-over rev_01jd --to payments --reason "moved team"`,
		Args:    cobra.RangeArgs(1, 50),
	}
	cmd.Flags().StringVar(&choice.To, "to", "", "the new owner: an address, a user or team name, an id")
	cmd.Flags().StringVar(&choice.Backup, "backup", "", "the new backup")
	return verdictCommand(cmd, choice, true)
}

func newReviewNotMine() *cobra.Command {
	choice := &api.ReviewChoice{Verdict: "not_mine"}
	cmd := &cobra.Command{
		Use:     "not-mine REVIEW...",
		Short:   "Say that clients are not yours, and perhaps whose they are",
		Example: `  clientele review not-mine rev_01jd --suggest payments --reason "never saw it"`,
		Args:    cobra.RangeArgs(1, 50),
	}
	cmd.Flags().StringVar(&choice.Suggest, "suggest", "", "whose it may be: an address, a user or team name, an id")
	return verdictCommand(cmd, choice, true)
}

func newReviewRetire() *cobra.Command {
	choice := &api.ReviewChoice{Verdict: "retire"}
	var sure bool
	cmd := &cobra.Command{
		Use:   "retire REVIEW",
		Short: "Retire the client: its access ends now, its credentials are to be revoked",
		Long: `Retire ends all of a client's access and begins to revoke its credentials. That is
not undone: its id is never used again. Without --yes it only shows what would stop.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&choice.Reason, "reason", "", "why")
	cmd.Flags().BoolVar(&sure, "yes", false, "do it")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		v, err := r.Review(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if !sure {
			err := show(cmd, v, func(w io.Writer) { writeReview(w, v, time.Now()) })
			if err != nil {
				return err
			}
			return &clientele.Error{Kind: clientele.Invalid, Msg: "nothing was done: above is what would end", Hint: fmt.Sprintf("clientele review retire %s --reason … --yes", v.ID)}
		}
		done, err := r.DecideReview(cmd.Context(), args[0], *choice)
		if err != nil {
			return err
		}
		return show(cmd, done, func(w io.Writer) {
			writeDecided(w, done)
			fmt.Fprintf(w, "next: see which credentials are still to be tested dead: clientele client show %s\n", done.Client)
		})
	})
}
