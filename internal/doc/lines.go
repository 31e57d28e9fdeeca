package doc

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// INI reads sections of key=value or key: value lines, with # and ; comments. The result is
// a Map; each section is a Map in it, keys before the first section are fields of the root.
// A key without a value is Null. A line that begins with white space continues the value
// above it, after a line feed, as boto and pip have it. Quotes around a value are kept.
// There is no wrong INI text: what is no section and no pair is a key without a value.
func INI(src []byte) *Node {
	root := &Node{Kind: Map, Line: 1}
	section := root
	var last *Node
	var more continued // of last
	for i, line := range splitLines(src) {
		t := strings.TrimSpace(line)
		switch {
		case t == "" || t[0] == '#' || t[0] == ';':
			continue
		case t[0] == '[' && strings.Contains(t, "]"):
			section = &Node{Kind: Map, Key: strings.TrimSpace(t[1:strings.LastIndexByte(t, ']')]), Line: i + 1}
			root.Kids = append(root.Kids, section)
			more.onto(last)
			last, more = nil, more[:0]
			continue
		case last != nil && (line[0] == ' ' || line[0] == '\t') && !strings.ContainsAny(t, "="):
			more = append(more, t)
			continue
		}
		more.onto(last)
		more = more[:0]
		last = pair(t, "=:", i+1)
		section.Kids = append(section.Kids, last)
	}
	more.onto(last)
	return root
}

// continued are the lines that continue a value.
type continued []string

func (c continued) onto(n *Node) {
	switch {
	case len(c) == 0:
	case n.Text == "":
		n.Kind, n.Text = String, strings.Join(c, "\n")
	default:
		n.Text += "\n" + strings.Join(c, "\n")
	}
}

// Properties reads a Java .properties file, or any list of key=value lines with # and !
// comments. A backslash at a line's end continues it. The result is a flat Map.
func Properties(src []byte) *Node {
	root := &Node{Kind: Map, Line: 1}
	all := splitLines(src)
	for i := 0; i < len(all); i++ {
		at := i + 1
		t := strings.TrimSpace(all[i])
		if t == "" || t[0] == '#' || t[0] == '!' {
			continue
		}
		var whole strings.Builder
		for unfinished(t) && i+1 < len(all) {
			whole.WriteString(t[:len(t)-1])
			i++
			t = strings.TrimSpace(all[i])
		}
		whole.WriteString(t)
		root.Kids = append(root.Kids, pair(unicoded(whole.String()), "=:", at))
	}
	return root
}

var unicode = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

// unicoded undoes \u00fc, in which these files write what is not Latin. The other escapes
// stand: many a list of key=value lines knows of none, and has paths of Windows in it.
func unicoded(t string) string {
	if !strings.Contains(t, `\u`) {
		return t
	}
	return unicode.ReplaceAllStringFunc(t, func(e string) string {
		n, _ := strconv.ParseUint(e[2:], 16, 32) // four digits never fail
		return string(rune(n))
	})
}

// unfinished reports whether a line ends with a backslash that no other escapes.
func unfinished(t string) bool {
	return (len(t)-len(strings.TrimRight(t, `\`)))%2 == 1
}

// pair splits a line at the first of the separators.
func pair(t, separators string, line int) *Node {
	i := strings.IndexAny(t, separators)
	if i < 0 {
		return &Node{Kind: Null, Key: t, Line: line}
	}
	return &Node{Kind: String, Key: strings.TrimSpace(t[:i]), Text: strings.TrimSpace(t[i+1:]), Line: line}
}

// Env reads a dotenv file: NAME=value, export NAME=value, '…' and "…" (which may run over
// lines), # comments, also behind an unquoted value. Escapes in double quotes are undone,
// references are kept. The result is a flat Map; commented-out assignments are not in it.
func Env(src []byte) *Node {
	root := &Node{Kind: Map, Line: 1}
	all := splitLines(src)
	for i := 0; i < len(all); i++ {
		at := i + 1
		t := strings.TrimSpace(all[i])
		t = strings.TrimSpace(strings.TrimPrefix(t, "export "))
		name, v, ok := strings.Cut(t, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, " \t#\"'`$(){}") {
			continue
		}
		v = strings.TrimSpace(v)
		if v != "" && (v[0] == '"' || v[0] == '\'' || v[0] == '`') {
			q := v[0]
			end := closing(v, q)
			if end < 0 { // a block such as a private key runs over lines
				block := v + "\n" + strings.Join(all[i+1:min(i+200, len(all))], "\n")
				if end = closing(block, q); end >= 0 {
					v, i = block, i+strings.Count(block[:end], "\n")
				}
			}
			if end >= 0 {
				v = v[1:end]
			} else {
				v = strings.TrimSpace(v[1:])
			}
			if q == '"' {
				v = unescape.Replace(v)
			}
		} else if c := strings.Index(v, " #"); c >= 0 {
			v = strings.TrimSpace(v[:c])
		} else if strings.HasPrefix(v, "#") {
			v = ""
		}
		root.Kids = append(root.Kids, &Node{Kind: String, Key: name, Text: v, Line: at})
	}
	return root
}

var unescape = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`, `\$`, `$`)

// closing is the place of the quote that ends v, which begins with it; -1 if there is none.
func closing(v string, q byte) int {
	for i := 1; i < len(v); i++ {
		switch {
		case v[i] == '\\' && q == '"':
			i++
		case v[i] == q:
			return i
		}
	}
	return -1
}

func splitLines(src []byte) []string {
	s := string(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Split(s, "\n")
}
