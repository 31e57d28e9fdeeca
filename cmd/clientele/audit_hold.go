package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func newAuditStatus() *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Show how far the log is signed, and who else holds it", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		s, err := r.AuditStatus(cmd.Context())
		if err != nil {
			return err
		}
		return show(cmd, s, func(w io.Writer) { writeStatus(w, s) })
	})
}

func writeStatus(w io.Writer, s api.AuditStatus) {
	fmt.Fprintf(w, "entries      %d\n", s.Size)
	if s.Pruned > 0 {
		fmt.Fprintf(w, "pruned       below %d\n", s.Pruned)
	}
	fmt.Fprintf(w, "signed       %d  %s\nkey          %s\n", s.Signed, when(s.SignedAt), plainText(s.Key))
	if s.Refused != "" {
		fmt.Fprintf(w, "NOT SIGNED   %s\n             clientele audit verify names the rows\n", plainText(s.Refused))
	}
	for _, h := range s.Holders {
		fmt.Fprintf(w, "held         %d  by %s since %s\n", s.Held, plainText(h.Name), when(h.At))
	}
	switch s.Alarm {
	case "red":
		fmt.Fprintln(w, "\nRED: nobody else holds a checkpoint, so whoever has the database and the key could\n"+
			"rewrite the log unseen. Keep one elsewhere and show it:\n"+
			"  clientele audit checkpoint > checkpoint.txt && clientele audit hold checkpoint.txt\n"+
			"or run a witness on another machine:  clientele witness --help")
	case "amber":
		fmt.Fprintln(w, "\nAMBER: the newest checkpoint held elsewhere is older than a day.\n"+
			"  clientele audit checkpoint > checkpoint.txt && clientele audit hold checkpoint.txt")
	}
}

func newAuditCheckpoint() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Print the log's newest signed checkpoint, to be kept elsewhere",
		Long: `Checkpoint prints the signed head of the log. Kept where the log's operators cannot
change it (a ticket, a mail, a printout, another machine), it holds the log to what
it says today: "clientele audit verify --checkpoint FILE" finds any rewriting.`,
		Example: `  clientele audit checkpoint > checkpoint.txt
  clientele audit hold checkpoint.txt`,
		Args: cobra.NoArgs,
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		s, err := r.AuditStatus(cmd.Context())
		if err != nil {
			return err
		}
		if s.Checkpoint == "" {
			return &clientele.Error{Kind: clientele.NotFound, Msg: "no checkpoint is signed yet", Hint: "the first is signed a second after the first entry"}
		}
		return show(cmd, map[string]any{"size": s.Signed, "at": s.SignedAt, "checkpoint": s.Checkpoint}, func(w io.Writer) { fmt.Fprint(w, s.Checkpoint) })
	})
}

func newAuditHold() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hold FILE",
		Short: "Show a checkpoint that you hold",
		Long: `Hold shows the log a checkpoint that you keep elsewhere. The log proves that it
still begins with that tree, and records that you hold it.`,
		Example: "  clientele audit hold checkpoint.txt",
		Args:    cobra.ExactArgs(1),
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		text, err := readSmall(args[0])
		if err != nil {
			return err
		}
		h, err := r.ShowCheckpoint(cmd.Context(), string(text))
		if err != nil {
			return err
		}
		return show(cmd, h, func(w io.Writer) {
			fmt.Fprintf(w, "the log begins with your checkpoint of %d entries, signed %s; that you hold it is recorded\nkeep %s where the log's operators cannot change it\n",
				h.Size, when(h.At), args[0])
		})
	})
}

// maxSmallFile is the largest file that is read whole, in bytes.
const maxSmallFile = 256 << 10

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: err.Error(), Err: err}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmallFile+1))
	if err == nil && len(b) > maxSmallFile {
		err = clientele.Errorf(clientele.Limit, "%s is longer than %d bytes", name, maxSmallFile)
	}
	return b, err
}

func newAuditLegalHold() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "legal-hold",
		Short: "Keep entries of a span of time from being pruned",
		Example: `  clientele audit legal-hold place CASE-2026-17 --from 2026-01-01 --to 2026-04-01
  clientele audit legal-hold list
  clientele audit legal-hold lift hld_… --yes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newLegalHoldPlace(), newLegalHoldList(), newLegalHoldLift())
	return cmd
}

func newLegalHoldPlace() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:     "place MATTER",
		Short:   "Place a legal hold for a case, named by its reference",
		Example: "  clientele audit legal-hold place CASE-2026-17 --from 2026-01-01 --to 2026-04-01",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&from, "from", "", "first time of the span: 2026-01-01")
	cmd.Flags().StringVar(&to, "to", "", "end of the span: 2026-04-01")
	_ = cmd.MarkFlagRequired("from")
	_ = cmd.MarkFlagRequired("to")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		in := api.LegalHoldInput{Matter: args[0]}
		var err error
		if in.From, err = moment(from, time.Now()); err != nil {
			return err
		}
		if in.To, err = moment(to, time.Now()); err != nil {
			return err
		}
		h, err := r.PlaceLegalHold(cmd.Context(), in)
		if err != nil {
			return err
		}
		return show(cmd, h, func(w io.Writer) {
			fmt.Fprintf(w, "placed %s: entries from %s to %s stay\nend it with  clientele audit legal-hold lift %s\n", h.ID, when(h.From), when(h.To), h.ID)
		})
	})
}

func newLegalHoldList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List legal holds", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		list, err := r.LegalHolds(cmd.Context())
		if err != nil {
			return err
		}
		return show(cmd, list, func(w io.Writer) {
			var rows [][]string
			for _, h := range list.Items {
				rows = append(rows, []string{h.ID, h.Matter, when(h.From), when(h.To), h.By, when(h.At), when(h.LiftedAt)})
			}
			columns(w, []string{"ID", "MATTER", "FROM", "TO", "BY", "PLACED", "LIFTED"}, rows)
		})
	})
}

func newLegalHoldLift() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: "lift ID", Short: "Lift a legal hold: its entries may be pruned again", Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if !yes {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "entries that only " + plainText(args[0]) + " keeps may then be pruned for good", Hint: "add --yes to lift it"}
		}
		if err := r.LiftLegalHold(cmd.Context(), args[0]); err != nil {
			return err
		}
		return show(cmd, map[string]string{"lifted": args[0]}, func(w io.Writer) { fmt.Fprintf(w, "lifted %s\n", args[0]) })
	})
}

func newAuditPrune() *cobra.Command {
	var before string
	var yes bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Take the bodies of old entries away; the tree and all proofs stay",
		Long: `Prune takes away what old entries say. Their hashes stay, so that the log verifies
and proofs made before stay true. Entries under a legal hold stay whole. Without
--yes it says how much would go.`,
		Example: `  clientele audit prune
  clientele audit prune --before 2025-01-01 --yes`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&before, "before", "", "entries older than this (default: what the retention allows)")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it; it cannot be taken back")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		var in api.PruneInput
		if before != "" {
			t, err := moment(before, time.Now())
			if err != nil {
				return err
			}
			in.Before = t
		}
		p, err := r.PreviewPrune(cmd.Context(), in.Before)
		if err != nil {
			return err
		}
		if !yes {
			return show(cmd, p, func(w io.Writer) {
				fmt.Fprintf(w, "%d entries from before %s would lose their text, for good\n", p.Bodies, when(p.Before))
				if p.Bodies > 0 {
					fmt.Fprintln(w, "keep a copy first:  clientele audit bundle --help\ndo it:  add --yes")
				}
			})
		}
		in.Before = p.Before
		return prune(cmd, r, in)
	})
}

// prune prunes part after part; each is an act.
func prune(cmd *cobra.Command, r *api.Remote, in api.PruneInput) error {
	var sum int64
	for {
		p, err := r.Prune(cmd.Context(), in)
		if err != nil {
			return err
		}
		sum += p.Bodies
		if !p.More {
			p.Bodies = sum
			return show(cmd, p, func(w io.Writer) {
				fmt.Fprintf(w, "%d entries lost their text; the log still verifies:  clientele audit verify\n", sum)
			})
		}
	}
}
