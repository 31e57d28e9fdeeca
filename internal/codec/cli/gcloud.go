package cli

import (
	"strings"

	"github.com/clientele/clientele"
)

// actsAs is the address at which Google hands out tokens of another service account, whose
// name is part of it.
func actsAs(c *client, b *block, v value) {
	address(c, b, v)
	_, name, ok := strings.Cut(v.text(), "/serviceAccounts/")
	if name, _, _ = strings.Cut(name, ":"); ok && name != "" {
		machine(c, b, value{node: scalar(name, v.node.Line)})
	}
}

// ownClients begin the ids of OAuth clients that belong to Google's own tools. Their secrets
// are in the tools' source, and are none.
var ownClients = []string{"764086051850-", "32555940559."}

func googleSecret(c *client, _ *block, v value) {
	role := clientele.ClientSecret
	for _, own := range ownClients {
		if strings.HasPrefix(v.in.Fold("client_id").Str(), own) {
			role = clientele.NotSecret
		}
	}
	c.slot(v.slot(role))
}
