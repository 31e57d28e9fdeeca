package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

// systemRoles are the names of the system roles.
var systemRoles = []string{"viewer", "owner", "approver", "security", "auditor", "admin"}

func personCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "Keep people, and what they may do here",
		Long: `People come from an identity provider (SCIM 2.0, at /scim/v2 of the server), from a
CSV file, or by hand. Whoever brought them keeps what is known of them.

A PERSON is named by id, or by a user name or e-mail address that is theirs alone.

What a person may do here are their system roles:
  viewer    sees clients, services and findings
  owner     owns clients, asks for access, reviews
  approver  decides on requests, never on their own
  security  sees all, suspends and quarantines, runs campaigns
  auditor   reads the audit, changes nothing
  admin     keeps people, tokens and settings; decides nothing by that
Nobody gives roles to themselves.`,
		Example: `  clientele person import people.csv --dry-run
  clientele person roles ann@example.com viewer owner
  clientele leaver end ben@example.com`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newPersonList(), newPersonShow(), newPersonAdd(), newPersonEdit(), newPersonRoles(), newPersonImport(), newPersonLink(),
		newPersonShred(),
		personAct("return", "Bring back somebody who had left, without the roles of before", "%s is back; give them what they need: clientele person roles %s …\n", (*api.Remote).Return),
		personAct("unlink", "Forget by which account of the identity provider a person signs in", "%s is unlinked and signed out; the next sign-in with their verified address links %s again\n", (*api.Remote).Unlink),
		personAct("sign-out", "End every session of a person, whose laptop was lost for one", "%s is signed out everywhere; %s may sign in again\n", (*api.Remote).SignOut))
	return []*cobra.Command{cmd}
}

func newPersonList() *cobra.Command {
	var search, active, team, role string
	cmd := &cobra.Command{Use: "list", Short: "List people", Args: cobra.NoArgs,
		Example: `  clientele person list --search ann
  clientele person list --role admin
  clientele person list --active no --format json`}
	cmd.Flags().StringVar(&search, "search", "", "a part of the name, user name or e-mail address")
	cmd.Flags().StringVar(&active, "active", "", "yes or no")
	cmd.Flags().StringVar(&team, "team", "", "a team's id or name")
	cmd.Flags().StringVar(&role, "role", "", strings.Join(systemRoles, ", "))
	complete(cmd, "role", systemRoles)
	complete(cmd, "active", []string{"yes", "no"})
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		if team != "" {
			t, err := r.Team(cmd.Context(), team)
			if err != nil {
				return err
			}
			team = t.ID
		}
		all, err := api.All[api.Person](cmd.Context(), r, "/v1/people", chosen("search", search, "active", active, "team", team, "role", role))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, p := range all {
				rows = append(rows, []string{p.ID, p.UserName, p.DisplayName, p.Email, yes(p.Active), strings.Join(p.Roles, " "), p.Source})
			}
			columns(w, []string{"ID", "USER NAME", "NAME", "E-MAIL", "ACTIVE", "ROLES", "KEPT BY"}, rows)
		})
	})
}

func newPersonShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show PERSON", Short: "Show a person and the roles they have or had", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		p, err := r.Person(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		history, err := r.RoleHistory(cmd.Context(), p.ID)
		if err != nil {
			return err
		}
		return show(cmd, struct {
			api.Person
			RoleHistory []api.RoleGrant `json:"role_history"`
		}{p, history.Items}, func(w io.Writer) {
			writePerson(w, p)
			writeRoles(w, history.Items)
		})
	})
}

func writePerson(w io.Writer, p api.Person) {
	fmt.Fprintf(w, "%s  %s\n", p.ID, plainText(p.DisplayName))
	for _, f := range [][]string{
		{"user name", p.UserName}, {"e-mail", p.Email}, {"title", p.Title}, {"department", p.Department}, {"manager", p.Manager},
		{"kept by", p.Source}, {"active", yes(p.Active)}, {"left", when(p.LeftAt)}, {"shredded", when(p.ShreddedAt)},
		{"roles", strings.Join(p.Roles, " ")}, {"teams", strings.Join(p.Teams, " ")},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-11s %s\n", f[0], plainText(f[1]))
		}
	}
}

func writeRoles(w io.Writer, history []api.RoleGrant) {
	var rows [][]string
	for _, g := range history {
		rows = append(rows, []string{g.Role, when(g.GivenAt), g.GivenBy, when(g.EndedAt), g.EndedBy})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		columns(w, []string{"ROLE", "GIVEN", "BY", "ENDED", "BY"}, rows)
	}
}

// personFlags are what is known of a person.
type personFlags struct{ in api.PersonInput }

func (f *personFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.in.Email, "email", "", "where notices go")
	cmd.Flags().StringVar(&f.in.DisplayName, "name", "", "the name that is shown")
	cmd.Flags().StringVar(&f.in.Title, "title", "", "the position")
	cmd.Flags().StringVar(&f.in.Department, "department", "", "the department")
	cmd.Flags().StringVar(&f.in.Manager, "manager", "", "the manager's user name or id")
}

func newPersonAdd() *cobra.Command {
	var f personFlags
	cmd := &cobra.Command{Use: "add USER-NAME", Short: "Add a person by hand", Args: cobra.ExactArgs(1),
		Example: `  clientele person add ann --name "Ann Lee" --email ann@example.com`}
	f.add(cmd)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		f.in.UserName = args[0]
		p, err := r.AddPerson(cmd.Context(), f.in)
		if err != nil {
			return err
		}
		return show(cmd, p, func(w io.Writer) {
			fmt.Fprintf(w, "added %s\nnext: let them do something: clientele person roles %s owner\n      let them in:            clientele person link %s\n", p.ID, plainText(p.UserName), plainText(p.UserName))
		})
	})
}

func newPersonEdit() *cobra.Command {
	var f personFlags
	var userName string
	cmd := &cobra.Command{Use: "edit PERSON", Short: "Change what is known of a person", Args: cobra.ExactArgs(1),
		Example: `  clientele person edit ann --title "Team lead" --manager ben`}
	f.add(cmd)
	cmd.Flags().StringVar(&userName, "user-name", "", "another user name")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		p, err := r.Person(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		in := api.PersonInput{UserName: p.UserName, Email: p.Email, DisplayName: p.DisplayName, Title: p.Title, Department: p.Department, Manager: p.Manager, ExternalID: p.ExternalID}
		for name, to := range map[string]struct{ field, value *string }{
			"email": {&in.Email, &f.in.Email}, "name": {&in.DisplayName, &f.in.DisplayName}, "title": {&in.Title, &f.in.Title},
			"department": {&in.Department, &f.in.Department}, "manager": {&in.Manager, &f.in.Manager}, "user-name": {&in.UserName, &userName},
		} {
			if cmd.Flags().Changed(name) {
				*to.field = *to.value
			}
		}
		if p, err = r.UpdatePerson(cmd.Context(), p.ID, in); err != nil {
			return err
		}
		return show(cmd, p, func(w io.Writer) { writePerson(w, p) })
	})
}

func newPersonRoles() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "roles PERSON [ROLE…]",
		Short: "Give and take system roles: those named, and no others",
		Long: `Roles makes the roles named the system roles of a person or service account, and
takes all others. Without a role it shows those they have or had; with "none" it takes
all. Nobody changes their own, and the last administrator stays one.`,
		Example: `  clientele person roles ann viewer owner
  clientele person roles ben none`,
		Args: cobra.MinimumNArgs(1), ValidArgs: systemRoles,
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		who, roles := args[0], args[1:]
		var out api.List[api.RoleGrant]
		var err error
		if len(roles) == 0 {
			out, err = r.RoleHistory(cmd.Context(), who)
		} else {
			if slices.Equal(roles, []string{"none"}) {
				roles = []string{}
			}
			out, err = r.SetRoles(cmd.Context(), who, roles)
		}
		if err != nil {
			return err
		}
		return show(cmd, out.Items, func(w io.Writer) { writeRoles(w, out.Items) })
	})
}

func newPersonImport() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make the directory say what a CSV file says",
		Long: `Import reads people and their teams from a CSV file in UTF-8 whose first row names the
columns: user_name, which must be there, and email, display_name, active, team, manager,
external_id, title.

Who is not active leaves, with all that follows. An empty cell leaves what is known. Who is
not in the file is reported and not ended; who has left is not brought back. Whom the
identity provider keeps is left alone.`,
		Example: `  clientele person import people.csv --dry-run
  clientele person import people.csv`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what it would do")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		b, err := os.ReadFile(args[0])
		if err != nil {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "cannot read " + plainText(args[0]), Err: err}
		}
		out, err := r.ImportPeople(cmd.Context(), b, dryRun)
		if err != nil {
			return err
		}
		return show(cmd, out, func(w io.Writer) { writeImport(w, out, args[0]) })
	})
}

func writeImport(w io.Writer, out api.Import, file string) {
	fmt.Fprintf(w, "new %d, changed %d, as before %d, left %d, not touched %d\n", out.Created, out.Updated, out.Unchanged, out.Left, out.Skipped)
	if len(out.Missing) > 0 {
		fmt.Fprintf(w, "not in the file any more, and still here: %s\n  if they left: clientele leaver end PERSON\n", strings.Join(out.Missing, " "))
	}
	if len(out.Gone) > 0 {
		fmt.Fprintf(w, "in the file, and have left: %s\n  if they are back: clientele person return PERSON\n", strings.Join(out.Gone, " "))
	}
	if out.DryRun {
		fmt.Fprintf(w, "nothing was changed\nnext: clientele person import %s\n", plainText(file))
	}
}

func newPersonLink() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "link PERSON",
		Short: "Make a one-time link by which a person signs in",
		Long: `Link makes a link by which a person signs in, once, within 15 minutes. Whoever has it
is that person: give it to nobody else. It is for a server without an identity provider.`,
		Args: cobra.ExactArgs(1),
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		l, err := r.Link(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, l, func(w io.Writer) {
			fmt.Fprintf(w, "until %s UTC, once, they run:\n  clientele login '%s'\n", when(l.ExpiresAt), plainText(l.URL))
		})
	})
}

func newPersonShred() *cobra.Command {
	var sure bool
	cmd := &cobra.Command{
		Use:   "shred PERSON",
		Short: "Destroy what is known of a person who has left, for good",
		Long: `Shred destroys the key that sealed what the audit says of a person, and blanks the
directory. The id and the entries stay, and the audit verifies as before. Nobody can undo
it, not from a backup either. Without --yes it only shows who it would be.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&sure, "yes", false, "do it, for good")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		p, err := r.Person(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if sure {
			if p, err = r.Shred(cmd.Context(), p.ID); err != nil {
				return err
			}
		}
		if err := show(cmd, p, func(w io.Writer) { writePerson(w, p) }); err != nil || sure {
			return err
		}
		return errPreview("this cannot be undone: clientele person shred " + p.ID + " --yes")
	})
}

// personAct is a command for one act upon a person that needs no more words.
func personAct(use, short, after string, run func(*api.Remote, context.Context, string) (api.Person, error)) *cobra.Command {
	cmd := &cobra.Command{Use: use + " PERSON", Short: short, Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		p, err := run(r, cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, p, func(w io.Writer) { fmt.Fprintf(w, after, plainText(p.UserName), plainText(p.UserName)) })
	})
}
