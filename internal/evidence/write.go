package evidence

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	_ "embed"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// MaxEntries is how many entries a bundle holds at most.
const MaxEntries = 10_000

// The names in a bundle.
const (
	entriesFile    = "entries.ndjson"
	checkpointFile = "checkpoint"
	logFile        = "log.vkey"
	witnessesFile  = "witnesses.vkey"
	readmeFile     = "README.txt"
	indexFile      = "index.html"
	proofsDir      = "proofs/"
	policiesDir    = "policies/"
)

func proofFile(seq int64) string      { return fmt.Sprintf("%s%012d.tlog-proof", proofsDir, seq) }
func policyFile(version int64) string { return fmt.Sprintf("%s%06d.cedar", policiesDir, version) }

//go:embed README.txt
var readme string

//go:embed index.html
var indexText string

// Bundle says what was written.
type Bundle struct {
	Entries  int
	Size     int64 // of the checkpoint that proves them
	At       time.Time
	Unsigned int  // entries that match and are too new for a checkpoint
	More     bool // more entries match than a bundle holds
}

// WriteBundle writes the entries that match, oldest first, as a zip with a proof of each, the
// policies they were decided by, and what is needed to verify it all elsewhere.
func (d *Desk) WriteBundle(ctx context.Context, tx *db.Tx, w io.Writer, f audit.Filter, at time.Time) (Bundle, error) {
	all, more, err := matching(ctx, tx, f)
	if err != nil {
		return Bundle{}, err
	}
	head, err := checkpoint(ctx, tx, all)
	if err != nil {
		return Bundle{}, err
	}
	msg, err := audit.Cosigned(ctx, tx, head)
	if err != nil {
		return Bundle{}, err
	}
	entries := slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return e.Seq >= head.Size })
	b := Bundle{Entries: len(entries), Size: head.Size, At: at, Unsigned: len(all) - len(entries), More: more}
	z := &writer{zip: zip.NewWriter(w), at: at}
	z.file(readmeFile, []byte(readme))
	z.file(logFile, []byte(d.KeyText+"\n"))
	z.file(witnessesFile, []byte(strings.Join(append(slices.Clone(d.WitnessTexts), ""), "\n")))
	z.file(checkpointFile, msg)
	z.entries(entries)
	if err := d.proofs(ctx, tx, z, head.Size, msg, entries); err != nil {
		return b, err
	}
	if err := policies(ctx, tx, z, entries); err != nil {
		return b, err
	}
	if err := z.index(b, entries); err != nil {
		return b, err
	}
	if err := errors.Join(z.err, z.zip.Close()); err != nil {
		return b, fmt.Errorf("write the bundle: %w", err)
	}
	return b, nil
}

// entry is one that matches, with its leaf.
type entry struct {
	clientele.Entry
	body []byte
}

// matching reads up to MaxEntries that match, oldest first, and whether there are more.
func matching(ctx context.Context, tx *db.Tx, f audit.Filter) ([]entry, bool, error) {
	var all []entry
	p := audit.Page{Limit: 500, Oldest: true}
	for {
		bodies, next, err := audit.SearchBodies(ctx, tx, f, p)
		if err != nil {
			return nil, false, err
		}
		for _, b := range bodies {
			e, err := audit.Decode(b)
			if err != nil {
				return nil, false, err
			}
			all = append(all, entry{e, b})
		}
		if next == "" || len(all) >= MaxEntries {
			n := min(len(all), MaxEntries)
			return all[:n], next != "" || len(all) > n, nil
		}
		p.After = next
	}
}

// checkpoint chooses the one that proves the entries: held by somebody else if it covers all
// of them.
func checkpoint(ctx context.Context, tx *db.Tx, all []entry) (audit.Stored, error) {
	last := int64(-1)
	for _, e := range all {
		last = max(last, e.Seq)
	}
	s, err := audit.NewestHeld(ctx, tx)
	if err == nil && s.Size <= last {
		s, err = audit.Newest(ctx, tx)
	}
	return s, err
}

// proofs writes a proof of each entry. Nodes that proofs share are read once.
func (d *Desk) proofs(ctx context.Context, tx *db.Tx, z *writer, size int64, msg []byte, entries []entry) error {
	known := tlog.Nodes{}
	read := d.Log.Hashes(ctx, tx)
	cached := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var missing []int64
		for _, pos := range at {
			if _, ok := known[pos]; !ok {
				missing = append(missing, pos)
			}
		}
		hashes, err := read.ReadHashes(missing)
		for i, h := range hashes {
			known[missing[i]] = h
		}
		if err != nil {
			return nil, err
		}
		return known.ReadHashes(at)
	})
	for _, e := range entries {
		hashes, err := tlog.ProveInclusion(size, e.Seq, cached)
		if err != nil {
			return err
		}
		z.file(proofFile(e.Seq), tlog.Proof{Index: e.Seq, Hashes: hashes, Checkpoint: msg}.Marshal())
	}
	return nil
}

// policies writes the texts of the versions that the entries name. Version 0 is what every
// release has built in.
func policies(ctx context.Context, tx *db.Tx, z *writer, entries []entry) error {
	done := map[int64]bool{0: true}
	for _, e := range entries {
		if done[e.PolicyVersion] {
			continue
		}
		done[e.PolicyVersion] = true
		var text string
		if err := tx.Row(ctx, "SELECT text FROM policy_version WHERE version = ?", []any{e.PolicyVersion}, &text); err != nil {
			return fmt.Errorf("read policy version %d: %w", e.PolicyVersion, err)
		}
		z.file(policyFile(e.PolicyVersion), []byte(text))
	}
	return nil
}

// writer writes files of a zip, and keeps the first error.
type writer struct {
	zip *zip.Writer
	at  time.Time
	err error
}

func (z *writer) create(name string) io.Writer {
	if z.err != nil {
		return io.Discard
	}
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.at})
	if z.err = err; err != nil {
		return io.Discard
	}
	return w
}

func (z *writer) file(name string, text []byte) {
	if _, err := z.create(name).Write(text); err != nil && z.err == nil {
		z.err = err
	}
}

func (z *writer) entries(all []entry) {
	w := z.create(entriesFile)
	for _, e := range all {
		if _, err := w.Write(append(e.body, '\n')); err != nil && z.err == nil {
			z.err = err
		}
	}
}

func (z *writer) index(b Bundle, entries []entry) error {
	t, err := template.New(indexFile).Funcs(template.FuncMap{"proof": proofFile, "policy": policyFile}).Parse(indexText)
	if err != nil {
		return fmt.Errorf("read the page of a bundle: %w", err)
	}
	return t.Execute(z.create(indexFile), map[string]any{"Bundle": b, "Entries": entries})
}
