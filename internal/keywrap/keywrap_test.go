package keywrap_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/clientele/clientele/internal/keywrap"
)

func TestWrapIsBoundToItsPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	w, err := keywrap.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keywrap.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sealed := w.Wrap([]byte("data key"), "subject per_1")
	if got, err := again.Unwrap(sealed, "subject per_1"); err != nil || string(got) != "data key" {
		t.Fatal(string(got), err)
	}
	if _, err := w.Unwrap(sealed, "subject per_2"); err == nil {
		t.Fatal("opened in another place")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := w.Unwrap(sealed, "subject per_1"); err == nil {
		t.Fatal("opened after a change")
	}
	if bytes.Contains(sealed, []byte("data key")) {
		t.Fatal("not sealed")
	}
}

func TestReadableKeyIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, make([]byte, keywrap.KeySize), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := keywrap.OpenFile(file); err == nil {
		t.Fatal("a key that all may read was used")
	}
}
