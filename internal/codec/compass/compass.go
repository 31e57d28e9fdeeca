// Package compass reads the connections of MongoDB Compass: one JSON file each in its data
// folder, and the "Compass Connections" file that it exports.
//
// The secrets of a stored connection are sealed with the system's keychain and stand in
// connectionSecrets, the connection string without them beside it. Connections that were
// never sealed, and exports made without a passphrase, hold the plain string. What OIDC
// signed in with is a token cache in base64.
//
// Sources: mongodb-js/compass (connection-storage, connection-info), mongodb-js/oidc-plugin;
// mongodb.com/docs/compass "Import and Export Saved Connections".
package compass

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "compass"

// Decoders are the formats of Compass.
var Decoders = []clientele.Decoder{
	{Name: "compass connection", Paths: []string{"Connections/*.json"}, Decode: decodeStored},
	{Name: "compass export", Marks: []string{`"Compass Connections"`}, Decode: decodeExport},
}

// decodeStored reads one stored connection, of the present model or of that before 1.31.
func decodeStored(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("connectionInfo")) && !bytes.Contains(f.Data, []byte("mongodb")) {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	if info := root.Get("connectionInfo"); info != nil {
		return []clientele.Part{connection(info, root.Get("connectionSecrets"), "connection")}, err
	}
	if root.Get("hostname") != nil && root.Get("_id") != nil {
		return []clientele.Part{legacy(root)}, err
	}
	return nil, nil
}

// decodeExport reads an export.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	if root.Get("type").Str() != "Compass Connections" {
		return nil, nil
	}
	var parts []clientele.Part
	for _, n := range root.Get("connections").Items() {
		parts = append(parts, connection(n, n.Get("connectionSecrets"), "export"))
	}
	return parts, err
}

// builder gathers the part of one connection.
type builder struct{ clientele.Part }

func begin(name, id, format string, line int) *builder {
	if name == "" {
		name = id
	}
	return &builder{clientele.Part{
		Tool: tool, Kind: clientele.DataStoreClient, Format: format, Name: name, Line: line, Bind: clientele.Bind{Key: id},
	}}
}

func connection(info, secrets *doc.Node, format string) clientele.Part {
	o := info.Get("connectionOptions")
	b := begin(info.Get("favorite", "name").Str(), info.Get("id").Str(), format, info.LineOr(1))
	url := o.Get("connectionString")
	if url.Str() != "" {
		b.Requests = append(b.Requests, clientele.Request{
			Chain: []string{b.Name}, URL: url.Secret(), Line: url.Line, Auth: &clientele.Auth{Scheme: scheme(url.Str())},
		})
	}
	if secrets.Str() != "" {
		b.slot(secrets, clientele.OtherSecret, "", clientele.Encrypted)
	}
	tunnel := o.Get("sshTunnel")
	b.block(tunnel, "sshTunnel", tunnel.Get("username").Str(), tunnel.Get("host").Str())
	b.encryption(o.Get("fleOptions", "autoEncryption"))
	b.tokens(o.Get("oidc", "serializedState"))
	b.Exports = []string{"database tool: any collection of " + b.Name}
	return b.Part
}

// scheme is how a connection string says that it signs in.
func scheme(url string) string {
	low := strings.ToLower(url)
	for _, m := range []struct{ in, scheme string }{
		{"mongodb-x509", "mtls"}, {"mongodb-oidc", "oauth2"}, {"mongodb-aws", "aws_sigv4"}, {"gssapi", "negotiate"},
	} {
		if strings.Contains(low, "authmechanism="+m.in) {
			return m.scheme
		}
	}
	if strings.Contains(url, "@") {
		return "basic"
	}
	return "none"
}

// roles says what the fields of tunnels and key management are.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "identityKeyPassphrase": clientele.Passphrase,
	"accessKeyId": clientele.Identifier, "secretAccessKey": clientele.SecretKey, "sessionToken": clientele.Token,
	"tenantId": clientele.Identifier, "clientId": clientele.OAuthClientID, "clientSecret": clientele.ClientSecret,
	"email": clientele.Username, "privateKey": clientele.PrivateKey, "key": clientele.SecretKey, "accessToken": clientele.Token,
	"tlsCertificateKeyFilePassword": clientele.Passphrase,
	"mongodbUsername":               clientele.Username, "mongodbPassword": clientele.Password,
	"ldapUsername": clientele.Username, "ldapPassword": clientele.Password,
	"kerberosPassword": clientele.Password, "x509Username": clientele.Username, "sslPass": clientele.Passphrase,
	"sshTunnelUsername": clientele.Username, "sshTunnelPassword": clientele.Password, "sshTunnelPassphrase": clientele.Passphrase,
	"proxyUsername": clientele.Username, "proxyPassword": clientele.Password,
}

// block reads the fields of a block for which there is a role.
func (b *builder) block(n *doc.Node, name, user, host string) {
	for _, f := range n.Fields() {
		role := roles[f.Key]
		if role == "" || !f.IsScalar() {
			continue
		}
		b.slot(f, role, name, "")
		if s := &b.Slots[len(b.Slots)-1]; role.Secret() {
			s.Principal, s.Host = user, host
		}
	}
}

func (b *builder) slot(f *doc.Node, role clientele.Role, block string, class clientele.Class) {
	chain := []string{b.Name}
	if block != "" {
		chain = append(chain, block)
	}
	b.Slots = append(b.Slots, clientele.Slot{
		Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line, Class: class,
	})
}

// encryption reads the keys of client-side field encryption: a block for each key service.
func (b *builder) encryption(auto *doc.Node) {
	for _, group := range []string{"kmsProviders", "tlsOptions"} {
		for _, kms := range auto.Get(group).Fields() {
			b.block(kms, group+"."+kms.Key, kms.First("accessKeyId", "clientId", "email").Str(), "")
		}
	}
	if key := auto.Get("kmsProviders", "local", "key", "$binary", "base64"); key.Str() != "" {
		b.slot(key, clientele.SecretKey, "kmsProviders.local.key", "")
	}
}

// tokens reads the state of the OIDC plugin: base64 of JSON with sets of tokens in it.
func (b *builder) tokens(state *doc.Node) {
	if state.Str() == "" {
		return
	}
	text, err := base64.StdEncoding.DecodeString(state.Str())
	root, _ := doc.JSON(text)
	found := false
	if err == nil {
		root.Walk(func(_ []string, n *doc.Node) bool {
			role := map[string]clientele.Role{
				"access_token": clientele.Token, "refresh_token": clientele.RefreshToken, "id_token": clientele.IDToken,
			}[n.Key]
			if role == "" || n.Str() == "" {
				return true
			}
			found = true
			b.slot(n, role, "oidc", clientele.Obfuscated)
			s := &b.Slots[len(b.Slots)-1]
			s.Place, s.Line = clientele.InTokenCache, state.Line
			return true
		})
	}
	if !found {
		b.slot(state, clientele.OtherSecret, "oidc", "")
	}
}

// legacy reads the model before 1.31: host, port and the fields of each way to sign in, of
// which authStrategy names the one in use.
func legacy(n *doc.Node) clientele.Part {
	b := begin(n.Get("name").Str(), n.Get("_id").Str(), "connection before 1.31", n.LineOr(1))
	host := n.Get("hostname").Str()
	address := host
	if port := n.Get("port").Str(); port != "" {
		address += ":" + port
	}
	url := "mongodb://" + address
	if n.Get("isSrvRecord").True() {
		url = "mongodb+srv://" + host
	}
	auth := "basic"
	if n.Get("authStrategy").Str() == "NONE" {
		auth = "none"
	}
	b.Requests = []clientele.Request{{
		Chain: []string{b.Name}, URL: clientele.Secret(url), Line: n.Get("hostname").LineOr(1), Auth: &clientele.Auth{Scheme: auth},
	}}
	user := n.First("mongodbUsername", "ldapUsername", "kerberosPrincipal", "x509Username").Str()
	b.block(n, "", user, host)
	for i := range b.Slots {
		if strings.HasPrefix(b.Slots[i].Name, "sshTunnel") {
			b.Slots[i].Principal, b.Slots[i].Host = n.Get("sshTunnelUsername").Str(), n.Get("sshTunnelHostname").Str()
		}
	}
	if user != "" {
		b.Identities = []clientele.Identity{{Scheme: auth, Principal: user, Issuer: host, Location: clientele.Location{Path: []string{b.Name}, Line: b.Line}}}
	}
	b.Exports = []string{"database tool: any collection on " + host}
	return b.Part
}
