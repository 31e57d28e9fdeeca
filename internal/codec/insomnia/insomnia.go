// Package insomnia reads what Insomnia and its command line inso leave on disk: exports of
// format 4 (JSON and YAML), documents of format 5 (YAML), the NeDB stores of the
// application, the timelines of its responses, repositories of the old git sync, and
// .insorc.
//
// The formats are those of github.com/Kong/insomnia: packages/insomnia/src/models for the
// fields, common/import-v5-parser.ts for format 5, and the fixtures of insomnia-inso for the
// layout on disk.
//
// Export 4, the stores and git sync keep the same flat resources, which name their parent by
// id; format 5 nests them. All go through the same readers (see resource.go), which look a
// field up under either name.
package insomnia

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "insomnia"

// Decoders are the formats of Insomnia.
var Decoders = []clientele.Decoder{
	{Name: "insomnia export", Marks: []string{"__export_format"}, Decode: decodeExport},
	{Name: "insomnia document", Marks: []string{".insomnia.rest/5.", "mcpClient.insomnia/5."}, Decode: decodeDocument},
	{Name: "insomnia store", Paths: []string{"insomnia.*.db"}, Decode: decodeStore},
	{Name: "insomnia timeline", Paths: []string{"responses/*.timeline"}, Decode: decodeTimeline},
	{Name: "insomnia git sync", Paths: []string{".insomnia/*/*.yml", ".insomnia/*/*.yaml"}, Decode: decodeGitSync},
	{Name: "inso settings", Paths: []string{".insorc", ".insorc.json", ".insorc.yaml", ".insorc.yml"}, Decode: decodeSettings},
}

func newPart(format string, bind clientele.Bind) clientele.Part {
	return clientele.Part{Tool: tool, Kind: clientele.APIClient, Format: format,
		Syntax: clientele.SyntaxInsomnia, Bind: bind}
}

// trees reads a file that may be JSON or YAML.
func trees(src []byte) ([]*doc.Node, error) {
	if first := strings.TrimLeft(string(src[:min(len(src), 64)]), " \t\r\n"); !strings.HasPrefix(first, "{") {
		return doc.YAML(src)
	}
	n, err := doc.JSON(src)
	if n == nil {
		return nil, err
	}
	return []*doc.Node{n}, err
}

// repository is the folder that holds the .insomnia folder of a git sync file.
func repository(file string) string { return path.Dir(path.Dir(path.Dir(file))) }
