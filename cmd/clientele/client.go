package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func clientCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "client",
		Short: "Find clients, see what is known of them, and look after them",
		Long: `A client is anything that calls an API or a data store on a developer's behalf. Scans
make clients known: a collection found on fourteen laptops is one client with
fourteen sightings. From then on each has a state, and sooner or later an owner.

People and clients may be named by id, or by a name that only one has.`,
		Example: `  clientele client list payments --environment production
  clientele client list --owner me
  clientele client list --condition orphaned --risk high
  clientele client show cli_06h0mam3`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newClientList(), newClientShow(), newClientDescribe())
	cmd.AddCommand(clientMoveCommands()...)
	return []*cobra.Command{cmd}
}

var (
	clientStates     = []string{"discovered", "claimed", "requested", "active", "suspended", "quarantined", "retiring", "retired", "rejected"}
	clientConditions = []string{"orphaned", "dormant", "overdue", "leaked", "shared", "vendor_exit"}
)

func newClientList() *cobra.Command {
	flags := map[string]*string{}
	var limit int
	var conditions []string
	cmd := &cobra.Command{
		Use:   "list [WORD…]",
		Short: "List clients, or those with words in their name, tool, vendor, purpose or hosts",
		Example: `  clientele client list
  clientele client list orders example.com --state active
  clientele client list --owner me --condition overdue
  clientele client list --rule embedded-secret --limit 500 --format json`,
	}
	for _, f := range []struct{ name, help string }{
		{"state", strings.Join(clientStates, ", ")},
		{"owner", "owner, backup, team or steward: me, an e-mail address, or a name"},
		{"environment", strings.Join(environments, ", ")},
		{"tool", "postman, psql, claude-code, …"},
		{"kind", "api_client, data_store_client, cli, agent, ci_job, script, browser or source_code"},
		{"tier", "0 to 4"},
		{"risk", "this or worse: low, medium, high or critical"},
		{"rule", "with an open finding of this rule"},
		{"after", "go on after the client with this id"},
	} {
		flags[f.name] = cmd.Flags().String(f.name, "", f.help)
	}
	cmd.Flags().StringSliceVar(&conditions, "condition", nil, "what is true of it: "+strings.Join(clientConditions, ", "))
	cmd.Flags().IntVar(&limit, "limit", 50, "how many, up to 500; 0: all")
	complete(cmd, "state", clientStates)
	complete(cmd, "environment", environments)
	complete(cmd, "condition", clientConditions)
	complete(cmd, "risk", []string{"low", "medium", "high", "critical"})
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		q := chosen("text", strings.Join(args, " "), "condition", strings.Join(conditions, ","))
		for name, value := range flags {
			if *value != "" {
				q.Set(name, *value)
			}
		}
		list, err := clientsOf(cmd.Context(), r, q, limit)
		if err != nil {
			return err
		}
		return show(cmd, list, func(w io.Writer) { writeClients(w, list) })
	})
}

// clientsOf asks for one page, or for all.
func clientsOf(ctx context.Context, r *api.Remote, q url.Values, limit int) (api.List[api.GovernedClient], error) {
	if limit != 0 {
		q.Set("limit", strconv.Itoa(limit))
		return r.Clients(ctx, q)
	}
	q.Set("limit", "500")
	all, err := api.All[api.GovernedClient](ctx, r, "/v1/clients", q)
	return api.List[api.GovernedClient]{Items: all}, err
}

func writeClients(w io.Writer, list api.List[api.GovernedClient]) {
	if len(list.Items) == 0 {
		fmt.Fprintln(w, "no clients, or none that you may see\nnext: send a scan of this machine with  clientele scan --send")
		return
	}
	var rows [][]string
	for _, c := range list.Items {
		rows = append(rows, []string{c.ID, c.Name, c.Tool, c.State, c.Environment, c.Risk, ownerOf(c), when(c.LastSeenAt)})
	}
	columns(w, []string{"ID", "NAME", "TOOL", "STATE", "ENVIRONMENT", "RISK", "OWNER", "LAST SEEN"}, rows)
	if list.Next != "" {
		fmt.Fprintf(w, "\nthere are more: add --after %s, or --limit 0 for all\n", list.Next)
	}
}

// ownerOf names the owner, with a mark if they have not said so themselves.
func ownerOf(c api.GovernedClient) string {
	switch {
	case c.Owner == "":
		return "-"
	case !c.Attested:
		return c.OwnerName + " (not claimed)"
	}
	return c.OwnerName
}

func newClientShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show CLIENT",
		Short: "Show a client: owner, conditions, where it stands, what it calls",
		Args:  cobra.ExactArgs(1),
	}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := clientID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		c, err := r.Client(cmd.Context(), id)
		if err != nil {
			return err
		}
		return show(cmd, c, func(w io.Writer) { writeClient(w, c) })
	})
}

// clientID finds the client that is meant by an id or by a name that one client has.
func clientID(ctx context.Context, r *api.Remote, text string) (string, error) {
	if strings.HasPrefix(text, "cli_") {
		return text, nil
	}
	list, err := r.Clients(ctx, url.Values{"text": {text}, "limit": {"500"}})
	if err != nil {
		return "", err
	}
	found := list.Items
	if len(found) > 1 {
		found = nil
		for _, c := range list.Items {
			if strings.EqualFold(c.Name, text) {
				found = append(found, c)
			}
		}
	}
	switch {
	case len(list.Items) == 0:
		return "", &clientele.Error{Kind: clientele.NotFound, Msg: "there is no such client, or none that you may see", Hint: "clientele client list"}
	case len(found) != 1 || list.Next != "":
		return "", &clientele.Error{Kind: clientele.Invalid, Msg: "several clients are called " + plainText(text), Hint: "take the id: clientele client list " + plainText(text)}
	}
	return found[0].ID, nil
}

func writeClient(w io.Writer, c api.ClientDetail) {
	fmt.Fprintf(w, "%s  %s\n", c.ID, plainText(c.Name))
	personal := ""
	if c.Personal {
		personal = "one person's"
	}
	for _, l := range [][2]string{
		{"state", c.State}, {"tool", c.Tool + ", " + c.Kind}, {"environment", c.Environment}, {"tier", strconv.Itoa(c.Tier)}, {"risk", c.Risk},
		{"owner", ownerOf(c.GovernedClient)}, {"backup", c.BackupName}, {"team", c.TeamName}, {"steward", c.StewardName}, {"personal", personal},
		{"purpose", c.Purpose}, {"vendor", c.Vendor}, {"first seen", when(c.FirstSeenAt)}, {"last seen", when(c.LastSeenAt)}, {"last used", when(c.LastUsedAt)},
		{"next review", when(c.NextReviewAt)}, {"suspended", when(c.SuspendedAt)}, {"may be the same as", strings.Join(c.Duplicates, ", ")},
	} {
		if l[1] != "" {
			fmt.Fprintf(w, "  %-18s %s\n", l[0], plainText(l[1]))
		}
	}
	for _, k := range c.Conditions {
		fmt.Fprintf(w, "  %-18s %s\n", strings.ReplaceAll(k.Name, "_", " "), plainText(strings.Join(k.Reasons, "; ")))
	}
	var sightings, endpoints, candidates [][]string
	for _, s := range c.Sightings {
		sightings = append(sightings, []string{s.Host, s.Path, s.Repository, when(s.LastSeen), when(s.GoneAt)})
	}
	for _, e := range c.Endpoints {
		endpoints = append(endpoints, []string{e.Verb, e.Method, e.Scheme + "://" + e.Host + e.Path, e.Auth, e.Service})
	}
	for _, o := range c.Candidates {
		candidates = append(candidates, []string{o.Who, fmt.Sprintf("%.0f %%", 100*o.Confidence), o.Evidence})
	}
	section(w, "where its files stand", []string{"HOST", "FILE", "REPOSITORY", "LAST SEEN", "GONE"}, sightings)
	section(w, "what it calls", []string{"VERB", "METHOD", "URL", "AUTH", "SERVICE"}, endpoints)
	if !c.Attested {
		section(w, "who may own it", []string{"WHO", "SURE", "BECAUSE"}, candidates)
	}
	fmt.Fprintf(w, "\nits findings: clientele finding list --client %s --state open\n", c.ID)
	if c.Owner == "" {
		fmt.Fprintf(w, "if it is yours: clientele owner claim %s --backup …\n", c.ID)
	}
}

// maxShown is how many rows of a section people see; --format json has the rest.
const maxShown = 20

func section(w io.Writer, title string, heads []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	columns(w, heads, rows[:min(len(rows), maxShown)])
	if len(rows) > maxShown {
		fmt.Fprintf(w, "and %d more: --format json\n", len(rows)-maxShown)
	}
}

func newClientDescribe() *cobra.Command {
	var name, purpose, environment, steward string
	cmd := &cobra.Command{
		Use:   "describe CLIENT",
		Short: "Say what a client is called, what it is for, where it belongs, and who looks after it",
		Long: `Describe changes what people say of a client; what no flag names stays. The
environment is part of what is decided on, so it changes only before the client is
asked for.`,
		Example: `  clientele client describe cli_06h0mam3 --purpose "reconciles payments at night" --environment staging`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&name, "name", "", "what it is called")
	cmd.Flags().StringVar(&purpose, "purpose", "", "what it is for")
	cmd.Flags().StringVar(&environment, "environment", "", strings.Join(environments, ", "))
	cmd.Flags().StringVar(&steward, "steward", "", "who looks after it for its owner: an e-mail address or a name")
	complete(cmd, "environment", environments)
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		id, err := clientID(cmd.Context(), r, args[0])
		if err != nil {
			return err
		}
		c, err := r.Client(cmd.Context(), id)
		if err != nil {
			return err
		}
		in := api.ClientInput{Name: c.Name, Purpose: c.Purpose, Environment: c.Environment, Steward: c.Steward}
		for flag, to := range map[string]*string{"name": &in.Name, "purpose": &in.Purpose, "environment": &in.Environment, "steward": &in.Steward} {
			if cmd.Flags().Changed(flag) {
				*to, _ = cmd.Flags().GetString(flag)
			}
		}
		next, err := r.DescribeClient(cmd.Context(), id, c.Version, in)
		if err != nil {
			return err
		}
		return show(cmd, next, func(w io.Writer) {
			fmt.Fprintf(w, "%s is described\nto see it: clientele client show %s\n", plainText(next.Name), next.ID)
		})
	})
}
