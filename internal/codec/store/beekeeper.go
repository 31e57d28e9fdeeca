package store

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/sqlitefile"
)

// beekeeperKey is printed in Beekeeper Studio's source. It seals the file .key beside the
// database, which holds the key that seals the passwords.
const beekeeperKey = "38782F413F442A472D4B6150645367566B59703373367639792442264529482B"

// hive reads Beekeeper Studio's secrets.
type hive struct {
	key string // empty if the keychain holds it
}

// beekeeper reads saved and recently used connections, and the queries that were run.
func beekeeper(d *database) []clientele.Part {
	var h hive
	if sealed, err := d.Sibling(".key"); err == nil {
		var k struct{ EncryptionKey string }
		if text, ok := unseal(string(sealed), beekeeperKey); ok && json.Unmarshal([]byte(text), &k) == nil {
			h.key = k.EncryptionKey
		}
	}
	var parts []clientele.Part
	for _, table := range []string{"saved_connection", "used_connection"} {
		for _, r := range d.rows(table) {
			p := h.connection(r, table)
			if len(p.Slots) > 0 || table == "saved_connection" {
				parts = append(parts, p)
			}
		}
	}
	history := clientele.Part{Tool: "beekeeper-studio", Kind: clientele.DataStoreClient, Format: "queries",
		Name: "Beekeeper Studio queries", Bind: clientele.Bind{Key: "queries"}}
	for _, table := range []string{"used_query", "favorite_query"} {
		for _, r := range d.rows(table) {
			if text := r.Text("text"); text != "" {
				history.Texts = append(history.Texts, clientele.Text{Place: clientele.InHistory, Chain: []string{table, r.Text("title")},
					Text: clientele.Secret(text), Recorded: table == "used_query"})
			}
		}
	}
	if len(history.Texts) > 0 {
		parts = append(parts, history)
	}
	return parts
}

func (h hive) connection(r sqlitefile.Row, table string) clientele.Part {
	user := r.Text("username")
	p := clientele.Part{
		Tool: "beekeeper-studio", Kind: clientele.DataStoreClient, Format: "Beekeeper Studio " + table,
		Name: cmp.Or(r.Text("name"), r.Text("host")), Bind: clientele.Bind{Key: table + " " + r.Text("id")},
		Requests:   []clientele.Request{address(cmp.Or(r.Text("connectionType"), "database"), r.Text("host"), r.Text("port"), r.Text("defaultDatabase"))},
		Slots:      slots(r, "", field{"username", clientele.InAuth, clientele.Username, ""}),
		Identities: signsIn(user),
	}
	if r.Int("workspaceId") > 0 {
		p.Sync = []clientele.Sync{{Mode: clientele.SyncCloud, Where: r.Text("workspaceId"), Detail: "Beekeeper Studio workspace"}}
	}
	tunnel := r.Text("sshUsername")
	for _, c := range []struct {
		column, principal string
		role              clientele.Role
	}{
		{"password", user, clientele.Password}, {"url", "", clientele.ConnectionString},
		{"sshPassword", tunnel, clientele.Password}, {"sshKeyfilePassword", tunnel, clientele.Passphrase},
		{"sshBastionPassword", r.Text("sshBastionUsername"), clientele.Password}, {"sshBastionKeyfilePassword", r.Text("sshBastionUsername"), clientele.Passphrase},
	} {
		if v := r.Text(c.column); v != "" {
			p.Slots = append(p.Slots, h.slot(clientele.Slot{Place: clientele.InAuth, Role: c.role, Name: c.column, Principal: c.principal,
				Dormant: table == "used_connection"}, v))
		}
	}
	for _, column := range []string{"options", "redshiftOptions", "cassandraOptions", "bigQueryOptions", "azureAuthOptions", "iamAuthOptions",
		"libsqlOptions", "sqlAnywhereOptions", "surrealDbOptions", "dynamoDbOptions"} {
		tree(r, column).Walk(func(chain []string, n *doc.Node) bool {
			if n.Kind == doc.String && n.Str() != "" {
				p.Slots = append(p.Slots, h.slot(clientele.Slot{Place: clientele.InSetting, Name: chain[len(chain)-1], Chain: []string{column}}, n.Str()))
			}
			return len(p.Slots) < 500
		})
	}
	return p
}

// slot puts a value in a slot, opened if it is sealed and the key is at hand.
func (h hive) slot(s clientele.Slot, v string) clientele.Slot {
	s.Value = clientele.Secret(v)
	if !sealedText.MatchString(v) {
		return s
	}
	s.Class = clientele.Encrypted
	if text, ok := unseal(v, h.key); ok {
		var plain string
		if json.Unmarshal([]byte(text), &plain) == nil {
			s.Class, s.Value = clientele.Obfuscated, clientele.Secret(plain)
		}
	}
	return s
}

// sealedText is what the simple-encryptor package writes: an HMAC and an initialisation
// vector in hexadecimal, then the ciphertext in base64.
var sealedText = regexp.MustCompile(`^[0-9a-f]{96}[A-Za-z0-9+/]{22,}={0,2}$`)

// unseal opens what simple-encryptor sealed: JSON under AES-256-CBC, with the key's SHA-256
// for cipher and HMAC.
func unseal(sealed, key string) (string, bool) {
	if key == "" || !sealedText.MatchString(sealed) {
		return "", false
	}
	k := sha256.Sum256([]byte(key))
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(sealed[64:]))
	if hex.EncodeToString(mac.Sum(nil)) != sealed[:64] {
		return "", false
	}
	iv, err1 := hex.DecodeString(sealed[64:96])
	b, err2 := base64.StdEncoding.DecodeString(sealed[96:])
	block, err3 := aes.NewCipher(k[:])
	if err1 != nil || err2 != nil || err3 != nil || len(b) == 0 || len(b)%aes.BlockSize != 0 {
		return "", false
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad == 0 || pad > aes.BlockSize {
		return "", false
	}
	return string(b[:len(b)-pad]), true
}
