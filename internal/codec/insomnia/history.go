package insomnia

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// maxVersion bounds what a compressed version of a request may grow to.
const maxVersion = 4 << 20

// response writes what is kept of an answer. Its body lies in a file beside the store.
func (w *scribe) response(at spot, n *doc.Node) {
	url := n.Get("url")
	chain := at.at("response")
	if url.Str() != "" {
		w.part.Requests = append(w.part.Requests, clientele.Request{Chain: chain, URL: url.Secret(), Line: url.LineOr(n.Line), Recorded: true})
	}
	for _, h := range n.Get("headers").Items() {
		w.slot(clientele.Slot{Place: clientele.InResponse, Name: h.Get("name").Str(), Chain: chain, Value: h.Get("value").Secret(),
			Line: h.Line, Recorded: true})
	}
	for _, name := range []string{"bodyPath", "timelinePath", "eventLogPath"} {
		if path := n.Get(name).Str(); path != "" {
			w.part.Outputs = append(w.part.Outputs, path)
		}
	}
}

// version writes the request as it was when it was sent: gzip of its JSON, in base64.
func (w *scribe) version(at spot, n *doc.Node) {
	packed := n.Get("compressedRequest")
	zipped, err := base64.StdEncoding.DecodeString(packed.Str())
	if err != nil {
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return
	}
	src, _ := io.ReadAll(io.LimitReader(z, maxVersion))
	sent, _ := doc.JSON(src)
	sent.Walk(func(_ []string, k *doc.Node) bool { k.Line = packed.Line; return true })
	read := calls[kind(sent)]
	if read == nil {
		return
	}
	sent.Walk(func(_ []string, k *doc.Node) bool { k.Line = packed.Line; return true })
	if at.chain == nil {
		at.chain = names(name(sent)) // the request itself is gone
	}
	var old clientele.Part
	read(&scribe{&old}, at, sent)
	newHistory(w.part, "sent version").add(old, func(recorded, _ *bool) { *recorded = true })
}

// history adds to a part what other states of it said, unless it says the same already.
// Identities and owners of those states are left out.
type history struct {
	part  *clientele.Part
	label string // the last element of each chain
	known map[valueAt]bool
}

// valueAt is a value and what it is the value of, whatever the resource was called then.
type valueAt struct {
	place clientele.Place
	name  string
	value clientele.Plaintext
}

func newHistory(p *clientele.Part, label string) history {
	h := history{p, label, map[valueAt]bool{}}
	for _, r := range p.Requests {
		h.first(clientele.InURL, "url", r.URL)
	}
	for _, s := range p.Slots {
		h.first(s.Place, s.Name, s.Value)
	}
	for _, v := range p.Variables {
		h.first(clientele.InVariable, v.Name, v.Value)
	}
	for _, t := range p.Texts {
		h.first(t.Place, "", t.Text)
	}
	return h
}

// first reports whether the value was not there before.
func (h history) first(place clientele.Place, name string, value clientele.Plaintext) bool {
	key := valueAt{place, name, value}
	if value.Empty() || h.known[key] {
		return false
	}
	h.known[key] = true
	return true
}

// add adds one state. mark sets Recorded or Dormant.
func (h history) add(old clientele.Part, mark func(recorded, dormant *bool)) {
	under := func(chain []string) []string { return append(chain[:len(chain):len(chain)], h.label) }
	for _, r := range old.Requests {
		if h.first(clientele.InURL, "url", r.URL) {
			r.Chain = under(r.Chain)
			mark(&r.Recorded, &r.Dormant)
			h.part.Requests = append(h.part.Requests, r)
		}
	}
	for _, s := range old.Slots {
		if h.first(s.Place, s.Name, s.Value) {
			s.Chain = under(s.Chain)
			mark(&s.Recorded, &s.Dormant)
			h.part.Slots = append(h.part.Slots, s)
		}
	}
	for _, v := range old.Variables {
		if h.first(clientele.InVariable, v.Name, v.Value) {
			v.Chain = under(v.Chain)
			mark(new(bool), &v.Dormant)
			h.part.Variables = append(h.part.Variables, v)
		}
	}
	for _, t := range old.Texts {
		if h.first(t.Place, "", t.Text) {
			t.Chain = under(t.Chain)
			mark(&t.Recorded, &t.Dormant)
			h.part.Texts = append(h.part.Texts, t)
		}
	}
}

// timelineParts are the entries of a timeline that hold what went over the wire.
var timelineParts = map[string]string{
	"HeaderOut": "sent headers", "HeaderIn": "received headers", "DataOut": "sent body", "DataIn": "received body", "Text": "log",
}

// decodeTimeline reads the record of one exchange: a line of JSON an entry, or in old
// versions a list of them.
func decodeTimeline(f clientele.File) ([]clientele.Part, error) {
	if len(f.Data) == 0 || f.Data[0] != '{' && f.Data[0] != '[' {
		return nil, nil
	}
	entries, err := doc.JSONLines(f.Data)
	if len(entries) == 1 && entries[0].Kind == doc.List {
		entries = entries[0].Items()
	}
	p := newPart("response timeline", clientele.Bind{As: clientele.Member})
	w := scribe{&p}
	for _, e := range entries {
		w.exchange(timelineParts[e.Get("name").Str()], e.Get("value"))
	}
	if len(p.Slots) == 0 && len(p.Texts) == 0 {
		return nil, err
	}
	return []clientele.Part{p}, err
}

func (w *scribe) exchange(sort string, v *doc.Node) {
	if !v.IsScalar() {
		return
	}
	switch sort {
	case "":
	case "sent headers", "received headers":
		w.headerLines(sort, v)
	default:
		if v.Str() != "" {
			w.part.Texts = append(w.part.Texts, clientele.Text{Place: clientele.InHistory, Chain: []string{sort},
				Text: v.Secret(), Line: v.Line, Recorded: true})
		}
	}
}

// headerLines writes a block of headers, and the target that its first line asks for.
func (w *scribe) headerLines(sort string, v *doc.Node) {
	for i, line := range strings.Split(v.Str(), "\n") {
		line = strings.TrimRight(line, "\r")
		like := clientele.Slot{Place: clientele.InHistory, Chain: []string{sort}, Line: v.Line, Recorded: true}
		name, value, ok := strings.Cut(line, ":")
		if target := strings.Fields(line); i == 0 && len(target) == 3 && strings.HasPrefix(target[2], "HTTP/") {
			like.Place, name, value, ok = clientele.InURL, "target", target[1], true
		}
		if ok && !strings.ContainsAny(name, " \t") {
			like.Name, like.Value = name, clientele.Secret(strings.TrimSpace(value))
			w.slot(like)
		}
	}
}
