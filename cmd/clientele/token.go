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

func tokenCommands() []*cobra.Command {
	account := &cobra.Command{
		Use:   "account",
		Short: "Keep service accounts: what acts here and is not a person",
		Long: `A service account acts here without being a person: the identity provider that sends
people, the pipeline that sends scans. A team answers for it. An ACCOUNT is named by id
or name. Its system roles are given like a person's; it decides nothing, whatever its roles.`,
		Example: `  clientele account add "scans of CI" --team platform --purpose "sends scans from pipelines"
  clientele person roles "scans of CI" owner
  clientele token create "scans of CI" --roles owner --for 2h`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	account.AddCommand(newAccountList(), newAccountShow(), newAccountAdd(), newAccountEdit(), newAccountDisable())
	token := &cobra.Command{
		Use:   "token",
		Short: "Issue and revoke machine tokens",
		Long: `A machine token lets a service account in. It lives a day unless you say otherwise,
at most 90 days, and has some or all of the account's system roles: none that you do not
have yourself. It begins with clt_m_, so that secret scanners know it.`,
		Example: `  clientele token create "scans of CI" --roles owner --for 2h
  clientele token list
  clientele token revoke tok_06eb5v7pgc3r1069c781v66g5m`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	token.AddCommand(newTokenList(), newTokenCreate(), newTokenRevoke())
	return []*cobra.Command{account, token}
}

func newAccountList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List service accounts", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		all, err := api.All[api.ServiceAccount](cmd.Context(), r, "/v1/service-accounts", nil)
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, a := range all {
				rows = append(rows, []string{a.ID, a.Name, a.Team, yes(a.Active), strings.Join(a.Roles, " "), a.Purpose})
			}
			columns(w, []string{"ID", "NAME", "TEAM", "ACTIVE", "ROLES", "PURPOSE"}, rows)
		})
	})
}

func writeAccount(w io.Writer, a api.ServiceAccount) {
	fmt.Fprintf(w, "%s  %s\n", a.ID, plainText(a.Name))
	for _, f := range [][]string{{"team", a.Team}, {"purpose", a.Purpose}, {"active", yes(a.Active)}, {"roles", strings.Join(a.Roles, " ")}} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-8s %s\n", f[0], plainText(f[1]))
		}
	}
}

func newAccountShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ACCOUNT", Short: "Show a service account", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		a, err := r.ServiceAccount(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, a, func(w io.Writer) { writeAccount(w, a) })
	})
}

func newAccountAdd() *cobra.Command {
	var team, purpose string
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a service account", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&team, "team", "", "the team that answers for it, by id or name")
	cmd.Flags().StringVar(&purpose, "purpose", "", "what it is for")
	_ = cmd.MarkFlagRequired("team")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		t, err := r.Team(cmd.Context(), team)
		if err != nil {
			return err
		}
		a, err := r.AddServiceAccount(cmd.Context(), api.ServiceAccountInput{Name: args[0], Team: t.ID, Purpose: purpose})
		if err != nil {
			return err
		}
		return show(cmd, a, func(w io.Writer) {
			fmt.Fprintf(w, "added %s\nnext: clientele person roles %s ROLE…\n      clientele token create %s --roles ROLE\n", a.ID, a.ID, a.ID)
		})
	})
}

func newAccountEdit() *cobra.Command {
	var name, team, purpose string
	cmd := &cobra.Command{Use: "edit ACCOUNT", Short: "Change a service account", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&name, "name", "", "another name")
	cmd.Flags().StringVar(&team, "team", "", "another team, by id or name")
	cmd.Flags().StringVar(&purpose, "purpose", "", "what it is for")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		a, err := r.ServiceAccount(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		in := api.ServiceAccountInput{Name: a.Name, Team: a.Team, Purpose: a.Purpose, Disabled: !a.Active}
		if name != "" {
			in.Name = name
		}
		if team != "" {
			t, err := r.Team(cmd.Context(), team)
			if err != nil {
				return err
			}
			in.Team = t.ID
		}
		if cmd.Flags().Changed("purpose") {
			in.Purpose = purpose
		}
		if a, err = r.UpdateServiceAccount(cmd.Context(), a.ID, in); err != nil {
			return err
		}
		return show(cmd, a, func(w io.Writer) { writeAccount(w, a) })
	})
}

func newAccountDisable() *cobra.Command {
	var sure bool
	cmd := &cobra.Command{Use: "disable ACCOUNT", Short: "End a service account's tokens and roles, for good",
		Long: `Disable ends every token and system role of a service account. Tokens that were ended
do not come back. Without --yes it only shows the account and its tokens.`, Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&sure, "yes", false, "do it")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		a, err := r.ServiceAccount(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if sure {
			a, err = r.UpdateServiceAccount(cmd.Context(), a.ID, api.ServiceAccountInput{Name: a.Name, Team: a.Team, Purpose: a.Purpose, Disabled: true})
		}
		if err != nil {
			return err
		}
		tokens, err := api.All[api.Token](cmd.Context(), r, "/v1/tokens", chosen("account", a.ID))
		if err != nil {
			return err
		}
		err = show(cmd, a, func(w io.Writer) {
			writeAccount(w, a)
			fmt.Fprintln(w)
			writeTokens(w, tokens)
		})
		if err != nil || sure {
			return err
		}
		return errPreview("clientele account disable " + a.ID + " --yes")
	})
}

func writeTokens(w io.Writer, all []api.Token) {
	var rows [][]string
	for _, t := range all {
		rows = append(rows, []string{t.ID, t.Account, strings.Join(t.Roles, " "), t.Label, when(t.ExpiresAt), when(t.RevokedAt)})
	}
	columns(w, []string{"ID", "ACCOUNT", "ROLES", "LABEL", "EXPIRES", "REVOKED"}, rows)
}

func newTokenList() *cobra.Command {
	var account string
	cmd := &cobra.Command{Use: "list", Short: "List machine tokens, those that ended as well", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&account, "account", "", "of one service account, by id or name")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		if account != "" {
			a, err := r.ServiceAccount(cmd.Context(), account)
			if err != nil {
				return err
			}
			account = a.ID
		}
		all, err := api.All[api.Token](cmd.Context(), r, "/v1/tokens", chosen("account", account))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) { writeTokens(w, all) })
	})
}

func newTokenCreate() *cobra.Command {
	var roles []string
	var label string
	var long time.Duration
	cmd := &cobra.Command{Use: "create ACCOUNT", Short: "Issue a machine token and show it, once", Args: cobra.ExactArgs(1),
		Example: `  clientele token create "scans of CI" --roles owner --for 2h
  clientele token create idp --roles admin --for 2160h --label "SCIM at the identity provider" --format json`}
	cmd.Flags().StringSliceVar(&roles, "roles", nil, "system roles: of the account's, and of your own")
	cmd.Flags().StringVar(&label, "label", "", "where it will be used")
	cmd.Flags().DurationVar(&long, "for", 24*time.Hour, "how long it lives, at most 2160h (90 days)")
	_ = cmd.MarkFlagRequired("roles")
	complete(cmd, "roles", systemRoles)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if long < time.Minute {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "a machine token lives for a minute or longer", Hint: "for example: --for 2h"}
		}
		a, err := r.ServiceAccount(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		t, err := r.CreateToken(cmd.Context(), api.TokenInput{Account: a.ID, Roles: roles, Label: label, Minutes: int(long.Minutes())})
		if err != nil {
			return err
		}
		return show(cmd, t, func(w io.Writer) {
			fmt.Fprintf(w, "%s, until %s UTC. It is shown this once:\n  %s\nrevoke it: clientele token revoke %s\n", t.ID, when(t.ExpiresAt), t.Secret, t.ID)
		})
	})
}

func newTokenRevoke() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke TOKEN", Short: "Revoke a machine token, by its id", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if strings.HasPrefix(args[0], "clt_") {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "this is a token itself, and now it stands in the history of your shell", Hint: "find its id and revoke it: clientele token list"}
		}
		t, err := r.RevokeToken(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return show(cmd, t, func(w io.Writer) { fmt.Fprintf(w, "revoked %s\n", t.ID) })
	})
}
