package httpie

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// options are the options that matter, by each of their names. All of them take a value.
var options = map[string]string{
	"--auth": "auth", "-a": "auth", "--auth-type": "type", "-A": "type",
	"--session": "session", "--session-read-only": "session",
	"--proxy": "proxy", "--cert": "cert", "--cert-key": "cert", "--cert-key-pass": "passphrase",
	"--output": "output", "-o": "output",
}

// decodeConfig reads config.json, whose default_options go before those of each command.
func decodeConfig(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	list := n.Get("default_options").Items()
	if len(list) == 0 {
		return nil, err
	}
	b := newBuilder("config", "HTTPie defaults", clientele.Alone)
	kind := ""
	each(list, func(meaning, _ string, v *doc.Node) {
		if meaning == "type" {
			kind = v.Str()
		}
	})
	each(list, func(meaning, name string, v *doc.Node) { b.option(meaning, name, kind, v) })
	return b.parts(), err
}

// each calls f with the options of a command line and their values, which stand behind an
// equals sign or are the next word. Behind a short option they may follow at once.
func each(list []*doc.Node, f func(meaning, name string, value *doc.Node)) {
	for i := 0; i < len(list); i++ {
		word := list[i].Str()
		name, value, joined := strings.Cut(word, "=")
		if len(word) > 2 && word[0] == '-' && word[1] != '-' {
			name, value, joined = word[:2], word[2:], true
		}
		meaning, ok := options[name]
		if !ok {
			continue
		}
		v := &doc.Node{Kind: doc.String, Text: value, Line: list[i].Line}
		if !joined && i+1 < len(list) {
			i++
			v = list[i]
		}
		f(meaning, name, v)
	}
}

func (b *builder) option(meaning, name, kind string, v *doc.Node) {
	chain := []string{"default_options", name}
	switch meaning {
	case "auth":
		b.credentials(kind, v.Str(), chain, v.Line, "")
	case "session":
		if strings.ContainsAny(v.Str(), `/\`) { // otherwise it is a name, of one session a host
			b.Links = append(b.Links, clientele.Link{Rel: clientele.Includes, Tool: tool, Path: v.Str()})
		}
	case "proxy": // "protocol:URL"
		_, url, _ := strings.Cut(v.Str(), ":")
		b.slot(clientele.Slot{Place: clientele.InProxy, Name: name, Chain: chain, Value: clientele.Secret(url), Line: v.Line})
	case "passphrase":
		b.slot(clientele.Slot{
			Place: clientele.InCertificate, Role: clientele.Passphrase, Name: name, Chain: chain, Value: v.Secret(), Line: v.Line,
		})
	case "output":
		b.Outputs = append(b.Outputs, v.Str())
	case "cert":
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: "mtls", Principal: v.Str(), Location: clientele.Location{Path: chain, Line: v.Line},
		})
	}
}
