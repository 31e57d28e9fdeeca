package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// row is a name and a value: a header, a query parameter, a form field, a field of an auth
// block, a variable. Postman writes rows in four ways, of which one file may use several:
// a list of {key, value}, a map, a text of "name: value" lines, a list of such texts.
type row struct {
	name   string
	value  string
	line   int
	off    bool
	marked bool
	nested *doc.Node // in place of value, where it is a list or map
	note   *doc.Node
	node   *doc.Node // the whole row, if it is a map
}

func rows(n *doc.Node) []row {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case doc.String:
		return lines(n)
	case doc.Map:
		if n.Has("key") && n.Has("value") {
			return []row{rowOf(n)}
		}
		return fields(n)
	}
	var all []row
	for _, item := range n.Items() {
		switch item.Kind {
		case doc.Map:
			all = append(all, rowOf(item))
		case doc.List:
			all = append(all, row{nested: item, line: item.Line})
		default:
			all = append(all, lines(item)...)
		}
	}
	return all
}

func rowOf(n *doc.Node) row {
	r := row{
		name: n.First("key", "name", "id").Str(),
		line: n.Line,
		off:  n.Get("disabled").True() || n.Get("enabled").False() || n.Get("active").False(),
		// The app writes type "secret"; format v3 allows "secret: true" as well.
		marked: n.Get("type").Str() == "secret" || n.Get("secret").True(),
		note:   n.Get("description"),
		node:   n,
	}
	r.take(n.Get("value"))
	return r
}

func (r *row) take(v *doc.Node) {
	r.line = v.LineOr(r.line)
	if isMap(v) || isList(v) {
		r.nested = v
		return
	}
	r.value = v.Str()
}

// fields are the rows of a map. A value that is itself {value, …} keeps its marks.
func fields(n *doc.Node) []row {
	var all []row
	for _, k := range n.Fields() {
		r := row{name: k.Key, line: k.Line}
		if isMap(k) && k.Has("value") {
			r = rowOf(k)
			r.name = k.Key
		} else {
			r.take(k)
		}
		all = append(all, r)
	}
	return all
}

// lines are the headers of a text. Format v1 comments a disabled header out with //.
func lines(n *doc.Node) []row {
	var all []row
	for _, line := range strings.Split(n.Str(), "\n") {
		line = strings.TrimSpace(line)
		bare := strings.TrimSpace(strings.TrimPrefix(line, "//"))
		if bare == "" {
			continue
		}
		r := row{line: n.Line, off: bare != line}
		name, value, ok := strings.Cut(bare, ":")
		if ok {
			r.name, r.value = strings.TrimSpace(name), strings.TrimSpace(value)
		} else {
			r.value = bare
		}
		all = append(all, r)
	}
	return all
}

// variables emits the rows of n as variables of a scope. Of several enabled ones with the
// same name the last counts, and the others are dormant.
func (s *sheet) variables(at spot, scope string, n *doc.Node) {
	all := rows(n)
	last := map[string]int{}
	for i, r := range all {
		if !r.off {
			last[r.name] = i
		}
	}
	for i, r := range all {
		if j, ok := last[r.name]; ok && j != i {
			r.off = true
		}
		s.note(at.in("variable", r.name), r.note)
		if r.nested != nil {
			s.slots(at.in(r.name).asleep(r.off), clientele.InVariable, r.nested)
			continue
		}
		s.variable(at, scope, r)
		s.otherValues(at, scope, r)
	}
}

func (s *sheet) variable(at spot, scope string, r row) {
	if r.name == "" && r.value == "" {
		return
	}
	s.Variables = append(s.Variables, clientele.Variable{
		Name: r.name, Value: clientele.Secret(r.value), Scope: scope, Chain: at.chain, Line: r.line,
		Marked: r.marked, Dormant: at.dormant || r.off, External: vault(r.node),
	})
}

// otherValues emits the values that dumps and the API carry beside the shared one. The
// session's value is the one that never should have left the machine.
func (s *sheet) otherValues(at spot, scope string, r row) {
	for _, key := range []string{"sessionValue", "currentValue", "initialValue", "sharedValue", "localValue"} {
		v := r.node.Get(key)
		if v.Str() == "" || v.Str() == r.value {
			continue
		}
		other := r
		other.value, other.line = v.Str(), v.Line
		s.variable(at.in(key), scope, other)
	}
}

// vault says which vault holds the value: {"provider": "azure", "azure": {"secretId": …}}.
func vault(n *doc.Node) string {
	provider := n.Get("source", "provider").Str()
	if provider == "" {
		return ""
	}
	id := n.Get("source", provider).First("secretId", "secretName", "id", "name", "path").Str()
	return strings.TrimSuffix(provider+": "+id, ": ")
}
