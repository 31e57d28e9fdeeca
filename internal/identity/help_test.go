package identity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

func asError(err error, target **clientele.Error) bool { return errors.As(err, target) }

func firstErr(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// unsealed is an error if the entry still tells of a person named ann.
func (h *house) unsealed(e clientele.Entry) error {
	return h.DB().Read(context.Background(), func(tx *db.Tx) error {
		if err := h.log.Unseal(context.Background(), tx, &e); err != nil {
			return err
		}
		if all := fmt.Sprint(e); strings.Contains(all, "ann@") || strings.Contains(all, "Person ann") {
			return errors.New("the log still knows: " + all)
		}
		return nil
	})
}
