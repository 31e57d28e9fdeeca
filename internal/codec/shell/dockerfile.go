package shell

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/doc"
)

// instruction is one instruction of a Dockerfile. The line feeds inside it are kept, so that
// commands know their lines.
type instruction struct {
	name, args string
	line       int
}

// decodeDockerfile reads ENV and ARG as variables, and RUN, CMD, ENTRYPOINT and HEALTHCHECK
// as commands.
func decodeDockerfile(f clientele.File) ([]clientele.Part, error) {
	p := script(f, "docker", "dockerfile")
	from := false
	for _, in := range instructions(string(f.Data)) {
		from = from || in.name == "FROM"
		switch in.name {
		case "ENV", "ARG":
			in.variables(&p)
		case "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "ONBUILD":
			in.run(&p)
		}
	}
	if !from {
		return nil, nil
	}
	return clients(p)
}

var (
	heredocMark = regexp.MustCompile(`<<-?\s*["']?([A-Za-z_]\w*)["']?`)
	runOption   = regexp.MustCompile(`^(?:--[a-z]+(?:=\S+)?\s+|CMD\s+|RUN\s+)+`)
)

// instructions splits the file. Comments between continued lines are emptied, and here
// documents belong to the instruction that opens them.
func instructions(src string) []instruction {
	escape := `\`
	var all []instruction
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		t := strings.TrimSpace(lines[i])
		if strings.HasPrefix(strings.ReplaceAll(strings.ToLower(t), " ", ""), "#escape=`") {
			escape = "`"
		}
		name, rest, _ := strings.Cut(t, " ")
		if t == "" || t[0] == '#' {
			continue
		}
		in := instruction{name: strings.ToUpper(name), line: i + 1}
		args := []string{rest}
		for i+1 < len(lines) && strings.HasSuffix(args[len(args)-1], escape) {
			i++
			args[len(args)-1] = strings.TrimSuffix(args[len(args)-1], escape) + `\`
			if next := strings.TrimSpace(lines[i]); next == "" || next[0] == '#' {
				args = append(args, escape)
			} else {
				args = append(args, strings.TrimRight(lines[i], " \t"))
			}
		}
		if in.name == "RUN" || in.name == "COPY" {
			for _, m := range heredocMark.FindAllStringSubmatch(strings.Join(args, "\n"), 4) {
				for end := ""; i+1 < len(lines) && end != m[1]; {
					i++
					end = strings.TrimSpace(lines[i])
					args = append(args, lines[i])
				}
			}
		}
		in.args = strings.Join(args, "\n")
		all = append(all, in)
	}
	return all
}

// variables are NAME=value …, or for ENV the old NAME value.
func (in instruction) variables(p *clientele.Part) {
	first, _, _ := strings.Cut(in.args, " ")
	if in.name == "ENV" && !strings.Contains(first, "=") {
		name, value, _ := strings.Cut(in.args, " ")
		in.add(p, clientele.Variable{Name: name, Value: clientele.Secret(strings.TrimSpace(value)), Line: in.line})
		return
	}
	// NAME=value words have the shell's quoting.
	read := command.Read("export "+in.args, in.line)
	for _, v := range read.Variables {
		in.add(p, v)
	}
}

func (in instruction) add(p *clientele.Part, v clientele.Variable) {
	if v.Value.Empty() || v.Name == "PATH" {
		return
	}
	v.Scope, v.Chain = "image", []string{in.name}
	p.Variables = append(p.Variables, v)
}

// run reads the shell form as text, and the exec form, a JSON list, as words.
func (in instruction) run(p *clientele.Part) {
	args := runOption.ReplaceAllStringFunc(in.args, func(s string) string {
		return strings.Repeat("\\\n", strings.Count(s, "\n"))
	})
	if strings.HasPrefix(strings.TrimSpace(args), "[") {
		if n, err := doc.JSON([]byte(strings.ReplaceAll(args, "\\\n", "\n"))); err == nil && n.Kind == doc.List {
			var argv []command.Word
			for _, k := range n.Kids {
				argv = append(argv, command.Word{Text: k.Str(), Line: in.line + k.Line - 1})
			}
			command.Add(p, command.Words(argv), in.name)
			return
		}
	}
	if m := heredocMark.FindStringIndex(args); m != nil && m[0] == 0 { // RUN <<EOF: the document is the script
		_, body, _ := strings.Cut(args, "\n")
		command.Add(p, command.Read(body, in.line+1), in.name)
		return
	}
	command.Add(p, command.Read(args, in.line), in.name)
}
