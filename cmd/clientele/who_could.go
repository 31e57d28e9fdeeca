package main

import (
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func newWhoCould() *cobra.Command {
	var at, known, client string
	cmd := &cobra.Command{
		Use:   "who-could [VERB] WHAT",
		Short: "Say who could do something on a day, under which grant and change",
		Long: `Who-could answers an auditor's question: which clients could do something at a time,
who owned them then, who approved it, and under which change record.

WHAT is a service (its host, name or id) or a data class such as pii. --known-at
answers as somebody would have been answered who asked then: what was recorded
later, for an earlier time, is left out.`,
		Example: `  clientele who-could export customers --at 2026-03-03
  clientele who-could export customers --at 2026-03-03 --known-at 2026-03-03
  clientele who-could crm.example
  clientele who-could write pii --client cli_06h0mam3`,
		Args: cobra.RangeArgs(0, 2),
	}
	cmd.Flags().StringVar(&at, "at", "", "when: 2026-03-03 (its end, UTC) or 2026-03-03T14:00:00Z (default: now)")
	cmd.Flags().StringVar(&known, "known-at", "", "as known then (default: as known now)")
	cmd.Flags().StringVar(&client, "client", "", "only this client")
	return remote(cmd, func(c *cobra.Command, r *api.Remote, args []string) error {
		q := url.Values{}
		switch len(args) {
		case 2:
			q.Set("verb", args[0])
			q.Set("what", args[1])
		case 1:
			q.Set("what", args[0])
		}
		if client != "" {
			q.Set("client", client)
		}
		for name, text := range map[string]string{"at": at, "known_at": known} {
			if text == "" {
				continue
			}
			t, err := dayOrTime(text)
			if err != nil {
				return err
			}
			q.Set(name, t.Format(time.RFC3339Nano))
		}
		all, err := api.All[api.WhoCould](c.Context(), r, "/v1/who-could", q)
		if err != nil {
			return err
		}
		return show(c, all, func(w io.Writer) { tellWhoCould(w, all) })
	})
}

// dayOrTime reads a day, which stands for its last moment, or a time.
func dayOrTime(s string) (time.Time, error) {
	if d, err := time.Parse(time.DateOnly, s); err == nil {
		return d.AddDate(0, 0, 1).Add(-time.Microsecond), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%q is neither a day nor a time", s), Hint: "write 2026-03-03 or 2026-03-03T14:00:00Z"}
	}
	return t.UTC(), nil
}

func tellWhoCould(w io.Writer, all []api.WhoCould) {
	if len(all) == 0 {
		fmt.Fprintln(w, "nobody could")
		return
	}
	var rows [][]string
	for _, a := range all {
		how := "by policy"
		for i, d := range a.Decisions {
			if i == 0 {
				how = d.ByName
			} else {
				how += ", " + d.ByName
			}
		}
		if a.BreakGlass != "" {
			how = "emergency " + a.BreakGlass
		}
		rows = append(rows, []string{a.ClientName, a.OwnerName, scopeLine(a.Scope), how, a.Change, when(a.ValidFrom), when(a.ValidTo), a.ID})
	}
	columns(w, []string{"CLIENT", "OWNER THEN", "COULD", "APPROVED", "CHANGE", "FROM", "UNTIL", "GRANT"}, rows)
	fmt.Fprintf(w, "\nWho did:  clientele audit search --client CLIENT --verb VERB\n")
}

func newGrant() *cobra.Command {
	cmd := &cobra.Command{Use: "grant", Short: "See and revoke what clients may do", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	list := remote(&cobra.Command{Use: "list CLIENT", Short: "List a client's grants, with all versions of each", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, r *api.Remote, args []string) error {
			all, err := api.All[api.Grant](c.Context(), r, "/v1/clients/"+url.PathEscape(args[0])+"/grants", nil)
			if err != nil {
				return err
			}
			return show(c, all, func(w io.Writer) {
				var rows [][]string
				for _, g := range all {
					known := "now"
					if !g.SupersededAt.IsZero() {
						known = "until " + when(g.SupersededAt)
					}
					rows = append(rows, []string{g.ID, scopeLine(g.Scope), when(g.ValidFrom), when(g.ValidTo), known, g.Request, g.Change})
				}
				columns(w, []string{"GRANT", "MAY", "FROM", "UNTIL", "KNOWN", "REQUEST", "CHANGE"}, rows)
			})
		})
	var reason string
	revoke := &cobra.Command{Use: "revoke GRANT --reason WHY", Short: "Revoke a grant at once", Args: cobra.ExactArgs(1)}
	revoke.Flags().StringVar(&reason, "reason", "", "why")
	_ = revoke.MarkFlagRequired("reason")
	remote(revoke, func(c *cobra.Command, r *api.Remote, args []string) error {
		if err := r.Call(c.Context(), "POST", "/v1/grants/"+url.PathEscape(args[0])+"/revoke", api.DenialInput{Reason: reason}, nil); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is revoked\n", args[0])
		return nil
	})
	cmd.AddCommand(list, revoke)
	return cmd
}
