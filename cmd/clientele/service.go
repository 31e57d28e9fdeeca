package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

var environments = []string{"production", "staging", "test", "development", "local"}

func serviceCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "See and describe the services that clients call",
		Long: `A service is what clients call: one scheme at one host. Scans make it known; people
say what it is. Its owner decides on access, its data owner on exports, and its
environment and data classes give requests their tier. So an undescribed service
is worth a minute: nobody but security can decide on access to it.`,
		Example: `  clientele service list --environment production
  clientele service show api.example.com
  clientele service describe api.example.com --environment production --owner payments --data-owner ann@example.com --data-class customer`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newServiceList(), newServiceShow(), newServiceDescribe(), newServiceAdd())
	return []*cobra.Command{cmd}
}

func newServiceList() *cobra.Command {
	var environment, owner string
	cmd := &cobra.Command{
		Use:   "list [TEXT]",
		Short: "List services, or those with a text in their host or name",
		Example: `  clientele service list
  clientele service list example.com
  clientele service list --owner me`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&environment, "environment", "", strings.Join(environments, ", "))
	cmd.Flags().StringVar(&owner, "owner", "", "whose it is, or whose data: me, an e-mail address, or a name")
	complete(cmd, "environment", environments)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		all, err := api.All[api.Service](cmd.Context(), r, "/v1/services", chosen("text", strings.Join(args, ""), "environment", environment, "owner", owner))
		if err != nil {
			return err
		}
		return show(cmd, all, func(w io.Writer) {
			var rows [][]string
			for _, s := range all {
				rows = append(rows, []string{s.ID, serviceAddress(s), s.Name, s.Environment, s.Owner, s.DataOwner, strings.Join(s.DataClasses, ", ")})
			}
			columns(w, []string{"ID", "ADDRESS", "NAME", "ENVIRONMENT", "OWNER", "DATA OWNER", "DATA"}, rows)
		})
	})
}

func newServiceShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show SERVICE",
		Short: "Show a service with the clients that call it, and what they call",
		Example: `  clientele service show api.example.com
  clientele service show postgres://db.example.com:5433`,
		Args: cobra.ExactArgs(1),
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := serviceID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		s, err := r.Service(cmd.Context(), id)
		if err != nil {
			return err
		}
		return show(cmd, s, func(w io.Writer) { writeService(w, s) })
	})
}

func newServiceDescribe() *cobra.Command {
	var name, environment, owner, dataOwner string
	var classes []string
	cmd := &cobra.Command{
		Use:   "describe SERVICE",
		Short: "Say what a service is, whose, and what data lies there",
		Long: `Describe changes what the flags name and leaves the rest as it is; an empty value
takes something back. If somebody else changed the service meanwhile, nothing is
changed.`,
		Example: `  clientele service describe api.example.com --environment production --owner payments
  clientele service describe api.example.com --data-owner ann@example.com --data-class customer --data-class payment
  clientele service describe api.example.com --owner ""`,
		Args: cobra.ExactArgs(1),
	}
	fl := cmd.Flags()
	fl.StringVar(&name, "name", "", "what people call it")
	fl.StringVar(&environment, "environment", "", strings.Join(environments, ", "))
	fl.StringVar(&owner, "owner", "", "who decides on access: a person or team, by id, e-mail address or name")
	fl.StringVar(&dataOwner, "data-owner", "", "who decides on exports")
	fl.StringSliceVar(&classes, "data-class", nil, "what lies there, in your organisation's words; repeat for more")
	complete(cmd, "environment", environments)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := serviceID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		now, err := r.Service(cmd.Context(), id)
		if err != nil {
			return err
		}
		in := api.ServiceInput{Name: now.Name, Environment: now.Environment, Owner: now.Owner, DataOwner: now.DataOwner, DataClasses: now.DataClasses}
		changed := false
		for flag, set := range map[string]func(){
			"name": func() { in.Name = name }, "environment": func() { in.Environment = environment }, "owner": func() { in.Owner = owner },
			"data-owner": func() { in.DataOwner = dataOwner }, "data-class": func() { in.DataClasses = withoutEmpty(classes) },
		} {
			if fl.Changed(flag) {
				set()
				changed = true
			}
		}
		if !changed {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "nothing to change", Hint: "say what: --owner, --data-owner, --environment, --data-class or --name"}
		}
		s, err := r.DescribeService(cmd.Context(), id, now.Version, in)
		if err != nil {
			return err
		}
		return show(cmd, s, func(w io.Writer) { writeDescribed(w, s) })
	})
}

func newServiceAdd() *cobra.Command {
	var in api.NewService
	cmd := &cobra.Command{
		Use:     "add ADDRESS",
		Short:   "Make a service known that no scan has seen",
		Example: "  clientele service add https://api.example.com --environment production --owner payments --data-owner ann@example.com --data-class customer",
		Args:    cobra.ExactArgs(1),
	}
	fl := cmd.Flags()
	fl.StringVar(&in.Name, "name", "", "what people call it (default: its host)")
	fl.StringVar(&in.Environment, "environment", "", strings.Join(environments, ", "))
	fl.StringVar(&in.Owner, "owner", "", "who decides on access: a person or team, by id, e-mail address or name")
	fl.StringVar(&in.DataOwner, "data-owner", "", "who decides on exports")
	fl.StringSliceVar(&in.DataClasses, "data-class", nil, "what lies there, in your organisation's words; repeat for more")
	complete(cmd, "environment", environments)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		in.Address = args[0]
		s, err := r.AddService(cmd.Context(), in)
		if err != nil {
			return err
		}
		return show(cmd, s, func(w io.Writer) { writeDescribed(w, s) })
	})
}

func withoutEmpty(all []string) []string {
	var rest []string
	for _, s := range all {
		if s != "" {
			rest = append(rest, s)
		}
	}
	return rest
}

// serviceID finds the id of what a person calls a service: its address, or a text that only
// one has in its host or name.
func serviceID(ctx context.Context, r *api.Remote, text string) (string, error) {
	if strings.HasPrefix(text, "srv_") {
		return text, nil
	}
	list, err := r.Services(ctx, url.Values{"at": {text}})
	if err == nil && len(list.Items) == 0 {
		list, err = r.Services(ctx, url.Values{"text": {text}, "limit": {"2"}})
	}
	switch {
	case err != nil:
		return "", err
	case len(list.Items) == 0:
		return "", &clientele.Error{Kind: clientele.NotFound, Msg: "no service is at " + plainText(text) + ", or is called that", Hint: "clientele service list"}
	case len(list.Items) > 1:
		return "", &clientele.Error{Kind: clientele.Conflict, Msg: "several services fit " + plainText(text), Hint: "clientele service list " + plainText(text)}
	}
	return list.Items[0].ID, nil
}

func serviceAddress(s api.Service) string { return s.Scheme + "://" + s.Host }

func writeService(w io.Writer, s api.ServiceDetail) {
	fmt.Fprintf(w, "%s  %s\n", s.ID, plainText(serviceAddress(s.Service)))
	for _, f := range [][2]string{
		{"name", s.Name}, {"environment", s.Environment}, {"owner", s.OwnerName}, {"data owner", s.DataOwnerName}, {"data", strings.Join(s.DataClasses, ", ")},
	} {
		if f[1] == "" {
			f[1] = "not known"
		}
		fmt.Fprintf(w, "  %-12s %s\n", f[0], plainText(f[1]))
	}
	fmt.Fprintln(w)
	writeReached(w, "CALLS", s.Clients)
	var rows [][]string
	for _, e := range s.Endpoints {
		rows = append(rows, []string{e.Method, e.Path, e.Verb, fmt.Sprint(e.Clients), when(e.LastSeen)})
	}
	fmt.Fprintln(w)
	columns(w, []string{"METHOD", "PATH", "VERB", "CLIENTS", "LAST SEEN"}, rows)
	if s.More {
		fmt.Fprintln(w, "… and more than these")
	}
	undescribed(w, s.Service)
}

// writeReached lists clients, with what is counted of each.
func writeReached(w io.Writer, counted string, clients []api.ReachedClient) {
	var rows [][]string
	for _, c := range clients {
		rows = append(rows, []string{c.ID, c.Name, c.Tool, c.State, c.Environment, c.Owner, fmt.Sprint(c.Count), when(c.LastSeen)})
	}
	columns(w, []string{"CLIENT", "NAME", "TOOL", "STATE", "ENVIRONMENT", "OWNER", counted, "LAST SEEN"}, rows)
}

func writeDescribed(w io.Writer, s api.Service) {
	fmt.Fprintf(w, "described %s (%s), now version %d\n", s.ID, plainText(serviceAddress(s)), s.Version)
	undescribed(w, s)
}

// undescribed says what is still missing for requests to find whoever decides on them.
func undescribed(w io.Writer, s api.Service) {
	var missing []string
	for _, f := range [][2]string{{s.Owner, "--owner …"}, {s.DataOwner, "--data-owner …"}, {s.Environment, "--environment …"}} {
		if f[0] == "" {
			missing = append(missing, f[1])
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(w, "next: clientele service describe %s %s\n", s.ID, strings.Join(missing, " "))
	}
}
