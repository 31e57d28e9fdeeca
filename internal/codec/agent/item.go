package agent

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// item is a named value of one block: an environment, a set of headers, a command line.
type item struct {
	place clientele.Place
	name  string
	value string
	line  int
}

// entries are the named scalars of a map, or of a list of NAME=value.
func entries(n *doc.Node, place clientele.Place) []item {
	var all []item
	for _, k := range n.Fields() {
		if k.IsScalar() {
			all = append(all, item{place, k.Key, k.Str(), k.Line})
		}
	}
	for _, k := range n.Items() {
		if name, value, ok := strings.Cut(k.Str(), "="); ok {
			all = append(all, item{place, name, value, k.Line})
		} else if k.Kind == doc.Map && k.Get("name") != nil { // [{"name": "X", "value": "…"}]
			all = append(all, item{place, k.Get("name").Str(), k.Get("value").Str(), k.Get("value").LineOr(k.Line)})
		}
	}
	return all
}

// items adds the slots of one block, each secret with the principal that stands beside it.
func (g *gather) items(block []item, more ...string) {
	for _, e := range block {
		s := clientele.Slot{Place: e.place, Name: e.name, Line: e.line}
		if telling(e.name) && !names(e.name) {
			s.Principal = principal(block, e.name)
		}
		g.put(s, e.value, more...)
	}
}

// principal is the user or key id that goes with a secret: the one whose name begins with
// the same word, as JIRA_USERNAME does beside JIRA_API_TOKEN, or with no word at all.
func principal(block []item, secret string) string {
	first := firstWord(secret)
	for _, e := range block {
		if names(e.name) && (firstWord(e.name) == first || !strings.ContainsAny(e.name, "_-")) {
			return e.value
		}
	}
	return ""
}

func firstWord(name string) string {
	w, _, _ := strings.Cut(strings.ToUpper(strings.ReplaceAll(name, "-", "_")), "_")
	return w
}

// names reports whether a name is one of somebody who signs in.
func names(name string) bool {
	name = plain(name)
	for _, end := range []string{"accesskeyid", "clientid", "username", "user", "email", "login"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// telling reports whether a name says that its value may be secret.
func telling(name string) bool {
	name = plain(name)
	for _, w := range []string{"key", "token", "secret", "pass", "pwd", "credential", "auth", "cookie", "dsn", "pat"} {
		if strings.Contains(name, w) {
			return name != "path" && !strings.HasSuffix(name, "path") && !strings.HasSuffix(name, "url")
		}
	}
	return false
}
