package bruno

import (
	"cmp"
	"path"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// ocAuth reads an auth map, or the word that stands for one: inherit, none. Its fields lie
// partly in maps of their own (credentials, resourceOwner), which are laid flat here.
func ocAuth(n *doc.Node) (authBlock, bool) {
	if n.IsScalar() {
		return authBlock{mode: n.Str(), line: n.Line}, true
	}
	if n.Get("type").Str() == "" {
		return authBlock{}, false
	}
	a := authBlock{mode: n.Get("type").Str(), line: n.Line}
	for _, f := range n.Fields() {
		switch {
		case f.Key == "additionalParameters":
			for _, stage := range f.Fields() {
				a.extra = append(a.extra, authExtra{stage.Key, ocRows(stage)})
			}
		case f.Key == "privateKey" && f.Kind == doc.Map: // {type: file|text, value}
			a.fields = append(a.fields, privateKey(f))
		case f.Kind == doc.Map:
			for _, g := range f.Fields() {
				a.fields = append(a.fields, row{name: g.Key, value: g.Str(), line: g.Line})
			}
		case f.Key != "type":
			a.fields = append(a.fields, row{name: f.Key, value: f.Str(), line: f.Line})
		}
	}
	return a, true
}

func privateKey(n *doc.Node) row {
	v := n.Get("value")
	r := row{name: n.Key, value: v.Str(), line: v.LineOr(n.Line)}
	if n.Get("type").Str() == "file" && r.value != "" {
		r.value = "@file(" + r.value + ")" // as .bru writes the same thing
	}
	return r
}

// config adds what a collection sets for its connections, and the environments it holds.
func (w *ocWalk) config(chain []string, n *doc.Node) {
	w.b.proxy(below(chain, "proxy"), n.Get("proxy"))
	w.b.certificates(below(chain, "client certificates"), n.Get("clientCertificates"), false)
	for _, e := range n.Get("environments").Items() {
		w.environment(e.Get("name").Str(), e)
	}
}

// environment adds the variables of one environment, the secret ones of which have no value
// here, and those that a secret manager has.
func (w *ocWalk) environment(name string, n *doc.Node) {
	chain := []string{cmp.Or(name, "environment"), "variables"}
	at := len(w.b.Variables)
	w.b.variables("environment", name, chain, ocRows(n.Get("variables")))
	secret := map[string]bool{}
	for _, v := range n.Get("variables").Items() {
		secret[v.Get("name").Str()] = v.Get("secret").True()
	}
	for i := at; i < len(w.b.Variables); i++ {
		if v := &w.b.Variables[i]; secret[v.Name] {
			v.Marked = true
			if v.Value.Empty() {
				v.External = keptByApp
			}
		}
	}
	ext := n.Get("externalSecrets")
	w.b.external(name, ext.Get("type").Str(), []string{chain[0], "external secrets"}, ocRows(ext.Get("variables")))
}

// environmentKeys are the keys an environment has. Other tools keep "variables:" in folders
// named environments too, along with keys that are not among these.
var environmentKeys = map[string]bool{
	"name": true, "variables": true, "externalSecrets": true, "color": true, "extends": true,
	"dotEnvFilePath": true, "description": true, "info": true, "docs": true, "seq": true, "extensions": true,
}

func ocEnvironment(f clientele.File, n *doc.Node) []clientele.Part {
	if !n.Has("name") && !inCollection(f) {
		return nil
	}
	for _, k := range n.Fields() {
		if !environmentKeys[k.Key] {
			return nil
		}
	}
	name := cmp.Or(n.Get("name").Str(), stem(f.Path))
	b := newBuilder("opencollection environment", name, clientele.Supplies)
	b.Environment = name
	b.ofWorkspace(f)
	w := ocWalk{b: b}
	w.environment(name, n)
	if p := n.Get("dotEnvFilePath").Str(); p != "" {
		b.Links = append(b.Links, clientele.Link{Rel: clientele.UsesVars, Path: p})
	}
	if p := n.Get("extends").Str(); p != "" {
		b.Links = append(b.Links, clientele.Link{Rel: clientele.UsesVars, Tool: tool, Path: p + ".yml"})
	}
	return b.parts()
}

// ofWorkspace makes an environment of a workspace a part of the workspace, which is a client
// only where it has such: its collections are clients of their own.
func (b *builder) ofWorkspace(f clientele.File) {
	if f.Sibling == nil {
		return
	}
	for _, name := range []string{"../opencollection.yml", "../opencollection.yaml", "../bruno.json"} {
		if _, err := f.Sibling(name); err == nil {
			return
		}
	}
	text, err := f.Sibling("../workspace.yml")
	if err != nil {
		return
	}
	n, _ := readTree(text) // its faults are told where it is decoded itself
	b.Bind = clientele.Bind{As: clientele.Root, Dir: path.Dir(path.Dir(f.Path))}
	b.Name = cmp.Or(n.Get("info", "name").Str(), n.Get("name").Str(), b.Name)
}

// inCollection reports whether the folder above is a collection or workspace.
func inCollection(f clientele.File) bool {
	for _, name := range []string{"../opencollection.yml", "../opencollection.yaml", "../workspace.yml"} {
		if f.Sibling == nil {
			return false
		}
		if _, err := f.Sibling(name); err == nil {
			return true
		}
	}
	return false
}
