package cli

import (
	"strings"

	"github.com/clientele/clientele"
)

// bundled is a setting of Bundler whose name holds a host, dots as "__" and hyphens as "___":
// user:password, or a token, for that host. Options of gems are written the same way.
func bundled(c *client, b *block, v value) {
	name := strings.TrimPrefix(v.name, "BUNDLE_")
	prefix, more, _ := strings.Cut(name, "__")
	s := v.text()
	switch prefix {
	case "BUILD", "LOCAL", "MIRROR", "DISABLE_LOCAL_BRANCH_CHECK":
		address(c, b, v)
		return
	case "GEM":
		if !strings.Contains(more, "__") {
			return
		}
	}
	host := strings.ToLower(strings.NewReplacer("___", "-", "__", ".").Replace(name))
	b.host, c.part.Name = host, host
	c.scheme = "basic"
	if strings.Contains(s, ":") {
		ident(c, b, v)
		return
	}
	c.slot(v.slot(clientele.Token))
}
