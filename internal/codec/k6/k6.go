// Package k6 reads load tests of k6, which are programs in JavaScript or TypeScript, and the
// token file of its command line.
//
// A program is not run or understood. It is cut into tokens, and what stands written in it
// is taken: the calls of k6's http and gRPC clients, and the values of object literals and
// assignments, with their names. What is computed becomes a reference, "${__ENV.TOKEN}",
// and a fallback behind one stays visible, "${__ENV.TOKEN:-fallback}".
//
// Sources: grafana.com/docs/k6 (javascript-api, using-k6/k6-options), github.com/grafana/k6
// (examples, internal/cmd/config.go).
package k6

import (
	"path"
	"regexp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of the package.
var Decoders = []clientele.Decoder{
	{
		Name:   "k6 script",
		Marks:  []string{"k6/http", "k6/net/grpc", "k6/ws", "k6/experimental/"},
		Decode: decodeScript,
	},
	{
		Name:   "k6 config",
		Paths:  []string{"k6/config.json"},
		Decode: decodeConfig,
	},
}

var (
	imports = regexp.MustCompile(`(?m)(\bfrom\s*|\brequire\s*\(\s*|^\s*import\s*)["']k6/`)
	sources = regexp.MustCompile(`(?i)\.(js|ts|mjs|cjs|mts|jsx|tsx|es6)$`)
)

func decodeScript(f clientele.File) ([]clientele.Part, error) {
	if !sources.MatchString(f.Path) || !imports.Match(f.Data) {
		return nil, nil
	}
	base := path.Base(f.Path)
	w := walker{
		file: base, vars: map[string]*doc.Node{}, taken: map[string]int{},
		part: &clientele.Part{
			Tool: "k6", Kind: clientele.APIClient, Format: "k6 script", Name: base, Line: 1,
			Syntax: clientele.SyntaxGeneric,
		},
	}
	w.parser.tokens, w.comments = lex(string(f.Data))
	w.walk()
	return []clientele.Part{*w.part}, nil
}

// decodeConfig reads what "k6 cloud login" writes.
func decodeConfig(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	cloud := root.Get("collectors", "cloud")
	token := cloud.Get("token")
	if token.Str() == "" {
		return nil, err
	}
	part := clientele.Part{
		Tool: "k6", Kind: clientele.CLI, Format: "k6 config", Name: "k6 cloud", Line: token.Line,
		Slots: []clientele.Slot{{
			Place: clientele.InTokenCache, Role: clientele.Token, Name: "token", Chain: []string{"collectors", "cloud"},
			Value: token.Secret(), Line: token.Line, Host: cloud.Get("host").Str(),
		}},
	}
	for _, k := range []string{"stackURL", "stackID", "projectID"} {
		if s := cloud.Get(k).Str(); s != "" {
			part.Sync = append(part.Sync, clientele.Sync{Mode: clientele.SyncCloud, Where: s, Detail: k})
		}
	}
	return []clientele.Part{part}, err
}
