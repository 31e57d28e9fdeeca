package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func changeCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "change",
		Short: "Keep change records: why, and when, something may be changed",
		Long: `A change record says why, and when, something may be changed. It is kept here, or
it refers to a ticket of Jira, ServiceNow, GitHub or GitLab, which is asked how the
ticket stands: an answer may be relied on for 15 minutes.

Whoever writes a record cannot approve it. An edit ends an approval.`,
		Example: `  clientele change open "Rotate the key of orders-api" --from 2026-03-03T20:00Z --for 2h
  clientele change refer jira:OPS-123
  clientele change verify jira:OPS-123
  clientele change list --state open`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newChangeOpen(), newChangeRefer(), newChangeList(), newChangeShow(), newChangeVerify(), newChangeApprove(), newChangeEdit(), newChangeClose())
	return []*cobra.Command{cmd}
}

// window is the pair of flags for when a change is to happen.
type window struct {
	from string
	long time.Duration
}

func (w *window) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.from, "from", "", "when its window opens: 2026-03-03T20:00Z, or a duration from now: 2h")
	cmd.Flags().DurationVar(&w.long, "for", 0, "how long its window stays open: 2h")
}

// input is a record with that window.
func (w *window) input(title string, now time.Time) (api.ChangeInput, error) {
	in := api.ChangeInput{Title: title}
	if w.from != "" {
		t, err := moment(w.from, now)
		if err != nil {
			return in, err
		}
		in.WindowFrom = t
	}
	if w.long > 0 {
		if in.WindowFrom.IsZero() {
			in.WindowFrom = now.UTC()
		}
		in.WindowTo = in.WindowFrom.Add(w.long)
	}
	return in, nil
}

// moment reads a time as people write it, or a duration from now.
func moment(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.UTC().Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%q is not a time", text), Hint: "write it like 2026-03-03T20:00Z, in UTC, or like 2h for two hours from now"}
}

func newChangeOpen() *cobra.Command {
	var w window
	cmd := &cobra.Command{
		Use:   "open TITLE",
		Short: "Open a change record that is kept here",
		Example: `  clientele change open "Rotate the key of orders-api"
  clientele change open "Move to the new host" --from 2026-03-03T20:00Z --for 2h`,
		Args: cobra.ExactArgs(1),
	}
	w.flags(cmd)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		in, err := w.input(args[0], time.Now())
		if err != nil {
			return err
		}
		c, err := r.OpenChange(cmd.Context(), in)
		if err != nil {
			return err
		}
		return show(cmd, c, func(w io.Writer) {
			fmt.Fprintf(w, "opened %s\nnext: somebody else approves it with  clientele change approve %s\n", c.ID, c.ID)
		})
	})
}

func newChangeRefer() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "refer TICKET",
		Short: "Refer to a ticket of another system, and verify it",
		Example: `  clientele change refer jira:OPS-123
  clientele change refer CHG0030192
  clientele change refer https://github.com/acme/orders/pull/12`,
		Args: cobra.ExactArgs(1),
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		c, err := r.OpenChange(cmd.Context(), api.ChangeInput{Ref: args[0]})
		if err != nil {
			return err
		}
		if c, err = r.VerifyChange(cmd.Context(), c.ID); err != nil {
			return err
		}
		return verified(cmd, c)
	})
}

func newChangeVerify() *cobra.Command {
	cmd := &cobra.Command{Use: "verify CHANGE", Short: "Ask the other system how a change stands", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := changeID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		c, err := r.VerifyChange(cmd.Context(), id)
		if err != nil {
			return err
		}
		return verified(cmd, c)
	})
}

// verified shows what was said; without an answer the command fails.
func verified(cmd *cobra.Command, c api.Change) error {
	err := show(cmd, c, func(w io.Writer) { writeChange(w, c) })
	if err == nil && c.Trouble != "" {
		return &clientele.Error{Kind: clientele.Unavailable, Msg: c.Trouble, Hint: "what stands above is what was said before; it is asked again by itself"}
	}
	return err
}

func newChangeList() *cobra.Command {
	var system, state string
	cmd := &cobra.Command{Use: "list", Short: "List change records", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&system, "system", "", "clientele, jira, servicenow, github or gitlab")
	cmd.Flags().StringVar(&state, "state", "", "open, approved, closed, cancelled or unknown")
	complete(cmd, "system", []string{"clientele", "jira", "servicenow", "github", "gitlab"})
	complete(cmd, "state", []string{"open", "approved", "closed", "cancelled", "unknown"})
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.Change](cmd.Context(), r, "/v1/changes", chosen("system", system, "state", state))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, c := range all {
				rows = append(rows, []string{c.ID, changeRef(c), c.State, yes(c.Open), when(c.CheckedAt), c.Title})
			}
			columns(w, []string{"ID", "REFERENCE", "STATE", "OPEN NOW", "CHECKED", "TITLE"}, rows)
		})
	})
}

// chosen is a query of the pairs of name and value that have a value.
func chosen(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

func newChangeShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show CHANGE", Short: "Show a change record and what was said of it", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := changeID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		c, err := r.Change(cmd.Context(), id)
		if err != nil {
			return err
		}
		return show(cmd, c, func(w io.Writer) { writeChange(w, c) })
	})
}

func newChangeApprove() *cobra.Command {
	cmd := &cobra.Command{Use: "approve CHANGE", Short: "Approve a change record that somebody else wrote", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := changeID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		c, err := r.ApproveChange(cmd.Context(), id)
		if err != nil {
			return err
		}
		return show(cmd, c, func(w io.Writer) { fmt.Fprintf(w, "approved %s; an edit would end that\n", c.ID) })
	})
}

func newChangeEdit() *cobra.Command {
	var w window
	cmd := &cobra.Command{
		Use:   "edit CHANGE TITLE",
		Short: "Write the title and the window of a change record again",
		Long: `Edit writes the title and the window of a change record again; without --from and
--for it has no window any more. If it was approved it has to be approved again.`,
		Args: cobra.ExactArgs(2),
	}
	w.flags(cmd)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := changeID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		in, err := w.input(args[1], time.Now())
		if err != nil {
			return err
		}
		c, err := r.UpdateChange(cmd.Context(), id, in)
		if err != nil {
			return err
		}
		return show(cmd, c, func(w io.Writer) {
			writeChange(w, c)
			fmt.Fprintf(w, "\nnext: somebody else approves it with  clientele change approve %s\n", c.ID)
		})
	})
}

func newChangeClose() *cobra.Command {
	var cancel bool
	cmd := &cobra.Command{Use: "close CHANGE", Short: "Close a change record: nothing more happens under it", Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&cancel, "cancel", false, "it was given up")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := changeID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		state := "closed"
		if cancel {
			state = "cancelled"
		}
		c, err := r.CloseChange(cmd.Context(), id, state)
		if err != nil {
			return err
		}
		return show(cmd, c, func(w io.Writer) { fmt.Fprintf(w, "%s %s\n", c.State, c.ID) })
	})
}

// changeID finds the id of what a person calls a change.
func changeID(ctx context.Context, r *api.Remote, text string) (string, error) {
	if strings.HasPrefix(text, "chg_") {
		return text, nil
	}
	list, err := r.Changes(ctx, url.Values{"ref": {text}})
	if err != nil {
		return "", err
	}
	if len(list.Items) != 1 {
		return "", &clientele.Error{Kind: clientele.NotFound, Msg: "nobody has referred to " + plainText(text) + " yet", Hint: "clientele change refer " + plainText(text)}
	}
	return list.Items[0].ID, nil
}

func changeRef(c api.Change) string {
	if c.System == "clientele" {
		return ""
	}
	return c.System + ":" + c.Key
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func writeChange(w io.Writer, c api.Change) {
	fmt.Fprintf(w, "%s  %s\n", c.ID, plainText(c.Title))
	facts := [][]string{
		{"reference", changeRef(c)}, {"page", c.URL}, {"state", c.State}, {"in its own words", c.RawState},
		{"opened by", c.By}, {"approved by", c.ApprovedBy}, {"window opens", when(c.WindowFrom)}, {"window closes", when(c.WindowTo)},
		{"last answer", when(c.CheckedAt)}, {"relied on until", when(c.GoodUntil)},
	}
	for _, f := range facts {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-17s %s\n", f[0], plainText(f[1]))
		}
	}
	if c.Open {
		fmt.Fprintln(w, "  open now: something may be done under it")
	} else {
		fmt.Fprintf(w, "  not open now: it %s\n", plainText(c.Obstacle))
	}
	if len(c.Checks) > 0 {
		fmt.Fprintln(w)
		var rows [][]string
		for _, k := range c.Checks {
			said := k.State
			if k.Reason != "" {
				said = k.Reason
			}
			rows = append(rows, []string{when(k.At), k.Answer, said, k.RawState})
		}
		columns(w, []string{"CHECKED", "ANSWER", "STATE", "IN ITS OWN WORDS"}, rows)
	}
}
