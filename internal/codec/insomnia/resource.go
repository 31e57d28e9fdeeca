package insomnia

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// scribe writes what resources say into one part.
type scribe struct{ part *clientele.Part }

// spot is where a resource stands: the names down to it, its own included, and the
// authentication that the folders above it set.
type spot struct {
	chain []string
	above *clientele.Auth
}

func (s spot) at(names ...string) []string {
	return append(s.chain[:len(s.chain):len(s.chain)], names...)
}

// calls are the sorts of resource that call something, by their name without case and
// underscores: "grpc_request" in an export is "GrpcRequest" in a store.
var calls = map[string]func(*scribe, spot, *doc.Node){
	"request":          (*scribe).request,
	"websocketrequest": (*scribe).request,
	"socketiorequest":  (*scribe).request,
	"grpcrequest":      (*scribe).grpc,
	"mcprequest":       (*scribe).mcp,
}

// readers are the other sorts.
var readers = map[string]func(*scribe, spot, *doc.Node){
	"requestgroup":      (*scribe).folder,
	"workspace":         (*scribe).workspace,
	"project":           (*scribe).project,
	"workspacemeta":     (*scribe).lastAuthor,
	"environment":       (*scribe).environment,
	"cookiejar":         (*scribe).cookies,
	"clientcertificate": (*scribe).certificate,
	"oauth2token":       (*scribe).cachedToken,
	"gitrepository":     (*scribe).gitRepository,
	"gitcredentials":    (*scribe).gitCredentials,
	"usersession":       (*scribe).session,
	"settings":          (*scribe).proxies,
	"cloudcredential":   (*scribe).cloud,
	"response":          (*scribe).response,
	"websocketresponse": (*scribe).response,
	"socketioresponse":  (*scribe).response,
	"mcpresponse":       (*scribe).response,
	"requestversion":    (*scribe).version,
	"websocketpayload":  (*scribe).payload,
	"socketiopayload":   (*scribe).payload,
	"mcprequestpayload": (*scribe).payload,
	"unittest":          (*scribe).test,
	"apispec":           (*scribe).spec,
	"mockserver":        (*scribe).mockServer,
	"mockroute":         (*scribe).mockRoute,
	"plugindata":        (*scribe).plugin,
	"llmconfiguration":  (*scribe).leaves,
}

// kind is the sort of a flat resource. Exports say it in _type, stores and git sync in type,
// where an environment or MCP client may have a type of another meaning in exports.
func kind(n *doc.Node) string {
	return strings.ToLower(strings.ReplaceAll(n.First("_type", "type").Str(), "_", ""))
}

func (w *scribe) read(kind string, at spot, n *doc.Node) {
	if f := calls[kind]; f != nil {
		f(w, at, n)
	} else if f := readers[kind]; f != nil {
		f(w, at, n)
	}
}

func (w *scribe) slot(s clientele.Slot) {
	if !s.Value.Empty() {
		w.part.Slots = append(w.part.Slots, s)
	}
}

func (w *scribe) text(place clientele.Place, chain []string, n *doc.Node) {
	if n.IsScalar() && n.Str() != "" {
		w.part.Texts = append(w.part.Texts, clientele.Text{Place: place, Chain: chain, Text: n.Secret(), Line: n.Line})
	}
}

// rows writes a table of names and values: headers, parameters, metadata, form fields.
func (w *scribe) rows(place clientele.Place, chain []string, rows *doc.Node) {
	for _, r := range rows.Items() {
		v := r.Get("value")
		w.slot(clientele.Slot{Place: place, Name: r.First("name", "key").Str(), Chain: chain, Value: v.Secret(),
			Line: v.LineOr(r.Line), Dormant: r.Get("disabled").True() || r.Get("enabled").False()})
		w.text(clientele.InText, append(chain[:len(chain):len(chain)], r.First("name", "key").Str(), "description"), r.Get("description"))
	}
}

// notes writes the free text that every resource may carry.
func (w *scribe) notes(at spot, n *doc.Node) {
	w.text(clientele.InText, at.at("description"), n.Get("description"))
	w.text(clientele.InText, at.at("description"), n.Get("meta", "description"))
	w.text(clientele.InScript, at.at("pre-request script"), n.Get("preRequestScript"))
	w.text(clientele.InScript, at.at("pre-request script"), n.Get("scripts", "preRequest"))
	w.text(clientele.InScript, at.at("after-response script"), n.Get("afterResponseScript"))
	w.text(clientele.InScript, at.at("after-response script"), n.Get("scripts", "afterResponse"))
}

func (w *scribe) call(at spot, n *doc.Node, auth *clientele.Auth) {
	url := n.Get("url")
	w.part.Requests = append(w.part.Requests, clientele.Request{Chain: at.chain, URL: url.Secret(),
		Method: strings.ToUpper(n.Get("method").Str()), Line: url.LineOr(n.Line), Auth: auth})
}

func (w *scribe) request(at spot, n *doc.Node) {
	w.call(at, n, w.auth(at, n.Get("authentication")))
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.rows(clientele.InQuery, at.chain, n.Get("parameters"))
	w.rows(clientele.InURL, at.chain, n.Get("pathParameters"))
	w.body(at, n.Get("body"))
	w.notes(at, n)
}

// body writes a request's body, which was plain text in old versions.
func (w *scribe) body(at spot, body *doc.Node) {
	w.text(clientele.InBody, at.at("body"), body)
	w.text(clientele.InBody, at.at("body"), body.Get("text"))
	w.rows(clientele.InBody, at.at("body"), body.Get("params"))
}

func (w *scribe) grpc(at spot, n *doc.Node) {
	w.call(at, n, w.auth(at, n.Get("authentication")))
	w.rows(clientele.InHeader, at.chain, n.Get("metadata"))
	w.body(at, n.Get("body"))
	w.notes(at, n)
	api := n.Get("reflectionApi")
	key := api.Get("apiKey")
	w.slot(clientele.Slot{Place: clientele.InSetting, Role: clientele.APIKey, Name: "apiKey", Chain: at.at("reflection API"),
		Value: key.Secret(), Line: key.LineOr(n.Line), Dormant: !api.Get("enabled").True(), Host: dsn.HostOf(api.Get("url").Str())})
}

// mcp writes a client of an MCP server: either an address, or a command that is started.
func (w *scribe) mcp(at spot, n *doc.Node) {
	w.part.Kind = clientele.Agent
	auth := w.auth(at, n.Get("authentication"))
	if n.Get("transportType").Str() == "stdio" {
		cmd := n.Get("url")
		if cmd.Str() != "" {
			w.part.Texts = append(w.part.Texts, clientele.Text{Place: clientele.InArgument, Chain: at.at("command"),
				Text: cmd.Secret(), Line: cmd.Line, Language: "shell"})
		}
		if n.Get("mcpStdioAccess").True() {
			w.part.Approvals = append(w.part.Approvals, clientele.Approval{What: "start the server's command",
				Rule: "mcpStdioAccess", Line: n.Get("mcpStdioAccess").Line})
		}
	} else {
		w.call(at, n, auth)
	}
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.rows(clientele.InEnv, at.chain, n.Get("env"))
	w.notes(at, n)
}

func (w *scribe) folder(at spot, n *doc.Node) {
	w.auth(at, n.Get("authentication"))
	w.rows(clientele.InHeader, at.chain, n.Get("headers"))
	w.variables("folder", "", at.chain, n, n.Get("environment"))
	w.notes(at, n)
}

func (w *scribe) workspace(at spot, n *doc.Node) {
	w.notes(at, n)
	for _, c := range n.Get("certificates").Items() {
		w.certificate(at, c)
	}
}

func (w *scribe) test(at spot, n *doc.Node) {
	w.text(clientele.InScript, at.at("test"), n.Get("code"))
}

func (w *scribe) spec(at spot, n *doc.Node) {
	w.text(clientele.InText, at.at("API specification"), n.Get("contents"))
}

func (w *scribe) payload(at spot, n *doc.Node) {
	w.text(clientele.InBody, at.at("message"), n.Get("value"))
	w.text(clientele.InBody, at.at("message"), n.Get("params"))
	for _, arg := range n.Get("args").Items() {
		w.text(clientele.InBody, at.at("message"), arg.Get("value"))
	}
}

func (w *scribe) mockServer(at spot, n *doc.Node) {
	if n.Get("url").Str() != "" {
		w.call(at, n, nil)
	}
}

func (w *scribe) mockRoute(at spot, n *doc.Node) {
	w.text(clientele.InResponse, at.at("body"), n.Get("body"))
	w.rows(clientele.InResponse, at.chain, n.Get("headers"))
}

func (w *scribe) plugin(at spot, n *doc.Node) {
	v := n.Get("value")
	w.slot(clientele.Slot{Place: clientele.InSetting, Name: n.Get("key").Str(), Chain: []string{"plugin " + n.Get("plugin").Str()},
		Value: v.Secret(), Line: v.LineOr(n.Line)})
}

// leaves writes every value of a resource whose fields are not known, for the names to tell.
func (w *scribe) leaves(at spot, n *doc.Node) {
	n.Walk(func(chain []string, k *doc.Node) bool {
		if k.Kind == doc.String && len(chain) > 0 && !bookkeeping[k.Key] {
			w.slot(clientele.Slot{Place: clientele.InSetting, Name: k.Key, Chain: at.chain, Value: k.Secret(), Line: k.Line})
		}
		return true
	})
}

// bookkeeping are the fields of every stored resource, which hold no more than ids and dates.
var bookkeeping = map[string]bool{"_id": true, "type": true, "_type": true, "parentId": true, "name": true, "provider": true}
