// Package keywrap wraps data keys with a key that lives elsewhere: today in a file that only
// its owner may read.
package keywrap

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/clientele/clientele"
)

// KeySize is the size of data keys and wrapping keys, in bytes: AES-256.
const KeySize = 32

// Wrapper seals small values under one key, each bound to its place.
type Wrapper struct{ aead cipher.AEAD }

// New makes a wrapper of a key of KeySize bytes.
func New(key []byte) (*Wrapper, error) {
	if len(key) != KeySize {
		return nil, clientele.Errorf(clientele.Invalid, "a wrapping key has %d bytes, this one has %d", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Wrapper{aead}, nil
}

// OpenFile makes a wrapper of the key in a file, as KeyFile reads it.
func OpenFile(file string) (*Wrapper, error) {
	key, err := KeyFile(file)
	if err != nil {
		return nil, err
	}
	return New(key)
}

// KeyFile reads a key of KeySize bytes from a file, which is made, readable by its owner
// alone, if there is none.
func KeyFile(file string) ([]byte, error) {
	key, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = create(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, clientele.Errorf(clientele.Invalid, "others may read the key %s", file).WithHint("chmod 600 %s", file)
	}
	if len(key) != KeySize {
		return nil, clientele.Errorf(clientele.Invalid, "the key %s has %d bytes, not %d", file, len(key), KeySize)
	}
	return key, nil
}

// create writes a new key in one step, so that no other process reads half of it.
func create(file string) ([]byte, error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key)
	tmp, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(key)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), file); errors.Is(err, fs.ErrExist) {
		return os.ReadFile(file)
	} else if err != nil {
		return nil, err
	}
	return key, nil
}

// Wrap seals plain; place is what it belongs to and must be the same to unwrap it.
func (w *Wrapper) Wrap(plain []byte, place string) []byte {
	return w.aead.Seal(nil, nil, plain, []byte(place))
}

// Unwrap opens what Wrap sealed for the same place.
func (w *Wrapper) Unwrap(sealed []byte, place string) ([]byte, error) {
	plain, err := w.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, clientele.Errorf(clientele.Invalid, "a sealed value does not open: another key sealed it, or it was changed").
			WithHint("use the key file that belongs to this database")
	}
	return plain, nil
}
