package main

import (
	"fmt"
	"io"
	"time"

	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func delegateCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "delegate",
		Short: "Lend your decisions to somebody for a while",
		Long: `A delegation lets somebody decide on requests and reviews for you until a day: on
holiday, for one client or for all. It covers what you may decide in your own
right, not what was lent to you, and nobody gains a vote on what they asked for.`,
		Example: `  clientele delegate create --to ben@example.com --until 2026-08-31
  clientele delegate list
  clientele delegate end dlg_06h0mam3`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newDelegateCreate(), newDelegateList(), newDelegateEnd())
	return []*cobra.Command{cmd}
}

func newDelegateCreate() *cobra.Command {
	var in api.DelegationInput
	var from, until string
	cmd := &cobra.Command{
		Use:   "create --to PERSON --until WHEN",
		Short: "Lend your decisions to somebody for a while",
		Example: `  clientele delegate create --to ben@example.com --until 2026-08-31
  clientele delegate create --to ben@example.com --from 2026-08-10 --until 2026-08-31 --client cli_06h0mam3`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&in.To, "to", "", "the person who may decide for you")
	cmd.Flags().StringVar(&in.Client, "client", "", "for this client only")
	cmd.Flags().StringVar(&from, "from", "", "when it begins: 2026-08-10, or 2h; without it, now")
	cmd.Flags().StringVar(&until, "until", "", "when it ends: 2026-08-31, or 48h; ninety days after its beginning at the latest")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		if err := need(cmd, "to", "until"); err != nil {
			return err
		}
		now := time.Now()
		var err error
		if from != "" {
			if in.StartsAt, err = moment(from, now); err != nil {
				return err
			}
		}
		if in.EndsAt, err = moment(until, now); err != nil {
			return err
		}
		d, err := r.Delegate(cmd.Context(), in)
		if err != nil {
			return err
		}
		return show(cmd, d, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %s decides for you from %s UTC\n", d.ID, plainText(d.BorrowerName), when(d.StartsAt))
			writeNext(w, "it ends by itself, or when you take it back", "clientele delegate end "+d.ID, d.EndsAt, now)
		})
	})
}

func newDelegateList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List delegations: your own, or all for security and auditors", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.Delegation](cmd.Context(), r, "/v1/delegations", nil)
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			now := time.Now()
			var rows [][]string
			for _, d := range all {
				state := "begins later"
				switch {
				case !d.EndedAt.IsZero():
					state = "ended " + when(d.EndedAt)
				case d.Counts, !d.EndsAt.After(now):
					state = left(d.EndsAt, now)
				}
				rows = append(rows, []string{d.ID, d.LenderName, d.BorrowerName, d.Client, when(d.StartsAt), when(d.EndsAt), state})
			}
			columns(w, []string{"ID", "FROM", "TO", "CLIENT", "BEGINS", "ENDS", "STATE"}, rows)
		})
	})
}

func newDelegateEnd() *cobra.Command {
	cmd := &cobra.Command{Use: "end DELEGATION", Short: "Take a delegation back", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		d, err := r.EndDelegation(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, d, func(w io.Writer) {
			fmt.Fprintf(w, "%s has ended; what was decided by it stands\n", d.ID)
		})
	})
}
