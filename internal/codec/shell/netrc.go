package shell

import (
	"strings"

	"github.com/clientele/clientele"
)

// machine is one entry of a .netrc.
type machine struct {
	host                     string
	login, password, account token
	line                     int
	macros                   []clientele.Text
}

// token is a word with its line.
type token struct {
	text string
	line int
}

// decodeNetrc reads one client for each machine.
func decodeNetrc(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for _, m := range machines(string(f.Data)) {
		if m.login.text+m.password.text+m.account.text == "" && m.macros == nil {
			continue
		}
		parts = append(parts, m.part())
	}
	return parts, nil
}

// machines are the entries in order. A macro belongs to the entry above it.
func machines(src string) []machine {
	var all []machine
	t := tokens{rest: src, line: 1}
	for {
		word, ok := t.next()
		if !ok {
			return all
		}
		switch word.text {
		case "machine":
			host, _ := t.next()
			all = append(all, machine{host: host.text, line: word.line})
			continue
		case "default":
			all = append(all, machine{host: "default", line: word.line})
			continue
		}
		if len(all) == 0 {
			if word.text == "macdef" {
				t.macro()
			}
			continue
		}
		m := &all[len(all)-1]
		switch word.text {
		case "login", "user":
			m.login, _ = t.next()
		case "password", "passwd":
			m.password, _ = t.next()
		case "account":
			m.account, _ = t.next()
		case "macdef":
			m.macros = append(m.macros, t.macro())
		}
	}
}

func (m machine) part() clientele.Part {
	host := m.host
	if host == "default" {
		host = ""
	}
	key := m.host
	if m.login.text != "" {
		key += " " + m.login.text // a host may have several logins
	}
	p := clientele.Part{
		Tool: "netrc", Kind: clientele.CLI, Format: "netrc", Name: m.host, Line: m.line,
		Bind: clientele.Bind{Key: key}, Texts: m.macros,
	}
	add := func(role clientele.Role, name string, t token) {
		if t.text == "" {
			return
		}
		s := clientele.Slot{
			Place: clientele.InAuth, Role: role, Name: name, Chain: []string{m.host}, Value: clientele.Secret(t.text),
			Line: t.line, Host: host,
		}
		if role.Secret() {
			s.Principal = m.login.text
		}
		p.Slots = append(p.Slots, s)
	}
	role := clientele.Password
	if m.login.text == "anonymous" || m.login.text == "ftp" {
		role = clientele.NotSecret // by custom an e-mail address
	}
	add(clientele.Username, "login", m.login)
	add(role, "password", m.password)
	add(clientele.Password, "account", m.account) // ftp's second password
	if m.login.text != "" {
		p.Identities = []clientele.Identity{{
			Scheme: "basic", Principal: m.login.text, Issuer: host,
			Location: clientele.Location{Path: []string{m.host}, Line: m.login.line},
		}}
	}
	return p
}

// tokens cuts a .netrc into words. A word may stand in double quotes, with backslash escapes;
// a # that begins a line begins a comment.
type tokens struct {
	rest  string
	line  int
	begun bool // past the first token
}

func (t *tokens) next() (token, bool) {
	t.space()
	if t.rest == "" {
		return token{}, false
	}
	word := token{line: t.line}
	if t.rest[0] == '"' {
		word.text = t.quoted()
		return word, true
	}
	end := strings.IndexAny(t.rest, " \t\r\n")
	if end < 0 {
		end = len(t.rest)
	}
	word.text, t.rest = t.rest[:end], t.rest[end:]
	return word, true
}

func (t *tokens) space() {
	bol := !t.begun
	t.begun = true
	for t.rest != "" {
		switch c := t.rest[0]; {
		case c == '\n':
			t.line++
			bol = true
		case c == ' ' || c == '\t' || c == '\r':
		case c == '#' && bol:
			end := strings.IndexByte(t.rest, '\n')
			if end < 0 {
				end = len(t.rest)
			}
			t.rest = t.rest[end:]
			continue
		default:
			return
		}
		t.rest = t.rest[1:]
	}
}

func (t *tokens) quoted() string {
	var b strings.Builder
	for i := 1; i < len(t.rest); i++ {
		switch c := t.rest[i]; {
		case c == '\\' && i+1 < len(t.rest):
			i++
			b.WriteByte(t.rest[i])
		case c == '"' || c == '\n':
			t.rest = t.rest[i:]
			t.rest = strings.TrimPrefix(t.rest, `"`)
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	t.rest = ""
	return b.String()
}

// macro takes the text up to the next empty line.
func (t *tokens) macro() clientele.Text {
	name, _ := t.next()
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(t.rest, "\r"), "\n"); ok {
		t.rest = rest
		t.line++
	}
	end := strings.Index(t.rest, "\n\n")
	if crlf := strings.Index(t.rest, "\r\n\r\n"); crlf >= 0 && (end < 0 || crlf < end) {
		end = crlf
	}
	if end < 0 {
		end = len(t.rest)
	}
	text := clientele.Text{
		Place: clientele.InScript, Chain: []string{"macdef " + name.text}, Text: clientele.Secret(t.rest[:end]), Line: t.line,
	}
	t.line += strings.Count(t.rest[:end], "\n")
	t.rest = t.rest[end:]
	return text
}
