package reading

import (
	"slices"
	"strings"

	"github.com/clientele/clientele"
)

func longestFirst(list []string) []string {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(list)
}

// scrub applies clean to every text of a reading that can reach a report.
func (r *Reading) scrub(clean func(string) string) {
	each := func(list []string) {
		for i := range list {
			list[i] = clean(list[i])
		}
	}
	one := func(list ...*string) {
		for _, s := range list {
			*s = clean(*s)
		}
	}
	p := &r.Part
	one(&p.Name, &p.Format, &p.ExternalID, &p.Environment, &p.Bind.Key)
	each(p.Exports)
	each(p.Outputs)
	for i := range p.Identities {
		id := &p.Identities[i]
		one(&id.Principal, &id.Issuer, &id.Audience)
		id.Scopes = slices.Clone(id.Scopes)
		each(id.Scopes)
		id.Location.Path = slices.Clone(id.Location.Path)
		each(id.Location.Path)
	}
	for i := range p.Owners {
		one(&p.Owners[i].Who, &p.Owners[i].Evidence)
	}
	for i := range p.Approvals {
		one(&p.Approvals[i].What, &p.Approvals[i].Rule)
	}
	auth := func(a *clientele.Auth) *clientele.Auth { // endpoints share one
		if a == nil {
			return nil
		}
		c := clientele.Auth{Scheme: clean(a.Scheme), Chain: slices.Clone(a.Chain)}
		each(c.Chain)
		return &c
	}
	p.Auth = auth(p.Auth)
	for i := range p.Links {
		one(&p.Links[i].Path, &p.Links[i].ID)
	}
	for i := range p.Sync {
		one(&p.Sync[i].Where, &p.Sync[i].Detail)
	}
	cred := func(c *clientele.Credential) {
		one(&c.Name, &c.Principal, &c.Host, &c.Environment)
		c.Location.Path, c.Refs = slices.Clone(c.Location.Path), slices.Clone(c.Refs)
		each(c.Location.Path)
		each(c.Refs)
	}
	for i := range r.Creds {
		cred(&r.Creds[i])
	}
	for i := range r.Vars {
		v := &r.Vars[i]
		one(&v.Name, &v.Set, &v.Plain)
		cred(&v.Cred)
	}
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		one(&e.Method, &e.Target)
		e.Chain = slices.Clone(e.Chain)
		each(e.Chain)
		e.Auth = auth(e.Auth)
	}
	uses := map[string]bool{}
	for u := range r.Uses {
		uses[clean(u)] = true
	}
	r.Uses = uses
}

// scrubAll takes the secrets of a file out of every name that its readings hold: people
// paste tokens into titles, keys and paths too.
func scrubAll(out []*Reading, secrets []string) {
	if len(secrets) == 0 {
		return
	}
	pairs := make([]string, 0, 2*len(secrets))
	for _, s := range longestFirst(secrets) {
		if len(s) >= 8 || len(s) >= 6 && hasSign(s) {
			pairs = append(pairs, s, "***")
		}
	}
	if len(pairs) == 0 {
		return
	}
	rep := strings.NewReplacer(pairs...)
	for _, r := range out {
		r.scrub(rep.Replace)
	}
}
