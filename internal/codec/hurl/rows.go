package hurl

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// places are the sections whose rows are slots as they come.
var places = map[string]clientele.Place{
	"":      clientele.InHeader,
	"Query": clientele.InQuery, "QueryStringParams": clientele.InQuery,
	"Form": clientele.InBody, "FormParams": clientele.InBody,
	"Multipart": clientele.InBody, "MultipartFormData": clientele.InBody,
	"Cookies": clientele.InCookie,
}

func (r *reader) row(one row) {
	e := r.entry
	switch e.section {
	case "BasicAuth":
		e.scheme = "basic"
		r.pair(one, "basic", one.name, one.value)
	case "Options":
		r.option(one)
	default:
		if place, ok := places[e.section]; ok && !strings.HasPrefix(one.value, "file,") {
			r.slot(place, one)
		}
	}
}

func (r *reader) slot(place clientele.Place, one row) {
	e := r.entry
	s := clientele.Slot{
		Place: place, Name: one.name, Chain: below(e.chain, string(place)), Value: clientele.Secret(one.value),
		Line: one.line, Dormant: one.dormant, Recorded: e.response,
	}
	if place == clientele.InHeader && !one.dormant && !e.response && (e.scheme == "" || e.scheme == "api_key") {
		e.scheme = cmp.Or(dsn.HeaderScheme(one.name, one.value), e.scheme)
	}
	if e.response {
		s.Chain = below(e.chain, "response", string(place))
	}
	r.part.Slots = append(r.part.Slots, s)
}

// option reads one of the options of a request or of the configuration.
func (r *reader) option(one row) {
	e := r.entry
	switch one.name {
	case "user":
		e.user = &one
	case "aws-sigv4":
		e.aws = true
	case "digest", "ntlm", "negotiate":
		if strings.HasPrefix(one.value, "true") || one.value == "" {
			e.scheme = one.name
		}
	case "variable", "secret":
		name, value, _ := strings.Cut(one.value, "=")
		scope := "request"
		if e.request.Line == 0 { // the configuration's
			scope = "global"
		}
		r.part.Variables = append(r.part.Variables, clientele.Variable{
			Name: strings.TrimSpace(name), Value: clientele.Secret(strings.TrimSpace(value)), Scope: scope,
			Chain: e.chain, Line: one.line, Dormant: one.dormant, Marked: one.name == "secret",
		})
	case "header":
		if h, ok := parseRow(one.value, one.line); ok {
			h.dormant = one.dormant
			r.slot(clientele.InHeader, h)
		}
	case "proxy":
		r.part.Slots = append(r.part.Slots, clientele.Slot{
			Place: clientele.InProxy, Role: clientele.ConnectionString, Name: "proxy", Chain: below(e.chain, "options"),
			Value: clientele.Secret(one.value), Line: one.line, Dormant: one.dormant,
		})
	case "cert":
		if file, pass, ok := strings.Cut(one.value, ":"); ok && !strings.Contains(file, "{{") {
			r.part.Slots = append(r.part.Slots, clientele.Slot{
				Place: clientele.InCertificate, Role: clientele.Passphrase, Name: "cert", Chain: below(e.chain, "options"),
				Value: clientele.Secret(pass), Line: one.line, Dormant: one.dormant,
			})
		}
		if e.scheme == "" {
			e.scheme = "mtls"
		}
	case "variables-file", "secrets-file", "netrc-file":
		r.part.Links = append(r.part.Links, clientele.Link{Rel: clientele.UsesVars, Path: one.value})
	case "output", "cookie-jar", "report-json", "report-html":
		r.part.Outputs = append(r.part.Outputs, one.value)
	}
}

// user reads the option "user: name:password", whose meaning depends on the others.
func (r *reader) user(e *entry) {
	name, pass, _ := strings.Cut(e.user.value, ":")
	switch {
	case e.aws:
		e.scheme = "aws_sigv4"
	case e.scheme != "digest" && e.scheme != "ntlm" && e.scheme != "negotiate":
		e.scheme = "basic"
	}
	r.pair(*e.user, e.scheme, name, pass)
}

// pair writes a user and a password, or the two keys of a signature.
func (r *reader) pair(one row, scheme, name, pass string) {
	roles := [2]clientele.Role{clientele.Username, clientele.Password}
	if scheme == "aws_sigv4" {
		roles = [2]clientele.Role{clientele.Identifier, clientele.SecretKey}
	}
	chain := below(r.entry.chain, "auth", scheme)
	for i, value := range []string{name, pass} {
		s := clientele.Slot{
			Place: clientele.InAuth, Role: roles[i], Name: [2]string{"user", "password"}[i], Chain: chain,
			Value: clientele.Secret(value), Line: one.line, Dormant: one.dormant,
		}
		if i == 1 {
			s.Principal = name
		}
		r.part.Slots = append(r.part.Slots, s)
	}
	if name != "" {
		r.part.Identities = append(r.part.Identities, clientele.Identity{
			Scheme: scheme, Principal: name, Location: clientele.Location{Path: chain, Line: one.line},
		})
	}
}
