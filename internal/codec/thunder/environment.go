package thunder

import (
	"cmp"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeEnvironments reads the environments: all in one file in version 1, one file each in
// version 2. The global one holds for every request; the local one is meant to stay on the
// machine, also where the others are shared through git.
func decodeEnvironments(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if exported(n) {
		return nil, nil // an export, which has a decoder of its own
	}
	return environments(n), err
}

// environments reads one environment, or a list of them.
func environments(n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	list := n.Items()
	if len(list) == 0 {
		list = []*doc.Node{n}
	}
	for _, e := range list {
		if e.Has("data") || e.Has("variables") {
			parts = append(parts, environment(e, len(list) > 1))
		}
	}
	return parts
}

func environment(n *doc.Node, several bool) clientele.Part {
	name := n.First("name", "environmentName").Str()
	b := newBuilder("environment", name, clientele.Supplies)
	b.Line = max(n.Line, 1)
	if several {
		b.Bind.Key = cmp.Or(n.Get("_id").Str(), name)
	}
	scope := "environment"
	switch { // the global and the local one stand beside whichever environment is chosen
	case n.Get("global").True():
		scope = "global"
	case n.Get("local").True():
		scope = "local"
		b.Sync = append(b.Sync, clientele.Sync{Mode: clientele.SyncLocal, Detail: "the local environment is not meant to be shared"})
	default:
		b.Environment = name
	}
	data := cmp.Or(n.Get("data"), n.Get("variables"))
	for _, r := range data.Items() {
		v := r.Get("value")
		b.Variables = append(b.Variables, clientele.Variable{
			Name: r.Get("name").Str(), Value: v.Secret(), Scope: scope, Set: name,
			Chain: []string{cmp.Or(name, "environment"), "variables"}, Line: v.LineOr(r.Line),
			Dormant: r.Get("isDisabled").True(), Marked: r.First("isSecret", "secret").True(),
		})
	}
	for _, f := range n.Fields() { // the name of the field with the linked file is not documented
		if f.Kind == doc.String && f.Key != "name" && (strings.HasSuffix(f.Text, ".env") || strings.Contains(f.Text, ".env.")) {
			b.Links = append(b.Links, clientele.Link{Rel: clientele.UsesVars, Path: f.Text})
		}
	}
	return b.Part
}

// decodeCookies reads the cookie jar: whatever has a name, or key, and a value.
func decodeCookies(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	b := newBuilder("cookies", "Thunder Client cookies", clientele.Member)
	b.recorded = true
	n.Walk(func(_ []string, c *doc.Node) bool {
		name := c.First("key", "name").Str()
		if name == "" || !c.Has("value") {
			return true
		}
		host := strings.TrimPrefix(c.First("domain", "host").Str(), ".")
		v := c.Get("value")
		s := clientele.Slot{
			Place: clientele.InCookie, Name: name, Chain: below([]string{"cookies"}, cmp.Or(host, "any host")),
			Value: v.Secret(), Line: v.LineOr(c.Line), Host: host,
		}
		s.ExpiresAt, _ = time.Parse(time.RFC3339, c.First("expires", "expiry").Str())
		b.slot(s)
		return false
	})
	if len(b.Slots) == 0 {
		return nil, err
	}
	return b.parts(), err
}
