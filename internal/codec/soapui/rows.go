package soapui

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// property reads a variable: <property><name/><value/></property>. The lines of an embedded
// text count from its own beginning, which is at line first.
func (w *walker) property(s scope, n *doc.Node, first int) {
	name := nameOf(n)
	if name == "" {
		return
	}
	value := n.Get("value")
	w.part.Variables = append(w.part.Variables, clientele.Variable{
		Name: name, Value: value.Secret(), Scope: s.level, Set: s.environment, Chain: s.chain, Line: first + value.LineOr(n.Line) - 1,
		Dormant: s.dormant,
	})
}

// parameter reads a REST parameter's definition, whose value or default may hold something.
func (w *walker) parameter(s scope, n *doc.Node) {
	place := clientele.InQuery
	if n.Get("style").Str() == "HEADER" {
		place = clientele.InHeader
	}
	for _, v := range []*doc.Node{n.Get("value"), n.Get("default")} {
		if v.Str() != "" {
			w.row(s, place, nameOf(n), v.Str(), v.Line)
		}
	}
}

// row is one header or parameter of a request.
func (w *walker) row(s scope, place clientele.Place, name, value string, line int) {
	if value == "" {
		return
	}
	w.slot(s, clientele.Slot{
		Place: place, Name: name, Chain: below(s.chain, string(place)), Value: clientele.Secret(value), Line: line,
	})
}

// settings reads the elements <setting id="Class@name">value</setting> below n. The value of
// some is an XML text of its own: the headers of a request, the global properties.
func (w *walker) settings(s scope, n *doc.Node) {
	users := map[string]string{}
	all := n.All("setting")
	for _, set := range all {
		if class, name, _ := strings.Cut(set.Attr("id"), "@"); name == "username" {
			users[class] = set.Text
		}
	}
	for _, set := range all {
		class, name, _ := strings.Cut(set.Attr("id"), "@")
		if strings.HasPrefix(set.Text, "<") {
			w.embedded(s, set, name)
		} else if set.Text != "" {
			w.setting(s, set, class, name, users[class])
		}
	}
}

func (w *walker) setting(s scope, n *doc.Node, class, name, user string) {
	slot := clientele.Slot{
		Place: clientele.InSetting, Name: name, Chain: below(s.chain, class), Value: n.Secret(), Line: n.Line,
	}
	low := strings.ToLower(name)
	switch {
	case strings.HasSuffix(low, "password"):
		slot.Role, slot.Principal = clientele.Password, user
	case low == "username":
		slot.Role = clientele.Username
	default:
		return
	}
	switch {
	case strings.HasPrefix(class, "Proxy"):
		slot.Place = clientele.InProxy
	case strings.HasPrefix(class, "SSL"):
		slot.Place, slot.Role = clientele.InCertificate, clientele.Passphrase
	}
	w.slot(s, slot)
}

func (w *walker) embedded(s scope, n *doc.Node, name string) {
	root, err := doc.XML([]byte(n.Text))
	if err != nil {
		return
	}
	if name == "properties" {
		s.level = "global"
	}
	root.Walk(func(_ []string, e *doc.Node) bool {
		line := n.Line + e.Line - 1
		switch {
		case e.Key == "property":
			w.property(s, e, n.Line)
		case e.Key != "entry" || e.Attr("key") == "":
		case strings.HasSuffix(name, "headers"):
			w.row(s, clientele.InHeader, e.Attr("key"), e.Attr("value"), line)
		case strings.HasPrefix(name, "Recent") || n.Attr("id") == "RecentProjects":
			w.part.Links = append(w.part.Links, clientele.Link{Rel: clientele.Lists, Tool: w.part.Tool, Path: e.Attr("key")})
		}
		return true
	})
}
