// Package altair reads Altair, the GraphQL client: windows and environments (.agx),
// collections (.agc) and backups of its store (.agbkp). It also reads documents of RapidAPI
// for Mac, once called Paw, as far as they are text (see rapidapi.go).
//
// Exported windows, collections and the types of authorization were checked with
// github.com/altair-graphql/altair, packages/altair-core/src/types/state. What the types leave
// open is inferred from the tool's documentation: the data of an authorization, the layout
// of environments and backups.
package altair

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "altair"

// Decoders are the formats of Altair, and RapidAPI's.
var Decoders = []clientele.Decoder{
	{Name: "altair file", Paths: []string{"*.agc", "*.agx", "*.agbkp"},
		Marks: []string{`"subscriptionConnectionParams"`, `"variablesJson"`}, Decode: decode},
	{Name: "rapidapi document", Paths: []string{"*.paw", "*.rapidapi"}, Decode: decodeRapidAPI},
}

// maxDepth bounds how deep windows are looked for in a backup.
const maxDepth = 20

func decode(f clientele.File) ([]clientele.Part, error) {
	first := bytes.TrimLeft(f.Data, " \t\r\n")
	if !bytes.HasPrefix(first, []byte("{")) && !bytes.HasPrefix(first, []byte("[")) {
		return nil, nil
	}
	n, err := doc.JSON(f.Data)
	r := reader{file: strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path))}
	r.find(n, 0)
	if len(r.parts) == 0 {
		return nil, nil
	}
	return r.parts, err
}

// reader collects parts: one of each collection and environment, and one of the windows that
// belong to no collection.
type reader struct {
	file  string
	parts []clientele.Part
	loose int // the index of the part for windows, plus one
}

// find looks for what it knows, at any depth: a backup keeps windows and collections under
// the names of the application's store, some as text.
func (r *reader) find(n *doc.Node, depth int) {
	n = inner(n)
	switch {
	case depth > maxDepth:
	case isCollection(n):
		r.collection(n)
	case isEnvironment(n):
		r.environment(n)
	case isWindow(n):
		r.window(n)
	default:
		for _, k := range n.Fields() {
			r.find(k, depth+1)
		}
		for _, k := range n.Items() {
			r.find(k, depth+1)
		}
	}
}

// inner reads a value that is the text of a JSON document. Its lines are that of the text.
func inner(n *doc.Node) *doc.Node {
	if n == nil || n.Kind != doc.String || !strings.HasPrefix(n.Text, "{") && !strings.HasPrefix(n.Text, "[{") {
		return n
	}
	in, _ := doc.JSON([]byte(n.Text))
	in.Walk(func(_ []string, k *doc.Node) bool { k.Line = n.Line; return true })
	if in != nil {
		in.Key = n.Key
	}
	return in
}

func isCollection(n *doc.Node) bool {
	return n.Get("type").Str() == "collection" || n.Has("title") && n.Get("queries").Items() != nil
}

func isEnvironment(n *doc.Node) bool {
	return n.Has("variablesJson") || n.Get("type").Str() == "environment"
}

// isWindow knows an exported window, and one of the store, whose query is an object.
func isWindow(n *doc.Node) bool {
	return n.Has("apiUrl") || n.Get("query").Has("url")
}

func newPart(n *doc.Node, format string) clientele.Part {
	id := n.First("id", "originalCollectionId").Str()
	p := clientele.Part{Tool: tool, Kind: clientele.APIClient, Format: format, Syntax: clientele.SyntaxGeneric,
		Name: n.First("title", "name", "windowName").Str(), Line: n.LineOr(0), ExternalID: id, Bind: clientele.Bind{Key: id}}
	if id == "" {
		p.Bind.Key = p.Name
	}
	p.Sync = cloud(n)
	return p
}

// cloud says that a collection or window is kept in Altair's cloud, and for whom.
func cloud(n *doc.Node) []clientele.Sync {
	where := n.First("teamUid", "workspaceId").Str()
	if n.Get("storageType").Str() != "api" && n.Get("teamUid").Str() == "" {
		return nil
	}
	return []clientele.Sync{{Mode: clientele.SyncCloud, Where: where, Detail: "Altair cloud"}}
}

func (r *reader) collection(n *doc.Node) {
	p := newPart(n, "collection")
	w := scribe{&p}
	w.group(spot{}, n, 0)
	if team := n.Get("teamUid").Str(); team != "" {
		p.Owners = []clientele.Owner{{Who: team, Kind: clientele.VendorOwner, Evidence: "team of the collection", Confidence: 0.3}}
	}
	r.parts = append(r.parts, p)
}

func (r *reader) environment(n *doc.Node) {
	p := newPart(n, "environment")
	p.Bind.As, p.Environment = clientele.Supplies, p.Name
	w := scribe{&p}
	w.environment(n)
	r.parts = append(r.parts, p)
}

func (r *reader) window(n *doc.Node) {
	if r.loose == 0 {
		p := newPart(nil, "windows")
		p.Name = r.file
		r.parts = append(r.parts, p)
		r.loose = len(r.parts)
	}
	p := &r.parts[r.loose-1]
	w := scribe{p}
	w.window(spot{}, n)
	if p.Sync == nil {
		p.Sync = cloud(n)
	}
}
