package hoppscotch

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// scribe writes what a collection says into one part.
type scribe struct {
	part *clientele.Part
	// recorded: what is read now was captured: a history, a saved response.
	recorded bool
	// dormant: what is read now is a backup.
	dormant bool
}

// spot is where something stands: the names down to it, its own included, and the
// authentication that what is above it sets.
type spot struct {
	chain []string
	above *clientele.Auth
}

func (s spot) at(names ...string) []string {
	return append(s.chain[:len(s.chain):len(s.chain)], names...)
}

func (w *scribe) slot(s clientele.Slot) {
	if s.Value.Empty() {
		return
	}
	s.Recorded = s.Recorded || w.recorded
	s.Dormant = s.Dormant || w.dormant
	w.part.Slots = append(w.part.Slots, s)
}

func (w *scribe) text(place clientele.Place, chain []string, n *doc.Node) {
	if n.IsScalar() && n.Str() != "" {
		w.part.Texts = append(w.part.Texts, clientele.Text{Place: place, Chain: chain, Text: n.Secret(), Line: n.Line,
			Recorded: w.recorded, Dormant: w.dormant})
	}
}

// collection writes a collection or a folder, which are the same but for their variables'
// scope, with all below it.
func (w *scribe) collection(at spot, n *doc.Node, scope string) {
	at.above = w.auth(at, n)
	if at.above.Chain == nil && at.above.Scheme != "none" {
		at.above.Chain = at.at()
		if len(at.chain) == 0 {
			at.above.Chain = []string{n.Get("name").Str()}
		}
	}
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.variables(scope, at.chain, n.Get("variables"))
	w.notes(at, n)
	for _, r := range n.Get("requests").Items() {
		w.request(spot{at.at(r.First("name", "label").Str()), at.above}, r)
	}
	for _, f := range n.Get("folders").Items() {
		w.collection(spot{at.at(f.Get("name").Str()), at.above}, f, "folder")
	}
}

func (w *scribe) notes(at spot, n *doc.Node) {
	w.text(clientele.InText, at.at("description"), n.Get("description"))
	w.text(clientele.InScript, at.at("pre-request script"), n.Get("preRequestScript"))
	w.text(clientele.InScript, at.at("test script"), n.Get("testScript"))
}

func (w *scribe) request(at spot, n *doc.Node) {
	url := n.First("endpoint", "url")
	r := clientele.Request{Chain: at.chain, Method: strings.ToUpper(n.Get("method").Str()),
		URL: clientele.Secret(url.Str() + n.Get("path").Str()), Line: url.LineOr(n.LineOr(0)), Auth: w.auth(at, n),
		Recorded: w.recorded, Dormant: w.dormant}
	w.part.Requests = append(w.part.Requests, r)
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.rows(clientele.InQuery, at.chain, n.Get("params"))
	w.variables("request", at.chain, n.Get("requestVariables"))
	w.body(at, n)
	w.text(clientele.InBody, at.at("query"), n.Get("query"))
	w.text(clientele.InBody, at.at("variables"), n.Get("variables"))
	w.notes(at, n)
	for _, e := range n.Get("responses").Fields() {
		w.example(at, e)
	}
}

// body writes a body: a text, a form, or the three fields of schema 0.
func (w *scribe) body(at spot, n *doc.Node) {
	body := n.Get("body", "body")
	w.text(clientele.InBody, at.at("body"), body)
	w.rows(clientele.InBody, at.at("body"), body)
	w.text(clientele.InBody, at.at("body"), n.Get("rawParams"))
	w.rows(clientele.InBody, at.at("body"), n.Get("bodyParams"))
}

// example writes a saved response and the request that it answered.
func (w *scribe) example(at spot, e *doc.Node) {
	name := e.Get("name").Str()
	if name == "" {
		name = e.Key
	}
	then := *w
	then.recorded = true
	chain := at.at("example " + name)
	then.response(chain, e)
	if o := e.Get("originalRequest"); o != nil {
		then.request(spot{chain: chain}, o)
	}
}

func (w *scribe) response(chain []string, n *doc.Node) {
	w.rows(clientele.InResponse, chain, n.Get("headers"))
	w.text(clientele.InResponse, append(chain[:len(chain):len(chain)], "body"), n.Get("body"))
}

// rows writes a table of keys and values, of which some may be switched off.
func (w *scribe) rows(place clientele.Place, chain []string, rows *doc.Node) {
	for _, r := range rows.Items() {
		v := r.Get("value")
		key := r.First("key", "name").Str()
		if v.IsScalar() && !r.Get("isFile").True() {
			w.slot(clientele.Slot{Place: place, Name: key, Chain: chain, Value: v.Secret(), Line: v.Line, Dormant: r.Get("active").False()})
		}
		w.text(clientele.InText, append(chain[:len(chain):len(chain)], key, "description"), r.Get("description"))
	}
}

// variables writes a set of variables. One may have two values: the current one, which is
// used, and the initial one, which is synced.
func (w *scribe) variables(scope string, chain []string, vars *doc.Node) {
	for _, v := range vars.Items() {
		one := clientele.Variable{Name: v.Get("key").Str(), Scope: scope, Chain: chain,
			Marked: v.Get("secret").True() || v.Get("isSecret").True(), Dormant: v.Get("active").False() || w.dormant}
		current := ""
		for _, field := range []string{"currentValue", "value", "initialValue"} {
			n := v.Get(field)
			if !n.IsScalar() || n.Str() == "" || n.Str() == current {
				continue
			}
			one.Value, one.Line = n.Secret(), n.Line
			one.Dormant = one.Dormant || current != ""
			current = n.Str()
			w.part.Variables = append(w.part.Variables, one)
		}
	}
}
