package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes text from a file safe to show on one line: white space becomes a space, and
// whatever a terminal or a page would act on or hide is spelt out (\u202e), so that a reader
// sees that something is odd with the name.
func plain(s string) string {
	if seen(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsSpace(r) && r != 0x85:
			if !strings.HasSuffix(b.String(), " ") {
				b.WriteByte(' ')
			}
		case r < 0x80 && unseen(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case unseen(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return strings.TrimSpace(b.String())
}

// seen reports whether text is plain already, as nearly all is.
func seen(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// unseen reports whether a rune is a control or format character: escapes, bidirectional
// overrides, zero-width joiners, tags, line separators.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// wide are the blocks whose characters take two cells of a terminal: East Asian scripts,
// full-width forms and emoji. It is the coarse form of Unicode's East Asian Width, good
// enough to wrap a line.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x231a, 0x231b, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

// columns is the number of terminal cells a rune takes.
func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// span is the number of terminal cells a text takes.
func span(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}
