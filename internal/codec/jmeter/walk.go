package jmeter

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// scope is where the walk is, and what is in force there.
type scope struct {
	chain    []string
	dormant  bool
	defaults map[string]string // properties of HTTP Request Defaults
	auths    []grant
}

// grant is an authentication that is in force for URLs that begin with a text.
type grant struct {
	prefix string
	auth   clientele.Auth
}

type walker struct {
	file clientele.File
	part *clientele.Part
}

func (w *walker) tree(s scope, tree *doc.Node) {
	all := elements(tree)
	s = s.with(all)
	for _, e := range all {
		in := s
		in.chain = below(s.chain, e.node.Attr("testname"))
		in.dormant = s.dormant || !e.on()
		w.element(in, e)
		if e.tree != nil {
			w.tree(in, e.tree)
		}
	}
}

// with is the scope after the elements of configuration among all.
func (s scope) with(all []element) scope {
	for _, e := range all {
		if !e.on() {
			continue
		}
		chain := below(s.chain, e.node.Attr("testname"))
		switch e.node.Key {
		case "ConfigTestElement":
			s.defaults = merged(s.defaults, e.node)
		case "HeaderManager":
			for _, r := range rows(prop(e.node, "HeaderManager.headers")) {
				if scheme := dsn.HeaderScheme(prop(r, "Header.name").Str(), prop(r, "Header.value").Str()); scheme != "" {
					s = s.grant("", scheme, chain)
				}
			}
		case "AuthManager":
			for _, r := range rows(prop(e.node, "AuthManager.auth_list")) {
				s = s.grant(prop(r, "Authorization.url").Str(), mechanism(r), chain)
			}
		}
	}
	return s
}

func (s scope) grant(prefix, scheme string, chain []string) scope {
	g := grant{prefix, clientele.Auth{Scheme: scheme, Chain: chain}}
	s.auths = append(s.auths[:len(s.auths):len(s.auths)], g)
	return s
}

// auth is the authentication in force for a URL; what stands nearer counts.
func (s scope) auth(url string) *clientele.Auth {
	for i := len(s.auths) - 1; i >= 0; i-- {
		if strings.HasPrefix(url, s.auths[i].prefix) {
			return &s.auths[i].auth
		}
	}
	return nil
}

// merged are the defaults with those of one more element, whose values count.
func merged(outer map[string]string, n *doc.Node) map[string]string {
	m := map[string]string{}
	for k, v := range outer {
		m[k] = v
	}
	for _, p := range n.Fields() {
		if name := p.Attr("name"); p.Text != "" && strings.HasPrefix(name, "HTTPSampler.") {
			m[name] = p.Text
		}
	}
	return m
}

// element reads what stands in one element of the plan.
func (w *walker) element(s scope, e element) {
	n := e.node
	switch n.Key {
	case "HTTPSamplerProxy", "HTTPSampler", "HTTPSampler2", "GraphQLHTTPSampler":
		w.sampler(s, e)
	case "TestPlan":
		w.arguments(s, prop(n, "TestPlan.user_defined_variables"))
	case "Arguments":
		w.arguments(s, n)
	case "UserParameters":
		w.userParameters(s, n)
	case "HeaderManager":
		w.headers(s, prop(n, "HeaderManager.headers"))
	case "AuthManager":
		w.authorizations(s, prop(n, "AuthManager.auth_list"))
	case "CookieManager":
		w.cookies(s, prop(n, "CookieManager.cookies"))
	case "CSVDataSet":
		w.csv(s, n)
	case "ResultCollector":
		if out := prop(n, "filename").Str(); out != "" {
			w.part.Outputs = append(w.part.Outputs, out)
		}
	case "IncludeController":
		if in := prop(n, "IncludeController.includepath").Str(); in != "" {
			w.part.Links = append(w.part.Links, clientele.Link{Rel: clientele.Includes, Tool: "jmeter", Path: in})
		}
	default:
		w.settings(s, n) // arguments of a listener or of a sampler written in Java
	}
	w.properties(s, n)
}

// roles are the last words of properties that hold or name a credential, in lower case:
// FTP, LDAP, mail, JMS, JDBC and the HTTP samplers' proxy each have their own.
var roles = map[string]clientele.Role{
	"username": clientele.Username, "user_dn": clientele.Username, "proxyuser": clientele.Username,
	"security_principle": clientele.Username,
	"password":           clientele.Password, "user_pw": clientele.Password, "proxypass": clientele.Password,
	"security_credentials": clientele.Password,
	"dburl":                clientele.ConnectionString,
}

var users = []string{"username", "user_dn", "proxyuser", "security_principle"}

func lastWord(name string) string {
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

// properties reads an element's own properties: credentials, scripts and comments.
func (w *walker) properties(s scope, n *doc.Node) {
	user := ""
	for _, p := range n.Fields() {
		for _, u := range users {
			if lastWord(p.Attr("name")) == u && p.Text != "" {
				user = p.Text
			}
		}
	}
	for _, p := range n.Fields() {
		name := p.Attr("name")
		word := lastWord(name)
		role, known := roles[word]
		switch {
		case p.Text == "" || name == "":
		case known:
			w.credential(s, p, role, user)
		case word == "script" || word == "query" && strings.Contains(name, "Sampler") || word == "initscript":
			w.text(s, clientele.InScript, name, p)
		case word == "query" || word == "jndi_properties" || word == "connectionproperties":
			w.text(s, clientele.InText, name, p)
		case word == "comments":
			w.text(s, clientele.InText, "comments", p)
		}
	}
	if user != "" && !strings.HasPrefix(n.Key, "HTTP") && n.Key != "ConfigTestElement" {
		w.part.Identities = append(w.part.Identities, clientele.Identity{
			Scheme: "basic", Principal: user,
			Location: clientele.Location{Path: s.chain, Line: n.Line},
		})
	}
}

func (w *walker) credential(s scope, p *doc.Node, role clientele.Role, user string) {
	slot := clientele.Slot{
		Place: clientele.InAuth, Role: role, Name: p.Attr("name"), Chain: s.chain, Value: p.Secret(),
		Line: p.Line, Dormant: s.dormant,
	}
	if role == clientele.Password {
		slot.Principal = user
	}
	if strings.Contains(slot.Name, "proxy") {
		slot.Place = clientele.InProxy
	}
	w.part.Slots = append(w.part.Slots, slot)
}

func (w *walker) text(s scope, place clientele.Place, label string, p *doc.Node) {
	w.part.Texts = append(w.part.Texts, clientele.Text{
		Place: place, Chain: below(s.chain, label), Text: p.Secret(), Line: p.Line, Dormant: s.dormant,
	})
}
