package main

import (
	"context"
	"fmt"
	"io"

	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func teamCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "team",
		Short: "Keep teams and who is in them",
		Long: `A team may own clients and answers for service accounts. Teams come from the identity
provider, from a file, or by hand. A TEAM is named by id or name.`,
		Example: `  clientele team add payments
  clientele team join payments ann
  clientele team show payments`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newTeamList(), newTeamShow(), newTeamAdd(), newTeamRename(), newTeamRemove(),
		teamMember("join", "Put a person into a team", (*api.Remote).AddMember),
		teamMember("part", "Take a person out of a team", (*api.Remote).RemoveMember))
	return []*cobra.Command{cmd}
}

func newTeamList() *cobra.Command {
	var search string
	cmd := &cobra.Command{Use: "list", Short: "List teams", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&search, "search", "", "a part of the name")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.Team](cmd.Context(), r, "/v1/teams", chosen("search", search))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, t := range all {
				rows = append(rows, []string{t.ID, t.Name, t.Source})
			}
			columns(w, []string{"ID", "NAME", "KEPT BY"}, rows)
		})
	})
}

func newTeamShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show TEAM", Short: "Show a team and its active people", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		t, err := r.Team(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, t, func(w io.Writer) { writeTeam(w, t) })
	})
}

func writeTeam(w io.Writer, t api.Team) {
	fmt.Fprintf(w, "%s  %s  (kept by %s)\n", t.ID, plainText(t.Name), t.Source)
	if len(t.Members) == 0 {
		fmt.Fprintln(w, "  nobody active is in it")
	}
	if !t.RemovedAt.IsZero() {
		fmt.Fprintln(w, "  removed "+when(t.RemovedAt))
	}
	for _, id := range t.Members {
		fmt.Fprintln(w, "  "+id)
	}
}

func newTeamAdd() *cobra.Command {
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a team by hand", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		t, err := r.AddTeam(cmd.Context(), api.TeamInput{Name: args[0]})
		if err != nil {
			return err
		}
		return show(cmd, t, func(w io.Writer) { fmt.Fprintf(w, "added %s\nnext: clientele team join %s PERSON\n", t.ID, t.ID) })
	})
}

func newTeamRename() *cobra.Command {
	cmd := &cobra.Command{Use: "rename TEAM NAME", Short: "Give a team another name", Args: cobra.ExactArgs(2)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		t, err := r.RenameTeam(cmd.Context(), args[0], api.TeamInput{Name: args[1]})
		if err != nil {
			return err
		}
		return show(cmd, t, func(w io.Writer) { writeTeam(w, t) })
	})
}

func newTeamRemove() *cobra.Command {
	var sure bool
	cmd := &cobra.Command{Use: "remove TEAM", Short: "Take a team out of the directory",
		Long: `Remove takes a team out of the directory. Its id is never used again; clients it owned
are orphaned. Without --yes it only shows the team.`, Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&sure, "yes", false, "do it")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		run := r.Team
		if sure {
			run = r.RemoveTeam
		}
		t, err := run(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if err := show(cmd, t, func(w io.Writer) { writeTeam(w, t) }); err != nil || sure {
			return err
		}
		return errPreview("clientele team remove " + t.ID + " --yes")
	})
}

func teamMember(use, short string, run func(*api.Remote, context.Context, string, string) (api.Team, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use + " TEAM PERSON", Short: short, Args: cobra.ExactArgs(2)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		t, err := run(r, cmd.Context(), args[0], args[1])
		if err != nil {
			return err
		}
		return show(cmd, t, func(w io.Writer) { writeTeam(w, t) })
	})
}
