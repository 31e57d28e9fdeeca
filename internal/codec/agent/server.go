package agent

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// server reads one MCP server. The chain leads to it, its name last.
func (r *reader) server(n *doc.Node, chain []string) clientele.Part {
	name := chain[len(chain)-1]
	g := gather{
		Part: clientele.Part{
			Tool: r.tool, Kind: clientele.Agent, Line: n.Line, Syntax: r.syntax(),
			Name: r.name + " › " + name,
			Bind: clientele.Bind{Key: strings.Join(chain, "/")},
		},
		chain:   []string{name},
		dormant: n.Get("disabled").True() || n.Get("enabled").False() || n.Get("isActive").False(),
	}
	if len(chain) > 2 && chain[0] == "projects" {
		g.Name = r.name + " › " + path.Base(chain[1]) + " › " + name
		g.chain = []string{chain[1], name}
	}
	g.server(n)
	if auth := g.scheme(n); auth != "" {
		for i := range g.Requests {
			g.Requests[i].Auth = &clientele.Auth{Scheme: auth}
		}
	}
	g.Format = "MCP server, " + transport(n)
	if pkg := packageOf(words(n)); pkg != "" {
		g.Format += ", " + pkg
	}
	return g.Part
}

// transport is how the server is reached.
func transport(n *doc.Node) string {
	kind := n.First("type", "transport", "transportType")
	switch {
	case kind.IsScalar():
		return strings.ToLower(kind.Str())
	case n.Get("transport", "type").IsScalar():
		return n.Get("transport", "type").Str()
	case n.First("command", "cmd") != nil:
		return "stdio"
	}
	return "http"
}

// words are the command line of a server: command and arguments.
func words(n *doc.Node) []*doc.Node {
	command := n.First("command", "cmd")
	var all []*doc.Node
	switch {
	case n.Get("transport").Fields() != nil:
		return words(n.Get("transport"))
	case command == nil:
	case command.Kind == doc.Map: // Zed: {"command": {"path": …, "args": […]}}
		all = append([]*doc.Node{command.Get("path")}, command.Get("args").Items()...)
	case command.Kind == doc.List: // OpenCode: ["npx", "-y", …]
		all = append(all, command.Items()...)
	default:
		all = append(all, command)
	}
	return append(all, n.Get("args").Items()...)
}

// server reads the fields of a server, and of the maps that some agents put between.
func (g *gather) server(n *doc.Node) {
	g.launch(words(n))
	for _, k := range n.Fields() {
		g.field(k)
	}
}

func (g *gather) field(k *doc.Node) {
	switch key := plain(k.Key); key {
	case "args", "cmd", "type", "name", "id", "title", "description", "cwd", "timeout", "disabled", "enabled", "source",
		"customuservars", "tools", "gallery", "version", "bundled", "displayname", "instructions", "includetools",
		"excludetools", "enabledtools", "disabledtools", "icon", "isactive":
	case "transport", "command":
		if k.Kind == doc.Map {
			g.env(k.Get("env"))
			g.headers(k.First("headers", "requestOptions"))
			g.urls(k)
		}
	case "requestoptions", "requestinit":
		g.headers(k.Get("headers"))
	case "env", "environment", "envs":
		g.env(k)
	case "headers", "httpheaders", "extraheaders":
		g.headers(k)
	case "envvars", "envkeys", "bearertokenenvvar":
		g.names(k)
	case "envhttpheaders":
		for _, e := range entries(k, clientele.InHeader) {
			e.value = "${" + e.value + "}"
			g.items([]item{e}, "headers")
		}
	case "envfile":
		g.Links = append(g.Links, clientele.Link{Rel: clientele.UsesVars, Path: k.Str()})
	case "headershelper":
		g.text(clientele.InSetting, "shell", k.Str(), k.Line, "headersHelper")
	case "oauth", "auth", "authentication", "authprovidertype", "targetserviceaccount", "targetaudience":
		g.signIn(k)
	case "url", "serverurl", "httpurl", "uri":
		if k.Str() != "" {
			g.call(k.Str(), k.Line)
		}
	default:
		if !g.approval(k) {
			g.loose(k)
		}
	}
}

func (g *gather) urls(n *doc.Node) {
	if u := n.First("url", "serverUrl", "httpUrl", "uri"); u.Str() != "" {
		g.call(u.Str(), u.Line)
	}
}

// env reads the environment given to a process.
func (g *gather) env(n *doc.Node) { g.items(entries(n, clientele.InEnv), "env") }

func (g *gather) headers(n *doc.Node) { g.items(entries(n, clientele.InHeader), "headers") }

// names reads the names of environment variables that are passed on. Their values are not in
// the file: each is a reference.
func (g *gather) names(n *doc.Node) {
	for _, k := range append(n.Items(), n) {
		name := k.Str()
		if k.Kind == doc.Map {
			name = k.Get("name").Str()
		}
		if name != "" {
			g.put(clientele.Slot{Place: clientele.InEnv, Name: name, Line: k.Line}, "${"+name+"}", "env")
		}
	}
}

// signIn reads the OAuth client that an agent uses with a server.
func (g *gather) signIn(n *doc.Node) {
	if plain(n.Key) == "targetserviceaccount" && n.Str() != "" {
		g.Identities = append(g.Identities, clientele.Identity{Scheme: "oauth2", Principal: n.Str(), Kind: clientele.Machine,
			Issuer: "google", Location: clientele.Location{Line: n.Line}})
	}
	if n.Kind == doc.Map {
		g.tokens(n, holder{}, with([]string{}, n.Key), clientele.InAuth)
	}
}

// loose reads a field that no agent is known to have: its strings may be anything.
func (g *gather) loose(n *doc.Node) {
	n.Walk(func(chain []string, k *doc.Node) bool {
		switch {
		case k.Kind != doc.String || k.Str() == "":
		case isURL(k.Str()):
			g.call(k.Str(), k.Line, with([]string{n.Key}, chain...)...)
		default:
			name := n.Key
			if len(chain) > 0 {
				name = chain[len(chain)-1]
			}
			g.put(clientele.Slot{Place: clientele.InSetting, Role: roles[plain(name)], Name: name, Line: k.Line}, k.Str(), n.Key)
		}
		return true
	})
}

// scheme is how the server's calls authenticate, as far as its fields tell.
func (g *gather) scheme(n *doc.Node) string {
	for _, headers := range []*doc.Node{n.Get("headers"), n.Get("http_headers"), n.Get("requestOptions", "headers")} {
		for _, h := range headers.Fields() {
			kind, _, _ := strings.Cut(h.Str(), " ")
			switch kind = strings.ToLower(kind); {
			case !strings.EqualFold(h.Key, "Authorization"):
				if telling(h.Key) {
					return "api_key"
				}
			case kind == "bearer" || kind == "basic":
				return kind
			default:
				return "custom"
			}
		}
	}
	switch {
	case n.Get("bearer_token_env_var") != nil:
		return "bearer"
	case n.First("oauth", "auth", "authProviderType") != nil:
		return "oauth2"
	}
	return ""
}
