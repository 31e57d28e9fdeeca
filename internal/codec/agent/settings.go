package agent

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// settings reads what a file says of the agent itself: what it may do, which commands it
// runs for itself, the keys of its models.
func (r *reader) settings(root *doc.Node) []clientele.Part {
	g := gather{Part: clientele.Part{
		Tool: r.tool, Kind: clientele.Agent, Format: "settings", Name: r.name, Line: root.Line, Syntax: r.syntax(),
		Bind: clientele.Bind{As: clientele.Root, Dir: r.folder(r.file)},
	}}
	s := settings{gather: &g, reader: r}
	for _, k := range root.Fields() {
		if r.declared[root] {
			break
		}
		if !r.shared || ofAgents(k.Key) {
			s.field(k, nil)
		}
	}
	var parts []clientele.Part
	if inputs := r.inputs(root); len(inputs.Variables) > 0 {
		parts = append(parts, inputs)
	}
	if !g.empty() {
		parts = append(parts, g.Part)
	}
	return parts
}

// ofAgents reports whether a key of a file that other programs share belongs to an agent.
func ofAgents(key string) bool {
	key = plain(key)
	for _, p := range []string{"chat.", "mcp", "claude", "cline", "roocline", "kilocode", "github.copilot", "continue.", "cody.",
		"agent", "assistant", "languagemodels", "contextservers", "customizations", "settings"} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

type settings struct {
	*gather
	*reader
}

// commands are the settings whose value is a command line that the agent runs.
var commands = ending("apikeyhelper", "awsauthrefresh", "awscredentialexport", "gcpauthrefresh", "otelheadershelper",
	"statusline.command", "servercommand", "notify", "filesuggestion.command", "discoverycommand", "callcommand")

// field reads one setting and those below it. The chain leads to it.
func (s settings) field(n *doc.Node, chain []string) {
	here := with(chain, n.Key)
	path := dotted(here)
	switch key := plain(n.Key); {
	case s.declared[n] || key == "inputs" || key == "$schema":
	case s.approval(n, chain...):
	case has(commands, path):
		s.command(n, here)
	case key == "hooks":
		s.hooks(n, here)
	case key == "env" || strings.HasSuffix(key, "environmentvariables") || strings.HasSuffix(path, "shellenvironmentpolicy.set"):
		s.items(entries(n, clientele.InEnv), here...)
	case key == "envkey" || key == "apikeyenv" || key == "apikeyenvvar":
		s.names(n)
	case strings.HasSuffix(key, "headers") && n.Kind == doc.Map:
		s.items(entries(n, clientele.InHeader), here...)
	case key == "queryparams" && n.Kind == doc.Map:
		s.items(entries(n, clientele.InQuery), here...)
	case key == "copilottokens":
		for _, e := range entries(n, clientele.InTokenCache) {
			s.put(clientele.Slot{Place: e.place, Role: clientele.Token, Name: n.Key, Line: e.line,
				Principal: e.name[strings.LastIndexByte(e.name, ':')+1:]}, e.value)
		}
	case key == "oauthaccount":
		s.account(n)
	case key == "customapikeyresponses": // the ends of keys that were accepted, no keys
	case key == "history" && n.Kind == doc.List, key == "pastedcontents":
		s.history(n, here)
	case n.Kind == doc.Map || n.Kind == doc.List:
		for _, k := range n.Kids {
			if k.Key == "" && k.Kind == doc.Map {
				s.element(k, here)
				continue
			}
			s.field(k, here)
		}
	default:
		s.scalar(n, chain)
	}
}

// element reads a map in a list, under its name if it has one.
func (s settings) element(n *doc.Node, chain []string) {
	if name := n.First("name", "title", "id", "model").Str(); name != "" {
		chain = with(chain, name)
	}
	for _, k := range n.Fields() {
		s.field(k, chain)
	}
}

// scalar keeps a value that has a role, whose name tells, or that is an address.
func (s settings) scalar(n *doc.Node, chain []string) {
	switch role, known := roles[plain(n.Key)]; {
	case n.Kind != doc.String || n.Key == "":
	case isURL(n.Str()) && (strings.HasSuffix(plain(n.Key), "url") || strings.HasSuffix(plain(n.Key), "base") ||
		strings.HasSuffix(plain(n.Key), "endpoint") || telling(n.Key)):
		s.call(n.Str(), n.Line, with(chain, n.Key)...)
	case known || telling(n.Key):
		s.put(clientele.Slot{Place: clientele.InSetting, Role: role, Name: n.Key, Line: n.Line}, n.Str(), chain...)
	}
}

// command reads a command line, written as text or as a list of words.
func (s settings) command(n *doc.Node, chain []string) {
	if n.Kind != doc.List {
		s.text(clientele.InSetting, "shell", n.Str(), n.Line, chain...)
		return
	}
	var words []string
	for _, w := range n.Items() {
		words = append(words, w.Str())
	}
	s.text(clientele.InSetting, "shell", strings.Join(words, " "), n.Line, chain...)
}

// hooks reads the commands that run at each event. They run without asking.
func (s settings) hooks(n *doc.Node, chain []string) {
	n.Walk(func(below []string, k *doc.Node) bool {
		if (plain(k.Key) == "command" || plain(k.Key) == "bash" || plain(k.Key) == "powershell") && k.Kind == doc.String {
			event := with(chain, below...)
			s.text(clientele.InSetting, "shell", k.Str(), k.Line, event[:len(event)-1]...)
			s.approve(k.Str(), strings.Join(event[:len(event)-1], "."), false, k.Line)
			return false
		}
		if strings.EqualFold(k.Key, "headers") {
			s.items(entries(k, clientele.InHeader), with(chain, below...)...)
			return false
		}
		if isURL(k.Str()) {
			s.call(k.Str(), k.Line, with(chain, below...)...)
		}
		return true
	})
}

// account reads whom an agent is signed in as.
func (s settings) account(n *doc.Node) {
	mail := n.First("emailAddress", "email")
	if mail.Str() == "" {
		return
	}
	s.Identities = append(s.Identities, clientele.Identity{Scheme: "oauth2", Principal: mail.Str(), Kind: clientele.Person,
		Issuer: string(s.reader.tool), Location: clientele.Location{Line: mail.Line}})
	s.Owners = append(s.Owners, clientele.Owner{Who: mail.Str(), Kind: clientele.PersonOwner,
		Evidence: "the account that " + s.name + " is signed in with", Confidence: 0.7})
	// Signing in uploads nothing: the organisation is a candidate for who answers for it.
	if org := n.First("organizationName", "organizationUuid").Str(); org != "" {
		s.Owners = append(s.Owners, clientele.Owner{Who: org, Kind: clientele.VendorOwner,
			Evidence: "the organisation of the account that " + s.name + " is signed in with", Confidence: 0.3})
	}
}

// history reads what a person typed.
func (s settings) history(n *doc.Node, chain []string) {
	g := *s.gather
	g.recorded = true
	n.Walk(func(_ []string, k *doc.Node) bool {
		if k.Kind == doc.String && len(k.Str()) > 5 && plain(k.Key) != "timestamp" {
			g.text(clientele.InHistory, "", k.Str(), k.Line, chain...)
		}
		return len(g.Texts) < maxTexts
	})
	g.recorded = false
	*s.gather = g
}

// inputs reads what VS Code asks a person for, and keeps out of the file.
func (r *reader) inputs(root *doc.Node) clientele.Part {
	p := clientele.Part{
		Tool: r.tool, Kind: clientele.Agent, Format: "inputs", Name: r.name + " inputs", Syntax: r.syntax(),
		Bind: clientele.Bind{As: clientele.Supplies, Key: "inputs"},
	}
	for _, list := range []*doc.Node{root.Get("inputs"), root.Get("mcp", "inputs"), root.Get("settings", "mcp", "inputs"),
		root.Get("customizations", "vscode", "mcp", "inputs")} {
		for _, in := range list.Items() {
			id := in.Get("id").Str()
			if id == "" {
				continue
			}
			p.Line = list.Line
			p.Variables = append(p.Variables, clientele.Variable{
				Name: "input:" + id, Value: in.Get("default").Secret(), Scope: "global", Chain: []string{"inputs"}, Line: in.Get("id").Line,
				Marked: in.Get("password").True(), External: "asked for when the server starts",
			})
		}
	}
	return p
}
