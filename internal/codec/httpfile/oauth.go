package httpfile

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// oauthRoles are the fields of an OAuth configuration, in lower case, that hold or name a
// credential. auth_data is the cache of tokens that older versions of Kulala kept here.
var oauthRoles = map[string]clientele.Role{
	"client id":     clientele.OAuthClientID,
	"client secret": clientele.ClientSecret,
	"username":      clientele.Username,
	"password":      clientele.Password,
	"assertion":     clientele.Token,
	"token":         clientele.Token,
	"access token":  clientele.Token,
	"refresh token": clientele.RefreshToken,
	"private_key":   clientele.PrivateKey,
	"access_token":  clientele.Token,
	"refresh_token": clientele.RefreshToken,
	"id_token":      clientele.IDToken,
	"device_code":   clientele.Token,
}

// oauth reads one entry of Security.Auth, which requests use as {{$auth.token("id")}}.
func (e environment) oauth(n *doc.Node) {
	chain := e.chain("Security", "Auth", n.Key)
	user, client := n.Fold("Username").Str(), n.Fold("Client ID").Str()
	for _, f := range n.Fields() {
		switch key := strings.ToLower(f.Key); key {
		case "custom request parameters":
			e.extras(clientele.InBody, below(chain, f.Key), f)
		case "custom headers":
			e.extras(clientele.InHeader, below(chain, f.Key), f)
		case "auth_data":
			for _, t := range f.Fields() {
				e.oauthField(below(chain, f.Key), t, client, clientele.InTokenCache)
			}
		case "password":
			e.oauthField(chain, f, user, clientele.InAuth)
		default:
			e.oauthField(chain, f, client, clientele.InAuth)
		}
	}
	if user == "" && client == "" {
		return
	}
	id := clientele.Identity{
		Scheme: "oauth2", Principal: client, Issuer: dsn.Bare(n.Fold("Token URL").Str()),
		Scopes:   append([]string(nil), strings.Fields(n.Fold("Scope").Str())...),
		Location: clientele.Location{Path: chain, Line: n.Line},
	}
	switch {
	case strings.EqualFold(n.Fold("Grant Type").Str(), "Client Credentials"):
		id.Kind = clientele.Machine
	case user != "":
		id.Principal = user
	}
	e.part.Identities = append(e.part.Identities, id)
}

func (e environment) oauthField(chain []string, f *doc.Node, principal string, place clientele.Place) {
	role, known := oauthRoles[strings.ToLower(f.Key)]
	if !known || !f.IsScalar() {
		return
	}
	if !role.Secret() {
		principal = ""
	}
	e.part.Slots = append(e.part.Slots, clientele.Slot{
		Place: place, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line,
		Principal: principal, Recorded: place == clientele.InTokenCache,
	})
}

// extras reads parameters or headers of the token request: a value, a list of values, or
// {"Value": …, "Use": "In Token Request"}.
func (e environment) extras(place clientele.Place, chain []string, n *doc.Node) {
	for _, f := range n.Fields() {
		v := f
		if f.Kind == doc.Map {
			v = f.Fold("Value")
		}
		for _, one := range append([]*doc.Node{v}, v.Items()...) {
			if one.IsScalar() {
				e.part.Slots = append(e.part.Slots, clientele.Slot{
					Place: place, Name: f.Key, Chain: chain, Value: one.Secret(), Line: one.Line,
				})
			}
		}
	}
}
