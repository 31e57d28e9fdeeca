package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// decodeNewman reads newmanrc: options of newman run, under "run" or at the top, in the
// spelling of the library or of the command line.
func decodeNewman(f clientele.File) ([]clientele.Part, error) {
	if !begins(f.Data, '{') {
		return nil, nil
	}
	n, err := doc.JSON(f.Data)
	parts := session(f.Path, n) // newman login kept its keys here
	for _, options := range []*doc.Node{n.Get("run"), n} {
		if s := newmanRun(f.Path, options); s != nil {
			parts = append(parts, s.Part)
			break
		}
	}
	return parts, err
}

// newmanRun reads the options of a run, or nothing where there are none.
func newmanRun(file string, n *doc.Node) *sheet {
	s := newSheet(file, "newman settings", "Newman", n)
	known := 0
	for _, option := range n.Fields() {
		if s.option(fold(option.Key), option) {
			known++
		}
	}
	if known == 0 {
		return nil
	}
	return s
}

// option reads one option, and reports whether it is one of Newman's.
func (s *sheet) option(name string, n *doc.Node) bool {
	at := spot{}
	switch name {
	case "collection":
		s.source(clientele.Runs, n)
	case "environment", "globals", "iterationdata":
		s.source(clientele.UsesVars, n)
	case "envvar":
		s.assignments(at, "environment", n)
	case "globalvar":
		s.assignments(at, "global", n)
	case "sslclientcert", "sslclientcertlist", "sslextracacerts":
		s.source(clientele.Includes, n)
	case "sslclientpassphrase":
		s.slot(at, clientele.InCertificate, clientele.Passphrase, row{name: n.Key, value: n.Str(), line: n.Line})
	case "postmanapikey":
		s.slot(at, clientele.InSetting, clientele.APIKey, row{name: n.Key, value: n.Str(), line: n.Line})
	case "reporter":
		n.Walk(func(_ []string, n *doc.Node) bool {
			if n.Key == "export" {
				s.Outputs = append(s.Outputs, n.Str())
			}
			return true
		})
	case "reporters", "folder", "sslclientkey", "workingdir", "insecure", "bail", "iterationcount":
		return true
	case "cookiejar", "exportenvironment", "exportglobals", "exportcollection":
		s.Outputs = append(s.Outputs, n.Str())
	default:
		if !strings.HasPrefix(name, "reporter") || !strings.HasSuffix(name, "export") {
			return false
		}
		s.Outputs = append(s.Outputs, n.Str())
	}
	return true
}

// source links what a run takes in: a file, a URL of the Postman API that may hold a key, or
// the thing itself.
func (s *sheet) source(rel clientele.LinkRel, n *doc.Node) {
	switch {
	case isCollection(n):
		inner := collection(s.file, n)
		s.Requests, s.Slots = append(s.Requests, inner.Requests...), append(s.Slots, inner.Slots...)
		s.Variables, s.Texts = append(s.Variables, inner.Variables...), append(s.Texts, inner.Texts...)
		s.Identities = append(s.Identities, inner.Identities...)
	case isVariables(n):
		s.variables(spot{}, "environment", n.Get("values"))
	case strings.Contains(n.Str(), "://"):
		s.slot(spot{}, clientele.InURL, "", row{name: n.Key, value: n.Str(), line: n.Line})
		address, _, _ := strings.Cut(n.Str(), "?")
		s.Links = append(s.Links, clientele.Link{Rel: rel, Tool: tool, ID: address[strings.LastIndexByte(address, '/')+1:]})
	case n.Str() != "":
		s.link(rel, n.Str(), "")
	}
}

// assignments reads variables given to a run, as rows or as "name=value".
func (s *sheet) assignments(at spot, scope string, n *doc.Node) {
	for _, e := range n.Items() {
		if name, value, ok := strings.Cut(e.Str(), "="); ok {
			s.variable(at, scope, row{name: name, value: value, line: e.Line})
		}
	}
	if name, value, ok := strings.Cut(n.Str(), "="); ok {
		s.variable(at, scope, row{name: name, value: value, line: n.Line})
		return
	}
	if isMap(n) || isMap(n.At(0)) {
		s.variables(at, scope, n)
	}
}

// decodeCertificates reads a list of client certificates for newman --ssl-client-cert-list.
func decodeCertificates(f clientele.File) ([]clientele.Part, error) {
	if !begins(f.Data, '[') || !holdsAny(f.Data, `"matches"`) {
		return nil, nil
	}
	n, err := doc.JSON(f.Data)
	s := newSheet(f.Path, "client certificate list", "Client certificates", n)
	known := 0
	for _, c := range n.Items() {
		if isList(c.Get("matches")) && (c.Has("cert") || c.Has("key") || c.Has("pfx")) {
			s.certificate(spot{}.in("certificate "+nameOf(c)), c)
			known++
		}
	}
	if known == 0 {
		return nil, nil
	}
	return []clientele.Part{s.Part}, err
}

// certificate emits the passphrase of a client certificate, with whom it stands for and the
// host it is shown to.
func (s *sheet) certificate(at spot, n *doc.Node) {
	if !isMap(n) {
		return
	}
	hosts := scalars(n.Get("matches"))
	if p := n.Get("passphrase"); p.Str() != "" {
		s.slot(at, clientele.InCertificate, clientele.Passphrase, row{name: "passphrase", value: p.Str(), line: p.Line})
		last := &s.Slots[len(s.Slots)-1]
		last.Principal = n.Get("name").Str()
		if len(hosts) == 1 {
			last.Host = dsn.HostOf(hosts[0])
		}
	}
	if who := n.Get("cert", "src").Str(); who != "" && !at.recorded {
		s.Identities = append(s.Identities, clientele.Identity{
			Scheme: "mtls", Principal: who,
			Location: clientele.Location{File: s.file, Path: at.chain, Line: n.Get("cert", "src").LineOr(n.Line)},
		})
	}
}
