package notice

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes text one line of at most limit characters that does nothing by itself: white
// space becomes a space, and control and format characters, among them those that turn the
// direction of writing, are spelt out (\u202e), so that a reader sees that something is odd.
// What is cut ends in an ellipsis.
func plain(s string, limit int) string {
	var b strings.Builder
	var before rune
	n := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		piece := show(before, r, s, size)
		if piece == " " && (n == 0 || before == ' ') {
			piece = ""
		}
		if n += utf8.RuneCountInString(piece); n > limit {
			return cut(b.String(), limit)
		}
		b.WriteString(piece)
		if before = r; piece == " " || piece == "" {
			before = ' '
		}
		s = s[size:]
	}
	return strings.TrimRight(b.String(), " ")
}

// show is how the rune at the start of s is written, before being the one that precedes it.
func show(before, r rune, s string, size int) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf(`\x%02x`, s[0])
	case unicode.IsSpace(r):
		return " "
	case isJoiner(r) && joins(before) && joins(first(s[size:])):
		return s[:size]
	case r < 0x80 && unseen(r):
		return fmt.Sprintf(`\x%02x`, r)
	case unseen(r):
		return fmt.Sprintf(`\u%04x`, r)
	}
	return s[:size]
}

// unseen reports whether a rune is a control or format character: escapes, bidirectional
// overrides, zero-width joiners, tags, line separators.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// isJoiner reports whether r is one of the two joiners. Persian and Indic scripts are written
// with them, and emoji are built with one, so they stay where both neighbours call for them.
func isJoiner(r rune) bool { return r == 0x200c || r == 0x200d }

func joins(r rune) bool {
	return r > 0x2ff && !unseen(r) && !unicode.IsSpace(r) && r != utf8.RuneError
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// cut shortens text to limit characters, the last of which is an ellipsis.
func cut(s string, limit int) string {
	n := 0
	for i := range s {
		if n++; n == limit {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s + "…"
}
