// Package openapi reads API descriptions, OpenAPI 3 and Swagger 2, and the pages that show
// them, for the credentials that people leave in them.
//
// A description is no client. It counts as one only where it holds what a client would: an
// example or default of a parameter that authenticates, a credential in the example of a body,
// a command in a description, a value in an extension of a security scheme, a user in the URL
// of a server, or a client secret that Swagger UI is started with. The example of a property
// of a schema is nobody's: all of them say "hunter2".
//
// Sources: spec.openapis.org/oas/v3.1.0, swagger.io/specification/v2,
// github.com/swagger-api/swagger-ui (docs/usage/oauth2.md).
package openapi

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{
	{
		Name: "openapi",
		Marks: []string{
			`openapi: 3`, `openapi: "3`, `openapi: '3`, `"openapi": "3`, `"openapi":"3`,
			`swagger: "2`, `swagger: '2`, `swagger: 2`, `"swagger": "2`, `"swagger":"2`,
		},
		Decode: decodeDescription,
	},
	{
		Name:   "swagger ui",
		Marks:  []string{"initOAuth(", "preauthorizeApiKey(", "preauthorizeBasic("},
		Decode: decodePage,
	},
}

func newPart(f clientele.File, format, name string) clientele.Part {
	if name == "" {
		name = path.Base(f.Path)
	}
	return clientele.Part{
		Tool: "openapi", Kind: clientele.APIClient, Format: format, Name: name, Line: 1, Syntax: clientele.SyntaxGeneric,
	}
}

func decodeDescription(f clientele.File) ([]clientele.Part, error) {
	root, err := parse(f)
	version := root.First("openapi", "swagger").Str()
	if version == "" {
		return nil, nil
	}
	part := newPart(f, "OpenAPI "+version, root.Get("info", "title").Str())
	r := reader{part: &part, keys: map[string]bool{"authorization": true}}
	r.servers(root)
	for _, schemes := range []*doc.Node{root.Get("components", "securitySchemes"), root.Get("securityDefinitions")} {
		for _, s := range schemes.Fields() {
			r.scheme(s)
		}
	}
	r.parameters(root)
	r.examples(root)
	r.descriptions(root)
	if !worth(part) {
		return nil, nil
	}
	return []clientele.Part{part}, err
}

// parse reads JSON or YAML; other text that has a mark is neither.
func parse(f clientele.File) (*doc.Node, error) {
	switch ext := strings.ToLower(path.Ext(f.Path)); ext {
	case ".yaml", ".yml":
		docs, err := doc.YAML(f.Data)
		if len(docs) == 0 {
			return nil, err
		}
		return docs[0], err
	default:
		if t := bytes.TrimSpace(f.Data); len(t) == 0 || t[0] != '{' {
			return nil, nil
		}
		return doc.JSON(f.Data)
	}
}

type reader struct {
	part *clientele.Part
	keys map[string]bool // the parameters that authenticate, in lower case
}

// servers reads the servers whose URL holds a user, and their variables' defaults.
func (r *reader) servers(root *doc.Node) {
	for _, s := range root.Get("servers").Items() {
		url := s.Get("url")
		_, rest, ok := strings.Cut(url.Str(), "://")
		authority, _, _ := strings.Cut(rest, "/")
		if ok && strings.Contains(authority, "@") {
			r.part.Requests = append(r.part.Requests, clientele.Request{
				Chain: []string{"servers"}, URL: url.Secret(), Line: url.Line,
			})
			for _, v := range s.Get("variables").Fields() {
				r.slot(clientele.InURL, v.Key, []string{"servers", "variables"}, v.Get("default"))
			}
		}
	}
}

// scheme reads a security scheme: the name of the key it asks for, and what stands in its
// extensions and examples.
func (r *reader) scheme(n *doc.Node) {
	if n.Get("type").Str() == "apiKey" {
		if name := n.Get("name").Str(); name != "" {
			r.keys[strings.ToLower(name)] = true
		}
	}
	n.Walk(func(chain []string, k *doc.Node) bool {
		for i, key := range chain {
			low := strings.ToLower(key)
			if !strings.HasPrefix(low, "x-") && !strings.HasPrefix(low, "example") && low != "default" || strings.HasPrefix(low, "x-amazon") {
				continue
			}
			name := k.Key
			if i == len(chain)-1 && strings.Contains(low, "example") || low == "default" {
				name = n.First("name").Str() // of the key that the example is for
			}
			if k.IsScalar() && k.Kind == doc.String {
				r.slot(clientele.InAuth, name, append([]string{"security", n.Key}, chain[:len(chain)-1]...), k)
			}
			break
		}
		return true
	})
}

// parameters looks for parameters and headers that authenticate, and their examples.
func (r *reader) parameters(n *doc.Node) {
	n.Walk(func(chain []string, p *doc.Node) bool {
		in := p.Get("in").Str()
		name := p.Get("name").Str()
		if in == "" || !r.keys[strings.ToLower(name)] && !credential(name) || p.Get("type").Str() == "apiKey" {
			return true
		}
		place := clientele.InHeader
		switch in {
		case "query":
			place = clientele.InQuery
		case "cookie":
			place = clientele.InCookie
		}
		for _, from := range []*doc.Node{p, p.Get("schema")} {
			for _, key := range []string{"example", "default", "x-example", "x-default"} {
				r.slot(place, name, below(chain, key), from.Get(key))
			}
			for _, e := range from.Get("examples").Fields() {
				r.slot(place, name, below(chain, "examples", e.Key), e.Get("value"))
			}
		}
		return true
	})
}

func (r *reader) slot(place clientele.Place, name string, chain []string, v *doc.Node) {
	if !v.IsScalar() || v.Str() == "" {
		return
	}
	r.part.Slots = append(r.part.Slots, clientele.Slot{
		Place: place, Name: name, Chain: chain, Value: v.Secret(), Line: v.Line,
	})
}

func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}
