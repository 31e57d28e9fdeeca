// Package codec lists the decoders of every tool whose files Clientele understands, and
// finds those that a file's path or content calls for.
package codec

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
)

// Table finds decoders. It is immutable after New.
type Table struct {
	all    []clientele.Decoder
	exact  map[string][]int // by base name, lower case
	suffix map[string][]int // by extension, lower case, with its dot
	glob   []pattern        // the rest, tried in turn
	marks  []string
	markOf []int // decoder of each mark
}

type pattern struct {
	text  string
	elems int  // elements of the path that it speaks of
	plain bool // no wildcards
	// what stands before the first wildcard of the last element and behind its last one
	before, behind string
	of             int
}

// New builds a table of decoders.
func New(all []clientele.Decoder) *Table {
	t := &Table{all: all, exact: map[string][]int{}, suffix: map[string][]int{}}
	for i, d := range all {
		for _, p := range d.Paths {
			t.add(strings.ToLower(p), i)
		}
		for _, m := range d.Marks {
			t.marks = append(t.marks, m)
			t.markOf = append(t.markOf, i)
		}
	}
	return t
}

// add files a pattern under the cheapest index that serves it. Patterns with several path
// elements are filed by their last and checked in full by match.
func (t *Table) add(p string, i int) {
	base := path.Base(p)
	pat := pattern{text: p, elems: strings.Count(p, "/") + 1, plain: !strings.ContainsAny(p, wild), of: i}
	if !pat.plain && strings.ContainsAny(base, wild) {
		pat.before, pat.behind = base[:strings.IndexAny(base, wild)], base[strings.LastIndexAny(base, wild+"]")+1:]
	}
	switch {
	case !strings.ContainsAny(base, wild):
		t.exact[base] = append(t.exact[base], len(t.glob))
	case strings.HasPrefix(base, "*.") && !strings.ContainsAny(base[2:], `*?[\.`):
		t.suffix[base[1:]] = append(t.suffix[base[1:]], len(t.glob))
	default:
		t.exact["*"] = append(t.exact["*"], len(t.glob))
	}
	t.glob = append(t.glob, pat)
}

// Marks are the texts whose presence offers a file to a decoder, in any case. ByMark maps
// their indexes to decoders.
func (t *Table) Marks() []string { return t.marks }

// ByMark is the index of the decoder that wants the given mark.
func (t *Table) ByMark(mark int) int { return t.markOf[mark] }

// Decoder is the decoder of that index.
func (t *Table) Decoder(i int) clientele.Decoder { return t.all[i] }

// Len is the number of decoders.
func (t *Table) Len() int { return len(t.all) }

// wild are the characters with a meaning of their own in a pattern.
const wild = `*?[\`

// ByPath calls f with the index of each decoder whose patterns match the end of the path.
func (t *Table) ByPath(name string, f func(decoder int)) {
	low := strings.ToLower(name)
	base := path.Base(low)
	try := func(list []int) {
		for _, g := range list {
			if t.glob[g].match(low) {
				f(t.glob[g].of)
			}
		}
	}
	try(t.exact[base])
	for i := range len(base) {
		if base[i] == '.' {
			try(t.suffix[base[i:]])
		}
	}
	for _, g := range t.exact["*"] {
		p := &t.glob[g]
		if strings.HasPrefix(base, p.before) && strings.HasSuffix(base, p.behind) && p.match(low) {
			f(p.of)
		}
	}
}

func (p *pattern) match(low string) bool {
	if p.plain {
		rest, ok := strings.CutSuffix(low, p.text)
		return ok && (rest == "" || rest[len(rest)-1] == '/')
	}
	if p.elems == 1 && p.text[0] == '*' && !strings.ContainsAny(p.text[1:], wild) {
		return strings.HasSuffix(low, p.text[1:])
	}
	at := len(low)
	for range p.elems {
		i := strings.LastIndexByte(low[:at], '/')
		if i < 0 {
			if strings.Count(low, "/")+1 < p.elems {
				return false
			}
			at = 0
			break
		}
		at = i
	}
	ok, _ := path.Match(p.text, strings.TrimPrefix(low[at:], "/"))
	return ok
}
