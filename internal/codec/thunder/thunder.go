// Package thunder reads what Thunder Client, an extension of VS Code, keeps of collections,
// environments and past requests.
//
// The files are the same in the extension's own storage (…/User/globalStorage/
// rangav.vscode-thunder-client) and in a repository (thunder-tests). Version 1 keeps all
// collections in thunderCollection.json and all their requests in thunderclient.json, so that
// the folder is the client; version 2 keeps each collection and environment in a file, and
// each collection is a client. A request takes the auth of its folder, or of the collection,
// unless it has its own.
//
// Sources: github.com/thunderclient/thunder-client-support, docs.thunderclient.com, and files
// committed to public repositories. Of the cookie file no description is public; it is read by
// what its entries look like.
package thunder

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of Thunder Client.
var Decoders = []clientele.Decoder{
	{Name: "thunder client requests", Paths: []string{"thunderclient.json"}, Decode: decodeRequests},
	{Name: "thunder client collections", Paths: []string{"thunderCollection.json"}, Decode: decodeCollections},
	{Name: "thunder client environments", Paths: []string{"thunderEnvironment.json", "tc_env_*.json"}, Decode: decodeEnvironments},
	{Name: "thunder client activity", Paths: []string{"thunderActivity.json", "tc_activity*.json"}, Decode: decodeActivity},
	{Name: "thunder client cookies", Paths: []string{"thunderCookies.json", "tc_cookies*.json"}, Decode: decodeCookies},
	{Name: "thunder client collection", Paths: []string{"tc_col_*.json"}, Decode: decodeCollection},
	{Name: "thunder client export", Marks: []string{`"Thunder Client"`}, Decode: decodeExport},
}

const tool clientele.Tool = "thunder-client"

// builder gathers a part. While recorded is set, what is added was captured from an exchange.
type builder struct {
	clientele.Part
	recorded bool
}

func newBuilder(format, name string, as clientele.BindAs) *builder {
	return &builder{Part: clientele.Part{
		Tool: tool, Kind: clientele.APIClient, Format: format, Name: name, Line: 1,
		Syntax: clientele.SyntaxThunder, Bind: clientele.Bind{As: as},
	}}
}

func (b *builder) parts() []clientele.Part { return []clientele.Part{b.Part} }

// below is the chain with further names, in memory of its own.
func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}

// decodeRequests reads all requests of version 1. The names and the auth of their
// collections stand in the file beside it.
func decodeRequests(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if exported(n) {
		return nil, nil // an export that was given this name
	}
	if len(n.Items()) == 0 {
		return nil, err
	}
	t := newTree()
	if f.Sibling != nil {
		if beside, ferr := f.Sibling("thunderCollection.json"); ferr == nil {
			list, _ := doc.JSON(beside) // its faults are told where it is decoded itself
			for _, c := range list.Items() {
				t.collection(c)
			}
		}
	}
	b := newBuilder("requests v1", "", clientele.Member)
	for _, r := range n.Items() {
		b.request(r, t)
	}
	return b.parts(), err
}

// decodeCollections reads the collections of version 1: folders and what is set for them.
func decodeCollections(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	list := n.Items()
	if len(list) == 0 {
		return nil, err
	}
	name := "Thunder Client"
	if len(list) == 1 {
		name = cmp.Or(list[0].Get("colName").Str(), name)
	}
	b := newBuilder("collections v1", name, clientele.Root)
	t := newTree()
	for _, c := range list {
		t.collection(c)
		b.collection(c, t)
	}
	return b.parts(), err
}

// decodeCollection reads a collection of version 2, which is one file.
func decodeCollection(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if exported(n) || !n.Has("colName") && !n.Has("requests") {
		return nil, err
	}
	return whole(n, "collection v2"), err
}

// whole reads a collection that holds its requests.
func whole(n *doc.Node, format string) []clientele.Part {
	b := newBuilder(format, collectionName(n), clientele.Alone)
	b.ExternalID = n.First("_id", "collectionId").Str()
	t := newTree()
	t.only = t.collection(n)
	b.collection(n, t)
	for _, r := range n.Get("requests").Items() {
		b.request(r, t)
	}
	return b.parts()
}

func collectionName(n *doc.Node) string {
	return n.First("colName", "collectionName", "name").Str()
}

// exported reports whether n is what the export command writes. It has signed with clientName
// since version 1.1 and with client before.
func exported(n *doc.Node) bool {
	return strings.EqualFold(n.First("clientName", "client").Str(), "Thunder Client")
}

// decodeExport reads what the export command writes: a collection, one request, or one or
// more environments.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if !exported(n) {
		return nil, nil
	}
	version := n.Get("version").Str()
	switch {
	case n.Has("requests") || n.Has("folders"):
		return whole(n, "export "+version), err
	case n.Has("environmentName") || n.Has("data") || n.Has("variables"):
		return environments(n), err
	case len(n.Get("environments").Items()) > 0:
		return environments(n.Get("environments")), err
	}
	b := newBuilder("export "+version, n.Get("name").Str(), clientele.Alone)
	b.request(cmp.Or(n.Get("request"), n), newTree())
	return b.parts(), err
}

// decodeActivity reads the history, which keeps each request as it was sent.
func decodeActivity(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if len(n.Items()) == 0 {
		return nil, err
	}
	b := newBuilder("activity", "Thunder Client history", clientele.Member)
	b.recorded = true
	for _, r := range n.Items() {
		b.request(r, newTree())
	}
	return b.parts(), err
}
