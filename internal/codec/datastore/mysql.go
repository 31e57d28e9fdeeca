package datastore

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeMyCnf reads the groups of a MySQL option file that sign in somewhere. The server's
// own groups name the account it runs as, and sign in only to their cluster.
func decodeMyCnf(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for _, group := range doc.INI(f.Data).Fields() {
		if group.Kind == doc.Map {
			parts = append(parts, optionGroup(optionValues(group))...)
		}
	}
	return parts, nil
}

func optionGroup(group *doc.Node) []clientele.Part {
	c := format{tool: "mysql", words: "option file", scheme: "mysql"}.connect(group.Key, group.Key, group.Line)
	if sst := group.Fold("wsrep_sst_auth"); sst.Str() != "" {
		if user, password, ok := strings.Cut(sst.Str(), ":"); ok {
			c.user = user
			c.slot(clientele.Slot{
				Place: clientele.InAuth, Role: clientele.Password, Name: sst.Key, Value: clientele.Secret(password), Line: sst.Line,
			})
			return []clientele.Part{c.done()}
		}
	}
	if password(group) == nil && (isServer(group.Key) || group.Fold("user") == nil) {
		return nil
	}
	for _, k := range group.Fields() {
		// Of the many options of these programs only those that are known are of interest.
		if key := fold(k.Key); facts[key] != nothing || roles[key] != "" {
			c.field(k)
		} else if strings.HasPrefix(key, "password") && k.Kind == doc.String {
			c.credential(k, clientele.Password)
		}
	}
	return []clientele.Part{c.done()}
}

// password finds password=, or password2= and password3= of multi-factor sign-in.
func password(group *doc.Node) *doc.Node {
	for _, k := range group.Fields() {
		if strings.HasPrefix(fold(k.Key), "password") && k.Str() != "" {
			return k
		}
	}
	return nil
}

func isServer(group string) bool {
	g := strings.ToLower(group)
	return strings.HasPrefix(g, "mysqld") || strings.HasPrefix(g, "mariadbd") || g == "server" || g == "mariadb" || g == "embedded"
}

// optionValues takes quotes and comments off: a # ends an unquoted value if a blank is before it.
func optionValues(group *doc.Node) *doc.Node {
	out := *group
	out.Kids = nil
	for _, k := range group.Kids {
		v := *k
		v.Text = optionValue(v.Text)
		out.Kids = append(out.Kids, &v)
	}
	return &out
}

func optionValue(s string) string {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		if end := strings.LastIndexByte(s, s[0]); end > 0 {
			return s[1:end]
		}
	}
	s, _, _ = strings.Cut(s, " #")
	return strings.TrimSpace(s)
}

// decodeLoginPaths reads .mylogin.cnf: four bytes unused, twenty of key, then lines of an
// option file, each with its length (little-endian) and sealed by AES-128 in ECB mode. The
// key of the cipher is the twenty bytes folded into sixteen by exclusive or.
func decodeLoginPaths(f clientele.File) ([]clientele.Part, error) {
	text, err := openLoginPaths(f.Data)
	if len(text) == 0 {
		return nil, err
	}
	var parts []clientele.Part
	for _, group := range doc.INI(text).Fields() {
		if group.Kind != doc.Map {
			continue
		}
		c := format{tool: "mysql", words: "login paths", scheme: "mysql"}.connect(group.Key, group.Key, 0)
		c.fields(unquoted(group))
		for i := range c.part.Slots {
			c.part.Slots[i].Line = 0 // the line of what was opened is none of the file's
			if c.part.Slots[i].Role.Secret() {
				c.part.Slots[i].Class = clientele.Obfuscated
			}
		}
		parts = append(parts, c.done())
	}
	return parts, err
}

func openLoginPaths(data []byte) ([]byte, error) {
	const header = 4 + 20
	if len(data) < header {
		return nil, nil
	}
	var key [16]byte
	for i, b := range data[4:header] {
		key[i%16] ^= b
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	var text []byte
	for rest := data[header:]; len(rest) >= 4; {
		n := int(binary.LittleEndian.Uint32(rest))
		rest = rest[4:]
		if n <= 0 || n%aes.BlockSize != 0 || n > len(rest) {
			return text, &clientele.Error{Kind: clientele.Invalid, Msg: "a login path is cut short"}
		}
		line := bytes.Clone(rest[:n])
		for i := 0; i < n; i += aes.BlockSize {
			block.Decrypt(line[i:i+aes.BlockSize], line[i:i+aes.BlockSize])
		}
		if pad := int(line[n-1]); pad > 0 && pad <= aes.BlockSize {
			text = append(text, line[:n-pad]...)
		}
		rest = rest[n:]
	}
	return text, nil
}

// decodeWorkbench reads MySQL Workbench's connections: objects of GRT, whose fields are
// <value key="…"> elements. Passwords are in the system's vault; what a person wrote into
// the file all the same is found.
func decodeWorkbench(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("db.mgmt.Connection")) {
		return nil, nil
	}
	root, err := doc.XML(f.Data)
	var parts []clientele.Part
	root.Walk(func(_ []string, n *doc.Node) bool {
		if n.Attr("struct-name") != "db.mgmt.Connection" {
			return true
		}
		name := grt(n, "name").Str()
		c := format{tool: "mysql-workbench", words: "connections", scheme: "mysql"}.connect(name, n.Attr("id"), n.Line)
		var fields []*doc.Node
		for _, v := range grt(n, "parameterValues").All("value") {
			fields = append(fields, &doc.Node{Kind: doc.String, Key: v.Attr("key"), Text: v.Text, Line: v.Line})
		}
		for _, v := range c.prefixed("ssh", "ssh tunnel", fields) {
			if !strings.HasPrefix(v.Key, "@") && fold(v.Key) != "schema" {
				c.field(v)
			} else {
				set(&c.database, v.Str())
			}
		}
		parts = append(parts, c.done())
		return false
	})
	return parts, err
}

// grt is the field of a GRT object.
func grt(n *doc.Node, key string) *doc.Node {
	for _, v := range n.All("value") {
		if v.Attr("key") == key {
			return v
		}
	}
	return nil
}
