package hoppscotch

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// schemes are our words for auth.authType.
var schemes = map[string]string{
	"none": "none", "inherit": "inherit", "basic": "basic", "bearer": "bearer", "api-key": "api_key", "oauth-2": "oauth2",
	"aws-signature": "aws_sigv4", "digest": "digest", "hawk": "hawk", "akamai-eg": "edgegrid", "jwt": "jwt",
}

// roles are the fields of authentication blocks and of the grant inside them. A field
// without a role says how to sign in, not with what, and is left out. What is not listed is
// written for its name to tell.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token, "value": clientele.APIKey,
	"clientID": clientele.OAuthClientID, "clientId": clientele.OAuthClientID, "clientSecret": clientele.ClientSecret,
	"refreshToken": clientele.RefreshToken, "idToken": clientele.IDToken, "accessToken": clientele.Token,
	"accessKey": clientele.Identifier, "secretKey": clientele.SecretKey, "serviceToken": clientele.Token,
	"authId": clientele.Identifier, "authKey": clientele.SecretKey, "clientToken": clientele.Token,
	"secret": clientele.SecretKey, "privateKey": clientele.PrivateKey,

	"authType": "", "authActive": "", "addTo": "", "key": "", "grantType": "", "scopes": "", "scope": "", "isPKCE": "",
	"codeVerifierMethod": "", "clientAuthentication": "", "region": "", "serviceName": "", "realm": "", "nonce": "",
	"algorithm": "", "qop": "", "nc": "", "cnonce": "", "opaque": "", "disableRetry": "", "includePayloadHash": "",
	"timestamp": "", "host": "", "headersToSign": "", "maxBodySize": "", "isSecretBase64Encoded": "",
	"headerPrefix": "", "paramName": "", "user": "", "ext": "", "app": "", "dlg": "", "audience": "",
}

// urls are fields whose value is an address, which may hold a secret like any other.
var urls = map[string]bool{
	"authEndpoint": true, "tokenEndpoint": true, "oidcDiscoveryURL": true, "authURL": true, "accessTokenURL": true,
	"redirectURI": true, "redirectURL": true,
}

// principals are the fields that name who signs in, the telling one first.
var principals = []string{"username", "clientID", "clientId", "accessKey", "authId"}

// auth writes the block of a request or a collection and answers what is in effect there.
func (w *scribe) auth(at spot, n *doc.Node) *clientele.Auth {
	a := n.Get("auth")
	if a.IsScalar() || n.Has("httpUser") || n.Has("bearerToken") {
		return w.flatAuth(at, n)
	}
	t := a.Get("authType").Str()
	off := a.Get("authActive").False()
	who := w.block(at.at("auth "+t), t, a, off)
	w.identity(at.at("auth "+t), t, who, a)
	switch s, known := schemes[t]; {
	case off || s == "none":
		return &clientele.Auth{Scheme: "none"}
	case t == "" || s == "inherit":
		if at.above != nil {
			return at.above
		}
		return &clientele.Auth{Scheme: "none"}
	case known:
		return &clientele.Auth{Scheme: s}
	}
	return &clientele.Auth{Scheme: "custom"}
}

// block writes a block and the grant in it, and answers whom they name.
func (w *scribe) block(chain []string, t string, a *doc.Node, off bool) string {
	who := principal(a)
	for _, f := range a.Fields() {
		role, known := roles[f.Key]
		switch {
		case f.Kind == doc.List: // extra parameters of the requests for tokens
			w.params(append(chain[:len(chain):len(chain)], f.Key), f, off)
			continue
		case f.Kind == doc.Map:
			w.block(chain, t, f, off)
			continue
		case f.Key == "payload" || f.Key == "jwtHeaders":
			w.text(clientele.InAuth, append(chain[:len(chain):len(chain)], f.Key), f)
			continue
		case known && role == "":
			continue
		}
		s := clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line, Dormant: off}
		if header := a.Get("key").Str(); t == "api-key" && f.Key == "value" && header != "" {
			s.Name = header // an API key is known by the name it is sent under
		}
		if urls[f.Key] {
			s.Place = clientele.InURL
		}
		if role.Secret() {
			s.Principal = who
		}
		w.slot(s)
	}
	return who
}

func (w *scribe) params(chain []string, list *doc.Node, off bool) {
	then := *w
	then.dormant = w.dormant || off
	then.rows(clientele.InAuth, chain, list)
}

// principal is whom a block names, itself or in its grant.
func principal(a *doc.Node) string {
	for _, n := range []*doc.Node{a, a.Get("grantTypeInfo")} {
		for _, name := range principals {
			if v := n.Get(name).Str(); v != "" {
				return v
			}
		}
	}
	return ""
}

func (w *scribe) identity(chain []string, t, who string, a *doc.Node) {
	if who == "" || w.recorded {
		return
	}
	id := clientele.Identity{Scheme: schemes[t], Principal: who, Location: clientele.Location{Path: chain, Line: a.Line}}
	if g := a.Get("grantTypeInfo"); g != nil {
		id.Issuer = g.First("tokenEndpoint", "authEndpoint").Str()
		id.Scopes = strings.Fields(g.Get("scopes").Str())
		switch g.Get("grantType").Str() {
		case "CLIENT_CREDENTIALS":
			id.Kind = clientele.Machine
		case "PASSWORD":
			id.Kind = clientele.Person
		}
	}
	if t == "aws-signature" {
		id.Kind = clientele.Machine
	}
	w.part.Identities = append(w.part.Identities, id)
}

// flatAuth writes the fields of schema 0, where all sorts of credential lie side by side and
// auth is a label that selects one.
func (w *scribe) flatAuth(at spot, n *doc.Node) *clientele.Auth {
	label := strings.ToLower(n.Get("auth").Str())
	user := n.Get("httpUser").Str()
	for _, f := range []struct {
		name, scheme string
		role         clientele.Role
	}{{"httpUser", "basic", clientele.Username}, {"httpPassword", "basic", clientele.Password}, {"bearerToken", "bearer", clientele.Token}} {
		v := n.Get(f.name)
		s := clientele.Slot{Place: clientele.InAuth, Role: f.role, Name: f.name, Chain: at.at("auth " + f.scheme),
			Value: v.Secret(), Line: v.LineOr(n.LineOr(0)), Dormant: !strings.Contains(label, f.scheme)}
		if f.role == clientele.Password {
			s.Principal = user
		}
		w.slot(s)
	}
	if user != "" && !w.recorded {
		w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: "basic", Principal: user,
			Location: clientele.Location{Path: at.at("auth basic"), Line: n.Get("httpUser").Line}})
	}
	for word, scheme := range map[string]string{"basic": "basic", "bearer": "bearer", "oauth": "oauth2"} {
		if strings.Contains(label, word) {
			return &clientele.Auth{Scheme: scheme}
		}
	}
	return &clientele.Auth{Scheme: "none"}
}
