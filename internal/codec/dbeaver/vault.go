package dbeaver

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// key is the one in the program's source, the same everywhere.
var key = []byte{0xba, 0xbb, 0x4a, 0x9f, 0x77, 0x4a, 0xb8, 0x53, 0xc9, 0x6c, 0x2d, 0x65, 0x3d, 0xfe, 0x54, 0x4a}

// unseal opens a file: sixteen bytes of vector, then AES-128 in CBC mode with PKCS padding.
// It answers false if what comes out is no JSON, as with a project password.
func unseal(data []byte) ([]byte, bool) {
	if len(data) < 2*aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return nil, false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	text := bytes.Clone(data[aes.BlockSize:])
	cipher.NewCBCDecrypter(block, data[:aes.BlockSize]).CryptBlocks(text, text)
	pad := int(text[len(text)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, false
	}
	text = text[:len(text)-pad]
	t := bytes.TrimSpace(text)
	return text, len(t) > 0 && t[0] == '{'
}

// vault is what a credentials file holds: for each connection, groups of fields.
type vault struct {
	root   *doc.Node
	beside string // its name, where it lies beside the file that is decoded
	sealed bool   // its lines are not those of the file
}

// openVault reads a credentials file, sealed or, as some exports have it, plain.
func openVault(data []byte) (*vault, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	sealed := false
	if t := bytes.TrimSpace(data); len(t) == 0 || t[0] != '{' {
		text, ok := unseal(data)
		if !ok {
			return nil, errSealed
		}
		data, sealed = text, true
	}
	root, err := doc.JSON(data)
	return &vault{root: root, sealed: sealed}, err
}

var errSealed = errors.New("sealed with the project's password")

// beside opens the credentials file that goes with a data-sources file: data-sources-2.json
// has credentials-config-2.json.
func beside(f clientele.File) *vault {
	if f.Sibling == nil {
		return nil
	}
	name := strings.Replace(path.Base(f.Path), "data-sources", "credentials-config", 1)
	b, err := f.Sibling(name)
	if err != nil {
		return nil
	}
	v, _ := openVault(b)
	if v != nil {
		v.beside = name
	}
	return v
}

// stored adds what the vault holds for a connection.
func (b *builder) stored(v *vault, id string) {
	if v == nil {
		return
	}
	for _, group := range v.root.Get(id).Fields() {
		user := group.First("user", "userName").Str()
		chain := []string{b.Name, group.Key}
		host := ""
		if group.Key == "#connection" {
			host = b.host
			set(&b.user, user)
		}
		for _, f := range group.Fields() {
			from := len(b.Slots)
			if f.IsScalar() {
				b.slot(f, roleOf(f.Key), chain, false, user, host)
			}
			for i := range b.Slots[from:] {
				s := &b.Slots[from+i]
				s.File = v.beside
				if v.sealed {
					s.Line = 0
				}
				if s.Role.Secret() && !isVariable(f.Str()) {
					s.Class = clientele.Obfuscated
				}
				if s.Role == clientele.ClientSecret {
					s.Principal = group.First("clientId", "client_id", "user").Str()
				}
			}
		}
	}
}

// isVariable reports whether a stored value is one of DBeaver's variables: ${name}.
func isVariable(s string) bool { return strings.HasPrefix(s, "${") && strings.HasSuffix(s, "}") }

// decodeCredentials reads a credentials file for what no connection beside it claims.
func decodeCredentials(f clientele.File) ([]clientele.Part, error) {
	base := path.Base(f.Path)
	v, err := openVault(f.Data)
	if errors.Is(err, errSealed) {
		return sealedCredentials(f)
	}
	if v == nil {
		return nil, nil
	}
	claimed := claimed(f, base)
	var parts []clientele.Part
	for _, n := range v.root.Fields() {
		if n.Kind != doc.Map || claimed[n.Key] {
			continue
		}
		b := begin(n.Key, n.Key, "credentials", 0)
		b.stored(v, n.Key)
		if len(b.Slots) > 0 {
			parts = append(parts, b.done())
		}
	}
	return parts, err
}

// claimed are the connections and profiles of the data-sources file beside.
func claimed(f clientele.File, base string) map[string]bool {
	ids := map[string]bool{}
	if f.Sibling == nil {
		return ids
	}
	b, err := f.Sibling(strings.Replace(base, "credentials-config", "data-sources", 1))
	if err != nil {
		return ids
	}
	if text, ok := unseal(b); ok {
		b = text
	}
	root, _ := doc.JSON(b)
	for _, kind := range []string{"connections", "network-profiles", "auth-profiles"} {
		for _, n := range root.Get(kind).Fields() {
			ids[n.Key] = true
		}
	}
	return ids
}

// sealedCredentials is the part for a vault that the fixed key does not open.
func sealedCredentials(f clientele.File) ([]clientele.Part, error) {
	if len(f.Data) < 32 || len(f.Data)%16 != 0 {
		return nil, nil
	}
	return sealedPart(f, "credentials"), nil
}
