package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/codec"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/fingerprint"
	"github.com/clientele/clientele/internal/judge"
	"github.com/clientele/clientele/internal/render"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// scanFlags are the flags of clientele scan.
type scanFlags struct {
	all, browser, noGit, noIgnore, verbose, quiet bool
	format, output, baseline, suppressions        string
	failOn, keyFile                               string
	maxSizeMiB                                    int64
	sendFlags
}

var formats = []string{"table", "json", "sarif", "html", "csv"}

func newScan() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [PATH…]",
		Short: "List the API clients on this machine or in a repository",
		Long: `Scan reads files and lists the API clients it finds: what each connects to, where
its secrets live, which identity it uses, how it is synced, who may own it, and
what to do about the risks.

Without a path it reads the places in your home folder where tools keep their
files, and the current folder. Nothing is changed, nothing is sent anywhere unless
you say --send, and no secret is tried, printed or sent: values appear as keyed
fingerprints.

Files named in .clienteleignore (in the grammar of .gitignore) are left out;
.gitignore is not obeyed, as ignored files are where secrets are. Findings can be
let pass, with a reason and until a day, in .clientele/suppressions.yaml.

Exit codes: 0 done; 1 findings at or above --fail-on; 2 wrong usage or input;
3 the scan could not be done.`,
		Example: `  clientele scan                         this machine's known places and this folder
  clientele scan ~/work/shop             one repository
  clientele scan --format html -o scan.html .
  clientele scan --fail-on high .        in a pipeline
  clientele scan --format json -o base.json . && clientele scan --baseline base.json .
  clientele scan --send                  and put what was found into the inventory`,
		RunE: func(c *cobra.Command, args []string) error { return runScan(c, f, args) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.format, "format", "f", "table", "table, json, sarif, html or csv")
	fl.StringVarP(&f.output, "output", "o", "", "write to this file instead of standard output")
	fl.StringVar(&f.failOn, "fail-on", "", "exit with 1 if a finding is of this severity or above: info, low, medium, high, critical")
	fl.StringVar(&f.baseline, "baseline", "", "leave out the findings of an earlier scan, saved with --format json")
	fl.StringVar(&f.suppressions, "suppressions", "", "file of suppressions (default "+judge.SuppressionFile+" in the scanned folder)")
	fl.BoolVar(&f.all, "all", false, "without a path: read the whole home folder")
	fl.BoolVar(&f.browser, "browser", false, "read developer tools' data in browser profiles too")
	fl.BoolVar(&f.noGit, "no-git", false, "do not ask git for authors and tracked files")
	fl.BoolVar(&f.noIgnore, "no-ignore", false, "read what .clienteleignore leaves out")
	fl.Int64Var(&f.maxSizeMiB, "max-size", 32, "largest file to decode, in MiB")
	fl.StringVar(&f.keyFile, "key-file", "", "file with the key of the fingerprints (default: made on first use; or the variable CLIENTELE_FINGERPRINT_KEY)")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "show every client, credential and unreadable file")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no notes on standard error")
	f.sendFlags.add(cmd)
	complete(cmd, "format", formats)
	complete(cmd, "fail-on", []string{"info", "low", "medium", "high", "critical"})
	return cmd
}

func complete(cmd *cobra.Command, flag string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values, cobra.ShellCompDirectiveNoFileComp
	})
}

func runScan(cmd *cobra.Command, f scanFlags, paths []string) error {
	if f.resume {
		return resumeScan(cmd, f)
	}
	if f.send && f.baseline != "" {
		return &clientele.Error{Kind: clientele.Invalid, Msg: "a scan without the findings of a baseline would close them on the server", Hint: "leave out --baseline or --send"}
	}
	write, err := writer(f.format)
	if err != nil {
		return err
	}
	limit, err := severity(f.failOn)
	if err != nil {
		return err
	}
	known, err := baseline(f.baseline)
	if err != nil {
		return err
	}
	roots, err := rootsOf(f, paths)
	if err != nil {
		return err
	}
	list, err := suppressions(f.suppressions, roots)
	if err != nil {
		return err
	}
	key, err := fingerprintKey(f.keyFile)
	if err != nil {
		return err
	}
	if f.maxSizeMiB < 1 || f.maxSizeMiB > 1024 {
		return &clientele.Error{Kind: clientele.Invalid, Msg: "--max-size is between 1 and 1024 MiB"}
	}
	opts := discover.Options{Roots: roots, Key: key, Decoders: codec.All(), Browser: f.browser, NoGit: f.noGit, NoIgnore: f.noIgnore, MaxSize: f.maxSizeMiB << 20}
	bar := newProgress(cmd.ErrOrStderr(), f.quiet)
	opts.Progress = bar.set
	res, err := discover.Scan(cmd.Context(), opts)
	bar.stop()
	if err != nil {
		return err
	}
	notes := res.Suppress(list, time.Now())
	if n := res.DropKnown(known); n > 0 {
		notes = append(notes, fmt.Sprintf("%d findings of the baseline are left out", n))
	}
	if !f.quiet {
		for _, n := range notes {
			fmt.Fprintln(cmd.ErrOrStderr(), "note:", n)
		}
	}
	scan := render.Wire(res, version())
	remember(scan)
	if err := emit(cmd.OutOrStdout(), f, scan, write); err != nil {
		return err
	}
	if f.send {
		if err := sendScan(cmd, f, scan); err != nil {
			return err
		}
	}
	for _, x := range res.Findings {
		if limit >= 0 && x.Suppressed == "" && x.Severity >= limit {
			return exitCode(exitFindings)
		}
	}
	return nil
}

type writeFunc func(w io.Writer, s api.Scan, f scanFlags) error

func writer(format string) (writeFunc, error) {
	plain := func(g func(io.Writer, api.Scan) error) writeFunc {
		return func(w io.Writer, s api.Scan, _ scanFlags) error { return g(w, s) }
	}
	switch format {
	case "table":
		return table, nil
	case "json":
		return plain(render.JSON), nil
	case "sarif":
		return plain(render.SARIF), nil
	case "html":
		return plain(render.HTML), nil
	case "csv":
		return plain(render.CSV), nil
	}
	return nil, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("unknown format %q", format), Hint: "use table, json, sarif, html or csv"}
}

func table(w io.Writer, s api.Scan, f scanFlags) error {
	o := render.TableOptions{Verbose: f.verbose}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		o.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			o.Width = width
		}
	}
	return render.Table(w, s, o)
}

// emit writes the report to standard output, or whole and at once to a file.
func emit(out io.Writer, f scanFlags, s api.Scan, write writeFunc) error {
	if f.output == "" || f.output == "-" {
		return write(out, s, f)
	}
	var b bytes.Buffer
	if err := write(&b, s, f); err != nil {
		return err
	}
	return writeWhole(f.output, b.Bytes())
}

// writeWhole puts a file in place in one step, readable by its owner alone.
func writeWhole(name string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".clientele-*")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// severity reads --fail-on; -1 stands for no limit.
func severity(s string) (clientele.Severity, error) {
	if s == "" {
		return -1, nil
	}
	var sev clientele.Severity
	err := sev.UnmarshalText([]byte(s))
	return sev, err
}

// baseline reads the fingerprints of an earlier scan's findings.
func baseline(file string) (map[string]bool, error) {
	if file == "" {
		return nil, nil
	}
	s, err := readScan(file)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range s.Findings {
		known[f.Fingerprint] = true
	}
	return known, nil
}

// readScan reads a scan saved as JSON.
func readScan(file string) (*api.Scan, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var s api.Scan
	if err := json.Unmarshal(b, &s); err != nil || s.SchemaVersion == "" {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: file + " is not a scan in JSON", Hint: "make one with: clientele scan --format json -o " + file}
	}
	return &s, nil
}

// rootsOf are the paths to scan.
func rootsOf(f scanFlags, paths []string) ([]string, error) {
	for _, p := range paths {
		if _, err := os.Lstat(p); err != nil {
			return nil, &clientele.Error{Kind: clientele.NotFound, Msg: fmt.Sprintf("cannot scan %s: %v", p, errors.Unwrap(err))}
		}
	}
	if len(paths) > 0 {
		return paths, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "the home folder is not known", Hint: "name a path: clientele scan PATH"}
	}
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if f.all {
		return []string{home, cwd}, nil
	}
	roots := discover.HomePlaces(home, f.browser)
	if cwd != home && cwd != filepath.Dir(home) && cwd != string(filepath.Separator) {
		roots = append(roots, cwd)
	}
	return roots, nil
}

// suppressions reads the file named, or those that lie in the roots.
func suppressions(file string, roots []string) ([]judge.Suppression, error) {
	if file != "" {
		return judge.LoadSuppressions(file, time.Now())
	}
	var all []judge.Suppression
	for _, r := range roots {
		list, err := judge.LoadSuppressions(filepath.Join(r, judge.SuppressionFile), time.Now())
		var pe *fs.PathError
		if errors.As(err, &pe) {
			continue // there is none
		}
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// fingerprintKey takes the key from the file named, from the environment, or from the
// user's own, which is made on first use.
func fingerprintKey(file string) (fingerprint.Key, error) {
	if text := os.Getenv("CLIENTELE_FINGERPRINT_KEY"); text != "" && file == "" {
		return fingerprint.ParseKey(text)
	}
	if file == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return fingerprint.Key{}, &clientele.Error{Kind: clientele.Invalid, Msg: "there is no place for the fingerprint key: " + err.Error(), Hint: "name one with --key-file, or set CLIENTELE_FINGERPRINT_KEY"}
		}
		file = filepath.Join(dir, "clientele", "fingerprint.key")
	}
	return fingerprint.LoadKey(file)
}

// lastScan is where the latest scan is kept for clientele explain. It holds no secret.
func lastScan() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "clientele", "last-scan.json"), err
}

// remember keeps the scan for clientele explain. Where that cannot be done nothing is lost
// but a convenience.
func remember(s api.Scan) {
	file, err := lastScan()
	if err != nil {
		return
	}
	var b bytes.Buffer
	if render.JSON(&b, s) == nil && os.MkdirAll(filepath.Dir(file), 0o700) == nil {
		_ = writeWhole(file, b.Bytes())
	}
}

// progress shows on a terminal how far a scan is.
type progress struct {
	out         io.Writer
	read, found atomic.Int64
	done, ended chan struct{}
}

func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{out: w, done: make(chan struct{}), ended: make(chan struct{})}
	file, ok := w.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		close(p.ended)
		return p
	}
	go p.show()
	return p
}

func (p *progress) set(read, found int64) {
	p.read.Store(read)
	p.found.Store(found)
}

func (p *progress) show() {
	defer close(p.ended)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			fmt.Fprint(p.out, "\r\x1b[K")
			return
		case <-tick.C:
			fmt.Fprintf(p.out, "\r\x1b[Kreading: %d of %d files found so far", p.read.Load(), p.found.Load())
		}
	}
}

func (p *progress) stop() {
	close(p.done)
	<-p.ended
}
