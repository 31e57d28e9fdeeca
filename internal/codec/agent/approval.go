package agent

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// The settings that let an agent act without asking, by the end of their dotted name, in
// lower case and without word marks.
var (
	// allowLists hold what is allowed, one entry each.
	allowLists = ending("permissions.allow", "allowedtools", "tools.allowed", "alwaysallow", "autoapprove", "autoallow",
		"alwaysapprove", "alwaysallowedtools", "enabledmcpjsonservers", "permissions.additionaldirectories",
		"roocline.allowedcommands", "kilocode.allowedcommands", "trustedfolders", "trusteddirectories", "trusttools")
	// switches allow everything of their sort when they are true.
	switches = ending("enableallprojectmcpservers", "bypasspermissionsmodeaccepted", "skipdangerousmodepermissionprompt",
		"allowdangerouslyskippermissions", "tools.autoapprove", "tools.global.autoapprove", "alwaysallowtoolactions",
		"autoaccept", "yolo", "yolomode", "trust", "trustalltools", "autoapprove", "alwaysallow", "autoapprovealltools",
		"autoapprove.enabled", "trustall")
	// gates are true where a person let the agent into one place.
	gates = ending("hastrustdialogaccepted", "autoallowbashifsandboxed", "hasclaudemdexternalincludesapproved")
	// modes are broad with one value and a plain approval with another.
	modes = map[string]mode{
		"defaultmode":               {broad: "bypasspermissions dontask", some: "acceptedits auto"},
		"initialpermissionmode":     {broad: "bypasspermissions", some: "acceptedits auto"},
		"approvalpolicy":            {broad: "never", some: "onfailure"},
		"sandboxmode":               {broad: "dangerfullaccess", some: "workspacewrite"},
		"approvalmode":              {broad: "yolo approve auto", some: "autoedit"},
		"defaultapprovalmode":       {broad: "yolo", some: "autoedit"},
		"defaulttoolsapprovalmode":  {broad: "approve"},
		"goosemode":                 {broad: "auto", some: "smartapprove"},
		"trustlevel":                {some: "trusted"},
		"toolpermissions.default":   {broad: "allow"},
		"permission":                {broad: "allow"},
		"chat.permissions.default":  {broad: "autopilot", some: "autoapprove"},
		"askforapproval":            {broad: "never"},
		"toolapprovalmode":          {broad: "auto"},
		"dangerouslybypassapproval": {broad: "true"},
	}
	// patternMaps hold what is allowed as keys, with true or "allow".
	patternMaps = ending("terminal.autoapprove", "edits.autoapprove", "urls.autoapprove", "permission", "permission.bash",
		"permission.edit", "permission.webfetch", "permission.externaldirectory", "toolsettings")
)

type mode struct{ broad, some string }

func ending(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// rule finds the longest end of a dotted name that a table has.
func rule[T any](table map[string]T, path string) (T, bool) {
	for {
		if v, ok := table[path]; ok {
			return v, true
		}
		i := strings.IndexByte(path, '.')
		if i < 0 {
			var none T
			return none, false
		}
		path = path[i+1:]
	}
}

// approval reads a field that allows something, and reports whether it is one. The names
// lead to it, without its own.
func (g *gather) approval(n *doc.Node, chain ...string) bool {
	name := func() string { return strings.Join(with(chain, n.Key), ".") }
	full := with(chain, n.Key)
	path := dotted(full)
	m, isMode := rule(modes, path)
	value := plain(n.Str())
	switch {
	case n.Kind == doc.List && has(allowLists, path):
		for _, e := range n.Items() {
			g.allowed(e, name())
		}
	case n.Kind == doc.Map && has(patternMaps, path):
		for _, e := range n.Fields() {
			if yes := plain(e.First("approve").Str()); e.True() || plain(e.Str()) == "allow" || yes == "true" {
				g.approve(e.Key, name(), e.Key == "*" || broad(e.Key) || plain(n.Key) == "permission", e.Line)
			}
		}
		return false // OpenCode's permission.bash stands below permission
	case n.IsScalar() && has(switches, path):
		if n.True() || n.Str() == "*" {
			g.approve(g.subject(full), name(), true, n.Line)
		}
	case n.IsScalar() && has(gates, path):
		if n.True() {
			g.approve(g.subject(full), name(), false, n.Line)
		}
	case n.IsScalar() && isMode:
		if listed(m.broad, value) || listed(m.some, value) {
			what := n.Str()
			if plain(n.Key) == "trustlevel" {
				what = g.subject(full)
			}
			g.approve(what, name(), listed(m.broad, value), n.Line)
		}
	default:
		return false
	}
	return true
}

func has(table map[string]bool, path string) bool {
	_, ok := rule(table, path)
	return ok
}

// subject is what a switch allows: the thing that it is a setting of.
func (g *gather) subject(chain []string) string {
	if len(chain) > 1 {
		return chain[len(chain)-2]
	}
	if len(g.chain) > 0 {
		return g.chain[len(g.chain)-1]
	}
	return "*"
}

// allowed reads one entry of a list of allowed tools. A command in it may hold a secret, as
// when a person has allowed the very call they had pasted.
func (g *gather) allowed(e *doc.Node, name string) {
	what := e.Str()
	if e.Kind == doc.Map {
		what = e.First("tool", "name", "pattern", "command").Str()
	}
	if what == "" {
		return
	}
	g.approve(what, name, broad(what), e.Line)
	if tool, command, ok := strings.Cut(what, "("); ok && strings.HasSuffix(command, ")") && strings.ContainsAny(command, " =") {
		command = strings.TrimSuffix(strings.TrimSuffix(command, ")"), ":*")
		command = wildcards.ReplaceAllString(command, "$1")
		g.text("setting", "shell", command, e.Line, name, tool)
	} else if !ok && strings.ContainsAny(what, " =") {
		g.text("setting", "shell", what, e.Line, name)
	}
}

// wildcards are assignments and options of an allowed command whose value may be anything.
var wildcards = regexp.MustCompile(`(?:(^|\s)-{0,2}[A-Za-z_][\w-]*=["']?\*["']?)+(?:\s|$)`)

// broad reports whether an allowed entry covers everything of its sort: "*", "Bash",
// "Bash(*)", "mcp__server".
func broad(what string) bool {
	what = strings.TrimSpace(what)
	tool, spec, ok := strings.Cut(what, "(")
	if ok {
		spec = strings.Trim(strings.TrimSuffix(spec, ")"), " ")
		return spec == "" || strings.Trim(spec, "*:/~.") == "" && strings.Contains(spec, "*")
	}
	switch strings.ToLower(tool) {
	case "*", "**", ".*", "/", "~", "/.*/", "@*", "bash", "shell", "powershell", "write", "edit", "multiedit", "webfetch",
		"execute_bash", "run_shell_command", "write_file", "fs_write", "use_aws", "@builtin":
		return true
	}
	return strings.HasPrefix(tool, "mcp__") && (strings.Count(tool, "__") == 1 || strings.HasSuffix(tool, "__*"))
}

// shortened is an approval without what may be secret in it: of a command, the words that name
// it, up to three; of the rest, what is no longer than a name.
func shortened(what string) string {
	what = strings.TrimSpace(what)
	open, command := "", what
	if i := strings.IndexByte(what, '('); i >= 0 && strings.HasSuffix(what, ")") {
		open, command = what[:i+1], what[i+1:len(what)-1]
	}
	var kept []string
	words := strings.Fields(command)
	for _, w := range words {
		if len(kept) == 3 || !word(w, len(kept) == 0) {
			break
		}
		kept = append(kept, w)
	}
	if len(kept) < len(words) {
		kept = append(kept, "…")
	}
	short := open + strings.Join(kept, " ")
	if open != "" {
		short += ")"
	}
	return short
}

// word reports whether a word of a command names something: no option, no assignment, and
// after the first word nothing with digits, which secrets have and subcommands have not.
func word(w string, first bool) bool {
	if len(w) > 80 || strings.HasPrefix(w, "-") || strings.ContainsAny(w, "=@'\"?") && !strings.HasPrefix(w, "@") {
		return false
	}
	return first || len(w) <= 24 && !strings.ContainsAny(w, "0123456789")
}

// flags notes options that make an agent or server ask for nothing.
func (g *gather) flags(words []string, line int) {
	for _, w := range words {
		switch strings.Trim(w, `"'`) {
		case "--dangerously-skip-permissions", "--allow-dangerously-skip-permissions", "--yolo", "--trust-all-tools",
			"--dangerously-bypass-approvals-and-sandbox", "--allow-all-tools", "--allow-all", "--full-auto",
			"--approval-mode=yolo", "--permission-mode=bypassPermissions":
			g.Approvals = append(g.Approvals, approvalByFlag(strings.Trim(w, `"'`), line))
		}
	}
}

func approvalByFlag(flag string, line int) clientele.Approval {
	return clientele.Approval{What: "*", Rule: flag, Broad: true, Line: line}
}
