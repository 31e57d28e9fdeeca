package dotenv

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// others begin the settings of VS Code that decoders of their own read: connections of
// database extensions, environments of REST Client, what agents may do.
var others = []string{
	"sqltools.", "mssql.connections", "datasource.", "rest-client.environmentvariables", "chat.", "mcp", "claude", "cline", "roo-cline", "kilo-code",
	"github.copilot", "continue.", "cody.", "thunder-client.",
}

// decodeEditor reads the few settings of an editor that hold credentials: the proxy, the
// variables of its terminal, and what extensions are given under a name that says so. The
// rest of the file says nothing of a client.
func decodeEditor(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	b := &builder{clientele.Part{
		Tool: "vscode", Kind: clientele.CLI, Format: "editor settings", Name: "VS Code settings", Line: 1, Syntax: clientele.SyntaxMCP,
		Bind: clientele.Bind{Key: "settings"},
	}}
	for _, settings := range []*doc.Node{root, root.Get("settings")} {
		for _, k := range settings.Fields() {
			if k.Key != "settings" && !ofOthers(k.Key) {
				b.setting(k, nil)
			}
		}
	}
	return b.parts(), err
}

func ofOthers(key string) bool {
	key = strings.ToLower(key)
	for _, o := range others {
		if strings.HasPrefix(key, o) {
			return true
		}
	}
	return false
}

// setting reads a setting and those below it.
func (b *builder) setting(n *doc.Node, chain []string) {
	switch name := lastName(n.Key); {
	case n.Kind == doc.Map || n.Kind == doc.List:
		if n.Key != "" {
			chain = append(chain[:len(chain):len(chain)], n.Key)
		}
		for _, k := range n.Kids {
			b.setting(k, chain)
		}
	case n.Kind != doc.String || n.Text == "":
	case n.Key == "http.proxy" && strings.Contains(n.Text, "@"):
		b.Slots = append(b.Slots, clientele.Slot{Place: clientele.InProxy, Name: n.Key, Chain: chain, Value: n.Secret(), Line: n.Line})
	case saysSecret(name):
		b.Slots = append(b.Slots, clientele.Slot{Place: clientele.InSetting, Name: n.Key, Chain: chain, Value: n.Secret(), Line: n.Line})
	}
}

// saysSecret reports whether a setting is a credential by the end of its name.
func saysSecret(name string) bool {
	for _, w := range []string{"password", "passwd", "passphrase", "token", "apikey", "secret", "secretkey", "accesskey", "privatekey", "clientsecret", "licensekey"} {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	return false
}
