// Package har reads HTTP archives: the exchanges that a browser's developer tools, or a
// proxy, recorded and somebody saved. They hold live sessions as a rule, so that every value
// in them is marked as recorded.
//
// Sources: the HAR 1.2 specification (w3c.github.io/web-performance/specs/HAR/Overview.html),
// exports of Chrome, Firefox and Insomnia.
package har

import (
	"encoding/base64"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{{
	Name:   "http archive",
	Paths:  []string{"*.har"},
	Marks:  []string{`"startedDateTime"`},
	Decode: decode,
}}

func decode(f clientele.File) ([]clientele.Part, error) {
	if i := strings.IndexFunc(string(f.Data), func(r rune) bool { return r > ' ' }); i < 0 || f.Data[i] != '{' {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	log := root.Get("log")
	if len(log.Get("entries").Items()) == 0 {
		return nil, err
	}
	base := path.Base(f.Path)
	r := reader{taken: map[string]int{}, seen: map[string]bool{}, part: clientele.Part{
		Tool: "har", Kind: clientele.APIClient, Name: strings.TrimSuffix(base, path.Ext(base)), Line: 1,
		Format: strings.TrimSpace("HTTP archive " + log.Get("version").Str()),
	}}
	if by := log.Get("creator", "name").Str(); by != "" {
		r.part.Format += " by " + by
	}
	for _, e := range log.Get("entries").Items() {
		r.entry(e)
	}
	return []clientele.Part{r.part}, err
}

// reader puts entries into a part.
type reader struct {
	part  clientele.Part
	taken map[string]int  // names of requests, and how often each was used
	seen  map[string]bool // slots that stand in the part already
}

func (r *reader) entry(e *doc.Node) {
	req, resp := e.Get("request"), e.Get("response")
	url := req.Get("url").Str()
	if url == "" {
		return
	}
	method := strings.ToUpper(req.Get("method").Str())
	x := exchange{reader: r, chain: []string{r.name(strings.TrimSpace(method + " " + dsn.ShownPath(url)))}, host: dsn.HostOf(url)}
	out := clientele.Request{Chain: x.chain, Method: method, URL: clientele.Secret(url), Line: req.LineOr(e.Line), Recorded: true}
	if s := x.headers("request", req); s != "" {
		out.Auth = &clientele.Auth{Scheme: s}
	}
	r.part.Requests = append(r.part.Requests, out)
	x.posted(req.Get("postData"))
	x.headers("response", resp)
	x.content(resp.Get("content"))
	for _, m := range e.Get("_webSocketMessages").Items() {
		x.text(clientele.InBody, "websocket", m.Get("data"), m.Get("data").Str())
	}
}

// name numbers names that repeat.
func (r *reader) name(s string) string {
	r.taken[s]++
	if n := r.taken[s]; n > 1 {
		return fmt.Sprintf("%s (%d)", s, n)
	}
	return s
}

// exchange is one request with its response.
type exchange struct {
	*reader
	chain []string
	host  string
}

// headers reads the headers and cookies of one side. It returns the manner in which a
// request authenticates, or empty.
func (x exchange) headers(side string, n *doc.Node) string {
	cookies := n.Get("cookies").Items()
	scheme, cookieHeader := "", false
	for _, h := range n.Get("headers").Items() {
		s := clientele.Slot{Place: clientele.InHeader, Name: h.Get("name").Str(), Value: h.Get("value").Secret(), Line: h.Line}
		switch strings.ToLower(s.Name) {
		case "authorization", "proxy-authorization":
			s.Role = clientele.AuthHeader
			scheme = dsn.AuthScheme(s.Value.Reveal())
		case "cookie":
			s.Role, cookieHeader = clientele.CookieHeader, true
			if scheme == "" {
				scheme = "cookie"
			}
		case "set-cookie":
			if len(cookies) > 0 {
				continue // the rows of "cookies" say it better
			}
			pair, _, _ := strings.Cut(s.Value.Reveal(), ";")
			name, value, _ := strings.Cut(pair, "=")
			s.Place, s.Name, s.Value = clientele.InCookie, strings.TrimSpace(name), clientele.Secret(value)
		default:
			if key := dsn.HeaderScheme(s.Name, s.Value.Reveal()); key != "" && (scheme == "" || scheme == "cookie") {
				scheme = key
			}
		}
		x.slot(side, s)
	}
	if cookieHeader {
		return scheme // the rows of "cookies" repeat it
	}
	for _, c := range cookies {
		expires, _ := time.Parse(time.RFC3339, c.Get("expires").Str())
		x.slot(side, clientele.Slot{
			Place: clientele.InCookie, Name: c.Get("name").Str(), Value: c.Get("value").Secret(),
			Line: c.Line, ExpiresAt: expires,
		})
		if scheme == "" {
			scheme = "cookie"
		}
	}
	return scheme
}

// slot adds a slot, once for each host: a session goes with every request to it.
func (x exchange) slot(side string, s clientele.Slot) {
	key := strings.Join([]string{string(s.Place), x.host, s.Name, s.Value.Reveal()}, "\x00")
	if s.Name == "" || s.Value.Empty() || x.seen[key] {
		return
	}
	x.seen[key] = true
	s.Chain, s.Host, s.Recorded = []string{x.chain[0], side, string(s.Place)}, x.host, true
	x.part.Slots = append(x.part.Slots, s)
}

// posted reads a request's body: its text, or the fields of a form where there is no text.
func (x exchange) posted(n *doc.Node) {
	if t := n.Get("text"); t.Str() != "" {
		x.text(clientele.InBody, "body", t, t.Str())
		return
	}
	for _, p := range n.Get("params").Items() {
		x.slot("body", clientele.Slot{
			Place: clientele.InBody, Name: p.Get("name").Str(), Value: p.Get("value").Secret(), Line: p.Line,
		})
	}
}

// dull are the types of content that are a site's own files, the same for everybody.
var dull = regexp.MustCompile(`(?i)javascript|ecmascript|css|^image/|font|^audio/|^video/|wasm|octet-stream`)

func (x exchange) content(n *doc.Node) {
	t := n.Get("text")
	if t.Str() == "" || dull.MatchString(n.Get("mimeType").Str()) {
		return
	}
	s := t.Str()
	if n.Get("encoding").Str() == "base64" {
		plain, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return
		}
		s = strings.ToValidUTF8(string(plain), "\uFFFD")
	}
	x.text(clientele.InResponse, "response", t, s)
}

func (x exchange) text(place clientele.Place, label string, at *doc.Node, s string) {
	if s == "" {
		return
	}
	x.part.Texts = append(x.part.Texts, clientele.Text{
		Place: place, Chain: []string{x.chain[0], label}, Text: clientele.Secret(s), Line: at.LineOr(0), Recorded: true,
	})
}
