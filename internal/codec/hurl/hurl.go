// Package hurl reads Hurl's files of requests, and the files of variables, secrets and
// options that lie beside them under the names that people give them.
//
// The .hurl files of a folder are one client; files of variables supply it.
//
// Sources: hurl.dev/docs (hurl-file, request, grammar, manual).
package hurl

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{
	{Name: "hurl", Paths: []string{"*.hurl"}, Decode: decodeFile},
	{
		Name: "hurl variables",
		Paths: []string{
			"hurl*.env", "*.hurl.env", "hurl/*.env", "hurl*.vars", "hurl/*.vars", "hurl*secrets*", "hurl*variables*",
		},
		Decode: decodeVariables,
	},
	{Name: "hurl config", Paths: []string{".hurlrc", ".config/hurl/config"}, Decode: decodeConfig},
}

func decodeFile(f clientele.File) ([]clientele.Part, error) {
	part := newPart(f, "hurl file", clientele.Member)
	r := reader{part: &part, file: path.Base(f.Path), taken: map[string]int{}}
	r.read(f.Data)
	if len(part.Requests) == 0 {
		return nil, nil
	}
	supplies(f, &part)
	return []clientele.Part{part}, nil
}

// beside are names that people give to files of variables, which are given to the tool on the
// command line and named nowhere else.
var beside = []string{"vars.env", "variables.env", "secrets.env", "hurl.env", "vars", "vars.txt"}

// supplies links the files of variables that lie beside a file of requests.
func supplies(f clientele.File, part *clientele.Part) {
	for _, name := range beside {
		if f.Sibling == nil {
			return
		}
		if _, err := f.Sibling(name); err == nil {
			part.Links = append(part.Links, clientele.Link{Rel: clientele.UsesVars, Path: name})
		}
	}
}

// decodeVariables reads name=value lines. The tool is told that a value is secret by being
// given the file with --secrets-file.
func decodeVariables(f clientele.File) ([]clientele.Part, error) {
	if strings.HasSuffix(strings.ToLower(f.Path), ".hurl") {
		return nil, nil
	}
	part := newPart(f, "hurl variables", clientele.Supplies)
	marked := strings.Contains(strings.ToLower(path.Base(f.Path)), "secret")
	for _, v := range doc.Properties(f.Data).Fields() {
		if v.Kind != doc.String || strings.ContainsAny(v.Key, " \t<{\"") {
			continue
		}
		part.Variables = append(part.Variables, clientele.Variable{
			Name: v.Key, Value: v.Secret(), Scope: "environment", Line: v.Line, Marked: marked,
		})
	}
	if len(part.Variables) == 0 {
		return nil, nil
	}
	return []clientele.Part{part}, nil
}

// decodeConfig reads a file of options, one a line, written as on the command line or
// without the dashes.
func decodeConfig(f clientele.File) ([]clientele.Part, error) {
	part := newPart(f, "hurl config", clientele.Supplies)
	r := reader{part: &part, file: path.Base(f.Path), taken: map[string]int{}}
	r.entry = &entry{chain: []string{r.file}}
	for i, line := range strings.Split(string(f.Data), "\n") {
		line = strings.TrimLeft(strings.TrimSpace(line), "-")
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.IndexAny(line, " =:")
		if at < 0 {
			continue
		}
		value := strings.Trim(strings.TrimSpace(strings.TrimLeft(line[at:], " =:")), `"'`)
		r.option(row{line[:at], value, i + 1, false})
	}
	r.end()
	if len(part.Slots) == 0 && len(part.Variables) == 0 && len(part.Links) == 0 {
		return nil, nil
	}
	return []clientele.Part{part}, nil
}

func newPart(f clientele.File, format string, bind clientele.BindAs) clientele.Part {
	name := path.Base(path.Dir(f.Path))
	if name == "." || name == "/" {
		name = strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path))
	}
	return clientele.Part{
		Tool: "hurl", Kind: clientele.APIClient, Format: format, Name: name, Line: 1,
		Syntax: clientele.SyntaxHurl, Bind: clientele.Bind{As: bind},
	}
}

func below(chain []string, names ...string) []string {
	return append(chain[:len(chain):len(chain)], names...)
}
