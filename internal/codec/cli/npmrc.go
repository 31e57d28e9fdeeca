package cli

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// npmrcDecoder reads the configuration of npm, pnpm and yarn 1: one client a registry that
// has credentials, and one for what goes for all of them. Keys of a registry begin with
// "//host/path/:"; the old form has none, and goes to the registry that is set.
var npmrcDecoder = clientele.Decoder{
	Name: "npmrc", Paths: []string{".npmrc", "npmrc", "pnpm/rc", ".yarnrc", "pnpm/auth.ini"}, Decode: decodeNPMRC,
}

// npmWords are settings by what stands behind the registry.
var npmWords = map[string]string{
	"_authtoken": "token", "_auth": "basic", "_password": "base64", "username": "username", "email": "mail",
	"tokenhelper": "ref", "keyfile": "ref", "key": "private_key", "certfile": "", "registry": "url",
	"proxy": "proxy", "https-proxy": "proxy", "http-proxy": "proxy",
}

func decodeNPMRC(f clientele.File) ([]clientele.Part, error) {
	r := npmrc{tool: npmTool(f.Path), registries: map[string]*npmRegistry{}}
	for i, line := range strings.Split(string(f.Data), "\n") {
		r.setting(line, i+1)
	}
	var parts []clientele.Part
	for _, reg := range r.order {
		reg.c.leave(reg.b)
		if reg.c.solid {
			parts = append(parts, reg.c.done())
		}
	}
	return parts, nil
}

func npmTool(path string) clientele.Tool {
	switch p := strings.ToLower(path); {
	case strings.Contains(p, "pnpm/"):
		return "pnpm"
	case strings.HasSuffix(p, ".yarnrc"):
		return "yarn"
	}
	return "npm"
}

// npmrc gathers a file's registries, in the order in which they come up.
type npmrc struct {
	tool       clientele.Tool
	registries map[string]*npmRegistry
	order      []*npmRegistry
}

type npmRegistry struct {
	c *client
	b *block
}

func (r *npmrc) setting(line string, at int) {
	key, val := npmPair(line)
	registry, name := npmKey(key)
	m := meanings[npmWords[strings.ToLower(name)]]
	if strings.HasPrefix(key, "@") {
		m = meanings["link"] // a scope's registry; what signs in there has a key of its own
	}
	if m == nil || val == "" || len(r.order) >= maxRequests {
		return
	}
	reg := r.registry(registry, at)
	m(reg.c, reg.b, value{name: name, chain: reg.b.chain, node: scalar(val, at)})
}

// registry is the client of a registry; of "" that of the settings that go for all.
func (r *npmrc) registry(name string, line int) *npmRegistry {
	if reg := r.registries[name]; reg != nil {
		return reg
	}
	c := newClient(r.tool, "npmrc", name, line)
	c.place, c.part.Syntax = clientele.InSetting, clientele.SyntaxShell
	reg := &npmRegistry{c: c, b: c.enter(nil, line)}
	if c.part.Name = "default registry"; name != "" {
		c.part.Name = strings.Trim(name, "/")
		reg.b.chain, reg.b.host = []string{name}, dsn.HostOf(name)
	}
	r.registries[name], r.order = reg, append(r.order, reg)
	return reg
}

// npmPair splits a line: key=value, or "key" "value" as yarn 1 writes it.
func npmPair(line string) (key, val string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' || line[0] == ';' {
		return "", ""
	}
	key, val, ok := strings.Cut(line, "=")
	if i := strings.IndexAny(line, " \t"); i > 0 && (!ok || i < len(key)-1) && !strings.HasPrefix(strings.TrimSpace(line[i:]), "=") {
		key, val = line[:i], line[i:]
	}
	return strings.Trim(strings.TrimSpace(key), `"'`), strings.Trim(strings.TrimSpace(val), `"'`)
}

// npmKey splits "//host/path/:_authToken" into registry and name. "@scope:registry" belongs
// to no registry of its own.
func npmKey(key string) (registry, name string) {
	i := strings.LastIndexByte(key, ':')
	switch {
	case strings.HasPrefix(key, "//") && i > 1:
		return key[:i], key[i+1:]
	case strings.HasPrefix(key, "@") && i > 0:
		return "", key[i+1:]
	}
	return "", key
}
