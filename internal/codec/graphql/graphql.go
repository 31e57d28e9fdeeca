// Package graphql reads the configuration of GraphQL tools: GraphQL Config (.graphqlrc,
// graphql.config.*), which editors and many tools share, GraphQL Code Generator's codegen
// files, Apollo's apollo.config and supergraph files, and the key that Apollo's command line
// rover keeps for each profile.
//
// The tools agree on little but this: a URL, as a value or as a key, and headers beside or
// below it. One walk looks for both.
//
// Sources: the-guild.dev/graphql/config and /codegen documentation,
// apollographql.com/docs/rover/configuring, github.com/apollographql/rover (houston).
package graphql

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{
	{
		Name: "graphql config",
		Paths: []string{
			".graphqlrc", ".graphqlrc.yml", ".graphqlrc.yaml", ".graphqlrc.json", ".graphqlrc.toml",
			"graphql.config.yml", "graphql.config.yaml", "graphql.config.json", "graphql.config.toml",
			".graphqlconfig", ".graphqlconfig.yml", ".graphqlconfig.yaml",
			"codegen.yml", "codegen.yaml", "codegen.json",
			"apollo.config.json", "apollo.config.yaml", "apollo.config.yml", "supergraph.yaml", "supergraph.yml",
		},
		Decode: decodeConfig,
	},
	{
		Name: "graphql config script",
		Paths: []string{
			".graphqlrc.js", ".graphqlrc.ts", ".graphqlrc.cjs", "graphql.config.js", "graphql.config.ts", "graphql.config.cjs",
			"codegen.ts", "codegen.js", "apollo.config.js", "apollo.config.ts", "apollo.config.cjs",
		},
		Decode: decodeScript,
	},
	{Name: "rover profile", Paths: []string{"profiles/*/.sensitive"}, Decode: decodeProfile},
}

func newPart(f clientele.File, format string) clientele.Part {
	name := path.Base(path.Dir(f.Path))
	if name == "." || name == "/" {
		name = path.Base(f.Path)
	}
	return clientele.Part{
		Tool: "graphql", Kind: clientele.APIClient, Format: format, Name: name, Line: 1,
		Syntax: clientele.SyntaxGeneric,
	}
}

func decodeConfig(f clientele.File) ([]clientele.Part, error) {
	root, err := parse(f)
	part := newPart(f, path.Base(f.Path))
	w := walker{&part}
	w.walk(nil, root)
	if len(part.Requests) == 0 && len(part.Slots) == 0 {
		return nil, err
	}
	return []clientele.Part{part}, err
}

// parse reads the file as what its name or its first character says.
func parse(f clientele.File) (*doc.Node, error) {
	text := bytes.TrimSpace(f.Data)
	switch {
	case len(text) > 0 && text[0] == '{':
		return doc.JSON(f.Data)
	case strings.EqualFold(path.Ext(f.Path), ".toml"):
		return doc.TOML(f.Data)
	}
	docs, err := doc.YAML(f.Data)
	if len(docs) == 0 {
		return nil, err
	}
	return docs[0], err
}

func decodeScript(f clientele.File) ([]clientele.Part, error) {
	low := bytes.ToLower(f.Data)
	if !bytes.Contains(low, []byte("schema")) && !bytes.Contains(low, []byte("service")) {
		return nil, nil
	}
	part := newPart(f, path.Base(f.Path))
	part.Texts = []clientele.Text{{Place: clientele.InScript, Text: clientele.Secret(string(f.Data)), Line: 1}}
	return []clientele.Part{part}, nil
}

// decodeProfile reads a profile of rover. A key begins with "user:" or "service:" and the
// graph that it is for.
func decodeProfile(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.TOML(f.Data)
	key := root.Get("api_key")
	if key.Str() == "" {
		return nil, err
	}
	name := path.Base(path.Dir(f.Path))
	part := clientele.Part{
		Tool: "rover", Kind: clientele.CLI, Format: "rover profile", Name: name, Line: 1, Bind: clientele.Bind{Key: name},
		Slots: []clientele.Slot{{
			Place: clientele.InTokenCache, Role: clientele.APIKey, Name: "api_key", Chain: []string{name},
			Value: key.Secret(), Line: key.Line, Host: "graphql.api.apollographql.com",
		}},
	}
	if id := strings.Split(key.Str(), ":"); len(id) > 2 {
		kind := clientele.Person
		if id[0] == "service" {
			kind = clientele.Machine
		}
		part.Identities = []clientele.Identity{{
			Scheme: "api_key", Principal: id[1], Kind: kind, Issuer: "Apollo GraphOS",
			Location: clientele.Location{Path: []string{name}, Line: key.Line},
		}}
	}
	return []clientele.Part{part}, err
}

type walker struct {
	part *clientele.Part
}

// urls are the fields that hold an address.
var urls = map[string]bool{
	"schema": true, "url": true, "endpoint": true, "subgraph_url": true, "routing_url": true, "schemapath": true,
}

// walk goes down n. An item of a list has the chain of its list.
func (w *walker) walk(chain []string, n *doc.Node) {
	if n == nil {
		return
	}
	headers := headersOf(n)
	for _, k := range n.Kids {
		at := chain
		if strings.Contains(k.Key, "://") {
			at = append(chain[:len(chain):len(chain)], dsn.HostOf(k.Key))
		} else if k.Key != "" {
			at = append(chain[:len(chain):len(chain)], k.Key)
		}
		key := strings.ToLower(k.Key)
		switch {
		case key == "headers" || key == "introspection_headers":
			w.headers(at, k)
		case k.IsScalar() && strings.Contains(k.Text, "://") && (urls[key] || key == ""):
			w.request(at, k.Text, k.Line, headers)
		case k.IsScalar() && (key == "apikey" || key == "api_key" || key == "token"):
			w.part.Slots = append(w.part.Slots, clientele.Slot{
				Place: clientele.InSetting, Name: k.Key, Chain: chain, Value: k.Secret(), Line: k.Line,
			})
		case strings.Contains(k.Key, "://"):
			w.request(at, k.Key, k.Line, headersOf(k))
			w.walk(at, k)
		case !k.IsScalar():
			w.walk(at, k)
		}
	}
}

func headersOf(n *doc.Node) *doc.Node {
	if h := n.Get("headers"); h != nil {
		return h
	}
	return n.Get("introspection_headers")
}

func (w *walker) request(chain []string, url string, line int, headers *doc.Node) {
	r := clientele.Request{Chain: chain, Method: "POST", URL: clientele.Secret(url), Line: line}
	for _, h := range append(headers.Fields(), headers.Items()...) {
		for _, f := range append([]*doc.Node{h}, h.Fields()...) {
			if s := dsn.HeaderScheme(f.Key, f.Str()); s != "" && (r.Auth == nil || r.Auth.Scheme == "api_key") {
				r.Auth = &clientele.Auth{Scheme: s}
			}
		}
	}
	w.part.Requests = append(w.part.Requests, r)
}

// headers reads an object of headers, or a list of such objects.
func (w *walker) headers(chain []string, n *doc.Node) {
	for _, h := range n.Kids {
		if !h.IsScalar() {
			w.headers(chain, h)
			continue
		}
		s := clientele.Slot{Place: clientele.InHeader, Name: h.Key, Chain: chain, Value: h.Secret(), Line: h.Line}
		switch low := strings.ToLower(h.Key); {
		case strings.HasSuffix(low, "authorization"): // Router-Authorization of a subgraph
			s.Role = clientele.AuthHeader
		case low == "cookie":
			s.Role = clientele.CookieHeader
		}
		w.part.Slots = append(w.part.Slots, s)
	}
}
