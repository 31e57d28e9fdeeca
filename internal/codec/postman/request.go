package postman

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// address gives the URL of format v2, which is a text or an object with both the raw text
// and its parts. Parts that the text does not show are emitted.
func (s *sheet) address(at spot, n *doc.Node) string {
	if n.IsScalar() {
		return n.Str()
	}
	raw := n.Get("raw").Str()
	if raw == "" {
		raw = assemble(n)
	}
	s.unshown(at, raw, n.Get("query"))
	s.variables(at.in("path"), "request", n.Get("variable"))
	s.slotsByRole(at.in("url"), clientele.InURL, n.Get("auth"))
	return raw
}

// assemble makes a URL of its parts, for files that some other program wrote.
func assemble(n *doc.Node) string {
	text := joined(n.Get("host"), ".")
	if p := n.Get("protocol").Str(); p != "" {
		text = p + "://" + text
	}
	if p := n.Get("port").Str(); p != "" {
		text += ":" + p
	}
	if p := joined(n.Get("path"), "/"); p != "" {
		text += "/" + strings.TrimPrefix(p, "/")
	}
	sep := "?"
	for _, r := range rows(n.Get("query")) {
		if !r.off {
			text += sep + r.name + "=" + r.value
			sep = "&"
		}
	}
	return text
}

func joined(n *doc.Node, sep string) string {
	if n.IsScalar() {
		return n.Str()
	}
	var all []string
	for _, e := range n.Items() {
		if v := e.Get("value"); v != nil {
			e = v
		}
		all = append(all, e.Str())
	}
	return strings.Join(all, sep)
}

// maxShown bounds the search for rows in a URL, which is done for each row.
const maxShown = 1 << 16

// unshown emits query rows that do not stand in the URL: disabled ones above all.
func (s *sheet) unshown(at spot, raw string, n *doc.Node) {
	raw = raw[:min(len(raw), maxShown)]
	plain, err := url.QueryUnescape(raw)
	if err != nil {
		plain = raw
	}
	for _, r := range rows(n) {
		s.note(at.in("query", r.name).asleep(r.off), r.note)
		pair := r.name + "=" + r.value
		if r.off || !strings.Contains(raw, pair) && !strings.Contains(plain, pair) {
			s.slot(at.in("query"), clientele.InQuery, "", r)
		}
	}
}

// slotsByRole emits rows whose names say what the values are: a proxy's login, a URL's.
func (s *sheet) slotsByRole(at spot, place clientele.Place, n *doc.Node) {
	all := rows(n)
	who := n.First("username", "user").Str()
	for _, r := range all {
		role := roles[fold(r.name)]
		if role == "" {
			continue
		}
		have := len(s.Slots)
		s.slot(at, place, role, r)
		if len(s.Slots) > have && role.Secret() {
			s.Slots[have].Principal = who
		}
	}
}

// body emits a body of format v2: the chosen mode, and what is left of the others.
func (s *sheet) body(at spot, n *doc.Node) {
	mode := n.Get("mode").Str()
	at = at.in("body").asleep(n.Get("disabled").True())
	for _, part := range n.Fields() {
		here := at.asleep(mode != "" && part.Key != mode)
		switch part.Key {
		case "raw":
			s.free(here, clientele.InBody, part)
		case "urlencoded", "formdata":
			s.form(here, part)
		case "graphql":
			s.graphql(here, part)
		case "file":
			s.text(here.in("file"), clientele.InBody, part.Get("content").Str(), part.Line)
		}
	}
}

// form emits form fields. A text is a body that was typed in as a whole.
func (s *sheet) form(at spot, n *doc.Node) {
	if n.IsScalar() {
		s.text(at, clientele.InBody, n.Str(), n.Line)
		return
	}
	s.slots(at, clientele.InBody, n)
}

func (s *sheet) graphql(at spot, n *doc.Node) {
	if n.IsScalar() {
		s.text(at, clientele.InBody, n.Str(), n.Line)
		return
	}
	s.free(at.in("query"), clientele.InBody, n.Get("query"))
	s.free(at.in("variables"), clientele.InBody, n.Get("variables"))
}

// events emits the scripts of format v2.
func (s *sheet) events(at spot, n *doc.Node) {
	for _, e := range n.Items() {
		code := e.Get("script")
		if x := code.First("exec", "code"); x != nil {
			code = x
		}
		s.script(at.in(strings.TrimSpace("script "+e.Get("listen").Str())).asleep(e.Get("disabled").True()), code)
	}
}

// script emits a script, one text or a list of lines, and the variables it sets.
func (s *sheet) script(at spot, n *doc.Node) {
	code, line := n.Str(), n.LineOr(0)
	if isList(n) {
		code, line = joined(n, "\n"), n.At(0).LineOr(line)
	}
	s.text(at, clientele.InScript, code, line)
	for _, m := range setCall.FindAllStringSubmatchIndex(code, 1000) {
		name, value := quoted(code, m, 4), quoted(code, m, 10)
		if name == "" || value == "" {
			continue
		}
		below := 0
		if isList(n) {
			below = strings.Count(code[:m[0]], "\n")
		}
		s.variable(at, setScopes[strings.ToLower(code[m[2]:m[3]])], row{name: name, value: value, line: line + below})
	}
}

// setCall finds the calls by which a script defines a variable with a text of its own:
// pm.environment.set("name", "value") and its forerunners.
var setCall = regexp.MustCompile(`\b(?:pm|postman)\.(environment\.set|globals\.set|collectionVariables\.set|variables\.set|vault\.set|setEnvironmentVariable|setGlobalVariable)` +
	`\(\s*` + textLiteral + `\s*,\s*` + textLiteral + `\s*[,)]`)

const textLiteral = `(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|` + "`((?:[^`\\\\$]|\\\\.)*)`" + `)`

var setScopes = map[string]string{
	"environment.set": "environment", "setenvironmentvariable": "environment",
	"globals.set": "global", "setglobalvariable": "global",
	"collectionvariables.set": "collection", "variables.set": "local", "vault.set": "vault",
}

var unquote = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, "\\`", "`", `\n`, "\n", `\t`, "\t")

// quoted is the one of three groups from m[at] on that matched: one for each sort of quote.
func quoted(code string, m []int, at int) string {
	for i := at; i < at+6; i += 2 {
		if m[i] >= 0 {
			return unquote.Replace(code[m[i]:m[i+1]])
		}
	}
	return ""
}
