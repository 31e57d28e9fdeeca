package jmeter

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// sampler reads an HTTP request: its URL, with the defaults filled in, and its arguments.
func (w *walker) sampler(s scope, e element) {
	n := e.node
	get := func(name string) string {
		if v := prop(n, "HTTPSampler."+name).Str(); v != "" {
			return v
		}
		return s.defaults["HTTPSampler."+name]
	}
	method := get("method")
	if method == "" {
		method = "GET"
	}
	if url := address(get("protocol"), get("domain"), get("port"), get("path")); url != "" {
		w.part.Requests = append(w.part.Requests, clientele.Request{
			Chain: s.chain, Method: strings.ToUpper(method), URL: clientele.Secret(url), Line: n.Line,
			Auth: s.with(elements(e.tree)).auth(url), Dormant: s.dormant,
		})
	}
	place := clientele.InBody
	if method == "GET" || method == "DELETE" || method == "HEAD" {
		place = clientele.InQuery
	}
	for _, r := range rows(prop(n, "HTTPsampler.Arguments")) {
		name, value := prop(r, "Argument.name").Str(), prop(r, "Argument.value")
		switch {
		case value.Str() == "":
		case name == "":
			w.text(s, clientele.InBody, "body", value)
		default:
			w.slot(s, place, name, value)
		}
	}
}

// address joins the fields of a request. A path may be a whole URL.
func address(protocol, domain, port, path string) string {
	if strings.Contains(path, "://") {
		return path
	}
	if domain == "" {
		return path
	}
	if protocol == "" {
		protocol = "http"
	}
	url := domain
	if !strings.Contains(domain, "://") {
		url = protocol + "://" + domain
	}
	if port != "" && port != "0" {
		url += ":" + port
	}
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	return url + path
}

func (w *walker) slot(s scope, place clientele.Place, name string, value *doc.Node) {
	w.part.Slots = append(w.part.Slots, clientele.Slot{
		Place: place, Name: name, Chain: below(s.chain, string(place)), Value: value.Secret(),
		Line: value.Line, Dormant: s.dormant,
	})
}

// arguments reads variables that the user defined.
func (w *walker) arguments(s scope, n *doc.Node) {
	for _, r := range rows(n) {
		value := prop(r, "Argument.value")
		w.variable(s, clientele.Variable{
			Name: prop(r, "Argument.name").Str(), Value: value.Secret(), Chain: s.chain, Line: value.LineOr(r.Line),
		})
	}
}

func (w *walker) variable(s scope, v clientele.Variable) {
	if v.Name != "" {
		v.Scope, v.Dormant = "collection", s.dormant
		w.part.Variables = append(w.part.Variables, v)
	}
}

// userParameters reads a list of names and, for each thread, a list of values.
func (w *walker) userParameters(s scope, n *doc.Node) {
	names := prop(n, "UserParameters.names").All("stringProp")
	for _, thread := range prop(n, "UserParameters.thread_values").All("collectionProp") {
		for i, v := range thread.All("stringProp") {
			if i < len(names) {
				w.variable(s, clientele.Variable{Name: names[i].Text, Value: v.Secret(), Chain: s.chain, Line: v.Line})
			}
		}
	}
}

// settings reads the arguments of an element that is neither a request nor variables.
func (w *walker) settings(s scope, n *doc.Node) {
	for _, p := range n.All("elementProp") {
		for _, r := range rows(p) {
			if v := prop(r, "Argument.value"); v.Str() != "" {
				w.slot(s, clientele.InSetting, prop(r, "Argument.name").Str(), v)
			}
		}
	}
}

func (w *walker) headers(s scope, n *doc.Node) {
	for _, r := range rows(n) {
		if v := prop(r, "Header.value"); v.Str() != "" {
			w.slot(s, clientele.InHeader, prop(r, "Header.name").Str(), v)
		}
	}
}

func (w *walker) cookies(s scope, n *doc.Node) {
	for _, r := range rows(n) {
		v := prop(r, "Cookie.value")
		if v.Str() == "" {
			continue
		}
		w.slot(s, clientele.InCookie, r.Attr("name"), v)
		w.part.Slots[len(w.part.Slots)-1].Host = prop(r, "Cookie.domain").Str()
	}
}

func (w *walker) authorizations(s scope, n *doc.Node) {
	for _, r := range rows(n) {
		user, url := prop(r, "Authorization.username"), prop(r, "Authorization.url").Str()
		for _, name := range []string{"username", "password"} {
			v := prop(r, "Authorization."+name)
			if v.Str() == "" {
				continue
			}
			role := roles[name]
			slot := clientele.Slot{
				Place: clientele.InAuth, Role: role, Name: name, Chain: s.chain, Value: v.Secret(),
				Line: v.Line, Dormant: s.dormant, Host: dsn.HostOf(url),
			}
			if role.Secret() {
				slot.Principal = user.Str()
			}
			w.part.Slots = append(w.part.Slots, slot)
		}
		if user.Str() != "" {
			w.part.Identities = append(w.part.Identities, clientele.Identity{
				Scheme: mechanism(r), Principal: user.Str(), Issuer: dsn.HostOf(url),
				Location: clientele.Location{Path: s.chain, Line: r.Line},
			})
		}
	}
}

func mechanism(r *doc.Node) string {
	switch m := strings.ToLower(prop(r, "Authorization.mechanism").Str()); m {
	case "digest":
		return m
	case "kerberos":
		return "negotiate"
	}
	if prop(r, "Authorization.domain").Str() != "" {
		return "ntlm"
	}
	return "basic"
}
