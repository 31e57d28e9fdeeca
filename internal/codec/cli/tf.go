package cli

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// tfDecoder reads the configuration of a Terraform or OpenTofu module for what people write
// into it: arguments of providers, resources and backends, defaults of variables, and locals.
// Most files refer to variables and say nothing else; those are no client.
var tfDecoder = clientele.Decoder{Name: "terraform configuration", Paths: []string{"*.tf", "*.tofu"}, Decode: decodeTF}

func decodeTF(f clientele.File) ([]clientele.Part, error) {
	if bytes.IndexByte(f.Data, '{') < 0 || bytes.IndexByte(f.Data, '"') < 0 {
		return nil, nil
	}
	root, err := readHCL(f.Data)
	c := newClient("terraform", "configuration", "", 1)
	c.part.Name, c.part.Bind = path.Base(path.Dir(f.Path)), clientele.Bind{As: clientele.Member}
	c.part.Syntax, c.place, c.scattered = clientele.SyntaxGeneric, clientele.InSetting, true
	for _, block := range root.Fields() {
		switch block.Key {
		case "variable":
			c.defaults(block)
		case "locals":
			c.arguments(block, []string{block.Key}, 0)
		case "provider", "resource", "data", "terraform", "module", "output", "ephemeral":
			c.arguments(block, []string{block.Key}, 0)
		}
	}
	if !c.solid {
		return nil, err
	}
	return []clientele.Part{c.done()}, err
}

// defaults are the values of variables that nobody sets.
func (c *client) defaults(block *doc.Node) {
	for _, v := range block.Fields() {
		before := len(c.part.Variables)
		if n := v.Get("default"); n != nil {
			c.tfvars(n, v.Key, []string{"variable"})
		}
		for i := before; i < len(c.part.Variables); i++ {
			x := &c.part.Variables[i]
			x.Marked = v.Get("sensitive").True()
			if !x.Value.Empty() && (x.Marked || secretWord(x.Name) || userinfo.MatchString(x.Value.Reveal())) {
				c.solid = true
			}
		}
	}
}

// arguments reads what a block and those below it are given.
func (c *client) arguments(n *doc.Node, chain []string, depth int) {
	if depth > doc.MaxDepth || len(c.part.Slots) > maxValues {
		return
	}
	user := n.First("username", "user", "master_username", "administrator_login", "admin_username", "login").Str()
	before := len(c.part.Slots)
	for _, k := range n.Kids {
		switch {
		case k.Kind == doc.Map && (k.Key == "" || k.Key == "env") && k.Has("name") && k.Has("value"): // one variable of a container
			c.argument(k.Get("name").Str(), k.Get("value"), chain, "")
		case k.Kind == doc.List && (k.Key == "inline" || k.Key == "command"):
			c.commands(k, chain)
		case k.Kind == doc.Map || k.Kind == doc.List:
			to := chain
			if k.Key != "" {
				to = under(chain, k.Key)
			}
			c.arguments(k, to, depth+1)
		case k.Key == "command" && k.Kind == doc.String:
			c.commands(&doc.Node{Kids: []*doc.Node{k}, Kind: doc.List}, chain)
		case k.Key != "":
			c.argument(k.Key, k, chain, argumentRole(n, k.Key, chain))
		}
	}
	for i := before; i < len(c.part.Slots) && user != ""; i++ {
		if s := &c.part.Slots[i]; len(s.Chain) == len(chain) && strings.HasSuffix(strings.ToLower(s.Name), "password") {
			s.Principal = user
			c.part.Identities = append(c.part.Identities, clientele.Identity{Scheme: "basic", Principal: user, Location: clientele.Location{Path: chain, Line: s.Line}})
		}
	}
}

// argumentRole is the role of an argument whose name does not tell: the value of a resource
// that keeps a secret.
func argumentRole(n *doc.Node, name string, chain []string) clientele.Role {
	if len(chain) < 2 || chain[0] != "resource" {
		return ""
	}
	if kind := chain[1]; name == "value" {
		switch {
		case strings.HasSuffix(kind, "_secret"), n.Get("type").Str() == "SecureString":
			return clientele.OtherSecret
		}
	} else if role := stateSecrets[kind+"."+name]; role.Secret() {
		return role
	}
	return ""
}

// argument keeps a value that is secret by its role or name, or that is an address with a
// password. An expression refers to a value kept elsewhere.
func (c *client) argument(name string, v *doc.Node, chain []string, role clientele.Role) {
	s := clientele.Slot{Place: clientele.InSetting, Role: role, Name: name, Chain: chain, Value: clientele.Secret(v.Text), Line: v.Line}
	told := role != "" || secretWord(name)
	switch {
	case v.Text == "" || v.Text == "null" || v.Kind == doc.Bool:
		return
	case v.Kind == doc.Null:
		if !told {
			return
		}
		if s.Class = clientele.Reference; s.Role == "" {
			s.Role = clientele.OtherSecret
		}
	case strings.Contains(v.Text, "\n") && !strings.Contains(v.Text, "-----BEGIN "):
		if mentionsSecret(v.Text) { // a script, a policy, a file
			c.part.Texts = append(c.part.Texts, clientele.Text{Place: clientele.InText, Chain: under(chain, name), Text: s.Value, Line: v.Line + 1})
			c.solid = true
		}
		return
	case !told && !userinfo.MatchString(v.Text):
		return
	case strings.Contains(v.Text, "$") && !strings.Contains(v.Text, "${"):
		s.Class = clientele.Literal
	}
	c.slot(s)
	c.solid = true
}

// commands are what a provisioner runs.
func (c *client) commands(n *doc.Node, chain []string) {
	for _, k := range n.Items() {
		if mentionsSecret(k.Str()) {
			c.part.Texts = append(c.part.Texts, clientele.Text{Place: clientele.InScript, Chain: chain, Text: k.Secret(), Line: k.Line, Language: "shell"})
			c.solid = true
		}
	}
}

// secretEnds end the names of what is secret.
var secretEnds = []string{
	"password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "connectionstring",
	"accountkey", "licensekey", "authkey", "signingkey", "encryptionkey", "sharedkey", "primarykey", "applicationkey", "appkey", "webhook", "webhookurl",
	"credential", "credentials", "dsn", "secretstring", "plaintextvalue", "ingestkey", "masterkey",
}

var noMarks = strings.NewReplacer("_", "", "-", "", ".", "")

func secretWord(name string) bool {
	name = strings.ToLower(noMarks.Replace(name))
	for _, w := range secretEnds {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	return false
}

// mentionsSecret reports whether a text is worth a search.
func mentionsSecret(text string) bool {
	low := strings.ToLower(text)
	for _, w := range []string{"password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "private key", "@", "-p", "-u "} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}
