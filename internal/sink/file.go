package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// FileConfig says which file is written.
type FileConfig struct {
	Path string
	// MaxSize is how large it may grow, in bytes, before it is renamed and a new one begins;
	// 100 MiB unless set.
	MaxSize int64
	// Now is the clock, for the names of full files; nil means time.Now.
	Now func() time.Time
}

// File appends events to a file, one a line (NDJSON), and waits until the disk has them. A
// full file gets the time at the end of its name and is never touched again. A file that was
// moved away by another program is begun anew.
type File struct {
	c FileConfig

	mu   sync.Mutex // guards the fields below
	f    *os.File
	size int64
}

// NewFile checks the configuration. It opens nothing.
func NewFile(c FileConfig) (*File, error) {
	if !filepath.IsAbs(c.Path) {
		return nil, clientele.Errorf(clientele.Invalid, "the path of the file to export to is absolute")
	}
	if c.MaxSize == 0 {
		c.MaxSize = 100 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &File{c: c}, nil
}

// Deliver appends the records.
func (f *File) Deliver(_ context.Context, records []Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b bytes.Buffer
	for _, r := range records {
		b.Write(r.JSON)
		b.WriteByte('\n')
	}
	if err := f.open(int64(b.Len())); err != nil {
		return fmt.Errorf("open the file to export to: %w", db.Explain(err))
	}
	if err := f.append(b.Bytes()); err != nil {
		return fmt.Errorf("append to the file to export to: %w", db.Explain(err))
	}
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.close()
}

func (f *File) close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// open makes sure that the file at the path is open and has room for n more bytes.
func (f *File) open(n int64) error {
	if f.f != nil && !f.same() {
		if err := f.close(); err != nil {
			return err
		}
	}
	if f.f == nil {
		if err := f.reopen(); err != nil {
			return err
		}
	}
	if f.size == 0 || f.size+n <= f.c.MaxSize {
		return nil
	}
	if err := errors.Join(f.close(), f.rotate()); err != nil {
		return err
	}
	return f.reopen()
}

// same reports whether the open file is still the one at the path.
func (f *File) same() bool {
	a, err1 := f.f.Stat()
	b, err2 := os.Lstat(f.c.Path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

func (f *File) reopen() error {
	if info, err := os.Lstat(f.c.Path); err == nil && !info.Mode().IsRegular() {
		return clientele.Errorf(clientele.Invalid, "%s is not a regular file", f.c.Path)
	}
	file, err := os.OpenFile(f.c.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	size, err := whole(file)
	if err == nil {
		err = syncDir(filepath.Dir(f.c.Path))
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.f, f.size = file, size
	return nil
}

// whole cuts off a last line without end, which a crash left and which will be written
// again, and returns the size.
func whole(f *os.File) (int64, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return size, err
	}
	end := size
	for b := make([]byte, 64<<10); end > 0; {
		n := min(end, int64(len(b)))
		if _, err := f.ReadAt(b[:n], end-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(b[:n], '\n'); i >= 0 {
			end += int64(i+1) - n
			break
		}
		end -= n
	}
	if end == size {
		return size, nil
	}
	return end, f.Truncate(end)
}

// append writes and syncs; what was written in part is taken back.
func (f *File) append(b []byte) error {
	_, err := f.f.Write(b)
	if err == nil {
		err = f.f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.f.Truncate(f.size), f.close())
	}
	f.size += int64(len(b))
	return nil
}

func (f *File) rotate() error {
	to := f.c.Path + "." + f.c.Now().UTC().Format("20060102T150405.000000Z")
	for name, n := to, 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(f.c.Path, name)
		}
		name = fmt.Sprintf("%s.%d", to, n)
	}
}

// syncDir makes a new or renamed file's name last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
