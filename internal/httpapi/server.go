package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// serverRoutes tell about the server and the caller.
var serverRoutes = []route{
	call("GET", "/v1/me", "whoami", "session", "Who am I", "session:begin", 200,
		func(ctx context.Context, h *House, actor clientele.Actor, _ *None) (api.Me, error) {
			me := api.Me{ID: actor.ID, Kind: string(actor.Kind), Teams: actor.Teams, Version: h.Version}
			for _, r := range actor.Roles {
				me.Roles = append(me.Roles, string(r))
			}
			return me, nil
		}),
}
