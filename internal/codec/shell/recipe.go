package shell

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/doc"
)

// dialect is how a file of recipes is written.
type dialect struct {
	tool   clientele.Tool
	target *regexp.Regexp // the first group is its name
	assign *regexp.Regexp // name and value
	body   func(string) string
	value  func(string) string
}

var makefile = dialect{
	tool:   "make",
	target: regexp.MustCompile(`^([A-Za-z0-9_./%$(){} -]+?)\s*::?(?:[^=]|$)`),
	assign: regexp.MustCompile(`^\s*(?:export\s+|override\s+|private\s+)*([A-Za-z_][\w.-]*)\s*(?::{0,3}|\?|\+)=\s*(.*)$`),
	body:   shellText,
	value:  func(v string) string { v, _, _ = strings.Cut(v, " #"); return shellText(strings.TrimSpace(v)) },
}

var makeReference = regexp.MustCompile(`\$\$|\$\([A-Za-z_]\w*\)`)

// shellText is what make gives to the shell, with its references $(NAME) in the shell's
// words, in which $(NAME) would be a command.
func shellText(l string) string {
	return makeReference.ReplaceAllStringFunc(l, func(ref string) string {
		if ref == "$$" {
			return "$"
		}
		return "${" + ref[2:len(ref)-1] + "}"
	})
}

var justfile = dialect{
	tool:   "just",
	target: regexp.MustCompile(`^@?([A-Za-z_][\w-]*)(?:\s[^:]*)?:(?:[^=]|$)`),
	assign: regexp.MustCompile(`^(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.*)$`),
	body:   func(l string) string { return l },
	value:  bareValue,
}

// bareValue undoes the quotes of a string; an expression stands as it is.
func bareValue(v string) string {
	v = strings.TrimSpace(v)
	if len(v) >= 2 && (v[0] == '\'' || v[0] == '"') && strings.IndexByte(v[1:], v[0]) == len(v)-2 {
		return v[1 : len(v)-1]
	}
	return v
}

func decodeMakefile(f clientele.File) ([]clientele.Part, error) { return makefile.decode(f) }
func decodeJustfile(f clientele.File) ([]clientele.Part, error) { return justfile.decode(f) }

// decode reads assignments, and the indented lines below each target as commands.
func (d dialect) decode(f clientele.File) ([]clientele.Part, error) {
	p := script(f, d.tool, "recipes")
	var recipe []string
	name, begin := "", 0
	flush := func() {
		if len(recipe) > 0 {
			command.Add(&p, command.Read(strings.Join(recipe, "\n"), begin), name)
		}
		recipe = nil
	}
	for i, line := range strings.Split(strings.ReplaceAll(string(f.Data), "\r\n", "\n"), "\n") {
		indented := strings.HasPrefix(line, "\t") || d.tool == "just" && strings.HasPrefix(line, " ")
		switch {
		case indented && name != "":
			if recipe == nil {
				begin = i + 1
			}
			recipe = append(recipe, d.body(strings.TrimLeft(strings.TrimSpace(line), "@-+")))
			continue
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			if recipe != nil {
				recipe = append(recipe, "")
			}
			continue
		}
		flush()
		if m := d.assign.FindStringSubmatch(line); m != nil {
			d.variable(&p, m[1], m[2], i+1)
		} else if m := d.target.FindStringSubmatch(line); m != nil {
			name = strings.TrimSpace(m[1])
		}
	}
	flush()
	command.Add(&p, command.Read(d.remarks(string(f.Data)), 1))
	return clients(p)
}

// remarks is a text with all lines emptied but the comments outside of recipes.
func (d dialect) remarks(src string) string {
	lines := strings.Split(src, "\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, "#") || strings.HasPrefix(l, "#!") {
			l = ""
		}
		lines[i] = d.body(l)
	}
	return strings.Join(lines, "\n")
}

func (d dialect) variable(p *clientele.Part, name, value string, line int) {
	if value = d.value(value); value == "" {
		return
	}
	p.Variables = append(p.Variables, clientele.Variable{
		Name: name, Value: clientele.Secret(value), Scope: string(d.tool), Line: line,
	})
}

// decodeTaskfile reads vars and env at the top and of each task, and its commands.
func decodeTaskfile(f clientele.File) ([]clientele.Part, error) {
	docs, err := doc.YAML(f.Data)
	if len(docs) == 0 || docs[0].Get("tasks").Fields() == nil {
		return nil, err
	}
	p := script(f, "task", "recipes")
	root := docs[0]
	taskVariables(&p, root, nil)
	for _, file := range root.Get("dotenv").Items() {
		p.Links = append(p.Links, clientele.Link{Rel: clientele.UsesVars, Path: file.Str()})
	}
	for _, task := range root.Get("tasks").Fields() {
		taskVariables(&p, task, []string{task.Key})
		cmds := task.Get("cmds").Items()
		if task.Kind == doc.List {
			cmds = task.Kids
		}
		if c := task.First("cmd"); c != nil {
			cmds = append(cmds, c)
		}
		if task.IsScalar() {
			cmds = []*doc.Node{task}
		}
		for _, c := range cmds {
			if s := c.First("cmd"); s != nil {
				c = s
			}
			if c.IsScalar() {
				command.Add(&p, command.Read(c.Str(), c.Line), task.Key)
			}
		}
	}
	parts, _ := clients(p)
	return parts, err
}

func taskVariables(p *clientele.Part, n *doc.Node, chain []string) {
	for _, key := range []string{"vars", "env"} {
		for _, v := range n.Get(key).Fields() {
			if v.IsScalar() && v.Text != "" {
				p.Variables = append(p.Variables, clientele.Variable{
					Name: v.Key, Value: v.Secret(), Scope: "task", Chain: append(chain[:len(chain):len(chain)], key), Line: v.Line,
				})
			}
			if sh := v.Get("sh"); sh.IsScalar() {
				command.Add(p, command.Read(sh.Str(), sh.Line), append(chain[:len(chain):len(chain)], v.Key)...)
			}
		}
	}
}
