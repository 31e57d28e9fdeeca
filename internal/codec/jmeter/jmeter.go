// Package jmeter reads Apache JMeter's test plans (.jmx), the properties it starts with and
// the results that a run leaves in XML (.jtl).
//
// A plan is a tree of elements, each followed by a hashTree with what is below it. Elements
// of configuration (defaults of HTTP requests, headers, authorizations) are in force for
// the samplers beside and below them. Elements that are switched off are kept, with all
// that they hold.
//
// Sources: jmeter.apache.org/usermanual/component_reference.html, …/properties_reference.html and the save format of
// github.com/apache/jmeter (bin/saveservice.properties, bin/testfiles).
package jmeter

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{
	{Name: "jmeter plan", Paths: []string{"*.jmx"}, Marks: []string{"<jmeterTestPlan"}, Decode: decodePlan},
	{Name: "jmeter properties", Paths: []string{"user.properties", "jmeter.properties", "system.properties", "*-user.properties"}, Decode: decodeProperties},
	{Name: "jmeter results", Paths: []string{"*.jtl"}, Decode: decodeResults},
}

func decodePlan(f clientele.File) ([]clientele.Part, error) {
	if !isXML(f.Data) {
		return nil, nil
	}
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "jmeterTestPlan" {
		return nil, err
	}
	part := newPart(f, strings.TrimSpace("test plan "+root.Attr("jmeter")))
	w := walker{file: f, part: &part}
	for _, t := range root.All("hashTree") {
		for _, e := range elements(t) {
			if name := e.node.Attr("testname"); e.node.Key == "TestPlan" && name != "" && name != "Test Plan" {
				part.Name = name
			}
		}
		w.tree(scope{}, t)
	}
	return []clientele.Part{part}, err
}

func newPart(f clientele.File, format string) clientele.Part {
	base := path.Base(f.Path)
	return clientele.Part{
		Tool: "jmeter", Kind: clientele.APIClient, Format: format, Syntax: clientele.SyntaxJMeter,
		Name: strings.TrimSuffix(base, path.Ext(base)), Line: 1,
	}
}

func isXML(data []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(string(data[:min(len(data), 64)]), " \t\r\n"), "<")
}

// element is one element of a plan with the tree below it.
type element struct {
	node *doc.Node
	tree *doc.Node
}

// elements pairs the children of a hashTree: each element is followed by its own.
func elements(tree *doc.Node) []element {
	var all []element
	for _, k := range tree.Fields() {
		switch {
		case k.Kind != doc.Map:
		case k.Key != "hashTree":
			all = append(all, element{node: k})
		case len(all) > 0:
			all[len(all)-1].tree = k
		}
	}
	return all
}

// on reports whether an element is switched on.
func (e element) on() bool { return e.node.Attr("enabled") != "false" }

// prop is the property of an element with that name, or nil.
func prop(n *doc.Node, name string) *doc.Node {
	for _, p := range n.Fields() {
		if p.Attr("name") == name {
			return p
		}
	}
	return nil
}

// rows are the elements of a list: a collectionProp, in a property of its own or, as
// arguments are, in one more element.
func rows(n *doc.Node) []*doc.Node {
	var all []*doc.Node
	for _, k := range n.Fields() {
		switch k.Key {
		case "elementProp":
			all = append(all, k)
		case "collectionProp":
			all = append(all, rows(k)...)
		}
	}
	return all
}

func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}
