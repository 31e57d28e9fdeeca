package reading

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// assignments finds, in program text of any language, the literal strings that something
// with a name is set to: name = "…", "name": "…", set("name", "…"). It calls f with the name,
// the string and the line, counted from 0.
func assignments(text string, f func(name, value string, line int)) {
	line, prev, prevEnd := 0, "", -1 // the last name or string, and where it ended
	owner := ""                      // the one before: of .value, the thing that has it
	fence := -1                      // a backtick that closes a block, and opens nothing
	target := ""                     // the name before the last = or : of the line
	patience := 16*len(text) + 1<<20 // bytes that may be searched in vain for closing quotes
	for i := 0; i < len(text) && patience > 0; {
		switch c := text[i]; {
		case c == '\n':
			line++
			i++
			target = ""
		case c == '=' || c == ':':
			target = prev
			i++
		case i == fence:
			i++
		case c == '"' || c == '\'' || c == '`':
			end, searched := stringEnd(text, i)
			if end < 0 && c == '`' {
				fence = strings.IndexByte(text[i+1:min(len(text), i+20_000)], '`') + i + 1
			}
			if end < 0 {
				patience -= searched
				i++
				continue
			}
			value := text[i+1 : end]
			if prev != "" && (joins(text[prevEnd:i]) || saysPassword(owner, prev) && strings.TrimSpace(text[prevEnd:i]) == "") {
				if strings.EqualFold(prev, "by") {
					prev = "password"
				}
				if prev == "value" && owner != "" {
					prev = owner
				}
				f(prev, value, line)
			} else if n := called(prev, target, text[max(prevEnd, 0):i]); n != "" {
				f(n, value, line)
			} else if c == '`' && prev != "" && strings.TrimSpace(text[max(prevEnd, 0):i]) == "" && hasSign(value) {
				f(prev, value, line) // use the apiKey `…`
			}
			line += strings.Count(value, "\n")
			owner, prev, prevEnd = prev, value, end+1
			if len(prev) > 100 || strings.Contains(prev, "\n") {
				prev = ""
			}
			i = end + 1
		case isNameByte(c):
			j := i
			for j < len(text) && (isNameByte(text[j]) || text[j] == '-' && j+1 < len(text) && isNameByte(text[j+1])) {
				j++
			}
			owner, prev, prevEnd = prev, text[i:j], j
			if len(prev) > 100 {
				prev = ""
			}
			i = j
		default:
			i++
		}
	}
}

// called names a string that is the argument of a call which stands for its argument
// (parse("…"), trim("…"), btoa("…")) by what the call's result is set to, and the key of an
// HMAC by that. It returns "" for other calls.
func called(function, target, between string) string {
	if strings.TrimSpace(between) != "(" {
		return ""
	}
	switch strings.ToLower(function) {
	case "btoa", "b64encode", "base64encode":
		return "basic"
	case "parse", "trim", "string", "from", "encode", "decode", "atob", "bytes", "encodeuricomponent", "secret":
		return target
	}
	return ""
}

// hmacKey finds the literal key in a call of an HMAC function.
var hmacKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)hmac[a-z0-9]*\((?:[^)\n]{0,200}[,(])?\s*['"]([^'"\n ]{8,200})['"]\s*\)`)
})

// saysPassword: SQL's PASSWORD '…' and IDENTIFIED BY '…'.
func saysPassword(before, word string) bool {
	return strings.EqualFold(word, "password") || strings.EqualFold(word, "by") && strings.EqualFold(before, "identified")
}

// stringEnd is the index of the quote that closes the one at i, -1 if none does on the same
// line (or, for a backtick, nearby), and how many bytes were looked at.
func stringEnd(text string, i int) (end, searched int) {
	q := text[i]
	j := i + 1
	for ; j < len(text) && j < i+20_000; j++ {
		switch {
		case text[j] == '\\':
			j++
		case text[j] == q:
			return j, j - i
		case text[j] == '\n':
			return -1, j - i // a block of text, if it is a backtick: no name and no secret
		}
	}
	return -1, j - i
}

// joins reports whether what stands between a name and a string sets the one to the other.
func joins(between string) bool {
	b := strings.TrimSpace(between)
	b = strings.TrimRight(strings.TrimLeft(b, `]"')`), " ")
	switch strings.TrimSpace(b) {
	case "=", ":", ",", ":=", "=>", "==", "===", "||", "??", "?":
		return true
	}
	return false
}

// hasSign reports whether a value has something besides letters, as words of a sentence have
// not.
func hasSign(v string) bool {
	return strings.IndexFunc(v, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '.' && r != ',' && r != '-' && r != ' ' && r != '\''
	}) >= 0
}

// sentence reports whether a text is words: letters alone, or plain numbers between them.
func sentence(v string) bool {
	words := strings.Fields(v)
	for _, w := range words {
		w = strings.TrimRight(w, ".,;:!?")
		plain := strings.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' }) < 0
		if !plain && strings.Trim(w, "0123456789") != "" || plain && strings.IndexFunc(w, unicode.IsUpper) > 0 {
			return false
		}
	}
	return len(words) > 1
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// snippet is a piece of a text and the line it begins on, from 0.
type snippet struct {
	text string
	line int
}

// clients are commands worth reading where a line of a text begins with one.
var clients = []string{"curl ", "wget ", "http ", "https ", "psql ", "mysql ", "mongosh ", "redis-cli ", "newman ", "grpcurl ", "export ", "docker login", "sshpass ", "xh ", "aws ", "git clone "}

// commandsIn finds such commands, with the lines that continue them.
func commandsIn(text string) []snippet {
	var all []snippet
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		t := strings.TrimLeft(lines[i], " \t>$`")
		t = strings.TrimPrefix(t, "<command>")
		if !hasAnyPrefix(t, clients) {
			continue
		}
		t, _, _ = strings.Cut(t, "</command>")
		from := i
		for strings.HasSuffix(strings.TrimSpace(lines[i]), `\`) && i+1 < len(lines) {
			i++
		}
		all = append(all, snippet{strings.Join(append([]string{t}, lines[from+1:i+1]...), "\n"), from})
	}
	return all
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// addressesIn finds URLs with something before the host or after the path.
func addressesIn(text []byte) []snippet {
	var all []snippet
	line, counted := 0, 0 // line feeds before counted
	for at := 0; len(all) < 1000; {
		i := bytes.Index(text[at:], []byte("://"))
		if i < 0 {
			break
		}
		i += at
		from, to := i, i+3
		for from > 0 && (isNameByte(text[from-1]) || text[from-1] == '+') {
			from--
		}
		for to < len(text) && to-from < 4096 && strings.IndexByte(" \t\r\n\"'`<>()\\,", text[to]) < 0 {
			to++
		}
		at = to
		if u := bytes.TrimRight(text[from:to], ".;"); from < i && len(u) > i-from+3 && bytes.ContainsAny(u[i-from+3:], "@?") {
			line, counted = line+bytes.Count(text[counted:from], []byte{'\n'}), from
			all = append(all, snippet{string(u), line})
		}
	}
	return all
}

type namedValue struct{ name, value string }

// pairsIn finds "name=value" and "name: value" in a line, and what people write instead:
// "password for the portal: value", "password is value".
func pairsIn(line string) []namedValue {
	var all []namedValue
	for i := 1; i < len(line) && len(all) < 200; i++ {
		c := line[i]
		if c != '=' && c != ':' {
			continue
		}
		from := i
		for from > 0 && (isNameByte(line[from-1]) || line[from-1] == '-') && i-from < 60 {
			from--
		}
		if from == i { // before the rest is looked at: a line of ==== would take forever
			continue
		}
		rest := strings.TrimLeft(line[i:], "=:")
		if strings.HasPrefix(rest, "//") {
			continue
		}
		if v := pairValue(line[:i], rest, c); v != "" {
			all = append(all, namedValue{line[from:i], v})
		}
	}
	if name, value := said(line); value != "" {
		all = append(all, namedValue{name, value})
	}
	return all
}

// pairValue is the value behind a separator: up to the next white space, or for "name: …" up
// to the line's end if that is no sentence.
func pairValue(before, rest string, separator byte) string {
	spaced := strings.HasPrefix(rest, " ")
	value := strings.TrimSpace(rest)
	if value == "" || value[0] == '"' || value[0] == '\'' {
		return "" // a string: assignments finds it
	}
	if value[0] == '`' {
		value, _, _ = strings.Cut(value[1:], "`")
		return value
	}
	value, _, _ = strings.Cut(value, "`")
	switch {
	case separator == '=' || !spaced:
		value, _, _ = strings.Cut(value, " ")
		value, _, _ = strings.Cut(value, ";")
		if strings.ContainsAny(before, "?&") || strings.Contains(value, "&") {
			value, _, _ = strings.Cut(value, "&")
		}
	case strings.Contains(value, " "):
		first, _, _ := strings.Cut(value, " ")
		if schemes[strings.ToLower(first)] { // Authorization: Bearer …
			second, _, _ := strings.Cut(strings.TrimSpace(value[len(first):]), " ")
			if i := strings.IndexAny(second, "\"'"); i > 0 {
				second = second[:i]
			}
			value = first + " " + second
			break
		}
		if !hasSign(first) || sentence(value) {
			return ""
		}
		if strings.Count(value, " ") > 4 {
			value = first
		}
	case strings.Contains(before, " ") && !hasSign(value):
		return "" // "the password: required"
	}
	value = strings.TrimRight(value, ",;`\"')}")
	if separator == ':' {
		value = strings.TrimSuffix(value, ".")
	}
	return value
}

// secretWords begin what people say of a secret.
var secretWords = []string{"password", "passwort", "kennwort", "passphrase", "contraseña", "secret", "api key", "apikey", "token"}

// said finds "password for the portal: X" and "password is X". X must have something besides
// letters.
func said(line string) (name, value string) {
	low := strings.ToLower(line)
	if len(low) != len(line) {
		return "", ""
	}
	for _, w := range secretWords {
		i := strings.Index(low, w)
		if i < 0 {
			continue
		}
		rest := line[i+len(w):]
		if j := strings.Index(rest, ": "); j > 0 && strings.Count(rest[:j], " ") <= 5 && !strings.ContainsAny(rest[:j], `="'{}()`) {
			value = strings.TrimSpace(rest[j+2:])
		} else if after, ok := strings.CutPrefix(rest, " is "); ok {
			value = strings.TrimSpace(after)
		} else {
			continue
		}
		if v, ok := strings.CutPrefix(value, "`"); ok {
			value, _, _ = strings.Cut(v, "`")
		}
		value, _, _ = strings.Cut(value, " ")
		value = strings.TrimRight(value, ".,;)`")
		if len(value) >= 6 && hasSign(value) && !strings.Contains(value, "://") {
			return strings.ReplaceAll(w, " ", "_"), value
		}
	}
	return "", ""
}

// signIn finds "login: user / password" and its like. The password is one only if it has
// something besides letters.
func signIn(line string) (user, password string, ok bool) {
	low := strings.ToLower(line)
	if len(low) != len(line) {
		low = line // folding changed the length of a letter: take the case as it is
	}
	for _, word := range []string{"login", "log-in", "credentials", "creds", "zugang", "account", "sign-in", "anmeldung"} {
		i := strings.Index(low, word)
		if i < 0 {
			continue
		}
		f := strings.Fields(strings.TrimLeft(line[i+len(word):], ": "))
		if len(f) < 3 || f[1] != "/" {
			continue
		}
		password = strings.Trim(strings.TrimRight(f[2], ".,;)"), "`")
		if strings.HasSuffix(password, ":") {
			continue
		}
		if len(password) >= 6 && strings.IndexFunc(password, func(r rune) bool { return r < 0x80 && !isNameByte(byte(r)) || r >= '0' && r <= '9' }) >= 0 {
			return f[0], password, true
		}
	}
	return "", "", false
}
