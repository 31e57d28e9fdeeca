package notice

import "strings"

// Text is the letter as plain text, without its subject: paragraphs with a blank line between.
func (l Letter) Text() string {
	parts := l.m.body()
	for _, d := range l.m.Digest {
		item := append([]string{d.Subject}, append(d.body(), d.links()...)...)
		parts = append(parts, "* "+strings.ReplaceAll(strings.Join(item, "\n"), "\n", "\n  "))
	}
	if r := l.remainder(); r != "" {
		parts = append(parts, r)
	}
	return strings.Join(append(parts, l.m.links()...), "\n\n") + "\n"
}

// body is the lines and the decision.
func (m Message) body() []string {
	out := append([]string(nil), m.Lines...)
	if m.Act != nil {
		out = append(out, m.Act.sentence, m.Act.Label+":\n"+m.Act.URL)
	}
	return out
}

func (m Message) links() []string {
	var out []string
	for _, k := range m.More {
		out = append(out, k.Label+":\n"+k.URL)
	}
	return out
}
