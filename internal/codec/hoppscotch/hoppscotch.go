// Package hoppscotch reads what Hoppscotch leaves on disk: exported collections (schema 0 to
// 13, REST and GraphQL) and environments (0 to 3), single requests, and the JSON stores of
// the desktop application and of the web one, as far as somebody saved them to a file.
//
// The formats are those of github.com/hoppscotch/hoppscotch: packages/hoppscotch-data for the
// schemas, hoppscotch-common/src/services/persistence for the keys of the stores, and the
// fixtures of hoppscotch-cli.
package hoppscotch

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "hoppscotch"

// Decoders are the formats of Hoppscotch. An export has no mark of its own; those given here
// are fields that other tools do not write, and the path covers environments without any. That
// of an environment of schema 1, a flag on each variable, is no rarity: see export.
var Decoders = []clientele.Decoder{
	{Name: "hoppscotch export", Paths: []string{"*hoppscotch*.json", "hoppscotch/*.json", ".hoppscotch/*.json"},
		Marks: []string{`"authActive"`, `"initialValue"`, `"httpPassword"`, `"requestVariables"`,
			`"secret": false`, `"secret":false`, `"secret": true`, `"secret":true`},
		Decode: decodeExport},
	{Name: "hoppscotch store", Paths: []string{"*.hoppscotch.store", "hoppscotch-unified.store"},
		Marks: []string{`"persistence.v1`}, Decode: decodeStore},
}

// decodeExport reads a collection, an environment or a request, or a list of those.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	if !looksJSON(f.Data) {
		return nil, nil
	}
	top, err := doc.JSON(f.Data)
	sure := telling(f)
	var parts []clientele.Part
	for _, n := range listed(top) {
		if p, ok := export(n, sure); ok {
			parts = append(parts, p)
		}
	}
	if parts == nil && !sure {
		return nil, nil // a file of something else that happens to be broken
	}
	return parts, err
}

// looksJSON is false for source code that has a mark in it.
func looksJSON(src []byte) bool {
	for _, c := range src {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return c == '{' || c == '['
	}
	return false
}

// listed are the elements of a list, or the one thing that is none.
func listed(n *doc.Node) []*doc.Node {
	if n == nil || n.Kind == doc.List {
		return n.Items()
	}
	return []*doc.Node{n}
}

// telling reports whether a file is surely of Hoppscotch: by its name or its folder's, or by a
// field that only Hoppscotch writes.
func telling(f clientele.File) bool {
	where := strings.ToLower(path.Join(path.Base(path.Dir(f.Path)), path.Base(f.Path)))
	if strings.Contains(where, "hoppscotch") {
		return true
	}
	for _, mark := range []string{`"authActive"`, `"initialValue"`, `"httpPassword"`, `"requestVariables"`} {
		if bytes.Contains(f.Data, []byte(mark)) {
			return true
		}
	}
	return false
}

// export reads one thing of an export. Where nothing but the flag of a variable brought the
// file here, only what is an environment field by field is one.
func export(n *doc.Node, sure bool) (clientele.Part, bool) {
	switch {
	case !sure && !(isEnvironment(n) && flagged(n)):
	case isCollection(n):
		return collection(n, "collection"), true
	case isEnvironment(n):
		return environment(n), true
	case isRequest(n):
		return single(n), true
	}
	return clientele.Part{}, false
}

// isCollection tells a collection from those of other tools, which have no folders beside
// their requests, or none of the fields of a request here.
func isCollection(n *doc.Node) bool {
	folders, requests := n.Get("folders"), n.Get("requests")
	if folders == nil && requests == nil || !n.Has("name") {
		return false
	}
	for _, r := range requests.Items() {
		return isRequest(r)
	}
	if first := folders.At(0); first != nil {
		return isCollection(first)
	}
	return n.Has("v") || n.Has("auth")
}

// isRequest tells REST requests by their endpoint, GraphQL ones by their query, and those of
// schema 0 by url and path.
func isRequest(n *doc.Node) bool {
	return n.Has("endpoint") && n.Has("method") || n.Has("url") && n.Has("query") && n.Has("headers") || n.Has("url") && n.Has("path")
}

// isEnvironment asks for variables with the fields that other tools name differently.
func isEnvironment(n *doc.Node) bool {
	vars := n.Get("variables").Items()
	return n.Has("name") && len(vars) > 0 && vars[0].Has("key") && !n.Has("requests") &&
		(vars[0].Has("value") || vars[0].Has("initialValue") || vars[0].Has("currentValue") || vars[0].Has("secret"))
}

// flagged reports whether an environment has all that schema 1 asks for, and each variable
// too.
func flagged(n *doc.Node) bool {
	for _, v := range n.Get("variables").Items() {
		if secret := v.Get("secret"); !v.Has("key") || secret == nil || secret.Kind != doc.Bool {
			return false
		}
	}
	return n.Has("v") && n.Has("id") && n.Get("id").IsScalar()
}

func newPart(format string, n *doc.Node) clientele.Part {
	id := n.First("id", "_ref_id").Str()
	p := clientele.Part{Tool: tool, Kind: clientele.APIClient, Format: format, Syntax: clientele.SyntaxHoppscotch,
		Name: n.First("name", "label").Str(), Line: n.LineOr(0), ExternalID: id, Bind: clientele.Bind{Key: id}}
	if id == "" {
		p.Bind.Key = p.Name
	}
	return p
}

func collection(n *doc.Node, format string) clientele.Part {
	if v := n.Get("v").Str(); v != "" {
		format += " v" + v
	}
	p := newPart(format, n)
	w := scribe{part: &p}
	w.collection(spot{}, n, "collection")
	return p
}

func single(n *doc.Node) clientele.Part {
	p := newPart("request", n)
	w := scribe{part: &p}
	w.request(spot{}, n)
	return p
}

func environment(n *doc.Node) clientele.Part {
	p := newPart("environment", n)
	p.Bind.As, p.Environment = clientele.Supplies, p.Name
	w := scribe{part: &p}
	w.variables("environment", nil, n.Get("variables"))
	p.Sync = localSecrets(n.Get("variables"))
	return p
}

// localSecrets says that secrets stay on the machine, where there are any.
func localSecrets(vars *doc.Node) []clientele.Sync {
	for _, v := range vars.Items() {
		if v.Get("secret").True() {
			return []clientele.Sync{{Mode: clientele.SyncLocal, Detail: "secret variables and current values are not synced"}}
		}
	}
	return nil
}
