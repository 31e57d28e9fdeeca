package httpfile

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// A .http file is a list of blocks between lines that begin with "###". A block is read from
// top to bottom in these states:
//
//	preamble ──request line──▶ target ──header──▶ headers ──empty line──▶ body
//	    └──────status line, of a saved response──────▶ headers
//
// Scripts and references to files may stand in the preamble and in the body.
type state int

const (
	preamble state = iota
	target         // behind the request line: indented lines continue the URL
	headers
	body
)

// block is what stands between two separators.
type block struct {
	title    string // of the separator
	name     string // given with "# @name"
	line     int    // of the request line, or of the separator
	method   string
	url      string
	response bool // the block is a response that was saved
	headers  []header
	vars     []variable
	texts    []text // scripts, commands and comments
	body     text
	links    []clientele.Link
	outputs  []string
}

type header struct {
	name, value string
	line        int
	dormant     bool
}

type variable struct {
	name, value string
	line        int
	dormant     bool
}

type text struct {
	place    clientele.Place
	language string
	label    string
	line     int
	lines    []string
}

func (t text) String() string { return strings.TrimSpace(strings.Join(t.lines, "\n")) }

// reader walks over the lines of a file.
type reader struct {
	lines   []string
	at      int
	state   state
	block   *block
	blocks  []*block
	comment text
}

func readBlocks(data []byte) []*block {
	src := strings.ReplaceAll(string(data), "\r\n", "\n")
	r := &reader{lines: strings.Split(src, "\n")}
	r.open("", 1)
	for ; r.at < len(r.lines); r.at++ {
		line := r.lines[r.at]
		if strings.HasPrefix(line, "###") {
			r.close()
			r.open(strings.TrimSpace(strings.Trim(line, "#")), r.at+1)
			continue
		}
		r.read(line, strings.TrimSpace(line))
	}
	r.close()
	return r.blocks
}

func (r *reader) open(title string, line int) {
	r.block, r.state = &block{title: title, line: line}, preamble
	r.comment = text{place: clientele.InText, label: "comment"}
}

func (r *reader) close() {
	if len(r.comment.lines) > 0 {
		r.block.texts = append(r.block.texts, r.comment)
	}
	r.blocks = append(r.blocks, r.block)
}

func (r *reader) read(line, trimmed string) {
	switch r.state {
	case preamble:
		r.preamble(trimmed)
	case target, headers:
		r.head(line, trimmed)
	case body:
		if !r.script(trimmed) && !r.file(trimmed) {
			r.block.body.lines = append(r.block.body.lines, line)
		}
	}
}

func (r *reader) preamble(line string) {
	b := r.block
	if line == "" || r.script(line) || r.file(line) || r.commented(line) {
		return
	}
	if v, ok := assignment(line, r.at+1); ok {
		b.vars = append(b.vars, v)
		return
	}
	if strings.HasPrefix(line, "curl ") {
		r.command()
		return
	}
	if statusLine.MatchString(line) {
		b.response, b.line, r.state = true, r.at+1, headers
		return
	}
	if method, url, ok := requestLine(line); ok {
		b.method, b.url, b.line, r.state = method, url, r.at+1, target
	}
}

// head reads lines behind the request line, up to the empty line before the body.
func (r *reader) head(line, trimmed string) {
	b := r.block
	indented := line != "" && (line[0] == ' ' || line[0] == '\t')
	switch {
	case trimmed == "":
		r.state = body
		b.body = text{place: clientele.InBody, label: "body", line: r.at + 2}
	case r.script(trimmed) || r.commented(trimmed):
	case indented && r.state == target:
		b.url += trimmed
	case indented && len(b.headers) > 0:
		b.headers[len(b.headers)-1].value += " " + trimmed
	default:
		r.state = headers
		if name, value, ok := strings.Cut(trimmed, ":"); ok {
			b.headers = append(b.headers, header{strings.TrimSpace(name), strings.TrimSpace(value), r.at + 1, false})
		} else {
			r.file(trimmed)
		}
	}
}

var (
	statusLine = regexp.MustCompile(`^HTTP/[0-9.]+ +[1-5][0-9][0-9]\b`)
	assigned   = regexp.MustCompile(`^@([\w.$-]+)\s*:?=\s*(.*)$`)
	// A header that was switched off by making a comment of it. One word before the colon
	// is a header only for the names that are.
	disabled = regexp.MustCompile(`(?i)^(authorization|cookie|apikey|token|[a-z0-9]+(?:-[a-z0-9]+)+)\s*:\s*(\S.*)$`)
	named    = regexp.MustCompile(`^@name\s+(\S+)`)
	imported = regexp.MustCompile(`^@?(import|run|ref)\s+(\S+\.(?:http|rest))\b`)
)

func assignment(line string, n int) (variable, bool) {
	m := assigned.FindStringSubmatch(line)
	if m == nil {
		return variable{}, false
	}
	return variable{name: m[1], value: m[2], line: n}, true
}

// commented takes a comment line, and reports whether the line is one.
func (r *reader) commented(line string) bool {
	c, ok := strings.CutPrefix(line, "//")
	if !ok {
		if c, ok = strings.CutPrefix(line, "#"); !ok {
			return false
		}
	}
	c = strings.TrimSpace(strings.TrimLeft(c, "#/"))
	b := r.block
	if m := named.FindStringSubmatch(c); m != nil {
		b.name = m[1]
	} else if m := imported.FindStringSubmatch(c); m != nil {
		b.link(linkRels[m[1]], m[2])
	} else if v, ok := assignment(c, r.at+1); ok {
		v.dormant = true
		b.vars = append(b.vars, v)
	} else if m := disabled.FindStringSubmatch(c); m != nil {
		b.headers = append(b.headers, header{m[1], m[2], r.at + 1, true})
	} else if c != "" {
		if len(r.comment.lines) == 0 {
			r.comment.line = r.at + 1
		}
		r.comment.lines = append(r.comment.lines, c)
	}
	return true
}

var linkRels = map[string]clientele.LinkRel{
	"import": clientele.Includes, "ref": clientele.Includes, "run": clientele.Runs,
}

// script takes a script that begins at the line: "< {% … %}" and "> {% … %}" of JetBrains
// and Kulala, and a "{{" that is closed on a line of its own of httpYac.
func (r *reader) script(line string) bool {
	var end func(string) bool
	switch {
	case strings.HasPrefix(line, "< {%"), strings.HasPrefix(line, "> {%"), strings.HasPrefix(line, "<{%"), strings.HasPrefix(line, ">{%"):
		end = func(s string) bool { return strings.Contains(s, "%}") }
	case strings.HasPrefix(line, "{{") && !strings.Contains(line, "}}") && r.state != body:
		end = func(s string) bool { return strings.TrimSpace(s) == "}}" }
	default:
		return false
	}
	t := text{place: clientele.InScript, label: "script", line: r.at + 1}
	t.lines = append(t.lines, line)
	for !end(r.lines[r.at]) && r.at+1 < len(r.lines) && !strings.HasPrefix(r.lines[r.at+1], "###") {
		r.at++
		t.lines = append(t.lines, r.lines[r.at])
	}
	r.block.texts = append(r.block.texts, t)
	return true
}

// file takes a line that names a file: a body or script to read, a response to write or
// one that was written.
func (r *reader) file(line string) bool {
	sign, name, ok := strings.Cut(line, " ")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return false
	}
	switch sign {
	case "<", "<@", ">":
		r.block.link(clientele.Includes, name)
	case "<>":
		r.block.link(clientele.Lists, name)
	case ">>", ">>!":
		r.block.outputs = append(r.block.outputs, name)
	case "??":
	default:
		m := imported.FindStringSubmatch(line)
		if m == nil || line[0] == '@' {
			return false
		}
		r.block.link(linkRels[m[1]], m[2])
	}
	return true
}

func (b *block) link(rel clientele.LinkRel, name string) {
	b.links = append(b.links, clientele.Link{Rel: rel, Path: name})
}

// command takes a curl command, which runs to the next empty line.
func (r *reader) command() {
	t := text{place: clientele.InText, language: "shell", label: "curl", line: r.at + 1}
	for ; r.at < len(r.lines); r.at++ {
		if l := r.lines[r.at]; strings.TrimSpace(l) == "" || strings.HasPrefix(l, "###") {
			break
		}
		t.lines = append(t.lines, r.lines[r.at])
	}
	r.at--
	r.block.texts = append(r.block.texts, t)
}

// methods are those of HTTP and the words that stand in their place for other protocols.
var methods = set(`GET POST PUT DELETE PATCH HEAD OPTIONS CONNECT TRACE LOCK UNLOCK PROPFIND
	PROPPATCH COPY MOVE MKCOL MKCALENDAR ACL SEARCH LIST REPORT QUERY GRAPHQL GRPC WS WSS WEBSOCKET
	SSE EVENTSOURCE MQTT AMQP RSOCKET`)

func set(words string) map[string]bool {
	s := map[string]bool{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}

var (
	version = regexp.MustCompile(`\s+HTTP/[0-9.]+\s*$`)
	bareURL = regexp.MustCompile(`^([a-z][a-z0-9+.-]*://|/|\{\{[^{}]+\}\}\S|\{\{[^{}]+\}\}$)`)
)

func requestLine(line string) (method, url string, ok bool) {
	line = version.ReplaceAllString(line, "")
	if m, rest, cut := strings.Cut(line, " "); cut && methods[strings.ToUpper(m)] {
		return strings.ToUpper(m), strings.TrimSpace(rest), true
	}
	if bareURL.MatchString(line) {
		return "GET", line, true
	}
	return "", "", false
}
