package store

import (
	"strings"
	"time"

	"github.com/clientele/clientele"
)

// googleRoles are the fields of a stored credential.
var googleRoles = map[string]clientele.Role{
	"client_id": clientele.OAuthClientID, "client_secret": clientele.ClientSecret, "refresh_token": clientele.RefreshToken,
	"private_key": clientele.PrivateKey, "private_key_id": clientele.Identifier, "access_token": clientele.Token,
	"id_token": clientele.IDToken, "id_tokenb64": clientele.IDToken, "token": clientele.Token, "rapt_token": clientele.Token,
	"password": clientele.Password,
}

// publicClients are OAuth clients of Google's own tools. Their secrets are in the tools'
// source, and are none.
var publicClients = map[string]bool{
	"32555940559.apps.googleusercontent.com":                                   true,
	"764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com": true,
}

// gcloud reads the accounts that gcloud is signed in with, and their access tokens.
func gcloud(d *database) []clientele.Part {
	var parts []clientele.Part
	for _, r := range d.rows("credentials") {
		p := googleAccount(r.Text("account_id"))
		n := tree(r, "value")
		for _, k := range n.Fields() {
			role, ok := googleRoles[k.Key]
			if !ok || k.Str() == "" {
				continue
			}
			s := clientele.Slot{Place: clientele.InTokenCache, Role: role, Name: k.Key, Value: k.Secret()}
			if role == clientele.ClientSecret && publicClients[n.Get("client_id").Str()] {
				s.Role = clientele.NotSecret
			}
			if s.Role.Secret() {
				s.Principal = p.Name
			}
			p.Slots = append(p.Slots, s)
		}
		id := &p.Identities[0]
		id.Issuer = n.Get("token_uri").Str()
		for _, s := range n.Get("scopes").Items() {
			id.Scopes = append(id.Scopes, s.Str())
		}
		parts = append(parts, p)
	}
	for _, r := range d.rows("access_tokens") {
		p := googleAccount(r.Text("account_id"))
		p.Slots = slots(r, p.Name, field{"access_token", clientele.InTokenCache, clientele.Token, ""},
			field{"rapt_token", clientele.InTokenCache, clientele.Token, ""}, field{"id_token", clientele.InTokenCache, clientele.IDToken, ""})
		if t, err := time.Parse("2006-01-02 15:04:05", strings.SplitN(r.Text("token_expiry"), ".", 2)[0]); err == nil && len(p.Slots) > 0 {
			p.Slots[0].ExpiresAt = t
		}
		parts = append(parts, p)
	}
	return parts
}

func googleAccount(account string) clientele.Part {
	p := clientele.Part{
		Tool: "gcloud", Kind: clientele.CLI, Format: "account", Name: account, Bind: clientele.Bind{Key: account},
		Identities: []clientele.Identity{{Scheme: "oauth2", Principal: account, Kind: clientele.Person}},
	}
	owner := clientele.Owner{Who: account, Kind: clientele.PersonOwner, Evidence: "the account of the credential", Confidence: 0.7}
	if strings.HasSuffix(account, ".gserviceaccount.com") {
		p.Identities[0].Kind, owner.Kind = clientele.Machine, clientele.ServiceOwner
	}
	p.Owners = []clientele.Owner{owner}
	return p
}
