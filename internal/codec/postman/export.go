package postman

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeExport reads whatever Postman and Newman write as one JSON object.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	if !begins(f.Data, '{') || !holdsAny(f.Data, `"item"`, `"requests"`, `"values"`, `"collection"`, `"collections"`, `"environments"`, `"environment"`) {
		return nil, nil
	}
	sure := telling(f)
	if !sure && !holdsAny(f.Data, `"key"`) {
		return nil, nil
	}
	n, err := doc.JSON(f.Data)
	if !sure {
		if !bare(n) {
			return nil, nil
		}
		return []clientele.Part{environment(f.Path, n).Part}, err
	}
	parts := export(f.Path, n)
	if parts == nil && !strings.Contains(strings.ToLower(f.Path), "postman") && !holdsAny(f.Data, "schema.getpostman.com/json/", `"_postman_variable_scope"`) {
		return nil, nil // a file of something else that happens to be broken
	}
	return parts, err
}

// telling reports whether more than a list of values brought the file here.
func telling(f clientele.File) bool {
	return ofPostman.MatchString(strings.ToLower(f.Path)) || holdsAny(f.Data, "schema.getpostman.com", "schema.postman.com",
		"_postman_", `"currentHelper"`, `"rawModeData"`, `"headerPresets"`)
}

var ofPostman = regexp.MustCompile(`postman|environment[^/]*\.json$|\.globals\.json$|(?:^|/)archive\.json$|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json$`)

func export(file string, n *doc.Node) []clientele.Part {
	switch {
	case isV2(n), isV1(n):
		return []clientele.Part{collection(file, n).Part}
	case isReport(n):
		return report(file, n)
	case isDump(n):
		return dump(file, n)
	case isCollection(n.Get("collection")), isVariables(n.Get("environment")):
		return wrapped(file, n)
	case isArchive(n):
		return []clientele.Part{archive(file, n).Part}
	case isVariables(n):
		return []clientele.Part{environment(file, n).Part}
	}
	return nil
}

func isCollection(n *doc.Node) bool { return isV2(n) || isV1(n) }

func collection(file string, n *doc.Node) *sheet {
	if isV2(n) {
		return collectionV2(file, n)
	}
	return collectionV1(file, n)
}

// wrapped reads what the Postman API answers: {"collection": …} or {"environment": …}. What
// came from there is kept there.
func wrapped(file string, n *doc.Node) []clientele.Part {
	var parts []clientele.Part
	if c := n.Get("collection"); isCollection(c) {
		s := collection(file, c)
		s.synced("", "answer of the Postman API")
		parts = append(parts, s.Part)
	}
	if e := n.Get("environment"); isVariables(e) {
		s := environment(file, e)
		s.synced("", "answer of the Postman API")
		parts = append(parts, s.Part)
	}
	return parts
}
