package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// store keeps the last cosigned checkpoint of each log in a directory, as
//
//	<SHA-256 of the origin>         the checkpoint, as the log signed it
//	<SHA-256 of the origin>.fork    one that contradicts it, signed too: proof of a fork
//	lock                            held by the one process that may write
//
// The signatures are kept as evidence and are not checked again: a log may change its keys.
type store struct {
	dir  string
	lock *os.File
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the witness's directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the witness's lock: %w", err)
	}
	s := &store{dir, lock}
	if err := lockFile(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s, does another witness use it? %w", dir, err), s.close())
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp*"))
	for _, f := range left { // by a write that a crash cut short
		err = errors.Join(err, os.Remove(f))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tidy the witness's directory: %w", err), s.close())
	}
	return s, nil
}

func (s *store) close() error { return s.lock.Close() }

func (s *store) path(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:]))
}

// read gives the last cosigned checkpoint of a log: of the empty tree if there is none. A
// file that is there and cannot be read is an error, never an empty tree.
func (s *store) read(origin string) (tlog.Checkpoint, error) {
	f, err := os.Open(s.path(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return tlog.Checkpoint{Origin: origin, Root: tlog.EmptyRoot()}, nil
	}
	if err != nil {
		return tlog.Checkpoint{}, fmt.Errorf("open what is known of %s: %w", origin, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, tlog.MaxCheckpoint+1))
	if err != nil {
		return tlog.Checkpoint{}, fmt.Errorf("read what is known of %s: %w", origin, err)
	}
	c, err := tlog.Unverified(b)
	if err == nil && c.Origin != origin {
		err = fmt.Errorf("it is of %s", c.Origin)
	}
	if err != nil {
		return tlog.Checkpoint{}, &clientele.Error{
			Kind: clientele.Internal, Msg: fmt.Sprintf("what the witness knows of %s is damaged: %v", origin, err),
			Hint: "put " + f.Name() + " back from a backup that is not older than the last cosignature", Err: err,
		}
	}
	return c, nil
}

// write makes a checkpoint the last one of its log. When it returns nil, that survives a
// power cut; when not, the file holds either the old or the new one.
func (s *store) write(origin string, checkpoint []byte) error {
	return s.replace(s.path(origin), checkpoint)
}

// writeFork keeps the first proof of a fork.
func (s *store) writeFork(origin string, checkpoint []byte) error {
	path := s.path(origin) + ".fork"
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return s.replace(path, checkpoint)
}

func (s *store) replace(path string, b []byte) error {
	f, err := os.CreateTemp(s.dir, filepath.Base(path)+".tmp*")
	if err != nil {
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name()) // else the next start removes it
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	if err := syncDir(s.dir); err != nil {
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	return nil
}

// syncDir makes the names in a directory durable, where the system can do that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
