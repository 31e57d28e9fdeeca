// Package discover walks trees of files and finds the API clients in them: which exist, what
// each connects to, where its secrets lie, which identity it uses, how it travels, and who
// may own it.
//
// A scan runs in three steps. Files are read in parallel, each once: the engine of package
// detect searches the text and tells, by the marks it sees, which decoders of package codec
// should look; what they say is taken apart and judged at once, so that no secret outlives
// the file it stood in. Then the readings are joined into clients, and references are
// followed across files. Last, repositories are asked who wrote the files and whether they
// are tracked, and the rules are applied.
//
// The package has no database and never uses the network.
package discover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/fingerprint"
	"github.com/clientele/clientele/internal/judge"
	"github.com/clientele/clientele/internal/reading"
	"github.com/clientele/clientele/internal/safefile"
)

// Options say what to scan and how.
type Options struct {
	Roots    []string        // files and folders; relative ones are taken from the working folder
	Key      fingerprint.Key // makes the fingerprints
	Decoders []clientele.Decoder
	Browser  bool          // read browser profiles too
	NoGit    bool          // do not ask git for authors and tracked files
	NoIgnore bool          // read what .clienteleignore leaves out
	MaxSize  int64         // bytes of a file that is decoded; 0: 32 MiB
	MaxDepth int           // folders below a root; 0: 100
	Workers  int           // readers; 0: one a processor
	GitTime  time.Duration // for all questions to git about one repository; 0: 5 s
	Home     string        // the home folder, for owners; empty: the user's
	Now      func() time.Time
	// Progress is called now and then with the number of files read and found so far. It
	// must be safe for use by several goroutines.
	Progress func(read, found int64)
}

// Result is what a scan found.
type Result struct {
	StartedAt  time.Time
	Duration   time.Duration
	Roots      []string
	Files      int64
	Bytes      int64
	Unreadable []Unreadable
	RuleSource string // the rule set for free text, with its version
	judge.Verdict
}

// Unreadable is a file that could not be read, or not wholly, and why.
type Unreadable struct {
	Path, Reason string
}

const (
	defaultMaxSize = 32 << 20
	defaultDepth   = 100
	bufferSize     = 1 << 20 // files up to this size are read into a buffer used again
	chunkOverlap   = 16 << 10
	maxNesting     = 2       // archives within archives
	maxSearched    = 1 << 30 // bytes of one file
)

func (o *Options) defaults() {
	if o.MaxSize == 0 {
		o.MaxSize = defaultMaxSize
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = defaultDepth
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.GitTime == 0 {
		o.GitTime = 5 * time.Second
	}
	if o.Home == "" {
		o.Home, _ = os.UserHomeDir()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
}

// scan is the state of one Scan.
type scan struct {
	opts   Options
	roots  []string
	table  *codec.Table
	engine *detect.Engine
	walker *walker
	read   atomic.Int64
	bytes  atomic.Int64
	large  sync.Mutex // one large file in memory at a time

	mu         sync.Mutex // guards the fields below
	readings   []*reading.Reading
	unreadable []Unreadable
	loose      []clientele.Credential
}

// Scan reads the trees and returns what it found. Its error is that of the context or of
// Options; a file that cannot be read is a line of the result.
func Scan(ctx context.Context, opts Options) (*Result, error) {
	opts.defaults()
	if opts.Key.Missing() {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "a scan needs a fingerprint key"}
	}
	res := &Result{StartedAt: opts.Now().UTC()}
	start := time.Now()
	for _, r := range opts.Roots {
		abs, err := filepath.Abs(r)
		if err != nil {
			return nil, err
		}
		res.Roots = append(res.Roots, abs)
	}
	table := codec.New(opts.Decoders)
	engine, err := detect.New(table.Marks())
	if err != nil {
		return nil, fmt.Errorf("build the detection engine: %w", err)
	}
	s := &scan{opts: opts, roots: res.Roots, table: table, engine: engine}
	if err := s.readAll(ctx, res.Roots); err != nil {
		return nil, err
	}
	res.RuleSource = engine.Source()
	res.Files, res.Bytes = s.read.Load(), s.bytes.Load()
	res.Unreadable = s.unreadable
	j := newJoiner(&s.opts, res.Roots, s.repositories())
	clients := j.join(s.readings, s.loose)
	if !opts.NoGit {
		j.askGit(ctx, clients)
	}
	var subjects []judge.Subject
	for _, b := range clients {
		subjects = append(subjects, j.finish(b))
	}
	res.Verdict = judge.Judge(subjects, opts.Key, opts.Now())
	sort.Slice(res.Unreadable, func(a, b int) bool { return res.Unreadable[a].Path < res.Unreadable[b].Path })
	res.Duration = time.Since(start)
	return res, ctx.Err()
}

// readAll runs the walk and the readers.
func (s *scan) readAll(ctx context.Context, roots []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	paths := make(chan []entry, 4*s.opts.Workers)
	s.walker = &walker{opts: &s.opts, report: s.fail, out: paths}
	var walkErr error
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(paths)
		for _, r := range roots {
			if walkErr = s.walker.walk(ctx, r); walkErr != nil {
				return
			}
		}
	})
	for range s.opts.Workers {
		wg.Go(func() {
			r := reader{scan: s, scanner: s.engine.Scanner(), buf: make([]byte, bufferSize+1)}
			for batch := range paths {
				for _, e := range batch {
					if ctx.Err() == nil {
						r.file(ctx, e.path)
					}
				}
				s.opts.Progress(s.read.Load(), s.walker.files.Load())
			}
		})
	}
	wg.Wait()
	if walkErr != nil && ctx.Err() == nil {
		return walkErr
	}
	return ctx.Err()
}

func (s *scan) repositories() []string {
	var all []string
	s.walker.repos.Range(func(k, _ any) bool {
		all = append(all, k.(string))
		return true
	})
	return all
}

// fail reports a file that could not be read. Errors about other files are not repeated.
func (s *scan) fail(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.unreadable) < 100_000 {
		s.unreadable = append(s.unreadable, Unreadable{name, reason(err)})
	}
}

// reason words an error for the report, without the path, which stands beside it.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	var ce *clientele.Error
	if errors.As(err, &ce) && ce.Hint != "" {
		return ce.Msg + "; " + ce.Hint
	}
	return err.Error()
}

// reader reads files one after another. It belongs to one goroutine.
type reader struct {
	*scan
	scanner *detect.Scanner
	buf     []byte
	wanted  []bool // decoders that the file is offered to, by index
}

// file reads one file of the disk.
func (r *reader) file(ctx context.Context, name string) {
	r.read.Add(1)
	f, info, err := safefile.Open(name)
	if err != nil {
		r.fail(name, err)
		return
	}
	defer f.Close()
	in := input{path: filepath.ToSlash(name), mode: info.Mode(), sibling: r.siblings(name)}
	if info.Size() > bufferSize {
		r.large.Lock()
		defer r.large.Unlock()
		r.largeFile(ctx, f, info.Size(), in)
		return
	}
	n, err := io.ReadFull(f, r.buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		r.fail(name, err)
		return
	}
	r.bytes.Add(int64(n))
	r.content(r.buf[:n:n], in)
}

// input is a file's content on its way to the decoders.
type input struct {
	path    string
	mode    fs.FileMode
	sibling func(string) ([]byte, error)
	nesting int // archives around it
}

// offer notes the decoders that a path calls for, and reports whether there are any.
func (r *reader) offer(path string) (any bool) {
	r.wanted = slices.Grow(r.wanted[:0], r.table.Len())[:r.table.Len()]
	clear(r.wanted)
	r.table.ByPath(path, func(d int) { r.wanted[d], any = true, true })
	return any
}

// content handles a file that is in memory.
func (r *reader) content(data []byte, in input) {
	any := r.offer(in.path)
	if archive(data, in.path) {
		r.unpack(data, in)
		return
	}
	text, isText := safefile.UTF8(data)
	if !isText {
		if any {
			r.decode(data, nil, nil, in)
		}
		return
	}
	if ownReport(text) {
		return
	}
	matches := r.scanner.Scan(in.path, text)
	r.scanner.Marks(func(m int) { r.wanted[r.table.ByMark(m)], any = true, true })
	if !any {
		r.keepLoose(text, matches, in, 1)
		return
	}
	r.decode(data, text, matches, in)
}

// ownReport recognises the JSON of an earlier scan: its fingerprints look generated, and are
// no secrets.
func ownReport(text []byte) bool {
	head := text[:min(len(text), 1024)]
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) && bytes.Contains(head, []byte(`"schema_version"`)) && bytes.Contains(head, []byte(`"rule_set"`))
}

// largeFile reads a file larger than the buffer: in pieces if nothing says that it is a
// format we know, else whole.
func (r *reader) largeFile(ctx context.Context, f *os.File, size int64, in input) {
	any := r.offer(in.path)
	head := r.buf[:safefile.SniffLen]
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		r.fail(in.path, err)
		return
	}
	whole := any || archive(head[:n], in.path)
	_, isText := safefile.UTF8(head[:n])
	if !whole && !isText {
		return
	}
	whole = whole || safefile.IsBinary(head[:n]) // UTF-16: searched when it is turned into UTF-8
	if !whole || size > r.opts.MaxSize {
		marked := r.pieces(ctx, f, in)
		if !marked && !whole {
			return
		}
		if size > r.opts.MaxSize {
			r.fail(in.path, safefile.TooLarge(size, r.opts.MaxSize))
			return
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		r.fail(in.path, err)
		return
	}
	data, err := io.ReadAll(io.LimitReader(f, r.opts.MaxSize))
	if err != nil {
		r.fail(in.path, err)
		return
	}
	r.bytes.Add(int64(len(data)))
	r.content(data, in)
}

// pieces searches a file in overlapping pieces and reports whether it holds a mark. What
// lies in no piece whole is not found: a secret longer than the overlap.
func (r *reader) pieces(ctx context.Context, f *os.File, in input) (marked bool) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		r.fail(in.path, err)
		return false
	}
	kept, line, read := 0, 1, int64(0)
	for {
		if ctx.Err() != nil {
			return false
		}
		if read > maxSearched {
			r.fail(in.path, &clientele.Error{Kind: clientele.Limit, Msg: fmt.Sprintf("only its first %d MiB were searched", maxSearched>>20)})
			return false
		}
		n, err := io.ReadFull(f, r.buf[kept:])
		r.bytes.Add(int64(n))
		read += int64(n)
		piece := r.buf[:kept+n]
		last := err != nil
		end := len(piece) - chunkOverlap
		if last {
			end = len(piece)
		}
		matches := r.scanner.Scan(in.path, piece)
		own := matches[:0:0]
		for _, m := range matches {
			if m.Start < end {
				own = append(own, m)
			}
		}
		r.keepLoose(piece, own, in, line)
		r.scanner.Marks(func(m int) { r.wanted[r.table.ByMark(m)], marked = true, true })
		if last || marked {
			return marked
		}
		line += countLines(piece[:end])
		kept = copy(r.buf, piece[end:])
	}
}

// siblings gives a decoder the files beside one and, as far as the name climbs, those of the
// folders above, never out of the tree that is scanned: not by name and not by a link.
func (s *scan) siblings(name string) func(string) ([]byte, error) {
	return func(rel string) ([]byte, error) {
		dir := filepath.Dir(name)
		tree := s.treeOf(dir)
		inside, err := filepath.Rel(tree, filepath.Join(dir, filepath.FromSlash(rel)))
		if err != nil || path.IsAbs(rel) || strings.ContainsRune(rel, 0) {
			return nil, fs.ErrNotExist
		}
		root, err := os.OpenRoot(tree)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		info, err := root.Lstat(inside)
		if err != nil || !info.Mode().IsRegular() {
			return nil, fs.ErrNotExist
		}
		if info.Size() > s.opts.MaxSize {
			return nil, safefile.TooLarge(info.Size(), s.opts.MaxSize)
		}
		f, err := root.Open(inside)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, s.opts.MaxSize))
	}
}

// treeOf is the root of the scan that a folder lies in, the folder itself where a file alone
// was named.
func (s *scan) treeOf(dir string) string {
	best := ""
	for _, r := range s.roots {
		if within(slashed(dir), slashed(r)) && len(r) > len(best) {
			best = r
		}
	}
	if best == "" {
		return dir
	}
	return best
}
