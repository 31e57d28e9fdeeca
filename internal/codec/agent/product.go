package agent

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
)

// product is an agent as its files show it.
type product struct {
	tool clientele.Tool
	name string // as its maker writes it
	// home is the folder that the agent's own settings, tokens and transcripts have in
	// common. Where the path has no such folder, it is the one the file lies in.
	home string
	// shared: the settings file is not the agent's alone, so that only what belongs to agents
	// is read of it.
	shared bool
	config []string // patterns of configuration files
	tokens []string // patterns of token caches
}

// products lists the agents, the more special path before the more general.
var products = []product{
	{tool: "claude-desktop", name: "Claude Desktop", config: []string{"claude_desktop_config.json"}},
	{tool: "claude-code", name: "Claude Code", home: ".claude",
		config: []string{".mcp.json", "managed-mcp.json", "managed-settings.json", ".claude.json", ".claude.json.backup*",
			".claude/settings*.json", ".claude/remote-settings.json", ".claude-plugin/plugin.json", "backups/.claude.json.backup*"},
		tokens: []string{".claude/.credentials.json"}},
	{tool: "cursor", name: "Cursor", home: ".cursor",
		config: []string{".cursor/mcp.json", ".cursor/cli.json", ".cursor/cli-config.json", ".cursor/hooks.json"},
		tokens: []string{"cursor/auth.json"}},
	{tool: "copilot", name: "GitHub Copilot", home: ".copilot",
		config: []string{".copilot/mcp-config.json", ".copilot/config.json", ".copilot/settings.json", "github-copilot/*/mcp.json"},
		tokens: []string{"github-copilot/hosts.json", "github-copilot/apps.json"}},
	{tool: "windsurf", name: "Windsurf", config: []string{"windsurf*/mcp_config.json", ".codeium/mcp_config.json"}},
	{tool: "antigravity", name: "Antigravity", config: []string{"antigravity*/mcp_config.json"}},
	{tool: "zed", name: "Zed", shared: true, config: []string{"zed/settings.json", ".zed/settings.json"}},
	{tool: "continue", name: "Continue", home: ".continue",
		config: []string{".continue/config.yaml", ".continue/config.yml", ".continue/config.json", ".continue/mcpServers/*",
			".continue/models/*", ".continue/agents/*", ".continuerc.json"},
		tokens: []string{".continue/auth.json"}},
	{tool: "roo-code", name: "Roo Code", config: []string{".roo/mcp.json", "rooveterinaryinc.roo-cline/settings/*.json"}},
	{tool: "kilo-code", name: "Kilo Code", config: []string{".kilocode/mcp.json", "kilocode.kilo-code/settings/*.json"}},
	{tool: "cline", name: "Cline", home: ".cline", config: []string{"cline_mcp_settings.json"},
		tokens: []string{".cline/data/secrets.json", ".cline/secrets.json", "data/settings/providers.json", ".cline/settings/providers.json"}},
	{tool: "gemini-cli", name: "Gemini CLI", home: ".gemini",
		config: []string{".gemini/settings.json", "gemini-cli/settings.json", "gemini-extension.json", "geminicli/settings.json"},
		tokens: []string{".gemini/oauth_creds.json", ".gemini/mcp-oauth-tokens*.json", ".gemini/a2a-oauth-tokens*.json",
			".gemini/google_accounts.json", ".gemini/gemini-credentials.json"}},
	{tool: "qwen-code", name: "Qwen Code", home: ".qwen", config: []string{".qwen/settings.json"}, tokens: []string{".qwen/oauth_creds.json"}},
	{tool: "codex", name: "Codex", home: ".codex",
		config: []string{".codex/config.toml", ".codex/*.config.toml", ".codex/managed_config.toml", "codex/config.toml", ".codex/hooks.json"},
		tokens: []string{".codex/auth.json", ".codex/.credentials.json"}},
	{tool: "goose", name: "Goose", home: "goose",
		config: []string{"goose/config.yaml", "goose/config/config.yaml", "goose/permission.yaml", "goose/config/permission.yaml"},
		tokens: []string{"goose/secrets.yaml", "goose/config/secrets.yaml"}},
	{tool: "librechat", name: "LibreChat", config: []string{"librechat.yaml", "librechat.*.yaml", "librechat-config.yaml"}},
	{tool: "junie", name: "Junie", config: []string{".junie/mcp/mcp.json", ".junie/mcp.json"}},
	{tool: "kiro", name: "Kiro", home: ".kiro", config: []string{".kiro/settings/mcp.json", ".kiro/agents/*.json"}},
	{tool: "amazon-q", name: "Amazon Q", home: "amazonq",
		config: []string{"amazonq/mcp.json", ".amazonq/mcp.json", ".amazonq/default.json", "amazonq/default.json",
			"amazonq/cli-agents/*.json", ".amazonq/cli-agents/*.json", "amazonq/agents/*.json", ".amazonq/agents/*.json"}},
	{tool: "opencode", name: "OpenCode", home: "opencode", config: []string{"opencode.json", "opencode.jsonc", "opencode/config.json"},
		tokens: []string{"opencode/auth.json", "opencode/mcp-auth.json"}},
	{tool: "crush", name: "Crush", config: []string{"crush.json", ".crush.json"}},
	{tool: "lm-studio", name: "LM Studio", config: []string{".lmstudio/mcp.json", "lm-studio/mcp.json"}},
	{tool: "mcp-remote", name: "mcp-remote", home: ".mcp-auth",
		tokens: []string{".mcp-auth/*_tokens.json", ".mcp-auth/*/*_tokens.json", ".mcp-auth/*_client_info.json",
			".mcp-auth/*/*_client_info.json", ".mcp-auth/*/*_code_verifier.txt"}},
	{tool: "vscode", name: "VS Code", config: []string{".vscode/mcp.json", "user/mcp.json", "profiles/*/mcp.json", ".vs/mcp.json"}},
	{tool: "vscode", name: "VS Code", shared: true,
		config: []string{".vscode/settings.json", "user/settings.json", "profiles/*/settings.json", "machine/settings.json",
			"*.code-workspace", "devcontainer.json", ".devcontainer.json"}},
}

// anyAgent stands for a file that declares MCP servers and lies where no product keeps it.
var anyAgent = product{tool: "mcp", name: "MCP"}

func configPaths() []string {
	var all []string
	for _, p := range products {
		all = append(all, p.config...)
	}
	return all
}

func tokenPaths() []string {
	var all []string
	for _, p := range products {
		all = append(all, p.tokens...)
	}
	return all
}

// owning is the product whose files of that sort have such a path.
func owning(file string, patterns func(product) []string) product {
	for _, p := range products {
		for _, pattern := range patterns(p) {
			if matches(pattern, file) {
				return p
			}
		}
	}
	return anyAgent
}

// matches compares a pattern with the end of a path, as a scan does.
func matches(pattern, file string) bool {
	n := strings.Count(pattern, "/") + 1
	elems := strings.Split(strings.ToLower(file), "/")
	if len(elems) < n {
		return false
	}
	ok, _ := path.Match(strings.ToLower(pattern), strings.Join(elems[len(elems)-n:], "/"))
	return ok
}

// folder is the folder whose client the file's agent-wide content joins.
func (p product) folder(file string) string {
	dir := path.Dir(file)
	if p.home == "" {
		return dir
	}
	elems := strings.Split(dir, "/")
	for i := len(elems) - 1; i >= 0; i-- {
		if strings.EqualFold(elems[i], p.home) {
			return strings.Join(elems[:i+1], "/")
		}
	}
	if strings.HasPrefix(path.Base(file), p.home) { // ~/.claude.json is of ~/.claude
		return path.Join(dir, p.home)
	}
	return dir
}

// syntax is the grammar of references in the product's files.
func (p product) syntax() clientele.Syntax {
	switch p.tool {
	case "opencode", "continue", "librechat", "crush", "windsurf": // {env:X}, ${{ secrets.X }}, {{X}}, $(command), ${file:x}
		return clientele.SyntaxGeneric
	}
	return clientele.SyntaxMCP
}
