package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/judge"
	"github.com/spf13/cobra"
)

func newExplain() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "explain [RULE | FINDING]",
		Short: "Say what a rule or a finding means and what to do",
		Long: `Explain says why a rule exists, what to do when it is broken, and which items of
the OWASP Non-Human Identities Top 10 and of NIST CSF 2.0 it belongs to. Given the
first characters of a finding's fingerprint, it tells all about that finding of
the latest scan. Without a name it lists the rules.`,
		Example: `  clientele explain
  clientele explain embedded-secret
  clientele explain 3f0c9a77
  clientele explain 3f0c9a77 --from scan.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return explain(c.OutOrStdout(), from, args) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range judge.Rules {
				ids = append(ids, string(r.ID)+"\t"+r.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "a scan saved with --format json (default: the latest scan)")
	return cmd
}

func explain(w io.Writer, from string, args []string) error {
	if len(args) == 0 {
		for _, r := range judge.Rules {
			fmt.Fprintf(w, "%-34s %-8s  %s\n", r.ID, r.Severity, r.Title)
		}
		return nil
	}
	if r, ok := judge.RuleByID(clientele.RuleID(args[0])); ok {
		explainRule(w, r)
		return nil
	}
	file := from
	if file == "" {
		var err error
		if file, err = lastScan(); err != nil {
			return err
		}
	}
	s, err := readScan(file)
	if err != nil {
		return &clientele.Error{Kind: clientele.NotFound, Msg: fmt.Sprintf("%q is no rule, and there is no scan to look for a finding in", args[0]), Hint: "clientele explain lists the rules; clientele scan makes a scan"}
	}
	i := slices.IndexFunc(s.Findings, func(f api.Finding) bool { return len(args[0]) >= 4 && strings.HasPrefix(f.Fingerprint, args[0]) })
	if i < 0 {
		return &clientele.Error{Kind: clientele.NotFound, Msg: fmt.Sprintf("%q is neither a rule nor a finding of %s", args[0], file), Hint: "clientele explain lists the rules"}
	}
	explainFinding(w, s, s.Findings[i])
	return nil
}

func explainRule(w io.Writer, r clientele.Rule) {
	fmt.Fprintf(w, "%s (%s)\n%s\n\n", r.ID, r.Severity, r.Title)
	fmt.Fprintf(w, "Why it matters\n%s\n\nWhat to do\n%s\n\n", indent(r.Why), indent(r.Remedy))
	fmt.Fprintf(w, "OWASP NHI Top 10   %s\nNIST CSF 2.0       %s\n", r.NHI, r.CSF)
}

func explainFinding(w io.Writer, s *api.Scan, f api.Finding) {
	fmt.Fprintf(w, "Finding %s (%s)\n%s\n", f.Fingerprint, f.Severity, indent(clean(f.Message)))
	fmt.Fprintf(w, "\nWhere\n  %s", clean(f.Location.File))
	if f.Location.Line > 0 {
		fmt.Fprintf(w, ":%d", f.Location.Line)
	}
	fmt.Fprintf(w, "\n  %s\n", clean(strings.Join(f.Location.Path, " › ")))
	for _, c := range s.Clients {
		if c.ID != f.Client {
			continue
		}
		fmt.Fprintf(w, "\nClient\n  %s (%s)\n", clean(c.Name), c.Tool)
		for _, o := range c.Owners {
			fmt.Fprintf(w, "  possibly owned by %s: %s\n", clean(o.Who), clean(o.Evidence))
		}
		places := 0
		for _, cr := range c.Credentials {
			if f.Credential != "" && cr.Fingerprint == f.Credential {
				if places == 0 {
					fmt.Fprint(w, "\nThe value stands in\n")
				}
				places++
				fmt.Fprintf(w, "  %s:%d  %s  %s\n", clean(cr.Location.File), cr.Location.Line, cr.Excerpt, clean(strings.Join(cr.Location.Path, " › ")))
			}
		}
	}
	if f.Suppressed != nil {
		fmt.Fprintf(w, "\nSuppressed\n%s\n", indent(clean(f.Suppressed.Reason)))
	}
	fmt.Fprintln(w)
	if r, ok := judge.RuleByID(clientele.RuleID(f.Rule)); ok {
		explainRule(w, r)
	}
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// clean keeps text from files from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
