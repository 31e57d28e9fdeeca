package ci

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
	"github.com/clientele/clientele/internal/doc"
)

// decodeJenkinsfile reads a pipeline, declarative or scripted, as one client. Groovy is not
// parsed: its tokens suffice to tell blocks, calls with their arguments, and assignments.
func decodeJenkinsfile(f clientele.File) ([]clientele.Part, error) {
	s := &source{File: f, tool: "jenkins", format: "pipeline"}
	j := s.job("pipeline", 1)
	j.Name = path.Base(f.Path)
	j.groovy(string(f.Data), 1)
	return j.done(), nil
}

// groovy walks the tokens of a script.
func (j *job) groovy(src string, line int) {
	g := groovy{job: j, tokens: groovyTokens(src, line)}
	g.walk()
}

// groovy is a script under the walk.
type groovy struct {
	*job
	tokens []gtoken
	blocks []block // those that are open
}

// block is an open brace with what stands before it.
type block struct {
	name  string // stage, environment, withEnv …
	label string // stage's
}

// chain is the stages that the walk is in.
func (g *groovy) chain() []string {
	var c []string
	for _, b := range g.blocks {
		if b.label != "" && len(c) < 20 {
			c = append(c, b.label)
		}
	}
	return c
}

func (g *groovy) in(name string) bool {
	for i := len(g.blocks) - 1; i >= 0 && i >= len(g.blocks)-20; i-- {
		if g.blocks[i].name == name {
			return true
		}
	}
	return false
}

func (g *groovy) walk() {
	var last block // the call that a brace would open the block of
	for i := 0; i < len(g.tokens); i++ {
		t := g.tokens[i]
		switch {
		case t.kind == brace && t.text == "{":
			g.blocks = append(g.blocks, last)
			last = block{}
		case t.kind == brace && t.text == "}":
			if n := len(g.blocks); n > 0 {
				g.blocks = g.blocks[:n-1]
			}
			last = block{}
		case t.kind == word:
			if g.assigned(i) || i+1 < len(g.tokens) && g.tokens[i+1].text == ":" { // the name of an argument
				break
			}
			args := g.arguments(i)
			g.call(t, args)
			last = block{name: t.text}
			if t.text == "stage" {
				last.label = args.first()
			}
		}
	}
}

// assigned takes NAME = 'text', which in an environment block is a variable of the job.
func (g *groovy) assigned(i int) bool {
	if i+2 >= len(g.tokens) || g.tokens[i+1].text != "=" || g.tokens[i+1].kind != sign {
		return false
	}
	name, value := g.tokens[i].text, g.tokens[i+2]
	scope := "global"
	if g.in("environment") {
		scope = "environment"
	}
	v := clientele.Variable{Name: name, Scope: scope, Chain: g.chain(), Line: value.line}
	switch {
	case value.kind == text:
		v.Value = clientele.Secret(value.text)
	case value.text == "credentials":
		v.External, v.Marked = "jenkins-credentials: "+g.arguments(i+2).first(), true
	default:
		return false
	}
	g.add(v)
	return true
}

// arguments of a call: positional texts, and named ones.
type arguments struct {
	texts []gtoken
	named map[string]gtoken
}

func (a arguments) first() string {
	if len(a.texts) == 0 {
		return ""
	}
	return a.texts[0].text
}

// maxArguments bounds how far a call's arguments are looked for.
const maxArguments = 400

// arguments reads those of the call at i, in parentheses or up to the line's end.
func (g *groovy) arguments(i int) arguments {
	a := arguments{named: map[string]gtoken{}}
	k := i + 1
	if k >= len(g.tokens) {
		return a
	}
	depth, line := 0, g.tokens[i].line
	enclosed := g.tokens[k].text == "("
	for ; k < len(g.tokens) && k < i+maxArguments; k++ {
		t := g.tokens[k]
		switch {
		case t.kind == brace && depth == 0, depth == 0 && t.line != line && !g.comma(k-1):
			return a
		case t.kind == paren && strings.Contains("([", t.text):
			depth++
		case t.kind == paren:
			if depth--; depth < 0 || depth == 0 && enclosed {
				return a
			}
		case t.kind == text && k >= 2 && g.tokens[k-1].text == ":" && g.tokens[k-2].kind == word:
			if _, twice := a.named[g.tokens[k-2].text]; !twice {
				a.named[g.tokens[k-2].text] = t
			}
		case t.kind == text:
			a.texts = append(a.texts, t)
		}
		line = t.end
	}
	return a
}

func (g *groovy) comma(i int) bool {
	return g.tokens[i].text == "," || g.tokens[i].text == ":" || g.tokens[i].kind == paren
}

// call reads one call, if it is a known one.
func (g *groovy) call(t gtoken, a arguments) {
	chain := g.chain()
	switch t.text {
	case "sh", "bat", "powershell", "pwsh":
		script, ok := a.named["script"]
		if !ok && len(a.texts) > 0 {
			script, ok = a.texts[0], true
		}
		if ok {
			g.read(script.text, script.line, chain)
		}
	case "withEnv":
		for _, e := range a.texts {
			g.assignment(e.text, e.line, below(chain, "withEnv"))
		}
	case "string", "usernamePassword", "usernameColonPassword", "file", "sshUserPrivateKey", "certificate", "secretText", "password", "text":
		g.binding(t, a, chain)
	case "withCredentials": // its bindings are calls of their own
	case "withAWS":
		role := a.named["role"]
		g.machine("oidc", &doc.Node{Kind: doc.String, Text: role.text, Line: role.line}, chain, "aws")
		g.credential(a, chain, t)
	case "httpRequest":
		g.httpRequest(a, chain)
	default:
		g.credential(a, chain, t)
	}
}

// bindings give the value of an id to variables.
func (g *groovy) bindings(a arguments, chain []string) {
	id := a.named["credentialsId"]
	for _, k := range []string{"variable", "usernameVariable", "passwordVariable", "keyFileVariable", "passphraseVariable", "tokenVariable"} {
		if v, ok := a.named[k]; ok {
			g.add(clientele.Variable{Name: v.text, External: "jenkins-credentials: " + id.text, Chain: below(chain, "withCredentials"), Line: v.line, Marked: true})
		}
	}
}

// binding is one of a withCredentials, or a parameter of the build with its default.
func (g *groovy) binding(t gtoken, a arguments, chain []string) {
	if a.named["credentialsId"].text != "" {
		g.bindings(a, chain)
		return
	}
	name, value := a.named["name"], a.named["defaultValue"]
	if name.text != "" && value.text != "" {
		g.add(clientele.Variable{
			Name: name.text, Value: clientele.Secret(value.text), Scope: "parameter", Chain: below(chain, "parameters"), Line: value.line, Marked: t.text == "password",
		})
	}
}

// credential notes an id of Jenkins' store that a step is given, and URLs.
func (g *groovy) credential(a arguments, chain []string, t gtoken) {
	if id, ok := a.named["credentialsId"]; ok {
		g.Slots = append(g.Slots, clientele.Slot{
			Place: clientele.InSetting, Role: clientele.NotSecret, Name: "credentialsId", Chain: below(chain, t.text), Value: clientele.Secret(id.text), Line: id.line,
		})
	}
	if u, ok := a.named["url"]; ok && strings.Contains(u.text, "@") && strings.Contains(u.text, "://") {
		g.Requests = append(g.Requests, clientele.Request{Chain: below(chain, t.text), URL: clientele.Secret(u.text), Line: u.line})
	}
}

// httpRequest is the plugin's step.
func (g *groovy) httpRequest(a arguments, chain []string) {
	at := below(chain, "httpRequest")
	u, ok := a.named["url"]
	if !ok && len(a.texts) > 0 {
		u = a.texts[0]
	}
	if u.text != "" {
		method := a.named["httpMode"].text
		g.Requests = append(g.Requests, clientele.Request{Chain: at, Method: strings.ToUpper(method), URL: clientele.Secret(u.text), Line: u.line})
	}
	if n, v := a.named["name"], a.named["value"]; n.text != "" && v.text != "" {
		g.Slots = append(g.Slots, clientele.Slot{Place: clientele.InHeader, Name: n.text, Chain: at, Value: clientele.Secret(v.text), Line: v.line})
	}
	if b := a.named["requestBody"]; b.text != "" {
		g.Texts = append(g.Texts, clientele.Text{Place: clientele.InBody, Chain: at, Text: clientele.Secret(b.text), Line: b.line})
	}
	g.credential(a, chain, gtoken{text: "httpRequest"})
}

// decodeJenkinsXML reads a job's config.xml and the store of credentials: scripts in them,
// and fields named for secrets, which are sealed with a key that lies in the same folder.
func decodeJenkinsXML(f clientele.File) ([]clientele.Part, error) {
	// Jenkins writes XML 1.1, which differs from 1.0 in nothing that matters here.
	root, err := doc.XML(bytes.Replace(f.Data, []byte(`<?xml version='1.1'`), []byte(`<?xml version='1.0'`), 1))
	if root == nil {
		return nil, err
	}
	s := &source{File: f, tool: "jenkins", format: "job configuration"}
	j := s.job("job", 1)
	j.Name = path.Base(path.Dir(f.Path))
	count := 0
	root.Walk(func(chain []string, n *doc.Node) bool {
		if count++; count > 200_000 {
			return false
		}
		last := strings.ToLower(n.Key)
		switch {
		case n.Text == "" || strings.HasPrefix(n.Key, "@"):
		case last == "script":
			j.groovy(n.Text, n.Line)
		case last == "command":
			command.Add(&j.Part, command.Read(n.Text, n.Line), "command")
		case xmlSecrets[last]:
			slot := clientele.Slot{Place: clientele.InSetting, Name: n.Key, Chain: tail(chain), Value: n.Secret(), Line: n.Line}
			if strings.HasPrefix(n.Text, "{AQA") {
				slot.Class = clientele.Encrypted
			}
			j.Slots = append(j.Slots, slot)
		case last == "url" || last == "remote":
			if strings.Contains(n.Text, "://") {
				j.Requests = append(j.Requests, clientele.Request{Chain: tail(chain), URL: n.Secret(), Line: n.Line})
			}
		}
		return true
	})
	return j.done(), err
}

var xmlSecrets = map[string]bool{
	"password": true, "secret": true, "apitoken": true, "token": true, "privatekey": true, "passphrase": true, "secretkey": true,
	"authtoken": true, "defaultvalue": true, "accesstoken": true,
}

// tail is the end of a chain of XML elements, the field's own name left out.
func tail(chain []string) []string {
	if len(chain) > 0 {
		chain = chain[:len(chain)-1]
	}
	return below(chain[max(0, len(chain)-3):])
}
