// Package dotenv reads the settings of programs: .env files, ASP.NET's appsettings.json and
// web.config, Spring's application.yml and application.properties, and what people put into
// the settings of VS Code and its kin.
//
// They hold the connection strings by which programs reach data stores. A string is handed
// on whole: the scanner takes it apart. Pairs that are commented out are read as well, as
// dormant ones: it is how old passwords stay in a repository.
//
// Sources: github.com/motdotla/dotenv and docs.docker.com "Environment files" for the
// grammar; learn.microsoft.com "Configuration in ASP.NET Core"; Spring Boot "Externalized
// Configuration".
package dotenv

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Decoders are the formats of programs' settings.
var Decoders = []clientele.Decoder{
	{Name: "dotenv", Paths: []string{".env", ".env.*", "*.env", ".flaskenv", ".dev.vars", ".dev.vars.*"}, Decode: decodeEnv},
	{
		Name:   "editor settings",
		Paths:  []string{"user/settings.json", ".vscode/settings.json", "profiles/*/settings.json", "machine/settings.json", "*.code-workspace"},
		Decode: decodeEditor,
	},
	{Name: "aspnet settings", Paths: []string{"appsettings.json", "appsettings.*.json"}, Decode: decodeAppSettings},
	{Name: "aspnet web.config", Paths: []string{"web.config", "app.config", "web.*.config", "connectionstrings.config"}, Decode: decodeWebConfig},
	{
		Name:   "spring yaml",
		Paths:  []string{"application.y*ml", "application-*.y*ml", "bootstrap.y*ml", "bootstrap-*.y*ml"},
		Decode: decodeSpringYAML,
	},
	{
		Name:   "spring properties",
		Paths:  []string{"application.properties", "application-*.properties", "bootstrap.properties"},
		Decode: decodeSpringProperties,
	},
}

// decodeEnv reads a dotenv file. Its variables go to the clients near it that name them.
func decodeEnv(f clientele.File) ([]clientele.Part, error) {
	base := path.Base(f.Path)
	p := environment{clientele.Part{
		Tool: "dotenv", Kind: clientele.SourceCode, Format: "environment file", Name: base, Line: 1,
		Environment: environmentOf(base), Syntax: clientele.SyntaxShell, Bind: clientele.Bind{As: clientele.Supplies},
	}}
	for _, n := range doc.Env(f.Data).Fields() {
		p.add(n, false)
	}
	for _, n := range commented(f.Data) {
		p.add(n, true)
	}
	if len(p.Variables)+len(p.Slots) == 0 {
		return nil, nil
	}
	return []clientele.Part{p.Part}, nil
}

type environment struct{ clientele.Part }

// add takes a variable. Neo4j's user/password in one is taken apart.
func (p *environment) add(n *doc.Node, off bool) {
	user, password, ok := strings.Cut(n.Text, "/")
	if n.Key != "NEO4J_AUTH" || !ok {
		p.Variables = append(p.Variables, variable(n, off))
		return
	}
	p.Slots = append(p.Slots, clientele.Slot{
		Place: clientele.InEnv, Role: clientele.Password, Name: n.Key, Value: clientele.Secret(password), Line: n.Line, Dormant: off, Principal: user,
	})
}

func variable(n *doc.Node, off bool) clientele.Variable {
	return clientele.Variable{Name: n.Key, Value: n.Secret(), Scope: "environment", Line: n.Line, Dormant: off}
}

// commented finds pairs behind a #: a name in capitals, directly followed by = and a value.
func commented(src []byte) []*doc.Node {
	var all []*doc.Node
	for i, line := range strings.Split(string(src), "\n") {
		t, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		t = strings.TrimPrefix(strings.TrimSpace(strings.TrimLeft(t, "#")), "export ")
		name, value, pair := strings.Cut(t, "=")
		if !ok || !pair || !isConstant(name) || strings.TrimSpace(value) == "" {
			continue
		}
		for _, n := range doc.Env([]byte(t)).Fields() {
			n.Line = i + 1
			all = append(all, n)
		}
	}
	return all
}

func isConstant(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(s) > 1
}

// environmentOf is the environment that a file's name ends in: .env.production.local.
func environmentOf(base string) string {
	parts := strings.Split(strings.TrimPrefix(base, "."), ".")
	for i := len(parts) - 1; i >= 0; i-- {
		switch p := parts[i]; strings.ToLower(p) {
		case "env", "example", "sample", "template", "dist", "defaults", "default", "local", "vars", "dev-vars", "bak", "old",
			"backup", "enc", "vault", "":
		default:
			return p
		}
	}
	return ""
}
