package dbeaver

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// legacyKey is SimpleStringEncrypter's, repeated over the text by exclusive or.
const legacyKey = "sdf@!#$verf^wv%6Fwe%$$#FFGwfsdefwfe135s$^H)dg"

// decodeLegacy reads the XML of versions before 6.1.3.
func decodeLegacy(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "data-sources" {
		return nil, nil
	}
	var parts []clientele.Part
	for _, n := range root.All("data-source") {
		conn := n.Get("connection")
		b := begin(n.Attr("name"), n.Attr("id"), "legacy XML", n.Line)
		conf := attributes(conn)
		b.Environment = conf.Get("type").Str()
		b.target(conf, n.Attr("provider"))
		b.user = conf.Get("user").Str()
		b.sealedFields(conf, []string{b.Name}, b.user, b.host)
		for _, tag := range []string{"property", "provider-property"} {
			for _, p := range conn.All(tag) {
				v := doc.Node{Kind: doc.String, Key: p.Attr("name"), Text: p.Attr("value"), Line: p.Line}
				b.slot(&v, roleOf(v.Key), []string{b.Name, tag}, false, b.user, b.host)
			}
		}
		for _, h := range conn.All("network-handler") {
			b.legacyHandler(h)
		}
		for _, e := range conn.All("event") {
			b.text(e, "shell", e.Attr("enabled") == "false", "event "+e.Attr("type"))
		}
		for _, q := range conn.Get("bootstrap").All("query") {
			b.text(q, "", false, "bootstrap")
		}
		parts = append(parts, b.done())
	}
	return parts, err
}

func (b *builder) legacyHandler(h *doc.Node) {
	props := &doc.Node{Kind: doc.Map}
	for _, p := range h.All("property") {
		props.Kids = append(props.Kids, &doc.Node{Kind: doc.String, Key: p.Attr("name"), Text: p.Attr("value"), Line: p.Line})
	}
	conf := attributes(h)
	from := len(b.Slots)
	chain := []string{b.Name, h.Attr("id")}
	b.sealedFields(conf, chain, conf.Get("user").Str(), props.Get("host").Str())
	b.fields(props, chain, false, conf.Get("user").Str(), props.Get("host").Str())
	for i := range b.Slots[from:] {
		b.Slots[from+i].Dormant = h.Attr("enabled") == "false"
	}
}

// attributes are an element's attributes as fields.
func attributes(n *doc.Node) *doc.Node {
	out := &doc.Node{Kind: doc.Map, Line: n.LineOr(0)}
	for _, k := range n.Fields() {
		if len(k.Key) > 1 && k.Key[0] == '@' {
			out.Kids = append(out.Kids, &doc.Node{Kind: doc.String, Key: k.Key[1:], Text: k.Text, Line: k.Line})
		}
	}
	return out
}

// sealedFields reads credentials, undoing the seal where there is one.
func (b *builder) sealedFields(conf *doc.Node, chain []string, user, host string) {
	for _, f := range conf.Fields() {
		r := roleOf(f.Key)
		if r == "" {
			continue
		}
		b.slot(f, r, chain, false, user, host)
		if text, ok := unsealLegacy(f.Text); r == clientele.Password && ok {
			s := &b.Slots[len(b.Slots)-1]
			s.Value, s.Class = clientele.Secret(text), clientele.Obfuscated
		}
	}
}

// unsealLegacy undoes SimpleStringEncrypter, which ends its texts with the bytes 0 and 129
// before it seals them.
func unsealLegacy(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) < 3 {
		return "", false
	}
	for i := range b {
		b[i] ^= legacyKey[i%len(legacyKey)]
	}
	n := len(b) - 2
	if b[n] != 0 || b[n+1] != 0x81 || !utf8.Valid(b[:n]) {
		return "", false
	}
	return string(b[:n]), true
}
