// Package bruno reads what Bruno (usebruno.com) leaves on disk: collections in its own .bru
// language and in OpenCollection YAML, and the data folder of the desktop app.
//
// A collection is a folder in a repository: bruno.json or opencollection.yml make it a
// client, and each request, folder and environment below is a file of its own. There is no
// cloud. Secret variables are named in the environment and kept in the app's data folder,
// sealed with the system's keychain or, where there is none, with a key made of the machine's
// id, which every program on the machine can make too.
//
// Sources: github.com/usebruno/bruno (packages/bruno-lang, bruno-filestore/src/formats/yml,
// bruno-electron/src/store), docs.usebruno.com, spec.opencollection.com.
package bruno

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// Decoders are the formats of Bruno.
var Decoders = []clientele.Decoder{
	{Name: "bruno .bru file", Paths: []string{"*.bru"}, Decode: decodeBru},
	{Name: "bruno collection settings", Paths: []string{"bruno.json"}, Decode: decodeSettings},
	{
		Name:   "opencollection",
		Paths:  []string{"opencollection.yml", "opencollection.yaml", "workspace.yml"},
		Marks:  []string{"opencollection:", `"opencollection"`},
		Decode: decodeOpenCollection,
	},
	{Name: "bruno export", Marks: []string{`"brunoConfig"`}, Decode: decodeExport},
	// A request may have any name, and there is no word that all of them hold.
	{Name: "opencollection item", Paths: []string{"*.yml", "*.yaml"}, Decode: decodeItem},
	{Name: "bruno secret manager", Paths: []string{"secrets.json"}, Decode: decodeSecretManager},
	{Name: "bruno app secrets", Paths: []string{"bruno/secrets.json"}, Decode: decodeAppSecrets},
	{Name: "bruno app preferences", Paths: []string{"bruno/preferences.json"}, Decode: decodePreferences},
	{Name: "bruno app tokens", Paths: []string{"bruno/oauth2.json"}, Decode: decodeTokens},
	{Name: "bruno app cookies", Paths: []string{"bruno/cookies.json"}, Decode: decodeCookies},
	{Name: "bruno app environments", Paths: []string{"bruno/global-environments.json"}, Decode: decodeGlobals},
	{Name: "bruno app ai keys", Paths: []string{"bruno/ai-keys.json"}, Decode: decodeAIKeys},
	{Name: "bruno app sandbox", Paths: []string{"bruno/collection-security.json"}, Decode: decodeSandbox},
}

const tool clientele.Tool = "bruno"

// row is a named value as any of the dialects writes it: a header, a field, a variable.
type row struct {
	name, value string
	line        int
	off         bool // disabled
	note        string
}

// builder gathers a part. While recorded is set, what is added was captured from an exchange.
type builder struct {
	clientele.Part
	recorded bool
}

func newBuilder(format, name string, as clientele.BindAs) *builder {
	return &builder{Part: clientele.Part{
		Tool: tool, Kind: clientele.APIClient, Format: format, Name: name, Line: 1,
		Syntax: clientele.SyntaxBruno, Bind: clientele.Bind{As: as},
	}}
}

func (b *builder) parts() []clientele.Part { return []clientele.Part{b.Part} }

// below is the chain with further names, in memory of its own.
func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}

// stem is a file's name without its extension.
func stem(name string) string {
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

// slot adds a value in a place; an empty one is not worth a slot.
func (b *builder) slot(s clientele.Slot) {
	if s.Value.Empty() {
		return
	}
	s.Recorded = b.recorded
	b.Slots = append(b.Slots, s)
}

// rows adds headers, fields and the like, whose role their names tell.
func (b *builder) rows(place clientele.Place, chain []string, rows []row, dormant bool) {
	for _, r := range rows {
		b.slot(clientele.Slot{
			Place: place, Name: r.name, Chain: chain, Value: clientele.Secret(r.value),
			Line: r.line, Dormant: dormant || r.off,
		})
		b.text(clientele.InText, below(chain, r.name, "description"), r.note, r.line, false)
	}
}

// example adds the call of a saved exchange.
func (b *builder) example(chain []string, method, url string, line int) {
	if url != "" {
		b.Requests = append(b.Requests, clientele.Request{
			Chain: chain, Method: strings.ToUpper(method), URL: clientele.Secret(url), Line: line, Recorded: true,
		})
	}
}

// query adds the rows that the URL does not show already.
func (b *builder) query(url string, chain []string, rows []row) {
	var hidden []row
	for _, r := range rows {
		if r.off || !dsn.Shows(url, r.name) {
			hidden = append(hidden, r)
		}
	}
	b.rows(clientele.InQuery, chain, hidden, false)
}

func (b *builder) text(place clientele.Place, chain []string, text string, line int, dormant bool) {
	if strings.TrimSpace(text) == "" {
		return
	}
	b.Texts = append(b.Texts, clientele.Text{
		Place: place, Chain: chain, Text: clientele.Secret(text), Line: line,
		Dormant: dormant, Recorded: b.recorded,
	})
}

// variables adds what the file defines for its requests. A "@" makes a variable local to
// the scripts of the request.
func (b *builder) variables(scope, set string, chain []string, rows []row) {
	for _, r := range rows {
		name, local := strings.CutPrefix(r.name, "@")
		v := clientele.Variable{
			Name: name, Value: clientele.Secret(r.value), Scope: scope, Set: set,
			Chain: chain, Line: r.line, Dormant: r.off,
		}
		if local {
			v.Scope = "local"
		}
		b.Variables = append(b.Variables, v)
		b.text(clientele.InText, below(chain, name, "description"), r.note, r.line, false)
	}
}

// captures adds the variables that are set from a response. Their values are JavaScript
// expressions, which are kept as text; only what is written out is a value.
func (b *builder) captures(chain []string, rows []row) {
	for _, r := range rows {
		v := clientele.Variable{
			Name: strings.TrimPrefix(r.name, "@"), Scope: "runtime", Chain: chain, Line: r.line, Dormant: r.off,
		}
		if computed(r.value) {
			v.External = "a response"
			b.text(clientele.InScript, below(chain, r.name), r.value, r.line, r.off)
		} else {
			v.Value = clientele.Secret(strings.Trim(r.value, "\"'`"))
		}
		b.Variables = append(b.Variables, v)
	}
}

// computed reports whether an expression is worked out from the exchange, not written out.
func computed(expr string) bool {
	for _, p := range []string{"res.", "res(", "res[", "req.", "bru.", "$res", "$req", "JSON.", "Date", "Math."} {
		if strings.HasPrefix(expr, p) {
			return true
		}
	}
	return false
}

// hasLine reports whether a line of the text begins with that word, in column 0.
func hasLine(text []byte, word string) bool {
	return bytes.HasPrefix(text, []byte(word)) || bytes.Contains(text, []byte("\n"+word))
}
