package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
	"github.com/danielgtaylor/huma/v2"
)

// usageRoutes take in what clients used.
var usageRoutes = []route{
	do("POST", "/v1/usage", "post-usage", "usage", "Report a summary of use", "usage:post", 200, postUsage).
		with(func(op *huma.Operation) { op.MaxBodyBytes = 4 << 20 }),
}

func postUsage(ctx context.Context, act *guard.Act, _ *House, in *struct{ Body api.UsageReport }) (api.UsageTaken, error) {
	if err := act.Allow(policy.Resource{Type: "Usage", ID: guard.All, Attrs: map[string]any{"approvers": []string{"anyone with the system role security"}}}); err != nil {
		return api.UsageTaken{}, err
	}
	taken := api.UsageTaken{Uses: len(in.Body.Uses)}
	clients, services := map[string]bool{}, map[string]string{}
	for i, u := range in.Body.Uses {
		service, err := serviceOf(ctx, act, services, u.Service)
		if err == nil {
			err = inventory.RecordUses(act, []inventory.Use{{
				Client: clientele.ClientID(u.Client), ServiceID: service, Method: u.Method, Path: u.Path, Verb: clientele.Verb(u.Verb),
				Count: u.Count, FirstAt: u.FirstAt, LastAt: u.LastAt,
			}})
		}
		if err != nil {
			return api.UsageTaken{}, placed(fmt.Sprintf("uses[%d]", i), err)
		}
		clients[u.Client] = true
		taken.Calls += u.Count
	}
	taken.Clients = len(clients)
	act.Detail("uses", taken.Uses)
	act.Detail("clients", taken.Clients)
	act.Detail("calls", taken.Calls)
	return taken, nil
}

// serviceOf is the id of a service that is named by it or by its address.
func serviceOf(ctx context.Context, act *guard.Act, known map[string]string, name string) (string, error) {
	if strings.HasPrefix(name, "srv_") {
		return name, nil
	}
	if id, ok := known[name]; ok {
		return id, nil
	}
	s, err := inventory.FindService(ctx, act.Tx, name)
	known[name] = s.ID
	return s.ID, err
}

// placed says in which place of the input an error is.
func placed(at string, err error) error {
	var e *clientele.Error
	if !errors.As(err, &e) || e.Kind == clientele.Internal {
		return err
	}
	there := *e
	there.Msg = at + ": " + e.Msg
	return &there
}
