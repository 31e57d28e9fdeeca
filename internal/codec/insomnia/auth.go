package insomnia

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// schemes are our words for authentication.type.
var schemes = map[string]string{
	"none": "none", "basic": "basic", "apikey": "api_key", "bearer": "bearer", "digest": "digest", "ntlm": "ntlm",
	"oauth1": "oauth1", "oauth2": "oauth2", "hawk": "hawk", "iam": "aws_sigv4", "netrc": "basic", "asap": "asap",
	"singletoken": "bearer",
}

// roles are the fields of authentication blocks. A field without a role says how to sign in,
// not with what, and is left out. What is not listed is written for its name to tell.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token,
	"value": clientele.APIKey, "clientId": clientele.OAuthClientID, "clientSecret": clientele.ClientSecret,
	"accessToken": clientele.Token, "refreshToken": clientele.RefreshToken, "identityToken": clientele.IDToken,
	"consumerKey": clientele.OAuthClientID, "consumerSecret": clientele.ClientSecret,
	"tokenKey": clientele.Identifier, "tokenSecret": clientele.SecretKey, "privateKey": clientele.PrivateKey,
	"accessKeyId": clientele.Identifier, "secretAccessKey": clientele.SecretKey, "sessionToken": clientele.Token,
	"id": clientele.Identifier, "issuer": clientele.Identifier, "keyId": clientele.Identifier,
	"subject": clientele.Identifier,

	"type": "", "disabled": "", "grantType": "", "addTo": "", "prefix": "", "tokenPrefix": "", "algorithm": "",
	"useISO88591": "", "validatePayload": "", "signatureMethod": "", "version": "", "nonce": "", "timestamp": "",
	"realm": "", "includeBodyHash": "", "useDefaultBrowser": "", "credentialsInBody": "", "usePkce": "",
	"pkceMethod": "", "responseType": "", "scope": "", "audience": "", "resource": "", "state": "", "origin": "",
	"region": "", "service": "", "useBasicAuth": "", "tokenName": "",
}

// urls are fields whose value is an address, which may hold a secret like any other.
var urls = map[string]bool{"accessTokenUrl": true, "authorizationUrl": true, "redirectUrl": true, "callback": true}

// principals are the fields that name who signs in, the telling one first.
var principals = []string{"username", "clientId", "consumerKey", "accessKeyId", "id", "issuer"}

// authType is the type of a block. Blocks of old versions have none and are basic.
func authType(a *doc.Node) string {
	if t := a.Get("type").Str(); t != "" || a.Get("username").Str() == "" {
		return t
	}
	return "basic"
}

// scheme is what a block makes requests do, and whether it decides: an empty or disabled
// block leaves it to the folders above.
func scheme(a *doc.Node) (string, bool) {
	t := authType(a)
	if t == "" || a.Get("disabled").True() {
		return "", false
	}
	if s, ok := schemes[strings.ToLower(t)]; ok {
		return s, true
	}
	return "custom", true
}

// effective is the authentication of a request with the block a.
func effective(at spot, a *doc.Node) *clientele.Auth {
	if s, ok := scheme(a); ok {
		return &clientele.Auth{Scheme: s}
	}
	if at.above != nil {
		return at.above
	}
	return &clientele.Auth{Scheme: "none"}
}

// auth writes the slots and the identity of a block, and answers what is in effect.
func (w *scribe) auth(at spot, a *doc.Node) *clientele.Auth {
	t := authType(a)
	chain := at.at("auth " + t)
	who := principal(a)
	for _, f := range a.Fields() {
		role, known := roles[f.Key]
		switch {
		case f.Key == "key" && t == "hawk":
			role = clientele.SecretKey
		case f.Key == "key" && t == "apikey", known && role == "":
			continue
		}
		name := f.Key
		if header := a.Get("key").Str(); name == "value" && header != "" {
			name = header // an API key is known by the name it is sent under
		}
		s := clientele.Slot{Place: clientele.InAuth, Role: role, Name: name, Chain: chain, Value: f.Secret(), Line: f.Line,
			Dormant: a.Get("disabled").True()}
		if urls[f.Key] {
			s.Place = clientele.InURL
		}
		if role.Secret() {
			s.Principal = who
		}
		w.slot(s)
	}
	w.identity(t, who, chain, a)
	return effective(at, a)
}

// principal is whom a block names.
func principal(a *doc.Node) string {
	for _, name := range principals {
		if v := a.Get(name).Str(); v != "" {
			return v
		}
	}
	return ""
}

func (w *scribe) identity(t, who string, chain []string, a *doc.Node) {
	if who == "" {
		return
	}
	id := clientele.Identity{Scheme: schemes[strings.ToLower(t)], Principal: who,
		Issuer: a.First("accessTokenUrl", "authorizationUrl").Str(), Audience: a.Get("audience").Str(),
		Scopes: strings.Fields(a.Get("scope").Str()), Location: clientele.Location{Path: chain, Line: a.Line}}
	switch {
	case t == "asap", t == "iam", t == "oauth2" && a.Get("grantType").Str() == "client_credentials":
		id.Kind = clientele.Machine
	case t == "oauth2" && who == a.Get("username").Str():
		id.Kind = clientele.Person
	}
	w.part.Identities = append(w.part.Identities, id)
}
