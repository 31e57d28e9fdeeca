package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func leaverCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "leaver",
		Short: "See what a leaver leaves behind, and end their access",
		Long: `Who leaves is signed out everywhere and loses all roles. Clients that were theirs
alone are suspended; the others need somebody else within fourteen days. What they
asked for, lent or were enrolled for ends. The secrets they could have seen are
listed: rotate them.

An identity provider that sends "active: false" by SCIM does the same by itself.`,
		Example: `  clientele leaver report ann@example.com
  clientele leaver end ann@example.com --yes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newLeaverReport(), newLeaverEnd())
	return []*cobra.Command{cmd}
}

func newLeaverReport() *cobra.Command {
	cmd := &cobra.Command{Use: "report PERSON", Short: "Show what a person leaves behind, or would", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		p, report, err := leaver(cmd, r, args[0])
		if err != nil {
			return err
		}
		return show(cmd, report, func(w io.Writer) {
			writeLeaving(w, p, report)
			if p.Active {
				fmt.Fprintf(w, "\nnext: an administrator ends their access:\n  clientele leaver end %s --yes\n", p.ID)
			}
		})
	})
}

// leaver finds a person by what they are called, and what they leave behind.
func leaver(cmd *cobra.Command, r *api.Remote, who string) (api.Person, api.LeaverReport, error) {
	p, err := r.Person(cmd.Context(), who)
	if err != nil {
		return p, api.LeaverReport{}, err
	}
	report, err := r.Leaver(cmd.Context(), p.ID)
	return p, report, err
}

func newLeaverEnd() *cobra.Command {
	var sure bool
	cmd := &cobra.Command{
		Use:   "end PERSON",
		Short: "End a person's access and what hangs on it",
		Long: `End ends a person's access at once: sessions, roles, clients of their own. It shows
first what that is, and does it with --yes. It takes the system role admin.`,
		Example: `  clientele leaver end ann@example.com
  clientele leaver end ann@example.com --yes`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&sure, "yes", false, "do it; without this, only show what would happen")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		p, report, err := leaver(cmd, r, args[0])
		if err != nil {
			return err
		}
		if !sure {
			if err := show(cmd, report, func(w io.Writer) { writeLeaving(w, p, report) }); err != nil {
				return err
			}
			return errPreview("clientele leaver end " + p.ID + " --yes")
		}
		if report, err = r.Leave(cmd.Context(), p.ID); err != nil {
			return err
		}
		p.Active = false
		return show(cmd, report, func(w io.Writer) {
			writeLeaving(w, p, report)
			if len(report.HandOver) > 0 {
				fmt.Fprintf(w, "\nnext: give what they owned to somebody, within fourteen days:\n  clientele owner assign %s --to …\n", report.HandOver[0].ID)
			}
		})
	})
}

func writeLeaving(w io.Writer, p api.Person, r api.LeaverReport) {
	name := plainText(p.DisplayName)
	if name == "" {
		name = plainText(p.UserName)
	}
	state := "is here"
	if !p.Active {
		state = "has left: signed out everywhere, without roles"
	}
	fmt.Fprintf(w, "%s (%s) %s\n", name, p.ID, state)
	leaverClients(w, "theirs alone, suspended when they leave", r.Personal)
	leaverClients(w, "need somebody else", r.HandOver)
	if len(r.Exposed) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%d secrets that they could have seen: rotate them\n", len(r.Exposed))
	var rows [][]string
	for _, s := range r.Exposed {
		rows = append(rows, []string{s.ID, s.Role, s.Provider, strconv.FormatInt(s.Clients, 10), when(s.ExpiresAt)})
	}
	columns(w, []string{"CREDENTIAL", "ROLE", "PROVIDER", "CLIENTS", "EXPIRES"}, rows)
}

func leaverClients(w io.Writer, what string, all []api.LeaverClient) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%d clients %s\n", len(all), what)
	var rows [][]string
	for _, c := range all {
		var to []string
		for _, s := range c.To {
			to = append(to, s.Name+" ("+s.Why+")")
		}
		rows = append(rows, []string{c.ID, c.Name, c.Environment, c.State, strings.Join(c.As, ", "), strings.Join(to, "; ")})
	}
	columns(w, []string{"CLIENT", "NAME", "ENVIRONMENT", "STATE", "AS", "WHO COULD TAKE IT"}, rows)
}
