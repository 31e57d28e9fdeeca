package dsn

import "strings"

// hosts takes a comma-separated list of hosts; an empty one is no fault.
func (r *reading) hosts(from, to int) bool {
	if from >= to {
		return true
	}
	list := r.s[from:to]
	if !plausible(list) {
		return false
	}
	for i := 0; i < len(list); {
		end := next(list, i, len(list), ",")
		if h := bare(list[i:end]); h != "" && h[0] != ':' {
			r.t.Hosts = append(r.t.Hosts, h)
		}
		i = end + 1
	}
	return true
}

// bare is a host without Go's network before it: tcp(host:3306).
func bare(h string) string {
	open := strings.IndexByte(h, '(')
	if open > 0 && h[open-1] != '$' && strings.HasSuffix(h, ")") {
		return h[open+1 : len(h)-1]
	}
	return h
}

// plausible reports whether a text can be a list of hosts. Templates are allowed, white space
// and quotes are not, and a port is a number or a template.
func plausible(list string) bool {
	if list == "" {
		return false
	}
	for i := 0; i < len(list); {
		end := next(list, i, len(list), ",")
		if !plausibleHost(bare(list[i:end])) {
			return false
		}
		i = end + 1
	}
	return true
}

func plausibleHost(h string) bool {
	if next(h, 0, len(h), " \t\"'`@/?#|;=&") < len(h) {
		return false
	}
	if strings.HasPrefix(h, "[") {
		closing := strings.IndexByte(h, ']')
		return closing > 1 && (closing+1 == len(h) || h[closing+1] == ':' && isPort(h[closing+2:]))
	}
	colon := next(h, 0, len(h), ":")
	return colon == len(h) || isPort(h[colon+1:])
}

// isPort reports whether a text can stand for a port. The name of a reference may.
func isPort(p string) bool {
	if strings.ContainsAny(p, "{$<") {
		return !strings.Contains(p, ":") || reference(p) > 0
	}
	if len(p) > 2 && p[0] == '%' && p[len(p)-1] == '%' {
		return true
	}
	return isDigits(p) && len(p) <= 5 || p == "*"
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func hasPort(h string) bool {
	i := strings.LastIndexByte(h, ':')
	return i > strings.LastIndexByte(h, ']') && isPort(h[i+1:])
}

// hasDot reports whether a host is more than one word: it is then taken for a host before
// anything else is.
func hasDot(h string) bool {
	return strings.ContainsAny(h, ".[{$<") || hasPort(h) || strings.EqualFold(h, "localhost")
}
