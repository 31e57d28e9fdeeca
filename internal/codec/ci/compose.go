package ci

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/doc"
)

// decodeCompose reads one client for each service.
func decodeCompose(s *source) []clientele.Part {
	s.tool, s.format = "docker-compose", "services"
	var parts []clientele.Part
	for _, n := range s.root.Get("services").Fields() {
		for _, k := range []string{"entrypoint", "command", "healthcheck"} {
			unescape(n.Get(k))
		}
		j := s.job(n.Key, n.Line)
		j.Syntax = clientele.SyntaxShell
		j.variables(n.Get("environment"), "environment")
		j.variables(n.Get("build", "args"), "build", "args")
		for _, f := range append(n.Get("env_file").Items(), n.Get("env_file")) {
			if p := f.Get("path"); p != nil {
				f = p
			}
			if f.IsScalar() {
				j.link(clientele.UsesVars, "dotenv", f.Str(), "")
			}
		}
		j.invoked(n, "entrypoint", "command")
		test := n.Get("healthcheck", "test")
		if k := test.At(0); k != nil && (k.Str() == "CMD" || k.Str() == "CMD-SHELL") {
			if k.Str() == "CMD" {
				j.words([]string{"healthcheck"}, &doc.Node{Kind: doc.List, Kids: test.Kids[1:]})
			} else {
				j.script(test.At(1), "healthcheck")
			}
		} else {
			j.script(test, "healthcheck")
		}
		for i := range j.Variables {
			dollars(&j.Variables[i])
		}
		parts = append(parts, j.done()...)
	}
	for _, section := range []string{"secrets", "configs"} {
		for _, n := range s.root.Get(section).Fields() {
			j := s.job(section+" "+n.Key, n.Line)
			if c := n.Get("content"); c.IsScalar() {
				j.Slots = append(j.Slots, clientele.Slot{Place: clientele.InVariable, Name: n.Key, Chain: []string{section}, Value: c.Secret(), Line: c.Line, Marked: section == "secrets"})
			}
			parts = append(parts, j.done()...)
		}
	}
	return parts
}

// unescape undoes $$, which stands for a dollar sign, in commands.
func unescape(n *doc.Node) {
	n.Walk(func(_ []string, k *doc.Node) bool {
		k.Text = strings.ReplaceAll(k.Text, "$$", "$")
		return true
	})
}

// dollars undoes $$ in a variable, whose other dollar signs are no references unless Compose
// itself fills one in.
func dollars(v *clientele.Variable) {
	text := v.Value.Reveal()
	if !strings.Contains(text, "$$") {
		return
	}
	v.Value = clientele.Secret(strings.ReplaceAll(text, "$$", "$"))
	if v.Class == "" && !strings.Contains(strings.ReplaceAll(text, "$$", ""), "$") {
		v.Class = clientele.Literal
	}
}

// invoked reads a container's entry point and its arguments, each a text or a list. With an
// image that is a tool itself, the arguments alone are the command.
func (j *job) invoked(n *doc.Node, entry, args string) {
	e, a := n.Get(entry), n.Get(args)
	switch {
	case e.IsScalar():
		j.script(e, entry)
		j.script(scalarOrNil(a), args)
	case e.Items() == nil && a.IsScalar():
		j.script(a, args)
	case e.Items() == nil && a.Items() != nil:
		image := imageOr(n.Get("image"), a.Line)
		if strings.HasPrefix(a.At(0).Str(), "-") { // options of the program that the image is made for
			j.words([]string{args}, wordNode(imageTool(image.Str()), a.Line), a)
		} else {
			j.words([]string{args}, wordNode("docker", a.Line), wordNode("run", a.Line), image, a)
		}
	default:
		j.words([]string{entry}, e, a)
	}
}

func scalarOrNil(n *doc.Node) *doc.Node {
	if n.IsScalar() {
		return n
	}
	return nil
}

func imageOr(n *doc.Node, line int) *doc.Node {
	if n.IsScalar() {
		return n
	}
	return wordNode("image", line)
}

func wordNode(text string, line int) *doc.Node {
	return &doc.Node{Kind: doc.String, Text: text, Line: line}
}

// imageTool is the program that an image is named for: api of acme/api:2 or acme/api@sha256:…
func imageTool(image string) string {
	image, _, _ = strings.Cut(image[strings.LastIndexByte(image, '/')+1:], "@")
	image, _, _ = strings.Cut(image, ":")
	return cmp.Or(image, "image")
}

// decodePackage reads the scripts of a package.json, and says nothing unless one of them
// calls a client.
func decodePackage(f clientele.File) ([]clientele.Part, error) {
	if !json.Valid(f.Data) && len(f.Data) > 1<<20 {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	scripts := root.Get("scripts").Fields()
	s := &source{File: f, root: root, tool: "npm", format: "package scripts", lines: strings.Split(string(f.Data), "\n")}
	j := s.job("scripts", root.Get("scripts").LineOr(1))
	j.Kind, j.Syntax, j.Name = clientele.Script, clientele.SyntaxShell, "package.json scripts"
	if n := root.Get("name").Str(); n != "" {
		j.Name = n + " scripts"
	}
	for _, n := range scripts {
		if n.IsScalar() {
			command.Add(&j.Part, oneLine(command.Read(n.Text, n.Line), n.Line), n.Key)
		}
	}
	if !command.Worth(j.Part) {
		return nil, err
	}
	return []clientele.Part{j.Part}, err
}

// oneLine puts all of a part on the line of the string that held it.
func oneLine(p clientele.Part, line int) clientele.Part {
	for i := range p.Slots {
		p.Slots[i].Line = line
	}
	for i := range p.Requests {
		p.Requests[i].Line = line
	}
	for i := range p.Texts {
		p.Texts[i].Line = line
	}
	for i := range p.Variables {
		p.Variables[i].Line = line
	}
	return p
}
