package postman

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// Format v3 is a tree of YAML files, of which each but the variable sets says its $kind:
//
//	<collection>/.resources/definition.yaml                            $kind: collection
//	<collection>/<Request>.request.yaml                                $kind: http-request, grpc-request, …
//	<collection>/.resources/<Request>.resources/examples/X.example.yaml  $kind: http-example
//	<collection>/<Folder>/…                                            the same again, definition included
//
// The definition of a folder looks like that of a collection; only its place tells.

var treeMarks = []string{
	"$kind: collection", "$kind: http-", "$kind: graphql-", "$kind: grpc-", "$kind: websocket-",
	"$kind: socket.io-", "$kind: mqtt-", "$kind: mcp-", "$kind: llm-",
}

func decodeTree(f clientele.File) ([]clientele.Part, error) {
	low := strings.ToLower(f.Path)
	if !strings.HasSuffix(low, ".yaml") && !strings.HasSuffix(low, ".yml") || !holdsAny(f.Data, "$kind", "values:") {
		return nil, nil
	}
	if !kindOnTop(f.Data) && !variablesFile(low) {
		return nil, nil
	}
	docs, err := doc.YAML(f.Data)
	if len(docs) == 0 || !isMap(docs[0]) {
		return nil, err
	}
	s := treeFile(f, docs[0])
	if s == nil {
		return nil, nil
	}
	return []clientele.Part{s.Part}, err
}

// kindOnTop reports whether some line begins with the key $kind. Elsewhere in a YAML file it
// is text: a test's fixture, a document on the format.
func kindOnTop(data []byte) bool {
	for _, key := range []string{"$kind:", `"$kind":`, `'$kind':`} {
		if bytes.HasPrefix(data, []byte(key)) || bytes.Contains(data, []byte("\n"+key)) {
			return true
		}
	}
	return false
}

func variablesFile(low string) bool {
	return strings.Contains(path.Base(low), ".environment.") || strings.Contains(low, "postman/environments/") || globalsFile(low)
}

func treeFile(f clientele.File, n *doc.Node) *sheet {
	switch kind := n.Get("$kind").Str(); {
	case kind == "collection":
		return definition(f, n)
	case strings.HasSuffix(kind, "-example"):
		return exampleV3(f.Path, n)
	case strings.HasSuffix(kind, "-request"):
		return requestV3(f.Path, kind, n)
	case strings.HasSuffix(kind, "-message"):
		return message(f.Path, n)
	case kind == "" && isVariables(n):
		s := environment(f.Path, n)
		s.Format += " v3"
		if s.Name == "" {
			s.Name = stem(f.Path)
		}
		return s
	}
	return nil
}

// stem is a file's base name up to its first kind of ending: "Log in" of "Log in.request.yaml".
func stem(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".yaml"), ".yml")
	return strings.TrimSuffix(name, path.Ext(name))
}

// definition reads the file that describes a collection or folder. Its Dir is the folder it
// speaks of, which is not the one it lies in.
func definition(f clientele.File, n *doc.Node) *sheet {
	dir := path.Dir(f.Path)
	if strings.EqualFold(path.Base(dir), ".resources") {
		dir = path.Dir(dir)
	}
	name := n.Get("name").Str()
	if name == "" {
		name = path.Base(dir)
	}
	s := newSheet(f.Path, "collection v3", name, n)
	s.Bind = clientele.Bind{As: clientele.Root, Dir: dir}
	scope := "collection"
	if inCollection(f, dir) {
		s.Format, s.Bind.As, scope = "folder v3", clientele.Member, "folder"
	}
	s.common(spot{}, n)
	s.variables(spot{}, scope, n.Get("variables"))
	s.Auth = s.authV3(spot{}, n.Get("auth"))
	return s
}

// inCollection reports whether dir lies inside a collection, and so is a folder. In the
// usual layout the path says so; else a definition further up does.
func inCollection(f clientele.File, dir string) bool {
	const layout = "postman/collections/"
	if i := strings.LastIndex("/"+dir, "/"+layout); i >= 0 {
		return strings.Contains(dir[i+len(layout):], "/")
	}
	up := ".."
	for depth := strings.Count(dir, "/"); depth > 0 && len(up) < 3*deepest; depth-- {
		up += "/.."
		if b, err := f.Sibling(up + "/.resources/definition.yaml"); err == nil && kindOnTop(b) {
			return true
		}
	}
	return false
}

// common reads what files of all kinds may have.
func (s *sheet) common(at spot, n *doc.Node) {
	s.note(at, n.Get("description"))
	for _, script := range n.Get("scripts").Items() {
		s.script(at.in(strings.TrimSpace("script "+script.Get("type").Str())), script.First("code", "exec"))
	}
}

// authV3 reads an auth block {type, credentials}, or a list of them, of which the first
// counts. It is nil where nothing is set.
func (s *sheet) authV3(at spot, n *doc.Node) *clientele.Auth {
	if isMap(n) {
		return s.oneAuthV3(at, n)
	}
	var chosen *clientele.Auth
	for i, block := range n.Items() {
		if a := s.oneAuthV3(at.asleep(i > 0), block); i == 0 {
			chosen = a
		}
	}
	return chosen
}

func (s *sheet) oneAuthV3(at spot, n *doc.Node) *clientele.Auth {
	kind := n.Get("type").Str()
	if c := n.Get("credentials"); kind != "" && c != nil {
		s.block(at, kind, c, false)
	}
	return setAuth(at, kind, nil)
}

// rowsV3 are the fields that hold rows; textsV3 those that hold a text, or a structure with
// a text in it: GraphQL, gRPC and JSON-RPC messages, prompts, MCP servers an agent may use.
var (
	rowsV3 = map[string]clientele.Place{
		"headers": clientele.InHeader, "metadata": clientele.InHeader, "env": clientele.InEnv,
	}
	textsV3 = []string{"query", "variables", "message", "messages", "content", "payload", "mcpConfig", "systemPrompts", "userPrompts"}
)

func requestV3(file, kind string, n *doc.Node) *sheet {
	name := n.Get("name").Str()
	if name == "" {
		name = stem(file)
	}
	s := newSheet(file, strings.TrimSuffix(kind, "-request")+" request v3", name, n)
	s.Bind.As = clientele.Member
	at := spot{}.in(name)
	target := s.bodyOfRequestV3(at, n)
	auth := &clientele.Auth{Scheme: "inherit"}
	if own := s.authV3(at, n.Get("auth")); own != nil {
		auth = &clientele.Auth{Scheme: own.Scheme}
	}
	if target != "" {
		s.Requests = append(s.Requests, clientele.Request{
			Chain: at.chain, Method: verbV3(kind, n), URL: clientele.Secret(target), Line: lineOfURL(n), Auth: auth,
		})
	}
	return s
}

func verbV3(kind string, n *doc.Node) string {
	switch {
	case kind == "graphql-request" && !n.Has("method"):
		return "POST"
	case kind == "http-request" || n.Has("method"):
		return verb(n)
	}
	return ""
}

// bodyOfRequestV3 emits all of a request but its auth, and gives its URL.
func (s *sheet) bodyOfRequestV3(at spot, n *doc.Node) string {
	s.common(at, n)
	for _, field := range n.Fields() {
		if place, ok := rowsV3[field.Key]; ok {
			s.slots(at.in(field.Key), place, field)
		}
	}
	for _, key := range textsV3 {
		s.content(at.in(key), n.Get(key))
	}
	if c := n.Get("command"); c.Str() != "" {
		s.text(at.in("command"), clientele.InArgument, c.Str(), c.Line)
		s.Texts[len(s.Texts)-1].Language = "shell"
	}
	s.bodyV3(at.in("body"), clientele.InBody, n.Get("body"))
	target := n.Get("url").Str()
	s.unshown(at, target, n.Get("queryParams"))
	s.variables(at.in("path"), "request", n.Get("pathVariables"))
	return target
}

// content emits a message: a text, {content: text}, or a list of such.
func (s *sheet) content(at spot, n *doc.Node) {
	if c := n.First("content", "value"); c != nil {
		n = c
	}
	if n.IsScalar() {
		s.text(at, clientele.InBody, n.Str(), n.Line)
		return
	}
	for _, item := range n.Items() {
		s.text(at, clientele.InBody, item.First("content", "value").Str(), item.Line)
	}
	if isMap(n) {
		s.slots(at, clientele.InBody, n)
	}
}

func (s *sheet) bodyV3(at spot, place clientele.Place, n *doc.Node) {
	content := n.Get("content")
	if n.IsScalar() {
		content = n
	}
	if n.Get("type").Str() == "file" {
		return // content is the file's name
	}
	s.free(at, place, content)
}

// exampleV3 reads a saved response: {request, response}, or with the response's fields at
// the top and the request as originalRequest, as agents write it.
func exampleV3(file string, n *doc.Node) *sheet {
	name := n.Get("name").Str()
	if name == "" {
		name = stem(file)
	}
	s := newSheet(file, "example v3", name, n)
	s.Bind.As = clientele.Member
	at := spot{recorded: true}
	if of := requestOfExample(file); of != "" {
		at = at.in(of)
	}
	at = at.in("example " + name)
	if sent := n.First("request", "originalRequest"); sent != nil {
		here := at.in("request")
		s.call(here, sent, s.bodyOfRequestV3(here, sent))
		s.authV3(here, sent.Get("auth"))
	}
	answer := n.Get("response")
	if answer == nil {
		answer = n
	}
	s.slots(at.in("headers"), clientele.InHeader, answer.Get("headers"))
	s.bodyV3(at.in("body"), clientele.InResponse, answer.Get("body"))
	return s
}

// requestOfExample is the request's name in …/<Request>.resources/examples/X.example.yaml.
func requestOfExample(file string) string {
	name, ok := strings.CutSuffix(path.Base(path.Dir(path.Dir(file))), ".resources")
	if !ok {
		return ""
	}
	return name
}

// message reads one saved message of a WebSocket, Socket.IO or MQTT request.
func message(file string, n *doc.Node) *sheet {
	s := newSheet(file, "message v3", stem(file), n)
	s.Bind.As = clientele.Member
	at := spot{}.in("message " + s.Name)
	s.common(at, n)
	for _, key := range textsV3 {
		s.content(at.in(key), n.Get(key))
	}
	return s
}
