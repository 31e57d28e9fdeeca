package render

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// TableOptions say what the terminal is like.
type TableOptions struct {
	Width   int  // columns; 0: not known, 80 are assumed
	Colour  bool // the terminal shows colours and the user wants them
	Verbose bool // list everything instead of counting it
	// Home and Dir shorten paths: those in the working folder Dir become relative, those in
	// the home folder begin with ~. Empty: they do not.
	Home, Dir string
	// Now is what expiry is told from; zero: when the scan began.
	Now time.Time
}

// Most of each that are shown without Verbose.
const (
	mostHosts      = 3
	mostSecrets    = 5
	mostIdentities = 3
	mostRules      = 6
	mostQuiet      = 12
	mostUnreadable = 5
	mostTools      = 6
)

// gutter is the column where what a client has begins, after the labels.
const gutter = 12

// table is the report on its way to a terminal.
type table struct {
	*digest
	paper
	opts TableOptions
}

// Table writes the report for people: clients worst first, a summary, what to do next.
func Table(w io.Writer, scan api.Scan, opts TableOptions) error {
	if opts.Width <= 0 {
		opts.Width = 80
	}
	if opts.Now.IsZero() {
		opts.Now = scan.Scan.StartedAt
	}
	t := &table{digest: newDigest(scan), opts: opts}
	t.paper = paper{w: bufio.NewWriter(w), width: max(opts.Width, 40), colour: opts.Colour}
	t.heading()
	loud := slices.IndexFunc(append(t.sheets, &sheet{}), (*sheet).quiet)
	for _, s := range t.sheets[:loud] {
		t.blank()
		t.client(s)
	}
	if calm := t.sheets[loud:]; len(calm) > 0 {
		t.blank()
		t.calm(calm)
	}
	t.blank()
	t.summary()
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (t *table) heading() {
	roots := make([]string, 0, len(t.scan.Scan.Roots))
	for _, r := range t.scan.Scan.Roots {
		rest, ok := below(r, t.opts.Home)
		if ok {
			r = strings.TrimSuffix("~/"+rest, "/")
		}
		roots = append(roots, r)
	}
	found := "No API clients"
	if n := len(t.sheets); n > 0 {
		found = count(n, "API client", "API clients")
	}
	t.line(bold(found), text("in "+many(roots, 3)))
}

// place shortens a path for the reader.
func (t *table) place(file string) string {
	if rest, ok := below(file, t.opts.Dir); ok {
		return firstOf(rest, ".")
	}
	if rest, ok := below(file, t.opts.Home); ok {
		return strings.TrimSuffix("~/"+rest, "/")
	}
	return file
}

// below is the rest of a path in a folder. Paths of a scan have slashes, a folder may have
// what the system uses.
func below(file, dir string) (string, bool) {
	dir = strings.TrimSuffix(strings.ReplaceAll(dir, `\`, "/"), "/")
	if dir == "" {
		return "", false
	}
	if file == dir {
		return "", true
	}
	return strings.CutPrefix(file, dir+"/")
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// styleOf is the style of a severity.
func styleOf(s clientele.Severity) style {
	return [...]style{info, low, medium, high, critical}[s]
}

// client writes one client: a head line, then a block for each thing that is known of it.
func (t *table) client(s *sheet) {
	about := s.Tool
	if s.Environment != "" {
		about += ", " + strings.ReplaceAll(s.Environment, ",", " and ")
	}
	worst := run{text: strings.ToUpper(s.worst.String()), style: styleOf(s.worst)}
	t.block([]run{worst}, gutter, bold(nameOf(s.Client)), text("("+about+")"))
	t.row("file", t.files(s)...)
	t.row("calls", text(t.calls(s)))
	t.identities(s)
	t.row("travels", text(strings.Join(each(s.Sync, travels), "; ")))
	t.owner(s)
	t.row("may", text(t.approvals(s)))
	t.secretsOf(s)
	t.findings(s)
}

// row writes what a label says, unless that is nothing.
func (t *table) row(label string, runs ...run) {
	if slices.ContainsFunc(runs, func(r run) bool { return r.text != "" }) {
		t.block([]run{labelled(label)}, gutter, runs...)
	}
}

func labelled(s string) run { return run{text: "  " + s, style: faint} }

func nameOf(c api.Client) string { return firstOf(plain(c.Name), c.ID) }

func (t *table) files(s *sheet) []run {
	var out []run
	for i, f := range s.Files {
		if i > 0 && !t.opts.Verbose {
			return append(out, text("and "+count(len(s.Files)-1, "more", "more")))
		}
		out = append(out, file(t.place(f)))
	}
	return out
}

func (t *table) calls(s *sheet) string {
	most := mostHosts
	if t.opts.Verbose {
		most = 1 << 30
	}
	return many(s.hosts(), most)
}

func (t *table) identities(s *sheet) {
	label := "signs in"
	var said []string
	for _, id := range s.Identities {
		as := "as " + signsIn(id, t.opts.Now)
		if slices.Contains(said, as) {
			continue
		}
		if len(said) == mostIdentities && !t.opts.Verbose {
			t.row("", dimmed("and as "+count(len(s.Identities)-mostIdentities, "other", "others")))
			return
		}
		t.row(label, text(as))
		said, label = append(said, as), ""
	}
}

func (t *table) owner(s *sheet) {
	label := "owner"
	for i, o := range s.Owners {
		if i > 0 && !t.opts.Verbose {
			return
		}
		t.row(label, text(sureness(o.Confidence)+" "+o.Who), dimmed("("+o.Evidence+")"))
		label = ""
	}
}

// approvals says what an agent may do without asking, the broad ones first.
func (t *table) approvals(s *sheet) string {
	var broad, narrow []string
	for _, a := range s.Approvals {
		if a.Broad {
			broad = append(broad, a.What)
		} else {
			narrow = append(narrow, a.What)
		}
	}
	if len(broad)+len(narrow) == 0 {
		return ""
	}
	most := mostHosts
	if t.opts.Verbose {
		most = 1 << 30
	}
	return "without asking: " + many(append(broad, narrow...), most)
}

// where writes a location so that a terminal or an editor can open it.
func (t *table) where(s *sheet, at api.Location) string {
	out := t.place(at.File)
	if len(s.Files) == 1 && at.File == s.Files[0] {
		out = path.Base(at.File)
	}
	if at.Line > 0 {
		out += ":" + strconv.Itoa(at.Line)
	}
	return out
}
