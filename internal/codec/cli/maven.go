package cli

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// mavenDecoder reads Maven's settings.xml: servers, proxies, mirrors and the properties of
// profiles. A password in braces is sealed with the master password of
// settings-security.xml, and where that lies beside it, as it does by default, anyone who has
// both can open it.
var mavenDecoder = clientele.Decoder{
	Name: "maven settings", Paths: []string{"settings.xml", "settings-*.xml", "settings_*.xml", "*-settings.xml"}, Decode: decodeMaven,
}

func decodeMaven(f clientele.File) ([]clientele.Part, error) {
	if !strings.Contains(string(f.Data), "<settings") {
		return nil, nil
	}
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "settings" {
		return nil, nil
	}
	m := maven{master: masterBeside(f)}
	var parts []clientele.Part
	for _, kind := range []string{"server", "proxy"} {
		for _, s := range root.Get(plural(kind)).All(kind) {
			if c := m.client(s, kind); c.solid && len(parts) < maxRequests {
				parts = append(parts, c.done())
			}
		}
	}
	c := m.newClient("settings", 1)
	for _, p := range root.Get("profiles").All("profile") {
		m.properties(c, p)
	}
	for _, r := range root.Get("mirrors").All("mirror") {
		m.repository(c, r, []string{"mirrors", r.Get("id").Str()})
	}
	if c.solid {
		parts = append(parts, c.done())
	}
	return parts, err
}

func plural(s string) string {
	if s == "proxy" {
		return "proxies"
	}
	return s + "s"
}

type maven struct {
	master string // the master password, opened; empty: not at hand
}

func (m maven) newClient(name string, line int) *client {
	c := newClient("mvn", "maven settings", name, line)
	c.place, c.part.Syntax = clientele.InSetting, clientele.SyntaxGeneric
	return c
}

// client is a server or proxy. A server's free-form configuration may hold headers.
func (m maven) client(s *doc.Node, kind string) *client {
	id := s.Get("id").Str()
	c := m.newClient(id, s.Line)
	if kind == "proxy" {
		c.part.Name, c.part.Bind.Key, c.place = "proxy "+id, "proxy "+id, clientele.InProxy
	}
	c.scheme = "basic"
	b := c.enter([]string{plural(kind), id}, s.Line)
	c.knownXML(b, s, map[string]string{"username": "username", "privateKey": "ref", "host": "host"})
	for _, k := range s.Fields() {
		if k.Key == "password" || k.Key == "passphrase" {
			secret := m.secret(k, b.chain)
			secret.Host = s.Get("host").Str()
			c.slot(secret)
		}
	}
	s.Get("configuration").Walk(func(_ []string, n *doc.Node) bool {
		if n.Has("name") && n.Has("value") {
			v := n.Get("value")
			s := m.secret(v, under(b.chain, "configuration"))
			s.Name, s.Role, s.Place = n.Get("name").Str(), "", clientele.InHeader
			c.slot(s)
			c.solid = true
		}
		return true
	})
	c.leave(b)
	if s.Get("active").False() {
		for i := range c.part.Slots {
			c.part.Slots[i].Dormant = true
		}
	}
	return c
}

// knownXML is known for XML elements, whose text is their value.
func (c *client) knownXML(b *block, n *doc.Node, words map[string]string) {
	for _, k := range n.Fields() {
		if m := meanings[words[k.Key]]; m != nil && k.Text != "" {
			m(c, b, value{name: k.Key, chain: b.chain, node: k})
		}
	}
}

func (m maven) properties(c *client, p *doc.Node) {
	id := p.Get("id").Str()
	for _, k := range p.Get("properties").Fields() {
		if k.Text == "" || len(c.part.Variables) >= maxValues {
			continue
		}
		s := m.secret(k, []string{"profiles", id, "properties"})
		c.part.Variables = append(c.part.Variables, clientele.Variable{
			Name: k.Key, Value: s.Value, Scope: "global", Set: id, Chain: s.Chain, Line: k.Line, Class: s.Class,
		})
		c.solid = true
	}
	for _, list := range []string{"repositories", "pluginRepositories"} {
		for _, r := range p.Get(list).Fields() {
			m.repository(c, r, []string{"profiles", id, list, r.Get("id").Str()})
		}
	}
}

func (m maven) repository(c *client, r *doc.Node, chain []string) {
	if u := r.Get("url"); u.Str() != "" {
		c.request(chain, u.Str(), u.Line)
	}
}

// secret is a password: plain, a reference, or sealed in braces, with any text around them.
func (m maven) secret(n *doc.Node, chain []string) clientele.Slot {
	role := clientele.Password
	if n.Key == "passphrase" {
		role = clientele.Passphrase
	}
	s := clientele.Slot{Role: role, Name: n.Key, Chain: chain, Value: n.Secret(), Line: n.Line}
	seal, ok := braced(n.Text)
	if !ok {
		return s
	}
	s.Class = clientele.Encrypted
	if plain, ok := openMaven(seal, m.master); ok {
		s.Class, s.Value = clientele.Obfuscated, clientele.Secret(plain)
	}
	return s
}

// braced is what stands in {…}, if it is base64 of a sealed password. ${…} is a reference.
func braced(s string) ([]byte, bool) {
	from := strings.IndexByte(s, '{')
	to := strings.LastIndexByte(s, '}')
	if from < 0 || to < from || from > 0 && (s[from-1] == '$' || s[from-1] == '\\') {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(s[from+1 : to])
	return b, err == nil && len(b) >= 9+aes.BlockSize
}

// masterKey is the password with which Maven itself seals the master password; it is a
// constant of the security dispatcher (DefaultSecDispatcher.SYSTEM_PROPERTY_SEC_LOCATION).
const masterKey = "settings.security"

func masterBeside(f clientele.File) string {
	if f.Sibling == nil {
		return ""
	}
	src, err := f.Sibling("settings-security.xml")
	if err != nil {
		return ""
	}
	root, _ := doc.XML(src)
	if root == nil {
		return ""
	}
	return openMaster(root.Get("master").Str())
}

func openMaster(s string) string {
	if seal, ok := braced(s); ok {
		plain, _ := openMaven(seal, masterKey)
		return plain
	}
	return ""
}

// openMaven undoes plexus-cipher: eight bytes of salt, one that counts the random bytes at
// the end, and AES-128-CBC under key and IV cut from SHA-256 of password and salt.
func openMaven(seal []byte, password string) (string, bool) {
	pad := int(seal[8])
	if password == "" || 9+pad >= len(seal) {
		return "", false
	}
	body := seal[9 : len(seal)-pad]
	if len(body) == 0 || len(body)%aes.BlockSize != 0 {
		return "", false
	}
	sum := sha256.Sum256(append([]byte(password), seal[:8]...))
	blk, err := aes.NewCipher(sum[:16])
	if err != nil {
		return "", false
	}
	out := make([]byte, len(body))
	cipher.NewCBCDecrypter(blk, sum[16:]).CryptBlocks(out, body)
	n := int(out[len(out)-1])
	if n == 0 || n > aes.BlockSize || n > len(out) {
		return "", false
	}
	for _, c := range out[len(out)-n:] {
		if int(c) != n {
			return "", false
		}
	}
	plain := string(out[:len(out)-n])
	return plain, plain != "" && printable(plain)
}

// mavenSecurityDecoder reads the file of the master password, which is sealed with a
// constant.
var mavenSecurityDecoder = clientele.Decoder{
	Name: "maven master password", Paths: []string{"settings-security.xml"}, Decode: decodeMavenSecurity,
}

func decodeMavenSecurity(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "settingsSecurity" {
		return nil, err
	}
	c := newClient("mvn", "maven master password", "", 1)
	c.part.Name = "master password"
	for _, k := range root.Fields() {
		s := clientele.Slot{Name: k.Key, Value: k.Secret(), Line: k.Line}
		switch k.Key {
		case "master":
			s.Role = clientele.Passphrase
			if plain := openMaster(k.Text); plain != "" {
				s.Class, s.Value = clientele.Obfuscated, clientele.Secret(plain)
			} else if _, ok := braced(k.Text); ok {
				s.Class = clientele.Encrypted
			}
		case "relocation":
			s.Role, s.Class = clientele.Passphrase, clientele.Reference
			c.part.Links = append(c.part.Links, clientele.Link{Rel: clientele.Includes, Tool: "mvn", Path: k.Text})
		default:
			continue
		}
		c.slot(s)
	}
	if len(c.part.Slots) == 0 {
		return nil, err
	}
	return []clientele.Part{c.done()}, err
}
