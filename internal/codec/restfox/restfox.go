// Package restfox reads Restfox: exports of a workspace or a folder (JSON), and the files of
// its file mode, in which each request is a file and _.json describes its folder.
//
// The fields of items, authentication and bodies were checked with
// github.com/flawiddsouza/Restfox, packages/ui/src/global.d.ts. The clients of a socket, the
// layout of a file workspace, and fields of authentication that are not in there are inferred.
package restfox

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "restfox"

// Decoders are the formats of Restfox. Insomnia's exports have the marks of the second one
// too, further down in the file; they are left alone.
var Decoders = []clientele.Decoder{
	{Name: "restfox export", Marks: []string{`"Restfox-`}, Decode: decodeExport},
	{Name: "restfox file", Paths: []string{"_.json"}, Marks: []string{`"_type": "request`, `"_type":"request`}, Decode: decodeFile},
}

func object(f clientele.File) (*doc.Node, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(f.Data, " \t\r\n"), []byte("{")) {
		return nil, nil
	}
	return doc.JSON(f.Data)
}

func newPart(format string, bind clientele.Bind) clientele.Part {
	return clientele.Part{Tool: tool, Kind: clientele.APIClient, Format: format, Syntax: clientele.SyntaxGeneric, Bind: bind, Line: 1}
}

// decodeExport reads a list of groups and requests, which name their parents by id, or hold
// their children.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	n, err := object(f)
	if !strings.HasPrefix(n.Get("exportedFrom").Str(), "Restfox") {
		return nil, nil
	}
	p := newPart("export", clientele.Bind{})
	p.Name = n.Get("name").Str()
	if first := n.Get("collection").At(0); p.Name == "" {
		p.Name = first.Get("name").Str()
	}
	index := map[string]*doc.Node{}
	for _, item := range n.Get("collection").Items() {
		index[item.Get("_id").Str()] = item
	}
	w := scribe{&p}
	w.environments("collection", nil, n)
	for _, item := range n.Get("collection").Items() {
		w.item(climb(item, index), item, 0)
	}
	for _, plugin := range n.Get("plugins").Items() {
		w.plugin(plugin)
	}
	return []clientele.Part{p}, err
}

// maxDepth bounds how many groups an item may lie in: a group may be its own grandchild.
const maxDepth = 50

// spot is where an item stands: the names down to it, its own included, and the
// authentication that the groups above it set.
type spot struct {
	chain []string
	above *clientele.Auth
}

func (s spot) at(names ...string) []string {
	return append(s.chain[:len(s.chain):len(s.chain)], names...)
}

func climb(n *doc.Node, index map[string]*doc.Node) spot {
	at := spot{chain: []string{n.Get("name").Str()}}
	below := 0
	for range maxDepth {
		if n = index[n.Get("parentId").Str()]; n == nil {
			break
		}
		if s, ok := scheme(n.Get("authentication")); ok && at.above == nil {
			at.above, below = &clientele.Auth{Scheme: s}, len(at.chain)
		}
		at.chain = append([]string{n.Get("name").Str()}, at.chain...)
	}
	if at.above != nil {
		at.above.Chain = at.chain[:len(at.chain)-below]
	}
	return at
}

// decodeFile reads a file of the file mode. The topmost _.json makes a client of its folder,
// which the files below join.
func decodeFile(f clientele.File) ([]clientele.Part, error) {
	n, err := object(f)
	group := strings.EqualFold(path.Base(f.Path), "_.json")
	if n.Has("resources") || !group && n.Get("_type").Str() != "request" || !n.Has("url") && n.Get("_type").Str() != "request_group" && !n.Has("environment") {
		return nil, nil
	}
	p := newPart("request file", clientele.Bind{As: clientele.Member})
	name := n.Get("name").Str()
	if name == "" {
		name = strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path))
	}
	if group {
		p.Format = "folder file"
		if _, err := f.Sibling("../_.json"); err != nil {
			p.Bind.As, p.Name = clientele.Root, path.Base(path.Dir(f.Path))
		}
		name = path.Base(path.Dir(f.Path))
	}
	w := scribe{&p}
	w.item(spot{chain: []string{name}, above: &clientele.Auth{Scheme: "inherit"}}, n, 0)
	if s, ok := scheme(n.Get("authentication")); group && ok {
		p.Auth = &clientele.Auth{Scheme: s}
	}
	return []clientele.Part{p}, err
}
