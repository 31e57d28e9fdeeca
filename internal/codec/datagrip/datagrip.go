// Package datagrip reads the data sources of DataGrip and JetBrains' other IDEs:
// .idea/dataSources.xml, which is made to be committed, .idea/dataSources.local.xml, which is
// not, the same files of the IDE's global options, and the text that "Copy Settings" puts on
// the clipboard and people keep in notes.
//
// Passwords are in the system's keychain or in KeePass files. What is in these files is the
// JDBC URL, with whatever a person put into it, the user and the driver's properties. IDEs
// before 2018 kept passwords here, by an exclusive or with a constant.
//
// Sources: jetbrains.com/help/datagrip "Data sources"; intellij-community PasswordUtil; files
// found in public repositories.
package datagrip

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

const tool clientele.Tool = "datagrip"

// Decoders are the formats of the data sources.
var Decoders = []clientele.Decoder{
	{Name: "datagrip data sources", Paths: []string{"dataSources.xml"}, Decode: decodeShared},
	{Name: "datagrip local data sources", Paths: []string{"dataSources.local.xml"}, Decode: decodeLocal},
	{Name: "datagrip clipboard", Marks: []string{"#DataSourceSettings#"}, Decode: decodeClipboard},
}

// decodeShared reads dataSources.xml and takes the users from the local file beside it.
func decodeShared(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	locals := map[string]*doc.Node{}
	for _, n := range besides(f, "dataSources.local.xml") {
		locals[n.Attr("uuid")] = n
	}
	var parts []clientele.Part
	for _, n := range sources(root) {
		parts = append(parts, part(n, locals[n.Attr("uuid")], "dataSources.xml"))
	}
	return parts, err
}

// decodeLocal reads dataSources.local.xml for what the shared file beside it does not have,
// and for what is secret in it wherever the connection is described.
func decodeLocal(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	shared := map[string]bool{}
	for _, n := range besides(f, "dataSources.xml") {
		shared[n.Attr("uuid")] = true
	}
	var parts []clientele.Part
	for _, n := range sources(root) {
		p := part(n, nil, "dataSources.local.xml")
		if !shared[n.Attr("uuid")] || hasSecret(p) {
			parts = append(parts, p)
		}
	}
	return parts, err
}

func hasSecret(p clientele.Part) bool {
	for _, s := range p.Slots {
		if s.Role.Secret() {
			return true
		}
	}
	return false
}

// decodeClipboard reads data sources out of any text, between #BEGIN# and #END#.
func decodeClipboard(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	line, counted := 1, 0
	for at := 0; len(parts) < 10_000; {
		i := bytes.Index(f.Data[at:], []byte("<data-source "))
		if i < 0 {
			break
		}
		at += i
		end := bytes.Index(f.Data[at:], []byte("</data-source>"))
		if end < 0 {
			break
		}
		line += bytes.Count(f.Data[counted:at], []byte("\n"))
		counted = at
		next := at + end + len("</data-source>")
		n, err := doc.XML(f.Data[at:next])
		if err == nil && n.Attr("uuid") != "" {
			move(n, line-1)
			parts = append(parts, part(n, nil, "clipboard"))
		}
		at = next
	}
	return parts, nil
}

// move shifts the lines of a fragment to where it stands in the file.
func move(n *doc.Node, by int) {
	n.Walk(func(_ []string, k *doc.Node) bool {
		k.Line += by
		return true
	})
}

func besides(f clientele.File, name string) []*doc.Node {
	if f.Sibling == nil {
		return nil
	}
	b, err := f.Sibling(name)
	if err != nil {
		return nil
	}
	root, _ := doc.XML(b)
	return sources(root)
}

// sources are the data-source elements of the component that holds them.
func sources(root *doc.Node) []*doc.Node {
	var all []*doc.Node
	root.Walk(func(_ []string, n *doc.Node) bool {
		if n.Key != "data-source" {
			return len(all) < 100_000
		}
		if n.Attr("uuid") != "" || n.Get("jdbc-url") != nil {
			all = append(all, n)
		}
		return false
	})
	return all
}

// builder gathers the part of one data source.
type builder struct {
	clientele.Part
	user string
}

// part is the client for a data source. local is what the private file has of it, if anything.
func part(n, local *doc.Node, format string) clientele.Part {
	key := n.Attr("uuid")
	if key == "" {
		key = n.Attr("name")
	}
	b := &builder{Part: clientele.Part{
		Tool: tool, Kind: clientele.DataStoreClient, Format: format, Name: n.Attr("name"), Line: n.Line,
		ExternalID: n.Attr("uuid"), Environment: n.Attr("group-name"), Syntax: clientele.SyntaxGeneric, Bind: clientele.Bind{Key: key},
	}}
	if b.Environment == "" {
		b.Environment = n.Attr("group")
	}
	b.user = n.Get("user-name").Str()
	if b.user == "" {
		b.user = local.Get("user-name").Str()
	}
	scheme := authScheme(n.Get("auth-provider").Str())
	b.locate(n.Get("jdbc-url"), scheme)
	b.credentials(n)
	if b.user != "" {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: scheme, Principal: b.user, Location: clientele.Location{Path: []string{b.Name}, Line: b.Line},
		})
	}
	b.Exports = []string{"database tool: any table of " + b.Name}
	return b.Part
}

// locate takes the JDBC URL; an ADO connection string in its place is a slot.
func (b *builder) locate(url *doc.Node, scheme string) {
	switch v := url.Str(); {
	case v == "":
	case strings.HasPrefix(v, "jdbc:") || strings.Contains(v, "://"):
		b.Requests = append(b.Requests, clientele.Request{
			Chain: []string{b.Name}, URL: url.Secret(), Line: url.Line, Auth: &clientele.Auth{Scheme: scheme},
		})
	default:
		b.slot(url, "jdbc-url", clientele.ConnectionString, nil)
	}
}

// credentials reads the elements that may hold some: the user, old passwords, properties,
// the tunnel's and the certificate's settings, scripts that run on connecting.
func (b *builder) credentials(n *doc.Node) {
	b.slot(n.Get("user-name"), "user-name", clientele.Username, nil)
	if p := n.Get("password"); p != nil {
		b.slot(p, "password", clientele.Password, nil)
		if text, ok := decipher(p.Str()); ok {
			s := &b.Slots[len(b.Slots)-1]
			s.Value, s.Class = clientele.Secret(text), clientele.Obfuscated
		}
	}
	for _, group := range []string{"driver-properties", "jdbc-additional-properties", "vm-env", "environment"} {
		for _, p := range append(n.Get(group).All("property"), n.Get(group).All("env")...) {
			v := &doc.Node{Kind: doc.String, Text: p.Attr("value"), Line: p.Line}
			if !strings.HasPrefix(p.Attr("name"), "com.intellij.") {
				b.slot(v, p.Attr("name"), propertyRole(p.Attr("name")), []string{group})
			}
		}
	}
	ssh := n.Get("ssh-properties")
	from := len(b.Slots)
	b.slot(ssh.Get("proxy-password"), "proxy-password", clientele.Password, []string{"ssh-properties"})
	b.slot(ssh.Get("passphrase"), "passphrase", clientele.Passphrase, []string{"ssh-properties"})
	for i := range b.Slots[from:] {
		s := &b.Slots[from+i]
		s.Principal, s.Host, s.Dormant = ssh.Get("proxy-user").Str(), ssh.Get("proxy-host").Str(), ssh.Get("enabled").False()
	}
	b.slot(n.Get("ssl-config").Get("client-key-password"), "client-key-password", clientele.Passphrase, []string{"ssl-config"})
	for _, s := range []*doc.Node{n.Get("startup-script"), n.Get("init-script"), n.Get("vm-options"), n.Get("remarks")} {
		if s.Str() != "" {
			b.Texts = append(b.Texts, clientele.Text{Place: clientele.InScript, Chain: []string{b.Name, s.Key}, Text: s.Secret(), Line: s.Line})
		}
	}
}

func (b *builder) slot(n *doc.Node, name string, role clientele.Role, below []string) {
	if n.Str() == "" {
		return
	}
	s := clientele.Slot{
		Place: clientele.InSetting, Role: role, Name: name, Chain: append([]string{b.Name}, below...), Value: n.Secret(), Line: n.Line,
	}
	if role != "" {
		s.Place = clientele.InAuth
	}
	if role.Secret() {
		s.Principal = b.user
	}
	b.Slots = append(b.Slots, s)
}

func propertyRole(name string) clientele.Role {
	switch strings.ToLower(name) {
	case "password", "pwd":
		return clientele.Password
	case "user", "username", "uid":
		return clientele.Username
	}
	return ""
}

// authScheme is the scheme for a provider of the IDE's.
func authScheme(provider string) string {
	switch p := strings.ToLower(provider); {
	case p == "no-auth":
		return "none"
	case strings.Contains(p, "iam") || strings.Contains(p, "aws"):
		return "aws_sigv4"
	case strings.Contains(p, "kerberos") || strings.Contains(p, "gss") || strings.Contains(p, "domain"):
		return "negotiate"
	case strings.Contains(p, "azure") || strings.Contains(p, "oauth") || strings.Contains(p, "token"):
		return "oauth2"
	}
	return "basic"
}

// decipher undoes PasswordUtil: each character is four hex digits after an exclusive or.
func decipher(s string) (string, bool) {
	if s == "" || len(s)%4 != 0 {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(s); i += 4 {
		v, err := strconv.ParseUint(s[i:i+4], 16, 16)
		if err != nil {
			return "", false
		}
		c := rune(v ^ 0xdfaa)
		if c < ' ' {
			return "", false
		}
		b.WriteRune(c)
	}
	return b.String(), true
}
