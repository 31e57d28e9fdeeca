package command

import (
	"strings"

	"github.com/clientele/clientele"
	"mvdan.cc/sh/v3/syntax"
)

// Entry is one command of a history.
type Entry struct {
	Text string
	Line int
	// Folded: the command's line feeds were written as escapes, so that all of it stands on
	// Line.
	Folded bool
}

// History reads commands that were typed one after the other. A fault in one does not reach
// the next.
func History(entries []Entry) clientele.Part {
	r := newReader()
	for _, e := range entries {
		r.still = e.Folded
		r.read(e.Text, e.Line, nil)
	}
	return r.part
}

// maxJoined bounds the lines that are taken for one entry.
const maxJoined = 40

// Lines makes entries of a history that keeps each command as it was typed. A line is an
// entry of its own, unless it is incomplete and the lines below complete it, none of which
// begins with a known client: a lone apostrophe is more often a slip than the start of
// something.
func Lines(src string) []Entry {
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	budget := 20*len(src) + 1<<20
	var entries []Entry
	for i := 0; i < len(lines); {
		n := 1
		if incomplete(lines[i]) {
			n = joined(lines[i:], &budget)
		}
		entries = append(entries, Entry{Text: strings.Join(lines[i:i+n], "\n"), Line: i + 1})
		i += n
	}
	return entries
}

// joined is how many lines make the first one complete; 1 if none do.
func joined(lines []string, budget *int) int {
	text := lines[0]
	for n := 1; n < len(lines) && n < maxJoined && *budget > 0; n++ {
		if first, _, _ := strings.Cut(lines[n], " "); tools()[toolName(first)] != nil && first != "" {
			return 1
		}
		text += "\n" + lines[n]
		*budget -= len(text)
		if !incomplete(text) {
			return n + 1
		}
	}
	return 1
}

// incomplete reports whether text asks for more: an open quote, a backslash at its end.
func incomplete(text string) bool {
	if strings.HasSuffix(text, `\`) || strings.HasSuffix(text, " `") {
		return true
	}
	if !strings.ContainsAny(text, "'\"`({<") && !strings.Contains(text, "do") && !strings.Contains(text, "then") {
		return false
	}
	_, err := parse(text, syntax.LangBash)
	return err != nil && syntax.IsIncomplete(err)
}
