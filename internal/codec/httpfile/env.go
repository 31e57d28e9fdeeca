package httpfile

import (
	"fmt"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeEnvironments reads http-client.env.json and its private and per-user companions:
// an object of environments, each an object of variables. The values may be of any type,
// and some names are the tools' own:
//
//	Security          JetBrains, Kulala: OAuth configurations
//	SSLConfiguration  JetBrains, Kulala: the client's certificate
//	{"provider": …}   Visual Studio: the value lies in a secret store
//	$kulalaShared …   variables and headers of all environments
func decodeEnvironments(f clientele.File) ([]clientele.Part, error) {
	if sealed(f.Data) {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	if len(root.Fields()) == 0 {
		return nil, err
	}
	part := newPart(f, "http environments", clientele.Supplies)
	base := strings.ToLower(path.Base(f.Path))
	switch {
	case strings.Contains(base, ".private."):
		part.Format = "http private environments"
		part.Sync = []clientele.Sync{{Mode: clientele.SyncLocal, Detail: "private environments are meant to stay out of version control"}}
	case strings.Contains(base, ".json.user"):
		part.Format = "http environments of one user"
		part.Sync = []clientele.Sync{{Mode: clientele.SyncLocal, Detail: "the user's environments are meant to stay out of version control"}}
	}
	environments(&part, root)
	return []clientele.Part{part}, err
}

// environments reads an object of environments.
func environments(part *clientele.Part, root *doc.Node) {
	var names []string
	for _, env := range root.Fields() {
		if env.Kind != doc.Map || (environment{part: part}).special(env) {
			continue
		}
		if !shared(env.Key) {
			names = append(names, env.Key)
		}
		e := environment{part: part, name: env.Key}
		e.fields("", nil, env)
	}
	if len(names) == 1 {
		part.Environment = names[0]
	}
}

// shared reports whether an environment's name stands for all of them.
func shared(name string) bool { return strings.HasPrefix(name, "$") }

// environment is one set of variables; one without a name stands for the whole file.
type environment struct {
	part *clientele.Part
	name string
}

// chain are the names that lead to something in the environment.
func (e environment) chain(names ...string) []string {
	if e.name == "" {
		return names
	}
	return append([]string{e.name}, names...)
}

// fields reads the variables in n. Fields of nested objects have names joined by dots.
func (e environment) fields(prefix string, path []string, n *doc.Node) {
	for _, v := range n.Fields() {
		if prefix == "" && e.special(v) {
			continue
		}
		e.value(prefix+v.Key, below(path, v.Key), v)
	}
}

func (e environment) special(v *doc.Node) bool {
	switch strings.ToLower(v.Key) {
	case "security":
		auths := v.Fold("Auth")
		for _, a := range auths.Fields() {
			e.oauth(a)
		}
		return auths != nil
	case "sslconfiguration":
		e.certificate(v)
		return v.Kind == doc.Map
	case "$kulaladefaultheaders", "$default_headers", "default_headers":
		defaultHeaders(e.part, e.chain(v.Key), v)
		return v.Kind == doc.Map
	case "$kulalashared", "$shared":
		if v.Kind == doc.Map {
			environment{e.part, v.Key}.fields("", nil, v)
		}
		return v.Kind == doc.Map
	}
	return false
}

func (e environment) value(name string, path []string, v *doc.Node) {
	switch {
	case v.Kind == doc.Map && v.Get("provider").IsScalar():
		e.provided(name, v)
	case v.Kind == doc.Map:
		e.fields(name+".", path, v)
	case v.Kind == doc.List:
		for i, item := range v.Kids {
			e.value(fmt.Sprintf("%s[%d]", name, i), path, item)
		}
	case v.IsScalar():
		e.add(clientele.Variable{Name: name, Value: v.Secret(), Line: v.Line})
	}
}

// provided reads a variable of Visual Studio that has a provider instead of a value. The
// value of the provider "Encrypted" is here, sealed for one user by Windows.
func (e environment) provided(name string, v *doc.Node) {
	provider := v.Get("provider").Str()
	out := clientele.Variable{Name: name, Line: v.LineOr(0), Marked: true}
	if strings.EqualFold(provider, "Encrypted") {
		out.Class = clientele.Encrypted
		out.Value = v.First("value", "encryptedValue", "secretValue").Secret()
		out.External = "Encrypted: Windows data protection"
		e.add(out)
		return
	}
	var at []string
	for _, k := range []string{"keyVaultName", "secretName"} {
		if s := v.Get(k).Str(); s != "" {
			at = append(at, s)
		}
	}
	out.External = provider + ": " + strings.Join(at, "/")
	e.add(out)
}

func (e environment) add(v clientele.Variable) {
	v.Scope, v.Set = "environment", e.name
	if shared(e.name) {
		v.Scope = "shared"
	}
	v.Chain = e.chain()
	e.part.Variables = append(e.part.Variables, v)
}

// certificate reads SSLConfiguration. The passphrase lies in the IDE's own store; a field
// for it is read all the same, should one be there.
func (e environment) certificate(n *doc.Node) {
	chain := e.chain("SSLConfiguration")
	for _, f := range n.Fields() {
		file := f
		if f.Kind == doc.Map {
			file = f.Get("path")
		}
		switch key := strings.ToLower(f.Key); {
		case strings.Contains(key, "passphrase") && f.Kind == doc.String:
			e.part.Slots = append(e.part.Slots, clientele.Slot{
				Place: clientele.InCertificate, Role: clientele.Passphrase, Name: f.Key, Chain: chain,
				Value: f.Secret(), Line: f.Line,
			})
		case key == "clientcertificate" || key == "clientcertificatekey":
			if s := file.Str(); s != "" {
				e.part.Links = append(e.part.Links, clientele.Link{Rel: clientele.Lists, Path: s})
			}
		}
	}
}

// defaultHeaders reads an object of headers that go with every request.
func defaultHeaders(part *clientele.Part, chain []string, n *doc.Node) {
	w := writer{part: *part}
	for _, h := range n.Fields() {
		if h.IsScalar() {
			w.header(chain, header{name: h.Key, value: h.Str(), line: h.Line}, false)
		}
	}
	*part = w.part
}
