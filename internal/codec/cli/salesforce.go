package cli

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// salesforceDecoder reads what the Salesforce CLI keeps, one file an org. Tokens are sealed
// with a key in the system's keychain, or in key.json beside them where there is none.
var salesforceDecoder = clientele.Decoder{
	Name: "salesforce org", Paths: []string{".sfdx/*.json", ".sf/*.json"}, Decode: decodeSalesforce,
}

var salesforceWords = map[string]string{
	"accesstoken": "token", "refreshtoken": "refresh_token", "instanceurl": "url", "loginurl": "issuer", "username": "email",
	"clientid": "client_id", "clientsecret": "client_secret", "password": "password", "privatekey": "ref", "orgid": "workspace",
	"securitytoken": "token", "expirationdate": "expires", "alias": "name", "key": "secret_key",
}

func decodeSalesforce(f clientele.File) ([]clientele.Part, error) {
	root, err := readJSON(f.Data)
	name := strings.TrimSuffix(path.Base(f.Path), ".json")
	if !root.Has("accessToken") && !root.Has("refreshToken") && !(root.Has("key") && root.Has("service")) {
		return nil, nil
	}
	c := newClient("sf", "salesforce org", "", 1)
	c.part.Name, c.scheme = name, "oauth2"
	key := salesforceKey(f)
	b := c.enter(nil, 1)
	for _, k := range root.Fields() {
		m := meanings[salesforceWords[strings.ToLower(k.Key)]]
		if m == nil || !k.IsScalar() || k.Str() == "" {
			continue
		}
		from := len(c.part.Slots)
		m(c, b, value{name: k.Key, node: k})
		for i := range c.part.Slots[from:] {
			openSalesforce(&c.part.Slots[from+i], key)
		}
	}
	c.leave(b)
	return []clientele.Part{c.done()}, err
}

func salesforceKey(f clientele.File) string {
	if f.Sibling == nil {
		return ""
	}
	src, err := f.Sibling("key.json")
	if err != nil {
		return ""
	}
	n, _ := doc.JSON(src)
	return n.Get("key").Str()
}

// sealedHex is nonce and ciphertext, a colon, and the tag, all in hex.
var sealedHex = regexp.MustCompile(`^[0-9a-f]{14,}:[0-9a-f]{32}$`)

// openSalesforce undoes sfdx-core's Crypto, AES-256-GCM: in version 1 key and nonce are the
// hex digits themselves, in version 2 what they stand for.
func openSalesforce(s *clientele.Slot, key string) {
	sealed := s.Value.Reveal()
	if !sealedHex.MatchString(sealed) {
		return
	}
	s.Class = clientele.Encrypted
	body, tag, _ := strings.Cut(sealed, ":")
	t, _ := hex.DecodeString(tag)
	if raw, err := hex.DecodeString(key); err == nil && len(raw) == 32 && len(body) > 24 {
		nonce, _ := hex.DecodeString(body[:24])
		unseal(s, raw, nonce, body[24:], t)
	}
	if len(key) == 32 {
		unseal(s, []byte(key), []byte(body[:12]), body[12:], t)
	}
}

func unseal(s *clientele.Slot, key, nonce []byte, body string, tag []byte) {
	text, err := hex.DecodeString(body)
	blk, bad := aes.NewCipher(key)
	if err != nil || bad != nil {
		return
	}
	gcm, err := cipher.NewGCM(blk)
	if err != nil || len(nonce) != gcm.NonceSize() {
		return
	}
	if plain, err := gcm.Open(nil, nonce, append(text, tag...), nil); err == nil {
		s.Class, s.Value = clientele.Obfuscated, clientele.Secret(string(plain))
	}
}
