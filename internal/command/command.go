// Package command reads shell text and understands the API and data-store clients it calls.
//
// The text is parsed, not searched: mvdan.cc/sh/v3/syntax gives the words of each command,
// and a table says what the options of some hundred tools mean, from the manual pages and
// --help texts of those tools (curl.se/docs/manpage.html, httpie.io/docs/cli,
// learning.postman.com/docs/collections/using-newman-cli, postgresql.org/docs/current/reference-client.html,
// dev.mysql.com, docs.docker.com/reference/cli and their like). Bash is tried first and zsh
// next; a statement neither can read loses its line only, which is kept as free text. Lines
// of fish, PowerShell and cmd.exe are understood as far as they name a client in words.
//
// References ($VAR, ${VAR:-default}, $(command)) stand in the values as written, with the
// quotes removed: to resolve them is the scanner's work.
package command

import (
	"strconv"
	"strings"

	"github.com/clientele/clientele"
)

// Read reads the commands of src, whose first line is number line of its file. The part has
// no tool, kind, format or name: they belong to the file the commands stand in.
func Read(src string, line int) clientele.Part {
	r := newReader()
	r.read(src, line, nil)
	return r.part
}

// Word is one word of a command that was split before.
type Word struct {
	Text string
	Line int
}

// Words reads one command that is given as its words, as an exec-form CMD or a list of args
// gives it. Nothing in the words is a quote.
func Words(argv []Word) clientele.Part {
	r := newReader()
	if len(argv) == 0 {
		return r.part
	}
	c := call{line: argv[0].Line}
	for _, a := range argv {
		c.args = append(c.args, word{text: a.Text, line: a.Line})
	}
	r.call(c)
	return r.part
}

// Add puts what from says under chain and adds it to p.
func Add(p *clientele.Part, from clientele.Part, chain ...string) {
	under := func(below []string) []string {
		return append(chain[:len(chain):len(chain)], below...)
	}
	for _, q := range from.Requests {
		q.Chain = under(q.Chain)
		p.Requests = append(p.Requests, q)
	}
	for _, s := range from.Slots {
		s.Chain = under(s.Chain)
		p.Slots = append(p.Slots, s)
	}
	for _, v := range from.Variables {
		v.Chain = under(v.Chain)
		p.Variables = append(p.Variables, v)
	}
	for _, t := range from.Texts {
		t.Chain = under(t.Chain)
		p.Texts = append(p.Texts, t)
	}
	for _, i := range from.Identities {
		i.Location.Path = under(i.Location.Path)
		p.Identities = append(p.Identities, i)
	}
	p.Links = append(p.Links, from.Links...)
	p.Exports = append(p.Exports, from.Exports...)
	p.Outputs = append(p.Outputs, from.Outputs...)
	p.Approvals = append(p.Approvals, from.Approvals...)
}

// reader collects the part while it walks the text.
type reader struct {
	part    clientele.Part
	seen    map[string]int    // how often a name stood in a chain, to tell them apart
	words   map[string][]word // arrays, and variables that hold options, by name
	shields []string
	spent   int  // words that arrays added to calls
	still   bool // all lines of a text count as its first: it was one line in the file
	depth   int  // of texts inside texts: sh -c, eval, alias
}

// maxDepth bounds commands in the arguments of commands.
const maxDepth = 4

func newReader() *reader {
	return &reader{
		part:  clientele.Part{Syntax: clientele.SyntaxShell},
		seen:  map[string]int{},
		words: map[string][]word{},
	}
}

// named is a chain that ends in name, numbered from its second use on.
func (r *reader) named(chain []string, name string) []string {
	name = clip(name)
	key := strings.Join(chain, "\x00") + "\x00" + name
	r.seen[key]++
	if n := r.seen[key]; n > 1 {
		name += " #" + strconv.Itoa(n)
	}
	return append(chain[:len(chain):len(chain)], name)
}

// clip keeps names in chains short.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
