package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/app"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/evidence"
	"github.com/spf13/cobra"
)

// verifying is the flags of audit verify.
type verifying struct {
	config      configFlags
	log         string
	witnesses   []string
	checkpoints []string
}

func newAuditVerify() *cobra.Command {
	var v verifying
	cmd := &cobra.Command{
		Use:   "verify [BUNDLE]",
		Short: "Verify the audit: in the database, or in a bundle",
		Long: `Verify recomputes the log from its entries and names every row that is not as the
log wrote it: changed, missing, added, or not signed. It reads the database of this
machine's data folder (or PostgreSQL by the configuration), whether or not the
server runs, and asks no server.

With a bundle it verifies that file alone, without database and network. Give the
log's key with --log: the one inside a bundle only shows that it fits together.

A log that was rebuilt from the ground up, by somebody who holds the signing key as
well, is found by what others hold: witnesses' cosignatures, and checkpoints given
with --checkpoint.

Exit code 1 says that something is wrong.`,
		Example: `  clientele audit verify
  clientele audit verify --data /srv/clientele --checkpoint kept.txt
  clientele audit verify evidence.zip --log "$LOG_KEY" --witness "$WITNESS_KEY"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return v.bundle(cmd, args[0])
			}
			return v.database(cmd)
		},
	}
	v.config.add(cmd)
	formatFlag(cmd)
	cmd.Flags().StringVar(&v.log, "log", "", "the log's verifier key, name+hash+key (default: that of the data folder, or the bundle's own)")
	cmd.Flags().StringArrayVar(&v.witnesses, "witness", nil, "a witness's verifier key; may be repeated")
	cmd.Flags().StringArrayVar(&v.checkpoints, "checkpoint", nil, "a file with a checkpoint that was kept elsewhere; may be repeated")
	return cmd
}

// auditVerdict is what a verification found, for programs.
type auditVerdict struct {
	OK          bool           `json:"ok"`
	Size        int64          `json:"size"`
	Root        string         `json:"root"`
	Pruned      int64          `json:"pruned,omitempty"`
	Checkpoints int64          `json:"checkpoints,omitempty"`
	Held        int64          `json:"held"`
	Entries     int            `json:"entries,omitempty"`
	First       time.Time      `json:"first,omitzero"`
	Last        time.Time      `json:"last,omitzero"`
	Key         string         `json:"key,omitempty"`
	OwnKey      bool           `json:"own_key,omitempty"`
	Cosigned    []string       `json:"cosigned,omitempty"`
	Problems    []auditProblem `json:"problems"`
	More        int64          `json:"more,omitempty"`
}

type auditProblem struct {
	Kind string `json:"kind"`
	Row  string `json:"row"`
	Text string `json:"text"`
}

func problemsOf(all []audit.Problem) []auditProblem {
	out := make([]auditProblem, 0, len(all))
	for _, p := range all {
		out = append(out, auditProblem{string(p.Kind), p.Row, p.Text})
	}
	return out
}

func (v *verifying) database(cmd *cobra.Command) error {
	config, err := v.config.load()
	if err != nil {
		return err
	}
	for _, key := range v.witnesses {
		config.Audit.Witnesses = append(config.Audit.Witnesses, app.Witness{Key: key})
	}
	var held [][]byte
	for _, name := range v.checkpoints {
		text, err := readSmall(name)
		if err != nil {
			return err
		}
		held = append(held, text)
	}
	began := time.Now()
	r, err := app.VerifyAudit(cmd.Context(), config, v.log, held, howFar(cmd.ErrOrStderr()))
	if err != nil {
		return err
	}
	d := auditVerdict{OK: r.OK(), Size: r.Size, Root: r.Root.String(), Pruned: r.Pruned, Checkpoints: r.Checkpoints, Held: r.Held, Problems: problemsOf(r.Problems), More: r.More}
	return judgeLog(cmd, d, func(w io.Writer) {
		fmt.Fprintf(w, "%d entries and %d checkpoints verified in %v\nroot %s\n", d.Size, d.Checkpoints, time.Since(began).Round(time.Millisecond), d.Root)
		switch {
		case d.Held > 0:
			fmt.Fprintf(w, "others hold the log up to entry %d: until there nobody can have rewritten it\n", d.Held)
		case d.Size > 0:
			fmt.Fprintln(w, "nobody else holds a checkpoint: whoever has the database and the key could have rewritten it all\n  clientele audit status")
		}
	})
}

func (v *verifying) bundle(cmd *cobra.Command, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return &clientele.Error{Kind: clientele.Invalid, Msg: err.Error(), Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := evidence.VerifyBundle(f, info.Size(), evidence.BundleCheck{Log: v.log, Witnesses: v.witnesses}, nil)
	if err != nil {
		return err
	}
	d := auditVerdict{
		OK: r.OK(), Size: r.Size, Root: r.Root.String(), Entries: r.Entries, First: r.First, Last: r.Last, Key: r.Key, OwnKey: r.KeyFromZip,
		Problems: problemsOf(r.Problems), More: int64(r.More),
	}
	for _, c := range r.Cosigned {
		d.Cosigned = append(d.Cosigned, fmt.Sprintf("%s at %s", c.Witness, c.Time.Format(time.RFC3339)))
		d.Held = r.Size
	}
	return judgeLog(cmd, d, func(w io.Writer) {
		fmt.Fprintf(w, "%d entries from %s to %s are in the log %s of %d entries\n", d.Entries, when(d.First), when(d.Last), plainText(r.Origin), d.Size)
		for _, c := range d.Cosigned {
			fmt.Fprintln(w, "cosigned by", plainText(c))
		}
		if d.OwnKey {
			fmt.Fprintf(w, "The log's key came with the bundle. Ask whoever runs the log for theirs, and compare:\n  %s\n", plainText(d.Key))
		}
		if r.WitnessesFromZip && len(d.Cosigned) > 0 {
			fmt.Fprintln(w, "The witnesses' keys came with the bundle, too: --witness")
		}
	})
}

// pronounce shows a verdict and ends the command with exit code 1 if something is wrong.
func judgeLog(cmd *cobra.Command, d auditVerdict, fine func(w io.Writer)) error {
	err := show(cmd, d, func(w io.Writer) {
		if d.OK {
			fine(w)
			return
		}
		fmt.Fprintln(w, "NOT AS THE LOG WROTE IT:")
		for _, p := range d.Problems {
			fmt.Fprintf(w, "  %-9s %s: %s\n", p.Kind, plainText(p.Row), plainText(p.Text))
		}
		if d.More > 0 {
			fmt.Fprintf(w, "  and %d more\n", d.More)
		}
		fmt.Fprintln(w, "Stop the server, keep the database as it is, and compare it with the last backup.")
	})
	if err == nil && !d.OK {
		return exitCode(exitFindings)
	}
	return err
}

// howFar tells people at a terminal how far it is, once a second.
func howFar(w io.Writer) func(done, total int64) {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	last := time.Now()
	return func(done, total int64) {
		if time.Since(last) > time.Second {
			last = time.Now()
			fmt.Fprintf(w, "\r%d of %d entries ", done, total)
		}
		if done == total {
			fmt.Fprint(w, "\r\033[K")
		}
	}
}
