package datastore

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

var (
	tnsAlias = regexp.MustCompile(`(?m)^([A-Za-z][\w.,\- ]{0,200}?)\s*=\s*\(?`)
	tnsField = regexp.MustCompile(`(?i)\(\s*(HOST|PORT|SERVICE_NAME|SID)\s*=\s*([^()\s]{1,255})\s*\)`)
)

// decodeTNS reads the aliases of tnsnames.ora. They name hosts and services, never users.
func decodeTNS(f clientele.File) ([]clientele.Part, error) {
	at := tnsAlias.FindAllSubmatchIndex(f.Data, 10_000)
	var parts []clientele.Part
	line, counted := 1, 0
	for i, m := range at {
		line += bytes.Count(f.Data[counted:m[0]], []byte("\n"))
		counted = m[0]
		end := len(f.Data)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := string(f.Data[m[2]:m[3]])
		c := format{tool: "oracle-net", words: "tnsnames.ora", scheme: "oracle"}.connect(name, name, line)
		for _, kv := range tnsField.FindAllSubmatch(f.Data[m[1]-1:end], 100) {
			c.field(&doc.Node{Kind: doc.String, Key: strings.ToLower(string(kv[1])), Text: string(kv[2]), Line: line})
		}
		if c.host != "" {
			parts = append(parts, c.done())
		}
	}
	return parts, nil
}

// decodeSQLDeveloper reads the connections of SQL Developer and SQLcl: JSON since 19.4, XML
// references before, and the properties file of SQLcl's store. Passwords are sealed with a
// key made of the installation's id, which lies elsewhere.
func decodeSQLDeveloper(f clientele.File) ([]clientele.Part, error) {
	t := bytes.TrimSpace(f.Data)
	switch {
	case strings.HasSuffix(strings.ToLower(f.Path), ".properties"):
		return decodeDBTools(f)
	case len(t) > 0 && t[0] == '{' && bytes.Contains(t, []byte(`"info"`)):
		return sqlDeveloperJSON(f)
	case len(t) > 0 && t[0] == '<' && bytes.Contains(t, []byte("RefAddresses")):
		return sqlDeveloperXML(f)
	}
	return nil, nil
}

var sqlDeveloper = format{tool: "sqldeveloper", words: "connections", scheme: "oracle"}

func sqlDeveloperJSON(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	var parts []clientele.Part
	for _, n := range root.Get("connections").Items() {
		info := n.Get("info")
		name := n.Get("name").Str()
		c := sqlDeveloper.connect(name, name, n.Line)
		for _, k := range info.Fields() {
			c.oracleField(k)
		}
		parts = append(parts, c.done())
	}
	return parts, err
}

func sqlDeveloperXML(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	var parts []clientele.Part
	root.Walk(func(_ []string, n *doc.Node) bool {
		if n.Key != "Reference" {
			return true
		}
		c := sqlDeveloper.connect(n.Attr("name"), n.Attr("name"), n.Line)
		for _, a := range n.Get("RefAddresses").All("StringRefAddr") {
			v := a.Get("Contents")
			c.oracleField(&doc.Node{Kind: doc.String, Key: a.Attr("addrType"), Text: v.Str(), Line: v.LineOr(a.Line)})
		}
		parts = append(parts, c.done())
		return false
	})
	return parts, err
}

// oracleField takes one field of a connection. A password of whole cipher blocks is sealed.
func (c *connection) oracleField(k *doc.Node) {
	switch fold(k.Key) {
	case "password", "exportpassword":
		s := clientele.Slot{Place: clientele.InAuth, Role: clientele.Password, Name: k.Key, Value: k.Secret(), Line: k.Line}
		if isSealed(k.Str()) {
			s.Class = clientele.Encrypted
		}
		c.slot(s)
	case "sid", "servicename":
		set(&c.database, k.Str())
	case "user", "hostname", "port", "customurl", "userlocal":
		c.field(k)
	default:
		if roles[fold(k.Key)] != "" {
			c.field(k)
		}
	}
}

// isSealed reports whether a text is base64 or hex of sixteen bytes and more.
func isSealed(s string) bool {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && len(b) >= 16 {
		return true
	}
	return len(s) >= 32 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func decodeDBTools(f clientele.File) ([]clientele.Part, error) {
	root := doc.Properties(f.Data)
	if root.Get("connectionString") == nil && root.Get("userName") == nil {
		return nil, nil
	}
	name := root.Get("name").Str()
	c := format{tool: "sqlcl", words: "stored connection", scheme: "oracle"}.connect(name, name, 1)
	c.fields(root)
	c.part.Links = append(c.part.Links, clientele.Link{Rel: clientele.Includes, Tool: "sqlcl", Path: "cwallet.sso"})
	return []clientele.Part{c.done()}, nil
}
