package postman

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeLink reads the files of a .postman folder. They hold no secrets: they say which
// files of the repository are kept in which workspace.
func decodeLink(f clientele.File) ([]clientele.Part, error) {
	switch name := strings.ToLower(path.Base(f.Path)); {
	case strings.HasPrefix(name, "resources."):
		return resources(f)
	case name == "config.json":
		return linkConfig(f)
	default:
		return apiLink(f)
	}
}

func newLink(file, format, workspace string, n *doc.Node) *sheet {
	s := newSheet(file, format, "Postman link", n)
	s.Bind.As = clientele.Annotates
	s.ExternalID = workspace
	s.vendor("workspace", workspace, path.Base(file), 0.3)
	s.synced(workspace, "linked by .postman/"+path.Base(file))
	return s
}

// resources reads resources.yaml, the link file of Native Git: a map from paths, relative to
// .postman, to cloud ids.
func resources(f clientele.File) ([]clientele.Part, error) {
	docs, err := doc.YAML(f.Data)
	if len(docs) == 0 {
		return nil, err
	}
	n := docs[0]
	if !n.Has("workspace") && !n.Has("cloudResources") && !n.Has("localResources") {
		return nil, nil
	}
	s := newLink(f.Path, "resources.yaml", n.Get("workspace", "id").Str(), n)
	for _, kind := range n.Get("cloudResources").Fields() {
		for _, file := range kind.Fields() {
			for _, id := range scalars(file) {
				s.link(clientele.SyncedAs, file.Key, id)
				s.vendor("user", ownerOf(id), "cloud id in resources.yaml", 0.4)
			}
		}
	}
	for _, kind := range n.Get("localResources").Fields() {
		for _, file := range scalars(kind) {
			s.link(clientele.Lists, file, "")
		}
	}
	return []clientele.Part{s.Part}, err
}

// link adds a link to a file. Windows writes its own separators into keys.
func (s *sheet) link(rel clientele.LinkRel, file, id string) {
	s.Links = append(s.Links, clientele.Link{Rel: rel, Tool: tool, Path: strings.ReplaceAll(file, `\`, "/"), ID: id})
}

// scalars are the texts of a scalar or of a list.
func scalars(n *doc.Node) []string {
	if n.IsScalar() {
		return []string{n.Str()}
	}
	var all []string
	for _, e := range n.Items() {
		if e.IsScalar() {
			all = append(all, e.Str())
		}
	}
	return all
}

// linkConfig reads config.json, which Postman wrote before resources.yaml: lists of files
// without their ids. Postman's SDK generator keeps a file of the same name; that one tells
// of programming languages and is none of ours.
func linkConfig(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if n.Has("sdkName") || n.Has("languages") || !isMap(n.Get("workspace")) && !isMap(n.Get("entities")) {
		return nil, nil
	}
	s := newLink(f.Path, "config.json", n.Get("workspace", "id").Str(), n)
	for _, kind := range n.Get("entities").Fields() {
		for _, e := range kind.Items() {
			if file := e.First("path", "file"); file != nil {
				s.link(clientele.SyncedAs, file.Str(), e.First("id", "uid").Str())
				continue
			}
			if e.Str() != "" {
				s.link(clientele.SyncedAs, e.Str(), "")
			}
		}
	}
	return []clientele.Part{s.Part}, err
}

// apiLink reads the oldest link files: api names the APIs of a repository, api_<id> the
// files of one of them, each as a line of JSON.
func apiLink(f clientele.File) ([]clientele.Part, error) {
	n := doc.INI(f.Data)
	kind := n.Get("type").Str()
	if kind != "api" && kind != "apiEntityData" {
		return nil, nil
	}
	s := newSheet(f.Path, "api link", "Postman link", n)
	s.Bind.As = clientele.Annotates
	s.synced("", "linked by .postman/"+path.Base(f.Path))
	for _, api := range n.All("apis[]") {
		id := entry(api).Get("apiId").Str()
		s.Links = append(s.Links, clientele.Link{Rel: clientele.Lists, Tool: tool, Path: "api_" + id, ID: id})
	}
	s.ExternalID = n.Get("config", "id").Str()
	for _, section := range n.Fields() {
		rel := clientele.Lists
		if section.Key == "config.relations.collections" {
			rel = clientele.SyncedAs
		}
		s.relations(rel, section)
	}
	return []clientele.Part{s.Part}, nil
}

// relations links the files of one section, whose names are relative to its rootDirectory.
func (s *sheet) relations(rel clientele.LinkRel, section *doc.Node) {
	root := section.Get("rootDirectory").Str()
	for _, line := range section.All("files[]") {
		e := entry(line)
		file := e.Get("path").Str()
		if file == "" {
			continue
		}
		if root != "" && !strings.HasPrefix(file, root) {
			file = root + "/" + file
		}
		id := e.Get("id").Str()
		s.link(rel, file, id)
		s.vendor("user", ownerOf(id), "cloud id in "+path.Base(s.file), 0.4)
	}
}

// entry reads the JSON object that is a setting's value.
func entry(n *doc.Node) *doc.Node {
	v, _ := doc.JSON([]byte(n.Str()))
	return v
}
