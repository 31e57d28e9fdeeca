package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

func TestARunningSignerSignsAndAsksByItself(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.fill(300)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.signer.Run(ctx) }()
	var held audit.Held
	for end := time.Now().Add(20 * time.Second); held.Size < 300 && time.Now().Before(end); {
		h.read(func(tx *db.Tx) (err error) {
			held, err = h.log.Held(context.Background(), tx)
			return err
		})
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond): // between looks at another goroutine
		}
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if held.Size != 300 {
		t.Errorf("%+v", held)
	}
	h.verified()
}
