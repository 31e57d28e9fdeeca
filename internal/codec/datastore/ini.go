package datastore

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeODBC reads data sources: a section each, besides the lists of their names.
func decodeODBC(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for _, s := range doc.INI(f.Data).Fields() {
		if s.Kind != doc.Map || len(s.Kids) == 0 || strings.EqualFold(s.Key, "ODBC Data Sources") || strings.EqualFold(s.Key, "ODBC") {
			continue
		}
		c := format{tool: "odbc", words: "data sources"}.connect(s.Key, s.Key, s.Line)
		for _, k := range s.Fields() {
			v := *k
			v.Text = unbrace(k.Text)
			c.field(&v)
		}
		parts = append(parts, c.done())
	}
	return parts, nil
}

// unbrace takes off the braces that protect separators; a doubled closing one stands for itself.
func unbrace(s string) string {
	if len(s) > 1 && s[0] == '{' && s[1] != '{' && s[len(s)-1] == '}' {
		return strings.ReplaceAll(s[1:len(s)-1], "}}", "}")
	}
	return s
}

// decodeCqlsh reads cqlshrc, whose sections make one connection, and the credentials file
// beside it, where each section is an authentication provider.
func decodeCqlsh(f clientele.File) ([]clientele.Part, error) {
	root := doc.INI(f.Data)
	c := format{tool: "cqlsh", words: "cqlshrc", scheme: "cassandra"}.connect("cqlsh", "", 1)
	for _, s := range root.Fields() {
		c.chain = []string{s.Key}
		switch {
		case s.Kind != doc.Map:
		case s.Key == "authentication", s.Key == "connection", s.Key == "ssl", s.Key == "auth_provider",
			s.Get("password") != nil, s.Get("username") != nil:
			c.fields(s)
			c.bind()
		}
	}
	if len(c.part.Slots) == 0 && c.host == "" {
		return nil, nil
	}
	c.chain = nil
	return []clientele.Part{c.done()}, nil
}

// decodeSnowSQL reads [connections] and [connections.name].
func decodeSnowSQL(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for _, s := range doc.INI(f.Data).Fields() {
		name, ok := strings.CutPrefix(s.Key, "connections")
		name = strings.TrimPrefix(name, ".")
		if !ok || s.Kind != doc.Map || len(s.Kids) == 0 {
			continue
		}
		if name == "" {
			name = "default"
		}
		c := format{tool: "snowsql", words: "snowsql config", scheme: "snowflake"}.connect(name, name, s.Line)
		c.snowflake(unquoted(s))
		parts = append(parts, c.done())
	}
	return parts, nil
}

// snowflake reads a connection; its host is the account's.
func (c *connection) snowflake(n *doc.Node) {
	for _, f := range n.Fields() {
		switch fold(f.Key) {
		case "accountname", "account":
			set(&c.host, f.Str())
		case "host":
			c.host = f.Str()
		default:
			if f.IsScalar() {
				c.field(f)
			}
		}
	}
}

// decodeDatabricks reads profiles. DEFAULT is one of them. A profile signs in with a token,
// a service principal, a user's cache or the cloud's own login, as its fields say.
func decodeDatabricks(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for _, s := range doc.INI(f.Data).Fields() {
		if s.Kind != doc.Map || len(s.Kids) == 0 {
			continue
		}
		c := format{tool: "databricks", words: "databrickscfg", scheme: "https", syntax: clientele.SyntaxShell}.connect(s.Key, s.Key, s.Line)
		c.fields(s)
		p := c.done()
		if s.Get("client_id") != nil || s.Get("azure_client_id") != nil {
			for i := range p.Identities {
				p.Identities[i].Scheme, p.Identities[i].Kind = "oauth2", clientele.Machine
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}
