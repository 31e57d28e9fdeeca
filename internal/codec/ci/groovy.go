package ci

import "strings"

// gtoken is a token of Groovy.
type gtoken struct {
	kind gkind
	text string // of a text, without quotes
	line int    // where it begins
	end  int    // where it ends
}

type gkind uint8

const (
	word gkind = iota
	text
	brace // { }
	paren // ( ) [ ]
	sign
)

// groovyTokens cuts a script into tokens. Comments are dropped; interpolations stay in texts.
func groovyTokens(src string, line int) []gtoken {
	var all []gtoken
	for i := 0; i < len(src); {
		c := src[i]
		begin := line
		switch {
		case c == '\n':
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case strings.HasPrefix(src[i:], "//"):
			i = skipTo(src, i, "\n")
		case strings.HasPrefix(src[i:], "/*"):
			end := min(len(src), skipTo(src, i+2, "*/")+2)
			line += strings.Count(src[i:end], "\n")
			i = end
		case c == '\'' || c == '"':
			s, next := groovyText(src, i)
			line += strings.Count(src[i:next], "\n")
			all = append(all, gtoken{text, s, begin, line})
			i = next
		case wordByte(c):
			end := i
			for end < len(src) && wordByte(src[end]) {
				end++
			}
			all = append(all, gtoken{word, src[i:end], line, line})
			i = end
		default:
			kind := sign
			switch {
			case strings.IndexByte("{}", c) >= 0:
				kind = brace
			case strings.IndexByte("()[]", c) >= 0:
				kind = paren
			}
			t := src[i : i+1]
			if strings.HasPrefix(src[i:], "==") {
				t = "=="
			}
			all = append(all, gtoken{kind, t, line, line})
			i += len(t)
		}
	}
	return all
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func skipTo(src string, i int, end string) int {
	if k := strings.Index(src[i:], end); k >= 0 {
		return i + k
	}
	return len(src)
}

var groovyEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\n': ""}

// groovyText reads the text that begins at i, in one or three quotes, and where it ends. A
// text in single quotes is closed at the line's end if nothing closes it.
func groovyText(src string, i int) (string, int) {
	quote := src[i : i+1]
	triple := strings.HasPrefix(src[i:], strings.Repeat(quote, 3))
	if triple {
		quote = strings.Repeat(quote, 3)
	}
	var b strings.Builder
	k := i + len(quote)
	for k < len(src) {
		switch {
		case strings.HasPrefix(src[k:], quote):
			return b.String(), k + len(quote)
		case src[k] == '\n' && !triple:
			return b.String(), k
		case src[k] == '\\' && k+1 < len(src):
			k++
			if e, ok := groovyEscapes[src[k]]; ok && !(triple && src[k] == '\n') {
				b.WriteString(e)
			} else if triple && src[k] == '\n' {
				b.WriteString("\\\n") // a shell's continuation reads the same
			} else {
				b.WriteByte(src[k])
			}
		default:
			b.WriteByte(src[k])
		}
		k++
	}
	return b.String(), k
}
