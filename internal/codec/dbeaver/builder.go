package dbeaver

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// builder gathers the part of one connection.
type builder struct {
	clientele.Part
	user, host, database string
	auth                 string
}

func begin(name, key, format string, line int) *builder {
	if name == "" {
		name = key
	}
	return &builder{auth: "basic", Part: clientele.Part{
		Tool: tool, Kind: clientele.DataStoreClient, Format: format, Name: name, Line: line,
		// ${name} is a variable of DBeaver's or of the environment's.
		Syntax: clientele.SyntaxGeneric, Bind: clientele.Bind{Key: key},
	}}
}

// roles says what the fields of configurations, handlers and credentials are. Fields that are
// not in it are settings, judged by name and value.
var roles = map[string]clientele.Role{
	"user": clientele.Username, "username": clientele.Username, "userid": clientele.Username,
	"password": clientele.Password, "userpassword": clientele.Password,
	"passphrase": clientele.Passphrase, "sslpassword": clientele.Passphrase, "keypassphrase": clientele.Passphrase,
	"keyvalue": clientele.PrivateKey, "sshkeyvalue": clientele.PrivateKey, "privatekey": clientele.PrivateKey,
	"sslclientkeyvalue": clientele.PrivateKey,
	"accesstoken":       clientele.Token, "token": clientele.Token, "oauthtoken": clientele.Token,
	"clientsecret": clientele.ClientSecret, "clientid": clientele.OAuthClientID,
	"secretkey": clientele.SecretKey, "iamsecretkey": clientele.SecretKey, "awssecretkey": clientele.SecretKey,
	"iamaccesskey": clientele.Identifier, "accesskey": clientele.Identifier,
}

// roleOf looks a field up by the last of its dotted names: jumpServer0.password.
func roleOf(name string) clientele.Role {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return roles[strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))]
}

// target reads where the connection goes. The URL is as the driver gets it, and may hold
// what the fields do not show.
func (b *builder) target(conf *doc.Node, provider string) {
	b.host = conf.First("host", "server").Str()
	b.database = conf.Get("database").Str()
	switch model := conf.First("auth-model", "authModel").Str(); {
	case strings.Contains(model, "iam"):
		b.auth = "aws_sigv4"
	case strings.Contains(model, "kerberos"), strings.Contains(model, "windows"):
		b.auth = "negotiate"
	case strings.Contains(model, "oauth"), strings.Contains(model, "azure"), strings.Contains(model, "sso"):
		b.auth = "oauth2"
	}
	url := conf.Get("url")
	value := url.Secret()
	if value.Empty() && b.host != "" {
		address := b.host
		if port := conf.Get("port").Str(); port != "" {
			address += ":" + port
		}
		value = clientele.Secret(provider + "://" + address + "/" + b.database)
	}
	if !value.Empty() {
		b.Requests = append(b.Requests, clientele.Request{
			Chain: []string{b.Name}, URL: value, Line: url.LineOr(b.Line), Auth: &clientele.Auth{Scheme: b.auth},
		})
	}
}

// config reads a configuration: fields, maps of properties, network handlers, and what runs
// when the connection opens.
func (b *builder) config(conf *doc.Node) {
	b.user = conf.First("user", "userName").Str()
	for _, f := range conf.Fields() {
		switch f.Key {
		case "auth-properties", "authProperties", "properties", "provider-properties", "providerProperties":
			b.fields(f, []string{b.Name, f.Key}, false, f.First("user", "userName").Str(), b.host)
		case "handlers":
			for _, h := range f.Fields() {
				b.handler(h)
			}
		case "events":
			for _, e := range f.Fields() {
				b.text(e.Get("command"), "shell", e.Get("enabled").False(), "event "+e.Key)
			}
		case "bootstrap":
			for _, q := range f.Get("initQueries").Items() {
				b.text(q, "", false, "bootstrap")
			}
		default:
			if r := roleOf(f.Key); r != "" && f.IsScalar() {
				b.slot(f, r, []string{b.Name}, false, b.user, b.host)
			}
		}
	}
	set(&b.user, conf.First("auth-properties", "authProperties", "properties").First("user", "userName").Str())
}

// handler reads a tunnel or proxy: fields of its own and a map of properties.
func (b *builder) handler(h *doc.Node) {
	off := h.Get("enabled").False()
	props := h.Get("properties")
	user, host := h.First("user", "userName").Str(), props.First("host", "socks-host", "http-host").Str()
	chain := []string{b.Name, h.Key}
	for _, f := range h.Fields() {
		if r := roleOf(f.Key); r != "" && f.IsScalar() {
			b.slot(f, r, chain, off, user, host)
		}
	}
	b.fields(props, chain, off, user, host)
	if host != "" && !off {
		b.Requests = append(b.Requests, clientele.Request{
			Chain: chain, URL: clientele.Secret(handlerURL(h.Key, host, props.Get("port").Str())), Line: h.Line,
		})
	}
}

func handlerURL(kind, host, port string) string {
	scheme := "ssh"
	if strings.Contains(kind, "proxy") {
		scheme = "socks5"
	}
	if port != "" {
		host += ":" + port
	}
	return scheme + "://" + host
}

// fields reads a map of properties. Those of a jump server have its name before a dot.
func (b *builder) fields(n *doc.Node, chain []string, off bool, user, host string) {
	for _, f := range n.Fields() {
		if f.Kind != doc.String {
			continue
		}
		user, host := user, host
		if i := strings.LastIndexByte(f.Key, '.'); i >= 0 {
			user, host = n.Get(f.Key[:i]+".user").Str(), n.Get(f.Key[:i]+".host").Str()
		}
		b.slot(f, roleOf(f.Key), chain, off, user, host)
	}
}

func (b *builder) slot(f *doc.Node, role clientele.Role, chain []string, off bool, user, host string) {
	if f.Str() == "" {
		return
	}
	s := clientele.Slot{Place: clientele.InSetting, Role: role, Name: f.Key, Chain: chain, Value: f.Secret(), Line: f.Line, Dormant: off}
	if role != "" {
		s.Place = clientele.InAuth
	}
	if role.Secret() {
		s.Principal, s.Host = user, host
	}
	b.Slots = append(b.Slots, s)
}

func (b *builder) text(n *doc.Node, language string, off bool, name string) {
	if n.Str() != "" {
		b.Texts = append(b.Texts, clientele.Text{
			Place: clientele.InScript, Chain: []string{b.Name, name}, Text: n.Secret(), Line: n.Line, Dormant: off, Language: language,
		})
	}
}

// done adds what follows from the rest.
func (b *builder) done() clientele.Part {
	if b.user != "" {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: b.auth, Principal: b.user, Issuer: b.host, Location: clientele.Location{Path: []string{b.Name}, Line: b.Line},
		})
	}
	what := "database tool: any table"
	if b.database != "" {
		what += " of " + b.database
	}
	if b.host != "" {
		what += " on " + b.host
	}
	b.Exports = append(b.Exports, what)
	return b.Part
}

func set(to *string, v string) {
	if *to == "" {
		*to = v
	}
}
