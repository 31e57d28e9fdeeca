package discover

import (
	"cmp"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/reading"
)

// joiner makes clients of readings.
type joiner struct {
	opts  *Options
	roots []string
	repos []*repository // longest path first

	builds map[string]*build                      // by key
	byFile map[string][]*build                    // clients by a file of theirs
	dotenv map[string][]*reading.Reading          // .env files by folder
	ofDir  map[string][]*build                    // clients by tool and folder
	tree   map[clientele.Tool][]*build            // those that stand for a folder
	byVars map[string][]varsLink                  // what names a file of variables, by its base name
	byID   map[string][]*build                    // clients by a cloud's id
	users  map[clientele.Tool]map[string][]*build // clients by the names they refer to
}

// varsLink says that a part of a client names a file of variables.
type varsLink struct {
	by   *build
	path string // as written
}

// build is a client in the making.
type build struct {
	client   *clientele.Client
	key      string
	dir      string // folder it stands for or its first file lies in
	isRoot   bool
	readings []*reading.Reading
	shared   []*reading.Reading // variables it shares with other clients, who report on them
}

func newJoiner(opts *Options, roots, repos []string) *joiner {
	j := &joiner{
		opts: opts, builds: map[string]*build{}, byFile: map[string][]*build{}, dotenv: map[string][]*reading.Reading{},
		tree: map[clientele.Tool][]*build{}, ofDir: map[string][]*build{},
	}
	for _, r := range roots {
		j.roots = append(j.roots, slashed(r))
	}
	for _, r := range repos {
		j.repos = append(j.repos, &repository{root: slashed(r)})
	}
	sort.Slice(j.repos, func(a, b int) bool { return len(j.repos[a].root) > len(j.repos[b].root) })
	return j
}

func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// join sorts readings into clients and follows references between them.
func (j *joiner) join(readings []*reading.Reading, loose []clientele.Credential) []*build {
	sort.Slice(readings, func(a, b int) bool {
		x, y := readings[a], readings[b]
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Part.Line, y.Part.Line), cmp.Compare(x.Part.Bind.Key, y.Part.Bind.Key), cmp.Compare(x.Part.Name, y.Part.Name), cmp.Compare(x.Part.Format, y.Part.Format)) < 0
	})
	by := map[clientele.BindAs][]*reading.Reading{}
	for _, r := range readings {
		by[r.Part.Bind.As] = append(by[r.Part.Bind.As], r)
		if r.Part.Tool == "dotenv" {
			j.dotenv[path.Dir(r.File)] = append(j.dotenv[path.Dir(r.File)], r)
		}
	}
	for _, r := range by[clientele.Root] {
		j.add(j.root(r), r)
	}
	for _, r := range by[clientele.Member] {
		j.add(j.member(r), r)
	}
	var runners []*reading.Reading
	for _, r := range by[clientele.Alone] {
		if r.Part.Kind == clientele.CIJob || r.Part.Kind == clientele.Script {
			runners = append(runners, r)
			continue
		}
		j.add(j.alone(r), r)
	}
	for _, r := range runners {
		if !j.runs(r) {
			j.add(j.alone(r), r)
		}
	}
	j.index()
	for _, r := range by[clientele.Supplies] {
		j.supply(r)
	}
	for _, r := range by[clientele.Annotates] {
		j.annotate(r)
	}
	j.loose(loose)
	var all []*build
	for _, b := range j.builds {
		if !b.empty() {
			all = append(all, b)
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a].key < all[b].key })
	for _, b := range all {
		j.resolve(b)
	}
	return all
}

// empty reports whether nothing makes a client of what was read: a script or a settings file
// that calls nothing, signs in nowhere and holds no secret.
func (b *build) empty() bool {
	switch b.client.Kind {
	case clientele.APIClient, clientele.Agent, clientele.Browser:
		return false
	}
	for _, r := range b.readings {
		p := r.Part
		if len(r.Creds)+len(r.Endpoints)+len(p.Identities)+len(p.Approvals)+len(p.Exports) > 0 {
			return false
		}
	}
	return true
}

func (j *joiner) add(b *build, r *reading.Reading) {
	b.readings = append(b.readings, r)
	if !slices.Contains(j.byFile[r.File], b) {
		j.byFile[r.File] = append(j.byFile[r.File], b)
	}
}

// build finds or makes the client of that key.
func (j *joiner) build(r *reading.Reading, place, key, dir string) *build {
	full := string(r.Part.Tool) + "\x00" + j.place(place) + "\x00" + key
	b, ok := j.builds[full]
	if !ok {
		b = &build{key: full, dir: dir, client: &clientele.Client{Tool: r.Part.Tool, Kind: r.Part.Kind}}
		b.client.ID = clientele.ClientID("c_" + idHash(full))
		j.builds[full] = b
		at := string(r.Part.Tool) + "\x00" + dir
		j.ofDir[at] = append(j.ofDir[at], b)
	}
	return b
}

func (j *joiner) alone(r *reading.Reading) *build {
	return j.build(r, r.File, r.Part.Bind.Key, path.Dir(r.File))
}

func (j *joiner) root(r *reading.Reading) *build {
	dir := r.Part.Bind.Dir
	if dir == "" {
		dir = path.Dir(r.File)
	}
	dir = path.Clean(dir)
	b := j.build(r, dir+"/", "", dir)
	if !b.isRoot {
		b.isRoot = true
		j.tree[r.Part.Tool] = append(j.tree[r.Part.Tool], b)
	}
	return b
}

// member finds the root above a part, or makes its folder the client.
func (j *joiner) member(r *reading.Reading) *build {
	dir := path.Dir(r.File)
	if b := j.rootAbove(r.Part.Tool, dir); b != nil {
		return b
	}
	if r.Part.Bind.Dir != "" {
		dir = path.Clean(r.Part.Bind.Dir)
	}
	return j.build(r, dir+"/", "", dir)
}

func (j *joiner) rootAbove(tool clientele.Tool, dir string) *build {
	var best *build
	for _, b := range j.tree[tool] {
		if within(dir, b.dir) && (best == nil || len(b.dir) > len(best.dir)) {
			best = b
		}
	}
	return best
}

// within reports whether name is dir or lies below it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// runs adds a job or a script to the clients it runs. The answer is false if there are none.
func (j *joiner) runs(r *reading.Reading) bool {
	found := false
	for _, l := range r.Part.Links {
		if l.Rel != clientele.Runs {
			continue
		}
		for _, b := range j.linked(r, l) {
			if b.client.Kind == clientele.CIJob || b.client.Kind == clientele.Script {
				continue
			}
			if !slices.Contains(b.readings, r) {
				j.add(b, r)
			}
			found = true
		}
	}
	return found
}

// linked finds the clients that a link means: by their cloud id, or by path from the
// linking file's folder, its repository or the scan's roots.
func (j *joiner) linked(r *reading.Reading, l clientele.Link) []*build {
	if l.Path == "" {
		return j.byExternal(l.ID)
	}
	if strings.ContainsAny(l.Path, "$<{") {
		return nil
	}
	rel := strings.TrimPrefix(slashed(l.Path), "./")
	bases := []string{path.Dir(r.File)}
	if repo := j.repoOf(r.File); repo != nil {
		for d := path.Dir(path.Dir(r.File)); within(d, repo.root); d = path.Dir(d) {
			bases = append(bases, d)
		}
	}
	for _, base := range append(bases, j.roots...) {
		p := path.Join(base, rel)
		if path.IsAbs(rel) {
			p = path.Clean(rel)
		}
		if bs := j.byFile[p]; len(bs) > 0 {
			return bs
		}
		for tool := range j.tree {
			for _, b := range j.tree[tool] {
				if b.dir == p {
					return []*build{b}
				}
			}
		}
		if j.globbed(p) != nil {
			return j.globbed(p)
		}
	}
	return nil
}

// globbed finds clients by a pattern for their files.
func (j *joiner) globbed(p string) (found []*build) {
	if !strings.ContainsAny(p, "*?[") {
		return nil
	}
	for f, bs := range j.byFile {
		if ok, _ := path.Match(p, f); ok {
			for _, b := range bs {
				if !slices.Contains(found, b) {
					found = append(found, b)
				}
			}
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].key < found[b].key })
	return found
}

func (j *joiner) byExternal(id string) []*build {
	if id == "" {
		return nil
	}
	if j.byID == nil {
		j.index()
	}
	return j.byID[id]
}

// index notes which clients name which files of variables, and which cloud ids are theirs.
func (j *joiner) index() {
	j.byVars, j.byID, j.users = map[string][]varsLink{}, map[string][]*build{}, map[clientele.Tool]map[string][]*build{}
	for _, b := range j.builds {
		users := j.users[b.client.Tool]
		if users == nil {
			users = map[string][]*build{}
			j.users[b.client.Tool] = users
		}
		for _, r := range b.readings {
			for name := range r.Uses {
				if list := users[name]; len(list) == 0 || list[len(list)-1] != b {
					users[name] = append(list, b)
				}
			}
			if id := r.Part.ExternalID; id != "" && !slices.Contains(j.byID[id], b) {
				j.byID[id] = append(j.byID[id], b)
			}
			for _, l := range r.Part.Links {
				base := path.Base(slashed(l.Path))
				if l.Rel == clientele.UsesVars && l.Path != "" && b.client.Kind == clientele.APIClient {
					j.byVars[base] = append(j.byVars[base], varsLink{b, slashed(l.Path)})
				}
			}
		}
	}
	for _, bs := range j.byID {
		sort.Slice(bs, func(a, b int) bool { return bs[a].key < bs[b].key })
	}
}

// supply gives variables to the clients they are meant for: those of a tree they lie in,
// those that something runs with them, and else the nearest that use a name they define. The
// first of these reports on them. With none, the variables are a client of their own.
func (j *joiner) supply(r *reading.Reading) {
	targets := j.supplied(r)
	if len(targets) == 0 {
		j.add(j.alone(r), r)
		return
	}
	j.add(targets[0], r)
	for _, b := range targets[1:] {
		b.shared = append(b.shared, r)
	}
}

func (j *joiner) supplied(r *reading.Reading) []*build {
	dir := path.Dir(r.File)
	if strings.HasPrefix(path.Base(dir), ".") { // .vscode, .idea: settings of the folder above
		dir = path.Dir(dir)
	}
	if b := j.rootAbove(r.Part.Tool, dir); b != nil {
		return []*build{b}
	}
	if linked := j.linkedTo(r.File); len(linked) > 0 {
		return linked
	}
	best, bestTier := []*build(nil), 3
	for _, b := range j.candidates(r, dir) {
		tier := j.tier(b.dir, dir)
		if !apart[r.Part.Tool] && !within(b.dir, dir) || tier > bestTier || tier == 3 {
			continue
		}
		if tier < bestTier {
			best, bestTier = nil, tier
		}
		best = append(best, b)
	}
	sort.Slice(best, func(a, b int) bool { return best[a].key < best[b].key })
	return best
}

// linkedTo are the clients whose parts name the file by a path that ends as it does.
func (j *joiner) linkedTo(file string) (found []*build) {
	for _, l := range j.byVars[path.Base(file)] {
		named := strings.TrimLeft(path.Clean(l.path), "./")
		if (file == named || strings.HasSuffix(file, "/"+named)) && !slices.Contains(found, l.by) {
			found = append(found, l.by)
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].key < found[b].key })
	return found
}

// candidates are the clients that use a name the variables define, and those of the same
// folder.
func (j *joiner) candidates(r *reading.Reading, dir string) (found []*build) {
	seen := map[*build]bool{}
	for _, v := range r.Vars {
		for _, b := range j.users[r.Part.Tool][v.Name] {
			if !seen[b] {
				seen[b] = true
				found = append(found, b)
			}
		}
	}
	for _, b := range j.ofDir[string(r.Part.Tool)+"\x00"+dir] {
		if !seen[b] {
			found = append(found, b)
		}
	}
	return found
}

// apart are tools that keep collections and environments in folders of their own. With all
// others, variables hold in their folder and below.
var apart = map[clientele.Tool]bool{"postman": true, "insomnia": true, "hoppscotch": true, "newman": true, "thunder-client": true}

// tier tells how near two folders are: 0 the same or one in the other, 1 under one parent,
// 2 in one repository, 3 no relation.
func (j *joiner) tier(a, b string) int {
	switch {
	case a == b || within(a, b) || within(b, a):
		return 0
	case path.Dir(a) == path.Dir(b) || within(a, path.Dir(b)) || within(b, path.Dir(a)):
		return 1
	}
	if ra, rb := j.repoOf(a), j.repoOf(b); ra != nil && ra == rb {
		return 2
	}
	return 3
}

// annotate adds what a link file knows to the clients it names, or to those in its folder.
func (j *joiner) annotate(r *reading.Reading) {
	var targets []*build
	for _, l := range r.Part.Links {
		for _, b := range j.linked(r, l) {
			if l.ID != "" && b.client.ExternalID == "" {
				b.client.ExternalID = l.ID
			}
			if !slices.Contains(targets, b) {
				targets = append(targets, b)
			}
		}
	}
	for _, b := range targets {
		extra := *r
		extra.Creds, extra.Vars = nil, nil
		j.add(b, &extra)
	}
	if len(r.Creds)+len(r.Vars) > 0 {
		j.add(j.alone(r), r)
	}
}

// loose makes one client of the secrets in a repository's plain files.
func (j *joiner) loose(list []clientele.Credential) {
	sort.Slice(list, func(a, b int) bool {
		x, y := list[a], list[b]
		return cmp.Or(cmp.Compare(x.Location.File, y.Location.File), cmp.Compare(x.Location.Line, y.Location.Line), cmp.Compare(x.Fingerprint, y.Fingerprint)) < 0
	})
	for _, cred := range list {
		file := cred.Location.File
		base := path.Dir(file)
		if repo := j.repoOf(file); repo != nil {
			base = repo.root
		} else if root := j.rootOf(file); root != "" && root != file {
			base = root
		}
		r := &reading.Reading{File: file, Part: clientele.Part{Tool: "source-code", Kind: clientele.SourceCode, Format: "text", Name: path.Base(base)}, Creds: []clientele.Credential{cred}}
		r.Creds[0].Location.Path = []string{cred.Name}
		j.add(j.build(r, base+"/", "", base), r)
	}
}

func (j *joiner) rootOf(file string) string {
	best := ""
	for _, r := range j.roots {
		if within(file, r) && len(r) > len(best) {
			best = r
		}
	}
	return best
}

func (j *joiner) repoOf(file string) *repository {
	for _, r := range j.repos {
		if within(file, r.root) {
			return r
		}
	}
	return nil
}

// place names a file so that scans on other machines, or of a moved tree, agree: by
// repository and path in it, by path from home, else from the root of the scan.
func (j *joiner) place(file string) string {
	if r := j.repoOf(file); r != nil {
		return "repo:" + r.slug() + strings.TrimPrefix(file, r.root)
	}
	if home := slashed(j.opts.Home); home != "" && within(file, home) {
		return "~" + strings.TrimPrefix(file, strings.TrimSuffix(home, "/"))
	}
	if root := j.rootOf(file); root != "" {
		if root == file {
			return path.Base(file)
		}
		return strings.TrimPrefix(file, root)
	}
	return file
}

// Show is a path as reports have it: from the scan's root where there is one alone, from
// home, or whole.
func (j *joiner) show(file string) string {
	if len(j.roots) == 1 && file != j.roots[0] && within(file, j.roots[0]) {
		return strings.TrimPrefix(strings.TrimPrefix(file, j.roots[0]), "/")
	}
	if home := slashed(j.opts.Home); home != "" && home != "/" && within(file, home) {
		return "~" + strings.TrimPrefix(file, strings.TrimSuffix(home, "/"))
	}
	return file
}
