package httpfile

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// body writes a block's body as texts and slots that are each of one kind: the fields of a
// multipart form are slots, a form that is spread over lines is joined, and the variables of
// a GraphQL query are told from the query.
func (w *writer) body(chain []string, b *block, recorded bool) {
	t := b.body
	for len(t.lines) > 0 && strings.TrimSpace(t.lines[0]) == "" {
		t.lines, t.line = t.lines[1:], t.line+1
	}
	if b.response {
		t.place = clientele.InResponse
	}
	kind := b.header("Content-Type")
	switch {
	case strings.Contains(kind, "x-www-form-urlencoded"):
		t.lines = joinForm(t.lines)
	case strings.Contains(kind, "multipart/form-data"):
		t = w.multipart(chain, t, kind, recorded)
	case b.method == "GRAPHQL" || strings.EqualFold(b.header("X-Request-Type"), "GraphQL"):
		query, vars := splitGraphQL(t)
		w.text(below(chain, vars.label), vars, recorded)
		t = query
	}
	w.text(below(chain, t.label), t, recorded)
}

// header is the value of a header that is in force, or empty.
func (b *block) header(name string) string {
	for _, h := range b.headers {
		if !h.dormant && strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

func joinForm(lines []string) []string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimSpace(l))
	}
	return []string{b.String()}
}

func splitGraphQL(t text) (query, vars text) {
	for i := len(t.lines) - 1; i > 0; i-- {
		if strings.TrimSpace(t.lines[i-1]) == "" && strings.HasPrefix(strings.TrimSpace(t.lines[i]), "{") {
			vars = t
			vars.label, vars.line, vars.lines = "graphql variables", t.line+i, t.lines[i:]
			t.lines = t.lines[:i]
			break
		}
	}
	return t, vars
}

var (
	boundary  = regexp.MustCompile(`boundary="?([^";\s]+)`)
	fieldName = regexp.MustCompile(`(?i)^content-disposition:.*\bname="([^"]*)"`)
)

// multipart makes slots of the fields of a form, and returns what is left of its text: the
// files that are written out in it.
func (w *writer) multipart(chain []string, t text, kind string, recorded bool) text {
	m := boundary.FindStringSubmatch(kind)
	if m == nil {
		return t
	}
	rest := t
	rest.lines = nil
	for from := 0; from < len(t.lines); {
		to := from + 1
		for to < len(t.lines) && !strings.HasPrefix(t.lines[to], "--"+m[1]) {
			to++
		}
		if !w.field(chain, t.lines[from:to], t.line+from, recorded) {
			rest.lines = append(rest.lines, t.lines[from:to]...)
		}
		from = to
	}
	return rest
}

// field makes a slot of one part of a form, and reports whether the part is a field and not
// a file.
func (w *writer) field(chain []string, lines []string, line int, recorded bool) bool {
	name := ""
	for i, l := range lines {
		if m := fieldName.FindStringSubmatch(strings.TrimSpace(l)); m != nil && !strings.Contains(l, "filename") {
			name = m[1]
		}
		if strings.TrimSpace(l) != "" || name == "" {
			continue
		}
		value := strings.TrimSpace(strings.Join(lines[i+1:], "\n"))
		w.part.Slots = append(w.part.Slots, clientele.Slot{
			Place: clientele.InBody, Name: name, Chain: below(chain, "body"),
			Value: clientele.Secret(value), Line: line + i + 1, Recorded: recorded,
		})
		return true
	}
	return false
}
