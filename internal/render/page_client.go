package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/judge"
)

func (p pager) client(s *sheet) pageClient {
	out := pageClient{
		ID: s.ID, Name: nameOf(s.Client), Tool: plain(s.Tool), Worst: "none", Tally: "nothing to mend",
		About: plain(strings.Join(nonEmpty(s.Tool, strings.ReplaceAll(s.Environment, ",", " and "), many(s.hosts(), 1)), ", ")),
		Facts: p.clientFacts(s), Groups: p.groups(s),
	}
	if n := len(s.findings); n > 0 {
		out.Worst, out.Tally = s.worst.String(), count(n, "finding", "findings")
	}
	for _, e := range s.Endpoints {
		out.Endpoints = append(out.Endpoints, pageEndpoint{plain(e.Method), plain(cmp.Or(e.URLTemplate, e.Host)), plain(e.Auth), p.where(s, e.Location)})
	}
	for _, id := range s.Identities {
		out.Identities = append(out.Identities, p.identity(s, id))
	}
	for _, h := range s.holds() {
		out.Secrets = append(out.Secrets, p.held(s, h)...)
	}
	out.Endpoints, out.MoreEndpoints = most(out.Endpoints)
	out.Secrets, out.MoreSecrets = most(out.Secrets)
	for _, o := range s.Owners {
		out.Owners = append(out.Owners, pageOwner{plain(o.Who), sureness(o.Confidence), plain(o.Evidence)})
	}
	for _, f := range s.suppressed {
		out.Suppressed = append(out.Suppressed, p.finding(s, f))
	}
	return out
}

// most cuts a list to what is shown, and counts the rest.
func most[T any](list []T) (shown []T, more int) {
	n := min(len(list), mostRows)
	return list[:n], len(list) - n
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// clientFacts are what is said of a client in a line each.
func (p pager) clientFacts(s *sheet) []fact {
	var out []fact
	add := func(name string, list []string) {
		if len(list) > 0 {
			out = append(out, fact{name, plain(strings.Join(list, "; "))})
		}
	}
	add("Files", each(s.Files, p.place))
	add("Travels", each(s.Sync, travels))
	add("May do without asking", each(s.Approvals, func(a api.Approval) string {
		if a.Broad {
			return a.What + " (everything of its sort)"
		}
		return a.What
	}))
	add("Takes data out", s.Exports)
	add("Leaves behind", s.Outputs)
	add("Known to its vendor as", nonEmpty(s.ExternalID))
	return out
}

func (p pager) identity(s *sheet, id api.Identity) pageIdentity {
	out := pageIdentity{
		Who:  plain(firstOf(id.Principal, "not named")),
		Kind: plain(strings.Join(nonEmpty(id.Kind, id.Scheme, prefixed("issued by ", id.Issuer), prefixed("for ", id.Audience), prefixed("scopes ", strings.Join(id.Scopes, " "))), ", ")),
		Ends: firstOf(ends(id, p.now), "not known"),
	}
	if id.Location != nil {
		out.Where = p.where(s, *id.Location)
	}
	return out
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// held is one row for each place of a secret.
func (p pager) held(s *sheet, h held) []pageSecret {
	about := qualities(h.Credential)
	if h.ExpiresAt != nil {
		about = append(about, expiry(*h.ExpiresAt, p.now))
	}
	if len(h.Refs) > 0 {
		about = append(about, "from "+many(h.Refs, mostHosts))
	}
	row := pageSecret{
		Class: plain(classWord(h.Class)), Role: plain(roleWord(h.Role) + parenthesised(h.Provider)), Excerpt: plain(h.Excerpt),
		About: plain(strings.Join(about, ", ")), Embedded: clientele.Class(h.Class).Embedded(),
	}
	var out []pageSecret
	for _, at := range append([]api.Location{h.Location}, h.also...) {
		row.Where, row.Path = p.where(s, at), plain(chain(at.Path))
		out = append(out, row)
	}
	return out
}

func parenthesised(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (p pager) groups(s *sheet) []pageGroup {
	var out []pageGroup
	for _, g := range s.groups() {
		rule, _ := judge.RuleByID(clientele.RuleID(g.Rule))
		view := pageGroup{
			Rule: plain(g.Rule), Title: firstOf(rule.Title, plain(g.Rule)), Severity: severity(g.Severity).String(), Why: rule.Why, Remedy: plain(g.Remedy),
			NHI: plain(named(0, g.NHI)), CSF: plain(g.CSF),
		}
		view.Brief = p.brief && g.Remedy == rule.Remedy
		for _, f := range g.all {
			view.Findings = append(view.Findings, p.finding(s, f))
		}
		out = append(out, view)
	}
	return out
}

func (p pager) finding(s *sheet, f api.Finding) pageFinding {
	message := f.Message
	if f.Location.File != "" {
		message = strings.ReplaceAll(message, f.Location.File, p.place(f.Location.File))
	}
	return pageFinding{Message: sentence(plain(message)), Where: p.where(s, f.Location), Path: plain(chain(f.Location.Path)), Reason: plain(reasonOf(f))}
}
