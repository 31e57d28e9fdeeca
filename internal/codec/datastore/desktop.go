package datastore

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeDbVisualizer reads <Database> elements. Every element whose name ends in Password is
// sealed with a passphrase that is the same in all installations, unless a master password
// was set, in which case what opens is no text.
func decodeDbVisualizer(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "DbVisualizer" {
		return nil, nil
	}
	var parts []clientele.Part
	for _, d := range root.Get("Databases").All("Database") {
		name := d.Get("Alias").Str()
		c := format{tool: "dbvisualizer", words: "dbvis.xml"}.connect(name, d.Attr("id"), d.Line)
		c.dbvis(plain(d), 0)
		parts = append(parts, c.done())
	}
	return parts, err
}

func (c *connection) dbvis(n *doc.Node, depth int) {
	for _, k := range n.Fields() {
		switch {
		case strings.HasSuffix(k.Key, "Password") && k.IsScalar():
			c.dbvisPassword(k)
		case k.Key == "UrlVariable":
			v := *k
			v.Key, v.Kind, v.Kids = k.Attr("UrlVariableName"), doc.String, nil
			if facts[fold(v.Key)] != nothing {
				c.field(&v)
			}
		case strings.HasPrefix(k.Key, "@"), k.Key == "Profile", k.Key == "Alias":
		case k.Kind == doc.Map && depth < 5 && strings.HasPrefix(k.Key, "Ssh"):
			c.block("ssh tunnel", "", false, func(b *connection) { b.dbvis(trimmed(k, "Ssh"), depth+1) })
		case k.Kind == doc.Map && depth < 5:
			c.dbvis(k, depth+1)
		case roles[fold(k.Key)] != "", facts[fold(k.Key)] != nothing:
			c.field(k)
		}
	}
}

// trimmed is an element with a prefix taken off its fields' names.
func trimmed(n *doc.Node, prefix string) *doc.Node {
	out := &doc.Node{Kind: doc.Map, Line: n.Line}
	for _, k := range n.Kids {
		v := *k
		v.Key = strings.TrimPrefix(k.Key, prefix)
		out.Kids = append(out.Kids, &v)
	}
	return out
}

func (c *connection) dbvisPassword(k *doc.Node) {
	s := clientele.Slot{Place: clientele.InAuth, Role: clientele.Password, Name: k.Key, Value: k.Secret(), Line: k.Line, Class: clientele.Encrypted}
	if v, ok := openDbvis(k.Str()); ok {
		s.Value, s.Class = clientele.Secret(v), clientele.Obfuscated
	}
	c.slot(s)
}

// openDbvis undoes PBEWithMD5AndDES: ten rounds of MD5 over passphrase and salt give the key
// and the vector.
func openDbvis(sealed string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(sealed))
	if err != nil || len(b) == 0 || len(b)%des.BlockSize != 0 {
		return "", false
	}
	salt := []byte{0x8e, 0x12, 0x39, 0x9c, 0x07, 0x72, 0x6f, 0x5a}
	sum := md5.Sum(append([]byte("qinda"), salt...))
	for range 9 {
		sum = md5.Sum(sum[:])
	}
	block, err := des.NewCipher(sum[:8])
	if err != nil {
		return "", false
	}
	cipher.NewCBCDecrypter(block, sum[8:]).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad == 0 || pad > des.BlockSize {
		return "", false
	}
	for _, p := range b[len(b)-pad:] {
		if int(p) != pad {
			return "", false
		}
	}
	b = b[:len(b)-pad]
	return string(b), len(b) > 0 && utf8.Valid(b)
}

// decodeHeidiSQL reads lines of path<|||>type<|||>value. A session is what stands below
// Servers\, and it may stand in folders of its own.
func decodeHeidiSQL(f clientele.File) ([]clientele.Part, error) {
	var order []string
	sessions := map[string]*doc.Node{}
	for i, line := range strings.Split(string(f.Data), "\n") {
		v := strings.SplitN(strings.TrimSuffix(line, "\r"), "<|||>", 3)
		below, ok := strings.CutPrefix(v[0], `Servers\`)
		slash := strings.LastIndexByte(below, '\\')
		if !ok || len(v) != 3 || slash < 1 {
			continue
		}
		name := below[:slash]
		if sessions[name] == nil {
			sessions[name] = &doc.Node{Kind: doc.Map, Key: name, Line: i + 1}
			order = append(order, name)
		}
		s := sessions[name]
		s.Kids = append(s.Kids, &doc.Node{Kind: doc.String, Key: below[slash+1:], Text: v[2], Line: i + 1})
	}
	var parts []clientele.Part
	for _, name := range order {
		if sessions[name].First("Host", "Password", "User") != nil {
			parts = append(parts, heidiSession(sessions[name]))
		}
	}
	return parts, nil
}

// heidiNets are HeidiSQL's numbers for kinds of connections, in groups.
var heidiNets = map[string]string{
	"0": "mysql", "1": "mysql", "2": "mysql", "3": "sqlserver", "4": "sqlserver", "5": "sqlserver", "6": "sqlserver",
	"7": "sqlserver", "8": "postgres", "9": "postgres", "10": "sqlite",
}

func heidiSession(s *doc.Node) clientele.Part {
	c := format{tool: "heidisql", words: "portable settings"}.connect(s.Key, s.Key, s.Line)
	c.chain = strings.Split(s.Key, `\`)
	c.scheme = heidiNets[s.Get("NetType").Str()]
	if c.scheme == "" {
		c.scheme = "mysql"
	}
	own := c.prefixed("sshtunnel", "ssh tunnel", s.Kids)
	for _, k := range own {
		switch fold(k.Key) {
		case "host", "port", "user", "password", "sslkeypassword":
			c.field(k)
		case "databases":
			c.database, _, _ = strings.Cut(k.Text, ";")
		case "querylog", "comment":
			c.part.Texts = append(c.part.Texts, clientele.Text{Place: clientele.InText, Chain: c.chain, Text: k.Secret(), Line: k.Line})
		}
	}
	for i := range c.part.Slots {
		if p := &c.part.Slots[i]; p.Role == clientele.Password {
			if v, ok := unshift(p.Value.Reveal()); ok {
				p.Value, p.Class = clientele.Secret(v), clientele.Obfuscated
			}
		}
	}
	return c.done()
}

// unshift undoes HeidiSQL's encoding: hex of characters that were moved up by a number,
// which is the last digit.
func unshift(s string) (string, bool) {
	if len(s) < 3 || len(s)%2 == 0 || s[len(s)-1] < '0' || s[len(s)-1] > '9' {
		return "", false
	}
	shift := s[len(s)-1] - '0'
	b, err := hex.DecodeString(s[:len(s)-1])
	if err != nil {
		return "", false
	}
	var out strings.Builder
	for _, c := range b {
		out.WriteRune(rune(c - shift)) // characters are Latin-1, one byte each
	}
	return out.String(), true
}
