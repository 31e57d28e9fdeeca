package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

func isV1(n *doc.Node) bool {
	return isList(n.Get("requests")) && (n.Has("order") || n.Has("folders") || n.Has("folders_order"))
}

// collectionV1 reads a collection of format v1: requests in one flat list, folders beside
// them, both tied together by ids.
func collectionV1(file string, n *doc.Node) *sheet {
	s := newSheet(file, "collection v1", n.Get("name").Str(), n)
	s.ExternalID = n.Get("id").Str()
	s.Bind.Key = s.ExternalID
	s.vendor("user", n.Get("owner").Str(), "owner of the collection", 0.4)
	if n.Get("synced").True() {
		s.synced("", "marked as synced")
	}
	t := treeV1{sheet: s, folders: map[string]*doc.Node{}, parent: map[string]string{}, auth: map[string]*clientele.Auth{}}
	top := s.levelV1(spot{}, "collection", n, nil)
	t.plant(n, top)
	for _, req := range n.Get("requests").Items() {
		folder := req.Get("folder").Str()
		if folder == "" {
			folder = t.parent[req.Get("id").Str()]
		}
		at, auth := t.spot(folder), top
		if a, ok := t.auth[folder]; ok {
			auth = a
		}
		s.itemV1(at.in(nameOf(req)), req, auth)
	}
	return s
}

// treeV1 finds the way to a folder or request by its id.
type treeV1 struct {
	*sheet
	folders map[string]*doc.Node
	parent  map[string]string          // of folders and of requests
	auth    map[string]*clientele.Auth // that holds in a folder
}

// plant reads the folders. They are few, but they come in no order and may lie in a ring.
func (t treeV1) plant(n *doc.Node, top *clientele.Auth) {
	for _, f := range n.Get("folders").Items() {
		id := f.Get("id").Str()
		t.folders[id] = f
		if up := f.First("folder", "parent").Str(); up != "" {
			t.parent[id] = up
		}
		for _, list := range []string{"order", "folders_order"} {
			for _, kid := range f.Get(list).Items() {
				t.parent[kid.Str()] = id
			}
		}
	}
	for _, f := range n.Get("folders").Items() {
		t.folder(f.Get("id").Str(), top, 0)
	}
}

// folder reads a folder once, after the one it is in.
func (t treeV1) folder(id string, top *clientele.Auth, depth int) *clientele.Auth {
	f := t.folders[id]
	if f == nil || depth > deepest {
		return top
	}
	if auth, ok := t.auth[id]; ok {
		return auth
	}
	above := t.folder(t.parent[id], top, depth+1)
	if auth, ok := t.auth[id]; ok { // it was met on the way up
		return auth
	}
	t.auth[id] = t.levelV1(t.spot(id), "folder", f, above)
	return t.auth[id]
}

const deepest = 30

// spot is the way to a folder from the top.
func (t treeV1) spot(id string) spot {
	var up []string
	for f := t.folders[id]; f != nil && len(up) < deepest; f = t.folders[id] {
		up = append(up, nameOf(f))
		id = t.parent[id]
	}
	at := spot{}
	for i := len(up) - 1; i >= 0; i-- {
		at = at.in(up[i])
	}
	return at
}

func (s *sheet) levelV1(at spot, scope string, n *doc.Node, above *clientele.Auth) *clientele.Auth {
	s.note(at, n.Get("description"))
	s.events(at, n.Get("events"))
	s.script(at.in("script prerequest"), n.Get("preRequestScript"))
	s.script(at.in("script test"), n.Get("tests"))
	s.variables(at, scope, n.Get("variables"))
	return s.authV1(at, n, above)
}

// authV1 reads the auth of format v1. An auth block like that of v2.1 goes before the older
// currentHelper with its helperAttributes, which is then only a leftover.
func (s *sheet) authV1(at spot, n *doc.Node, above *clientele.Auth) *clientele.Auth {
	block := n.Get("auth")
	helper, attributes := n.Get("currentHelper").Str(), n.Get("helperAttributes")
	if helper == "" {
		helper = attributes.Get("id").Str()
	}
	kind := helperType(helper)
	if isMap(block) {
		s.block(at.in("helper"), kind, attributes, true)
		return s.auth(at, block, above)
	}
	s.block(at, kind, attributes, false)
	return setAuth(at, kind, above)
}

// helperType is the auth type a helper became in format v2: basicAuth is basic.
func helperType(helper string) string {
	switch h := strings.TrimSuffix(strings.ToLower(helper), "auth"); h {
	case "awssigv4":
		return "awsv4"
	case "normal":
		return "noauth"
	default:
		return h
	}
}

func (s *sheet) itemV1(at spot, n *doc.Node, above *clientele.Auth) {
	auth := above
	if own := s.levelV1(at, "request", n, nil); own != nil {
		auth = &clientele.Auth{Scheme: own.Scheme}
	}
	target := s.requestV1(at, n)
	if target != "" {
		s.Requests = append(s.Requests, clientele.Request{
			Chain: at.chain, Method: verb(n), URL: clientele.Secret(target), Line: lineOfURL(n), Auth: auth,
		})
	}
	for _, example := range n.Get("responses").Items() {
		s.exampleV1(at, example, target)
	}
}

func (s *sheet) requestV1(at spot, n *doc.Node) string {
	s.headersV1(at.in("headers"), n)
	s.bodyV1(at, n)
	target := n.Get("url").Str()
	s.unshown(at, target, n.Get("queryParams"))
	vars := n.Get("pathVariableData")
	if len(vars.Items()) == 0 {
		vars = n.Get("pathVariables")
	}
	s.variables(at.in("path"), "request", vars)
	return target
}

// headersV1 emits headerData and, from the joined text, what is not in there.
func (s *sheet) headersV1(at spot, n *doc.Node) {
	s.slots(at, clientele.InHeader, n.Get("headerData"))
	have := map[[2]string]bool{}
	for _, r := range rows(n.Get("headerData")) {
		have[[2]string{r.name, r.value}] = true
	}
	for _, r := range rows(n.Get("headers")) {
		if !have[[2]string{r.name, r.value}] {
			s.slot(at, clientele.InHeader, "", r)
		}
	}
}

// bodyV1 emits the body of the chosen dataMode, and what is left of the others.
func (s *sheet) bodyV1(at spot, n *doc.Node) {
	mode := n.Get("dataMode").Str()
	at = at.in("body")
	s.form(at.asleep(mode != "" && mode != "params" && mode != "urlencoded"), n.Get("data"))
	raw := n.Get("rawModeData")
	if isList(raw) {
		s.text(at.asleep(mode != "raw"), clientele.InBody, joined(raw, "\n"), raw.Line)
	} else {
		s.free(at.asleep(mode != "raw"), clientele.InBody, raw)
	}
	s.graphql(at.asleep(mode != "graphql"), n.Get("graphqlModeData"))
}

// exampleV1 emits a saved response. The request in it may be a JSON text.
func (s *sheet) exampleV1(at spot, n *doc.Node, known string) {
	at = at.in("example " + nameOf(n))
	at.recorded = true
	sent := n.Get("request")
	if sent != nil && sent.Kind == doc.String {
		line := sent.Line
		sent, _ = doc.JSON([]byte(sent.Text))
		onLine(sent, line)
	}
	if isMap(sent) {
		here := at.in("request")
		if target := s.requestV1(here, sent); target != known {
			s.call(here, sent, target)
		}
		s.authV1(here, sent, nil)
	}
	s.answer(at, n)
}

// onLine puts a tree that was read from a text inside a document on that text's line.
func onLine(n *doc.Node, line int) {
	n.Walk(func(_ []string, n *doc.Node) bool {
		n.Line = line
		return true
	})
}
