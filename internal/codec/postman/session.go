package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeSession reads postmanrc, in which Postman's command-line tool keeps who is signed in.
func decodeSession(f clientele.File) ([]clientele.Part, error) {
	if !begins(f.Data, '{') {
		return nil, nil
	}
	n, err := doc.JSON(f.Data)
	return session(f.Path, n), err
}

// session reads {"login": {"_profiles": [{alias, username, postmanApiKey, accessToken}]}}.
// Each profile is a client.
func session(file string, n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	for _, p := range n.Get("login", "_profiles").Items() {
		if isMap(p) {
			parts = append(parts, profile(file, p).Part)
		}
	}
	return parts
}

// tokens are the known fields of a profile. What is not among them is emitted without a role.
var tokens = map[string]clientele.Role{
	"postmanapikey": clientele.APIKey, "apikey": clientele.APIKey,
	"accesstoken": clientele.Token, "token": clientele.Token, "refreshtoken": clientele.RefreshToken,
	"alias": clientele.NotSecret, "username": clientele.NotSecret, "email": clientele.NotSecret,
	"userid": clientele.NotSecret, "teamid": clientele.NotSecret, "id": clientele.NotSecret,
	"region": clientele.NotSecret, "expiresat": clientele.NotSecret,
}

func profile(file string, n *doc.Node) *sheet {
	alias := n.Get("alias").Str()
	s := newSheet(file, "session", alias, n)
	s.Kind, s.Syntax, s.Bind.Key = clientele.CLI, clientele.SyntaxNone, alias
	who := n.First("email", "username", "userId", "user").Str()
	at := spot{}.in(strings.TrimSpace("profile " + alias))
	scheme := "bearer"
	for _, f := range n.Fields() {
		role := tokens[fold(f.Key)]
		if role == clientele.NotSecret || f.Str() == "" {
			continue
		}
		if role == clientele.APIKey {
			scheme = "api_key"
		}
		s.slot(at, clientele.InTokenCache, role, row{name: f.Key, value: f.Str(), line: f.Line})
		s.Slots[len(s.Slots)-1].Principal = who
	}
	if who != "" {
		id := clientele.Identity{
			Scheme: scheme, Principal: who, Issuer: "postman",
			Location: clientele.Location{File: file, Path: at.chain, Line: n.Line},
		}
		if n.Has("accessToken") { // from a sign-in with a browser; a key may be a service account's
			id.Kind = clientele.Person
		}
		s.Identities = append(s.Identities, id)
		s.own(clientele.Owner{Who: who, Kind: clientele.PersonOwner, Evidence: "account of the session", Confidence: 0.7})
	}
	s.synced("", "signed in to Postman's cloud")
	return s
}
