package datastore

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeMongosh reads the shell's start-up scripts and its settings, which hold no
// connections but may hold anything a person put there.
func decodeMongosh(f clientele.File) ([]clientele.Part, error) {
	if len(bytes.TrimSpace(f.Data)) == 0 {
		return nil, nil
	}
	p := clientele.Part{Tool: "mongosh", Kind: clientele.DataStoreClient, Format: "settings", Name: "mongosh", Line: 1}
	if strings.HasSuffix(f.Path, ".js") {
		p.Format = "start-up script"
		p.Texts = []clientele.Text{{Place: clientele.InScript, Chain: []string{"start-up script"}, Text: clientele.Secret(string(f.Data)), Line: 1}}
		return []clientele.Part{p}, nil
	}
	p.Texts = []clientele.Text{{Place: clientele.InSetting, Chain: []string{"settings"}, Text: clientele.Secret(string(f.Data)), Line: 1}}
	return []clientele.Part{p}, nil
}

// decodeRobo3T reads Robo 3T's connections. Since 1.3 passwords are sealed with a key that
// lies in the folder above the version's.
func decodeRobo3T(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("serverHost")) {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	key := robo3TKey(f)
	var parts []clientele.Part
	for i, n := range root.Get("connections").Items() {
		name := n.Get("connectionName").Str()
		id := n.Get("uuid").Str()
		if id == "" {
			id = name + "#" + strconv.Itoa(i)
		}
		c := format{tool: "robo3t", words: "connections", scheme: "mongodb"}.connect(name, id, n.Line)
		c.host, c.port, c.database = n.Get("serverHost").Str(), n.Get("serverPort").Str(), n.Get("defaultDatabase").Str()
		for _, cred := range n.Get("credentials").Items() {
			c.robo3TBlock("credentials", cred, key)
			set(&c.user, cred.Get("userName").Str())
			set(&c.database, cred.Get("databaseName").Str())
		}
		c.robo3TBlock("ssh", n.Get("ssh"), key)
		c.robo3TBlock("ssl", n.Get("ssl"), key)
		parts = append(parts, c.done())
	}
	return parts, err
}

// robo3TBlock reads one of the blocks of a connection, which may be switched off.
func (c *connection) robo3TBlock(name string, n *doc.Node, key uint64) {
	user := n.Get("userName").Str()
	off := n.Get("enabled").False() || n.Get("sslEnabled").False()
	chain := c.chain
	c.chain = append(append([]string(nil), chain...), name)
	defer func() { c.chain = chain }()
	for _, k := range n.Fields() {
		field, sealed := strings.CutSuffix(k.Key, "Encrypted")
		role := clientele.Role("")
		switch field {
		case "userPassword":
			role = clientele.Password
		case "passphrase", "pemPassPhrase":
			role = clientele.Passphrase
		default:
			continue
		}
		s := clientele.Slot{
			Place: clientele.InAuth, Role: role, Name: k.Key, Value: k.Secret(), Line: k.Line, Dormant: off,
			Principal: user, Host: n.Get("host").Str(),
		}
		if s.Host == "" {
			s.Host = c.host
		}
		if sealed {
			s.Class = clientele.Encrypted
			if v, ok := simpleCrypt(k.Str(), key); ok {
				s.Class, s.Value = clientele.Obfuscated, clientele.Secret(v)
			}
		}
		c.slot(s)
	}
}

// robo3TKey is the number in robo3t.key, or 0.
func robo3TKey(f clientele.File) uint64 {
	if f.Sibling == nil {
		return 0
	}
	for _, name := range []string{"../robo3t.key", "robo3t.key"} {
		if b, err := f.Sibling(name); err == nil {
			key, _ := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
			return key
		}
	}
	return 0
}

// simpleCrypt undoes Qt's SimpleCrypt: a version, flags, and a chain of exclusive ors with
// the bytes of the key, in which a random byte and a checksum stand before the text.
func simpleCrypt(sealed string, key uint64) (string, bool) {
	const compressed, checksum, hash = 1, 2, 4
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(b) < 4 || b[0] != 3 || key == 0 {
		return "", false
	}
	flags, b := b[1], b[2:]
	var keys [8]byte
	binary.LittleEndian.PutUint64(keys[:], key)
	last := byte(0)
	for i, c := range b {
		b[i] = c ^ last ^ keys[i%8]
		last = c
	}
	skip := 1
	if flags&checksum != 0 {
		skip += 2
	} else if flags&hash != 0 {
		skip += 20
	}
	if len(b) < skip {
		return "", false
	}
	b = b[skip:]
	if flags&compressed != 0 {
		if b = inflate(b); b == nil {
			return "", false
		}
	}
	return string(b), utf8.Valid(b) && len(b) > 0
}

// inflate undoes qCompress: a length, then zlib.
func inflate(b []byte) []byte {
	if len(b) < 5 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(b[4:]))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(io.LimitReader(z, 1<<16))
	if err != nil {
		return nil
	}
	return out
}
