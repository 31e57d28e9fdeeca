package agent

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// roles are the fields whose names the agents' sources define.
var roles = map[string]clientele.Role{
	"accesstoken": clientele.Token, "oauthtoken": clientele.Token, "token": clientele.Token, "sessiontoken": clientele.Token,
	"bearertoken": clientele.Token, "experimentalbearertoken": clientele.Token, "registrationaccesstoken": clientele.Token,
	"copilottokens": clientele.Token, "githubtoken": clientele.Token, "authtoken": clientele.Token,
	"refreshtoken": clientele.RefreshToken, "idtoken": clientele.IDToken,
	"apikey": clientele.APIKey, "primaryapikey": clientele.APIKey, "openaiapikey": clientele.APIKey,
	"clientsecret": clientele.ClientSecret, "clientid": clientele.OAuthClientID, "codeverifier": clientele.OtherSecret,
	"password": clientele.Password, "personalaccesstoken": clientele.Token,
}

// cacheRoles are fields that mean a token only in a token cache.
var cacheRoles = map[string]clientele.Role{
	"access": clientele.Token, "refresh": clientele.RefreshToken, "key": clientele.APIKey, "state": clientele.NotSecret,
}

// holder says whom the tokens of a map belong to.
type holder struct {
	principal string
	person    bool
	client    string // the OAuth client's id
	issuer    string
	host      string
	scopes    []string
	expires   time.Time
}

// decodeTokens reads the file in which an agent keeps its own sign-in.
func decodeTokens(f clientele.File) ([]clientele.Part, error) {
	p := owning(f.Path, func(p product) []string { return p.tokens })
	g := gather{Part: clientele.Part{
		Tool: p.tool, Kind: clientele.Agent, Format: "token cache", Name: p.name, Line: 1, Syntax: clientele.SyntaxNone,
		Bind: clientele.Bind{As: clientele.Root, Dir: p.folder(f.Path)},
	}}
	base := strings.ToLower(path.Base(f.Path))
	text := string(bytes.TrimSpace(f.Data))
	if base == "gemini-credentials.json" && sealed.MatchString(text) {
		// Sealed with a key made of a constant and the names of host and user: whoever reads
		// the file on its machine can open it.
		g.Slots = []clientele.Slot{{Place: clientele.InTokenCache, Role: clientele.OtherSecret, Name: "credentials",
			Value: clientele.Secret(text), Line: 1, Class: clientele.Obfuscated}}
		return []clientele.Part{g.Part}, nil
	}
	if strings.HasSuffix(base, "_code_verifier.txt") {
		g.put(clientele.Slot{Place: clientele.InTokenCache, Role: clientele.OtherSecret, Name: "code_verifier", Line: 1}, text)
		return g.parts(nil)
	}
	root, err := tree(f)
	if root == nil {
		return nil, nil
	}
	switch base {
	case "secrets.json", "secrets.yaml": // names of the keeper's own choice: all are secrets
		for _, e := range entries(root, clientele.InTokenCache) {
			g.put(clientele.Slot{Place: e.place, Role: keyRole(e.name), Name: e.name, Line: e.line, Marked: true}, e.value)
		}
	case "google_accounts.json":
		g.accounts(root)
	default:
		g.tokens(root, holder{}, nil, clientele.InTokenCache)
	}
	return g.parts(err)
}

func (g *gather) parts(err error) ([]clientele.Part, error) {
	if g.empty() {
		return nil, err
	}
	return []clientele.Part{g.Part}, err
}

// sealed is what Gemini CLI writes: initialisation vector, tag and text, in hexadecimal.
var sealed = regexp.MustCompile(`^[0-9a-f]{24,32}:[0-9a-f]{32}:(?:[0-9a-f]{2})+$`)

func keyRole(name string) clientele.Role {
	if role, ok := roles[plain(name)]; ok {
		return role
	}
	if p := plain(name); strings.HasSuffix(p, "apikey") || strings.HasSuffix(p, "nostrkey") {
		return clientele.APIKey
	}
	return ""
}

// accounts reads the Google accounts that Gemini CLI has seen.
func (g *gather) accounts(root *doc.Node) {
	who := func(n *doc.Node, evidence string, confidence float64) {
		if n.Str() == "" {
			return
		}
		g.Identities = append(g.Identities, clientele.Identity{Scheme: "oauth2", Principal: n.Str(), Kind: clientele.Person,
			Issuer: "google", Location: clientele.Location{Line: n.Line}})
		g.Owners = append(g.Owners, clientele.Owner{Who: n.Str(), Kind: clientele.PersonOwner, Evidence: evidence, Confidence: confidence})
	}
	who(root.Get("active"), "the active account of Gemini CLI", 0.7)
	for _, n := range root.Get("old").Items() {
		who(n, "an earlier account of Gemini CLI", 0.3)
	}
}

// tokens reads a map with tokens in it and the maps below, which inherit what it says of
// their holder.
func (g *gather) tokens(n *doc.Node, h holder, chain []string, place clientele.Place) {
	h = h.learn(n)
	found := false
	for _, k := range n.Kids {
		here := chain
		if k.Key != "" {
			here = with(chain, k.Key)
		} else if name := k.First("serverName", "server_name", "name", "id").Str(); name != "" {
			here = with(chain, name)
		}
		if k.Kind == doc.Map || k.Kind == doc.List {
			g.tokens(k, h.under(k.Key), here, place)
			continue
		}
		role, ok := roles[plain(k.Key)]
		if !ok && place == clientele.InTokenCache {
			role, ok = cacheRoles[plain(k.Key)]
		}
		if !ok && plain(last(chain)) == "copilottokens" {
			role, ok = clientele.Token, true
		}
		if !ok && (!telling(k.Key) || strings.Contains(plain(k.Key), "type") || plain(k.Key) == "authmode") {
			continue
		}
		if plain(k.Key) == "key" && n.Get("type").Str() == "wellknown" {
			continue // OpenCode: the name of the variable that takes the token beside it
		}
		found = found || role.Secret()
		s := clientele.Slot{Place: place, Role: role, Name: k.Key, Line: k.Line, Host: h.host}
		if role != clientele.OAuthClientID && role != clientele.NotSecret {
			s.Principal = cmp.Or(h.principal, h.client)
		}
		if role == clientele.Token {
			s.ExpiresAt = h.expires
		}
		if k.Kind == doc.String {
			g.put(s, k.Str(), chain...)
		}
	}
	if found && (h.principal != "" || h.client != "" || len(h.scopes) > 0 || h.issuer != "") {
		g.identity(h, n.Line)
	}
}

func (g *gather) identity(h holder, line int) {
	id := clientele.Identity{Scheme: "oauth2", Principal: cmp.Or(h.principal, h.client), Issuer: h.issuer, Scopes: h.scopes,
		ExpiresAt: h.expires, Location: clientele.Location{Line: line}}
	if h.person {
		id.Kind = clientele.Person
		g.Owners = append(g.Owners, clientele.Owner{Who: h.principal, Kind: clientele.PersonOwner,
			Evidence: "the account whose token " + g.Name + " keeps", Confidence: 0.7})
	}
	g.Identities = append(g.Identities, id)
}

// learn adds what a map's own fields say of the holder.
func (h holder) learn(n *doc.Node) holder {
	for _, k := range n.Fields() {
		v := k.Str()
		switch plain(k.Key) {
		case "email", "emailaddress", "useremail", "user", "username", "login", "label":
			if k.IsScalar() && v != "" {
				h.principal, h.person = v, true
			}
		case "account": // Continue: {"account": {"id": "a@b", "label": "…"}}
			if id := k.Get("id").Str(); id != "" {
				h.principal, h.person = id, true
			}
		case "accountid":
			if h.principal == "" {
				h.principal = v
			}
		case "clientid":
			h.client = v
		case "serverurl", "mcpserverurl", "issuer", "tokenurl", "url", "authorizationurl":
			if isURL(v) && (h.issuer == "" || plain(k.Key) == "tokenurl") {
				h.issuer = v
			}
		case "scope", "scopes":
			h.scopes = scopes(k)
		case "expiresat", "expirydate", "expires", "expiry":
			h.expires = moment(v)
		}
	}
	return h
}

// under is the holder for what stands below a key: a host and the app's client id, as in
// "github.com:Iv1.b507a08c87ecfe98".
func (h holder) under(key string) holder {
	name, app, _ := strings.Cut(key, ":")
	if i := strings.IndexByte(name, '.'); i > 0 && i < len(name)-1 && !strings.ContainsAny(name, "/| ") {
		h.host, h.issuer = name, name
		if app != "" {
			h.client = app
		}
	}
	return h
}

func scopes(n *doc.Node) []string {
	all := strings.Fields(n.Str())
	for _, s := range n.Items() {
		all = append(all, s.Str())
	}
	return all
}

// moment reads seconds or milliseconds since 1970, or a date.
func moment(s string) time.Time {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC()
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || f <= 1e8 || f > 1e14:
		return time.Time{}
	case f > 1e11:
		f /= 1000
	}
	return time.Unix(int64(f), 0).UTC()
}

func last(chain []string) string {
	if len(chain) == 0 {
		return ""
	}
	return chain[len(chain)-1]
}
