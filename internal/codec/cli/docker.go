package cli

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// dockerDecoder reads the file in which Docker, Podman, Helm, skopeo and the Kubernetes
// "dockerconfigjson" secrets keep registry logins: one client a registry, and one for what
// the file sets for all of them (proxies, headers).
var dockerDecoder = clientele.Decoder{
	Name: "docker config",
	Paths: []string{
		".docker/config.json", "docker/config.json", "containers/auth.json", ".dockercfg", ".dockerconfigjson",
		"helm/registry/config.json", "registry/config.json", "kaniko/config.json",
	},
	Decode: decodeDocker,
}

func decodeDocker(f clientele.File) ([]clientele.Part, error) {
	root, err := readJSON(f.Data)
	auths := root.Get("auths")
	if auths == nil && strings.HasSuffix(strings.ToLower(f.Path), ".dockercfg") {
		auths = root // the form before 2015 has the registries at the top
	}
	if auths == nil && !root.Has("credsStore") && !root.Has("credHelpers") && !root.Has("proxies") {
		return nil, nil
	}
	tool := dockerTool(f.Path)
	var parts []clientele.Part
	seen := map[string]bool{}
	for _, k := range auths.Fields() {
		if k.Kind == doc.Map && k.Key != "" && len(parts) < maxRequests {
			seen[k.Key] = true
			parts = append(parts, registry(tool, root, k))
		}
	}
	for _, k := range root.Get("credHelpers").Fields() {
		if !seen[k.Key] && len(parts) < maxRequests {
			c := newClient(tool, "registry login", k.Key, k.Line)
			c.helper(k, "credHelpers")
			parts = append(parts, c.done())
		}
	}
	if c := dockerSettings(tool, root); len(c.part.Slots) > 0 {
		parts = append(parts, c.done())
	}
	return parts, err
}

func dockerTool(path string) clientele.Tool {
	switch p := strings.ToLower(path); {
	case strings.Contains(p, "containers/"):
		return "podman"
	case strings.Contains(p, "registry/config.json"):
		return "helm"
	}
	return "docker"
}

func registry(tool clientele.Tool, root, k *doc.Node) clientele.Part {
	c := newClient(tool, "registry login", k.Key, k.Line)
	c.scheme = "basic"
	b := c.enter([]string{"auths", k.Key}, k.Line)
	b.host = dsn.HostOf(k.Key)
	for _, f := range k.Fields() {
		word := map[string]string{
			"auth": "basic", "username": "username", "password": "password", "identitytoken": "refresh_token",
			"registrytoken": "token", "email": "mail",
		}[strings.ToLower(f.Key)]
		if m := meanings[word]; m != nil && f.IsScalar() && f.Str() != "" {
			m(c, b, value{name: f.Key, chain: b.chain, node: f})
		}
	}
	c.leave(b)
	if !c.solid { // the entry of a login that a helper keeps is empty
		if h := root.Get("credHelpers", k.Key); h != nil {
			c.helper(h, "credHelpers")
		} else {
			c.helper(root.Get("credsStore"))
		}
	}
	return c.done()
}

// helper says that a program docker-credential-NAME keeps the secret.
func (c *client) helper(n *doc.Node, chain ...string) {
	if n.IsScalar() && n.Str() != "" {
		name := n.Key
		if len(chain) > 0 {
			name = "credHelper"
		}
		reference(c, nil, value{name: name, chain: chain, node: n})
	}
}

func dockerSettings(tool clientele.Tool, root *doc.Node) *client {
	c := newClient(tool, "docker settings", "settings", 1)
	for _, h := range root.Get("HttpHeaders").Fields() {
		if h.IsScalar() {
			c.slot(clientele.Slot{Place: clientele.InHeader, Name: h.Key, Chain: []string{"HttpHeaders"}, Value: h.Secret(), Line: h.Line})
		}
	}
	for _, host := range root.Get("proxies").Fields() {
		for _, p := range host.Fields() {
			if p.IsScalar() && !strings.EqualFold(p.Key, "noProxy") {
				proxy(c, nil, value{name: p.Key, chain: []string{"proxies", host.Key}, node: p})
			}
		}
	}
	return c
}
