package httpapi

import (
	"net/http"

	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/scim"
)

// scimPlain is the door for an identity provider that says who joined, moved and left.
var scimPlain = []plain{
	{scim.Prefix + "/", false, func(h *House) http.Handler {
		return scim.Handler(&identity.Directory{Guard: h.Guard, Actor: actorOf, Leave: leave}, scim.Options{BaseURL: h.BaseURL + scim.Prefix})
	}},
}
