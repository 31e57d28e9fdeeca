package insomnia

import (
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// maxClimb bounds how many parents a resource may have: a parent may be its own grandchild.
const maxClimb = 50

// lookup finds a resource by its id, or nil.
type lookup func(id string) *doc.Node

// name is what a resource calls itself.
func name(n *doc.Node) string { return n.Get("name").Str() }

// climb finds where a flat resource stands. withRoot keeps the workspace's name in the
// chain, for files that hold more than one.
func climb(n *doc.Node, find lookup, withRoot bool) (at spot, root *doc.Node) {
	at.chain = names(name(n))
	id := n.Get("parentId").Str()
	below := 0 // how many names stand below the folder whose authentication is inherited
	for range maxClimb {
		up := find(id)
		if up == nil {
			if strings.HasPrefix(id, "fld_") && at.above == nil {
				at.above = &clientele.Auth{Scheme: "inherit"} // the folder is not to be had
			}
			break
		}
		if kind(up) == "workspace" {
			root = up
			if withRoot {
				at.chain = append(names(name(up)), at.chain...)
			}
			break
		}
		if s, ok := scheme(up.Get("authentication")); ok && at.above == nil {
			at.above = &clientele.Auth{Scheme: s}
			below = len(at.chain)
		}
		at.chain = append(names(name(up)), at.chain...)
		id = up.Get("parentId").Str()
	}
	if below > 0 {
		at.above.Chain = at.chain[:len(at.chain)-below]
	}
	return at, root
}

func names(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// broken tells a text that cannot be read, and yet is an export: conflict markers of git are
// the usual reason.
var broken = regexp.MustCompile(`(?m)^\s*(?:\{\s*|<<<<<<< .*\n\s*)?(?:"_type"\s*:\s*"export"|_type: export|"?__export_format"?\s*:\s*\d)`)

// decodeExport reads an export of format 4, or of 3, which has the same resources.
func decodeExport(f clientele.File) ([]clientele.Part, error) {
	docs, err := trees(f.Data)
	var top *doc.Node
	for _, d := range docs {
		if len(d.Get("resources").Items()) > 0 && d.Has("__export_format") {
			top = d
		}
	}
	if top == nil {
		if err != nil && broken.Match(f.Data) {
			return nil, err
		}
		return nil, nil
	}
	return exportParts(top), err
}

// exportParts makes one part of each workspace with all below it. What belongs to none joins
// the first.
func exportParts(top *doc.Node) []clientele.Part {
	index := map[string]*doc.Node{}
	var first *doc.Node
	for _, r := range top.Get("resources").Items() {
		index[r.Get("_id").Str()] = r
		if first == nil && kind(r) == "workspace" {
			first = r
		}
	}
	find := func(id string) *doc.Node { return index[id] }
	var parts []*clientele.Part
	byKey := map[string]*clientele.Part{}
	for _, r := range top.Get("resources").Items() {
		at, root := climb(r, find, false)
		if kind(r) == "workspace" {
			at, root = spot{}, r
		}
		if root == nil {
			root = first
		}
		key := root.Get("_id").Str()
		p := byKey[key]
		if p == nil {
			p = exported(top, root)
			byKey[key] = p
			parts = append(parts, p)
		}
		(&scribe{p}).read(kind(r), at, r)
	}
	var all []clientele.Part
	for _, p := range parts {
		all = append(all, *p)
	}
	return all
}

func exported(top, workspace *doc.Node) *clientele.Part {
	id := workspace.Get("_id").Str()
	p := newPart("export v"+top.Get("__export_format").Str(), clientele.Bind{Key: id})
	p.Name, p.ExternalID, p.Line = name(workspace), id, workspace.LineOr(top.Line)
	if workspace.Get("scope").Str() == "environment" {
		p.Bind.As = clientele.Supplies
	}
	return &p
}

// decodeGitSync reads one file of .insomnia/<Model>/<id>.yml. The workspace's file makes a
// client of the repository, which the others join.
func decodeGitSync(f clientele.File) ([]clientele.Part, error) {
	docs, err := doc.YAML(f.Data)
	if len(docs) == 0 || docs[0].Get("_id").Str() == "" {
		return nil, err
	}
	n := docs[0]
	model := kind(n)
	if model == "" {
		model = strings.ToLower(path.Base(path.Dir(f.Path)))
	}
	p := newPart("git sync "+path.Base(path.Dir(f.Path)), clientele.Bind{As: clientele.Member})
	if model == "workspace" {
		p.Bind = clientele.Bind{As: clientele.Root, Dir: repository(f.Path)}
		p.Name, p.ExternalID = name(n), n.Get("_id").Str()
	}
	p.Line = n.Line
	p.Sync = []clientele.Sync{{Mode: clientele.SyncGit}}
	at, _ := climb(n, siblingFiles(f), false)
	(&scribe{&p}).read(model, at, n)
	return []clientele.Part{p}, err
}

// siblingFiles finds folders and workspaces in the files beside this one's folder.
func siblingFiles(f clientele.File) lookup {
	return func(id string) *doc.Node {
		model := map[string]string{"fld": "RequestGroup", "wrk": "Workspace", "env": "Environment", "uts": "UnitTestSuite"}[strings.SplitN(id, "_", 2)[0]]
		if model == "" || f.Sibling == nil || strings.ContainsAny(id, "/\\") {
			return nil
		}
		b, err := f.Sibling("../" + model + "/" + id + ".yml")
		if err != nil {
			return nil
		}
		docs, _ := doc.YAML(b)
		if len(docs) == 0 {
			return nil
		}
		return docs[0]
	}
}

// decodeSettings reads .insorc, the options and scripts of inso.
func decodeSettings(f clientele.File) ([]clientele.Part, error) {
	docs, err := trees(f.Data)
	if len(docs) == 0 || docs[0].Kind != doc.Map {
		return nil, err
	}
	n := docs[0]
	p := newPart("inso settings", clientele.Bind{As: clientele.Member})
	w := scribe{&p}
	for _, s := range n.Get("scripts").Fields() {
		p.Texts = append(p.Texts, clientele.Text{Place: clientele.InScript, Chain: []string{"scripts", s.Key}, Text: s.Secret(),
			Line: s.Line, Language: "shell"})
	}
	n.Walk(func(chain []string, k *doc.Node) bool {
		if len(chain) > 0 && chain[0] == "scripts" {
			return false
		}
		if k.IsScalar() && len(chain) > 0 {
			w.slot(clientele.Slot{Place: clientele.InSetting, Name: k.Key, Chain: chain[:len(chain)-1], Value: k.Secret(), Line: k.Line})
		}
		return true
	})
	if dir := n.First("workingDir", "src").Str(); dir != "" {
		p.Links = append(p.Links, clientele.Link{Rel: clientele.Runs, Tool: tool, Path: dir})
	}
	return []clientele.Part{p}, err
}
