package datastore

import (
	"bytes"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeSequel reads Sequel Ace's (and Sequel Pro's) favourites, a tree of folders, and its
// saved sessions, which hold one connection and, if the person chose so, its password.
func decodeSequel(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("Favorites Root")) && !bytes.Contains(f.Data, []byte("connection")) {
		return nil, nil
	}
	root, err := readPlist(f.Data)
	var parts []clientele.Part
	if n := root.Get("Favorites Root"); n != nil {
		parts = sequelFolder(n, nil, 0)
	}
	for _, n := range []*doc.Node{root.Get("connection"), root.Get("data", "connection")} {
		if n.Get("host") != nil || n.Get("user") != nil {
			parts = append(parts, sequelConnection(n, nil))
		}
	}
	return parts, err
}

func sequelFolder(n *doc.Node, chain []string, depth int) []clientele.Part {
	var parts []clientele.Part
	for _, k := range n.Get("Children").Items() {
		switch {
		case k.Get("Children") != nil && depth < 50:
			parts = append(parts, sequelFolder(k, append(chain[:len(chain):len(chain)], k.Get("Name").Str()), depth+1)...)
		case k.Get("host") != nil || k.Get("user") != nil:
			parts = append(parts, sequelConnection(k, chain))
		}
	}
	return parts
}

func sequelConnection(n *doc.Node, chain []string) clientele.Part {
	name := n.Get("name").Str()
	key := n.First("id", "name").Str()
	c := format{tool: "sequel-ace", words: "favourites", scheme: "mysql"}.connect(name, key, n.Line)
	c.chain = append(append([]string(nil), chain...), name)
	for _, k := range c.prefixed("ssh", "ssh tunnel", n.Fields()) {
		// The type here is the transport, not a product.
		if key := fold(k.Key); key != "type" && (roles[key] != "" || facts[key] != nothing) {
			c.field(k)
		}
	}
	return c.done()
}

// decodeTablePlus reads TablePlus's connections. Passwords are in the keychain, unless the
// person chose a command that prints one, which is handed on as a setting.
func decodeTablePlus(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("ConnectionName")) {
		return nil, nil
	}
	root, err := readPlist(f.Data)
	var parts []clientele.Part
	for _, n := range root.Items() {
		if n.Get("ConnectionName") == nil && n.Get("DatabaseHost") == nil {
			continue
		}
		name := n.Get("ConnectionName").Str()
		c := format{tool: "tableplus", words: "connections"}.connect(name, n.First("ID", "ConnectionName").Str(), n.Line)
		tunnel := &doc.Node{Kind: doc.Map}
		for _, k := range n.Fields() {
			switch k.Key {
			case "ServerAddress", "ServerPort", "ServerUser", "ServerPassword":
				tunnel.Kids = append(tunnel.Kids, k)
			case "DatabaseHost", "DatabasePort", "DatabaseUser", "DatabaseName", "DatabasePassword", "Driver", "Enviroment",
				"DatabaseUserPasswordCommand", "PasswordCommand", "ConnectionURL":
				c.field(k)
			}
		}
		c.block("ssh tunnel", "", n.Get("isOverSSH").False(), func(b *connection) { b.fields(tunnel) })
		parts = append(parts, c.done())
	}
	return parts, err
}
