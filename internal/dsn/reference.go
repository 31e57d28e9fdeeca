package dsn

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// brackets are the ways in which tools write references that can hold separators.
var brackets = []struct{ open, close string }{
	{"${{", "}}"}, {"${[", "]}"}, {"{{", "}}"}, {"{%", "%}"}, {"<%", "%>"}, {"<<", ">>"},
	{"${", "}"}, {"$(", ")"}, {"%{", "}"}, {"#{", "}"},
}

// maxReference bounds the search for the end of a reference, and with it the work.
const maxReference = 256

// reference is the length of the reference that s begins with, or 0.
func reference(s string) int {
	for _, b := range brackets {
		if !strings.HasPrefix(s, b.open) {
			continue
		}
		inner := s[len(b.open):min(len(s), maxReference)]
		if i := strings.Index(inner, b.close); i > 0 {
			return len(b.open) + i + len(b.close)
		}
	}
	return 0
}

// next is the place of the first byte of set in s[from:to] that is in no reference, or to.
func next(s string, from, to int, set string) int {
	for i := from; i < to; i++ {
		switch s[i] {
		case '$', '{', '<', '%', '#':
			if n := reference(s[i:to]); n > 0 {
				i += n - 1
				continue
			}
		}
		if strings.IndexByte(set, s[i]) >= 0 {
			return i
		}
	}
	return to
}

// unescape undoes percent-encoding. What is not valid stays as it is: a stray percent sign, or
// a text that would not be UTF-8, such as %DB_PASS%, which is a reference.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if u, err := url.PathUnescape(s); err == nil && utf8.ValidString(u) {
		return u
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if u, err := url.PathUnescape(s[i : i+3]); err == nil {
				b = append(b, u...)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	if u := string(b); utf8.ValidString(u) {
		return u
	}
	return s
}
