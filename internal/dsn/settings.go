package dsn

import "strings"

// settings reads ODBC's, .NET's and Azure's strings: Name=Value;Name=Value. It takes one for
// such only if it names something to connect to and at least one more thing that belongs.
func (r *reading) settings() bool {
	if strings.IndexByte(r.s, ';') < 0 || strings.IndexByte(r.s, '=') < 1 {
		return false
	}
	var to, known int
	driver := false
	ok := r.pairs(0, len(r.s), ";", func(p pair) {
		switch m := meanings[fold(p.name)]; m {
		case other:
		case isHost, isDriver, isEndpoint, isKey:
			to++
			known++
			driver = driver || m == isDriver
		default:
			known++
		}
		r.setting(p)
	})
	if !ok || to == 0 || known < 2 {
		return false
	}
	if r.t.Scheme == "" {
		r.t.Scheme = r.settingsScheme(driver)
	}
	return true
}

func (r *reading) settingsScheme(driver bool) string {
	if driver {
		return "odbc"
	}
	for _, p := range r.t.Params {
		if meanings[fold(p.Name)] == isKey {
			return "azure"
		}
	}
	return "ado"
}

// keywords reads libpq's strings: keyword=value between blanks, '…' round values with blanks,
// \ before a quote or a backslash.
func (r *reading) keywords() bool {
	s, known, to := r.s, 0, false
	for i := 0; i < len(s); {
		eq := strings.IndexByte(s[i:], '=')
		if eq < 1 || !isKeyword(strings.TrimRight(s[i:i+eq], " ")) {
			return false
		}
		name := strings.TrimRight(s[i:i+eq], " ")
		from := skipBlanks(s, i+eq+1)
		value, end, ok := keywordValue(s, from)
		if !ok {
			return false
		}
		switch m := meanings[fold(name)]; {
		case m == isHost, m == isDatabase, name == "service":
			known, to = known+1, true
		case m != other:
			known++
		}
		r.setting(pair{name, value, from, end})
		i = skipBlanks(s, end)
	}
	r.t.Scheme = "postgres"
	return to && known >= 2
}

func isKeyword(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// keywordValue reads a value of libpq's; false if a quote is left open.
func keywordValue(s string, i int) (string, int, bool) {
	var b strings.Builder
	quote := i < len(s) && s[i] == '\''
	if quote {
		i++
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case quote && c == '\'':
			return b.String(), i + 1, true
		case !quote && (c == ' ' || c == '\t'):
			return b.String(), i, true
		default:
			if n := reference(s[i:]); n > 0 && !quote {
				b.WriteString(s[i : i+n])
				i += n - 1
				continue
			}
			b.WriteByte(c)
		}
	}
	return b.String(), i, !quote
}

// redisList reads StackExchange.Redis: hosts, then settings, all between commas.
func (r *reading) redisList() bool {
	comma := next(r.s, 0, len(r.s), ",")
	for from := 0; comma < len(r.s); {
		if next(r.s, from, comma, "=") < comma {
			comma = from - 1
			break
		}
		if !r.hosts(from, comma) {
			return false
		}
		from = comma + 1
		comma = next(r.s, from, len(r.s), ",")
		if comma == len(r.s) {
			comma = from - 1
			break
		}
	}
	if comma < 1 || len(r.t.Hosts) == 0 {
		return false
	}
	known := 0
	ok := r.pairs(comma+1, len(r.s), ",", func(p pair) {
		if meanings[fold(p.name)] != other {
			known++
		}
		r.setting(p)
	})
	r.t.Scheme = "redis"
	return ok && known > 0
}
