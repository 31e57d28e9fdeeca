// Package agent decodes what AI agents leave on disk: the MCP servers they may call and the
// credentials they hand to them, what they may do without asking, the tokens of their own
// sign-in, and the transcripts of their sessions.
//
// The agents agree on little but the word mcpServers. So there is no decoder for each: the
// file's path names the product (see products), the content is read by the names of its
// fields wherever they stand, and a JSON, YAML or TOML file that nobody prepared but that
// declares MCP servers is read in the same way.
//
// Each MCP server is a client of its own. What the agent itself may do and holds is one more
// client, which its settings, token cache and transcripts join.
//
// Sources: the settings pages of code.claude.com/docs, cursor.com/docs, code.visualstudio.com
// (MCP configuration reference), docs.windsurf.com, zed.dev/docs, docs.continue.dev,
// developers.openai.com/codex, opencode.ai/docs, librechat.ai/docs; and the sources of
// google-gemini/gemini-cli (packages/core/src/mcp), cline/cline, block/goose, continuedev,
// charmbracelet/crush and geelen/mcp-remote.
package agent

import (
	"strings"

	"github.com/clientele/clientele"
)

// Decoders are the decoders of this package.
var Decoders = []clientele.Decoder{
	{
		Name:   "agent configuration",
		Paths:  configPaths(),
		Marks:  []string{`"mcpServers"`, `"context_servers"`, "mcpServers:", "[mcp_servers."},
		Decode: decodeConfig,
	},
	{Name: "agent token cache", Paths: tokenPaths(), Decode: decodeTokens},
	{Name: "agent transcript", Paths: transcriptPaths, Decode: decodeTranscript},
}

// gather collects what belongs to one part.
type gather struct {
	clientele.Part
	chain    []string // the names that lead to the part's own content
	dormant  bool
	recorded bool
}

// put adds a slot, or a text where the value is a JSON document of its own.
func (g *gather) put(s clientele.Slot, value string, more ...string) {
	if value == "" {
		return
	}
	s.Chain = with(g.chain, more...)
	if isJSON(value) {
		g.text(s.Place, "", value, s.Line, append(more, s.Name)...)
		return
	}
	s.Value = clientele.Secret(value)
	s.Dormant = s.Dormant || g.dormant
	g.Slots = append(g.Slots, s)
}

// text adds free text, or a command where the language is "shell".
func (g *gather) text(place clientele.Place, language, value string, line int, more ...string) {
	if strings.TrimSpace(value) == "" {
		return
	}
	g.Texts = append(g.Texts, clientele.Text{Place: place, Chain: with(g.chain, more...), Text: clientele.Secret(value),
		Line: line, Dormant: g.dormant, Recorded: g.recorded, Language: language})
	if language == "shell" {
		g.flags(strings.Fields(value), line)
	}
}

// call adds a request to url.
func (g *gather) call(url string, line int, more ...string) {
	g.Requests = append(g.Requests, clientele.Request{Chain: with(g.chain, more...), URL: clientele.Secret(url), Line: line})
}

func (g *gather) approve(what, rule string, broad bool, line int) {
	g.Approvals = append(g.Approvals, clientele.Approval{What: shortened(what), Rule: rule, Broad: broad, Line: line})
}

// empty reports whether nothing was collected.
func (g *gather) empty() bool {
	p := &g.Part
	return len(p.Requests)+len(p.Slots)+len(p.Variables)+len(p.Texts)+len(p.Identities)+len(p.Owners)+
		len(p.Approvals)+len(p.Links) == 0
}

// with is chain with names behind it, in memory of its own.
func with(chain []string, more ...string) []string {
	return append(chain[:len(chain):len(chain)], more...)
}

// isJSON tells a JSON object or list kept as a string from a value that only begins with a
// bracket, such as {{token}}.
func isJSON(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) < 4 || s[0] != '{' && s[0] != '[' {
		return false
	}
	rest := strings.TrimSpace(s[1:])
	return strings.HasPrefix(rest, `"`) || s[0] == '[' && strings.HasPrefix(rest, `{"`)
}

func isURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss", "sse":
		return ok
	}
	return false
}

// plain is a key without case and word marks: "access_token", "accessToken" and
// "Access-Token" are one.
func plain(key string) string { return strings.ToLower(marks.Replace(key)) }

var marks = strings.NewReplacer("_", "", "-", "", " ", "")

// dotted is the end of a chain as one plain text: enough of it for any rule, and no more,
// since a hostile file may nest long keys deep.
func dotted(chain []string) string {
	var b strings.Builder
	for _, c := range chain[max(0, len(chain)-3):] {
		b.WriteByte('.')
		b.WriteString(c[:min(len(c), 100)])
	}
	return plain(b.String())
}
