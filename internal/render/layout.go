package render

import (
	"bufio"
	"strings"
)

// style is how text looks on a terminal with colour.
type style uint8

const (
	normal style = iota
	strong
	faint
	critical
	high
	medium
	low
	info
)

// sgr are the parameters of the escape sequence for each style. Only the sixteen colours are
// used: they follow the theme of the terminal.
var sgr = [...]string{normal: "", strong: "1", faint: "2", critical: "1;31", high: "31", medium: "33", low: "36", info: "2"}

// run is a piece of text in one style. Make it with the functions below, which clean it.
type run struct {
	text  string
	style style
	whole bool // a file name: its spaces are no place for a new line
}

func text(s string) run   { return run{text: plain(s)} }
func file(s string) run   { return run{text: plain(s), whole: true} }
func bold(s string) run   { return run{text: plain(s), style: strong} }
func dimmed(s string) run { return run{text: plain(s), style: faint} }

// paper is a terminal of some width, written to from the top.
type paper struct {
	w      *bufio.Writer // keeps the first error
	width  int
	colour bool
}

func (p *paper) blank() { _ = p.w.WriteByte('\n') }

// block writes a head as it is and runs of text beside it from column on, wrapped, with a
// space between runs. Where the head reaches further, the text begins behind it and goes on
// at the column. What is wider than a line is broken, after a slash where there is one.
func (p *paper) block(head []run, column int, runs ...run) {
	at := 0
	for _, r := range head {
		p.emitCells(flatten([]run{r}))
		at += span(r.text)
	}
	cells := flatten(runs)
	if len(head) > 0 && at >= column && len(cells) > 0 {
		p.pad(1)
		at++
	}
	for first := true; first || len(cells) > 0; first = false {
		if pad := column - at; pad > 0 && len(cells) > 0 {
			p.pad(pad)
		}
		n, next := breakAt(cells, max(p.width-max(column, at), 16))
		p.emitCells(cells[:n])
		p.blank()
		cells, at = cells[next:], 0
	}
}

// line writes runs from the left edge.
func (p *paper) line(runs ...run) { p.block(nil, 0, runs...) }

// indented writes runs in a column of their own.
func (p *paper) indented(column int, runs ...run) { p.block(nil, column, runs...) }

func (p *paper) pad(n int) { _, _ = p.w.WriteString(strings.Repeat(" ", max(n, 0))) }

// noBreak stands for the spaces of a whole run while lines are laid out. It cannot come from
// text, which is plain.
const noBreak = '\x00'

// extent is the number of columns that runs take on one line.
func extent(runs []run) int {
	n := len(runs) - 1
	for _, r := range runs {
		n += span(r.text)
	}
	return n
}

// cell is one rune and its style.
type cell struct {
	r     rune
	style style
}

func flatten(runs []run) []cell {
	var out []cell
	for _, r := range runs {
		if r.text == "" {
			continue
		}
		if len(out) > 0 {
			out = append(out, cell{' ', normal})
		}
		for _, c := range r.text {
			if c == ' ' && r.whole {
				c = noBreak
			}
			out = append(out, cell{c, r.style})
		}
	}
	return out
}

// breakAt says how many cells go on a line of some width, and where the next line begins.
func breakAt(cells []cell, width int) (n, next int) {
	space, slash, used := -1, -1, 0
	for i, c := range cells {
		if used += columns(c.r); used > width && c.r != ' ' {
			switch {
			case space > 0:
				return space, space + 1
			case slash > width/3:
				return slash + 1, slash + 1
			}
			return max(i, 1), max(i, 1)
		}
		switch c.r {
		case ' ':
			space = i
		case '/', '\\':
			slash = i
		}
	}
	return len(cells), len(cells)
}

func (p *paper) emitCells(cells []cell) {
	now := normal
	for _, c := range cells {
		if c.style != now {
			p.turn(now, c.style)
			now = c.style
		}
		if c.r == noBreak {
			c.r = ' '
		}
		_, _ = p.w.WriteRune(c.r)
	}
	p.turn(now, normal)
}

func (p *paper) turn(from, to style) {
	if !p.colour || from == to {
		return
	}
	if from != normal {
		_, _ = p.w.WriteString("\x1b[0m")
	}
	if to != normal {
		_, _ = p.w.WriteString("\x1b[" + sgr[to] + "m")
	}
}
