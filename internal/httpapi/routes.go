package httpapi

import (
	"net/http"
	"slices"
)

// Routes is the whole table. One file a noun holds its lines.
func Routes() []route {
	return slices.Concat(
		serverRoutes,
		changeRoutes,
		requestRoutes,
		policyRoutes,
		grantRoutes,
		personRoutes,
		teamRoutes,
		tokenRoutes,
		sessionRoutes,
		clientRoutes, scanRoutes,
		serviceRoutes, findingRoutes, credentialRoutes, usageRoutes,
		reviewRoutes,
		campaignRoutes,
		moveRoutes,
		vendorRoutes,
		breakGlassRoutes,
		delegationRoutes,
		noticeRoutes,
		auditRoutes,
	)
}

// plain is a route that does not speak this package's JSON: SCIM, the log's tiles.
type plain struct {
	pattern string // of http.ServeMux
	open    bool   // it asks for no session: it is its own doorkeeper
	handler func(h *House) http.Handler
}

// Plain lists them.
func Plain() []plain {
	return slices.Concat(
		pagePlain,
		logPlain,
		scimPlain,
	)
}

// Line is one line of the table, for those who hold it against something.
type Line struct{ Method, Path, ID, Act string }

// Table is the table of routes as data.
func Table() []Line {
	var all []Line
	for _, r := range Routes() {
		all = append(all, Line{r.op.Method, r.op.Path, r.op.OperationID, r.act})
	}
	return all
}
