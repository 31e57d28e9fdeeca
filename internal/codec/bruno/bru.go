package bruno

import (
	"fmt"
	"strings"

	"github.com/clientele/clientele"
)

// The grammar of .bru, line by line. Bruno's own parsers are in packages/bruno-lang of its
// repository; this one accepts what they accept, and goes on where they give up.
//
//	file       = { blank | block | "color:" text }
//	block      = dictionary | text | list
//	dictionary = NAME "{" NL { decorator | pair | section } "}"
//	text       = NAME "{" NL { any line } "}"
//	list       = NAME "[" NAME { ("," | NL) NAME } "]"
//	decorator  = "@" NAME [ "(" argument ")" ] NL
//	pair       = [ "~" ] KEY ":" value NL
//	KEY        = text without a colon | '"' text with \" '"'
//	value      = rest of the line | "'''" lines "'''" | "[" NL { line } "]"
//	section    = NAME ":" "{" … "}"      only inside an example
//
// A block ends at a brace in its own column: column 0 for a block of the file, since the
// lines of its body are indented. Which names begin a text block is known by isText; only a
// name tells the two kinds with braces apart. A "~" switches the pair off. An "@" in front of
// the key of a variable makes it local; a decorator differs from it in having no colon.

// block is one block of a .bru file. A list's elements are pairs without a value.
type block struct {
	name  string
	line  int // of the header, from 1
	pairs []pair
	text  string  // of a text block, without the indentation that the block adds
	kids  []block // the sections of an example
}

// pair is one line of a dictionary.
type pair struct {
	key, value string
	line       int
	off        bool   // "~": not used by the tool
	notes      []pair // the decorators above it: name and argument
}

// get is the value of the block's last pair of that name that is not switched off.
func (b *block) get(key string) string {
	if b == nil {
		return ""
	}
	for i := len(b.pairs) - 1; i >= 0; i-- {
		if b.pairs[i].key == key && !b.pairs[i].off {
			return b.pairs[i].value
		}
	}
	return ""
}

// find is the first block of that name.
func find(blocks []block, name string) *block {
	for i := range blocks {
		if blocks[i].name == name {
			return &blocks[i]
		}
	}
	return nil
}

// isText reports whether a block of that name holds raw lines.
func isText(name string) bool {
	switch name {
	case "body", "tests", "docs", "app":
		return true
	case "body:form-urlencoded", "body:multipart-form", "body:file", "body:grpc", "body:ws":
		return false
	}
	return strings.HasPrefix(name, "body:") || strings.HasPrefix(name, "script:")
}

// maxSections bounds how deep sections nest in an example; the tool writes two levels.
const maxSections = 8

type bruReader struct {
	lines []string
	at    int
	err   error // the first fault
}

// readBru reads the blocks of a .bru file. A line that fits nowhere is passed over, and the
// first such is told in the error, beside all that could be read.
func readBru(src []byte) ([]block, error) {
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	r := &bruReader{lines: strings.Split(text, "\n")}
	var blocks []block
	for r.at < len(r.lines) {
		line := r.lines[r.at]
		if name, open, rest, ok := header(line); ok {
			blocks = append(blocks, r.block(name, open, rest, 0, 0))
			continue
		}
		if t := strings.TrimSpace(line); t != "" && !strings.HasPrefix(t, "color:") {
			r.fault(r.at, "text outside of any block")
		}
		r.at++
	}
	return blocks, r.err
}

func (r *bruReader) fault(at int, what string) {
	if r.err == nil {
		r.err = &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("line %d: %s", at+1, what)}
	}
}

// header takes the first line of a block apart: its name, the bracket, and what follows.
func header(line string) (name string, open byte, rest string, ok bool) {
	end := strings.IndexAny(line, " \t{[")
	if end <= 0 {
		return "", 0, "", false
	}
	name = strings.TrimSuffix(line[:end], ":")
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(":-_.", c)) {
			return "", 0, "", false
		}
	}
	rest = strings.TrimLeft(line[end:], " \t")
	if name == "" || rest == "" || rest[0] != '{' && rest[0] != '[' {
		return "", 0, "", false
	}
	return name, rest[0], strings.TrimSpace(rest[1:]), true
}

// block reads on from a header. indent is the column of the header, where the closing brace
// will be; depth is how many blocks it stands in.
func (r *bruReader) block(name string, open byte, rest string, indent, depth int) block {
	b := block{name: name, line: r.at + 1}
	r.at++
	switch {
	case open == '[':
		r.list(&b, rest)
		return b
	case rest == "}":
		return b
	case rest != "": // the first pair stands behind the brace
		r.at--
		r.lines[r.at] = rest
	}
	if isText(name) && !(depth > 0 && name == "body") { // a recorded response's body has fields
		r.raw(&b, indent)
	} else {
		r.dictionary(&b, indent, depth)
	}
	return b
}

// closes reports whether the line ends a block whose header stands in that column.
func closes(line string, indent int) bool {
	return len(line) > indent && line[indent] == '}' && strings.Trim(line[:indent], " \t") == ""
}

// ended looks for the end of a block and consumes it. A brace in column 0 ends whatever is
// open, so that one lost brace does not swallow the rest of the file.
func (r *bruReader) ended(b *block, indent int) bool {
	switch {
	case r.at >= len(r.lines):
		r.fault(b.line-1, "the block is not closed")
		return true
	case closes(r.lines[r.at], indent):
		r.at++
		return true
	}
	return closes(r.lines[r.at], 0)
}

func (r *bruReader) raw(b *block, indent int) {
	var lines []string
	for !r.ended(b, indent) {
		lines = append(lines, outdent(r.lines[r.at], indent+2))
		r.at++
	}
	b.text = strings.Join(lines, "\n")
}

func (r *bruReader) list(b *block, rest string) {
	for text := rest; ; text = r.lines[r.at-1] {
		text, _, last := strings.Cut(text, "]")
		for _, name := range strings.Split(text, ",") {
			if name = strings.TrimSpace(name); name != "" {
				off := name[0] == '~'
				b.pairs = append(b.pairs, pair{key: strings.TrimPrefix(name, "~"), line: r.at, off: off})
			}
		}
		if last {
			return
		}
		if r.at >= len(r.lines) {
			r.fault(b.line-1, "the list is not closed")
			return
		}
		r.at++
	}
}

func (r *bruReader) dictionary(b *block, indent, depth int) {
	nested := (b.name == "example" || depth > 0) && depth < maxSections
	var notes []pair
	for !r.ended(b, indent) {
		line := r.lines[r.at]
		t := strings.TrimSpace(line)
		if t == "" {
			r.at++
			continue
		}
		if name, open, rest, ok := header(t); ok && nested && rest == "" {
			b.kids = append(b.kids, r.block(name, open, rest, strings.Index(line, t), depth+1))
			continue
		}
		if note, ok := r.decorator(t); ok {
			notes = append(notes, note)
			continue
		}
		if p, ok := r.pair(t); ok {
			p.notes, notes = notes, nil
			b.pairs = append(b.pairs, p)
		}
	}
}

// decorator reads "@name", "@name(argument)" or "@name(”'", which runs over lines.
func (r *bruReader) decorator(t string) (pair, bool) {
	if t[0] != '@' {
		return pair{}, false
	}
	name, arg, has := strings.Cut(t[1:], "(")
	if name == "" || strings.ContainsAny(name, ": \t") {
		return pair{}, false
	}
	p := pair{key: name, line: r.at + 1}
	switch {
	case !has:
	case strings.HasPrefix(arg, "'''"):
		r.at++
		p.value = r.multiline(arg[3:])
		return p, true
	case strings.HasSuffix(arg, ")"):
		p.value = strings.Trim(arg[:len(arg)-1], `'"`)
	default:
		return pair{}, false
	}
	r.at++
	return p, true
}

func (r *bruReader) pair(t string) (pair, bool) {
	p := pair{line: r.at + 1}
	r.at++
	if t[0] == '~' {
		p.off, t = true, t[1:]
	}
	value, ok := "", false
	if p.key, value, ok = quotedKey(t); !ok {
		p.key, value, ok = strings.Cut(t, ":")
	}
	if !ok {
		r.fault(r.at-1, "a colon was expected after a key")
		return p, false
	}
	p.key, p.value = strings.TrimSpace(p.key), strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(p.value, "'''"):
		p.value = r.multiline(p.value[3:])
	case p.value == "[":
		var b block
		r.list(&b, "")
		p.value = ""
		for _, e := range b.pairs {
			p.value += e.key + "\n"
		}
	}
	return p, true
}

// quotedKey splits `"key": value`, in which the key may hold colons, blanks and \".
func quotedKey(t string) (key, value string, ok bool) {
	if t == "" || t[0] != '"' {
		return "", "", false
	}
	for i := 1; i < len(t); i++ {
		switch t[i] {
		case '\\':
			i++
		case '"':
			rest := strings.TrimLeft(t[i+1:], " \t")
			if !strings.HasPrefix(rest, ":") {
				return "", "", false
			}
			return strings.ReplaceAll(t[1:i], `\"`, `"`), rest[1:], true
		}
	}
	return "", "", false
}

// multiline reads up to the closing quotes; first is what follows the opening ones. What
// stands behind the closing ones, a content type, is dropped.
func (r *bruReader) multiline(first string) string {
	text, _, closed := strings.Cut(first, "'''")
	var lines []string
	if text = strings.TrimSpace(text); text != "" {
		lines = append(lines, text)
	}
	for from := r.at; !closed; {
		if r.at >= len(r.lines) {
			r.fault(from-1, "the ''' is not closed")
			break
		}
		text, _, closed = strings.Cut(r.lines[r.at], "'''")
		r.at++
		if !closed || strings.TrimSpace(text) != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(dedent(lines), "\n")
}

// outdent takes up to n blanks from the front of a line.
func outdent(line string, n int) string {
	i := 0
	for i < n && i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return line[i:]
}

// dedent takes from all lines the indentation that they share.
func dedent(lines []string) []string {
	least := -1
	for _, l := range lines {
		if t := strings.TrimLeft(l, " \t"); t != "" && (least < 0 || len(l)-len(t) < least) {
			least = len(l) - len(t)
		}
	}
	for i, l := range lines {
		lines[i] = outdent(l, least)
	}
	return lines
}
