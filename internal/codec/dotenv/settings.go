package dotenv

import (
	"bytes"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// builder gathers the settings of a program.
type builder struct{ clientele.Part }

func program(tool clientele.Tool, format, name, environment string) *builder {
	return &builder{clientele.Part{
		Tool: tool, Kind: clientele.SourceCode, Format: format, Name: name, Line: 1, Environment: environment,
		Syntax: clientele.SyntaxGeneric, Bind: clientele.Bind{As: clientele.Root},
	}}
}

func (b *builder) parts() []clientele.Part {
	if len(b.Slots) == 0 {
		return nil
	}
	return []clientele.Part{b.Part}
}

// tree takes every text below n. Within one block the user goes with the password.
func (b *builder) tree(n *doc.Node, chain []string) {
	if n == nil {
		return
	}
	user := userOf(n)
	if user != nil {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: "basic", Principal: user.Str(), Location: clientele.Location{Path: chain, Line: user.Line},
		})
	}
	for _, k := range n.Kids {
		name := k.Key
		if n.Kind == doc.List && len(chain) > 0 {
			name = chain[len(chain)-1]
		}
		switch {
		case k.Kind == doc.Map || k.Kind == doc.List:
			below := chain
			if k.Key != "" {
				below = append(chain[:len(chain):len(chain)], k.Key)
			}
			b.tree(k, below)
		case k.Kind == doc.String && k.Text != "":
			b.slot(k, name, chain, user.Str())
		case k.Kind == doc.Number && isUserOrPassword(name): // an unquoted password of digits
			b.slot(k, name, chain, user.Str())
		}
	}
}

func (b *builder) slot(n *doc.Node, name string, chain []string, user string) {
	if inner, ok := entity(n.Text); ok {
		n = &doc.Node{Kind: doc.String, Text: inner, Line: n.Line}
		chain = append(chain[:len(chain):len(chain)], name)
		b.Slots = append(b.Slots, clientele.Slot{
			Place: clientele.InSetting, Role: clientele.ConnectionString, Name: "provider connection string", Chain: chain, Value: n.Secret(), Line: n.Line,
		})
		return
	}
	s := clientele.Slot{Place: clientele.InSetting, Name: name, Chain: chain, Value: n.Secret(), Line: n.Line}
	switch {
	case isConnection(name, chain, n.Text):
		s.Role = clientele.ConnectionString
	case isPassword(name):
		s.Principal = user
	}
	b.Slots = append(b.Slots, s)
}

// entity takes the data store's connection string out of an Entity Framework one, which
// quotes it as one field among the names of models.
func entity(value string) (string, bool) {
	const field = "provider connection string="
	i := strings.Index(strings.ToLower(value), field)
	if i < 0 {
		return "", false
	}
	inner := strings.ReplaceAll(value[i+len(field):], "&quot;", `"`)
	if inner == "" || inner[0] != '"' && inner[0] != '\'' {
		return inner, inner != ""
	}
	if end := strings.IndexByte(inner[1:], inner[0]); end >= 0 {
		return inner[1 : end+1], true
	}
	return inner[1:], true
}

// isConnection reports whether the setting is a connection string by where it stands.
func isConnection(name string, chain []string, value string) bool {
	low := strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "").Replace(name))
	for _, c := range chain {
		if strings.EqualFold(c, "ConnectionStrings") {
			return true
		}
	}
	if strings.HasSuffix(low, "connectionstring") || strings.HasPrefix(value, "jdbc:") || strings.HasPrefix(value, "r2dbc:") {
		return true
	}
	return (strings.HasSuffix(low, "url") || strings.HasSuffix(low, "uri") || strings.HasSuffix(low, "dsn")) &&
		strings.Contains(value, "://") && !strings.HasPrefix(value, "http")
}

func lastName(name string) string {
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

func isPassword(name string) bool {
	switch lastName(name) {
	case "password", "pass", "pwd", "passwd":
		return true
	}
	return false
}

func isUser(name string) bool {
	switch lastName(name) {
	case "user", "username", "userid", "uid", "login":
		return true
	}
	return false
}

func isUserOrPassword(name string) bool { return isUser(name) || isPassword(name) }

// userOf is the field of a block that names the user, if a password stands beside it.
func userOf(n *doc.Node) *doc.Node {
	var user *doc.Node
	password := false
	for _, k := range n.Fields() {
		if k.IsScalar() && k.Text != "" {
			if isUser(k.Key) && user == nil {
				user = k
			}
			password = password || isPassword(k.Key)
		}
	}
	if !password {
		return nil
	}
	return user
}

// decodeAppSettings reads ASP.NET's settings, in which comments are allowed.
func decodeAppSettings(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.JSON(f.Data)
	base := path.Base(f.Path)
	environment := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(base, ".json"), "appsettings"), ".")
	b := program("aspnet", "appsettings", base, strings.TrimPrefix(environment, "."))
	b.tree(root, nil)
	return b.parts(), err
}

// decodeWebConfig reads the connection strings and settings of .NET Framework: elements
// <add name= connectionString=> and <add key= value=>, the keys that seal cookies, and
// elements with a password beside a user.
func decodeWebConfig(f clientele.File) ([]clientele.Part, error) {
	if !bytes.Contains(f.Data, []byte("onnectionString")) && !bytes.Contains(f.Data, []byte("appSettings")) &&
		!bytes.Contains(f.Data, []byte("machineKey")) && !bytes.Contains(f.Data, []byte("assword=")) {
		return nil, nil
	}
	root, err := doc.XML(f.Data)
	b := program("aspnet", "web.config", path.Base(f.Path), "")
	root.Walk(func(_ []string, n *doc.Node) bool {
		switch n.Key {
		case "connectionStrings", "appSettings":
			for _, add := range n.All("add") {
				v := add.Attr("connectionString") + add.Attr("value")
				if v != "" {
					b.slot(&doc.Node{Kind: doc.String, Text: v, Line: add.Line}, add.Attr("name")+add.Attr("key"), []string{n.Key}, "")
				}
			}
			return false
		case "machineKey":
			b.machineKey(n)
		default:
			b.login(n)
		}
		return true
	})
	return b.parts(), err
}

// machineKey has the keys that sign and seal cookies and view states, unless they are made
// at random on the machine.
func (b *builder) machineKey(n *doc.Node) {
	for _, name := range []string{"validationKey", "decryptionKey"} {
		if v := n.Attr(name); v != "" && !strings.HasPrefix(v, "AutoGenerate") {
			b.Slots = append(b.Slots, clientele.Slot{
				Place: clientele.InSetting, Role: clientele.SecretKey, Name: name, Chain: []string{n.Key}, Value: clientele.Secret(v), Line: n.Line,
			})
		}
	}
}

// login is an element with a password: the account a site runs as, a mail server's.
func (b *builder) login(n *doc.Node) {
	if c := n.Attr("sqlConnectionString"); c != "" {
		b.slot(&doc.Node{Kind: doc.String, Text: c, Line: n.Line}, "sqlConnectionString", []string{n.Key}, "")
	}
	password := n.Attr("password")
	if password == "" {
		return
	}
	user := n.Attr("userName") + n.Attr("name")
	b.Slots = append(b.Slots, clientele.Slot{
		Place: clientele.InSetting, Role: clientele.Password, Name: "password", Chain: []string{n.Key}, Value: clientele.Secret(password),
		Line: n.Line, Principal: user, Host: n.Attr("host"),
	})
	if user != "" {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: "basic", Principal: user, Location: clientele.Location{Path: []string{n.Key}, Line: n.Line},
		})
	}
}

// decodeSpringYAML reads Spring's settings. Each document may be for a profile.
func decodeSpringYAML(f clientele.File) ([]clientele.Part, error) {
	docs, err := doc.YAML(f.Data)
	var parts []clientele.Part
	for _, d := range docs {
		profile := d.Get("spring", "config", "activate", "on-profile").Str()
		for _, old := range []*doc.Node{d.Get("spring", "profiles"), d.Get("spring.profiles"), d.Get("spring.config.activate.on-profile")} {
			if profile == "" {
				profile = old.Str()
			}
		}
		if profile == "" {
			profile = profileOf(f.Path)
		}
		b := program("spring", "application.yml", path.Base(f.Path), profile)
		b.Line = d.LineOr(1)
		b.tree(d, nil)
		parts = append(parts, b.parts()...)
	}
	return parts, err
}

// decodeSpringProperties reads the same as flat pairs; a block is what a prefix has in common.
func decodeSpringProperties(f clientele.File) ([]clientele.Part, error) {
	root := doc.Properties(f.Data)
	for _, k := range root.Fields() {
		k.Key, k.Text = unescape(k.Key), unescape(k.Text)
	}
	b := program("spring", "application.properties", path.Base(f.Path), profileOf(f.Path))
	users := map[string]string{}
	for _, k := range root.Fields() {
		if isUser(k.Key) {
			users[prefix(k.Key)] = k.Text
		}
	}
	for _, k := range root.Fields() {
		if k.Text == "" {
			continue
		}
		user := users[prefix(k.Key)]
		b.slot(k, k.Key, nil, user)
		if isPassword(k.Key) && user != "" {
			b.Identities = append(b.Identities, clientele.Identity{
				Scheme: "basic", Principal: user, Location: clientele.Location{Path: []string{prefix(k.Key)}, Line: k.Line},
			})
		}
	}
	return b.parts(), nil
}

// unescape undoes the escapes of .properties that package doc leaves: \: \= \n and the like.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n', 'r', 't', 'f':
			b.WriteByte("\n\r\t\f"[strings.IndexByte("nrtf", c)])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func prefix(key string) string {
	return key[:max(strings.LastIndexByte(key, '.'), 0)]
}

// profileOf is the profile in a file's name: application-prod.yml.
func profileOf(name string) string {
	base := path.Base(name)
	base = strings.TrimSuffix(base, path.Ext(base))
	_, profile, _ := strings.Cut(base, "-")
	return profile
}
