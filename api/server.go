package api

import "context"

// Me is who the caller is to the server.
type Me struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind" enum:"person,machine"`
	Roles   []string `json:"roles"`
	Teams   []string `json:"teams"`
	Version string   `json:"version" doc:"of the server"`
}

// Me asks who the caller is.
func (r *Remote) Me(ctx context.Context) (Me, error) {
	var me Me
	return me, r.Get(ctx, "/v1/me", nil, &me)
}
