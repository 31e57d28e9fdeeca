package reading

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/doc"
)

func (x *Reader) text(t clientele.Text) {
	raw := t.Text.Reveal()
	if x.depth > 3 || strings.TrimSpace(raw) == "" {
		return
	}
	x.depth++
	defer func() { x.depth-- }()
	x.noteRefs(raw)
	if t.Language == "shell" {
		x.contents(x.stamped(command.Read(raw, t.Line), t), t.Chain)
		x.lines(t, raw)
		return
	}
	if x.json(t, raw) || x.xml(t, raw) || x.form(t, raw) {
		return
	}
	for _, m := range hmacKey().FindAllStringSubmatchIndex(raw, 100) {
		x.slot(clientele.Slot{Place: t.Place, Role: clientele.SecretKey, Name: "hmac key", Chain: t.Chain, Value: clientele.Secret(raw[m[2]:m[3]]), Dormant: t.Dormant, Recorded: t.Recorded, Line: x.lineIn(t, strings.Count(raw[:m[2]], "\n"))})
	}
	x.prose(t, raw)
}

func (x *Reader) prose(t clientele.Text, raw string) {
	assignments(raw, func(name, value string, line int) { x.assigned(t, name, value, line) })
	x.lines(t, raw)
	for _, u := range addressesIn([]byte(raw)) {
		x.byValue(clientele.Slot{Place: t.Place, Name: "url", Chain: t.Chain, Value: clientele.Secret(u.text), Line: x.lineIn(t, u.line), Dormant: t.Dormant, Recorded: t.Recorded}, u.text)
	}
	for _, c := range commandsIn(raw) {
		x.contents(x.stamped(command.Read(c.text, x.lineIn(t, c.line)), t), t.Chain)
	}
}

func (x *Reader) stamped(p clientele.Part, t clientele.Text) clientele.Part {
	for i := range p.Slots {
		p.Slots[i].Dormant, p.Slots[i].Recorded = p.Slots[i].Dormant || t.Dormant, p.Slots[i].Recorded || t.Recorded
	}
	for i := range p.Variables {
		p.Variables[i].Dormant = p.Variables[i].Dormant || t.Dormant
	}
	x.out.Part.Links = append(x.out.Part.Links, p.Links...)
	x.out.Part.Exports = append(x.out.Part.Exports, p.Exports...)
	x.out.Part.Outputs = append(x.out.Part.Outputs, p.Outputs...)
	x.out.Part.Identities = append(x.out.Part.Identities, p.Identities...)
	return p
}

func (x *Reader) json(t clientele.Text, raw string) bool {
	s := strings.TrimSpace(raw)
	if s[0] != '{' && s[0] != '[' {
		return false
	}
	n, err := doc.JSON([]byte(s))
	if err != nil && (n == nil || len(n.Kids) == 0) {
		return false
	}
	n.Walk(func(chain []string, n *doc.Node) bool {
		if n.Key != "" && n.IsScalar() {
			x.field(t, chain[:len(chain)-1], n.Key, n.Str(), n.Line-1)
		}
		if n.Kind == doc.String && len(n.Text) > 12 {
			x.within(t, chain, n)
		}
		// {"key": "password", "value": "…"}: the names are values here.
		if name, value := n.First("key", "name"), n.Get("value"); name.IsScalar() && value.IsScalar() {
			x.field(t, chain, name.Str(), value.Str(), value.Line-1)
		}
		return true
	})
	return true
}

func (x *Reader) within(t clientele.Text, chain []string, n *doc.Node) {
	inner := t
	inner.Chain, inner.Text, inner.Language = join(t.Chain, chain...), clientele.Secret(n.Text), ""
	if t.Line > 0 {
		inner.Line = t.Line + n.Line - 1
	}
	switch {
	case strings.IndexByte("{[<", n.Text[0]) >= 0:
		x.text(inner)
	case strings.ContainsAny(n.Text, " \n"):
		x.prose(inner, n.Text)
	}
}

func (x *Reader) xml(t clientele.Text, raw string) bool {
	s := strings.TrimSpace(raw)
	if len(s) < 7 || s[0] != '<' || !strings.Contains(s, "</") && !strings.Contains(s, "/>") {
		return false
	}
	n, _ := doc.XML([]byte(s))
	if n == nil {
		return false
	}
	found := false
	n.Walk(func(chain []string, n *doc.Node) bool {
		found = found || len(n.Kids) > 0 || n.Text != ""
		if n.Key != "" && n.Text != "" && len(chain) < 50 {
			x.field(t, chain[:max(len(chain)-1, 0)], strings.TrimPrefix(n.Key, "@"), n.Text, n.Line-1)
			if len(n.Text) > 12 && strings.Contains(n.Text, " ") {
				x.within(t, chain, n)
			}
		}
		return true
	})
	return found
}

func (x *Reader) field(t clientele.Text, chain []string, name, value string, line int) {
	s := clientele.Slot{Place: t.Place, Name: name, Chain: join(t.Chain, chain...), Value: clientele.Secret(value), Dormant: t.Dormant, Recorded: t.Recorded}
	s.Line = x.lineIn(t, line)
	x.slot(s)
}

func (x *Reader) lineIn(t clientele.Text, line int) int {
	if t.Line == 0 || x.flat {
		return t.Line
	}
	return t.Line + line
}

func (x *Reader) form(t clientele.Text, raw string) bool {
	raw = strings.TrimSpace(raw)
	first, _, _ := strings.Cut(raw, "=")
	if !strings.Contains(raw, "=") || strings.ContainsAny(first, " \t;({<\"'\n:") || strings.ContainsAny(raw, ";(") || strings.ContainsAny(raw, " \t") && !strings.Contains(raw, "&") || strings.Count(raw, "\n") > 20 {
		return false
	}
	for _, p := range strings.FieldsFunc(raw, func(r rune) bool { return r == '&' || r == '\n' || r == '\r' }) {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			continue
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		x.field(t, nil, name, value, 0)
	}
	return true
}

func (x *Reader) lines(t clientele.Text, raw string) {
	for i, line := range strings.Split(raw, "\n") {
		if len(line) > 20_000 {
			continue
		}
		if f := strings.Fields(line); len(f) == 2 && strings.EqualFold(f[0], "password") { // netrc's way
			x.assigned(t, f[0], f[1], i)
		}
		for _, p := range pairsIn(line) {
			x.assigned(t, p.name, p.value, i)
		}
		if user, password, ok := signIn(line); ok {
			s := clientele.Slot{Place: t.Place, Role: clientele.Password, Name: "login", Chain: t.Chain, Value: clientele.Secret(password), Principal: user, Dormant: t.Dormant, Recorded: t.Recorded, Line: x.lineIn(t, i)}
			x.slot(s)
		}
	}
}

func (x *Reader) assigned(t clientele.Text, name, value string, line int) {
	role, sure := detect.RoleOf(name)
	if name == "basic" { // the argument of a base64 encoder
		if user, password, ok := strings.Cut(value, ":"); ok && password != "" && !strings.ContainsAny(value, " ") {
			x.slot(clientele.Slot{Place: t.Place, Role: clientele.Password, Name: "basic", Chain: t.Chain, Value: clientele.Secret(password), Principal: user, Dormant: t.Dormant, Recorded: t.Recorded, Line: x.lineIn(t, line)})
		}
		return
	}
	if strings.HasPrefix(value, "$") || sentence(value) && role != clientele.AuthHeader && role != clientele.CookieHeader || graphqlTypes[strings.Trim(value, "!,)[]")] {
		return
	}
	if role != clientele.Password && !hasSign(value) && len(value) < 24 {
		return // the name of a variable
	}
	if sure == detect.No || sure == detect.Likely && !detect.LooksRandom(value) || strings.ContainsAny(value, "()") && role != clientele.Password {
		return
	}
	if role != clientele.AuthHeader && role != clientele.CookieHeader && strings.Count(value, " ") > 0 && role != clientele.Password {
		return
	}
	if (role == clientele.Token || role == clientele.APIKey || role == clientele.OtherSecret) && len(value) < 16 && !strings.ContainsAny(value, "0123456789") {
		return // "token: isString"
	}
	v := detect.Classify(value, x.syntax)
	if v.Class != clientele.Literal || strings.EqualFold(value, name) || role == clientele.Password && (len(value) > 128 || codeLike(value)) {
		return
	}
	x.field(t, nil, name, value, line)
}

var graphqlTypes = map[string]bool{"String": true, "Int": true, "ID": true, "Boolean": true, "Float": true}

func codeLike(v string) bool {
	if strings.HasSuffix(v, "()") || strings.HasSuffix(v, "{") || strings.Contains(v, "=>") || strings.Contains(v, "pm.") {
		return true
	}
	dots := strings.Count(v, ".")
	return dots >= 1 && strings.IndexFunc(v, func(r rune) bool {
		return r != '.' && r != '_' && !unicode.IsLetter(r)
	}) < 0
}
