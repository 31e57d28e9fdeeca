package bruno

import (
	"cmp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// managerRoles are the credentials with which a secret manager is opened, by folded name.
var managerRoles = map[string]clientele.Role{
	"token": clientele.Token, "accesstoken": clientele.Token, "sessiontoken": clientele.Token,
	"roleid": clientele.Identifier, "secretid": clientele.ClientSecret,
	"clientid": clientele.OAuthClientID, "clientsecret": clientele.ClientSecret,
	"accesskeyid": clientele.Identifier, "secretaccesskey": clientele.SecretKey,
	"username": clientele.Username, "password": clientele.Password,
	"privatekey": clientele.PrivateKey, "certificatepassword": clientele.Passphrase,
}

// decodeSecretManager reads secrets.json beside a collection: how a secret manager is
// reached, and which of its secrets the collection takes. Bruno 4 keeps this in the
// environments. The app's data folder has a file of the same name and another shape.
func decodeSecretManager(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	kind := n.Get("type").Str()
	if kind == "" || n.Get("data") == nil && n.Get("cli") == nil {
		return nil, nil
	}
	b := newBuilder("bruno secret manager", "", clientele.Member)
	for _, section := range n.Fields() {
		if section.Key != "data" {
			b.manager([]string{"secrets.json", section.Key}, section, 0)
		}
	}
	for _, d := range n.Get("data").Items() {
		b.managed(kind, d)
	}
	return b.parts(), err
}

// manager adds the credentials below n, wherever they lie: the shape differs by product.
func (b *builder) manager(chain []string, n *doc.Node, depth int) {
	who := n.First("roleId", "clientId", "accessKeyId", "username").Str()
	for _, f := range n.Fields() {
		if len(f.Fields()) > 0 && depth < 10 {
			b.manager(below(chain, f.Key), f, depth+1)
			continue
		}
		role, ok := managerRoles[fold(f.Key)]
		if !ok {
			continue
		}
		s := clientele.Slot{
			Place: clientele.InAuth, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line,
		}
		if role.Secret() {
			s.Principal = who
		}
		b.slot(s)
	}
	if who != "" {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: "custom", Principal: who, Kind: clientele.Machine,
			Location: clientele.Location{Path: chain, Line: n.Line},
		})
	}
}

// managed adds the secrets that an environment takes from the manager. What is listed of
// each are its path and the names of its keys.
func (b *builder) managed(kind string, n *doc.Node) {
	env := n.Get("environment").Str()
	for _, s := range n.Get("secrets").Items() {
		where := s.First("path", "secretName", "name", "vaultName").Str()
		name := s.First("name", "secretName").Str()
		if name == "" {
			continue
		}
		b.Variables = append(b.Variables, clientele.Variable{
			Name: "$secrets." + name, Scope: "environment", Set: env,
			Chain: []string{"secrets.json", "data", cmp.Or(env, "all environments")}, Line: s.Line,
			Marked: true, External: kind + ": " + where,
		})
	}
}
