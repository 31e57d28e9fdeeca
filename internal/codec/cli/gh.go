package cli

import (
	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// ghDecoder reads the hosts of GitHub's CLI. Since 2.40 a host has several users, each with a
// token of its own, and the active one's is repeated above them. There is no token in the
// file when it is in the system's keyring.
var ghDecoder = clientele.Decoder{
	Name: "gh hosts", Paths: []string{"gh/hosts.yml", "github cli/hosts.yml"}, Decode: decodeGH,
}

func decodeGH(f clientele.File) ([]clientele.Part, error) {
	root, err := readYAML(f.Data)
	var parts []clientele.Part
	for _, h := range root.Fields() {
		if h.Kind != doc.Map || len(parts) >= maxRequests {
			continue
		}
		c := newClient("gh", "hosts", h.Key, h.Line)
		c.scheme = "bearer"
		b := c.enter([]string{h.Key}, h.Line)
		b.host = h.Key
		c.known(b, h, map[string]string{"user": "login", "oauth_token": "token"})
		for _, u := range h.Get("users").Fields() {
			c.ghUser(b, u)
		}
		c.leave(b)
		parts = append(parts, c.done())
	}
	return parts, err
}

// ghUser is one account of a host. Those that are not active are signed in all the same.
func (c *client) ghUser(b *block, u *doc.Node) {
	in := c.enter(under(b.chain, "users", u.Key), u.Line)
	in.who, in.kind = u.Key, clientele.Person
	c.owner(u.Key, "the account signed in with gh", 0.6)
	if t := u.Get("oauth_token"); t.Str() != "" {
		s := value{name: "oauth_token", chain: in.chain, node: t}.slot(clientele.Token)
		s.Dormant = u.Key != b.who
		c.slot(s)
	}
	c.leave(in)
}
