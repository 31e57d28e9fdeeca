package discover

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/judge"
	"github.com/hmarr/codeowners"
)

// askGit asks each repository that holds a client about the clients' files.
func (j *joiner) askGit(ctx context.Context, builds []*build) {
	files, lines := map[*repository][]string{}, map[*repository][]blameLine{}
	for _, b := range builds {
		seen := map[string]bool{}
		for _, r := range b.readings {
			if repo := j.repoOf(r.File); repo != nil && !seen[r.File] {
				seen[r.File] = true
				files[repo] = append(files[repo], strings.TrimPrefix(r.File, repo.root+"/"))
			}
		}
		for _, c := range b.client.Credentials {
			if repo := j.repoOf(c.Location.File); repo != nil && c.Class.Embedded() && !c.Weak {
				lines[repo] = append(lines[repo], blameLine{strings.TrimPrefix(c.Location.File, repo.root+"/"), c.Location.Line})
			}
		}
	}
	for _, repo := range j.repos {
		if len(files[repo]) > 0 && ctx.Err() == nil {
			repo.ask(ctx, j.opts.GitTime, files[repo], lines[repo])
		}
	}
}

// finish fills in what is known of a client once all its parts are together.
func (j *joiner) finish(b *build) judge.Subject {
	c := b.client
	files := map[string]bool{}
	for _, r := range slices.Concat(b.readings, b.shared) {
		files[r.File] = true
		p := r.Part
		if p.Kind != clientele.CIJob || c.Kind == clientele.CIJob {
			c.Name = cmp.Or(c.Name, p.Name)
		}
		c.ExternalID = cmp.Or(c.ExternalID, p.ExternalID)
		c.Identities = append(c.Identities, p.Identities...)
		c.Owners = append(c.Owners, p.Owners...)
		c.Sync = append(c.Sync, p.Sync...)
		c.Approvals = append(c.Approvals, p.Approvals...)
		c.Exports = append(c.Exports, p.Exports...)
		c.Outputs = append(c.Outputs, p.Outputs...)
	}
	c.Name = j.name(b)
	for f := range files {
		c.Files = append(c.Files, f)
	}
	sort.Strings(c.Files)
	j.gitOwners(c)
	j.gitSync(c)
	c.Environment = environmentOf(b)
	c.Identities = distinctIdentities(c.Identities)
	c.Owners = distinctOwners(c.Owners, c.Files, j.opts.Home)
	c.Sync = slices.Compact(c.Sync)
	if len(c.Sync) == 0 {
		c.Sync = []clientele.Sync{{Mode: clientele.SyncLocal}}
	}
	for _, list := range []*[]string{&c.Exports, &c.Outputs} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	s := judge.Subject{Client: c, Tracked: map[string]bool{}, Modes: map[string]uint32{}}
	for _, r := range slices.Concat(b.readings, b.shared) {
		shown := j.show(r.File)
		s.Tracked[shown], s.Modes[shown] = j.isTracked(r.File), r.Mode
	}
	for _, cr := range c.Credentials { // some stand in a file beside the one that was decoded
		s.Tracked[j.show(cr.Location.File)] = j.isTracked(cr.Location.File)
	}
	j.showPaths(c)
	return s
}

// name is what a person calls the client. A root's own name counts before its members'.
func (j *joiner) name(b *build) string {
	for _, r := range b.readings {
		if r.Part.Bind.As == clientele.Root && r.Part.Name != "" {
			return r.Part.Name
		}
	}
	for _, r := range b.readings {
		if as := r.Part.Bind.As; (as == clientele.Alone || as == clientele.Supplies) && r.Part.Name != "" && (r.Part.Kind == b.client.Kind) {
			return r.Part.Name
		}
	}
	if b.isRoot || len(b.readings) > 0 && b.readings[0].Part.Bind.As == clientele.Member {
		return path.Base(b.dir)
	}
	return cmp.Or(b.client.Name, path.Base(b.readings[0].File))
}

// showPaths turns absolute paths into those that reports show.
func (j *joiner) showPaths(c *clientele.Client) {
	for i := range c.Files {
		c.Files[i] = j.show(c.Files[i])
	}
	for i := range c.Endpoints {
		c.Endpoints[i].Location.File = j.show(c.Endpoints[i].Location.File)
	}
	for i := range c.Identities {
		c.Identities[i].Location.File = j.show(c.Identities[i].Location.File)
	}
	for i := range c.Credentials {
		cr := &c.Credentials[i]
		cr.Location.File = j.show(cr.Location.File)
		for k := range cr.DefinedAt {
			cr.DefinedAt[k].File = j.show(cr.DefinedAt[k].File)
		}
	}
}

// gitSync notes how a client's files travel with their repository.
func (j *joiner) gitSync(c *clientele.Client) {
	for _, f := range c.Files {
		repo := j.repoOf(f)
		if repo == nil {
			continue
		}
		s := clientele.Sync{Mode: clientele.SyncGit, Where: cmp.Or(repo.Remote(), "no remote")}
		if repo.asked {
			s.Detail = "not tracked"
			if repo.tracked[strings.TrimPrefix(f, repo.root+"/")] {
				s.Detail = "tracked"
			}
		}
		if i := slices.IndexFunc(c.Sync, func(o clientele.Sync) bool { return o.Mode == s.Mode && o.Where == s.Where }); i < 0 {
			c.Sync = append(c.Sync, s)
		} else if s.Detail == "tracked" {
			c.Sync[i].Detail = s.Detail
		}
	}
}

// isTracked reports whether a file, absolute, is known to be tracked by git.
func (j *joiner) isTracked(file string) bool {
	repo := j.repoOf(file)
	return repo != nil && repo.asked && repo.tracked[strings.TrimPrefix(file, repo.root+"/")]
}

// gitOwners adds the owners that repositories suggest: code owners by rule, and those who
// changed the client's files or wrote the lines with secrets.
func (j *joiner) gitOwners(c *clientele.Client) {
	commits, total := map[author]int{}, 0
	for _, f := range c.Files {
		repo := j.repoOf(f)
		if repo == nil {
			continue
		}
		rel := strings.TrimPrefix(f, repo.root+"/")
		if rule, err := repo.owners.Match(rel); err == nil && rule != nil {
			for _, o := range rule.Owners {
				kind := clientele.PersonOwner
				if o.Type == codeowners.TeamOwner {
					kind = clientele.TeamOwner
				}
				c.Owners = append(c.Owners, clientele.Owner{Who: o.String(), Kind: kind, Confidence: 0.8,
					Evidence: fmt.Sprintf("%s line %d owns %s", repo.ownersF, rule.LineNumber, rule.RawPattern())})
			}
		}
		for a, n := range repo.authors[rel] {
			commits[a] += n
			total += n
		}
	}
	var all []author
	for a := range commits {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b author) int { return cmp.Or(commits[b]-commits[a], strings.Compare(a.String(), b.String())) })
	for i, a := range all {
		if i == 3 {
			break
		}
		c.Owners = append(c.Owners, clientele.Owner{Who: a.String(), Kind: botOrPerson(a), Confidence: 0.3 + 0.3*float64(commits[a])/float64(total),
			Evidence: fmt.Sprintf("%d of %d commits to its files", commits[a], total)})
	}
	for _, cr := range c.Credentials {
		repo := j.repoOf(cr.Location.File)
		if repo == nil || !cr.Class.Embedded() {
			continue
		}
		l := blameLine{strings.TrimPrefix(cr.Location.File, repo.root+"/"), cr.Location.Line}
		if a, ok := repo.blamed[l.key()]; ok {
			c.Owners = append(c.Owners, clientele.Owner{Who: a.String(), Kind: botOrPerson(a), Confidence: 0.5, Evidence: "wrote " + path.Base(l.file) + " line " + fmt.Sprint(l.line)})
		}
	}
}

func botOrPerson(a author) clientele.OwnerKind {
	if strings.Contains(a.name, "[bot]") || strings.Contains(a.email, "[bot]") {
		return clientele.ServiceOwner
	}
	return clientele.PersonOwner
}

// distinctOwners merges candidates that are the same party, best evidence first, and adds
// the OS user to whom a file at home belongs.
func distinctOwners(list []clientele.Owner, files []string, home string) []clientele.Owner {
	if len(files) > 0 && home != "" && home != "/" && within(files[0], slashed(home)) {
		user := cmp.Or(os.Getenv("SUDO_USER"), os.Getenv("USER"), path.Base(slashed(home)))
		if p := slashed(home); path.Base(p) != user && path.Base(p) != "root" {
			user = path.Base(p)
		}
		list = append(list, clientele.Owner{Who: user, Kind: clientele.PersonOwner, Evidence: "user of the machine whose home folder holds the file", Confidence: 0.4})
	}
	slices.SortStableFunc(list, func(a, b clientele.Owner) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.Who, b.Who), strings.Compare(a.Evidence, b.Evidence))
	})
	var out []clientele.Owner
	for _, o := range list {
		i := slices.IndexFunc(out, func(x clientele.Owner) bool { return strings.EqualFold(x.Who, o.Who) && x.Kind == o.Kind })
		switch {
		case o.Who == "":
		case i < 0:
			out = append(out, o)
		case !strings.Contains(out[i].Evidence, o.Evidence) && strings.Count(out[i].Evidence, ";") < 3:
			out[i].Evidence += "; " + o.Evidence
			out[i].Confidence = min(0.95, out[i].Confidence+0.05)
		}
	}
	return out[:min(len(out), 8)]
}

func distinctIdentities(list []clientele.Identity) []clientele.Identity {
	seen := map[string]int{}
	var out []clientele.Identity
	for _, id := range list {
		k := id.Scheme + "\x00" + id.Principal + "\x00" + id.Issuer + "\x00" + id.ExpiresAt.String()
		if i, ok := seen[k]; ok {
			if out[i].Kind == "" {
				out[i].Kind = id.Kind
			}
			continue
		}
		if id.Kind == "" {
			id.Kind = kindOf(id)
		}
		seen[k] = len(out)
		out = append(out, id)
	}
	return out
}

// kindOf tells a person from a machine by the principal's shape, where that is plain.
func kindOf(id clientele.Identity) clientele.IdentityKind {
	p := strings.ToLower(id.Principal)
	switch {
	case strings.HasSuffix(p, ".gserviceaccount.com"), strings.HasPrefix(p, "arn:aws:iam::") && strings.Contains(p, ":role/"), strings.HasPrefix(p, "svc"), strings.HasPrefix(p, "system:"), strings.Contains(p, "[bot]"), strings.HasSuffix(p, "-sa"), strings.HasPrefix(p, "sa-"), strings.Contains(p, "service-account"), id.Scheme == "oidc":
		return clientele.Machine
	case strings.Contains(p, "@") && !strings.ContainsAny(p, " {$<") && strings.Contains(p[strings.LastIndex(p, "@"):], "."):
		return clientele.Person
	}
	return clientele.UnknownIdentity
}

// environmentOf names the environments of a client, by what its files say of it first, then
// by its variable sets, its name, its hosts and its file names. Several are joined with a
// comma, production first.
func environmentOf(b *build) string {
	if b.client.Kind == clientele.SourceCode && b.client.Tool == "source-code" {
		return "" // a heap of files has none
	}
	var said []string
	add := func(e string) {
		if e != "" && !slices.Contains(said, e) {
			said = append(said, e)
		}
	}
	for _, r := range slices.Concat(b.readings, b.shared) {
		add(detect.EnvironmentOfName(r.Part.Environment))
		for _, v := range r.Vars {
			add(detect.EnvironmentOfName(v.Set))
		}
	}
	// A host speaks for the client if all do; one that says production always does.
	var byHost []string
	unknown := false
	for _, e := range b.client.Endpoints {
		env := detect.EnvironmentOfHost(e.Host)
		unknown = unknown || env == "" && strings.Contains(e.Host, ".")
		if env == "production" {
			add(env)
		}
		byHost = append(byHost, env)
	}
	for _, env := range byHost {
		if !unknown && (env != "local" || len(said) == 0) {
			add(env)
		}
	}
	if len(said) == 0 {
		add(detect.EnvironmentOfName(b.client.Name))
	}
	if len(said) == 0 {
		for _, f := range b.client.Files {
			add(detect.EnvironmentOfName(path.Base(f)))
		}
	}
	order := []string{"production", "staging", "test", "development", "local"}
	slices.SortFunc(said, func(x, y string) int { return slices.Index(order, x) - slices.Index(order, y) })
	return strings.Join(said, ",")
}
