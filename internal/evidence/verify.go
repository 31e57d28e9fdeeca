package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/tlog"
)

// What a bundle may be at most; it may come from anyone.
const (
	MaxBundle    = 256 << 20 // bytes, packed
	maxUnpacked  = 1 << 30   // bytes, all files together
	maxFiles     = MaxEntries + 2000
	maxDirectory = 8 << 20 // bytes of the zip's directory
	maxSmall     = 1 << 20 // bytes of each file but the entries
)

// BundleCheck is what a bundle is held against.
type BundleCheck struct {
	// Log is the log's verifier key, from elsewhere than the bundle. If it is empty the
	// bundle's own is taken, which the report then says.
	Log string
	// Witnesses are verifier keys of witnesses; if there are none the bundle's own are taken.
	Witnesses []string
}

// BundleReport is what VerifyBundle found.
type BundleReport struct {
	Origin     string // of the log
	Key        string // the log's key by which it was verified
	KeyFromZip bool   // it came with the bundle: compare it
	Size       int64  // of the log, by the checkpoint
	Root       tlog.Hash
	Cosigned   []tlog.Cosigned
	// WitnessesFromZip says that the witnesses' keys came with the bundle.
	WitnessesFromZip bool

	Entries     int
	First, Last time.Time
	Problems    []audit.Problem
	More        int // problems beyond audit.MaxProblems
}

// OK reports whether nothing is wrong.
func (r *BundleReport) OK() bool { return len(r.Problems) == 0 }

func (r *BundleReport) add(kind audit.ProblemKind, row, format string, args ...any) {
	if len(r.Problems) >= audit.MaxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, audit.Problem{Kind: kind, Row: row, Text: fmt.Sprintf(format, args...)})
}

// VerifyBundle checks a bundle with no database and no network. An error is a file that is no
// bundle, or one that is larger than bundles are; all else is in the report. Entries that
// verify are handed to each, in their order; nil is nobody.
func VerifyBundle(r io.ReaderAt, size int64, c BundleCheck, each func(clientele.Entry)) (*BundleReport, error) {
	files, err := openBundle(r, size)
	if err != nil {
		return nil, err
	}
	v := &bundle{files: files, report: &BundleReport{}, each: each}
	if err := v.keys(c); err != nil {
		return nil, err
	}
	if err := v.checkpoint(); err != nil {
		return nil, err
	}
	if err := v.entries(); err != nil {
		return nil, err
	}
	v.rest()
	return v.report, nil
}

// bundle is a VerifyBundle at work.
type bundle struct {
	files  map[string]*zip.File
	report *BundleReport
	each   func(clientele.Entry)

	log       note.Verifier
	witnesses []note.Verifier
	signed    []byte
	proofs    int
}

// metered fails when more is read than the directory of a zip may take: package zip reads
// all of it into memory, whatever its size.
type metered struct {
	r    io.ReaderAt
	left int64
}

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left -= int64(len(p)); m.left < 0 {
		return 0, errors.New("the directory is too long")
	}
	return m.r.ReadAt(p, off)
}

// openBundle reads the directory of a zip and refuses what no bundle has: names that
// repeat or lead elsewhere, more files or bytes than there can be.
func openBundle(r io.ReaderAt, size int64) (map[string]*zip.File, error) {
	if size > MaxBundle {
		return nil, clientele.Errorf(clientele.Limit, "the bundle has %d MiB, the limit is %d", size>>20, MaxBundle>>20)
	}
	m := &metered{r, maxDirectory}
	z, err := zip.NewReader(m, size)
	if err != nil {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "this is no bundle: it is not a zip file, or is damaged", Err: err}
	}
	m.left = 2 * MaxBundle
	if len(z.File) > maxFiles {
		return nil, clientele.Errorf(clientele.Limit, "the bundle has %d files, the limit is %d", len(z.File), maxFiles)
	}
	files := make(map[string]*zip.File, len(z.File))
	var total uint64
	for _, f := range z.File {
		total += f.UncompressedSize64
		switch {
		case !fs.ValidPath(f.Name) || strings.ContainsAny(f.Name, "\\:") || !f.Mode().IsRegular():
			return nil, clientele.Errorf(clientele.Invalid, "this is no bundle: it has a file named %.80q", f.Name)
		case files[f.Name] != nil:
			return nil, clientele.Errorf(clientele.Invalid, "this is no bundle: it has two files named %.80q", f.Name)
		case f.UncompressedSize64 > maxUnpacked || total > maxUnpacked:
			return nil, clientele.Errorf(clientele.Limit, "the bundle unpacks to more than %d MiB", maxUnpacked>>20)
		}
		files[f.Name] = f
	}
	return files, nil
}

// read reads a small file.
func (v *bundle) read(name string) ([]byte, error) {
	f := v.files[name]
	if f == nil {
		return nil, clientele.Errorf(clientele.Invalid, "the bundle has no %s", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(name, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxSmall+1))
	if err != nil {
		return nil, damaged(name, err)
	}
	if len(b) > maxSmall {
		return nil, clientele.Errorf(clientele.Limit, "%s is longer than %d bytes", name, maxSmall)
	}
	return b, nil
}

func damaged(name string, err error) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: name + " in the bundle is damaged", Err: err}
}

func (v *bundle) keys(c BundleCheck) error {
	if c.Log == "" {
		b, err := v.read(logFile)
		if err != nil {
			return err
		}
		c.Log, v.report.KeyFromZip = strings.TrimSpace(string(b)), true
	}
	if len(c.Witnesses) == 0 && v.files[witnessesFile] != nil {
		b, err := v.read(witnessesFile)
		if err != nil {
			return err
		}
		c.Witnesses, v.report.WitnessesFromZip = strings.Fields(string(b)), true
	}
	if len(c.Witnesses) > 100 {
		return clientele.Errorf(clientele.Limit, "the bundle names more than 100 witnesses")
	}
	var err error
	if v.log, err = tlog.ParseVerifier(c.Log); err != nil {
		return err
	}
	v.report.Key = c.Log
	for _, text := range c.Witnesses {
		w, err := tlog.ParseVerifier(text)
		if err != nil {
			return err
		}
		v.witnesses = append(v.witnesses, w)
	}
	return nil
}

// checkpoint reads the signed head. If it is not signed nothing else can be said.
func (v *bundle) checkpoint() error {
	var err error
	if v.signed, err = v.read(checkpointFile); err != nil {
		return err
	}
	s, err := tlog.Open(v.signed, v.log, v.witnesses...)
	if err != nil {
		return fmt.Errorf("the bundle's checkpoint: %w", err)
	}
	if s.Origin != v.log.Name() {
		return clientele.Errorf(clientele.Invalid, "the bundle's checkpoint is of the log %.80q, not of %s", s.Origin, v.log.Name())
	}
	r := v.report
	r.Origin, r.Size, r.Root, r.Cosigned = s.Origin, s.Size, s.Root, s.Cosigned
	return nil
}

// entries checks each entry by its proof.
func (v *bundle) entries() error {
	f := v.files[entriesFile]
	if f == nil {
		return clientele.Errorf(clientele.Invalid, "the bundle has no %s", entriesFile)
	}
	r, err := f.Open()
	if err != nil {
		return damaged(entriesFile, err)
	}
	defer r.Close()
	lines := bufio.NewScanner(io.LimitReader(r, maxUnpacked))
	lines.Buffer(nil, audit.MaxEntry+2)
	seen := map[int64]bool{}
	for lines.Scan() {
		if v.report.Entries++; v.report.Entries > MaxEntries {
			return clientele.Errorf(clientele.Limit, "the bundle has more than %d entries", MaxEntries)
		}
		v.entry(lines.Bytes(), seen)
	}
	if err := lines.Err(); err != nil {
		return damaged(entriesFile, err)
	}
	return nil
}

func (v *bundle) entry(body []byte, seen map[int64]bool) {
	e, err := audit.Decode(body)
	if err != nil {
		v.report.add(audit.Altered, fmt.Sprintf("line %d", v.report.Entries), "it is no entry")
		return
	}
	name := fmt.Sprintf("entry %d", e.Seq)
	if seen[e.Seq] {
		v.report.add(audit.Added, name, "it is there twice")
		return
	}
	seen[e.Seq] = true
	if kind, err := v.prove(e.Seq, body); err != nil {
		v.report.add(kind, name, "%v", err)
		return
	}
	if v.report.First.IsZero() || e.At.Before(v.report.First) {
		v.report.First = e.At
	}
	if e.At.After(v.report.Last) {
		v.report.Last = e.At
	}
	if v.each != nil {
		v.each(e)
	}
}

func (v *bundle) prove(seq int64, body []byte) (audit.ProblemKind, error) {
	if v.files[proofFile(seq)] == nil {
		return audit.Missing, errors.New("its proof is not in the bundle")
	}
	v.proofs++
	b, err := v.read(proofFile(seq))
	if err != nil {
		return audit.Altered, err
	}
	p, err := tlog.ParseProof(b)
	if err != nil {
		return audit.Altered, err
	}
	if p.Index != seq || !bytes.Equal(p.Checkpoint, v.signed) {
		return audit.Altered, errors.New("its proof is of another entry or another checkpoint")
	}
	return audit.Altered, tlog.CheckInclusion(p.Hashes, v.report.Size, v.report.Root, seq, tlog.LeafHash(body))
}

// rest names what does not belong into a bundle.
func (v *bundle) rest() {
	if v.proofs < count(v.files, proofsDir) {
		v.report.add(audit.Missing, entriesFile, "there are %d proofs for %d entries", count(v.files, proofsDir), v.proofs)
	}
	for _, name := range sorted(v.files) {
		switch name {
		case entriesFile, checkpointFile, logFile, witnessesFile, readmeFile, indexFile:
			continue
		}
		if !strings.HasPrefix(name, proofsDir) && !strings.HasPrefix(name, policiesDir) {
			v.report.add(audit.Added, name, "it does not belong into a bundle")
		}
	}
}

func count(files map[string]*zip.File, dir string) (n int) {
	for name := range files {
		if strings.HasPrefix(name, dir) {
			n++
		}
	}
	return n
}

func sorted(files map[string]*zip.File) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
