package thunder

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// schemes are the product's words for what auth.type may be.
var schemes = map[string]string{
	"none": "none", "inherit": "inherit", "basic": "basic", "bearer": "bearer", "oauth2": "oauth2",
	"apikey": "api_key", "api-key": "api_key", "aws": "aws_sigv4", "ntlm": "ntlm", "digest": "digest", "hawk": "hawk",
}

func scheme(kind string) string { return cmp.Or(schemes[strings.ToLower(kind)], "custom") }

// roles are what the fields of all auth blocks hold, by their names in lower case. Fields
// that are not among them say how, not with what.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password,
	"domain": clientele.Identifier, "workstation": clientele.Identifier,
	"token": clientele.Token, "accesstoken": clientele.Token, "sessiontoken": clientele.Token,
	"refreshtoken": clientele.RefreshToken, "idtoken": clientele.IDToken,
	"clientid": clientele.OAuthClientID, "clientsecret": clientele.ClientSecret,
	"accesskey": clientele.Identifier, "accesskeyid": clientele.Identifier, "awskey": clientele.Identifier,
	"secretkey": clientele.SecretKey, "secretaccesskey": clientele.SecretKey, "awssecret": clientele.SecretKey,
	"key": clientele.Identifier, "name": clientele.Identifier, "value": clientele.APIKey, "apikey": clientele.APIKey,
}

// auth adds the blocks of an auth setting: one for each type that was ever filled in, of
// which type selects one.
func (b *builder) auth(chain []string, n *doc.Node) {
	selected := strings.ToLower(n.Get("type").Str())
	for _, block := range n.Fields() {
		if block.Key == "type" {
			continue
		}
		dormant := strings.ToLower(block.Key) != selected
		chain := below(chain, "auth "+block.Key)
		if block.IsScalar() { // auth.bearer is the token itself
			b.slot(clientele.Slot{
				Place: clientele.InAuth, Role: scalarRole(block.Key), Name: block.Key, Chain: chain,
				Value: block.Secret(), Line: block.Line, Dormant: dormant,
			})
			continue
		}
		b.block(chain, block, dormant)
	}
}

// scalarRole is the role of a block that is one value.
func scalarRole(kind string) clientele.Role {
	if kind == "bearer" {
		return clientele.Token
	}
	return roles[strings.ToLower(kind)]
}

func (b *builder) block(chain []string, n *doc.Node, dormant bool) {
	get := func(names ...string) string {
		for _, name := range names {
			if v := n.Fold(name).Str(); v != "" {
				return v
			}
		}
		return ""
	}
	client := get("clientId")
	who := get("username", "accessKey", "accessKeyId", "awsKey", "clientId")
	if n.Key == "basic" && get("password") == "" {
		who = "" // the key stands in the place of the user name
	}
	for _, f := range n.Fields() {
		role, ok := roles[strings.ToLower(f.Key)]
		if !ok || f.Key == "name" && n.Key == "oauth2" { // there it names the token
			continue
		}
		s := clientele.Slot{
			Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line, Dormant: dormant,
		}
		switch {
		case role == clientele.ClientSecret:
			s.Principal = client
		case role.Secret():
			s.Principal = who
		case role == clientele.Username && who == "":
			s.Role = ""
		}
		b.slot(s)
	}
	for _, key := range []string{"extraParams", "params", "headers", "advanced", "tokenParams"} {
		b.rows(clientele.InAuth, below(chain, key), n.Get(key), dormant)
	}
	token := n.First("tokenUrl", "accessTokenUrl", "authUrl", "authorizationUrl")
	if who != "" {
		b.identity(chain, n, who, token.Str())
	}
	if token.Str() != "" && !dormant {
		b.Requests = append(b.Requests, clientele.Request{
			Chain: below(chain, token.Key), Method: "POST", URL: token.Secret(), Line: token.Line,
		})
	}
}

func (b *builder) identity(chain []string, n *doc.Node, who, issuer string) {
	id := clientele.Identity{
		Scheme: scheme(n.Key), Principal: who, Issuer: dsn.Bare(issuer),
		Location: clientele.Location{Path: chain, Line: n.Line},
	}
	if s := n.Get("scope").Str(); s != "" {
		id.Scopes = strings.Fields(s)
	}
	if n.Get("grantType").Str() == "client_credentials" {
		id.Kind = clientele.Machine
	}
	b.Identities = append(b.Identities, id)
}
