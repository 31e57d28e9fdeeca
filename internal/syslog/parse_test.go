package syslog_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parsed is a message as a strict reader of RFC 5424, section 6, takes it.
type parsed struct {
	priority            int
	time                time.Time
	host, app, proc, id string
	data                map[string]map[string]string
	text                string
}

type reader struct {
	s   string
	err error
}

// take cuts off what comes before sep, which must be there.
func (r *reader) take(sep string) string {
	before, after, ok := strings.Cut(r.s, sep)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("no %q in %q", sep, r.s)
	}
	r.s = after
	return before
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// token checks PRINTUSASCII of 1 to limit characters, none of them in not.
func (r *reader) token(s string, limit int, not string) string {
	if s == "" || len(s) > limit || strings.ContainsFunc(s, func(c rune) bool { return c < 33 || c > 126 }) || strings.ContainsAny(s, not) {
		r.fail("bad field %q", s)
	}
	return s
}

func parse(b []byte) (parsed, error) {
	r := &reader{s: string(b)}
	if !utf8.ValidString(r.s) {
		return parsed{}, errors.New("no UTF-8")
	}
	var p parsed
	if r.take("<") != "" {
		r.fail("something before the priority")
	}
	digits := r.take(">")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > 191 || strconv.Itoa(n) != digits {
		r.fail("bad priority %q", digits)
	}
	p.priority = n
	if v := r.take(" "); v != "1" {
		r.fail("version %q", v)
	}
	if v := r.take(" "); v != "-" {
		if p.time, err = time.Parse("2006-01-02T15:04:05.999999Z07:00", v); err != nil {
			r.fail("%v", err)
		}
	}
	p.host, p.app = r.token(r.take(" "), 255, ""), r.token(r.take(" "), 48, "")
	p.proc, p.id = r.token(r.take(" "), 128, ""), r.token(r.take(" "), 32, "")
	p.data = r.data()
	switch text, ok := strings.CutPrefix(r.s, " \ufeff"); {
	case r.s == "":
	case !ok:
		r.fail("text %q", r.s)
	default:
		p.text = text
	}
	return p, r.err
}

func (r *reader) data() map[string]map[string]string {
	out := map[string]map[string]string{}
	if strings.HasPrefix(r.s, "-") {
		r.s = r.s[1:]
		return out
	}
	for strings.HasPrefix(r.s, "[") && r.err == nil {
		r.s = r.s[1:]
		end := strings.IndexAny(r.s, " ]")
		if end < 0 {
			r.fail("element without end")
			break
		}
		id := r.token(r.s[:end], 32, `= ]"`)
		r.s = r.s[end:]
		if _, twice := out[id]; twice {
			r.fail("element %s twice", id)
		}
		out[id] = map[string]string{}
		for strings.HasPrefix(r.s, " ") && r.err == nil {
			r.s = r.s[1:]
			name := r.token(r.take(`="`), 32, `= ]"`)
			out[id][name] = r.value()
		}
		if !strings.HasPrefix(r.s, "]") {
			r.fail("element %s without end", id)
			break
		}
		r.s = r.s[1:]
	}
	if len(out) == 0 {
		r.fail("no structured data at %q", r.s)
	}
	return out
}

// value reads up to the closing quote; a bare ] is an error.
func (r *reader) value() string {
	var b strings.Builder
	for i := 0; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '\\' && i+1 < len(r.s) && strings.IndexByte(`"\]`, r.s[i+1]) >= 0:
			i++
			b.WriteByte(r.s[i])
		case c == '"':
			r.s = r.s[i+1:]
			return b.String()
		case c == ']' || c == '\\':
			r.fail("bare %c in a value", c)
			return ""
		default:
			b.WriteByte(c)
		}
	}
	r.fail("value without end")
	return ""
}

// frame reads one message of a stream by its count (RFC 5425, section 4.3).
func frame(r *bufio.Reader) (parsed, error) {
	count, err := r.ReadString(' ')
	if err != nil {
		return parsed{}, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(count, " "))
	if err != nil || n <= 0 || count[0] == '0' || n > 256<<10 {
		return parsed{}, fmt.Errorf("bad count %q", count)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return parsed{}, err
	}
	return parse(b)
}
