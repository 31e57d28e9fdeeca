package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// method is what the package knows of one of Postman's auth types.
type method struct {
	scheme string
	who    []string // the fields that name a principal, by their folded names
	kind   clientele.IdentityKind
}

var methods = map[string]method{
	"noauth":   {scheme: "none"},
	"inherit":  {scheme: "inherit"},
	"apikey":   {scheme: "api_key"},
	"awsv4":    {scheme: "aws_sigv4", who: []string{"accesskey"}},
	"basic":    {scheme: "basic", who: []string{"username"}},
	"bearer":   {scheme: "bearer"},
	"digest":   {scheme: "digest", who: []string{"username"}},
	"edgegrid": {scheme: "edgegrid", who: []string{"clienttoken"}, kind: clientele.Machine},
	"hawk":     {scheme: "hawk", who: []string{"authid", "hawkid"}},
	"jwt":      {scheme: "jwt", who: []string{"iss", "sub"}, kind: clientele.Machine},
	"ntlm":     {scheme: "ntlm", who: []string{"username"}},
	"oauth1":   {scheme: "oauth1", who: []string{"consumerkey"}},
	"oauth2":   {scheme: "oauth2", who: []string{"clientid", "username"}},
	"asap":     {scheme: "asap", who: []string{"iss"}, kind: clientele.Machine},
}

// roles are the roles of the fields of auth blocks, by folded name. The types agree on them
// so well that one table serves all. NotSecret marks the settings, which are passed over; a
// field that is not in the table is emitted without a role.
var roles = map[string]clientele.Role{
	"username":       clientele.Username,
	"user":           clientele.Username,
	"password":       clientele.Password,
	"token":          clientele.Token,
	"accesstoken":    clientele.Token,
	"sessiontoken":   clientele.Token,
	"refreshtoken":   clientele.RefreshToken,
	"idtoken":        clientele.IDToken,
	"accesskey":      clientele.Identifier,
	"secretkey":      clientele.SecretKey,
	"clienttoken":    clientele.Identifier,
	"clientid":       clientele.OAuthClientID,
	"clientsecret":   clientele.ClientSecret,
	"consumerkey":    clientele.OAuthClientID,
	"consumersecret": clientele.ClientSecret,
	"tokensecret":    clientele.SecretKey,
	"authid":         clientele.Identifier,
	"hawkid":         clientele.Identifier,
	"authkey":        clientele.SecretKey,
	"hawkkey":        clientele.SecretKey,
	"secret":         clientele.SecretKey,
	"privatekey":     clientele.PrivateKey,
	"kid":            clientele.Identifier,
	"iss":            clientele.Identifier,
	"sub":            clientele.Identifier,
	"value":          clientele.APIKey,
	"codeverifier":   clientele.OtherSecret,
}

// settings say how a credential is used, and are none themselves.
var settings = words(`addemptyparamstosign addparamstoheader addtokento advancedoptions alg
	algorithm app aud audience auto basepath bodyhash challengealgorithm clientauthentication
	clientnonce delegation disablebodyhash disableretryrequest domain encodesignature exp
	expiry granttype header headerprefix headerstosign id in includeempty
	includepayloadhash issecretbase64encoded key maxbodysize mode name nonce noncecount opaque
	qop queryparamkey realm region requestaccesstokenlocally savehelperdata savetorequest
	scope service showpassword signaturemethod state time timestamp tokenname tokentype type
	usebrowser version workstation`)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// fold makes accessToken, access_token and Access-Token one name.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// auth reads an auth block of format v2 and gives what holds below: what the block sets, or
// what held above. The block holds the settings of the chosen type under the type's name
// (v2.0: an object, v2.1: a list) and, from earlier choices, of others as well.
func (s *sheet) auth(at spot, n *doc.Node, above *clientele.Auth) *clientele.Auth {
	if !isMap(n) {
		return above
	}
	chosen := n.Get("type").Str()
	for _, block := range n.Fields() {
		if block.Key != "type" {
			s.block(at, block.Key, block, block.Key != chosen)
		}
	}
	return setAuth(at, chosen, above)
}

// setAuth is the auth that a choice of type at a place leads to.
func setAuth(at spot, chosen string, above *clientele.Auth) *clientele.Auth {
	if chosen == "" || chosen == "inherit" {
		return above
	}
	return &clientele.Auth{Scheme: scheme(chosen), Chain: at.in("auth " + chosen).chain}
}

func scheme(chosen string) string {
	if m, ok := methods[chosen]; ok {
		return m.scheme
	}
	return "custom"
}

// block emits the fields of one auth type, with the principal they name.
func (s *sheet) block(at spot, kind string, n *doc.Node, off bool) {
	at = at.in("auth " + kind).asleep(off)
	all := rows(n)
	if isMap(n) {
		all = fields(n) // also where it has a key and a value, as API keys do
	}
	named := map[string]string{}
	for _, r := range all {
		named[fold(r.name)] = r.value
	}
	switch {
	case kind == "jwt":
		claims(named)
	case kind == "basic" && named["password"] == "":
		// Many APIs take their key as a user name without a password, so this names nobody,
		// and what it is must be told from the value.
		named["username"] = ""
	}
	for _, r := range all {
		s.field(at, kind, r, named)
	}
	if !at.dormant && !at.recorded {
		s.identify(at, kind, named, n.LineOr(0))
	}
}

func (s *sheet) field(at spot, kind string, r row, named map[string]string) {
	name := fold(r.name)
	switch {
	case name == "payload" || name == "claims" || name == "header" && kind == "jwt" || name == "extradata":
		at = at.in(r.name).asleep(r.off)
		if r.nested != nil {
			s.slots(at, clientele.InAuth, r.nested)
		} else {
			s.text(at, clientele.InAuth, r.value, r.line)
		}
	case r.nested != nil: // the extra parameters of OAuth 2.0 requests
		s.slots(at.in(r.name).asleep(r.off), clientele.InAuth, r.nested)
	case settings[name]:
	case strings.HasSuffix(name, "url") || strings.HasSuffix(name, "uri"):
		s.slot(at, clientele.InURL, "", r)
	default:
		role := roles[name]
		if role == clientele.Username && named[name] == "" {
			role = ""
		}
		have := len(s.Slots)
		s.slot(at, clientele.InAuth, role, r)
		if len(s.Slots) > have && role.Secret() {
			s.Slots[have].Principal = principal(kind, role, named)
		}
	}
}

// principal is whom a credential belongs to, among the names of its block.
func principal(kind string, role clientele.Role, named map[string]string) string {
	if role == clientele.Password && named["username"] != "" {
		return named["username"]
	}
	for _, who := range methods[kind].who {
		if named[who] != "" {
			return named[who]
		}
	}
	return ""
}

// identify emits an identity for each principal that an active block names.
func (s *sheet) identify(at spot, kind string, named map[string]string, line int) {
	m := methods[kind]
	for _, who := range m.who {
		if named[who] == "" {
			continue
		}
		id := clientele.Identity{
			Scheme: scheme(kind), Principal: named[who], Kind: m.kind,
			Issuer: dsn.HostOf(named["accesstokenurl"]), Audience: named["audience"],
			Location: clientele.Location{File: s.file, Path: at.chain, Line: line},
		}
		if named["aud"] != "" {
			id.Audience = named["aud"]
		}
		if kind == "oauth2" {
			id.Scopes = strings.Fields(named["scope"])
			if who == "clientid" && strings.HasPrefix(named["granttype"], "client_cred") {
				id.Kind = clientele.Machine
			}
		}
		s.Identities = append(s.Identities, id)
		if kind == "jwt" {
			return // issuer and subject are one and the same
		}
	}
}

// claims adds what the payload of a JWT says of its principal to the names of the block.
func claims(named map[string]string) {
	n, _ := doc.JSON([]byte(named["payload"]))
	for _, claim := range []string{"iss", "sub", "aud"} {
		if named[claim] == "" {
			named[claim] = n.Get(claim).Str()
		}
	}
}
