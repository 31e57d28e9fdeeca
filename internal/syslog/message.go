// Package syslog writes messages in the format of RFC 5424 and sends them over TLS (RFC 5425),
// TCP (RFC 6587, with the same counting of octets) or UDP (RFC 5426).
//
// What a message says is often somebody else's text. Whatever it holds, what is written is one
// well-formed message: nothing in a value can end a field, an element or the message.
package syslog

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Severity is how grave a message is (RFC 5424, table 2).
type Severity int

// The severities that are used.
const (
	Critical Severity = 2
	Error    Severity = 3
	Warning  Severity = 4
	Notice   Severity = 5
	Info     Severity = 6
)

// Facility is the part of a system a message comes from (RFC 5424, table 1).
type Facility int

// The facilities that are used.
const (
	Audit  Facility = 13 // log audit
	Local0 Facility = 16
)

// Message is one message. Fields of the header may hold anything: what may not stand there
// is written as "?", what is too long is cut, and what is empty becomes "-".
type Message struct {
	Facility Facility
	Severity Severity
	Time     time.Time
	Host     string // up to 255 characters
	App      string // up to 48
	Proc     string // up to 128
	ID       string // the kind of message, up to 32
	Data     []Element
	Text     string
}

// Element is one element of structured data. An ID of one's own has the form
// "name@enterprise-number".
type Element struct {
	ID     string // up to 32 characters
	Params []Param
}

// Param is one parameter of an element.
type Param struct {
	Name  string // up to 32 characters
	Value string // up to 4 KiB
}

const bom = "\ufeff"

// What is kept of structured data, in bytes, so that it leaves room for the text.
const (
	maxValue = 4 << 10
	maxData  = 16 << 10
)

// Append writes the message after b. Control characters in text and values become spaces,
// as receivers may take them for the end of a message, and what is no UTF-8 becomes U+FFFD.
func (m Message) Append(b []byte) []byte {
	b = append(b, '<')
	b = strconv.AppendInt(b, priority(m.Facility, m.Severity), 10)
	b = append(b, ">1 "...)
	b = m.time(b)
	for _, f := range []struct {
		value string
		limit int
	}{{m.Host, 255}, {m.App, 48}, {m.Proc, 128}, {m.ID, 32}} {
		b = append(append(b, ' '), printable(f.value, f.limit, "")...)
	}
	b = m.data(append(b, ' '))
	if m.Text != "" {
		b = append(append(b, " "+bom...), readable(m.Text)...)
	}
	return b
}

// priority is facility and severity in one number; what is out of range counts as user and
// notice.
func priority(f Facility, s Severity) int64 {
	if f < 0 || f > 23 {
		f = 1
	}
	if s < 0 || s > 7 {
		s = Notice
	}
	return int64(f)*8 + int64(s)
}

func (m Message) time(b []byte) []byte {
	if t := m.Time.UTC(); !m.Time.IsZero() && t.Year() >= 0 && t.Year() <= 9999 {
		return t.AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	}
	return append(b, '-')
}

// data writes the elements. An id that was there already is left out, as it may not be
// twice, and so is what comes after the first 16 KiB.
func (m Message) data(b []byte) []byte {
	if len(m.Data) == 0 {
		return append(b, '-')
	}
	seen := make(map[string]bool, len(m.Data))
	for _, e := range m.Data {
		id := name(e.ID)
		if seen[id] || len(b) > maxData {
			continue
		}
		seen[id] = true
		b = append(append(b, '['), id...)
		for _, p := range e.Params {
			if len(b) > maxData {
				break
			}
			value := cut([]byte(readable(p.Value)), maxValue)
			b = append(append(append(b, ' '), name(p.Name)...), '=', '"')
			b = append(append(b, escape.Replace(string(value))...), '"')
		}
		b = append(b, ']')
	}
	return b
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

func name(s string) string { return printable(s, 32, `= ]"`) }

// printable is PRINTUSASCII without the characters of not, up to limit of them.
func printable(s string, limit int, not string) string {
	if s == "" {
		return "-"
	}
	var b strings.Builder
	for _, r := range s {
		if b.Len() == limit {
			break
		}
		if r < 33 || r > 126 || strings.ContainsRune(not, r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// readable is valid UTF-8 without control characters and without a byte order mark.
func readable(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029:
			return ' '
		case r == '\ufeff':
			return -1
		}
		return r
	}, s)
}

// cut shortens a written message to limit bytes, at the edge of a character of its text.
func cut(b []byte, limit int) []byte {
	if len(b) <= limit {
		return b
	}
	b = b[:limit]
	for len(b) > 0 {
		if r, n := utf8.DecodeLastRune(b); r != utf8.RuneError || n > 1 {
			break
		}
		b = b[:len(b)-1]
	}
	return b
}
