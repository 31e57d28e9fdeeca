package httpfile

import (
	"bytes"
	"path"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeHistory reads REST Client's history: the last requests, as they were sent, with
// every reference resolved.
func decodeHistory(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	w := writer{part: newPart(f, "REST Client history", clientele.Member), taken: map[string]int{}, recorded: true}
	w.part.Name, w.part.Syntax = "REST Client history", clientele.SyntaxNone
	for _, n := range root.Items() {
		url := n.Get("url").Str()
		if url == "" {
			continue
		}
		b := &block{method: strings.ToUpper(n.Get("method").Str()), url: url, line: n.Line}
		chain := []string{w.name(b)}
		for _, h := range n.Get("headers").Fields() {
			for _, v := range append([]*doc.Node{h}, h.Items()...) {
				if v.IsScalar() {
					b.headers = append(b.headers, header{h.Key, v.Str(), v.Line, false})
					w.header(chain, b.headers[len(b.headers)-1], true)
				}
			}
		}
		w.request(chain, b)
		if s := n.Get("body"); s.IsScalar() {
			w.text(below(chain, "body"), text{place: clientele.InBody, line: s.Line, lines: []string{s.Str()}}, true)
		}
	}
	if len(w.part.Requests) == 0 {
		return nil, err
	}
	return []clientele.Part{w.part}, err
}

// decodeCookies reads REST Client's cookie jar, a file of tough-cookie-file-store:
// {domain: {path: {name: cookie}}}.
func decodeCookies(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	part := newPart(f, "REST Client cookie jar", clientele.Member)
	part.Name, part.Syntax = "REST Client cookies", clientele.SyntaxNone
	for _, domain := range root.Fields() {
		for _, dir := range domain.Fields() {
			for _, c := range dir.Fields() {
				value := c.Get("value")
				if c.IsScalar() {
					value = c
				}
				expires, _ := time.Parse(time.RFC3339, c.Get("expires").Str())
				part.Slots = append(part.Slots, cookie(domain.Key, c.Key, value.Str(), value.LineOr(c.Line), expires))
			}
		}
	}
	if len(part.Slots) == 0 {
		return nil, err
	}
	return []clientele.Part{part}, err
}

// decodeJetBrainsCookies reads the cookie jar of a JetBrains IDE: lines of domain, path,
// name, value and date between tabs, under a heading that begins with "#".
func decodeJetBrainsCookies(f clientele.File) ([]clientele.Part, error) {
	part := newPart(f, "JetBrains cookie jar", clientele.Member)
	part.Name, part.Syntax = "JetBrains HTTP cookies", clientele.SyntaxNone
	for i, line := range strings.Split(string(f.Data), "\n") {
		col := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(col) < 4 || strings.HasPrefix(line, "#") {
			continue
		}
		var expires time.Time
		if len(col) > 4 {
			expires, _ = time.Parse(time.UnixDate, col[4])
		}
		part.Slots = append(part.Slots, cookie(col[0], col[2], col[3], i+1, expires))
	}
	if len(part.Slots) == 0 {
		return nil, nil
	}
	return []clientele.Part{part}, nil
}

func cookie(domain, name, value string, line int, expires time.Time) clientele.Slot {
	return clientele.Slot{
		Place: clientele.InCookie, Name: name, Chain: []string{domain}, Value: clientele.Secret(value),
		Line: line, Recorded: true, Host: strings.TrimPrefix(domain, "."), ExpiresAt: expires,
	}
}

// decodeJetBrainsResponse reads a response's body that the IDE saved beside its log. They
// are named for the time and the status: 2024-03-18T101530.200.json.
func decodeJetBrainsResponse(f clientele.File) ([]clientele.Part, error) {
	name := path.Base(f.Path)
	if len(name) < 11 || name[4] != '-' || name[7] != '-' || len(bytes.TrimSpace(f.Data)) == 0 {
		return nil, nil
	}
	part := newPart(f, "JetBrains saved response", clientele.Member)
	part.Name, part.Syntax = "JetBrains HTTP request log", clientele.SyntaxNone
	part.Texts = []clientele.Text{{
		Place: clientele.InResponse, Chain: []string{name}, Text: clientele.Secret(string(f.Data)), Line: 1, Recorded: true,
	}}
	return []clientele.Part{part}, nil
}
