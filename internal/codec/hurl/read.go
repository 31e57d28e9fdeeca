package hurl

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// A file is a list of entries: a request, then, as far as it was written, the response that
// is expected.
//
//	METHOD URL ─▶ headers ─▶ [Section] rows … ─▶ body
//	  ▲                                            │
//	  └── body ◀─ [Section] rows … ◀─ headers ◀─ HTTP status
type reader struct {
	part  *clientele.Part
	file  string
	taken map[string]int // names of requests, and how often each was used

	entry *entry
	lines []string
	at    int
}

// entry is the request that is being read.
type entry struct {
	chain    []string
	request  clientele.Request
	section  string // "" stands for the headers
	response bool
	scheme   string
	user     *row // the option "user", which other options give its meaning
	aws      bool
	comments text
}

type text struct {
	line  int
	lines []string
}

func (t *text) add(s string, line int) {
	if len(t.lines) == 0 {
		t.line = line
	}
	t.lines = append(t.lines, s)
}

// row is one "name: value" line.
type row struct {
	name, value string
	line        int
	dormant     bool
}

var (
	requestLine = regexp.MustCompile(`^([A-Z]{2,20})\s+(\S.*)$`)
	statusLine  = regexp.MustCompile(`^HTTP(/[0-9.]+|/\*)?\s+([0-9]{3}|\*)`)
	section     = regexp.MustCompile(`^\[(Query|QueryStringParams|Form|FormParams|Multipart|MultipartFormData|Cookies|BasicAuth|Options|Captures|Asserts)\]`)
	assertion   = regexp.MustCompile(`^(?:jsonpath|xpath|header|cookie|variable)\s+"([^"]+)"\s+(?:==|equals|contains|startsWith)\s+"([^"]*)"`)
	bodyStart   = regexp.MustCompile("^([{\\[<`\"]|base64,|hex,|file,)")
	disabled    = regexp.MustCompile(`(?i)^(authorization|cookie|[a-z0-9]+([-_][a-z0-9]+)+)\s*:\s*\S`)
)

func (r *reader) read(data []byte) {
	r.lines = strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	for ; r.at < len(r.lines); r.at++ {
		r.line(strings.TrimSpace(r.lines[r.at]))
	}
	r.end()
}

func (r *reader) line(line string) {
	e := r.entry
	switch m := requestLine.FindStringSubmatch(line); {
	case line == "":
	case statusLine.MatchString(line):
		if e != nil {
			e.response, e.section = true, ""
		}
	case m != nil && (e == nil || e.section != "Asserts" || strings.Contains(m[2], "://") || strings.HasPrefix(m[2], "{{")):
		r.end()
		r.begin(m[1], unescape(m[2]))
	case e == nil:
	case line[0] == '#':
		r.comment(strings.TrimSpace(strings.TrimLeft(line, "#")))
	case section.MatchString(line):
		e.section = section.FindStringSubmatch(line)[1]
	case e.section == "Asserts" || e.section == "Captures":
		r.assert(line)
	case bodyStart.MatchString(line):
		r.body(line)
	default:
		if one, ok := parseRow(line, r.at+1); ok {
			r.row(one)
		}
	}
}

func (r *reader) begin(method, url string) {
	name := method + " " + dsn.ShownPath(url)
	r.taken[name]++
	if n := r.taken[name]; n > 1 {
		name = fmt.Sprintf("%s (%d)", name, n)
	}
	chain := []string{r.file, name}
	r.entry = &entry{chain: chain, request: clientele.Request{
		Chain: chain, Method: method, URL: clientele.Secret(url), Line: r.at + 1,
	}}
}

// end puts what was gathered of an entry into the part.
func (r *reader) end() {
	e := r.entry
	if e == nil {
		return
	}
	if e.user != nil {
		r.user(e)
	}
	if e.scheme != "" {
		e.request.Auth = &clientele.Auth{Scheme: e.scheme}
	}
	if e.request.Line > 0 {
		r.part.Requests = append(r.part.Requests, e.request)
	}
	r.text(clientele.InText, "comment", e.comments)
	r.entry = nil
}

func (r *reader) text(place clientele.Place, label string, t text) {
	if s := strings.TrimSpace(strings.Join(t.lines, "\n")); s != "" {
		r.part.Texts = append(r.part.Texts, clientele.Text{
			Place: place, Chain: below(r.entry.chain, label), Text: clientele.Secret(s), Line: t.line,
			Recorded: place == clientele.InResponse,
		})
	}
}

// comment keeps a row that was switched off by making a comment of it, or else the words.
func (r *reader) comment(s string) {
	if one, ok := parseRow(s, r.at+1); ok && disabled.MatchString(s) {
		one.dormant = true
		r.row(one)
		return
	}
	r.entry.comments.add(s, r.at+1)
}

// assert keeps a value that a field of the response is compared with.
func (r *reader) assert(line string) {
	if m := assertion.FindStringSubmatch(line); m != nil {
		names := strings.FieldsFunc(m[1], func(c rune) bool { return strings.ContainsRune("$.[]'/@", c) })
		r.part.Slots = append(r.part.Slots, clientele.Slot{
			Place: clientele.InResponse, Name: strings.Join(names[max(0, len(names)-1):], ""),
			Chain: below(r.entry.chain, "asserts"), Value: clientele.Secret(m[2]), Line: r.at + 1,
		})
	}
}

// body takes the lines of a body: up to the fence that closes it, or else up to the next
// request or response.
func (r *reader) body(line string) {
	place, label := clientele.InBody, "body"
	if r.entry.response {
		place, label = clientele.InResponse, "response"
	}
	t := text{line: r.at + 1}
	fenced := strings.HasPrefix(line, "```")
	for first := true; r.at < len(r.lines); r.at++ {
		l := r.lines[r.at]
		trimmed := strings.TrimSpace(l)
		if fenced && !first && trimmed == "```" {
			break
		}
		if !fenced && (statusLine.MatchString(trimmed) || requestLine.MatchString(l) || l != "" && l[0] == '#') {
			r.at--
			break
		}
		if !fenced || !first {
			t.add(l, t.line)
		}
		first = false
	}
	if file, ok := strings.CutPrefix(line, "file,"); ok {
		r.part.Links = append(r.part.Links, clientele.Link{
			Rel: clientele.Includes, Path: strings.TrimSuffix(strings.TrimSpace(file), ";"),
		})
		return
	}
	r.text(place, label, t)
}

// parseRow splits "name: value # comment". A backslash takes the meaning from a colon in
// the name and from a number sign.
func parseRow(line string, n int) (row, bool) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case ':':
			return row{unescape(line[:i]), unescape(line[i+1:]), n, false}, true
		}
	}
	return row{}, false
}

// unescape undoes backslashes, and drops the comment behind a value.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && i > 0 && (s[i-1] == ' ' || s[i-1] == '\t') {
			break
		}
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`#:\`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return strings.TrimSpace(b.String())
}
