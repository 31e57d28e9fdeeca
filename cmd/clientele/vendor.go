package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/spf13/cobra"
)

func vendorCommands() []*cobra.Command {
	cmd := &cobra.Command{
		Use:   "vendor",
		Short: "Say who runs a client from outside, and drill how to stop them",
		Long: `A vendor's client has a sponsor inside, a contact outside, a contract with an end,
and a runbook that says step by step how its access is revoked. It is active only
once that runbook was drilled with success; another text has to be drilled again.
Its grants end with the contract at the latest.`,
		Example: `  clientele vendor set cli_06h0mam3 --name Acme --contact soc@acme.example --sponsor ida@example.com --runbook revoke.md --contract-end 2027-06-30
  clientele vendor drill cli_06h0mam3 --passed --note "key deleted at 10:02, 401 at 10:03"
  clientele vendor show cli_06h0mam3`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(newVendorShow(), newVendorSet(), newVendorDrill())
	return []*cobra.Command{cmd}
}

func newVendorShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show CLIENT", Short: "Show who runs a client from outside, its runbook and the drills", Args: cobra.ExactArgs(1)}
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		v, err := r.Vendor(cmd.Context(), args[0])
		return showVendor(cmd, v, err)
	})
}

// vendorFlags are what may be set of a vendor.
type vendorFlags struct {
	name, contact, sponsor, runbook, end string
	none, sure                           bool
}

func newVendorSet() *cobra.Command {
	var f vendorFlags
	cmd := &cobra.Command{
		Use:   "set CLIENT",
		Short: "Write who runs a client from outside",
		Long: `Set writes what is known of the vendor of a client. What no flag names stays as it
is. An earlier end of the contract ends grants at once, for good: that shows them
first and asks for --yes.`,
		Example: `  clientele vendor set cli_06h0mam3 --name Acme --sponsor ida@example.com --runbook revoke.md --contract-end 2027-06-30
  clientele vendor set cli_06h0mam3 --contract-end 2026-12-31 --yes
  clientele vendor set cli_06h0mam3 --none`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&f.name, "name", "", "who it is")
	cmd.Flags().StringVar(&f.contact, "contact", "", "whom to call there")
	cmd.Flags().StringVar(&f.sponsor, "sponsor", "", "the person inside who answers for it")
	cmd.Flags().StringVar(&f.runbook, "runbook", "", "a file that says how its access is revoked")
	cmd.Flags().StringVar(&f.end, "contract-end", "", "when the contract ends: 2027-06-30")
	cmd.Flags().BoolVar(&f.none, "none", false, "it is not a vendor's")
	cmd.Flags().BoolVar(&f.sure, "yes", false, "end the grants that would outlive the contract")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		old, err := r.Vendor(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		in, err := f.input(cmd, old)
		if err != nil {
			return err
		}
		if err := f.cut(cmd, r, args[0], in.ContractEnd); err != nil {
			return err
		}
		v, err := r.SetVendor(cmd.Context(), args[0], old.ETag(), in)
		return showVendor(cmd, v, err)
	})
}

// input is the vendor as it was, with what the flags name.
func (f *vendorFlags) input(cmd *cobra.Command, old api.Vendor) (api.VendorInput, error) {
	if f.none {
		return api.VendorInput{}, nil
	}
	in := api.VendorInput{Name: old.Name, Contact: old.Contact, Sponsor: old.Sponsor, Runbook: old.Runbook, ContractEnd: old.ContractEnd}
	for flag, field := range map[string]*string{"name": &in.Name, "contact": &in.Contact, "sponsor": &in.Sponsor} {
		if cmd.Flags().Changed(flag) {
			*field = cmd.Flag(flag).Value.String()
		}
	}
	var err error
	if f.runbook != "" {
		if in.Runbook, err = readText(f.runbook); err != nil {
			return in, err
		}
	}
	if f.end != "" {
		in.ContractEnd, err = moment(f.end, time.Now())
	}
	return in, err
}

// cut shows the grants that a contract's end would end, and stops without --yes.
func (f *vendorFlags) cut(cmd *cobra.Command, r *api.Remote, id string, end time.Time) error {
	if f.end == "" || f.sure {
		return nil
	}
	im, err := r.RetirePreview(cmd.Context(), id)
	if err != nil {
		return err
	}
	im.Grants = slices.DeleteFunc(im.Grants, func(g api.ImpactGrant) bool { return !g.ValidTo.After(end) })
	if len(im.Grants) == 0 {
		return nil
	}
	var rows [][]string
	for _, g := range im.Grants {
		rows = append(rows, []string{g.Verb, g.Service, g.Method, g.Path, when(g.ValidTo)})
	}
	columns(cmd.ErrOrStderr(), []string{"VERB", "SERVICE", "METHOD", "PATH", "WOULD LAST UNTIL"}, rows)
	return errPreview("if these grants are to end with the contract, repeat it with --yes")
}

// maxRunbook is the longest runbook that a server takes, in bytes.
const maxRunbook = 16 << 10

func readText(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", &clientele.Error{Kind: clientele.Invalid, Msg: err.Error(), Err: err}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRunbook+1))
	if err == nil && len(b) > maxRunbook {
		err = &clientele.Error{Kind: clientele.Limit, Msg: fmt.Sprintf("%s is longer than %d bytes", name, maxRunbook), Hint: "keep the steps in it, and refer to the rest"}
	}
	return string(b), err
}

func newVendorDrill() *cobra.Command {
	var passed, failed bool
	var note, runbook string
	cmd := &cobra.Command{
		Use:   "drill CLIENT (--passed | --failed) --note TEXT",
		Short: "Record a try at revoking a vendor's access by its runbook",
		Long: `Drill records that somebody followed the runbook, and whether the vendor's access
was gone after that. A failed drill of the text on file suspends the client.

To replace the runbook of an active client, drill the new text first: --runbook.`,
		Example: `  clientele vendor drill cli_06h0mam3 --passed --note "key deleted at 10:02, 401 at 10:03"
  clientele vendor drill cli_06h0mam3 --runbook revoke-v2.md --passed --note "as before, in two minutes"`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&passed, "passed", false, "its access was gone")
	cmd.Flags().BoolVar(&failed, "failed", false, "it was not")
	cmd.Flags().StringVar(&note, "note", "", "what was tried, and what happened")
	cmd.Flags().StringVar(&runbook, "runbook", "", "a file with the text that was tried; without it, the one on file")
	return remote(cmd, func(cmd *cobra.Command, r *api.Remote, args []string) error {
		if err := need(cmd, "note"); err != nil {
			return err
		}
		if passed == failed {
			return &clientele.Error{Kind: clientele.Invalid, Msg: "say whether it passed", Hint: "--passed or --failed"}
		}
		in := api.DrillInput{Passed: passed, Note: note}
		if runbook != "" {
			var err error
			if in.Runbook, err = readText(runbook); err != nil {
				return err
			}
		}
		v, err := r.DrillVendor(cmd.Context(), args[0], in)
		return showVendor(cmd, v, err)
	})
}

func showVendor(cmd *cobra.Command, v api.Vendor, err error) error {
	if err != nil {
		return err
	}
	return show(cmd, v, func(w io.Writer) {
		for _, f := range [][]string{
			{"client", v.Client + " (" + v.State + ")"}, {"vendor", v.Name}, {"contact", v.Contact}, {"sponsor", v.SponsorName},
			{"contract ends", when(v.ContractEnd)}, {"runbook drilled", when(v.DrilledAt)},
		} {
			if f[1] != "" {
				fmt.Fprintf(w, "%-16s %s\n", f[0], plainText(f[1]))
			}
		}
		if len(v.Drills) > 0 {
			fmt.Fprintln(w)
			var rows [][]string
			for _, d := range v.Drills {
				rows = append(rows, []string{when(d.At), map[bool]string{true: "passed", false: "failed"}[d.Passed], d.Runbook[:min(12, len(d.Runbook))], d.Note})
			}
			columns(w, []string{"DRILLED", "RESULT", "RUNBOOK", "NOTE"}, rows)
		}
		fmt.Fprintln(w)
		writeNext(w, v.Next, v.Command, v.Until, time.Now())
	})
}
