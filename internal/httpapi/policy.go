package httpapi

import (
	"context"
	"strconv"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// policyRoutes are the organisation's policies: proposed by one person, put in force by
// another.
var policyRoutes = []route{
	look("/v1/policies", "list-policies", "policies", "List the versions of the policies, newest first", "policy:read",
		func(ctx context.Context, v *guard.View, _ *House, _ *None) (api.List[api.PolicyVersion], error) {
			out := api.List[api.PolicyVersion]{Items: []api.PolicyVersion{}}
			if err := v.Allow(policy.Resource{Type: "Policy", ID: guard.All, Attrs: map[string]any{}}); err != nil {
				return out, err
			}
			all, err := guard.ListRules(ctx, v.Tx)
			for _, p := range all {
				out.Items = append(out.Items, wirePolicy(p))
			}
			return out, err
		}),
	do("POST", "/v1/policies", "propose-policies", "policies", "Propose policies", "policy:propose", 201,
		func(_ context.Context, act *guard.Act, _ *House, in *struct{ Body api.PolicyInput }) (api.PolicyVersion, error) {
			version, err := act.Propose(in.Body.Text, in.Body.Note)
			return api.PolicyVersion{Version: version, Text: in.Body.Text, Note: in.Body.Note, Author: act.Actor.ID, ProposedAt: act.At}, err
		}),
	do("POST", "/v1/policies/{version}/activate", "activate-policies", "policies", "Put somebody else's policies in force", "policy:activate", 200,
		func(_ context.Context, act *guard.Act, _ *House, in *struct {
			Version string `path:"version" maxLength:"18" pattern:"^[0-9]+$"`
		}) (api.PolicyVersion, error) {
			version, err := strconv.ParseInt(in.Version, 10, 64)
			if err != nil {
				return api.PolicyVersion{}, clientele.Errorf(clientele.Invalid, "a version is a number")
			}
			return api.PolicyVersion{Version: version, Approver: act.Actor.ID, ValidFrom: act.At, InForce: true}, act.Activate(version)
		}),
}

func wirePolicy(p guard.Rules) api.PolicyVersion {
	return api.PolicyVersion{
		Version: p.Version, Text: p.Text, Note: p.Note, Author: p.Author, Approver: p.Approver, ProposedAt: db.Time(p.ProposedAt),
		ValidFrom: db.Time(p.ValidFrom), ValidTo: db.Time(p.ValidTo), InForce: p.ValidFrom != 0 && p.ValidTo == 0,
	}
}
