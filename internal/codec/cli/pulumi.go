package cli

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// pulumiStackDecoder reads the settings of a Pulumi stack, Pulumi.<stack>.yaml: plain values
// stand as they are, secret ones as "secure: v1:…", sealed with a passphrase or a cloud's key.
var pulumiStackDecoder = clientele.Decoder{
	Name: "pulumi stack", Paths: []string{"pulumi.*.yaml", "pulumi.*.yml"}, Decode: decodePulumiStack,
}

func decodePulumiStack(f clientele.File) ([]clientele.Part, error) {
	root, err := readYAML(f.Data)
	config := root.Get("config")
	if len(config.Fields()) == 0 {
		return nil, err
	}
	stack := path.Base(f.Path)
	stack = strings.TrimSuffix(stack[len("Pulumi."):], path.Ext(stack))
	c := newClient("pulumi", "stack settings", "", 1)
	c.part.Name, c.part.Environment, c.part.Bind = stack, stack, clientele.Bind{As: clientele.Member}
	for _, k := range config.Fields() {
		c.stackValue(k, k.Key, []string{"config"})
	}
	for _, key := range []string{"encryptedkey", "encryptionsalt"} {
		if n := root.Get(key); n.Str() != "" {
			sealed(c, nil, value{name: key, node: n})
		}
	}
	return []clientele.Part{c.done()}, err
}

func (c *client) stackValue(n *doc.Node, name string, chain []string) {
	if s := n.Get("secure"); s.IsScalar() {
		c.stackVariable(s, name, chain, clientele.Encrypted)
		return
	}
	if n.IsScalar() {
		c.stackVariable(n, name, chain, "")
	}
	for i, k := range n.Kids {
		c.stackValue(k, nameOf(k, i), under(chain, name))
	}
}

func (c *client) stackVariable(n *doc.Node, name string, chain []string, class clientele.Class) {
	if len(c.part.Variables) >= maxValues {
		return
	}
	c.part.Variables = append(c.part.Variables, clientele.Variable{
		Name: name, Value: n.Secret(), Scope: "environment", Chain: chain, Line: n.Line,
		Class: class, Marked: class == clientele.Encrypted,
	})
}
