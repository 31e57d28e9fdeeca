package kreya

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// scribe writes what settings say into one part.
type scribe struct{ part *clientele.Part }

// roles are fields that say what they hold, in lower case.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token,
	"clientid": clientele.OAuthClientID, "clientsecret": clientele.ClientSecret, "accesstoken": clientele.Token,
	"refreshtoken": clientele.RefreshToken, "idtoken": clientele.IDToken, "apikey": clientele.APIKey,
	"passphrase": clientele.Passphrase, "privatekey": clientele.PrivateKey, "secret": clientele.SecretKey,
	"accesskeyid": clientele.Identifier, "accesskey": clientele.Identifier, "secretaccesskey": clientele.SecretKey,
	"secretkey": clientele.SecretKey, "sessiontoken": clientele.Token,
}

// places are lists and maps of names and values, by a word in their name.
var places = []struct {
	word  string
	place clientele.Place
}{
	{"header", clientele.InHeader}, {"metadata", clientele.InHeader}, {"query", clientele.InQuery}, {"form", clientele.InBody},
	{"cookie", clientele.InCookie}, {"body", clientele.InBody}, {"param", clientele.InQuery},
}

func placeOf(key string) clientele.Place {
	for _, p := range places {
		if strings.Contains(strings.ToLower(key), p.word) {
			return p.place
		}
	}
	return ""
}

// texts are fields that hold free text.
var texts = map[string]clientele.Place{
	"content": clientele.InBody, "body": clientele.InBody, "text": clientele.InBody, "description": clientele.InText,
	"documentation": clientele.InText, "script": clientele.InScript,
}

func (w scribe) slot(s clientele.Slot) {
	if !s.Value.Empty() {
		w.part.Slots = append(w.part.Slots, s)
	}
}

// settings writes what is known by its name, at any depth: tables of headers and their like,
// addresses, credentials, free text.
func (w scribe) settings(chain []string, n *doc.Node) {
	place := clientele.Place("")
	if n != nil {
		place = placeOf(n.Key)
	}
	for _, k := range n.Fields() {
		below := append(chain[:len(chain):len(chain)], k.Key)
		switch {
		case !k.IsScalar():
			w.settings(below, k)
		case place == clientele.InHeader && !row(n):
			w.slot(clientele.Slot{Place: place, Name: k.Key, Chain: chain, Value: k.Secret(), Line: k.Line})
		default:
			w.field(chain, k)
		}
	}
	for _, k := range n.Items() {
		if row(k) {
			w.row(place, chain, k)
			continue
		}
		below := chain
		if name := k.Get("name").Str(); name != "" {
			below = append(chain[:len(chain):len(chain)], name)
		}
		w.settings(below, k)
	}
}

// row reports whether a map is a name with its value.
func row(n *doc.Node) bool {
	return n.First("key", "name").IsScalar() && n.Get("value").IsScalar()
}

func (w scribe) row(place clientele.Place, chain []string, r *doc.Node) {
	if place == "" {
		place = clientele.InSetting
	}
	v := r.Get("value")
	w.slot(clientele.Slot{Place: place, Name: r.First("key", "name").Str(), Chain: chain, Value: v.Secret(), Line: v.Line,
		Dormant: r.Get("enabled").False() || r.Get("active").False() || r.Get("disabled").True()})
}

func (w scribe) field(chain []string, k *doc.Node) {
	s := clientele.Slot{Place: clientele.InSetting, Role: roles[strings.ToLower(k.Key)], Name: k.Key, Chain: chain, Value: k.Secret(), Line: k.Line}
	if place, ok := texts[k.Key]; ok {
		if k.Str() != "" {
			w.part.Texts = append(w.part.Texts, clientele.Text{Place: place, Chain: chain, Text: k.Secret(), Line: k.Line})
		}
		return
	}
	low := strings.ToLower(k.Key)
	switch inCert := strings.Contains(strings.ToLower(strings.Join(chain, " ")), "cert"); {
	case inCert && s.Role == clientele.Password:
		s.Place, s.Role = clientele.InCertificate, clientele.Passphrase
	case s.Role != "":
	case strings.Contains(low, "proxy") && strings.Contains(k.Str(), "://"):
		s.Place = clientele.InProxy
	case strings.HasSuffix(low, "endpoint"), strings.HasSuffix(low, "url"), low == "authority":
		s.Place = clientele.InURL
	default:
		return
	}
	w.slot(s)
}

// scheme is our word for an authentication's provider.
func scheme(provider string) string {
	p := strings.ToLower(provider)
	for _, s := range []struct{ word, scheme string }{
		{"basic", "basic"}, {"oauth1", "oauth1"}, {"oauth", "oauth2"}, {"oidc", "oauth2"}, {"openid", "oauth2"},
		{"apikey", "api_key"}, {"api-key", "api_key"}, {"bearer", "bearer"}, {"static", "bearer"}, {"digest", "digest"},
		{"ntlm", "ntlm"}, {"aws", "aws_sigv4"}, {"jwt", "jwt"}, {"cert", "mtls"}, {"cookie", "cookie"},
	} {
		if strings.Contains(p, s.word) {
			return s.scheme
		}
	}
	return "custom"
}

// auth writes one of the project's authentications, with all its options: those of types
// that are not known as well, for their names to tell.
func (w scribe) auth(a *doc.Node) {
	chain := []string{"auth " + a.Get("name").Str()}
	o := a.Get("options")
	who := ""
	for _, name := range []string{"username", "clientId", "accessKeyId", "accessKey"} {
		if v := o.Fold(name).Str(); v != "" {
			who = v
			break
		}
	}
	for _, group := range []string{"options", "advancedOptions"} {
		a.Get(group).Walk(func(_ []string, k *doc.Node) bool {
			if row(k) {
				w.row(clientele.InAuth, chain, k)
				return false
			}
			if k.Kind == doc.String && k.Key != "" && !manner[k.Key] {
				w.option(chain, who, k)
			}
			return !manner[k.Key]
		})
	}
	if who != "" {
		w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: scheme(a.Get("providerName").Str()), Principal: who,
			Kind: kind(o), Issuer: firstURL(o), Scopes: scopes(o), Location: clientele.Location{Path: chain, Line: a.Line}})
	}
}

// manner are options that say how to sign in, not with what.
var manner = map[string]bool{
	"grantType": true, "scope": true, "scopes": true, "audience": true, "responseType": true, "responseMode": true,
	"tokenType": true, "tokenTypeHint": true, "clientAuthenticationMethod": true, "codeChallengeMethod": true,
	"headerPrefix": true, "prefix": true, "headerName": true, "location": true, "prompt": true, "region": true, "service": true,
}

func (w scribe) option(chain []string, who string, k *doc.Node) {
	s := clientele.Slot{Place: clientele.InAuth, Role: roles[strings.ToLower(k.Key)], Name: k.Key, Chain: chain, Value: k.Secret(), Line: k.Line}
	if strings.Contains(k.Str(), "://") && s.Role == "" {
		s.Place = clientele.InURL
	}
	if s.Role.Secret() {
		s.Principal = who
	}
	w.slot(s)
}

func kind(o *doc.Node) clientele.IdentityKind {
	switch g := strings.ToLower(o.Get("grantType").Str()); {
	case strings.Contains(g, "client"):
		return clientele.Machine
	case strings.Contains(g, "password"):
		return clientele.Person
	}
	return clientele.UnknownIdentity
}

// scopes are a list or words in one text.
func scopes(o *doc.Node) []string {
	s := o.First("scopes", "scope")
	all := strings.Fields(s.Str())
	for _, e := range s.Items() {
		all = append(all, e.Str())
	}
	return all
}

func firstURL(o *doc.Node) string {
	for _, k := range o.Fields() {
		if k.Kind == doc.String && strings.Contains(k.Text, "://") && !strings.Contains(strings.ToLower(k.Key), "redirect") {
			return k.Text
		}
	}
	return ""
}
