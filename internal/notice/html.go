package notice

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed letter.html
var letterHTML string

// letterTemplate is html/template, which escapes by context.
var letterTemplate = template.Must(template.New("letter").Parse(letterHTML))

// page is what letter.html is filled with.
type page struct {
	Subject   string
	Lines     []string
	Sentence  string
	Act       *Act
	More      []Link
	Items     []page
	Remainder string
}

func newPage(m Message) page {
	p := page{Subject: m.Subject, Lines: m.Lines, Act: m.Act, More: m.More}
	if m.Act != nil { // a template sees no unexported field
		p.Sentence = m.Act.sentence
	}
	for _, d := range m.Digest {
		p.Items = append(p.Items, newPage(d))
	}
	return p
}

// HTML is the letter as a page for mail: headings, paragraphs, lists and links, in the
// reader's own fonts and colours. It has no script and no image, and fetches nothing.
func (l Letter) HTML() (string, error) {
	p := newPage(l.m)
	p.Remainder = l.remainder()
	var b strings.Builder
	if err := letterTemplate.Execute(&b, p); err != nil {
		return "", fmt.Errorf("write a letter as HTML: %w", err)
	}
	return b.String(), nil
}
