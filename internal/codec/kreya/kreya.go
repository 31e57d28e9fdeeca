// Package kreya reads Kreya's projects: the project file with its authentications (.krproj),
// environments (.krenv), what holds for a directory (.krpref), operations (.krop),
// collections (.krcol), scripts' settings (.krjs), and the bodies and snapshots that lie
// beside an operation.
//
// Project, operation and directory settings were checked with the example project of
// github.com/riok/Kreya, which holds no source; environments, collections and the options of
// authentications other than basic are inferred from kreya.app/docs. Where settings lie
// depends on the protocol and has moved between versions, so they are found by their names at
// any depth.
package kreya

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "kreya"

// Decoders are the formats of Kreya.
var Decoders = []clientele.Decoder{
	{Name: "kreya project", Paths: []string{"*.krproj"}, Decode: decodeProject},
	{Name: "kreya environment", Paths: []string{"*.krenv"}, Decode: decodeEnvironment},
	{Name: "kreya operation", Paths: []string{"*.krop"}, Decode: decodeOperation},
	{Name: "kreya settings", Paths: []string{"*.krpref", "*.krcol", "*.krjs"}, Decode: decodeSettings},
	{Name: "kreya message", Paths: []string{"*-request.json", "*-request.txt", "*-request-*.json", "*-request-*.txt", "*.snapshot.json"},
		Decode: decodeMessage},
}

func newPart(f clientele.File, format string, as clientele.BindAs) clientele.Part {
	return clientele.Part{Tool: tool, Kind: clientele.APIClient, Format: format, Syntax: clientele.SyntaxKreya,
		Name: stem(f.Path), Line: 1, Bind: clientele.Bind{As: as}}
}

func stem(file string) string {
	base := path.Base(file)
	return strings.TrimSuffix(base, path.Ext(base))
}

// object reads a file that is one JSON object, or nil.
func object(f clientele.File) (*doc.Node, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(f.Data, " \t\r\n"), []byte("{")) {
		return nil, nil
	}
	return doc.JSON(f.Data)
}

// decodeProject reads the project, which makes a client of its directory.
func decodeProject(f clientele.File) ([]clientele.Part, error) {
	n, err := object(f)
	if n == nil {
		return nil, err
	}
	p := newPart(f, "project", clientele.Root)
	p.ExternalID = n.Get("id").Str()
	if name := n.Get("name").Str(); name != "" {
		p.Name = name
	}
	w := scribe{&p}
	for _, k := range n.Fields() {
		switch k.Key {
		case "id", "name":
		case "authConfigs":
			for _, a := range k.Items() {
				w.auth(a)
			}
		default:
			w.settings([]string{k.Key}, k)
		}
	}
	return []clientele.Part{p}, err
}

// decodeEnvironment reads an environment. Its content is free and is referred to as
// {{ env.name }}, deeper down as {{ env.a.b }}; nothing in it can be marked as secret.
func decodeEnvironment(f clientele.File) ([]clientele.Part, error) {
	n, err := object(f)
	if n == nil {
		return nil, err
	}
	p := newPart(f, "environment", clientele.Supplies)
	if name := n.Get("name").Str(); name != "" {
		p.Name = name
	}
	p.Environment, p.ExternalID = p.Name, n.Get("id").Str()
	w := scribe{&p}
	for _, k := range n.Fields() {
		if strings.HasSuffix(k.Key, "Content") {
			w.variables("", content(k))
		} else if k.Key != "name" && k.Key != "id" {
			w.settings([]string{k.Key}, k)
		}
	}
	return []clientele.Part{p}, err
}

// content reads an environment's content where it is kept as the text of a JSON object.
func content(n *doc.Node) *doc.Node {
	if n.Kind != doc.String {
		return n
	}
	inner, _ := doc.JSON([]byte(n.Text))
	inner.Walk(func(_ []string, k *doc.Node) bool { k.Line = n.Line; return true })
	return inner
}

func (w scribe) variables(name string, n *doc.Node) {
	for _, k := range n.Fields() {
		w.variables(strings.TrimPrefix(name+"."+k.Key, "."), k)
	}
	for _, k := range n.Items() {
		w.variables(name, k)
	}
	if n.IsScalar() && n.Str() != "" {
		w.part.Variables = append(w.part.Variables, clientele.Variable{Name: name, Value: n.Secret(), Scope: "environment", Line: n.Line})
	}
}

// decodeOperation reads one call. Its address is set for its directory, unless it has one.
func decodeOperation(f clientele.File) ([]clientele.Part, error) {
	n, err := object(f)
	if n == nil {
		return nil, err
	}
	p := newPart(f, "operation", clientele.Member)
	w := scribe{&p}
	target := search(n, "path", "methodFqn")
	url := search(n, "endpoint", "url").Str()
	if url == "" && !strings.Contains(target.Str(), "://") {
		url = above(f, n.Get("invokerName").Str())
	}
	if t := target.Str(); strings.Contains(t, "://") {
		url = t
	} else if t != "" {
		url = strings.TrimSuffix(url, "/") + "/" + strings.TrimPrefix(t, "/")
	}
	p.Requests = []clientele.Request{{Chain: []string{p.Name}, Method: verb(n), URL: clientele.Secret(url),
		Line: target.LineOr(1), Auth: w.chosen(n)}}
	w.settings([]string{p.Name}, n)
	return []clientele.Part{p}, err
}

// maxAbove bounds how many folders up the address of an operation is looked for.
const maxAbove = 12

// above is the address that the nearest directory settings have for operations of that
// protocol, up to the project's folder. A query in it belongs to the settings.
func above(f clientele.File, invoker string) string {
	up := ""
	for range maxAbove {
		if f.Sibling == nil {
			break
		}
		if b, err := f.Sibling(up + "directory.krpref"); err == nil {
			n, _ := doc.JSON(b) // its faults are told where it is decoded itself
			if e := endpoint(n, invoker); e != "" {
				e, _, _ = strings.Cut(e, "?")
				return e
			}
		}
		up += "../"
	}
	return ""
}

// endpoint is the address among settings for a protocol, or for all where they name none.
func endpoint(n *doc.Node, invoker string) (found string) {
	n.Walk(func(chain []string, k *doc.Node) bool {
		if k.Key == "endpoint" && k.IsScalar() && found == "" && (invoker == "" || len(chain) < 2 || chain[len(chain)-2] == invoker) {
			found = k.Str()
		}
		return found == ""
	})
	return found
}

// verb is the HTTP method of a REST operation.
func verb(n *doc.Node) string {
	m := strings.ToUpper(search(n, "httpMethod", "method", "verb").Str())
	if strings.Contains(m, ".") || strings.Contains(m, "/") {
		return "" // a method of a gRPC service
	}
	return m
}

// chosen is the authentication that an operation or a directory chooses from the project's
// by its id; what it is stands in the project.
func (w scribe) chosen(n *doc.Node) *clientele.Auth {
	id := search(n, "authId").Str()
	if id == "" {
		return &clientele.Auth{Scheme: "inherit"}
	}
	w.part.Links = append(w.part.Links, clientele.Link{Rel: clientele.Includes, Tool: tool, ID: id})
	return &clientele.Auth{Scheme: "custom", Chain: []string{"auth config " + id}}
}

// search is the first field of one of the names, at any depth, that is a scalar.
func search(n *doc.Node, names ...string) (found *doc.Node) {
	n.Walk(func(_ []string, k *doc.Node) bool {
		for _, name := range names {
			if found == nil && k.Key == name && k.IsScalar() && k.Str() != "" {
				found = k
			}
		}
		return found == nil
	})
	return found
}

// decodeSettings reads what a directory sets for the operations below it, and what
// collections and scripts have of the same settings.
func decodeSettings(f clientele.File) ([]clientele.Part, error) {
	n, err := object(f)
	if n == nil {
		return nil, err
	}
	sort := "directory settings"
	switch strings.ToLower(path.Ext(f.Path)) {
	case ".krcol":
		sort = "collection"
	case ".krjs":
		sort = "script"
	}
	p := newPart(f, sort, clientele.Member)
	w := scribe{&p}
	if auth := w.chosen(n); auth.Scheme != "inherit" {
		p.Auth = auth
	}
	w.settings(nil, n)
	return []clientele.Part{p}, err
}

// decodeMessage reads a body or a snapshot, and only beside the operation it belongs to:
// other tools have files of such names too.
func decodeMessage(f clientele.File) ([]clientele.Part, error) {
	base := path.Base(f.Path)
	text := clientele.Text{Place: clientele.InBody, Text: clientele.Secret(string(f.Data)), Line: 1}
	i := strings.LastIndex(base, "-request")
	if snapshot := strings.Index(base, ".response.snapshot"); snapshot > 0 {
		i = snapshot
		text.Place, text.Recorded = clientele.InResponse, true
	}
	if i <= 0 || f.Sibling == nil || len(f.Data) == 0 {
		return nil, nil
	}
	if _, err := f.Sibling(base[:i] + ".krop"); err != nil {
		return nil, nil
	}
	p := newPart(f, "message", clientele.Member)
	text.Chain = []string{base[:i], "body"}
	p.Texts = []clientele.Text{text}
	return []clientele.Part{p}, nil
}
