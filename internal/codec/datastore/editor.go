package datastore

import (
	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// editors are the settings under which extensions of VS Code and its kin keep connections.
var editors = []struct {
	key string
	format
}{
	{"sqltools.connections", format{tool: "sqltools", words: "settings", syntax: clientele.SyntaxMCP}},
	{"mssql.connections", format{tool: "vscode-mssql", words: "settings", scheme: "sqlserver"}},
	{"datasource.connections", format{tool: "azure-data-studio", words: "settings", scheme: "sqlserver"}},
}

// decodeEditor reads connections from settings.json and from workspace files, which hold
// settings one level down.
func decodeEditor(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	var parts []clientele.Part
	for _, settings := range []*doc.Node{root, root.Get("settings")} {
		for _, e := range editors {
			for _, n := range settings.Get(e.key).Items() {
				parts = append(parts, editorConnection(e.format, n))
			}
		}
	}
	return parts, err
}

func editorConnection(f format, n *doc.Node) clientele.Part {
	fields := n.Fields()
	if o := n.Get("options"); o != nil {
		fields = append(append([]*doc.Node(nil), fields...), o.Fields()...)
	}
	name := n.First("name", "profileName", "id", "server", "database").Str()
	if name == "" {
		name = n.Get("options").First("connectionName", "server").Str()
	}
	key := n.First("id", "name", "profileName").Str()
	if key == "" {
		key = name
	}
	c := f.connect(name, key, n.Line)
	for _, k := range c.prefixed("ssh", "ssh tunnel", fields) {
		switch {
		case k.IsScalar():
			c.field(k)
		case k.Kind == doc.Map && k.Key != "options":
			c.block(k.Key, "", false, func(b *connection) { b.deep(k, 0) })
		}
	}
	return c.done()
}

// deep takes the fields of a block and of what is nested in it.
func (c *connection) deep(n *doc.Node, depth int) {
	c.fields(n)
	for _, k := range n.Fields() {
		if k.Kind == doc.Map && depth < 5 {
			c.deep(k, depth+1)
		}
	}
}
