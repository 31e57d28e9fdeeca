package datastore

import (
	"bytes"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeInflux reads the profiles of the influx command.
func decodeInflux(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.TOML(f.Data)
	var parts []clientele.Part
	for _, p := range root.Fields() {
		if p.Kind != doc.Map {
			continue
		}
		c := format{tool: "influx", words: "profiles", scheme: "http"}.connect(p.Key, p.Key, p.Line)
		c.fields(p)
		parts = append(parts, c.done())
	}
	return parts, err
}

// decodeSnowflake reads config.toml, where connections stand below [connections], and
// connections.toml, where they stand at the top.
func decodeSnowflake(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.TOML(f.Data)
	list := root
	if inner := root.Get("connections"); inner != nil {
		list = inner
	}
	var parts []clientele.Part
	for _, n := range list.Fields() {
		if n.First("account", "user", "password", "host", "token", "authenticator") == nil {
			continue
		}
		c := format{tool: "snowflake", words: "connections", scheme: "snowflake"}.connect(n.Key, n.Key, n.Line)
		c.snowflake(n)
		p := c.done()
		if n.Get("workload_identity_provider") != nil {
			for i := range p.Identities {
				p.Identities[i].Scheme, p.Identities[i].Kind = "oidc", clientele.Machine
			}
		}
		parts = append(parts, p)
	}
	return parts, err
}

// decodeDatabricksTokens reads the tokens that databricks auth login left, by host or profile.
func decodeDatabricksTokens(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	var parts []clientele.Part
	for _, t := range root.Get("tokens").Fields() {
		c := format{tool: "databricks", words: "token cache", scheme: "https"}.connect(t.Key, t.Key, t.Line)
		c.auth = "oauth2"
		if strings.Contains(t.Key, "://") {
			c.url = &doc.Node{Kind: doc.String, Text: t.Key, Line: t.Line}
		}
		expires, _ := time.Parse(time.RFC3339Nano, t.Get("expiry").Str())
		for _, k := range []struct {
			key  string
			role clientele.Role
		}{{"access_token", clientele.Token}, {"refresh_token", clientele.RefreshToken}, {"id_token", clientele.IDToken}} {
			s := clientele.Slot{Place: clientele.InTokenCache, Role: k.role, Name: k.key, Value: t.Get(k.key).Secret(), Line: t.Get(k.key).LineOr(t.Line)}
			if k.role == clientele.Token {
				s.ExpiresAt = expires
			}
			c.slot(s)
		}
		if len(c.part.Slots) > 0 {
			parts = append(parts, c.done())
		}
	}
	return parts, err
}

// decodeDbt reads profile.outputs.target. The target that the profile names is the one that
// runs; the others are there for the asking, and so not dormant.
func decodeDbt(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("outputs")) {
		return nil, nil
	}
	docs, err := doc.YAML(f.Data)
	var parts []clientele.Part
	for _, d := range docs {
		for _, profile := range d.Fields() {
			for _, out := range profile.Get("outputs").Fields() {
				if out.Kind == doc.Map {
					parts = append(parts, dbtTarget(profile.Key, out))
				}
			}
		}
	}
	return parts, err
}

func dbtTarget(profile string, out *doc.Node) clientele.Part {
	f := format{tool: "dbt", words: "profiles.yml", syntax: clientele.SyntaxJinja}
	c := f.connect(profile+" / "+out.Key, profile+"/"+out.Key, out.Line)
	c.chain = []string{profile, out.Key}
	c.part.Environment = out.Key
	machine := false
	for _, k := range out.Fields() {
		switch {
		case k.IsScalar():
			c.field(k)
		case k.Key == "keyfile_json":
			machine = true
			c.block("keyfile_json", clientele.InAuth, false, func(b *connection) { b.fields(k) })
			set(&c.user, k.Get("client_email").Str())
			c.auth = "jwt"
		case k.Kind == doc.Map:
			c.block(k.Key, "", false, func(b *connection) { b.fields(k) })
		}
	}
	p := c.done()
	if machine {
		for i := range p.Identities {
			p.Identities[i].Kind = clientele.Machine
		}
	}
	return p
}

// decodeDbtCloud reads the projects and tokens of dbt's cloud.
func decodeDbtCloud(f clientele.File) ([]clientele.Part, error) {
	docs, err := doc.YAML(f.Data)
	var parts []clientele.Part
	for _, d := range docs {
		for _, p := range d.Get("projects").Items() {
			name := p.First("project-name", "project-id").Str()
			c := format{tool: "dbt", words: "dbt_cloud.yml", scheme: "https"}.connect(name, p.First("project-id", "project-name").Str(), p.Line)
			c.part.ExternalID = p.Get("project-id").Str()
			c.host, c.auth = p.Get("account-host").Str(), "bearer"
			c.user = p.Get("token-name").Str()
			t := p.Get("token-value")
			c.slot(clientele.Slot{Place: clientele.InAuth, Role: clientele.Token, Name: "token-value", Value: t.Secret(), Line: t.LineOr(p.Line)})
			part := c.done()
			part.Sync = append(part.Sync, clientele.Sync{Mode: clientele.SyncCloud, Where: "dbt account " + p.Get("account-id").Str()})
			parts = append(parts, part)
		}
	}
	return parts, err
}

// decodeRails reads config/database.yml: an environment is a connection, or holds several.
func decodeRails(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("adapter")) && !bytes.Contains(f.Data, []byte("url:")) && !bytes.Contains(f.Data, []byte("database:")) {
		return nil, nil
	}
	docs, err := doc.YAML(withoutERB(f.Data))
	var parts []clientele.Part
	for _, d := range docs {
		for _, env := range d.Fields() {
			if strings.HasPrefix(env.Key, "default") && len(d.Kids) > 1 || env.Kind != doc.Map {
				continue // an anchor, merged into the others
			}
			parts = append(parts, railsEnvironment(env)...)
		}
	}
	return parts, err
}

func railsEnvironment(env *doc.Node) []clientele.Part {
	if env.First("adapter", "url", "database", "host") != nil {
		return []clientele.Part{railsDatabase(env, env.Key, env.Key, []string{env.Key})}
	}
	var parts []clientele.Part
	for _, db := range env.Fields() {
		if db.First("adapter", "url", "database", "host") != nil {
			parts = append(parts, railsDatabase(db, env.Key, env.Key+"/"+db.Key, []string{env.Key, db.Key}))
		}
	}
	return parts
}

func railsDatabase(n *doc.Node, env, key string, chain []string) clientele.Part {
	c := format{tool: "rails", words: "database.yml", syntax: clientele.SyntaxGeneric}.connect(strings.Join(chain, " / "), key, n.Line)
	c.chain = chain
	c.part.Environment = env
	c.fields(n)
	return c.done()
}

// withoutERB blanks the lines that hold nothing but Ruby, which are no YAML.
func withoutERB(src []byte) []byte {
	if !bytes.Contains(src, []byte("<%")) {
		return src
	}
	lines := bytes.Split(src, []byte("\n"))
	for i, l := range lines {
		t := bytes.TrimSpace(l)
		if bytes.HasPrefix(t, []byte("<%")) && bytes.HasSuffix(t, []byte("%>")) {
			lines[i] = nil
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// decodeClickHouse reads the client's configuration, which is XML or YAML.
func decodeClickHouse(f clientele.File) ([]clientele.Part, error) {
	var root *doc.Node
	var err error
	if t := bytes.TrimSpace(f.Data); len(t) > 0 && t[0] == '<' {
		root, err = doc.XML(f.Data)
		root = plain(root)
	} else {
		var docs []*doc.Node
		if docs, err = doc.YAML(f.Data); len(docs) > 0 {
			root = docs[0]
		}
	}
	var parts []clientele.Part
	clickhouse := format{tool: "clickhouse", words: "client config", scheme: "clickhouse"}
	if root.First("user", "password", "host") != nil {
		c := clickhouse.connect("default", "default", root.Line)
		c.fields(root)
		parts = append(parts, c.done())
	}
	list := root.Get("connections_credentials")
	for _, n := range append(list.All("connection"), list.Get("connection").Items()...) {
		if name := n.Get("name").Str(); n.Kind == doc.Map {
			c := clickhouse.connect(name, name, n.Line)
			c.fields(n)
			parts = append(parts, c.done())
		}
	}
	return parts, err
}

// plain is an XML element with its childless children as strings.
func plain(n *doc.Node) *doc.Node {
	if n == nil {
		return nil
	}
	out := &doc.Node{Kind: n.Kind, Key: n.Key, Text: n.Text, Line: n.Line}
	if n.Kind == doc.Map && len(n.Kids) == 0 {
		out.Kind = doc.String
	}
	for _, k := range n.Kids {
		out.Kids = append(out.Kids, plain(k))
	}
	return out
}
