package agent

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeConfig reads any file that declares MCP servers or settles what an agent may do.
func decodeConfig(f clientele.File) ([]clientele.Part, error) {
	root, err := tree(f)
	if root == nil || root.Kind != doc.Map {
		return nil, nil
	}
	p := owning(f.Path, func(p product) []string { return p.config })
	r := reader{product: p, file: f.Path, declared: map[*doc.Node]bool{}}
	r.find(root, nil, 0)
	if len(r.declared) == 0 && path.Base(f.Path) == ".mcp.json" {
		r.declare(root, []string{"mcpServers"}) // a plugin's file has no wrapper
	}
	if p.tool == anyAgent.tool && len(r.parts) == 0 {
		return nil, nil
	}
	parts := append(r.parts, r.settings(root)...)
	if len(parts) == 0 {
		return nil, nil // with the fault of a file that says nothing of agents
	}
	return parts, err
}

// tree reads the file by its name's ending, and what ends otherwise as JSON if it begins so.
func tree(f clientele.File) (*doc.Node, error) {
	switch ext := strings.ToLower(path.Ext(f.Path)); ext {
	case ".toml":
		return doc.TOML(f.Data)
	case ".yaml", ".yml":
		docs, err := doc.YAML(f.Data)
		if len(docs) == 0 {
			return nil, err
		}
		return docs[0], err
	}
	if text := bytes.TrimLeft(f.Data, " \t\r\n"); len(text) == 0 || !strings.ContainsRune("{[/", rune(text[0])) {
		return nil, nil
	}
	return doc.JSON(f.Data)
}

// reader reads one configuration file.
type reader struct {
	product
	file     string
	parts    []clientele.Part
	declared map[*doc.Node]bool // maps of servers, which are no settings
}

// find looks for declarations of servers, which stand at different depths: in ~/.claude.json
// below projects and their paths, in a dev container below customizations.vscode.mcp.
func (r *reader) find(n *doc.Node, chain []string, depth int) {
	if depth > 8 {
		return
	}
	for _, k := range n.Fields() {
		here := with(chain, k.Key)
		switch plain(k.Key) {
		case "mcpservers", "contextservers", "agentservers", "modelcontextprotocolservers":
			if len(k.Kids) > 0 && !holdsOnly(k, "mcpServers") {
				r.declare(k, here)
				continue
			}
		case "servers", "mcp", "extensions":
			if r.tool != anyAgent.tool && k.Kind == doc.Map && likeServers(k) {
				r.declare(k, here)
				continue
			}
		}
		r.find(k, here, depth+1)
	}
}

// holdsOnly reports whether a map is a second wrapper: {"mcpServers": {"mcpServers": {…}}}.
func holdsOnly(n *doc.Node, key string) bool {
	return len(n.Fields()) == 1 && n.Fields()[0].Key == key && !likeServer(n.Fields()[0])
}

func likeServers(n *doc.Node) bool {
	for _, k := range n.Fields() {
		if likeServer(k) {
			return true
		}
	}
	return false
}

// likeServer tells an MCP server by what it is started or called with.
func likeServer(n *doc.Node) bool {
	return n.First("command", "cmd", "args", "url", "serverUrl", "httpUrl", "uri") != nil ||
		n.Get("type").IsScalar() && n.Get("enabled") != nil
}

// declare makes a part of each server in a map or list.
func (r *reader) declare(list *doc.Node, chain []string) {
	r.declared[list] = true
	strict := plain(chain[len(chain)-1]) != "mcp" && list.Kind == doc.Map
	for _, n := range list.Kids {
		if n.Kind != doc.Map || !strict && !likeServer(n) && list.Kind == doc.Map {
			continue
		}
		name := n.Key
		if list.Kind == doc.List {
			if name = n.First("name", "id", "title").Str(); name == "" {
				name = packageOf(words(n))
			}
		}
		r.parts = append(r.parts, r.server(n, with(chain[:len(chain)-1], name)))
	}
}
