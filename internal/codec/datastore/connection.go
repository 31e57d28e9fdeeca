package datastore

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// connection gathers the fields of one connection, in whatever order they come.
type connection struct {
	part clientele.Part
	// chain leads to the block that is being read.
	chain                        []string
	scheme, host, port, database string
	user, client                 string
	auth                         string
	url                          *doc.Node // the connection string, where the tool has one
}

// format is what all connections of one decoder have in common.
type format struct {
	tool   clientele.Tool
	words  string
	scheme string // where the tool knows one database only
	syntax clientele.Syntax
}

// connect begins a connection. The key is its id where the tool has one, else its name.
func (f format) connect(name, key string, line int) *connection {
	return &connection{
		part: clientele.Part{
			Tool: f.tool, Kind: clientele.DataStoreClient, Format: f.words, Name: name,
			Line: line, Syntax: f.syntax, Bind: clientele.Bind{Key: key},
		},
		chain:  []string{name},
		scheme: f.scheme,
	}
}

// fields takes all scalar fields of a block; sections in it are left to the caller. Of a
// repeated key, or one that overrides what was merged in, the last counts; a secret that it
// shadows is dormant.
func (c *connection) fields(n *doc.Node) {
	for _, f := range n.Fields() {
		if !f.IsScalar() {
			continue
		}
		if n.Get(f.Key) == f {
			c.field(f)
		} else if role := roles[fold(f.Key)]; role.Secret() {
			c.slot(clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Value: f.Secret(), Line: f.Line, Dormant: true})
		}
	}
}

// field takes one field by its name.
func (c *connection) field(f *doc.Node) {
	key := fold(strings.TrimPrefix(f.Key, "@"))
	if f.Str() == "" {
		return
	}
	switch facts[key] {
	case ignored:
		return
	case hostFact:
		c.setHost(f)
		return
	case portFact:
		c.port = f.Str()
		return
	case databaseOf:
		set(&c.database, f.Str())
		return
	case driverFact:
		if c.scheme == "" {
			c.scheme = schemeOf(f.Str())
		}
		return
	case authFact:
		c.auth = authScheme(f.Str())
		return
	case environment:
		c.part.Environment = f.Str()
		return
	case urlFact:
		c.locator(f)
		return
	}
	if role := roles[key]; role != "" {
		c.credential(f, role)
	} else if f.Kind == doc.String {
		c.slot(clientele.Slot{Place: clientele.InSetting, Name: f.Key, Value: f.Secret(), Line: f.Line})
	}
}

// setHost takes a host, which some tools let be a URL.
func (c *connection) setHost(f *doc.Node) {
	if strings.Contains(f.Str(), "://") {
		c.locator(f)
		return
	}
	set(&c.host, f.Str())
}

// locator takes a URL or connection string. The first is the connection's endpoint; a second
// one, or one that is no URL, is a slot.
func (c *connection) locator(f *doc.Node) {
	if c.url == nil && (strings.Contains(f.Str(), "://") || strings.HasPrefix(f.Str(), "jdbc:")) {
		c.url = f
		return
	}
	c.slot(clientele.Slot{
		Place: clientele.InSetting, Role: clientele.ConnectionString, Name: f.Key, Value: f.Secret(), Line: f.Line,
	})
}

// credential takes a value whose role is known.
func (c *connection) credential(f *doc.Node, role clientele.Role) {
	if role == clientele.Username || role == clientele.OAuthClientID {
		set(&c.user, f.Str())
	}
	if role == clientele.OAuthClientID {
		set(&c.client, f.Str())
	}
	if role == clientele.Token && c.auth == "" {
		c.auth = "bearer"
	}
	c.slot(clientele.Slot{Place: clientele.InAuth, Role: role, Name: f.Key, Value: f.Secret(), Line: f.Line})
}

func (c *connection) slot(s clientele.Slot) {
	if s.Value.Empty() {
		return
	}
	s.Chain = append([]string(nil), c.chain...)
	c.part.Slots = append(c.part.Slots, s)
}

// block reads a part of the connection that signs in by itself: an SSH tunnel, a proxy.
func (c *connection) block(name string, place clientele.Place, dormant bool, read func(*connection)) {
	b := connection{chain: append(append([]string(nil), c.chain...), name), scheme: "ssh"}
	read(&b)
	b.bind()
	for i := range b.part.Slots {
		if place != "" {
			b.part.Slots[i].Place = place
		}
		b.part.Slots[i].Dormant = dormant
	}
	c.part.Slots = append(c.part.Slots, b.part.Slots...)
	if b.host != "" {
		c.part.Requests = append(c.part.Requests, clientele.Request{
			Chain: b.chain, URL: clientele.Secret("ssh://" + hostPort(b.host, b.port)), Line: c.part.Line,
		})
	}
}

// prefixed reads a block whose fields stand among the connection's with a prefix: sshHost,
// sshUser, sshPassword. It returns the fields that are not of it.
func (c *connection) prefixed(prefix, name string, fields []*doc.Node) []*doc.Node {
	var own []*doc.Node
	tunnel := &doc.Node{Kind: doc.Map}
	for _, f := range fields {
		key := fold(f.Key)
		if rest := strings.TrimPrefix(key, prefix); rest != key && rest != "" && f.IsScalar() {
			g := *f
			g.Key = rest
			tunnel.Kids = append(tunnel.Kids, &g)
			continue
		}
		own = append(own, f)
	}
	c.block(name, "", false, func(b *connection) { b.fields(tunnel) })
	return own
}

// bind gives the secrets of a block the user and host that go with them.
func (c *connection) bind() {
	for i := range c.part.Slots {
		s := &c.part.Slots[i]
		if s.Role.Secret() && s.Principal == "" && !s.Dormant && len(s.Chain) == len(c.chain) {
			s.Principal, s.Host = c.user, c.hostName()
			if s.Role == clientele.ClientSecret && c.client != "" {
				s.Principal = c.client
			}
		}
	}
}

func (c *connection) hostName() string {
	if strings.ContainsAny(c.host, "/,") {
		return ""
	}
	return c.host
}

// done completes the part.
func (c *connection) done() clientele.Part {
	c.bind()
	p := c.part
	auth := c.authOf()
	if u := c.endpoint(); !u.Empty() {
		p.Requests = append([]clientele.Request{{
			Chain: c.chain, URL: u, Line: c.url.LineOr(p.Line), Auth: &clientele.Auth{Scheme: auth},
		}}, p.Requests...)
	}
	if c.user != "" {
		p.Identities = append(p.Identities, clientele.Identity{
			Scheme: auth, Principal: c.user, Issuer: c.hostName(), Location: clientele.Location{Path: c.chain, Line: p.Line},
		})
	}
	p.Exports = append(p.Exports, c.export())
	return p
}

// authOf is the way the connection signs in.
func (c *connection) authOf() string {
	switch {
	case c.auth != "":
		return c.auth
	case c.user != "" || len(c.part.Slots) > 0 || strings.Contains(c.url.Str(), "@"):
		return "basic"
	}
	return "none"
}

// endpoint is the connection string, or one made of the fields, which holds no secret.
func (c *connection) endpoint() clientele.Plaintext {
	if c.url != nil {
		return c.url.Secret()
	}
	if c.host == "" || c.host == "*" {
		return clientele.Plaintext{}
	}
	scheme := c.scheme
	if scheme == "" {
		scheme = string(c.part.Tool)
	}
	u := scheme + "://" + hostPort(c.host, c.port)
	if c.database != "" && c.database != "*" && !strings.HasPrefix(c.database, "/") {
		u += "/" + c.database
	}
	return clientele.Secret(u)
}

// export says what the client can take out.
func (c *connection) export() string {
	what := "any table"
	if c.scheme == "kafka" {
		what = "any topic"
	}
	if c.database != "" && c.database != "*" {
		what += " of " + c.database
	}
	if h := c.hostName(); h != "" && h != "*" {
		what += " on " + h
	} else if c.database == "" && c.url != nil {
		what += " of " + c.part.Name
	}
	return "database tool: " + what
}

func hostPort(host, port string) string {
	if port == "" || port == "*" || strings.ContainsAny(host, ",") || hasPort(host) {
		return host
	}
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

func hasPort(host string) bool {
	i := strings.LastIndexByte(host, ':')
	return i > 0 && strings.Count(host, ":") == 1 && strings.Trim(host[i+1:], "0123456789") == ""
}

// authScheme is the scheme that a tool's word for signing in means; empty for user and password.
func authScheme(word string) string {
	low := fold(word)
	for _, s := range []struct{ in, scheme string }{
		{"jwt", "jwt"}, {"oauth", "oauth2"}, {"externalbrowser", "oauth2"}, {"m2m", "oauth2"}, {"u2m", "oauth2"},
		{"pat", "bearer"}, {"token", "bearer"}, {"azure", "oauth2"}, {"iam", "aws_sigv4"}, {"aws", "aws_sigv4"},
		{"kerberos", "negotiate"}, {"gssapi", "negotiate"}, {"integrated", "negotiate"}, {"x509", "mtls"},
		{"serviceaccount", "jwt"}, {"keypair", "jwt"},
	} {
		if strings.Contains(low, s.in) {
			return s.scheme
		}
	}
	return ""
}

// set keeps the first value.
func set(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// unquote takes a pair of quotes off.
func unquote(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// unquoted is a section with the quotes taken off its values.
func unquoted(n *doc.Node) *doc.Node {
	if n == nil {
		return nil
	}
	out := *n
	out.Kids = nil
	for _, k := range n.Kids {
		v := *k
		v.Text = unquote(k.Text)
		out.Kids = append(out.Kids, &v)
	}
	return &out
}
