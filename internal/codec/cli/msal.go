package cli

import (
	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// msalDecoder reads the token cache that Microsoft's authentication libraries share: maps of
// accounts and of tokens, which name their account by home_account_id. The Azure CLI, azd,
// Azure PowerShell and Visual Studio Code keep one each. On Windows it is sealed by DPAPI and
// not JSON.
var msalDecoder = clientele.Decoder{
	Name:   "msal token cache",
	Paths:  []string{"msal_token_cache*.json", "msal.cache", "msal*cache*.json"},
	Marks:  []string{`"home_account_id"`},
	Decode: decodeMSAL,
}

var msalTokens = []struct {
	kind string
	role clientele.Role
}{
	{"AccessToken", clientele.Token}, {"RefreshToken", clientele.RefreshToken}, {"IdToken", clientele.IDToken},
}

func decodeMSAL(f clientele.File) ([]clientele.Part, error) {
	root, err := readJSON(f.Data)
	if !root.Has("AccessToken") && !root.Has("RefreshToken") {
		return nil, nil
	}
	c := newClient("az", "msal token cache", "", 1)
	c.part.Name = "msal"
	c.scheme = "oauth2"
	accounts := map[string]string{}
	for _, a := range root.Get("Account").Fields() {
		b := c.enter([]string{"Account", a.Key}, a.Line)
		if u := a.Get("username"); u.Str() != "" {
			accounts[a.Get("home_account_id").Str()] = u.Str()
			email(c, b, value{name: "username", node: u})
		}
		b.issuer = a.Get("environment").Str()
		c.leave(b)
	}
	for _, t := range msalTokens {
		for _, n := range root.Get(t.kind).Fields() {
			if len(c.part.Slots) < maxValues {
				c.msal(t.kind, t.role, n, accounts)
			}
		}
	}
	if len(c.part.Slots)+len(c.part.Identities) == 0 {
		return nil, err
	}
	return []clientele.Part{c.done()}, err
}

func (c *client) msal(kind string, role clientele.Role, n *doc.Node, accounts map[string]string) {
	b := c.enter([]string{kind, n.Key}, n.Line)
	secret := n.Get("secret")
	c.slot(clientele.Slot{
		Role: role, Name: "secret", Chain: b.chain, Value: secret.Secret(), Line: lineOf(secret),
		Principal: accounts[n.Get("home_account_id").Str()],
	})
	b.expires, b.issued = when(n.Get("expires_on").Str()), when(n.Get("cached_at").Str())
	b.issuer = n.Get("environment").Str()
	if n.Get("home_account_id").Str() == "" || accounts[n.Get("home_account_id").Str()] == "" {
		b.client = n.Get("client_id").Str() // an app that signs in as itself
	}
	c.leave(b)
}
