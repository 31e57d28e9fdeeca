package command

import (
	"strings"

	"github.com/clientele/clientele"
)

// Curlrc reads a curl configuration file: one option a line, with or without dashes, its
// value behind white space, "=" or ":", in double quotes or bare.
func Curlrc(src string, line int) clientele.Part {
	r := newReader()
	r.interpretCurlrc(src, line)
	return r.part
}

func (r *reader) interpretCurlrc(src string, line int) {
	var args []word
	for i, l := range strings.Split(src, "\n") {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		at := line + i
		end := strings.IndexAny(l, " \t=:")
		if end < 0 {
			end = len(l)
		}
		name, value := l[:end], strings.TrimSpace(l[end:])
		value = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(value, "="), ":"))
		if !strings.HasPrefix(name, "-") {
			name = "--" + name
		}
		args = append(args, word{text: name, line: at})
		if value != "" && takesValue(name) {
			args = append(args, word{text: configValue(value), line: at})
		}
	}
	if len(args) == 0 {
		return
	}
	r.call(call{args: append([]word{{text: "curl", line: line}}, args...), line: line})
}

func takesValue(option string) bool {
	e, ok := tools()["curl"].effect(strings.TrimLeft(option, "-"))
	return ok && effects()[e].takes
}

// configValue undoes the quotes: inside them \", \\, \t, \n, \r and \v are escapes.
func configValue(v string) string {
	if !strings.HasPrefix(v, `"`) {
		v, _, _ = strings.Cut(v, " #")
		return strings.TrimSpace(v)
	}
	var b strings.Builder
	for i := 1; i < len(v) && v[i] != '"'; i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
			if e, ok := map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', 'v': '\v'}[v[i]]; ok {
				b.WriteByte(e)
				continue
			}
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// config is the file of an option -K, or what is piped in for "-".
func (r *run) config(w word) {
	if w.text == "-" && r.name == "curl" && r.input.text != "" && r.depth < maxDepth {
		r.depth++
		r.interpretCurlrc(r.input.text, r.input.line)
		r.depth--
		return
	}
	r.link(clientele.Includes, "", w.text)
}
