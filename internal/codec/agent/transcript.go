package agent

import (
	"bytes"
	"cmp"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

var transcriptPaths = []string{
	".claude/projects/*/*.jsonl", ".claude/projects/*/*/*.jsonl", ".claude/projects/*/*/*/*.jsonl", ".claude/history.jsonl",
	".codex/sessions/*/*/*/*.jsonl", ".codex/sessions/*.jsonl", ".codex/archived_sessions/*.jsonl", ".codex/history.jsonl",
	".codex/sessions/*.json", ".gemini/tmp/*/logs.json", ".gemini/tmp/*/chats/*.json", ".gemini/tmp/*/checkpoint*.json",
	".gemini/tmp/*/chats/*.jsonl", "api_conversation_history.json", "tasks/*/ui_messages.json", "tasks/*/claude_messages.json",
	".continue/sessions/*.json", ".copilot/session-state/*.jsonl", ".copilot/history-session-state/*.json",
	".copilot/session-state/*/events.jsonl", "goose/sessions/*.jsonl",
}

// Bounds on what is kept of one transcript. A text that is longer is cut.
const (
	maxTexts = 50_000
	maxText  = 1 << 20
)

// decodeTranscript reads the messages of a session: what a person pasted, what tools were
// called with, and what they answered.
func decodeTranscript(f clientele.File) ([]clientele.Part, error) {
	p := writer(f.Path)
	var values []*doc.Node
	var err error
	switch text := bytes.TrimLeft(f.Data, " \t\r\n"); {
	case len(text) == 0 || text[0] != '{' && text[0] != '[':
		return nil, nil
	case strings.EqualFold(path.Ext(f.Path), ".jsonl"):
		values, err = doc.JSONLines(f.Data)
	default:
		var root *doc.Node
		root, err = doc.JSON(f.Data)
		values = []*doc.Node{root}
		if root != nil && root.Kind == doc.List {
			values = root.Items()
		}
	}
	t := transcript{gather: gather{Part: clientele.Part{
		Tool: p.tool, Kind: clientele.Agent, Format: "transcript", Name: p.name, Line: 1, Syntax: clientele.SyntaxNone,
		Bind: clientele.Bind{As: clientele.Root, Dir: p.folder(f.Path)},
	}, recorded: true}}
	for _, v := range values {
		t.seen = map[string]bool{}
		t.message(v, "")
	}
	return t.parts(err)
}

// writer is the product that wrote the transcript.
func writer(file string) product {
	low := "/" + strings.ToLower(file)
	for _, p := range products {
		if p.home != "" && strings.Contains(low, "/"+p.home+"/") {
			return p
		}
	}
	for _, hint := range []struct{ folder, tool string }{{"roo-cline", "roo-code"}, {"kilo-code", "kilo-code"}} {
		if strings.Contains(low, hint.folder) {
			return named(hint.tool)
		}
	}
	return named("cline")
}

func named(tool string) product {
	for _, p := range products {
		if string(p.tool) == tool {
			return p
		}
	}
	return anyAgent
}

// silent are the fields of messages that hold no words of anybody.
var silent = ending("uuid", "id", "parentuuid", "sessionid", "timestamp", "type", "role", "model", "cwd", "version", "gitbranch",
	"requestid", "signature", "encryptedcontent", "tooluseid", "callid", "messageid", "leafuuid", "usertype", "stopreason",
	"originator", "commithash", "mediatype", "data", "level", "status", "turnid", "promptid", "ts", "thoughtsignature", "images")

type transcript struct {
	gather
	seen map[string]bool // texts of the same line, which agents like to write twice
}

// message reads a value of the transcript and those below it. Who speaks is kept.
func (t *transcript) message(n *doc.Node, who string) {
	if n == nil || len(t.Texts) >= maxTexts {
		return
	}
	if n.Kind == doc.Map {
		who = cmp.Or(n.Get("role").Str(), speaker(n.Get("type").Str()), who)
	}
	if n.Kind == doc.String && !silent[plain(n.Key)] && len(n.Text) > 5 {
		t.say(n, who)
	}
	for _, k := range n.Kids {
		t.message(k, who)
	}
}

func speaker(kind string) string {
	switch kind {
	case "user", "assistant", "system", "summary", "tool_result", "tool_use", "function_call", "function_call_output", "gemini":
		return kind
	}
	return ""
}

func (t *transcript) say(n *doc.Node, who string) {
	text := n.Text[:min(len(n.Text), maxText)]
	if t.seen[text] {
		return
	}
	t.seen[text] = true
	language := ""
	if n.Key == "command" || n.Key == "cmd" {
		language = "shell"
	}
	chain := []string{}
	for _, c := range []string{who, n.Key} {
		if c != "" {
			chain = append(chain, c)
		}
	}
	t.text(clientele.InHistory, language, text, n.Line, chain...)
}
