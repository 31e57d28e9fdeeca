package bruno

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// authBlock is one way of signing in, with its fields under the names that the dialect gives
// them: client_secret in .bru, clientSecret in YAML.
type authBlock struct {
	mode   string
	line   int
	fields []row
	extra  []authExtra
}

// authExtra are parameters that an OAuth request sends besides those of the standard.
type authExtra struct {
	where string // "access_token_req headers"
	rows  []row
}

// field is the value of the field, which is asked for in folded form.
func (a *authBlock) field(name string) string {
	for _, f := range a.fields {
		if fold(f.name) == name {
			return f.value
		}
	}
	return ""
}

// fold makes one of the spellings client_secret, clientSecret and Client-Secret.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// mode is what the tool means by the fields of one kind of auth block.
type mode struct {
	scheme string
	who    []string // the fields that name the principal, best first
	roles  map[string]clientele.Role
}

var userPassword = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "domain": clientele.Identifier,
}

// modes are the kinds of auth block that Bruno knows, by their folded names.
var modes = map[string]mode{
	"none":    {scheme: "none"},
	"inherit": {scheme: "inherit"},
	"basic":   {"basic", []string{"username"}, userPassword},
	"digest":  {"digest", []string{"username"}, userPassword},
	"ntlm":    {"ntlm", []string{"username"}, userPassword},
	"wsse":    {"wsse", []string{"username"}, userPassword},
	"bearer":  {"bearer", nil, map[string]clientele.Role{"token": clientele.Token}},
	"apikey": {"api_key", nil, map[string]clientele.Role{
		"key": clientele.Identifier, "value": clientele.APIKey,
	}},
	"awsv4": {"aws_sigv4", []string{"accesskeyid", "profilename"}, map[string]clientele.Role{
		"accesskeyid": clientele.Identifier, "profilename": clientele.Identifier,
		"secretaccesskey": clientele.SecretKey, "sessiontoken": clientele.Token,
	}},
	"oauth1": {"oauth1", []string{"consumerkey"}, map[string]clientele.Role{
		"consumerkey": clientele.Identifier, "consumersecret": clientele.ClientSecret,
		"accesstoken": clientele.Token, "token": clientele.Token,
		"tokensecret": clientele.SecretKey, "accesstokensecret": clientele.SecretKey,
		"privatekey": clientele.PrivateKey,
	}},
	"oauth2": {"oauth2", []string{"username", "clientid"}, map[string]clientele.Role{
		"clientid": clientele.OAuthClientID, "clientsecret": clientele.ClientSecret,
		"username": clientele.Username, "password": clientele.Password,
		"accesstoken": clientele.Token, "refreshtoken": clientele.RefreshToken,
	}},
	"akamaiedgegrid": {"edgegrid", []string{"clienttoken"}, map[string]clientele.Role{
		"accesstoken": clientele.Token, "clienttoken": clientele.Identifier,
		"clientsecret": clientele.ClientSecret,
	}},
}

// scheme is the product's word for a mode.
func scheme(name string) string {
	if m, ok := modes[fold(name)]; ok {
		return m.scheme
	}
	return "custom"
}

// auth adds a block's credentials and whom it names. A block that is not selected keeps its
// secrets in the file all the same. Of a mode that is not known, every field is added.
func (b *builder) auth(chain []string, a authBlock, dormant bool) {
	m, known := modes[fold(a.mode)]
	chain = below(chain, "auth "+a.mode)
	who := a.principal(m)
	for _, f := range a.fields {
		role, ok := m.roles[fold(f.name)]
		if known && !ok {
			continue
		}
		s := clientele.Slot{
			Place: clientele.InAuth, Role: role, Name: f.name, Chain: chain,
			Value: clientele.Secret(f.value), Line: f.line, Dormant: dormant || f.off,
		}
		switch {
		case role == clientele.ClientSecret:
			s.Principal = cmp.Or(a.field("clientid"), who)
		case role.Secret():
			s.Principal = who
		case role == clientele.Username && who == "":
			s.Role = "" // the user name is the key itself: see principal
		}
		b.slot(s)
	}
	for _, e := range a.extra {
		b.rows(clientele.InAuth, below(chain, e.where), e.rows, dormant)
	}
	if who != "" {
		b.Identities = append(b.Identities, a.identity(m, who, chain))
	}
	if !dormant {
		b.tokenRequests(chain, a)
	}
}

// principal is whom the block names. Basic auth without a password names nobody: that is how
// Stripe and others take their keys, in the place of the user name.
func (a *authBlock) principal(m mode) string {
	if fold(a.mode) == "basic" && a.field("password") == "" {
		return ""
	}
	for _, w := range m.who {
		if v := a.field(w); v != "" {
			return v
		}
	}
	return ""
}

func (a *authBlock) identity(m mode, who string, chain []string) clientele.Identity {
	id := clientele.Identity{
		Scheme: m.scheme, Principal: who, Location: clientele.Location{Path: chain, Line: a.line},
	}
	if s := a.field("scope"); s != "" {
		id.Scopes = strings.Fields(s)
	}
	for _, f := range []string{"accesstokenurl", "authorizationurl"} {
		if id.Issuer = dsn.Bare(a.field(f)); id.Issuer != "" {
			break
		}
	}
	if grant := a.field("granttype") + a.field("flow"); grant == "client_credentials" {
		id.Kind = clientele.Machine
	}
	return id
}

// tokenRequests adds the calls that fetch a token, which the client makes besides its own.
func (b *builder) tokenRequests(chain []string, a authBlock) {
	methods := map[string]string{"accesstokenurl": "POST", "refreshtokenurl": "POST", "authorizationurl": "GET"}
	for _, f := range a.fields {
		if method, ok := methods[fold(f.name)]; ok && f.value != "" {
			b.Requests = append(b.Requests, clientele.Request{
				Chain: below(chain, f.name), Method: method, URL: clientele.Secret(f.value), Line: f.line,
			})
		}
	}
}
