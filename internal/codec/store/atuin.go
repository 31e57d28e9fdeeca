package store

import "github.com/clientele/clientele"

// maxCommands bounds the commands kept of a history, each kept once.
const maxCommands = 100_000

// atuin reads the shell history that Atuin keeps.
func atuin(d *database) []clientele.Part {
	p := clientele.Part{Tool: "atuin", Kind: clientele.Script, Format: "shell history", Name: "Atuin history", Syntax: clientele.SyntaxShell}
	seen := map[string]bool{}
	for _, r := range d.rows("history") {
		command := r.Text("command")
		if command == "" || seen[command] || len(p.Texts) >= maxCommands {
			continue
		}
		seen[command] = true
		p.Texts = append(p.Texts, clientele.Text{Place: clientele.InHistory, Text: clientele.Secret(command), Recorded: true, Language: "shell",
			Chain: []string{"history"}})
	}
	if len(p.Texts) == 0 {
		return nil
	}
	return []clientele.Part{p}
}
