package cli

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// nugetDecoder reads NuGet.Config: one client a package source with credentials. A Password
// is sealed by Windows for its user, a ClearTextPassword is not; %NAME% refers to the
// environment.
var nugetDecoder = clientele.Decoder{Name: "nuget config", Paths: []string{"nuget.config", "nuget.*.config"}, Decode: decodeNuGet}

func decodeNuGet(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	if root == nil || !strings.EqualFold(root.Key, "configuration") {
		return nil, err
	}
	sources := map[string]*doc.Node{}
	for _, s := range root.Fold("packageSources").All("add") {
		sources[strings.ToLower(s.Attr("key"))] = s
	}
	var parts []clientele.Part
	for _, s := range root.Fold("packageSourceCredentials").Fields() {
		if c := nugetSource(s, sources); c.solid && len(parts) < maxRequests {
			parts = append(parts, c.done())
		}
	}
	if c := nugetSettings(root); c.solid {
		parts = append(parts, c.done())
	}
	return parts, err
}

var xmlEscape = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// elementName undoes the escapes of a name that is written as an XML element.
func elementName(s string) string {
	return xmlEscape.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[2:6], 16, 16)
		return string(rune(n))
	})
}

func nugetClient(name string, line int) *client {
	c := newClient("nuget", "nuget config", name, line)
	c.scheme, c.place, c.part.Syntax = "basic", clientele.InSetting, clientele.SyntaxMCP
	return c
}

func nugetSource(s *doc.Node, sources map[string]*doc.Node) *client {
	name := elementName(s.Key)
	c := nugetClient(name, s.Line)
	b := c.enter([]string{"packageSourceCredentials", name}, s.Line)
	if src := sources[strings.ToLower(name)]; src != nil {
		c.request([]string{"packageSources", name}, src.Attr("value"), src.Line)
		b.host = dsn.HostOf(src.Attr("value"))
	}
	for _, a := range s.All("add") {
		word := map[string]string{"username": "username", "cleartextpassword": "password", "password": "windows"}[strings.ToLower(a.Attr("key"))]
		c.nuget(b, word, a)
	}
	c.leave(b)
	return c
}

func (c *client) nuget(b *block, word string, a *doc.Node) {
	n := scalar(a.Attr("value"), a.Line)
	v := value{name: a.Attr("key"), chain: b.chain, node: n}
	switch {
	case n.Text == "" || word == "":
	case word == "windows":
		s := v.slot(clientele.Password)
		if !strings.HasPrefix(n.Text, "%") {
			s.Class = clientele.Encrypted
		}
		if strings.Contains(v.name, "proxy") {
			s.Place = clientele.InProxy
		}
		c.slot(s)
	default:
		meanings[word](c, b, v)
	}
}

// nugetSettings are the keys for pushing packages, the proxy's, and sources with user and
// password in the address.
func nugetSettings(root *doc.Node) *client {
	c := nugetClient("settings", 1)
	c.scattered = true
	keys := c.enter([]string{"apikeys"}, 1)
	for _, a := range root.Fold("apikeys").All("add") {
		n := scalar(a.Attr("value"), a.Line)
		s := value{name: "apikey " + dsn.Bare(a.Attr("key")), chain: keys.chain, node: n}.slot(clientele.APIKey)
		s.Host = dsn.HostOf(a.Attr("key"))
		if strings.HasPrefix(n.Text, "AQAAANCMnd8") { // Windows seals; elsewhere people write keys by hand
			s.Class = clientele.Encrypted
		}
		c.slot(s)
	}
	c.leave(keys)
	config := c.enter([]string{"config"}, 1)
	for _, a := range root.Fold("config").All("add") {
		c.nuget(config, map[string]string{
			"http_proxy": "proxy", "http_proxy.user": "proxy_user", "http_proxy.password": "windows",
		}[strings.ToLower(a.Attr("key"))], a)
	}
	c.leave(config)
	for _, a := range root.Fold("packageSources").All("add") {
		if strings.Contains(a.Attr("value"), "@") {
			c.request([]string{"packageSources", a.Attr("key")}, a.Attr("value"), a.Line)
		}
	}
	return c
}
