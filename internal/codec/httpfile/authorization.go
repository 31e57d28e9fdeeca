package httpfile

import (
	"encoding/base64"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// scheme is the manner in which a block's headers authenticate, or empty.
func (b *block) scheme() string {
	if v := b.header("Authorization"); v != "" {
		return authScheme(v)
	}
	for _, h := range b.headers {
		if s := dsn.HeaderScheme(h.name, h.value); s != "" && !h.dormant {
			return s
		}
	}
	if b.header("Cookie") != "" {
		return "cookie"
	}
	return ""
}

// authScheme knows what the tools fetch a token for by an entry of the environment.
func authScheme(value string) string {
	for _, fetched := range []string{"$auth.", "{{$aad", "{{$oidc", "oauth2 ", "openid "} {
		if strings.Contains(strings.ToLower(value), fetched) {
			return "oauth2"
		}
	}
	return dsn.AuthScheme(value)
}

// authorization takes the header's value apart where the form is one of a .http tool's own;
// other forms, Basic in all its three included, stay whole, for the scanner knows them.
//
//	Basic user password     Digest user password     NTLM user:password
//	Basic user:password     Digest user:password     AWS key secret token:t region:r service:s
//	Basic base64                                     COGNITO user password region pool client
func authorization(whole clientele.Slot) ([]clientele.Slot, *clientele.Identity) {
	f := fields(whole.Value.Reveal())
	if len(f) < 2 {
		return []clientele.Slot{whole}, nil
	}
	word, f := strings.ToLower(f[0]), f[1:]
	chain := below(whole.Chain, whole.Name, word)
	s := splitter{whole: whole, chain: chain}
	switch {
	case word == "basic":
		return []clientele.Slot{whole}, identity(whole, "basic", basicUser(f))
	case (word == "digest" || word == "ntlm") && userPassword(f):
		return s.userPassword(word, f)
	case word == "aws" && len(f) >= 2:
		return s.aws(f)
	case word == "cognito" && len(f) >= 2:
		return s.cognito(f)
	}
	return []clientele.Slot{whole}, nil
}

// splitter makes slots of the words of a header.
type splitter struct {
	whole clientele.Slot
	chain []string
}

func (s splitter) slot(role clientele.Role, name, value, principal string) clientele.Slot {
	one := s.whole
	one.Place, one.Role, one.Name, one.Chain = clientele.InAuth, role, name, s.chain
	one.Value, one.Principal = clientele.Secret(value), principal
	return one
}

// userPassword reports whether the words are a user and a password, not the fields or the
// token of an exchange that was recorded.
func userPassword(f []string) bool {
	return len(f) == 2 && !strings.HasSuffix(f[0], ",") || len(f) == 1 && strings.Contains(f[0], ":")
}

func (s splitter) userPassword(scheme string, f []string) ([]clientele.Slot, *clientele.Identity) {
	user, pass, ok := strings.Cut(f[0], ":")
	if !ok {
		user, pass = f[0], f[1]
	}
	return []clientele.Slot{
		s.slot(clientele.Username, "username", user, ""),
		s.slot(clientele.Password, "password", pass, user),
	}, identity(s.whole, scheme, user)
}

func (s splitter) aws(f []string) ([]clientele.Slot, *clientele.Identity) {
	slots := []clientele.Slot{
		s.slot(clientele.Identifier, "access key id", f[0], ""),
		s.slot(clientele.SecretKey, "secret access key", f[1], f[0]),
	}
	for _, extra := range f[2:] {
		if v, ok := strings.CutPrefix(extra, "token:"); ok {
			slots = append(slots, s.slot(clientele.Token, "session token", v, f[0]))
		}
	}
	return slots, identity(s.whole, "aws_sigv4", f[0])
}

func (s splitter) cognito(f []string) ([]clientele.Slot, *clientele.Identity) {
	slots := []clientele.Slot{
		s.slot(clientele.Username, "username", f[0], ""),
		s.slot(clientele.Password, "password", f[1], f[0]),
	}
	id := identity(s.whole, "custom", f[0])
	if len(f) > 3 {
		slots = append(slots, s.slot(clientele.Identifier, "user pool", f[3], ""))
		id.Issuer = f[3]
	}
	if len(f) > 4 {
		slots = append(slots, s.slot(clientele.OAuthClientID, "client id", f[4], ""))
	}
	return slots, id
}

func identity(s clientele.Slot, scheme, principal string) *clientele.Identity {
	if principal == "" {
		return nil
	}
	return &clientele.Identity{
		Scheme: scheme, Principal: principal,
		Location: clientele.Location{Path: s.Chain, Line: s.Line},
	}
}

// basicUser is the user's name in the words behind "Basic".
func basicUser(f []string) string {
	if user, _, ok := strings.Cut(f[0], ":"); ok || len(f) > 1 {
		return user
	}
	plain, err := base64.StdEncoding.DecodeString(f[0])
	if err != nil {
		return ""
	}
	user, _, ok := strings.Cut(string(plain), ":")
	if !ok {
		return ""
	}
	return strings.ToValidUTF8(user, "")
}

// fields are the words of s; a reference in double braces is one word, spaces and all.
func fields(s string) []string {
	var words []string
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		end := 0
		for end < len(s) && s[end] != ' ' && s[end] != '\t' {
			if ref := strings.Index(s[end:], "}}"); ref >= 0 && strings.HasPrefix(s[end:], "{{") {
				end += ref + 1
			}
			end++
		}
		words, s = append(words, s[:end]), s[end:]
	}
	return words
}
