package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/tlog"
)

// VerifyAudit recomputes the audit log of a configuration from its entries and names every
// row that is not as the log wrote it. The server may run. key is the log's verifier key;
// an empty one stands for that of the data folder. held are checkpoints from elsewhere.
func VerifyAudit(ctx context.Context, c Config, key string, held [][]byte, progress func(done, total int64)) (*audit.Report, error) {
	check := audit.Check{Progress: progress}
	var err error
	if check.Log, err = logVerifier(c.Data, key); err != nil {
		return nil, err
	}
	for _, w := range c.Audit.Witnesses {
		v, err := tlog.ParseVerifier(w.Key)
		if err != nil {
			return nil, err
		}
		check.Witnesses = append(check.Witnesses, v)
	}
	// These are read before the database, or a running server could be ahead of it.
	beside, err := audit.Beside(c.Data)
	if err != nil {
		return nil, err
	}
	check.Held = append(held, beside...)
	if check.Keys, err = wrapper(c.Data); err != nil {
		return nil, err
	}
	d, err := reader(ctx, c)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return audit.Verify(ctx, d, check)
}

// logVerifier reads the log's verifier key, from text or from the key file.
func logVerifier(dir, text string) (note.Verifier, error) {
	if text != "" {
		return tlog.ParseVerifier(text)
	}
	k, err := tlog.LoadKeyFile(filepath.Join(dir, audit.KeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, clientele.Errorf(clientele.Invalid, "there is no %s in %s", audit.KeyFile, dir).
			WithHint("name the data folder with --data, or the log's verifier key with --log")
	}
	if err != nil {
		return nil, err
	}
	return k.Verifier(), nil
}

// wrapper opens the key that wraps those of persons; nil where it is not at hand.
func wrapper(dir string) (*keywrap.Wrapper, error) {
	file := filepath.Join(dir, "wrap.key")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // OpenFile would make a new one
	}
	return keywrap.OpenFile(file)
}
