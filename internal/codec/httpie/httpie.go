// Package httpie reads what HTTPie keeps: the session files and the configuration of its
// command line (http, https), and the exports of HTTPie Desktop and Web.
//
// A session is all that one user sends to one host: auth, headers and cookies, always as
// they are, since there are no variables on the command line. It lies in sessions/<host>/
// below the configuration folder, or, being named by a path, anywhere. xh, a rewrite in
// Rust, writes the same files.
//
// Sources: github.com/httpie/cli (httpie/sessions.py, legacy/, config.py), the schema of the
// exports at schema.httpie.io/1.0.0.json, httpie.io/docs.
package httpie

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of HTTPie.
var Decoders = []clientele.Decoder{
	{Name: "httpie session", Marks: []string{"HTTPie session file", "xh session file"}, Decode: decodeSession},
	{Name: "httpie config", Paths: []string{"httpie/config.json", ".httpie/config.json", "xh/config.json"}, Decode: decodeConfig},
	{Name: "httpie export", Marks: []string{"schema.httpie.io", "help/export-from-httpie"}, Decode: decodeExport},
}

const tool clientele.Tool = "httpie"

// builder gathers a part.
type builder struct{ clientele.Part }

func newBuilder(format, name string, as clientele.BindAs) *builder {
	return &builder{clientele.Part{
		Tool: tool, Kind: clientele.APIClient, Format: format, Name: name, Line: 1, Bind: clientele.Bind{As: as},
	}}
}

func (b *builder) parts() []clientele.Part { return []clientele.Part{b.Part} }

// below is the chain with further names, in memory of its own.
func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}

// slot adds a value in a place; an empty one is not worth a slot.
func (b *builder) slot(s clientele.Slot) {
	if !s.Value.Empty() {
		b.Slots = append(b.Slots, s)
	}
}

// decodeSession reads a session file. Early versions keep headers and cookies in maps by
// name, which later ones turn into lists (cookies in 3.1, headers in 3.2).
func decodeSession(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	about := n.Get("__meta__", "about").Str()
	if !strings.HasSuffix(about, "session file") {
		return nil, nil
	}
	version := n.Get("__meta__").First("httpie", "xh").Str()
	host := boundHost(f.Path)
	b := newBuilder(strings.TrimSpace("session "+version), sessionName(f.Path, host), clientele.Alone)
	b.sessionAuth(n.Get("auth"), host)
	for _, h := range pairs(n.Get("headers")) {
		b.slot(clientele.Slot{
			Place: clientele.InHeader, Name: h.name, Chain: []string{"headers"}, Value: h.value.Secret(), Line: h.value.Line, Host: host,
		})
	}
	for _, c := range pairs(n.Get("cookies")) {
		domain := strings.TrimPrefix(c.node.Get("domain").Str(), ".")
		if domain == "" {
			domain = host
		}
		b.slot(clientele.Slot{
			Place: clientele.InCookie, Name: c.name, Chain: []string{"cookies"}, Value: c.value.Secret(), Line: c.value.Line,
			Host: domain, Recorded: true, ExpiresAt: unix(c.node.Get("expires").Str()),
		})
	}
	return b.parts(), err
}

// unix is a time in seconds; the zero time where there is none.
func unix(s string) time.Time {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v <= 0 || v > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(v), 0).UTC()
}

// pair is a header or cookie of either shape.
type pair struct {
	name  string
	value *doc.Node
	node  *doc.Node // all that is said of it
}

func pairs(n *doc.Node) []pair {
	var all []pair
	for _, e := range n.Items() {
		if v := e.Get("value"); v != nil {
			all = append(all, pair{e.Get("name").Str(), v, e})
		}
	}
	for _, e := range n.Fields() {
		switch v := e.Get("value"); {
		case v != nil:
			all = append(all, pair{e.Key, v, e})
		case e.IsScalar():
			all = append(all, pair{e.Key, e, nil})
		default:
			for _, each := range e.Items() { // a header sent several times
				all = append(all, pair{e.Key, each, nil})
			}
		}
	}
	return all
}

// sessionAuth adds the auth of a session: user and password, or all of it in one text.
func (b *builder) sessionAuth(n *doc.Node, host string) {
	kind := n.Get("type").Str()
	if raw := n.Get("raw_auth"); raw.Str() != "" {
		b.credentials(kind, raw.Str(), []string{"auth " + kind}, raw.Line, host)
		return
	}
	user, password := n.Get("username"), n.Get("password")
	if user.Str() == "" && password.Str() == "" {
		return
	}
	b.userPassword(kind, user, password, []string{"auth " + kind}, host)
}

// schemes are the product's words for the auth types of HTTPie and its plug-ins.
var schemes = map[string]string{
	"": "basic", "basic": "basic", "digest": "digest", "bearer": "bearer", "ntlm": "ntlm", "aws4": "aws_sigv4", "aws": "aws_sigv4",
	"hmac": "custom", "jwt": "jwt", "oauth1": "oauth1", "negotiate": "negotiate", "edgegrid": "edgegrid", "hawk": "hawk",
	"none": "none", "inherited": "inherit", "apikey": "api_key",
}

func scheme(kind string) string {
	if s, ok := schemes[strings.ToLower(kind)]; ok {
		return s
	}
	return "custom"
}

// credentials adds what is given as one text: a token, or user and password with a colon
// between them. A user alone is asked for the password when the command runs.
func (b *builder) credentials(kind, raw string, chain []string, line int, host string) {
	user, password, both := strings.Cut(raw, ":")
	s := clientele.Slot{Place: clientele.InAuth, Chain: chain, Line: line, Host: host}
	switch scheme(kind) {
	case "bearer", "jwt", "api_key":
		s.Role, s.Name, s.Value = clientele.Token, "token", clientele.Secret(raw)
		b.slot(s)
		return
	}
	text := func(v string) *doc.Node { return &doc.Node{Kind: doc.String, Text: v, Line: line} }
	if !both {
		b.userPassword(kind, text(raw), nil, chain, host)
		return
	}
	b.userPassword(kind, text(user), text(password), chain, host)
}

func (b *builder) userPassword(kind string, user, password *doc.Node, chain []string, host string) {
	who, role, secret := user.Str(), clientele.Username, clientele.Password
	switch {
	case scheme(kind) == "aws_sigv4":
		role, secret = clientele.Identifier, clientele.SecretKey
	case password != nil && password.Str() == "": // the key stands in the place of the user
		who, role = "", ""
	}
	b.slot(clientele.Slot{
		Place: clientele.InAuth, Role: role, Name: "username", Chain: chain, Value: user.Secret(), Line: user.LineOr(0), Host: host,
	})
	b.slot(clientele.Slot{
		Place: clientele.InAuth, Role: secret, Name: "password", Chain: chain, Value: password.Secret(),
		Line: password.LineOr(0), Host: host, Principal: who,
	})
	if who != "" {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: scheme(kind), Principal: who, Issuer: host,
			Location: clientele.Location{Path: chain, Line: user.LineOr(0)},
		})
	}
}

// boundHost is the host that a session is for, told by the folder in …/sessions/host_port.
func boundHost(name string) string {
	dir := path.Dir(name)
	if !strings.EqualFold(path.Base(path.Dir(dir)), "sessions") {
		return ""
	}
	host := path.Base(dir)
	if i := strings.LastIndexByte(host, '_'); i > 0 {
		if _, err := strconv.Atoi(host[i+1:]); err == nil {
			host = host[:i] + ":" + host[i+1:]
		}
	}
	return host
}

func sessionName(name, host string) string {
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if host == "" {
		return base
	}
	return host + " as " + base
}
