package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

func isV2(n *doc.Node) bool { return isMap(n.Get("info")) && isList(n.Get("item")) }

// collectionV2 reads a collection of format v2.0 or v2.1. They differ in the shape of auth
// blocks and of URLs only, and files in the wild mix the two, so both are read alike.
func collectionV2(file string, n *doc.Node) *sheet {
	info := n.Get("info")
	s := newSheet(file, "collection "+version(info.Get("schema").Str()), info.Get("name").Str(), n)
	s.Bind.Key = info.First("_postman_id", "id").Str()
	s.cloud(info)
	s.note(spot{}, info.Get("description"))
	s.items(spot{}, n.Get("item"), s.level(spot{}, "collection", n, nil))
	return s
}

func version(schema string) string {
	for _, v := range []string{"v2.1", "v2.0"} {
		if strings.Contains(schema, "/"+v) {
			return v
		}
	}
	return "v2"
}

// cloud reads what the info of a collection says of its place in Postman's cloud.
func (s *sheet) cloud(info *doc.Node) {
	id := info.First("_postman_id", "id").Str()
	s.ExternalID = id
	if exporter := info.Get("_exporter_id").Str(); exporter != "" {
		s.vendor("user", exporter, "_exporter_id of the export", 0.4)
		s.synced("", "exported by a signed-in user")
	}
	if link := info.Get("_collection_link").Str(); link != "" {
		workspace, uid := fromLink(link)
		s.inCloud(uid, "_collection_link of the export")
		s.vendor("workspace", workspace, "_collection_link of the export", 0.3)
		s.Sync = nil // the link says more than the exporter's id
		s.synced(workspace, "has a link to the cloud's copy")
	}
	if uid := info.Get("uid").Str(); uid != "" {
		s.inCloud(uid, "uid in the API's answer")
		s.synced("", "has a cloud id")
	}
}

// inCloud notes the cloud's id and the owner in it: <user>-<uuid>.
func (s *sheet) inCloud(uid, evidence string) {
	if uid == "" {
		return
	}
	s.ExternalID = uid
	s.vendor("user", ownerOf(uid), evidence, 0.5)
}

// ownerOf is the user or team that a cloud id begins with, if it does.
func ownerOf(uid string) string {
	owner, rest, _ := strings.Cut(uid, "-")
	if len(rest) != 36 || strings.Trim(owner, "0123456789") != "" {
		return ""
	}
	return owner
}

// fromLink takes the workspace's and the collection's id from a link to the collection:
// https://go.postman.co/workspace/Name~<workspace>/collection/<uid>?source=….
func fromLink(link string) (workspace, uid string) {
	link, _, _ = strings.Cut(link, "?")
	parts := strings.Split(link, "/")
	for i, p := range parts[:len(parts)-1] {
		switch p {
		case "workspace":
			workspace = parts[i+1][strings.LastIndexByte(parts[i+1], '~')+1:]
		case "collection":
			uid = parts[i+1]
		}
	}
	return workspace, uid
}

// level reads what a collection and a folder have in common, and gives the auth that holds
// for what is in them.
func (s *sheet) level(at spot, scope string, n *doc.Node, above *clientele.Auth) *clientele.Auth {
	s.note(at, n.Get("description"))
	s.events(at, n.Get("event"))
	s.variables(at, scope, n.Get("variable"))
	return s.auth(at, n.Get("auth"), above)
}

func (s *sheet) items(at spot, list *doc.Node, above *clientele.Auth) {
	for _, item := range list.Items() {
		here := at.in(nameOf(item))
		if folder := item.Get("item"); isList(folder) {
			s.items(here, folder, s.level(here, "folder", item, above))
			continue
		}
		s.item(here, item, above)
	}
}

func nameOf(n *doc.Node) string {
	if name := n.Get("name").Str(); name != "" {
		return name
	}
	return "(unnamed)"
}

// item reads a request with what belongs to it. Scripts and variables stand beside the
// request, the rest in it.
func (s *sheet) item(at spot, n *doc.Node, above *clientele.Auth) {
	s.note(at, n.Get("description"))
	s.events(at, n.Get("event"))
	s.variables(at, "request", n.Get("variable"))
	req := n.Get("request")
	if req == nil {
		return
	}
	auth := above
	for _, block := range []*doc.Node{n.Get("auth"), req.Get("auth")} {
		if own := s.auth(at, block, nil); own != nil {
			auth = &clientele.Auth{Scheme: own.Scheme}
		}
	}
	target := s.request(at, req)
	if target != "" {
		s.Requests = append(s.Requests, clientele.Request{
			Chain: at.chain, Method: verb(req), URL: clientele.Secret(target), Line: lineOfURL(req), Auth: auth,
		})
	}
	for _, example := range n.First("response", "responses").Items() {
		s.example(at, example, target)
	}
}

// verb is the method of a request. A request that is a text is a GET of that URL.
func verb(req *doc.Node) string {
	if m := req.Get("method").Str(); m != "" {
		return strings.ToUpper(m)
	}
	return "GET"
}

func lineOfURL(req *doc.Node) int {
	u := req.Get("url")
	return u.Get("raw").LineOr(u.LineOr(req.LineOr(0)))
}

// request emits all of a request but its auth, and gives its URL.
func (s *sheet) request(at spot, n *doc.Node) string {
	if n.IsScalar() {
		return n.Str()
	}
	s.note(at, n.Get("description"))
	s.slots(at.in("headers"), clientele.InHeader, n.Get("header"))
	s.body(at, n.Get("body"))
	proxy := n.Get("proxy")
	s.slotsByRole(at.in("proxy").asleep(proxy.Get("disabled").True()), clientele.InProxy, proxy)
	s.certificate(at.in("certificate"), n.Get("certificate"))
	return s.address(at, n.Get("url"))
}

// example emits a saved response. The request that led to it is shown only in what the live
// exchange added to the one in the collection.
func (s *sheet) example(at spot, n *doc.Node, known string) {
	at = at.in("example " + nameOf(n))
	at.recorded = true
	if sent := n.First("originalRequest", "request"); sent != nil {
		s.sent(at.in("request"), sent, known)
	}
	s.answer(at, n)
}

// sent emits a request as it went out.
func (s *sheet) sent(at spot, n *doc.Node, known string) {
	if target := s.request(at, n); target != known {
		s.call(at, n, target)
	}
	s.auth(at, n.Get("auth"), nil)
}

// call emits a request that was sent to a target, if there is one.
func (s *sheet) call(at spot, n *doc.Node, target string) {
	if target != "" {
		s.Requests = append(s.Requests, clientele.Request{
			Chain: at.chain, Method: verb(n), URL: clientele.Secret(target), Line: lineOfURL(n),
			Dormant: at.dormant, Recorded: at.recorded,
		})
	}
}

// answer emits a response as it came in.
func (s *sheet) answer(at spot, n *doc.Node) {
	s.slots(at.in("headers"), clientele.InHeader, n.First("header", "headers"))
	body := n.First("body", "text")
	s.free(at.in("body"), clientele.InResponse, body)
	for _, c := range n.First("cookie", "cookies").Items() {
		r := rowOf(c)
		r.name = c.First("name", "key").Str()
		have := len(s.Slots)
		s.slot(at.in("cookies"), clientele.InCookie, "", r)
		if len(s.Slots) > have {
			s.Slots[have].Host = strings.TrimPrefix(c.Get("domain").Str(), ".")
		}
	}
}
