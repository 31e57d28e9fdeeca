package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func policyCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "See, propose and put in force the organisation's policies",
		Long: `Policies are written in Cedar and stand beside those built in. They can raise a
request's tier, add decisions that it needs, shorten lifetimes, demand a change
record, and forbid. Whoever proposes a version cannot put it in force.

  @id("card-data") @tier("4") @title("card data")
  permit (principal, action == Action::"request:classify", resource)
  when { resource.data_classes.contains("pan") };

  @id("change-first") @change("open") @title("production writes need an open change")
  permit (principal, action == Action::"request:need", resource)
  when { resource.environment == "production" && resource.verbs.contains("write") };`,
		Example: `  clientele policy propose policies.cedar --note "card data is tier 4"
  clientele policy activate 3
  clientele policy list`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newPolicyList(), newPolicyShow(), newPolicyPropose(), newPolicyActivate())
	return []*cobra.Command{cmd}
}

func newPolicyList() *cobra.Command {
	return remote(&cobra.Command{Use: "list", Short: "List the versions, newest first", Args: cobra.NoArgs},
		func(c *cobra.Command, r *api.Remote, _ []string) error {
			all, err := r.Policies(c.Context())
			if err != nil {
				return err
			}
			return show(c, all.Items, func(w io.Writer) {
				var rows [][]string
				for _, p := range all.Items {
					state := "proposed"
					if p.InForce {
						state = "in force"
					} else if !p.ValidTo.IsZero() {
						state = "until " + when(p.ValidTo)
					}
					rows = append(rows, []string{strconv.FormatInt(p.Version, 10), state, p.Author, p.Approver, when(p.ValidFrom), p.Note})
				}
				columns(w, []string{"VERSION", "STATE", "AUTHOR", "PUT IN FORCE BY", "FROM", "NOTE"}, rows)
			})
		})
}

func newPolicyShow() *cobra.Command {
	return remote(&cobra.Command{Use: "show VERSION", Short: "Print a version's text", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, r *api.Remote, args []string) error {
			all, err := r.Policies(c.Context())
			if err != nil {
				return err
			}
			for _, p := range all.Items {
				if strconv.FormatInt(p.Version, 10) == args[0] {
					return show(c, p, func(w io.Writer) { fmt.Fprintln(w, p.Text) })
				}
			}
			return clientele.Errorf(clientele.NotFound, "there is no version %s", args[0]).WithHint("clientele policy list")
		})
}

func newPolicyPropose() *cobra.Command {
	var note string
	cmd := &cobra.Command{Use: "propose FILE --note WHY", Short: "Propose the whole text of the organisation's policies", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&note, "note", "", "what changes, and why")
	_ = cmd.MarkFlagRequired("note")
	return remote(cmd, func(c *cobra.Command, r *api.Remote, args []string) error {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		p, err := r.ProposePolicy(c.Context(), api.PolicyInput{Text: string(text), Note: note})
		if err != nil {
			return err
		}
		return show(c, p, func(w io.Writer) {
			fmt.Fprintf(w, "version %d is proposed\nnext: somebody else reads it and puts it in force:  clientele policy activate %d\n", p.Version, p.Version)
		})
	})
}

func newPolicyActivate() *cobra.Command {
	return remote(&cobra.Command{Use: "activate VERSION", Short: "Put somebody else's version in force", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, r *api.Remote, args []string) error {
			version, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return clientele.Errorf(clientele.Invalid, "a version is a number").WithHint("clientele policy list")
			}
			p, err := r.ActivatePolicy(c.Context(), version)
			if err != nil {
				return err
			}
			return show(c, p, func(w io.Writer) { fmt.Fprintf(w, "version %d is in force\n", version) })
		})
}
