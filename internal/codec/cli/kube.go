package cli

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// kubeDecoder reads kubeconfig files: one client a context, which joins a cluster and a
// user. A user whom no context names is a client of its own, and dormant.
var kubeDecoder = clientele.Decoder{
	Name: "kubeconfig",
	Paths: []string{
		".kube/config", ".kube/*.y*ml", ".kube/*.conf*", "kubeconfig", "*.kubeconfig", "*kubeconfig*.y*ml", "kubeconfig.json",
		"kubernetes/*.conf", "k3s/k3s.yaml",
	},
	Marks:  []string{"current-context:", `"current-context"`},
	Decode: decodeKube,
}

func decodeKube(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("users")) || !bytes.Contains(f.Data, []byte("clusters")) {
		return nil, nil
	}
	docs, err := doc.YAML(f.Data)
	var parts []clientele.Part
	for _, root := range docs {
		if root.Has("users") && root.Has("clusters") {
			parts = append(parts, kubeContexts(root)...)
		}
	}
	if parts == nil && !kubeName(f.Path) {
		err = nil // another file that mentions one
	}
	return parts, err
}

// kubeName reports whether a file is a kubeconfig by its name, whatever is in it.
func kubeName(file string) bool {
	dir, base := path.Split(strings.ToLower(file))
	return strings.Contains(base, "kubeconfig") && !prose(base) || base == "config" && strings.HasSuffix(dir, ".kube/")
}

func kubeContexts(root *doc.Node) []clientele.Part {
	clusters, users := byName(root, "clusters", "cluster"), byName(root, "users", "user")
	used := map[string]bool{}
	var parts []clientele.Part
	for _, k := range root.Get("contexts").Items() {
		if len(parts) >= maxRequests {
			break
		}
		ctx, name := k.Get("context"), k.Get("name").Str()
		user := ctx.Get("user").Str()
		c := newClient("kubectl", "kubeconfig", name, k.Line)
		c.cluster(clusters[ctx.Get("cluster").Str()], []string{"clusters", ctx.Get("cluster").Str()})
		if u := users[user]; u != nil && len(used) < maxRequests {
			used[user] = true
			c.user(u, user)
		}
		if len(c.part.Slots)+len(c.part.Requests) > 0 { // it may name what is no longer there
			parts = append(parts, c.done())
		}
	}
	for _, k := range root.Get("users").Items() {
		name := k.Get("name").Str()
		if used[name] || len(parts) >= maxRequests {
			continue
		}
		c := newClient("kubectl", "kubeconfig", "user "+name, k.Line)
		c.user(k.Get("user"), name)
		for i := range c.part.Slots {
			c.part.Slots[i].Dormant = true
		}
		if c.solid {
			parts = append(parts, c.done())
		}
	}
	return parts
}

// byName are the elements of a list of {name, field}, by name.
func byName(root *doc.Node, list, field string) map[string]*doc.Node {
	all := map[string]*doc.Node{}
	for _, k := range root.Get(list).Items() {
		if n := k.Get(field); n != nil {
			all[k.Get("name").Str()] = n
		}
	}
	return all
}

func (c *client) cluster(n *doc.Node, chain []string) {
	if s := n.Get("server"); s.Str() != "" {
		c.request(chain, s.Str(), s.Line)
	}
	if p := n.Get("proxy-url"); p.Str() != "" {
		proxy(c, nil, value{name: p.Key, chain: chain, node: p})
	}
}

// kubeUser are the fields of a user. Certificates are public; a path leads to a secret.
var kubeUser = map[string]string{
	"token": "token", "tokenFile": "ref", "client-key-data": "pem64", "client-key": "ref",
	"username": "username", "password": "password",
}

// kubeProvider are those of auth-provider.config, as its plug-ins oidc, gcp and azure have them.
var kubeProvider = map[string]string{
	"client-id": "client_id", "client-secret": "client_secret", "id-token": "id_token", "refresh-token": "refresh_token",
	"access-token": "token", "idp-issuer-url": "issuer", "expiry": "expires", "expires-on": "expires",
	"extra-scopes": "scope", "scopes": "scope", "tenant-id": "issuer", "cmd-path": "ref",
}

func (c *client) user(n *doc.Node, name string) {
	b := c.enter([]string{"users", name}, lineOf(n))
	for _, r := range c.part.Requests {
		b.host = dsn.HostOf(r.URL.Reveal())
	}
	b.who = name
	c.known(b, n, kubeUser)
	p := n.Get("auth-provider")
	in := c.enter(under(b.chain, "auth-provider "+p.Get("name").Str()), p.LineOr(b.line))
	c.known(in, p.Get("config"), kubeProvider)
	c.leave(in)
	if e := n.Get("exec"); e != nil {
		c.exec(b, e)
	}
	if n.Has("client-key-data") || n.Has("client-key") {
		c.scheme = "mtls"
	}
	c.leave(b)
}

// known takes the fields that words gives a meaning.
func (c *client) known(b *block, n *doc.Node, words map[string]string) {
	for _, k := range n.Fields() {
		if m := meanings[words[k.Key]]; m != nil && k.IsScalar() && k.Str() != "" {
			m(c, b, value{name: k.Key, chain: b.chain, node: k})
		}
	}
}

// exec is a program that hands out tokens. Its arguments and environment may hold secrets.
func (c *client) exec(b *block, e *doc.Node) {
	n := scalar(strings.TrimSpace(shellWord(e.Get("command").Str())+" "+joined(e.Get("args"))), e.Line)
	command(c, b, value{name: "exec", chain: b.chain, node: n})
	for _, v := range e.Get("env").Items() {
		c.slot(clientele.Slot{
			Place: clientele.InEnv, Name: v.Get("name").Str(), Chain: under(b.chain, "exec", "env"),
			Value: v.Get("value").Secret(), Line: lineOf(v.Get("value")),
		})
	}
}

// shellWord quotes a word for a shell, where that is needed.
func shellWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n\"'`$&|;<>()*?[]#~\\!{}") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// argoDecoder reads the Argo CD CLI's configuration, which is made like a kubeconfig.
var argoDecoder = clientele.Decoder{
	Name: "argocd config", Paths: []string{"argocd/config", ".argocd/config"}, Decode: decodeArgo,
}

func decodeArgo(f clientele.File) ([]clientele.Part, error) {
	root, err := readYAML(f.Data)
	if !root.Has("users") || !root.Has("servers") {
		return nil, nil
	}
	users := map[string]*doc.Node{}
	for _, u := range root.Get("users").Items() {
		users[u.Get("name").Str()] = u
	}
	var parts []clientele.Part
	for _, k := range root.Get("contexts").Items() {
		u := users[k.Get("user").Str()]
		if u == nil || len(parts) >= maxRequests {
			continue
		}
		c := newClient("argocd", "argocd context", k.Get("name").Str(), k.Line)
		c.scheme = "bearer"
		b := c.enter([]string{"users", u.Get("name").Str()}, u.Line)
		b.who, b.host = u.Get("name").Str(), dsn.HostOf(k.Get("server").Str())
		c.known(b, u, map[string]string{"auth-token": "token", "refresh-token": "refresh_token"})
		c.leave(b)
		c.request([]string{"servers"}, "https://"+k.Get("server").Str(), k.Line)
		parts = append(parts, c.done())
	}
	return parts, err
}
