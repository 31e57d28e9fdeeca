package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func auditCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read the audit, prove it, and verify that nobody rewrote it",
		Long: `The audit says who did what to which client, under which change and policy, and
how it ended. Each entry is a leaf of a Merkle tree whose head is signed every
second; witnesses and people who keep a signed head elsewhere make sure that the
log cannot be rewritten, not even by whoever holds the database and the key.

Reading the audit is itself recorded.`,
		Example: `  clientele audit status
  clientele audit search --client cli_… --from 2026-03-01
  clientele audit search --verb export --outcome denied
  clientele audit bundle --act request: --from 2026-03-03 --to 2026-03-04 -o evidence.zip
  clientele audit verify evidence.zip
  clientele audit verify`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newAuditStatus(), newAuditSearch(), newAuditShow(), newAuditProof(), newAuditBundle(), newAuditVerify(),
		newAuditCheckpoint(), newAuditHold(), newAuditLegalHold(), newAuditPrune())
	return []*cobra.Command{cmd, newWitness()}
}

// auditFilter is the flags that choose entries.
type auditFilter struct{ client, actor, object, owner, change, act, verb, outcome, from, to string }

func (f *auditFilter) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.client, "client", "", "the client it is about: cli_…")
	flags.StringVar(&f.actor, "actor", "", "who did it: an e-mail address, per_…, svc_… or system:job")
	flags.StringVar(&f.object, "object", "", "what was acted on: request:req_…")
	flags.StringVar(&f.owner, "owner", "", "who owned the client when it happened")
	flags.StringVar(&f.change, "change", "", "the change record it was done under: chg_…")
	flags.StringVar(&f.act, "act", "", "the beginning of an act's name: client: or client:suspend")
	flags.StringVar(&f.verb, "verb", "", "read, write, admin or export")
	flags.StringVar(&f.outcome, "outcome", "", "done, failed or denied")
	flags.StringVar(&f.from, "from", "", "at this time or later: 2026-03-03, 2026-03-03T20:00Z, or -24h")
	flags.StringVar(&f.to, "to", "", "before this time")
	complete(cmd, "verb", []string{"read", "write", "admin", "export"})
	complete(cmd, "outcome", []string{"done", "failed", "denied"})
}

func (f *auditFilter) query(now time.Time) (url.Values, error) {
	q := chosen("client", f.client, "actor", f.actor, "object", f.object, "owner", f.owner, "change", f.change, "act", f.act, "verb", f.verb, "outcome", f.outcome)
	for name, text := range map[string]string{"from": f.from, "to": f.to} {
		if text == "" {
			continue
		}
		t, err := moment(text, now)
		if err != nil {
			return nil, err
		}
		q.Set(name, t.Format(time.RFC3339))
	}
	return q, nil
}

func newAuditSearch() *cobra.Command {
	var f auditFilter
	var private, oldest, all bool
	var limit int
	cmd := &cobra.Command{
		Use:   "search",
		Short: "Search the audit, newest entries first",
		Example: `  clientele audit search --limit 20
  clientele audit search --actor anna@example.com --from -24h
  clientele audit search --act client:suspend --private
  clientele audit search --change chg_… --all --format json`,
		Args: cobra.NoArgs,
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&private, "private", false, "with what entries say of people (reasons, addresses)")
	cmd.Flags().BoolVar(&oldest, "oldest", false, "oldest entries first")
	cmd.Flags().BoolVar(&all, "all", false, "all that match, page after page; each page is a reading on record")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many at most, up to 500")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		q, err := f.query(time.Now())
		if err != nil {
			return err
		}
		q.Set("limit", strconv.Itoa(limit))
		for name, on := range map[string]bool{"private": private, "oldest": oldest} {
			if on {
				q.Set(name, "true")
			}
		}
		var list api.List[api.AuditEntry]
		if all {
			q.Set("limit", "500")
			list.Items, err = api.All[api.AuditEntry](cmd.Context(), r, "/v1/audit/entries", q)
		} else {
			list, err = r.AuditEntries(cmd.Context(), q)
		}
		if err != nil {
			return err
		}
		return show(cmd, list, func(w io.Writer) { writeEntries(w, list) })
	})
}

func writeEntries(w io.Writer, list api.List[api.AuditEntry]) {
	if len(list.Items) == 0 {
		fmt.Fprintln(w, "no entry matches")
		return
	}
	var rows [][]string
	for _, e := range list.Items {
		rows = append(rows, []string{strconv.FormatInt(e.Seq, 10), when(e.At), e.Actor, e.Act, e.Object, e.Outcome, e.Change, e.Rule})
	}
	columns(w, []string{"NO", "TIME (UTC)", "WHO", "ACT", "WHAT", "OUTCOME", "CHANGE", "RULE"}, rows)
	for _, e := range list.Items {
		for _, k := range slices.Sorted(keysOf(e.Private)) {
			fmt.Fprintf(w, "%d  %s: %s\n", e.Seq, plainText(k), plainText(e.Private[k]))
		}
	}
	if list.Next != "" {
		fmt.Fprintln(w, "\nthere are more: --limit, --all, or a narrower search")
	}
}

// keysOf are the keys of a map, in no order.
func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func newAuditShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show NO", Short: "Show an entry with what it says of people", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		seq, err := entryNo(args[0])
		if err != nil {
			return err
		}
		e, err := r.AuditEntry(cmd.Context(), seq)
		if err != nil {
			return err
		}
		return show(cmd, e, func(w io.Writer) { writeEntry(w, e) })
	})
}

func entryNo(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%.40q is not the number of an entry", text), Hint: "clientele audit search shows the numbers"}
	}
	return n, nil
}

func writeEntry(w io.Writer, e api.AuditEntry) {
	fmt.Fprintf(w, "entry %d  %s\n", e.Seq, e.At.UTC().Format("2006-01-02 15:04:05.000000 UTC"))
	facts := [][2]string{
		{"act", e.Act}, {"who", e.Actor}, {"on behalf of", strings.Join(e.OnBehalf, ", ")}, {"rule", e.Rule}, {"what", e.Object},
		{"client", e.Client}, {"owner then", e.Owner}, {"environment", e.Environment}, {"verb", e.Verb}, {"data", strings.Join(e.DataClasses, ", ")},
		{"grant", e.Grant}, {"change", e.Change}, {"policy version", strconv.FormatInt(e.PolicyVersion, 10)}, {"outcome", e.Outcome}, {"request", e.Request},
	}
	for _, k := range slices.Sorted(keysOf(e.Details)) {
		facts = append(facts, [2]string{k, fmt.Sprint(e.Details[k])})
	}
	for _, k := range slices.Sorted(keysOf(e.Private)) {
		facts = append(facts, [2]string{k + " (private)", e.Private[k]})
	}
	for _, f := range facts {
		if f[1] != "" {
			fmt.Fprintf(w, "  %-18s %s\n", plainText(f[0]), plainText(f[1]))
		}
	}
	fmt.Fprintf(w, "prove it:  clientele audit proof %d\n", e.Seq)
}

func newAuditProof() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "proof NO",
		Short: "Prove that an entry is in the log",
		Long: `Proof writes the proof that an entry is in the log, in the format of
c2sp.org/tlog-proof, with the signed checkpoint it leads to. It stays true after
the entry's text was pruned.`,
		Example: "  clientele audit proof 1234 -o 1234.tlog-proof",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write (default: standard output)")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		seq, err := entryNo(args[0])
		if err != nil {
			return err
		}
		p, err := r.AuditProof(cmd.Context(), seq)
		if err != nil {
			return err
		}
		if out != "" {
			return writeWhole(out, []byte(p.Proof))
		}
		return show(cmd, p, func(w io.Writer) { fmt.Fprint(w, p.Proof) })
	})
}

func newAuditBundle() *cobra.Command {
	var f auditFilter
	var out string
	cmd := &cobra.Command{
		Use:   "bundle -o FILE",
		Short: "Take entries out with proofs that verify without this server",
		Long: `Bundle writes a zip file with the entries that match (up to 10,000), a proof of
each, the signed checkpoint, the keys to check it with, the policies that were in
force, and a page to read. Whoever gets it verifies it on their own machine:
clientele audit verify FILE. What entries say of people is not in it.`,
		Example: `  clientele audit bundle --client cli_… -o evidence.zip
  clientele audit bundle --verb export --from 2026-03-03 --to 2026-03-04 -o exports.zip`,
		Args: cobra.NoArgs,
	}
	f.flags(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write")
	_ = cmd.MarkFlagRequired("output")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, _ []string) error {
		q, err := f.query(time.Now())
		if err != nil {
			return err
		}
		tmp, err := os.CreateTemp(filepath.Dir(out), ".bundle-*")
		if err != nil {
			return err
		}
		defer os.Remove(tmp.Name())
		err = r.AuditBundle(cmd.Context(), q, tmp)
		if err2 := tmp.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return err
		}
		if err := os.Rename(tmp.Name(), out); err != nil {
			return err
		}
		return show(cmd, map[string]string{"file": out}, func(w io.Writer) {
			fmt.Fprintf(w, "wrote %s\nverify it:  clientele audit verify %s\n", out, out)
		})
	})
}
