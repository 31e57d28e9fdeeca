package httpfile

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeSettings reads settings.json of VS Code, of a user, workspace or folder, and
// *.code-workspace files, for what REST Client and the extension of httpYac keep there.
func decodeSettings(f clientele.File) ([]clientele.Part, error) {
	if !looksLikeJSON(f.Data) {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	settings := root
	if s := root.Get("settings"); s != nil {
		settings = s
	}
	part := newPart(f, "VS Code settings", clientele.Supplies)
	for _, s := range settings.Fields() {
		section, key, _ := strings.Cut(s.Key, ".")
		if section == "rest-client" || section == "httpyac" {
			config(&part, below(nil, section), key, s)
		}
	}
	if empty(part) {
		return nil, err
	}
	return []clientele.Part{part}, err
}

// decodeHTTPYac reads httpYac's project file, or its section in package.json.
func decodeHTTPYac(f clientele.File) ([]clientele.Part, error) {
	if !looksLikeJSON(f.Data) {
		return nil, nil
	}
	root, err := doc.JSON(f.Data)
	if !strings.Contains(path.Base(f.Path), "httpyac") {
		root = root.Get("httpyac")
	}
	part := newPart(f, "httpYac config", clientele.Supplies)
	for _, s := range root.Fields() {
		config(&part, nil, s.Key, s)
	}
	if empty(part) {
		return nil, err
	}
	return []clientele.Part{part}, err
}

// decodeHTTPYacScript reads httpYac's project file where it is a program.
func decodeHTTPYacScript(f clientele.File) ([]clientele.Part, error) {
	if len(bytes.TrimSpace(f.Data)) == 0 {
		return nil, nil
	}
	part := newPart(f, "httpYac config script", clientele.Supplies)
	part.Texts = []clientele.Text{{Place: clientele.InScript, Text: clientele.Secret(string(f.Data)), Line: 1}}
	return []clientele.Part{part}, nil
}

// config reads one setting. Both tools use the same words for the same things.
func config(part *clientele.Part, chain []string, key string, n *doc.Node) {
	switch key {
	case "environmentVariables", "environments":
		environments(part, n)
	case "certificates", "clientCertificates":
		for _, host := range n.Fields() {
			hostCertificate(part, below(chain, key, host.Key), host)
		}
	case "defaultHeaders":
		defaultHeaders(part, below(chain, key), n)
	case "proxy":
		if n.IsScalar() {
			part.Slots = append(part.Slots, clientele.Slot{
				Place: clientele.InProxy, Name: key, Chain: chain, Value: n.Secret(), Line: n.Line,
				Role: clientele.ConnectionString,
			})
		}
	}
}

// hostCertificate reads what a client shows to one host.
func hostCertificate(part *clientele.Part, chain []string, n *doc.Node) {
	if p := n.Get("passphrase"); p.IsScalar() {
		part.Slots = append(part.Slots, clientele.Slot{
			Place: clientele.InCertificate, Role: clientele.Passphrase, Name: "passphrase", Chain: chain,
			Value: p.Secret(), Line: p.Line, Host: n.Key,
		})
	}
	for _, k := range []string{"key", "pfx"} {
		v := n.Get(k)
		switch {
		case strings.Contains(v.Str(), "-----BEGIN"):
			part.Slots = append(part.Slots, clientele.Slot{
				Place: clientele.InCertificate, Role: clientele.PrivateKey, Name: k, Chain: chain,
				Value: v.Secret(), Line: v.Line, Host: n.Key,
			})
		case v.Str() != "":
			part.Links = append(part.Links, clientele.Link{Rel: clientele.Lists, Path: v.Str()})
		}
	}
}

// looksLikeJSON reports whether the text begins as an object or a comment before one does.
func looksLikeJSON(data []byte) bool {
	t := bytes.TrimSpace(data)
	return len(t) > 0 && (t[0] == '{' || t[0] == '/')
}

// empty reports whether nothing was found for a part.
func empty(p clientele.Part) bool {
	return len(p.Slots) == 0 && len(p.Variables) == 0 && len(p.Links) == 0
}
