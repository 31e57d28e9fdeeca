package discover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/charlievieth/fastwalk"
	"github.com/clientele/clientele/internal/safefile"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// ignoreFile lists what a scan leaves out, in the grammar of .gitignore.
const ignoreFile = ".clienteleignore"

// batchSize is how many paths travel together from the walk to the readers: enough that the
// channel does not show, few enough that the last batch does not keep one reader waiting.
const batchSize = 64

// entry is a file to read.
type entry struct {
	path string
	size int64
}

// walker lists the files of trees, each once, without following links.
type walker struct {
	opts    *Options
	report  func(path string, err error)
	out     chan<- []entry
	seen    sync.Map // roots already walked
	ignores sync.Map // folder → []gitignore.Pattern that hold below it
	repos   sync.Map // folder of a working tree → struct{}
	files   atomic.Int64

	once  sync.Once       // guards named
	named map[string]bool // the roots, clean and absolute
}

// walk sends the files of root. A root that is a file is sent as it is.
func (w *walker) walk(ctx context.Context, root string) error {
	real, err := filepath.EvalSymlinks(root) // named by the user, so followed
	if err != nil {
		w.report(root, err)
		return nil
	}
	info, err := os.Lstat(real)
	if err != nil {
		w.report(root, err)
		return nil
	}
	if _, twice := w.seen.LoadOrStore(real, true); twice {
		return nil
	}
	w.above(root)
	if info.Mode().IsRegular() {
		if isLink(root) { // opening it would refuse it
			root = real
		}
		return w.send(ctx, []entry{{root, info.Size()}})
	}
	if !info.IsDir() {
		w.report(root, errors.New("not a regular file or a folder"))
		return nil
	}
	w.enter(root, root)
	var mu sync.Mutex // guards batch
	var batch []entry
	conf := fastwalk.Config{Follow: false, NumWorkers: w.opts.Workers}
	base := strings.Count(root, string(filepath.Separator))
	err = fastwalk.Walk(&conf, root, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.report(path, err)
			return nil
		}
		if path == root {
			return nil
		}
		if d.IsDir() {
			return w.folder(ctx, root, path, d, base)
		}
		if !d.Type().IsRegular() || w.isNamed(path) || w.ignored(root, path, false) {
			return nil
		}
		if d.Name() == ".git" { // of a linked working tree or a submodule
			w.repos.Store(filepath.Dir(path), true)
			return nil
		}
		mu.Lock()
		batch = append(batch, entry{path, -1})
		var full []entry
		if len(batch) == batchSize {
			full, batch = batch, nil
		}
		mu.Unlock()
		if full != nil {
			return w.send(ctx, full)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.send(ctx, batch)
}

func (w *walker) send(ctx context.Context, batch []entry) error {
	if len(batch) == 0 {
		return nil
	}
	w.files.Add(int64(len(batch)))
	select {
	case w.out <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// folder decides whether a folder is entered.
func (w *walker) folder(ctx context.Context, root, path string, d fs.DirEntry, base int) error {
	switch {
	case strings.Count(path, string(filepath.Separator))-base > w.opts.MaxDepth:
		w.report(path, errors.New("nested deeper than is read"))
		return filepath.SkipDir
	case w.isNamed(path) || w.ignored(root, path, true):
		return filepath.SkipDir
	case d.Name() == ".git":
		w.repos.Store(filepath.Dir(path), true)
		if config := filepath.Join(path, "config"); isRegular(config) {
			if err := w.send(ctx, []entry{{config, -1}}); err != nil {
				return err
			}
		}
		return filepath.SkipDir
	case virtual[path], strings.HasSuffix(filepath.ToSlash(path), "/pkg/mod/cache"): // Go keeps each module twice
		return filepath.SkipDir
	}
	w.enter(root, path)
	return nil
}

// isNamed reports whether a path met on the way is a root itself: it is walked as such, and
// not a second time.
func (w *walker) isNamed(path string) bool {
	w.once.Do(func() {
		w.named = map[string]bool{}
		for _, r := range w.opts.Roots {
			if abs, err := filepath.Abs(r); err == nil {
				w.named[abs] = true
			}
		}
	})
	return w.named[path]
}

// above notes the repository that root lies in, so that a scan of a part of it knows its
// owners and history too.
func (w *walker) above(root string) {
	for dir := filepath.Dir(root); ; dir = filepath.Dir(dir) {
		if info, err := os.Lstat(filepath.Join(dir, ".git")); err == nil && (info.IsDir() || info.Mode().IsRegular()) {
			w.repos.Store(dir, true)
			return
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

// virtual are the kernel's own file systems.
var virtual = map[string]bool{"/proc": true, "/sys": true, "/dev": true, "/run/user": true}

func isRegular(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// maxPatterns is how many lines of one ignore file count: each is tried on each file.
const maxPatterns = 2000

// enter reads a folder's ignore file. Patterns of the folders above hold as well.
func (w *walker) enter(root, path string) {
	if w.opts.NoIgnore {
		return
	}
	name := filepath.Join(path, ignoreFile)
	b, err := safefile.Read(name, 1<<20)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) { // the walk itself reports that
			w.report(name, fmt.Errorf("not obeyed: %w", err))
		}
		return
	}
	var domain []string
	if rel, err := filepath.Rel(root, path); err == nil && rel != "." {
		domain = strings.Split(filepath.ToSlash(rel), "/")
	}
	text, _ := safefile.UTF8(b)
	var ps []gitignore.Pattern
	for _, line := range strings.Split(string(text), "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(ps) == maxPatterns {
			w.report(name, fmt.Errorf("only its first %d patterns are obeyed", maxPatterns))
			break
		}
		ps = append(ps, gitignore.ParsePattern(line, domain))
	}
	if len(ps) > 0 {
		w.ignores.Store(path, ps)
	}
}

// ignored reports whether the ignore files from root down to the path's folder leave it out.
// The last pattern of the innermost file decides.
func (w *walker) ignored(root, path string, dir bool) bool {
	var rel []string
	for at := filepath.Dir(path); len(at) >= len(root); at = filepath.Dir(at) {
		if ps, ok := w.ignores.Load(at); ok {
			if rel == nil {
				r, err := filepath.Rel(root, path)
				if err != nil {
					return false
				}
				rel = strings.Split(filepath.ToSlash(r), "/")
			}
			for _, p := range slices.Backward(ps.([]gitignore.Pattern)) {
				if m := p.Match(rel, dir); m != gitignore.NoMatch {
					return m == gitignore.Exclude
				}
			}
		}
		if at == root || at == filepath.Dir(at) {
			break
		}
	}
	return false
}
