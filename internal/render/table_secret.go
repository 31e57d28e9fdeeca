package render

import (
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// classColumn is the width of the widest class, and a space.
const classColumn = 12

// secretsOf lists what a client keeps. Without Verbose, what is not embedded is counted.
func (t *table) secretsOf(s *sheet) {
	label, shown := "secrets", 0
	rest := map[string]int{}
	for _, h := range s.holds() {
		if !t.opts.Verbose && (!clientele.Class(h.Class).Embedded() || shown == mostSecrets) {
			rest[classWord(h.Class)]++
			continue
		}
		t.secret(s, h, label)
		label = ""
		shown++
	}
	if len(rest) == 0 {
		return
	}
	var words []string
	for _, c := range tallies(rest) {
		words = append(words, classCount(c, shown > 0))
	}
	and := ""
	if shown > 0 {
		and = "and "
	}
	t.row(label, dimmed(and+strings.Join(words, ", ")))
}

// classCount writes "4 references", "3 more embedded".
func classCount(c tally, more bool) string {
	switch c.name {
	case "reference", "placeholder":
		return count(c.n, c.name, c.name+"s")
	case "embedded", "obfuscated":
		if more {
			return count(c.n, "more "+c.name, "more "+c.name)
		}
	}
	return count(c.n, c.name, c.name)
}

// secret writes one: its class, what it is and, beside or below that, where it stands.
func (t *table) secret(s *sheet, h held, label string) {
	what := t.what(h)
	where := t.spot(s, h.Location)
	if n := len(h.also); n > 0 && !t.opts.Verbose {
		where = append(where, text("and "+count(n, "more place", "more places")))
	}
	class := run{text: plain(classWord(h.Class)), style: classStyle(h.Class)}
	if one := append(slices.Clone(what), where...); extent(one) <= t.width-t.nested() {
		t.item(label, class, one)
		return
	}
	t.item(label, class, what)
	t.indented(t.nested(), where...)
	if !t.opts.Verbose {
		return
	}
	for _, at := range h.also {
		t.indented(t.nested(), append([]run{text("also")}, t.spot(s, at)...)...)
	}
}

// spot says where something stands, by line and by structure.
func (t *table) spot(s *sheet, at api.Location) []run {
	out := []run{file(t.where(s, at))}
	if len(at.Path) > 0 {
		out = append(out, dimmed("at "+chain(at.Path)))
	}
	return out
}

// what says what a secret is, without where.
func (t *table) what(h held) []run {
	name := roleWord(h.Role)
	if h.Provider != "" {
		name += " (" + h.Provider + ")"
	}
	runs := []run{text(name)}
	if h.Excerpt != "" {
		runs = append(runs, bold(h.Excerpt))
	}
	about := qualities(h.Credential)
	if h.ExpiresAt != nil {
		about = append(about, expiry(*h.ExpiresAt, t.opts.Now))
	}
	if len(about) > 0 {
		runs = append(runs, text("("+strings.Join(about, ", ")+")"))
	}
	return runs
}

// nested is the column of lists below a label: further in where there is room for it.
func (t *table) nested() int {
	if t.width < 64 {
		return gutter + 2
	}
	return gutter + classColumn
}

// item writes one entry of a list below a label: a word in a column of its own, then runs.
func (t *table) item(label string, word run, runs []run) {
	head := labelled(label)
	head.text += strings.Repeat(" ", max(0, gutter-span(head.text)))
	t.block([]run{head, word}, t.nested(), runs...)
}

func classStyle(class string) style {
	if clientele.Class(class).Embedded() {
		return high
	}
	return faint
}

// findings writes a sentence for each rule that a client breaks.
func (t *table) findings(s *sheet) {
	label, shown, rest := "findings", 0, 0
	for _, g := range s.groups() {
		sev := severity(g.Severity)
		if !t.opts.Verbose && (sev < clientele.Low || shown == mostRules) {
			rest += len(g.all)
			continue
		}
		most := g.all[:1]
		if t.opts.Verbose {
			most = g.all
		}
		for _, f := range most {
			runs := []run{text(sentence(t.message(f))), dimmed("[" + f.Rule + "]")}
			if n := len(g.all) - len(most); n > 0 {
				runs = append(runs, text("and "+count(n, "more like it", "more like it")))
			}
			t.item(label, run{text: sev.String(), style: styleOf(sev)}, runs)
			label = ""
		}
		shown++
	}
	if rest > 0 {
		t.row(label, dimmed("and "+count(rest, "lesser finding", "lesser findings")))
	}
	if n := len(s.suppressed); n > 0 {
		t.row("", dimmed(count(n, "finding is", "findings are")+" suppressed"))
	}
}

// message is that of a finding with the path of its file made short.
func (t *table) message(f api.Finding) string {
	if f.Location.File == "" {
		return f.Message
	}
	return strings.ReplaceAll(f.Message, f.Location.File, t.place(f.Location.File))
}
