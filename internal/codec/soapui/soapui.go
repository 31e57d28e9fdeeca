// Package soapui reads what SoapUI and ReadyAPI write: projects, in one file or as a folder
// of files, workspaces and settings.
//
// The files are XML of one namespace. Credentials stand in many kinds of elements, in some
// as attributes and in some as children, so that one walk over the tree looks at the names
// of both (see roles) and gathers the names of the things it passes for the chain.
//
// Sources: github.com/SmartBear/soapui (the settings classes, the sample projects of
// soapui-installer), soapui.org/docs.
package soapui

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{{
	Name:   "soapui",
	Marks:  []string{"http://eviware.com/soapui/config"},
	Decode: decode,
}}

func decode(f clientele.File) ([]clientele.Part, error) {
	if !strings.HasPrefix(strings.TrimLeft(string(f.Data[:min(len(f.Data), 64)]), " \t\r\n"), "<") {
		return nil, nil
	}
	root, err := doc.XML(f.Data)
	if root == nil {
		return nil, err
	}
	part := clientele.Part{
		Tool: "soapui", Kind: clientele.APIClient, Name: nameOf(root), Line: root.Line,
		ExternalID: root.Attr("id"), Syntax: clientele.SyntaxSoapUI,
	}
	switch root.Key {
	case "soapui-project":
		part.Format = "project"
		if strings.EqualFold(path.Base(f.Path), "settings.xml") {
			part.Format, part.Bind.As = "composite project", clientele.Root
		}
	case "soapui-settings":
		part.Format, part.Name = "settings", "SoapUI settings"
	case "soapui-workspace":
		part.Format = "workspace"
	case "interface", "testSuite", "testCase", "testStep", "mockService", "restMockService", "loadTest", "securityTest":
		part.Format, part.Bind.As = "element of a composite project", clientele.Member
	default:
		return nil, err
	}
	w := walker{part: &part, strategies: strategies(root)}
	w.walk(scope{level: "collection"}, root)
	if root.Key == "soapui-workspace" {
		workspace(&part, root)
	}
	return []clientele.Part{part}, err
}

// workspace lists the projects. It is an inventory, and a client only where its own
// settings hold something.
func workspace(part *clientele.Part, root *doc.Node) {
	for _, p := range root.All("project") {
		if p.Text != "" {
			part.Links = append(part.Links, clientele.Link{Rel: clientele.Lists, Tool: part.Tool, Path: p.Text})
		}
	}
	if len(part.Slots) == 0 && len(part.Variables) == 0 {
		part.Bind.As = clientele.Annotates
	}
}

// nameOf is the name of a thing: an attribute, or an element.
func nameOf(n *doc.Node) string {
	if s := n.Attr("name"); s != "" {
		return s
	}
	return n.Get("name").Str()
}

// strategies are the endpoints that the project has credentials for, by URL.
func strategies(root *doc.Node) map[string]*doc.Node {
	found := map[string]*doc.Node{}
	root.Walk(func(_ []string, n *doc.Node) bool {
		if n.Key == "endpoint" && n.Attr("username") != "" {
			found[n.Text] = n
		}
		return n.Key != "definitionCache"
	})
	return found
}

func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}
