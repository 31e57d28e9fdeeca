package reading

import (
	"bytes"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/dsn"
	"github.com/clientele/clientele/internal/fingerprint"
)

func isJSON(text []byte) bool {
	t := bytes.TrimLeft(text[:min(len(text), 256)], " \t\r\n")
	return len(t) > 0 && (t[0] == '{' || t[0] == '[')
}

// Finish adds what the engine found in the file's text, takes the secrets out of every name,
// and returns the readings of the file's parts, of which there is at least one.
func (x *Reader) Finish(matches []detect.Match) []*Reading {
	x.beyond(matches)
	for _, a := range addressesIn(x.content) {
		x.out = nearest(x.all, a.line+1)
		x.address(a)
	}
	scrubAll(x.all, x.secrets)
	return x.all
}

// Loose returns the secrets in a file of no known format: the engine's matches, and addresses
// with a password in them. FirstLine is the line at which the text begins. The name of a
// credential is that of the rule that found it.
func Loose(key fingerprint.Key, file string, text []byte, matches []detect.Match, firstLine int) []clientele.Credential {
	addresses := addressesIn(text)
	if len(matches)+len(addresses) == 0 {
		return nil
	}
	x := New(key, file, nil)
	x.syntax = clientele.SyntaxGeneric
	x.out = &Reading{Uses: map[string]bool{}}
	for _, m := range matches {
		x.loose(m, text, firstLine)
	}
	for _, a := range addresses {
		a.line += firstLine - 1
		x.address(a)
	}
	return slices.DeleteFunc(x.out.Creds, func(c clientele.Credential) bool { return c.Weak || !c.Class.Embedded() })
}

// beyond adds to a file's readings the secrets that the engine found and no decoder pointed
// at. A generic rule counts only for values that no decoder looked at.
func (x *Reader) beyond(matches []detect.Match) {
	out, text := x.all, x.content
	known := map[string]bool{}
	for _, r := range out {
		for _, c := range r.Creds {
			known[c.Fingerprint] = true
		}
	}
	for _, m := range matches {
		value := strings.Trim(string(text[m.Start:m.End]), `"'`)
		if m.Rule.Generic() && (x.looked[value] || !plausibleGeneric(value)) || known[x.key.Fingerprint(value)] || x.contained(value) || composite[m.Rule.ID] {
			continue
		}
		v := detect.Classify(value, clientele.SyntaxGeneric)
		if v.Class != clientele.Literal || x.lookedAtKey(value) {
			continue
		}
		line := 1 + countLines(text[:m.Start])
		x.out = nearest(out, line)
		if x.identifier(value) || accessKeyID(value) {
			continue
		}
		c := x.matched(m, value, line)
		known[c.Fingerprint] = true
		x.out.Creds = append(x.out.Creds, c)
	}
}

// lookedAtKey reports whether a decoder has seen a private key, and so knows whether it is
// sealed.
func (x *Reader) lookedAtKey(value string) bool {
	if !strings.Contains(value, "PRIVATE KEY") {
		return false
	}
	body := fingerprint.KeyBody(value)
	for v := range x.looked {
		if strings.Contains(v, "PRIVATE KEY") && strings.HasPrefix(fingerprint.KeyBody(v), body[:min(len(body), 64)]) {
			return true
		}
	}
	return false
}

// composite are rules whose match is a whole command, document or address rather than a
// value. In a file that a decoder understood, their parts are known already.
var composite = map[string]bool{"curl-auth-user": true, "curl-auth-header": true, "kubernetes-secret-yaml": true, "mongodb-connection-string": true, "postgres-connection-string": true,
	"mysql-connection-string": true, "redis-connection-string": true, "gcp-service-account": true, "private-key": false}

// identifier: a value that the file's decoder has named as an identifier: an access key's id.
func (x *Reader) identifier(value string) bool {
	for _, id := range x.out.Part.Identities {
		if id.Principal == value {
			return true
		}
	}
	for _, c := range x.out.Creds {
		if c.Principal == value {
			return true
		}
	}
	return false
}

// contained reports whether a match is a part of a value that is known already, or the
// other way round.
func (x *Reader) contained(value string) bool {
	if len(x.secrets) > 2000 { // a file of nothing but secrets: whole values have to do
		return x.looked[value]
	}
	for _, s := range x.secrets {
		if strings.Contains(s, value) || len(s) >= 8 && strings.Contains(value, s) {
			return true
		}
	}
	return false
}

// nearest is the reading whose part begins last before the line.
func nearest(out []*Reading, line int) *Reading {
	best := out[0]
	for _, r := range out {
		if r.Part.Line <= line && r.Part.Line >= best.Part.Line {
			best = r
		}
	}
	return best
}

func (x *Reader) matched(m detect.Match, value string, line int) clientele.Credential {
	s := clientele.Slot{Place: clientele.InText, Name: m.Rule.ID, Value: clientele.Secret(value), Line: line}
	c := x.credential(s, roleOfRule(m.Rule), detect.Verdict{Class: clientele.Literal, Value: value})
	c.Provider = m.Rule.Provider()
	return c
}

func roleOfRule(r *detect.Rule) clientele.Role {
	switch id := r.ID; {
	case strings.Contains(id, "private-key"):
		return clientele.PrivateKey
	case strings.Contains(id, "webhook"):
		return clientele.WebhookURL
	case strings.Contains(id, "password"):
		return clientele.Password
	case strings.Contains(id, "refresh"):
		return clientele.RefreshToken
	case strings.Contains(id, "client-secret"):
		return clientele.ClientSecret
	case strings.Contains(id, "token"), strings.Contains(id, "pat"), strings.Contains(id, "jwt"):
		return clientele.Token
	case strings.Contains(id, "key"):
		return clientele.APIKey
	}
	return clientele.OtherSecret
}

// loose takes one match of the engine in a file of no known format.
func (x *Reader) loose(m detect.Match, text []byte, firstLine int) {
	line := firstLine + countLines(text[:m.Start])
	value := strings.Trim(string(text[m.Start:m.End]), `"'`)
	switch {
	case accessKeyID(value):
		// The id is no secret. The key that belongs to it stands near.
		if key := secretNear(text, m.End); key != "" {
			c := x.credential(clientele.Slot{Place: clientele.InText, Name: m.Rule.ID, Value: clientele.Secret(key), Line: line, Principal: value}, clientele.SecretKey, detect.Verdict{Class: clientele.Literal, Value: key})
			c.Provider = "aws"
			x.keep(c)
		}
		return
	case strings.HasPrefix(m.Rule.ID, "curl-"):
		from, to := lineAround(text, m.Start)
		for _, c := range commandsIn(strings.TrimLeft(string(text[from:to]), "#/* ")) {
			x.contents(command.Read(c.text, line), nil)
		}
		return
	case m.Rule.Generic() && (!plausibleGeneric(value) || madeUp(x.file) || bytes.Contains(bytes.ToLower(text[max(0, m.Start-80):m.Start]), []byte("public"))):
		return
	}
	if v := detect.Classify(value, clientele.SyntaxGeneric); v.Class == clientele.Literal && !v.Weak {
		x.keep(x.matched(m, value, line))
	}
}

// lineAround is the line that offset at lies on, with the lines that continue it.
func lineAround(text []byte, at int) (from, to int) {
	from = bytes.LastIndexByte(text[:at], '\n') + 1
	for to = at; to < len(text) && to < from+4096; to++ {
		if text[to] == '\n' && (to == 0 || text[to-1] != '\\') {
			break
		}
	}
	return from, to
}

// secretNear finds the secret half of an AWS key pair: 40 characters of base64 in quotes or
// behind a separator, soon after the id.
func secretNear(text []byte, at int) string {
	rest := string(text[at:min(len(text), at+300)])
	run := 0
	for i := 0; i <= len(rest); i++ {
		if i < len(rest) && (isNameByte(rest[i]) && rest[i] != '_' || rest[i] == '/' || rest[i] == '+') {
			run++
			continue
		}
		if key := rest[i-run : i]; run == 40 && detect.LooksRandom(key) && strings.ToLower(key) != key {
			return key
		}
		run = 0
	}
	return ""
}

// madeUp: tests and their data hold values that are made up.
func madeUp(name string) bool {
	return strings.Contains(name, "_test.") || strings.Contains(name, ".test.") || strings.Contains(name, ".spec.") || strings.Contains(name, "/testdata/") || strings.Contains(name, "/test/") || strings.Contains(name, "/tests/") || strings.Contains(name, "/fixtures/") || strings.Contains(name, "/__tests__/")
}

// address takes the password out of a URL that stands anywhere in a text.
func (x *Reader) address(a snippet) {
	t, ok := dsn.Parse(a.text)
	if !ok || !t.HasPassword || x.looked[t.Password.Reveal()] || len(t.Hosts) == 0 || detect.ExampleHost(t.Hosts[0]) && madeUp(x.file) {
		return
	}
	v := detect.Classify(t.Password.Reveal(), clientele.SyntaxGeneric)
	if v.Class != clientele.Literal || v.Weak || v.Value != t.Password.Reveal() || !hasSign(v.Value) && len(v.Value) < 8 || t.Password.Reveal() == t.User {
		return
	}
	x.target(clientele.Slot{Place: clientele.InURL, Name: "userinfo", Line: a.line + 1}, t)
}

// plausibleGeneric asks of a value found only by a name beside it that it looks generated.
func plausibleGeneric(v string) bool {
	return detect.LooksRandom(v) && !strings.ContainsAny(v, ".") || isJWT(v)
}

func countLines(b []byte) int { return bytes.Count(b, []byte{'\n'}) }
