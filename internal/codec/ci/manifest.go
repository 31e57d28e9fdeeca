package ci

import (
	"bytes"
	"encoding/base64"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeManifests reads Kubernetes objects: what they hold, and what their containers run.
// Templates of Helm are no YAML, and left when they do not parse.
func decodeManifests(f clientele.File) ([]clientele.Part, error) {
	var docs []*doc.Node
	var err error
	switch path.Ext(strings.ToLower(f.Path)) {
	case ".json":
		var n *doc.Node
		if n, err = doc.JSON(f.Data); n != nil {
			docs = []*doc.Node{n}
		}
	case ".yaml", ".yml":
		docs, err = doc.YAML(f.Data)
		if err != nil && bytes.Contains(f.Data, []byte("{{")) {
			err = nil
		}
	default:
		return nil, nil
	}
	s := &source{File: f, tool: "kubernetes", lines: strings.Split(string(f.Data), "\n")}
	var parts []clientele.Part
	for _, d := range docs {
		s.root = d
		if d.Get("kind").Str() == "List" {
			for _, item := range d.Get("items").Items() {
				parts = append(parts, s.manifest(item)...)
			}
			continue
		}
		parts = append(parts, s.manifest(d)...)
	}
	return parts, err
}

// manifest reads one object.
func (s *source) manifest(n *doc.Node) []clientele.Part {
	kind, api := n.Get("kind").Str(), n.Get("apiVersion").Str()
	if kind == "" || api == "" {
		return nil
	}
	meta := n.Get("metadata")
	name := meta.First("name", "generateName").Str()
	s.tool, s.format = "kubernetes", kind
	switch {
	case strings.HasPrefix(api, "argoproj.io/"):
		s.tool = "argo"
	case strings.HasPrefix(api, "tekton.dev/"):
		s.tool = "tekton"
	}
	key := kind + " " + name
	if ns := meta.Get("namespace").Str(); ns != "" {
		key = kind + " " + ns + "/" + name
	}
	j := s.job(key, n.Line)
	if strings.EqualFold(kind, "Secret") || kind == "ConfigMap" {
		j.Syntax = clientele.SyntaxGeneric
	}
	sealed := n.Get("sops") != nil
	switch kind {
	case "Secret":
		j.secret(n, sealed)
	case "ConfigMap":
		j.settings(n.Get("data"), "data", sealed)
	case "SealedSecret":
		for _, v := range n.Get("spec", "encryptedData").Fields() {
			j.field(v.Key, v, []string{"encryptedData"}, clientele.Encrypted)
		}
	case "ServiceAccount":
		j.serviceAccount(meta)
	default:
		if spec := n.Get("spec"); spec != nil {
			j.workload(spec)
		}
	}
	// kubectl apply leaves the whole object in an annotation.
	if last := meta.Get("annotations", "kubectl.kubernetes.io/last-applied-configuration"); last.IsScalar() && kind == "Secret" {
		if inner, err := doc.JSON([]byte(last.Text)); err == nil {
			for _, v := range inner.Get("data").Fields() {
				v.Line = last.Line
			}
			j.secretData(inner.Get("data"), []string{"annotations", "last-applied"})
		}
	}
	return j.done()
}

func (j *job) field(name string, v *doc.Node, chain []string, class clientele.Class) {
	if v.IsScalar() {
		j.value(name, v.Text, v.Line, chain, class)
	}
}

// value is one value of a secret. A URL is left to be taken apart.
func (j *job) value(name, text string, line int, chain []string, class clientele.Class) {
	if text == "" {
		return
	}
	s := clientele.Slot{Place: clientele.InVariable, Name: name, Chain: chain, Value: clientele.Secret(text), Line: line, Class: class, Marked: true}
	if role := openRole(name, text); role != "" && class != clientele.Encrypted {
		s.Role, s.Class, s.Marked = role, "", false
	} else if strings.Contains(text, "PRIVATE KEY-----") {
		s.Role = clientele.PrivateKey
	}
	if class != clientele.Encrypted && strings.Contains(text, "://") && strings.Contains(text, "@") {
		s.Role = clientele.ConnectionString
	}
	j.Slots = append(j.Slots, s)
}

// openRole is the role of what a Secret holds though it is none: certificates and public
// keys, and the names and addresses that go with a password.
func openRole(name, text string) clientele.Role {
	name = strings.ToLower(name)
	switch {
	case strings.Contains(text, "PRIVATE KEY-----"):
		return ""
	case strings.HasPrefix(text, "-----BEGIN CERTIFICATE"), strings.HasPrefix(text, "-----BEGIN PUBLIC KEY"),
		strings.HasPrefix(text, "-----BEGIN TRUSTED CERTIFICATE"), strings.HasPrefix(text, "ssh-"),
		name == "ca.crt", name == "tls.crt", strings.HasSuffix(name, ".pub"), name == "known_hosts":
		return clientele.NotSecret
	}
	last := name[strings.LastIndexAny(name, "-_.")+1:]
	switch last {
	case "username", "user", "login", "email":
		return clientele.Username
	case "host", "hostname", "port", "dbname", "database", "region", "bucket", "namespace":
		return clientele.NotSecret
	}
	return ""
}

// secret reads a Secret's data, which base64 hides, and stringData, which nothing hides.
func (j *job) secret(n *doc.Node, sealed bool) {
	if sealed {
		for _, part := range []string{"data", "stringData"} {
			for _, v := range n.Get(part).Fields() {
				j.field(v.Key, v, []string{part}, clientele.Encrypted)
			}
		}
		return
	}
	j.secretData(n.Get("data"), []string{"data"})
	for _, v := range n.Get("stringData").Fields() {
		if j.structured(v.Key, v.Text, v.Line, []string{"stringData"}) {
			continue
		}
		j.field(v.Key, v, []string{"stringData"}, "")
	}
}

// secretData undoes base64. What does not decode is a template's reference, or nothing.
func (j *job) secretData(n *doc.Node, chain []string) {
	for _, v := range n.Fields() {
		if !v.IsScalar() || v.Text == "" {
			continue
		}
		plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v.Text), ""))
		if err != nil || !utf8.Valid(plain) || strings.HasPrefix(v.Text, "ENC[") {
			class := clientele.Class("")
			if strings.HasPrefix(v.Text, "ENC[") {
				class = clientele.Encrypted
			}
			j.field(v.Key, v, chain, class)
			continue
		}
		text := strings.TrimSuffix(string(plain), "\n")
		if text == "" || j.structured(v.Key, text, v.Line, chain) {
			continue
		}
		j.value(v.Key, text, v.Line, chain, obfuscated(text))
	}
}

// obfuscated is the class of what base64 hid, unless it is a reference that some tool fills
// in later.
func obfuscated(text string) clientele.Class {
	if strings.HasPrefix(text, "<") || strings.Contains(text, "{{") || strings.Contains(text, "${") {
		return ""
	}
	return clientele.Obfuscated
}

// structured takes a file inside a secret apart: a Docker configuration by registry, and as
// text what is JSON, properties or a script.
func (j *job) structured(name, text string, line int, chain []string) bool {
	t := strings.TrimSpace(text)
	switch {
	case strings.HasSuffix(name, "dockerconfigjson") || strings.HasSuffix(name, "dockercfg"):
		n, err := doc.JSON([]byte(t))
		if err != nil {
			return false
		}
		if a := n.Get("auths"); a != nil {
			n = a
		}
		for _, registry := range n.Fields() {
			j.registry(registry, line, below(chain, name, registry.Key))
		}
		return len(n.Fields()) > 0
	case j.yaml(name, text, line, chain):
		return true
	case strings.HasPrefix(t, "{"), strings.Contains(t, "\n") && !strings.Contains(t, "-----BEGIN"):
		j.Texts = append(j.Texts, clientele.Text{Place: clientele.InText, Chain: below(chain, name), Text: clientele.Secret(text), Line: line})
		return true
	}
	return false
}

// yaml takes a YAML file inside a secret or a ConfigMap apart. It reports whether it was one.
func (j *job) yaml(name, text string, line int, chain []string) bool {
	if ext := path.Ext(strings.ToLower(name)); ext != ".yaml" && ext != ".yml" || strings.Contains(text, "{{") {
		return false
	}
	docs, err := doc.YAML([]byte(text))
	if err != nil || len(docs) == 0 || docs[0].Kind != doc.Map {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	inLines := line > 0 && line <= len(j.src.lines) && strings.Contains(j.src.lines[line-1], first) // base64 is on one
	for _, d := range docs {
		d.Walk(func(keys []string, v *doc.Node) bool {
			if len(j.Slots) > 20_000 {
				return false
			}
			if v.Kind != doc.String && v.Kind != doc.Number || v.Text == "" || len(keys) == 0 {
				return true
			}
			at := line
			if inLines {
				at += v.Line - 1
			}
			j.Slots = append(j.Slots, clientele.Slot{
				Place: clientele.InSetting, Name: keys[len(keys)-1], Chain: below(below(chain, name), keys[:len(keys)-1]...), Value: v.Secret(), Line: at,
			})
			return true
		})
	}
	return true
}

// registry is one registry's login in a Docker configuration: in clear, or as base64.
func (j *job) registry(n *doc.Node, line int, chain []string) {
	user, password := n.Get("username").Str(), n.Get("password").Str()
	class := clientele.Obfuscated
	if raw, err := base64.StdEncoding.DecodeString(n.Get("auth").Str()); err == nil && password == "" {
		user, password, _ = strings.Cut(string(raw), ":")
	}
	if password == "" {
		return
	}
	j.Slots = append(j.Slots, clientele.Slot{
		Place: clientele.InAuth, Role: clientele.Password, Name: "password", Chain: chain, Value: clientele.Secret(password),
		Line: line, Class: class, Principal: user, Host: n.Key,
	})
	j.Identities = append(j.Identities, clientele.Identity{
		Scheme: "basic", Principal: user, Issuer: n.Key, Location: clientele.Location{Path: chain, Line: line},
	})
}

// settings are a ConfigMap's values; files among them are text.
func (j *job) settings(n *doc.Node, name string, sealed bool) {
	for _, v := range n.Fields() {
		if !v.IsScalar() {
			continue
		}
		if !sealed && j.yaml(v.Key, v.Text, v.Line, []string{name}) {
			continue
		}
		if strings.Contains(strings.TrimSpace(v.Text), "\n") && !sealed {
			j.Texts = append(j.Texts, clientele.Text{Place: clientele.InSetting, Chain: []string{name, v.Key}, Text: v.Secret(), Line: v.Line})
			continue
		}
		x := clientele.Variable{Name: v.Key, Value: v.Secret(), Line: v.Line, Chain: []string{name}}
		if sealed {
			x.Class = clientele.Encrypted
		}
		j.add(x)
	}
	if len(j.Texts) > 0 && len(j.Variables) == 0 && !worthText(j.Texts) {
		j.Texts = nil
	}
}

// worthText keeps configuration files that may hold a credential: most are nginx.conf and
// dashboards.
func worthText(all []clientele.Text) bool {
	for _, t := range all {
		low := strings.ToLower(t.Text.Reveal())
		for _, w := range []string{"password", "secret", "token", "://", "apikey", "api_key"} {
			if strings.Contains(low, w) {
				return true
			}
		}
	}
	return false
}

// identityAnnotations bind a service account to a cloud's identity.
var identityAnnotations = map[string]string{
	"eks.amazonaws.com/role-arn": "aws", "iam.gke.io/gcp-service-account": "google", "azure.workload.identity/client-id": "azure",
}

func (j *job) serviceAccount(meta *doc.Node) {
	for _, a := range meta.Get("annotations").Fields() {
		if issuer := identityAnnotations[a.Key]; issuer != "" {
			j.machine("oidc", a, []string{"annotations", a.Key}, issuer)
		}
	}
}

// workload reads every container below a spec, whatever kind of object it is: a pod's, a
// workflow's template, a task's step. Chains are the names of the objects on the way.
func (j *job) workload(spec *doc.Node) {
	count := 0
	j.object(spec, nil, 0, &count)
}

func (j *job) object(n *doc.Node, chain []string, depth int, count *int) {
	if *count++; *count > 100_000 || depth > doc.MaxDepth {
		return
	}
	if name := n.Get("name"); name.IsScalar() && len(chain) < 20 {
		chain = below(chain, name.Text)
	}
	switch n.Key {
	case "parameters", "params":
		for _, p := range n.Items() {
			if v := p.First("value", "default"); v.IsScalar() {
				j.add(clientele.Variable{Name: p.Get("name").Str(), Value: v.Secret(), Line: v.Line, Chain: below(chain, n.Key)})
			}
		}
		return
	case "serviceAccountName":
		j.serviceToken(n, chain)
	case "http":
		j.argoHTTP(n, below(chain, "http"))
	}
	if n.Kind == doc.Map && (n.Get("image") != nil || n.Get("script").IsScalar() || n.Get("source").IsScalar()) {
		j.pod(n, chain)
	}
	for _, k := range n.Kids {
		j.object(k, chain, depth+1, count)
	}
}

// serviceToken notes the service account whose token the containers are given.
func (j *job) serviceToken(n *doc.Node, chain []string) {
	if n.IsScalar() && n.Text != "default" {
		j.token = &clientele.Identity{
			Scheme: "bearer", Principal: n.Text, Kind: clientele.Machine, Issuer: "kubernetes",
			Location: clientele.Location{Path: below(chain, n.Key), Line: n.Line},
		}
	}
}

// argoHTTP is a template of Argo that is a request.
func (j *job) argoHTTP(n *doc.Node, chain []string) {
	u := n.Get("url")
	if !u.IsScalar() {
		return
	}
	j.Requests = append(j.Requests, clientele.Request{Chain: chain, Method: strings.ToUpper(n.Get("method").Str()), URL: u.Secret(), Line: u.Line})
	for _, h := range n.Get("headers").Items() {
		if v := h.Get("value"); v.IsScalar() {
			j.Slots = append(j.Slots, clientele.Slot{Place: clientele.InHeader, Name: h.Get("name").Str(), Chain: chain, Value: v.Secret(), Line: v.Line})
		}
	}
}

// pod reads one container.
func (j *job) pod(n *doc.Node, chain []string) {
	j.variables(n.Get("env"), below(chain, "env")...)
	for _, from := range n.Get("envFrom").Items() {
		for _, k := range from.Fields() {
			if ref := k.Get("name"); ref.IsScalar() {
				j.link(clientele.UsesVars, "kubernetes", "", strings.TrimSuffix(k.Key, "Ref")+" "+ref.Str())
			}
		}
	}
	for _, k := range []string{"script", "source"} {
		if s := n.Get(k); s.IsScalar() {
			j.script(s, chain...)
		}
	}
	entry := n.Get("command")
	if args := n.Get("args"); entry == nil && args != nil {
		j.invoked(n, "command", "args")
	} else if entry != nil {
		j.words(chain, entry, args)
	}
}
