package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// isVariables reports whether n is an environment or a set of globals: a list of rows with
// keys under "values". An empty list needs another sign.
func isVariables(n *doc.Node) bool {
	values := n.Get("values")
	if !isList(values) {
		return false
	}
	if first := values.At(0); first != nil {
		return first.Has("key") && first.Has("value")
	}
	return n.Has("_postman_variable_scope") || n.Has("name")
}

// bare reports whether n is an environment that says nothing of Postman, as people write them
// for newman and tools make them: every row has a key with its value, and is switched on or
// off or has one of Postman's types.
func bare(n *doc.Node) bool {
	rows := n.Get("values").Items()
	for _, r := range rows {
		if !r.Get("key").IsScalar() || !r.Has("value") || !r.Has("enabled") && !valueTypes[r.Get("type").Str()] {
			return false
		}
	}
	return len(rows) > 0 && (n.Get("name").IsScalar() || n.Get("id").IsScalar())
}

// valueTypes are the types of a variable.
var valueTypes = map[string]bool{"any": true, "default": true, "text": true, "secret": true, "string": true}

// environment reads an environment or globals. Dumped and API-wrapped ones do not say which
// they are; globals are never wrapped, so such a set is an environment.
func environment(file string, n *doc.Node) *sheet {
	scope := n.Get("_postman_variable_scope").Str()
	if scope == "globals" || scope == "" && globalsFile(file) {
		return variableSet(file, "globals", "global", n)
	}
	return variableSet(file, "environment", "environment", n)
}

// globalsFile reports whether a file's name says that it holds globals.
func globalsFile(file string) bool {
	file = strings.ToLower(file)
	return strings.Contains(file, ".globals.") || strings.Contains(file, "postman_globals") || strings.Contains(file, "/postman/globals/")
}

func variableSet(file, format, scope string, n *doc.Node) *sheet {
	s := newSheet(file, format, n.Get("name").Str(), n)
	s.Bind = clientele.Bind{As: clientele.Supplies, Key: n.Get("id").Str()}
	s.ExternalID = s.Bind.Key
	if scope == "environment" {
		s.Environment = s.Name
	}
	s.note(spot{}, n.Get("description"))
	s.vendor("user", n.Get("owner").Str(), "owner of the "+format, 0.5)
	if uid := n.Get("uid").Str(); uid != "" {
		s.inCloud(uid, "uid in the API's answer")
		s.synced("", "has a cloud id")
	}
	s.variables(spot{}, scope, n.Get("values"))
	return s
}
