package insomnia

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// vaults are the keys under which an environment mirrors its secret pairs. They are referred
// to as _.vault.name, whichever key it is.
var vaults = map[string]bool{"vault": true, "__insomnia_vault": true}

// environment writes an environment of which the flat formats tell by its parent whether it
// is a workspace's base, which always holds, or one to choose.
func (w *scribe) environment(at spot, n *doc.Node) {
	scope := "environment"
	if strings.HasPrefix(n.Get("parentId").Str(), "wrk_") {
		scope = "collection"
	}
	w.environmentIn(scope, at, n)
}

func (w *scribe) environmentIn(scope string, at spot, n *doc.Node) {
	name := name(n)
	w.variables(scope, name, at.chain, n, n.Get("data"))
	if n.Get("isPrivate").True() || n.Get("meta", "isPrivate").True() {
		w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncLocal,
			Detail: fmt.Sprintf("private environment %q is neither synced nor exported by default", name)})
	}
}

// variables writes an environment's two forms: pairs, and the same as nested data. What is
// in both is written once.
func (w *scribe) variables(scope, set string, chain []string, n, data *doc.Node) {
	v := variables{scribe: w, seen: map[seenVariable]bool{},
		like: clientele.Variable{Scope: scope, Set: set, Chain: chain}}
	for _, pair := range n.Get("kvPairData").Items() {
		v.pair(pair)
	}
	for _, f := range data.Fields() {
		if vaults[f.Key] {
			v.nested("vault", f, f.Key != "vault")
		} else {
			v.nested(f.Key, f, false)
		}
	}
}

type variables struct {
	*scribe
	like clientele.Variable
	seen map[seenVariable]bool
}

type seenVariable struct {
	name  string
	value clientele.Plaintext
}

func (v *variables) pair(p *doc.Node) {
	name, value := p.Get("name").Str(), p.Get("value")
	off := p.Get("enabled").False()
	switch p.Get("type").Str() {
	case "secret":
		v.add("vault."+name, value, true, off)
	case "json":
		// The pair's text is a document of its own, all of it on the pair's line.
		inner, err := doc.JSON([]byte(value.Str()))
		if err != nil {
			v.add(name, value, false, off)
			return
		}
		inner.Walk(func(_ []string, k *doc.Node) bool { k.Line = value.Line; return true })
		v.nested(name, inner, false)
	default:
		v.add(name, value, false, off)
	}
}

// nested writes the leaves of data, named as templates name them: db.hosts[0].password.
func (v *variables) nested(name string, n *doc.Node, marked bool) {
	for _, f := range n.Fields() {
		v.nested(name+"."+f.Key, f, marked)
	}
	for i, e := range n.Items() {
		v.nested(fmt.Sprintf("%s[%d]", name, i), e, marked)
	}
	v.add(name, n, marked, false)
}

func (v *variables) add(name string, n *doc.Node, marked, dormant bool) {
	key := seenVariable{name, n.Secret()}
	if !n.IsScalar() || n.Str() == "" || v.seen[key] {
		return
	}
	v.seen[key] = true
	one := v.like
	one.Name, one.Value, one.Line, one.Dormant = name, n.Secret(), n.Line, dormant
	one.Marked = marked
	if sealed(n.Str()) {
		one.Marked, one.Class = true, clientele.Encrypted
	}
	v.part.Variables = append(v.part.Variables, one)
}

// sealed reports whether a value is what Insomnia's vault makes of one: an AES-GCM message
// as JSON with the fields iv, t, d and ad, in base64. It begins like a JWT and is none.
func sealed(value string) bool {
	if !strings.HasPrefix(value, "eyJpdiI6") || strings.Contains(value, ".") {
		return false
	}
	b, err := base64.StdEncoding.DecodeString(value)
	return err == nil && bytes.Contains(b, []byte(`"d"`)) && bytes.Contains(b, []byte(`"t"`))
}
