// Package yaak reads what Yaak leaves in files: the YAML of a synced directory, one file a
// model (yaak.<id>.yaml), and exports in JSON. The application's own store is a SQLite
// database and is read elsewhere.
//
// The models' fields were checked with github.com/mountain-loop/yaak,
// crates/yaak-models/bindings/gen_models.ts. The models say nothing of what stands in
// authentication and body, which belong to plugins: those fields follow the tool's
// documentation and are otherwise inferred from their names. That sync directory and export
// have the fields of the store is an inference too.
package yaak

import (
	"bytes"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "yaak"

// Decoders are the formats of Yaak. A directory's files may be renamed; the application
// finds them by their content.
var Decoders = []clientele.Decoder{
	{Name: "yaak sync file", Paths: []string{"yaak.*.yaml", "yaak.*.yml", "yaak.*.json"},
		Marks: []string{"model: http_request", "model: grpc_request", "model: websocket_request"}, Decode: decodeSync},
	{Name: "yaak export", Marks: []string{`"yaakSchema"`}, Decode: decodeExport},
}

func newPart(format string, bind clientele.Bind) clientele.Part {
	return clientele.Part{Tool: tool, Kind: clientele.APIClient, Format: format, Syntax: clientele.SyntaxYaak, Bind: bind}
}

// decodeSync reads one model of a synced directory. The workspace's file makes a client of
// the directory, which the others join.
func decodeSync(f clientele.File) ([]clientele.Part, error) {
	n, err := model(f.Data)
	m := modelOf(n)
	if models[m] == nil {
		return nil, err
	}
	p := newPart("sync "+m, clientele.Bind{As: clientele.Member})
	p.Line = n.Line
	if m == "workspace" {
		p.Bind.As = clientele.Root
		p.Name, p.ExternalID = name(n), n.Get("id").Str()
	}
	at := climb(n, beside(f))
	models[m](&scribe{part: &p}, at, n)
	p.Sync = append(p.Sync, clientele.Sync{Mode: clientele.SyncGit, Detail: "directory sync"})
	return []clientele.Part{p}, err
}

func model(src []byte) (*doc.Node, error) {
	if bytes.HasPrefix(bytes.TrimLeft(src, " \t\r\n"), []byte("{")) {
		return doc.JSON(src)
	}
	docs, err := doc.YAML(src)
	if len(docs) == 0 {
		return nil, err
	}
	return docs[0], err
}

// modelOf is the sort of a model, which old files call type.
func modelOf(n *doc.Node) string {
	for _, field := range []string{"model", "type"} {
		if m := n.Get(field).Str(); models[m] != nil {
			return m
		}
	}
	return ""
}

func name(n *doc.Node) string { return n.Get("name").Str() }

// lookup finds a model by its id, or nil.
type lookup func(id string) *doc.Node

// beside finds models in the files beside f.
func beside(f clientele.File) lookup {
	return func(id string) *doc.Node {
		if f.Sibling == nil || id == "" || strings.ContainsAny(id, `/\`) {
			return nil
		}
		b, err := f.Sibling("yaak." + id + ".yaml")
		if err != nil {
			return nil
		}
		n, _ := model(b)
		return n
	}
}

// maxClimb bounds how many folders a model may lie in: a folder may be its own grandchild.
const maxClimb = 50

// spot is where a model stands: the names down to it, its own included, and the
// authentication that the folders and the workspace above it set.
type spot struct {
	chain []string
	above *clientele.Auth
}

func (s spot) at(names ...string) []string {
	return append(s.chain[:len(s.chain):len(s.chain)], names...)
}

// climb finds where a model stands.
func climb(n *doc.Node, find lookup) spot {
	at := spot{chain: []string{name(n)}}
	below := 0
	id, last := n.Get("folderId").Str(), n.Get("workspaceId").Str()
	for range maxClimb {
		up := find(id)
		if id == "" || up == nil {
			break
		}
		if t := up.Get("authenticationType"); at.above == nil && t.Str() != "" {
			at.above, below = &clientele.Auth{Scheme: scheme(t.Str())}, len(at.chain)
		}
		at.chain = append([]string{name(up)}, at.chain...)
		id = up.Get("folderId").Str()
	}
	if below > 0 {
		at.above.Chain = at.chain[:len(at.chain)-below]
	}
	if at.above == nil {
		at.above = fromWorkspace(id, find(last))
	}
	return at
}

// fromWorkspace is what holds where no folder decides. missing is the id of a folder that
// was not to be had.
func fromWorkspace(missing string, workspace *doc.Node) *clientele.Auth {
	switch t := workspace.Get("authenticationType").Str(); {
	case missing != "" || workspace == nil:
		return &clientele.Auth{Scheme: "inherit"}
	case t != "":
		return &clientele.Auth{Scheme: scheme(t), Chain: []string{name(workspace)}}
	}
	return &clientele.Auth{Scheme: "none"}
}

// decodeExport reads an export, which may hold several workspaces. Each is a part.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(f.Data, " \t\r\n"), []byte("{")) {
		return nil, nil
	}
	top, err := doc.JSON(f.Data)
	if top.Get("resources") == nil {
		return nil, nil
	}
	index := map[string]*doc.Node{}
	for _, list := range top.Get("resources").Fields() {
		for _, n := range list.Items() {
			index[n.Get("id").Str()] = n
		}
	}
	e := export{find: func(id string) *doc.Node { return index[id] }, parts: map[string]*clientele.Part{},
		format: "export schema " + top.Get("yaakSchema").Str()}
	for _, w := range top.Get("resources", "workspaces").Items() {
		e.part(w.Get("id").Str())
	}
	for _, list := range top.Get("resources").Fields() {
		for _, n := range list.Items() {
			e.read(list.Key, n)
		}
	}
	var all []clientele.Part
	for _, id := range e.order {
		all = append(all, *e.parts[id])
	}
	return all, err
}

type export struct {
	find   lookup
	parts  map[string]*clientele.Part
	order  []string
	format string
}

func (e *export) part(workspace string) *clientele.Part {
	p := e.parts[workspace]
	if p == nil {
		n := e.find(workspace)
		one := newPart(e.format, clientele.Bind{Key: workspace})
		one.Name, one.ExternalID, one.Line = name(n), workspace, n.LineOr(0)
		p = &one
		e.parts[workspace] = p
		e.order = append(e.order, workspace)
	}
	return p
}

// lists are the names of an export's lists, for models that do not say what they are.
var lists = map[string]string{
	"workspaces": "workspace", "folders": "folder", "environments": "environment", "httpRequests": "http_request",
	"grpcRequests": "grpc_request", "websocketRequests": "websocket_request", "cookieJars": "cookie_jar",
}

func (e *export) read(list string, n *doc.Node) {
	m := modelOf(n)
	if m == "" {
		m = lists[list]
	}
	if models[m] == nil {
		return
	}
	id := n.Get("workspaceId").Str()
	if m == "workspace" {
		id = n.Get("id").Str()
	}
	models[m](&scribe{part: e.part(id)}, climb(n, e.find), n)
}
