// Package dbeaver reads DBeaver's projects (and CloudBeaver's): the connections in
// data-sources*.json, the passwords in credentials-config*.json beside it, and the XML in
// which versions before 6.1.3 kept both.
//
// The credentials are sealed with AES in CBC mode and a key that stands in the source of the
// program, so they count as obfuscated, unless the project has a password of its own. A
// connection and what is stored for it are one client: the part comes from data-sources, and
// the credentials file gives parts only for what no connection beside it claims.
//
// Sources: dbeaver/dbeaver, plugins org.jkiss.dbeaver.registry (DataSourceSerializerModern,
// DataSourceSerializerLegacy, SecureCredentials, BaseProjectImpl) and SimpleStringEncrypter;
// the wiki's "Admin Manage Connections" and "Project security".
package dbeaver

import (
	"bytes"
	"encoding/hex"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "dbeaver"

// Decoders are the formats of DBeaver.
var Decoders = []clientele.Decoder{
	{
		Name:   "dbeaver connections",
		Paths:  []string{"data-sources*.json", ".data-sources*.json.bak", "*data-sources*.conf"},
		Binary: true,
		Decode: decodeSources,
	},
	{
		Name:   "dbeaver credentials",
		Paths:  []string{"credentials-config*.json", ".credentials-config*.json.bak"},
		Binary: true,
		Decode: decodeCredentials,
	},
	{
		Name:   "dbeaver legacy connections",
		Paths:  []string{".dbeaver-data-sources*.xml", "dbeaver-data-sources*.xml"},
		Decode: decodeLegacy,
	},
}

// decodeSources reads data-sources.json.
func decodeSources(f clientele.File) ([]clientele.Part, error) {
	data := bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf"))
	if t := bytes.TrimSpace(data); len(t) == 0 || t[0] != '{' {
		return sealedFile(f, "connections")
	}
	if !bytes.Contains(data, []byte(`"connections"`)) && !bytes.Contains(data, []byte("-profiles")) {
		return nil, nil
	}
	root, err := doc.JSON(data)
	vault := beside(f)
	var parts []clientele.Part
	for _, n := range root.Get("connections").Fields() {
		if n.Kind == doc.Map {
			parts = append(parts, connection(n, root, vault))
		}
	}
	for _, kind := range []string{"network-profiles", "auth-profiles"} {
		for _, n := range root.Get(kind).Fields() {
			if p := profile(kind, n, vault); len(p.Slots) > 0 {
				parts = append(parts, p)
			}
		}
	}
	return parts, err
}

// connection is the part for one connection.
func connection(n, root *doc.Node, vault *vault) clientele.Part {
	conf := n.Get("configuration")
	b := begin(n.Get("name").Str(), n.Key, "data-sources.json", n.Line)
	typ := conf.Get("type").Str()
	if b.Environment = root.Get("connection-types", typ, "name").Str(); b.Environment == "" {
		b.Environment = typ
	}
	b.target(conf, n.First("provider", "driver").Str())
	b.config(conf)
	b.stored(vault, n.Key)
	return b.done()
}

// profile is the part for network settings or a sign-in that several connections share.
func profile(kind string, n *doc.Node, vault *vault) clientele.Part {
	name := n.Get("name").Str()
	if name == "" {
		name = n.Key
	}
	b := begin(name, kind+"/"+n.Key, strings.TrimSuffix(kind, "s"), n.Line)
	b.config(n)
	b.stored(vault, n.Key)
	return b.Part
}

// sealedFile is the part for a file that only the project's own password opens.
func sealedFile(f clientele.File, what string) ([]clientele.Part, error) {
	if len(f.Data) < 32 || len(f.Data)%16 != 0 {
		return nil, nil
	}
	if text, ok := unseal(f.Data); ok {
		f.Data = text
		return decodeSources(f)
	}
	return sealedPart(f, what), nil
}

// sealedPart says that there is something, and that it cannot be read.
func sealedPart(f clientele.File, what string) []clientele.Part {
	b := begin("project with a password", "project", what, 0)
	b.Slots = []clientele.Slot{{
		Place: clientele.InSetting, Role: clientele.OtherSecret, Name: path.Base(f.Path), Chain: []string{"project password"},
		Value: clientele.Secret(hex.EncodeToString(f.Data[:32])), Class: clientele.Encrypted,
	}}
	return []clientele.Part{b.Part}
}
