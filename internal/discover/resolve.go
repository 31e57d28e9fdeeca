package discover

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/dsn"
	"github.com/clientele/clientele/internal/reading"
)

const (
	maxEndpoints   = 2000
	maxCredentials = 5000
	maxFollow      = 8 // references from variable to variable
)

// idHash shortens a client's key to an id. The key holds nothing secret.
func idHash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:8])
}

// resolve follows a client's references to the variables that define them, and puts the
// variables into its endpoints.
func (j *joiner) resolve(b *build) {
	table := j.variables(b)
	c := b.client
	promoted := map[string]bool{}
	for _, r := range b.readings {
		for i := range r.Creds {
			cred := r.Creds[i]
			if cred.Class == clientele.Reference {
				for _, v := range follow(table, cred.Refs) {
					cred.DefinedAt = append(cred.DefinedAt, v.Cred.Location)
					// The name of the variable did not say that it is a secret. Its use does.
					if at := place(v.Cred.Location); !v.Secret && v.Cred.Class.Embedded() && cred.Role.Secret() && len(cred.Refs) == 1 && !promoted[at] && b.owns(v) {
						promoted[at] = true
						d := v.Cred
						d.Role = cred.Role
						c.Credentials = append(c.Credentials, d)
					}
				}
			}
			c.Credentials = append(c.Credentials, cred)
		}
	}
	c.Credentials = distinct(c.Credentials)
	auths := authsOf(b)
	seen := map[string]bool{}
	for _, r := range b.readings {
		for _, e := range r.Endpoints {
			for _, ep := range endpointsOf(e, r.File, table) {
				ep.Auth, ep.AuthFrom = effective(e.Auth, r.File, auths)
				k := ep.Method + " " + ep.Scheme + "://" + ep.Host + ep.Path
				if !seen[k] && len(c.Endpoints) < maxEndpoints {
					seen[k] = true
					c.Endpoints = append(c.Endpoints, ep)
				}
			}
		}
	}
}

// owns reports whether the variable lies in a file of this client, not in a shared one.
func (b *build) owns(v reading.Variable) bool {
	for _, r := range b.readings {
		if r.File == v.Cred.Location.File {
			return true
		}
	}
	return false
}

func place(l clientele.Location) string {
	return l.File + "\x00" + strings.Join(l.Path, "\x00")
}

// variables are all definitions that the client's references may mean, by name.
func (j *joiner) variables(b *build) map[string][]reading.Variable {
	table := map[string][]reading.Variable{}
	add := func(r *reading.Reading) {
		for _, v := range r.Vars {
			if len(table[v.Name]) < 32 {
				table[v.Name] = append(table[v.Name], v)
			}
		}
	}
	dirs := map[string]bool{}
	for _, r := range slices.Concat(b.readings, b.shared) {
		add(r)
		dirs[path.Dir(r.File)] = true
	}
	if b.client.Tool != "dotenv" {
		for d := range dirs {
			for _, r := range j.dotenv[d] {
				add(r)
			}
			for _, r := range j.dotenv[path.Dir(d)] {
				add(r)
			}
		}
	}
	return table
}

// follow gives the definitions that names lead to, through variables that refer on.
func follow(table map[string][]reading.Variable, names []string) []reading.Variable {
	var found []reading.Variable
	seen := map[string]bool{}
	for depth := 0; depth < maxFollow && len(names) > 0; depth++ {
		var next []string
		for _, n := range names {
			n = reading.RefName(n)
			if seen[n] {
				continue
			}
			seen[n] = true
			for _, v := range table[n] {
				found = append(found, v)
				next = append(next, v.Cred.Refs...)
			}
		}
		names = next
	}
	return found
}

// endpointsOf puts variables into a request's target. Where several environments give a host
// different values there is an endpoint for each.
func endpointsOf(e reading.Endpoint, file string, table map[string][]reading.Variable) []clientele.Endpoint {
	var out []clientele.Endpoint
	for _, target := range substitute(e.Target, table) {
		ep := clientele.Endpoint{Method: e.Method, URLTemplate: e.Target, Location: clientele.Location{File: file, Path: e.Chain, Line: e.Line}}
		ep.Scheme, ep.Host, ep.Path = splitTarget(target)
		out = append(out, ep)
	}
	return out
}

const maxHosts = 6

// substitute replaces references by the values of plain variables, in each combination in
// which an environment gives them, a few at most.
func substitute(target string, table map[string][]reading.Variable) []string {
	targets := []string{target}
	for range maxFollow {
		changed := false
		var next []string
		for _, t := range targets {
			refs := detect.References(t, clientele.SyntaxGeneric)
			replaced := false
			for _, ref := range refs {
				values := plainValues(table[reading.RefName(ref)])
				if len(values) == 0 {
					continue
				}
				for _, v := range values {
					if len(next) < maxHosts {
						next = append(next, replaceRef(t, ref, v))
					}
				}
				replaced, changed = true, true
				break
			}
			if !replaced && len(next) < maxHosts {
				next = append(next, t)
			}
		}
		targets = next
		if !changed {
			break
		}
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

func plainValues(vars []reading.Variable) []string {
	var out []string
	for _, v := range vars {
		if v.Plain != "" && !slices.Contains(out, v.Plain) {
			out = append(out, v.Plain)
		}
	}
	return out
}

// replaceRef replaces the first reference to name in target, whatever its brackets.
func replaceRef(target, name, value string) string {
	i := strings.Index(target, name)
	if i < 0 || len(target)+len(value) > 4096 {
		return target
	}
	from, to := i, i+len(name)
	for from > 0 && strings.IndexByte("{<$[ %_.'", target[from-1]) >= 0 {
		from--
	}
	for to < len(target) && strings.IndexByte("}>] %'", target[to]) >= 0 {
		to++
	}
	if from == i && to == i+len(name) {
		return target[:i] + target[to:]
	}
	return target[:from] + value + target[to:]
}

// splitTarget takes scheme, host and path from a target, which may still hold references.
func splitTarget(t string) (scheme, host, pathPart string) {
	if d, ok := dsn.Parse(t); ok && len(d.Hosts) > 0 {
		return d.Scheme, strings.Join(d.Hosts, ","), cmp.Or(d.Path, slashPath(d.Database))
	}
	rest := t
	if s, r, ok := strings.Cut(t, "://"); ok && !strings.ContainsAny(s, "{<$/") {
		scheme, rest = strings.ToLower(s), r
	}
	rest, _, _ = strings.Cut(rest, "?")
	host, after, ok := reading.CutOutside(rest, '/')
	if !ok {
		return scheme, rest, ""
	}
	return scheme, host, "/" + strings.TrimPrefix(after, "/")
}

func slashPath(s string) string {
	if s == "" || strings.HasPrefix(s, "/") {
		return s
	}
	return "/" + s
}

// levelAuth is what a file of a tree sets for all below its folder.
type levelAuth struct {
	dir  string
	file string
	auth clientele.Auth
}

func authsOf(b *build) []levelAuth {
	var all []levelAuth
	for _, r := range b.readings {
		if r.Part.Auth != nil {
			all = append(all, levelAuth{path.Dir(r.File), r.File, *r.Part.Auth})
		}
	}
	slices.SortFunc(all, func(x, y levelAuth) int { return len(y.dir) - len(x.dir) }) // innermost first
	return all
}

// effective finds how a request authenticates, following "inherit" up the folders.
func effective(a *clientele.Auth, file string, auths []levelAuth) (scheme string, from []string) {
	if a == nil {
		return "", nil
	}
	if a.Scheme != "inherit" {
		return a.Scheme, a.Chain
	}
	for _, l := range auths {
		if within(path.Dir(file), l.dir) && l.auth.Scheme != "inherit" && l.auth.Scheme != "" {
			return l.auth.Scheme, append([]string{path.Base(l.file)}, l.auth.Chain...)
		}
	}
	return "inherit", nil
}

// distinct drops what is said twice of one credential: a query in the raw URL and in its
// parsed rows, a value found by its shape where its field is known.
func distinct(list []clientele.Credential) []clientele.Credential {
	seen := map[string]int{}
	out := list[:0:0]
	for _, c := range list {
		k := c.Location.File + "\x00" + c.Fingerprint + "\x00" + strings.Join(c.Location.Path, "\x00")
		if c.Class.Embedded() && len(c.Location.Path) > 0 {
			k = c.Location.File + "\x00" + c.Fingerprint + "\x00" + strings.Join(c.Location.Path[:min(len(c.Location.Path)-1, 3)], "\x00") + "\x00" + string(c.Role) + flags(c)
		}
		if i, ok := seen[k]; ok {
			if out[i].Dormant && !c.Dormant {
				out[i] = c
			}
			continue
		}
		if len(out) == maxCredentials {
			break
		}
		seen[k] = len(out)
		out = append(out, c)
	}
	return out
}

func flags(c clientele.Credential) string {
	if c.Recorded {
		return "r"
	}
	return ""
}
