package lifecycle

import (
	"context"

	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// Deciders are the decisions that a pending request needs as things are now, and who can
// make each.
func Deciders(ctx context.Context, v *guard.View, r Request) ([]Need, error) {
	if r.State != Pending {
		return nil, nil
	}
	c, err := inventory.Get(ctx, v.Tx, r.Client)
	if err != nil {
		return nil, err
	}
	p := plan{client: c, request: r}
	err = eyes{ctx, v.Tx, v.Actor, v.At, v.Policies()}.again(&p)
	return p.needs, err
}
