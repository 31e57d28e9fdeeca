package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func requestCommands() []*cobra.Command {
	return []*cobra.Command{newRequest(), newApprove(), newDeny(), newWhoCould(), newGrant()}
}

// requestFlags are what is asked for.
type requestFlags struct {
	in                         api.AccessRequestInput
	read, write, admin, export []string
	rows, bytes                int64
	to, mask, lifetime         string
	dryRun                     bool
}

func newRequest() *cobra.Command {
	var f requestFlags
	cmd := &cobra.Command{
		Use:   "request [CLIENT]",
		Short: "Ask for access for a client, of yours or a new one",
		Long: `Request asks for a client to be allowed something: verbs at services, for a purpose,
in one environment, for a while. Policy says at once whether that is granted, and
if not, whose decision it waits for. --dry-run says so without asking.

A service is named by its host, name or id, perhaps with a path behind it:
api.orders.example/orders/* is everything below /orders.

Taking data out in bulk is a verb of its own, --export. It says where the data goes,
how many rows and bytes, and which mask is laid over it.`,
		Example: `  clientele request cli_06h0mam3 --read orders.staging.example --purpose "debug order 42"
  clientele request --name "orders in Bruno" --tool bruno --env staging --read orders.staging.example --purpose "checks"
  clientele request cli_06h0mam3 --export crm.example/customers --to s3://analytics --rows 100000 --bytes 50000000 --mask pii --purpose "churn" --change jira:OPS-12 --dry-run`,
		Args: cobra.MaximumNArgs(1),
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&f.read, "read", nil, "a service it is to read; may be repeated")
	fl.StringArrayVar(&f.write, "write", nil, "a service it is to write")
	fl.StringArrayVar(&f.admin, "admin", nil, "a service it is to administer")
	fl.StringArrayVar(&f.export, "export", nil, "a service it is to take data out of in bulk")
	fl.StringVar(&f.to, "to", "", "where an export goes")
	fl.Int64Var(&f.rows, "rows", 0, "rows of one export, at most")
	fl.Int64Var(&f.bytes, "bytes", 0, "bytes of one export, at most")
	fl.StringVar(&f.mask, "mask", "", "the profile that masks an export, or none")
	fl.StringVar(&f.in.Purpose, "purpose", "", "what for, in a sentence")
	fl.StringVar(&f.in.Environment, "env", "", "production, staging, test, development or local (default: the client's)")
	fl.StringVar(&f.lifetime, "for", "", "how long: 8h, 30d (default: as long as policy allows)")
	fl.StringVar(&f.in.Change, "change", "", "the change record it belongs to: chg_…, jira:OPS-1")
	fl.StringVar(&f.in.Name, "name", "", "of a new client")
	fl.StringVar(&f.in.Tool, "tool", "curl", "of a new client: postman, bruno, curl, …")
	fl.StringVar(&f.in.Kind, "kind", "api_client", "of a new client: api_client, data_store_client, cli, agent, ci_job, script")
	fl.StringVar(&f.in.Owner, "owner", "", "of a new client: a team of yours (default: you)")
	fl.StringVar(&f.in.Backup, "backup", "", "of a new client: who stands in for its owner")
	fl.StringVar(&f.in.Team, "team", "", "of a new client")
	fl.BoolVar(&f.in.Personal, "personal", false, "a new client that serves you alone")
	fl.StringVar(&f.in.Replaces, "replaces", "", "the rejected client that is asked for again")
	fl.BoolVar(&f.dryRun, "dry-run", false, "say what would come of it, and ask for nothing")
	complete(cmd, "env", clientele.Environments)
	_ = cmd.MarkFlagRequired("purpose")
	remote(cmd, func(c *cobra.Command, r *api.Remote, args []string) error {
		if err := f.complete(args); err != nil {
			return err
		}
		ask := r.Request
		if f.dryRun {
			ask = r.TryRequest
		}
		out, err := ask(c.Context(), f.in)
		if err != nil {
			return err
		}
		return show(c, out, func(w io.Writer) { describeRequest(w, out, f.dryRun) })
	})
	cmd.AddCommand(newRequestList(), newRequestShow(), newRequestWithdraw())
	return cmd
}

// complete turns the flags into scopes, and infers what can be inferred.
func (f *requestFlags) complete(args []string) error {
	if len(args) == 1 {
		f.in.Client, f.in.Kind, f.in.Tool = args[0], "", ""
	} else if f.in.Name == "" {
		f.in.Name = inferredName()
	}
	for _, v := range []struct {
		verb     clientele.Verb
		services []string
	}{{clientele.Read, f.read}, {clientele.Write, f.write}, {clientele.Admin, f.admin}, {clientele.Export, f.export}} {
		for _, s := range v.services {
			scope := scopeText(s, string(v.verb))
			if v.verb == clientele.Export {
				scope.Destination, scope.Mask, scope.RowCap, scope.ByteCap = f.to, f.mask, f.rows, f.bytes
			}
			f.in.Scopes = append(f.in.Scopes, scope)
		}
	}
	if len(f.in.Scopes) == 0 {
		return &clientele.Error{Kind: clientele.Invalid, Msg: "say what it is to reach: --read, --write, --admin or --export with a service", Hint: "clientele service list"}
	}
	d, err := span(f.lifetime)
	f.in.LifetimeHours = int(d.Hours())
	return err
}

// scopeText is a service, perhaps with a scheme before it and a path behind it.
func scopeText(s, verb string) api.ScopeInput {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	} else {
		scheme += "://"
	}
	host, path, ok := strings.Cut(rest, "/")
	if ok {
		path = "/" + path
	}
	return api.ScopeInput{Service: scheme + host, Path: path, Verb: verb}
}

// span reads 8h, 30d or nothing.
func span(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Hour {
		return 0, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%q is no lifetime", s), Hint: "write hours or days: 8h, 30d"}
	}
	return d, nil
}

// inferredName is "folder, by user", for who names nothing.
func inferredName() string {
	dir, _ := os.Getwd()
	name := filepath.Base(dir)
	if u, err := user.Current(); err == nil {
		name += ", by " + u.Username
	}
	return name
}

func describeRequest(w io.Writer, r api.AccessRequest, dryRun bool) {
	if dryRun {
		fmt.Fprintln(w, "dry run, nothing was asked for")
	} else {
		fmt.Fprintf(w, "%s is %s\n", r.ID, r.State)
	}
	fmt.Fprintf(w, "client    %s (%s, %s)\n", plainText(r.ClientName), r.Client, r.ClientState)
	for _, s := range r.Scopes {
		fmt.Fprintln(w, "scope    ", scopeLine(s))
	}
	fmt.Fprintf(w, "tier      T%d, %s, reviewed every %d days\n", r.Tier, hoursText(r.LifetimeHours), r.ReviewDays)
	for _, b := range r.Because {
		fmt.Fprintf(w, "because   %s [%s]\n", plainText(b.Title), plainText(b.Rule))
	}
	for _, d := range r.Decisions {
		fmt.Fprintf(w, "decision  %s by %s at %s\n", d.Verdict, plainText(d.ByName), when(d.At))
	}
	for _, n := range r.Needs {
		var who []string
		for _, a := range n.Who {
			who = append(who, plainText(a.Name))
		}
		fmt.Fprintf(w, "needs     %d × %s: %s\n", n.Count, strings.ReplaceAll(n.Office, "_", " "), strings.Join(who, ", "))
	}
	if r.Obstacle != "" {
		fmt.Fprintf(w, "obstacle  %s\n          %s\n", plainText(r.Obstacle), plainText(r.Hint))
	}
	fmt.Fprintln(w, "next      "+plainText(r.Next))
}

func scopeLine(s api.Scope) string {
	text := s.Verb + " " + plainText(s.Host+s.Path)
	if s.Method != "" {
		text += " (" + plainText(s.Method) + ")"
	}
	if s.Verb == string(clientele.Export) {
		text += fmt.Sprintf(", at most %d rows and %d bytes, to %s, mask %s", s.RowCap, s.ByteCap, plainText(s.Destination), plainText(s.Mask))
	}
	return text
}

func hoursText(h int) string {
	if h >= 48 {
		return fmt.Sprintf("%d days", h/24)
	}
	return fmt.Sprintf("%d hours", h)
}

func newRequestList() *cobra.Command {
	var state string
	var mine bool
	cmd := &cobra.Command{Use: "list", Short: "List requests, the newest first", Args: cobra.NoArgs,
		Example: "  clientele request list --state pending --mine"}
	cmd.Flags().StringVar(&state, "state", "", "pending, approved, denied, expired or withdrawn")
	cmd.Flags().BoolVar(&mine, "mine", false, "only those that concern me")
	return remote(cmd, func(c *cobra.Command, r *api.Remote, _ []string) error {
		q := url.Values{}
		if state != "" {
			q.Set("state", state)
		}
		if mine {
			q.Set("mine", "true")
		}
		all, err := r.AccessRequests(c.Context(), q)
		if err != nil {
			return err
		}
		return show(c, all, func(w io.Writer) {
			var rows [][]string
			for _, x := range all.Items {
				rows = append(rows, []string{x.ID, x.State, fmt.Sprintf("T%d", x.Tier), x.ClientName, x.RequesterName, x.Purpose, when(x.CreatedAt)})
			}
			columns(w, []string{"ID", "STATE", "TIER", "CLIENT", "ASKED BY", "PURPOSE", "AT"}, rows)
		})
	})
}

func newRequestShow() *cobra.Command {
	return remote(&cobra.Command{Use: "show REQUEST", Short: "Show a request, and whose decision it needs", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, r *api.Remote, args []string) error {
			out, err := r.AccessRequest(c.Context(), args[0])
			if err != nil {
				return err
			}
			return show(c, out, func(w io.Writer) { describeRequest(w, out, false) })
		})
}

func newRequestWithdraw() *cobra.Command {
	return remote(&cobra.Command{Use: "withdraw REQUEST", Short: "Take your own request back", Args: cobra.ExactArgs(1)},
		func(c *cobra.Command, r *api.Remote, args []string) error {
			out, err := r.WithdrawRequest(c.Context(), args[0])
			if err != nil {
				return err
			}
			return show(c, out, func(w io.Writer) { describeRequest(w, out, false) })
		})
}

func newApprove() *cobra.Command {
	var lifetime, reason string
	var keep []string
	cmd := &cobra.Command{
		Use:   "approve REQUEST",
		Short: "Approve a request, or less of it",
		Long: `Approve is your yes to a request. You may make it less: a shorter life, or only some
of its scopes. You can never make it more, and never decide on a request of yours.`,
		Example: `  clientele approve req_06h0mam3
  clientele approve req_06h0mam3 --for 8h --only read:orders.example/orders/*`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&lifetime, "for", "", "a shorter life: 8h, 30d")
	cmd.Flags().StringArrayVar(&keep, "only", nil, "keep of its reading and writing only this: VERB:SERVICE[/PATH]; may be repeated")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return remote(cmd, func(c *cobra.Command, r *api.Remote, args []string) error {
		d, err := span(lifetime)
		if err != nil {
			return err
		}
		in := api.VerdictInput{LifetimeHours: int(d.Hours()), Reason: reason}
		for _, k := range keep {
			verb, service, ok := strings.Cut(k, ":")
			if !ok {
				return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%q is no scope", k), Hint: "write VERB:SERVICE[/PATH], for example read:orders.example/orders/*"}
			}
			in.Scopes = append(in.Scopes, scopeText(service, verb))
		}
		out, err := r.Approve(c.Context(), args[0], in)
		if err != nil {
			return err
		}
		return show(c, out, func(w io.Writer) { describeRequest(w, out, false) })
	})
}

func newDeny() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "deny REQUEST --reason WHY", Short: "Deny a request, for good", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&reason, "reason", "", "why; who asked reads it")
	_ = cmd.MarkFlagRequired("reason")
	return remote(cmd, func(c *cobra.Command, r *api.Remote, args []string) error {
		out, err := r.Deny(c.Context(), args[0], reason)
		if err != nil {
			return err
		}
		return show(c, out, func(w io.Writer) { describeRequest(w, out, false) })
	})
}
