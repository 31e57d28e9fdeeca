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

func breakGlassCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "break-glass",
		Short: "Take emergency access for a client, and say who may",
		Long: `Emergency access gives an active client grants at once, without anybody's decision,
for an hour at most. Who takes it was enrolled before, by somebody else. Two others
are told at once, and somebody reviews it within a day. No data leaves by it: there
is no emergency export.`,
		Example: `  clientele break-glass enrol bob@example.com
  clientele break-glass use cli_06h0mam3 --scope write:srv_06h0mam1:/orders/* --incident INC-42 --reason "orders are stuck" --for 20m
  clientele break-glass list`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newBreakGlassUse(), newBreakGlassShow(), newBreakGlassList(), newBreakGlassEnrol(), newBreakGlassEnd())
	return []*cobra.Command{cmd}
}

func newBreakGlassUse() *cobra.Command {
	var in api.BreakGlassInput
	var scopes []string
	var long time.Duration
	cmd := &cobra.Command{
		Use:   "use CLIENT --scope VERB:SERVICE[:PATH] --incident ID --reason WHY",
		Short: "Take emergency access for a client, now",
		Example: `  clientele break-glass use cli_06h0mam3 --scope write:srv_06h0mam1:/orders/* --incident INC-42 --reason "orders are stuck"
  clientele break-glass use cli_06h0mam3 --scope read:srv_06h0mam1 --scope admin:srv_06h0mam1:/queue --incident INC-42 --reason "…" --for 20m`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringArrayVar(&scopes, "scope", nil, "what it is to reach: read, write or admin, a service's id, and perhaps a path; may be repeated")
	cmd.Flags().DurationVar(&long, "for", time.Hour, "how long, an hour at most")
	cmd.Flags().StringVar(&in.Incident, "incident", "", "the incident's id in the system that has it")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why it cannot wait")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := need(cmd, "scope", "incident", "reason"); err != nil {
			return err
		}
		in.Client, in.Minutes = args[0], int(long.Minutes())
		if in.Minutes < 1 {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "emergency access lasts a minute at least", Hint: "--for 20m"}
		}
		for _, s := range scopes {
			scope, err := emergencyScope(s)
			if err != nil {
				return err
			}
			in.Scopes = append(in.Scopes, scope)
		}
		b, err := r.BreakGlass(cmd.Context(), in)
		return showBreakGlass(cmd, b, err)
	})
}

// emergencyScope reads VERB:SERVICE[:PATH].
func emergencyScope(text string) (api.BreakGlassScope, error) {
	verb, rest, _ := strings.Cut(text, ":")
	service, path, _ := strings.Cut(rest, ":")
	if verb == "" || service == "" {
		return api.BreakGlassScope{}, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%q is no scope", text), Hint: "write it like write:srv_06h0mam1:/orders/*"}
	}
	return api.BreakGlassScope{Verb: verb, Service: service, Path: path}, nil
}

func newBreakGlassShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one emergency access", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		b, err := r.Emergency(cmd.Context(), args[0])
		return showBreakGlass(cmd, b, err)
	})
}

func showBreakGlass(cmd *cobra.Command, b api.BreakGlass, err error) error {
	if err != nil {
		return err
	}
	return show(cmd, b, func(w io.Writer) {
		now := time.Now()
		fmt.Fprintf(w, "%s: %s took emergency access for %s, incident %s\n", b.ID, plainText(b.PersonName), b.Client, plainText(b.Incident))
		fmt.Fprintf(w, "told at once: %s\n", plainText(strings.Join(b.Told, ", ")))
		if b.EndedAt.IsZero() {
			fmt.Fprintf(w, "it ends by itself on %s UTC: %s\n", when(b.EndsAt), left(b.EndsAt, now))
		} else {
			fmt.Fprintf(w, "it ended on %s UTC\n", when(b.EndedAt))
		}
		writeNext(w, "somebody else reviews what was done with it", "clientele review list", b.ReviewBy, now)
	})
}

func newBreakGlassList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List who may take emergency access", Args: cobra.NoArgs}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		list, err := r.Enrolled(cmd.Context())
		if err != nil {
			return err
		}
		return show(cmd, list.Items, func(w io.Writer) {
			var rows [][]string
			for _, e := range list.Items {
				rows = append(rows, []string{e.Person, e.Name})
			}
			columns(w, []string{"PERSON", "NAME"}, rows)
			if len(rows) == 0 {
				fmt.Fprintln(w, "nobody may take emergency access\nnext: an administrator enrols somebody:  clientele break-glass enrol WHO")
			}
		})
	})
}

func newBreakGlassEnrol() *cobra.Command {
	var off bool
	cmd := &cobra.Command{
		Use:   "enrol PERSON",
		Short: "Let a person take emergency access from now on, or no longer",
		Long: `Enrol lets a person take emergency access from now on. It takes the system role
admin; nobody enrols themselves. --off takes somebody off the list.`,
		Example: `  clientele break-glass enrol bob@example.com
  clientele break-glass enrol bob@example.com --off`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&off, "off", false, "no longer")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		e, err := r.Enrol(cmd.Context(), api.EnrolmentInput{Person: args[0], Enrolled: !off})
		if err != nil {
			return err
		}
		return show(cmd, e, func(w io.Writer) {
			if !e.Enrolled {
				fmt.Fprintf(w, "%s may not take emergency access any more\n", plainText(e.Name))
				return
			}
			fmt.Fprintf(w, "%s may take emergency access from now on\nnext: in an emergency, they run\n  clientele break-glass use CLIENT --scope … --incident … --reason …\n", plainText(e.Name))
		})
	})
}

func newBreakGlassEnd() *cobra.Command {
	cmd := &cobra.Command{Use: "end ID", Short: "End emergency access before its time", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		b, err := r.EndBreakGlass(cmd.Context(), args[0])
		return showBreakGlass(cmd, b, err)
	})
}
