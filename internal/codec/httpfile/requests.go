package httpfile

import (
	"fmt"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// decodeRequests reads a .http file, or the log of requests that a JetBrains IDE keeps in
// the same grammar.
func decodeRequests(f clientele.File) ([]clientele.Part, error) {
	if sealed(f.Data) {
		return nil, nil
	}
	base := path.Base(f.Path)
	w := writer{part: newPart(f, "http file", clientele.Member), file: base, taken: map[string]int{}}
	if base == "http-requests-log.http" {
		w.recorded = true
		w.part.Format, w.part.Name = "JetBrains request log", "JetBrains HTTP request log"
	}
	for _, b := range readBlocks(f.Data) {
		w.block(b)
	}
	if !w.found {
		return nil, nil
	}
	return []clientele.Part{w.part}, nil
}

// writer puts blocks into a part.
type writer struct {
	part     clientele.Part
	file     string
	taken    map[string]int // names of requests, and how often each was used
	recorded bool
	found    bool // the file has a request, response or variable
}

func (w *writer) block(b *block) {
	w.found = w.found || b.url != "" || b.response || len(b.vars) > 0
	chain := []string{w.file}
	if b.url != "" || b.response {
		chain = append(chain, w.name(b))
	} else if b.title != "" {
		chain = append(chain, b.title)
	}
	for _, v := range b.vars {
		w.part.Variables = append(w.part.Variables, clientele.Variable{
			Name: v.name, Value: clientele.Secret(v.value), Scope: "local", Chain: []string{w.file},
			Line: v.line, Dormant: v.dormant,
		})
	}
	recorded := w.recorded || b.response
	for _, h := range b.headers {
		w.header(chain, h, recorded)
	}
	if b.url != "" {
		w.request(chain, b)
	}
	for _, t := range b.texts {
		w.text(below(chain, t.label), t, recorded)
	}
	w.body(chain, b, recorded)
	w.part.Links = append(w.part.Links, b.links...)
	w.part.Outputs = append(w.part.Outputs, b.outputs...)
}

func (w *writer) text(chain []string, t text, recorded bool) {
	if s := t.String(); s != "" {
		w.part.Texts = append(w.part.Texts, clientele.Text{
			Place: t.place, Chain: chain, Text: clientele.Secret(s), Line: t.line,
			Recorded: recorded, Language: t.language,
		})
	}
}

func (w *writer) request(chain []string, b *block) {
	req := clientele.Request{
		Chain: chain, Method: b.method, URL: clientele.Secret(b.absolute()), Line: b.line, Recorded: w.recorded || b.response,
	}
	if a := b.scheme(); a != "" {
		req.Auth = &clientele.Auth{Scheme: a}
	}
	w.part.Requests = append(w.part.Requests, req)
}

// absolute is the URL, with the host from the Host header where the target is a path alone.
func (b *block) absolute() string {
	if host := b.header("Host"); host != "" && strings.HasPrefix(b.url, "/") {
		return "http://" + host + b.url
	}
	return b.url
}

func (w *writer) header(chain []string, h header, recorded bool) {
	chain = below(chain, "header")
	s := clientele.Slot{
		Place: clientele.InHeader, Name: h.name, Chain: chain, Value: clientele.Secret(h.value),
		Line: h.line, Dormant: h.dormant, Recorded: recorded,
	}
	switch strings.ToLower(h.name) {
	case "authorization", "proxy-authorization":
		s.Role = clientele.AuthHeader
		slots, id := authorization(s)
		w.part.Slots = append(w.part.Slots, slots...)
		if id != nil {
			w.part.Identities = append(w.part.Identities, *id)
		}
		return
	case "cookie":
		s.Role = clientele.CookieHeader
	case "set-cookie":
		s.Place = clientele.InCookie
		pair, _, _ := strings.Cut(h.value, ";")
		name, value, _ := strings.Cut(pair, "=")
		s.Name, s.Value = strings.TrimSpace(name), clientele.Secret(value)
	}
	w.part.Slots = append(w.part.Slots, s)
}

// name is what a person calls the request. Names that repeat are numbered.
func (w *writer) name(b *block) string {
	name := b.name
	if name == "" {
		name = b.title
	}
	if name == "" && b.response {
		name = "response"
	}
	if name == "" {
		name = b.method + " " + dsn.ShownPath(b.url)
	}
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[:120], "") + "…"
	}
	w.taken[name]++
	if n := w.taken[name]; n > 1 {
		return fmt.Sprintf("%s (%d)", name, n)
	}
	return name
}
