package thunder

import (
	"cmp"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// tree is how collections and folders, known by their ids, lie in one another.
type tree struct {
	branches map[string]branch
	only     string // the collection that a file is about, for requests that name none
}

type branch struct {
	name   string
	parent string
	auth   *doc.Node
}

func newTree() *tree { return &tree{branches: map[string]branch{}} }

// collection adds a collection and its folders, and returns its id. Exports may have none.
func (t *tree) collection(n *doc.Node) string {
	id := cmp.Or(n.Get("_id").Str(), "collection")
	t.branches[id] = branch{name: cmp.Or(collectionName(n), "collection"), auth: n.Get("settings", "auth")}
	for _, f := range n.Get("folders").Items() {
		parent := cmp.Or(f.Get("containerId").Str(), id)
		t.branches[f.Get("_id").Str()] = branch{f.Get("name").Str(), parent, f.Get("settings", "auth")}
	}
	return id
}

// parent is the id of the branch that a request lies in.
func (t *tree) parent(request *doc.Node) string {
	for _, key := range []string{"containerId", "colId"} {
		if id := request.Get(key).Str(); id != "" {
			if _, ok := t.branches[id]; ok {
				return id
			}
		}
	}
	return t.only
}

// maxFolders bounds how deep folders nest; ids that form a ring end there.
const maxFolders = 30

// way is the names from the collection to the branch of that id.
func (t *tree) way(id string) []string {
	var names []string
	for range maxFolders {
		b, ok := t.branches[id]
		if !ok {
			break
		}
		names = append(names, b.name)
		if b.parent == id || b.parent == "" {
			break
		}
		id = b.parent
	}
	slices.Reverse(names)
	return names
}

// auth is what holds below the branch of that id: the nearest setting above.
func (t *tree) auth(id string) *clientele.Auth {
	for range maxFolders {
		b, ok := t.branches[id]
		if !ok {
			break
		}
		if kind := b.auth.Get("type").Str(); kind != "" && kind != "inherit" {
			return &clientele.Auth{Scheme: scheme(kind), Chain: t.way(id)}
		}
		if b.parent == id || b.parent == "" {
			break
		}
		id = b.parent
	}
	return &clientele.Auth{Scheme: "none"}
}

// collection adds what a collection and its folders set for the requests in them.
func (b *builder) collection(n *doc.Node, t *tree) {
	b.settings(t.way(cmp.Or(n.Get("_id").Str(), "collection")), n)
	for _, f := range n.Get("folders").Items() {
		b.settings(t.way(f.Get("_id").Str()), f)
	}
}

func (b *builder) settings(chain []string, n *doc.Node) {
	s := n.Get("settings")
	b.rows(clientele.InHeader, below(chain, "headers"), s.Get("headers"), false)
	b.auth(chain, s.Get("auth"))
	b.scripts(chain, s)
	b.rows(clientele.InVariable, below(chain, "variables"), s.Get("variables"), false)
	if u := s.First("baseUrl", "url"); u != nil {
		b.slot(clientele.Slot{Place: clientele.InURL, Name: u.Key, Chain: chain, Value: u.Secret(), Line: u.Line})
	}
	for _, d := range []*doc.Node{n.Get("docs"), s.Get("docs"), n.Get("description")} {
		b.text(clientele.InText, below(chain, "docs"), d, false)
	}
}
