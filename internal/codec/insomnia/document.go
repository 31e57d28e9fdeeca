package insomnia

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeDocument reads format 5: a YAML document for each collection, design document,
// global environment, mock server or MCP client.
func decodeDocument(f clientele.File) ([]clientele.Part, error) {
	docs, err := trees(f.Data)
	var parts []clientele.Part
	for _, d := range docs {
		if sort, ok := documentType(d.Get("type").Str()); ok {
			parts = append(parts, document(sort, d, f.Data))
		}
	}
	if parts == nil && err != nil && !declares(f.Data) {
		return nil, nil
	}
	return parts, err
}

// documentType is what stands before the first dot of "collection.insomnia.rest/5.0".
func documentType(t string) (string, bool) {
	sort, rest, _ := strings.Cut(t, ".")
	return sort, strings.HasPrefix(rest, "insomnia.rest/5") || strings.HasPrefix(rest, "insomnia/5")
}

// declares reports whether a text that could not be read says in its first lines that it is
// a document of format 5.
func declares(src []byte) bool {
	return declaration.Match(src[:min(len(src), 400)])
}

var declaration = regexp.MustCompile(`(?m)^type: \w+(?:\.\w+)?\.insomnia(?:\.rest)?/5`)

func document(sort string, d *doc.Node, src []byte) clientele.Part {
	id := d.Get("meta", "id").Str()
	p := newPart(sort+" v5", clientele.Bind{Key: id})
	p.Name, p.ExternalID, p.Line = name(d), id, d.Line
	if id == "" {
		p.Bind.Key = p.Name
	}
	if sort == "environment" {
		p.Bind.As = clientele.Supplies
	}
	w := scribe{&p}
	w.notes(spot{}, d)
	w.items(spot{}, d.Get("collection"))
	if m := d.Get("mcpRequest"); m != nil {
		w.mcp(spot{chain: names(name(m))}, m)
	}
	w.environments(d.Get("environments"))
	if jar := d.Get("cookieJar"); jar != nil {
		w.cookies(spot{chain: names(name(jar))}, jar)
	}
	for _, c := range d.Get("certificates").Items() {
		w.certificate(spot{}, c)
	}
	for _, suite := range d.Get("testSuites").Items() {
		for _, t := range suite.Get("tests").Items() {
			w.test(spot{chain: append(names(name(suite)), name(t))}, t)
		}
	}
	w.mock(d)
	w.contents(d.Get("spec", "contents"), src)
	return p
}

// items writes the requests and folders of a list, and of the folders in it.
func (w *scribe) items(up spot, list *doc.Node) {
	for _, n := range list.Items() {
		at := spot{chain: append(up.chain[:len(up.chain):len(up.chain)], name(n)), above: up.above}
		sort := itemKind(n)
		w.read(sort, at, n)
		if sort != "requestgroup" {
			continue
		}
		if s, ok := scheme(n.Get("authentication")); ok {
			at.above = &clientele.Auth{Scheme: s, Chain: at.chain}
		}
		w.items(at, n.Get("children"))
	}
}

// itemKind tells what an item is by its id, and where it has none by its fields.
func itemKind(n *doc.Node) string {
	prefix, _, _ := strings.Cut(n.Get("meta", "id").Str(), "_")
	switch {
	case prefix == "fld", n.Has("children"):
		return "requestgroup"
	case prefix == "greq", n.Has("protoMethodName"):
		return "grpcrequest"
	}
	return "request"
}

func (w *scribe) environments(base *doc.Node) {
	if base == nil {
		return
	}
	w.environmentIn("collection", spot{chain: names(name(base))}, base)
	for _, sub := range base.Get("subEnvironments").Items() {
		w.environmentIn("environment", spot{chain: append(names(name(base)), name(sub))}, sub)
	}
}

func (w *scribe) mock(d *doc.Node) {
	if s := d.Get("server"); s != nil {
		w.mockServer(spot{chain: []string{"server"}}, s)
	}
	for _, r := range d.Get("routes").Items() {
		w.mockRoute(spot{chain: names(name(r))}, r)
	}
}

// contents writes an API specification as the text that it is in the file.
func (w *scribe) contents(n *doc.Node, src []byte) {
	if n == nil || n.IsScalar() {
		w.text(clientele.InText, []string{"API specification"}, n)
		return
	}
	last := n.Line
	n.Walk(func(_ []string, k *doc.Node) bool {
		last = max(last, k.Line+strings.Count(strings.TrimRight(k.Text, "\n"), "\n"))
		return true
	})
	lines := bytes.SplitAfter(src, []byte("\n"))
	if n.Line < 1 || n.Line > len(lines) {
		return
	}
	text := bytes.Join(lines[n.Line-1:min(last, len(lines))], nil)
	w.part.Texts = append(w.part.Texts, clientele.Text{Place: clientele.InText, Chain: []string{"API specification"},
		Text: clientele.Secret(string(text)), Line: n.Line})
}
