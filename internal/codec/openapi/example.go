package openapi

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/doc"
)

// credential reports whether a field of that name is for a credential.
func credential(name string) bool {
	role, _ := detect.RoleOf(name)
	return role.Secret() || role == clientele.AuthHeader
}

// worth reports whether what was read holds a value, and not only names, references and words
// to be filled in.
func worth(p clientele.Part) bool {
	for _, s := range p.Slots {
		_, sure := detect.RoleOf(s.Name)
		v := detect.Classify(s.Value.Reveal(), p.Syntax)
		if v.Class.Embedded() && !v.Weak && (sure != detect.Likely || detect.LooksRandom(v.Value)) {
			return true
		}
	}
	return len(p.Requests)+len(p.Texts) > 0
}

// examples reads the bodies that requests and responses have for examples: the credentials in
// them, however deep. In Swagger 2 the examples of a response stand under their media types,
// in OpenAPI 3 under a media type, alone or by name.
func (r *reader) examples(root *doc.Node) {
	for _, room := range []*doc.Node{root.Get("paths"), root.Get("webhooks"), root.Get("components"), root.Get("responses")} {
		room.Walk(func(chain []string, n *doc.Node) bool {
			switch {
			case n.Key == "schema" || n.Key == "schemas":
				return false
			case n.Key == "parameters":
				return bodies(n) // the others are read by themselves
			case n.Key == "example" || n.Key == "examples" || n.Key == "x-example" || n.Key == "x-examples":
				r.example(below([]string{room.Key}, chain...), n)
				return false
			}
			return true
		})
	}
}

// bodies reports whether a parameter of Swagger 2 is the body.
func bodies(list *doc.Node) bool {
	for _, p := range list.Items() {
		if p.Get("in").Str() == "body" {
			return true
		}
	}
	return false
}

// example reads one example: an object, or a text that holds one.
func (r *reader) example(chain []string, n *doc.Node) {
	place := clientele.InBody
	for _, c := range chain {
		if c == "responses" {
			place = clientele.InResponse
		}
	}
	n.Walk(func(at []string, v *doc.Node) bool {
		switch {
		case !v.IsScalar() || v.Text == "":
		case credential(v.Key) && v.Kind == doc.String:
			r.slot(place, v.Key, below(chain, at[:len(at)-1]...), v)
		case strings.HasPrefix(strings.TrimSpace(v.Text), "{"):
			r.text(place, below(chain, at...), v)
		}
		return true
	})
}

// telling is a word for a credential, or a command that sends one, with what may be the
// credential behind it.
var telling = regexp.MustCompile(`(?i)(?:(?:\b|_)(?:bearer|basic|token|password|passwd|secret|api[ _-]?key)\b["'\x60:=*\s]{1,5}|\bcurl\b[^\n]*\s(?:-u|--user)[\s=]*["']?[\w.@-]+:)([^\s"'\x60,;|<>(){}]{6,})`)

// commands are those that a description shows: between backticks, or on lines of their own.
var commands = regexp.MustCompile("`+(?:[a-z]*\\n)?\\s*(?:\\$ )?(curl\\s[^`]+)`|(?m:^[ \\t]*(?:\\$ )?(curl\\s(?:[^\\\\\n]|\\\\.|\\\\\\n)+)$)")

// descriptions reads the descriptions, of anything, in which a credential seems to stand. The
// commands in them are read as such.
func (r *reader) descriptions(root *doc.Node) {
	root.Walk(func(chain []string, n *doc.Node) bool {
		if n.Kind != doc.String || n.Key != "description" && n.Key != "summary" && n.Key != "x-description" || !told(n.Text) {
			return true
		}
		prose := n.Text
		for _, m := range commands.FindAllStringSubmatchIndex(n.Text, 50) {
			from, to := m[2], m[3]
			if from < 0 {
				from, to = m[4], m[5]
			}
			r.part.Texts = append(r.part.Texts, clientele.Text{
				Place: clientele.InText, Chain: below(chain), Text: clientele.Secret(n.Text[from:to]),
				Line: n.Line + strings.Count(n.Text[:from], "\n"), Language: "shell",
			})
			prose = prose[:from] + blank(prose[from:to]) + prose[to:]
		}
		if told(prose) {
			r.part.Texts = append(r.part.Texts, clientele.Text{Place: clientele.InText, Chain: chain, Text: clientele.Secret(prose), Line: n.Line})
		}
		return true
	})
}

// blank is a text of that length and with its line feeds, that says nothing.
func blank(s string) string {
	b := bytes.Repeat([]byte(" "), len(s))
	for i := range len(s) {
		if s[i] == '\n' {
			b[i] = '\n'
		}
	}
	return string(b)
}

// text adds a text with a credential in it.
func (r *reader) text(place clientele.Place, chain []string, n *doc.Node) {
	if told(n.Text) {
		r.part.Texts = append(r.part.Texts, clientele.Text{Place: place, Chain: chain, Text: n.Secret(), Line: n.Line})
	}
}

// told reports whether a credential seems to stand in a text.
func told(text string) bool {
	for _, m := range telling.FindAllStringSubmatch(text, 50) {
		v := detect.Classify(m[1], clientele.SyntaxGeneric)
		if v.Class.Embedded() && !v.Weak && (detect.LooksRandom(m[1]) || strings.ContainsAny(m[1], "0123456789")) {
			return true
		}
	}
	return false
}
