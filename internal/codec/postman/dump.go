package postman

import (
	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// isDump reports whether n is a data dump of the older form, all in one object.
func isDump(n *doc.Node) bool {
	return isList(n.Get("collections")) && (isList(n.Get("environments")) || isList(n.Get("headerPresets")) || isList(n.Get("globals")))
}

// dump reads {version, collections[], environments[], headerPresets[], globals[]}. Each
// collection in it is a client of its own.
func dump(file string, n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	for _, c := range n.Get("collections").Items() {
		if isCollection(c) {
			parts = append(parts, collection(file, c).Part)
		}
	}
	for _, e := range n.Get("environments").Items() {
		if isVariables(e) {
			parts = append(parts, variableSet(file, "environment", "environment", e).Part)
		}
	}
	if g := n.Get("globals"); len(g.Items()) > 0 {
		parts = append(parts, globals(file, g).Part)
	}
	if p := n.Get("headerPresets"); len(p.Items()) > 0 {
		parts = append(parts, presets(file, p).Part)
	}
	return parts
}

func globals(file string, n *doc.Node) *sheet {
	s := newSheet(file, "globals", "Globals", n)
	s.Bind = clientele.Bind{As: clientele.Supplies, Key: "globals"}
	s.variables(spot{}, "global", n)
	return s
}

// presets reads the sets of headers that a user keeps for any request.
func presets(file string, n *doc.Node) *sheet {
	s := newSheet(file, "header presets", "Header presets", n)
	s.Bind.Key = "header presets"
	for _, p := range n.Items() {
		s.slots(spot{}.in(nameOf(p)), clientele.InHeader, p.First("headers", "header"))
	}
	return s
}

// isArchive reports whether n is the index of a data dump: kinds, and in each the ids of its
// objects with the value true.
func isArchive(n *doc.Node) bool {
	seen := false
	for _, kind := range n.Fields() {
		if kind.Key != "collection" && kind.Key != "environment" {
			continue
		}
		for _, id := range kind.Fields() {
			if id.Kind != doc.Bool || len(id.Key) < 24 { // an id, not a setting
				return false
			}
			seen = true
		}
	}
	return seen
}

func archive(file string, n *doc.Node) *sheet {
	s := newSheet(file, "data dump index", "Data dump", n)
	s.Bind.As = clientele.Annotates
	for _, kind := range n.Fields() {
		for _, id := range kind.Fields() {
			s.Links = append(s.Links, clientele.Link{Rel: clientele.Lists, Tool: tool, Path: id.Key + ".json", ID: id.Key})
		}
	}
	return s
}
