package jmeter

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeResults reads the results of a run, where they were saved as XML with headers or
// data.
func decodeResults(f clientele.File) ([]clientele.Part, error) {
	if !isXML(f.Data) {
		return nil, nil
	}
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "testResults" {
		return nil, err
	}
	part := newPart(f, "test results")
	part.Syntax = clientele.SyntaxNone
	r := results{&part, map[string]bool{}}
	root.Walk(func(_ []string, n *doc.Node) bool {
		if n.Key == "httpSample" {
			r.sample(n)
		}
		return true
	})
	if len(part.Requests) == 0 && len(part.Slots) == 0 && len(part.Texts) == 0 {
		return nil, err
	}
	return []clientele.Part{part}, err
}

type results struct {
	part *clientele.Part
	seen map[string]bool // headers that stand in the part: each sample repeats them
}

func (r results) sample(n *doc.Node) {
	chain := []string{n.Attr("lb")}
	if url := n.Get("java.net.URL"); url.Str() != "" {
		r.part.Requests = append(r.part.Requests, clientele.Request{
			Chain: chain, Method: n.Get("method").Str(), URL: url.Secret(), Line: url.Line, Recorded: true,
		})
	}
	r.headers(below(chain, "request"), n.Get("requestHeader"))
	r.headers(below(chain, "response"), n.Get("responseHeader"))
	r.add(clientele.Slot{
		Place: clientele.InCookie, Role: clientele.CookieHeader, Name: "Cookie", Chain: chain,
		Value: n.Get("cookies").Secret(), Line: n.Get("cookies").LineOr(n.Line),
	})
	r.text(below(chain, "body"), clientele.InBody, n.Get("queryString"))
	r.text(below(chain, "response"), clientele.InResponse, n.Get("responseData"))
}

func (r results) text(chain []string, place clientele.Place, n *doc.Node) {
	if n.Str() != "" {
		r.part.Texts = append(r.part.Texts, clientele.Text{
			Place: place, Chain: chain, Text: n.Secret(), Line: n.Line, Recorded: true,
		})
	}
}

func (r results) headers(chain []string, n *doc.Node) {
	for i, line := range strings.Split(n.Str(), "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		s := clientele.Slot{
			Place: clientele.InHeader, Name: strings.TrimSpace(name), Chain: chain,
			Value: clientele.Secret(strings.TrimSpace(value)), Line: n.Line + i,
		}
		if strings.EqualFold(s.Name, "Set-Cookie") {
			pair, _, _ := strings.Cut(s.Value.Reveal(), ";")
			name, value, _ := strings.Cut(pair, "=")
			s.Place, s.Name, s.Value = clientele.InCookie, strings.TrimSpace(name), clientele.Secret(value)
		}
		r.add(s)
	}
}

func (r results) add(s clientele.Slot) {
	key := s.Name + "\x00" + s.Value.Reveal()
	if s.Value.Empty() || r.seen[key] {
		return
	}
	r.seen[key] = true
	s.Recorded = true
	r.part.Slots = append(r.part.Slots, s)
}
