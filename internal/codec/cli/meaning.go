package cli

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// value is a field of a file as a meaning gets it.
type value struct {
	name  string
	chain []string
	node  *doc.Node
	in    *doc.Node // what holds the field
	arg   string    // what stands behind "=" in the table
}

func (v value) text() string { return v.node.Str() }

func (v value) slot(role clientele.Role) clientele.Slot {
	return clientele.Slot{Role: role, Name: v.name, Chain: v.chain, Value: v.node.Secret(), Line: v.node.LineOr(0)}
}

// to is the way to the field, its name included.
func (v value) to() []string {
	if v.name == "" {
		return v.chain
	}
	return under(v.chain, v.name)
}

// meaning is what a field says of the client and the block it stands in.
type meaning func(c *client, b *block, v value)

// meanings are the words of the tables. A secret role is a word as it is written.
var meanings = map[string]meaning{
	"username":  func(c *client, b *block, v value) { c.slot(v.slot(clientele.Username)); b.who = v.text() },
	"login":     login,   // a person's user name
	"email":     email,   // a person's account, or a service account
	"mail":      mail,    // an address that tells an owner, and nothing of the signing in
	"machine":   machine, // a service account, role or robot
	"who":       func(_ *client, b *block, v value) { b.who = v.text() },
	"account":   func(_ *client, b *block, v value) { b.account = v.text() },
	"client_id": func(c *client, b *block, v value) { c.slot(v.slot(clientele.OAuthClientID)); b.client = v.text() },
	"key_id":    func(c *client, b *block, v value) { c.slot(v.slot(clientele.Identifier)); b.keyID = v.text() },
	"id":        func(c *client, b *block, v value) { c.slot(v.slot(clientele.Identifier)) },
	"none":      func(c *client, b *block, v value) { c.slot(v.slot(clientele.NotSecret)) },
	"kind":      kind,
	"workspace": workspace,
	"host":      func(_ *client, b *block, v value) { b.host = dsn.HostOf(v.text()) },
	"url":       address,
	"urls":      addresses,
	"link":      func(c *client, _ *block, v value) { c.request(v.to(), v.text(), v.node.LineOr(0)) },
	"site":      func(c *client, b *block, v value) { address(c, b, v); c.host = dsn.HostOf(v.text()) },
	"registry":  registryKey,
	"issuer":    func(_ *client, b *block, v value) { b.issuer = v.text() },
	"scope": func(_ *client, b *block, v value) {
		b.scopes = append(b.scopes, strings.FieldsFunc(v.text(), blank)...)
	},
	"issued":         func(_ *client, b *block, v value) { b.issued = when(v.text()) },
	"expires":        expires,
	"name":           func(c *client, b *block, v value) { c.part.Name = v.text() },
	"external":       func(c *client, b *block, v value) { c.part.ExternalID = v.text() },
	"ref":            reference,
	"sealed":         sealed,
	"command":        command,
	"basic":          basic,   // base64 of user:password
	"ident":          ident,   // user:password, or base64 of it
	"base64":         encoded, // base64 of a password
	"obscured":       obscured,
	"header":         func(c *client, b *block, v value) { c.slot(v.slot(clientele.AuthHeader)) },
	"header_row":     headerRow, // "Name: value" in one text
	"credential":     credentialOrHeader,
	"dsn":            func(c *client, b *block, v value) { c.slot(v.slot(clientele.ConnectionString)) },
	"text":           text,
	"proxy":          proxy,
	"proxy_user":     proxyLogin(clientele.Username),
	"proxy_password": proxyLogin(clientele.Password),
	"server":         server,
	"cookie":         as(clientele.CookieHeader),
	"named":          named,
	"rest":           rest,
	"oauth":          oauthJSON,
	"git_helper":     gitHelper,
	"audience":       func(c *client, b *block, v value) { b.audience = v.text(); c.scheme = "oidc" },
	"acts_as":        actsAs,
	"bundled":        bundled,
	"google_secret":  googleSecret,
	"pem64":          pem64,

	"password": as(clientele.Password), "token": as(clientele.Token), "refresh_token": as(clientele.RefreshToken),
	"id_token": as(clientele.IDToken), "api_key": as(clientele.APIKey), "client_secret": as(clientele.ClientSecret),
	"secret_key": as(clientele.SecretKey), "private_key": as(clientele.PrivateKey), "passphrase": as(clientele.Passphrase),
	"session": as(clientele.SessionID), "secret": as(clientele.OtherSecret),
}

// as is the meaning of a field that is a secret of that role.
func as(role clientele.Role) meaning {
	return func(c *client, b *block, v value) {
		s := v.slot(role)
		if role == clientele.SecretKey {
			s.Principal = b.keyID // the one above it, where a block has several pairs
		}
		c.slot(s)
	}
}

// reference and sealed are fields that lead to a secret, or keep it closed.
var (
	reference = classed(clientele.Reference)
	sealed    = classed(clientele.Encrypted)
)

func blank(r rune) bool { return unicode.IsSpace(r) || r == ',' }

func login(c *client, b *block, v value) {
	c.slot(v.slot(clientele.Username))
	b.who, b.kind = v.text(), clientele.Person
	c.owner(v.text(), "the account signed in with "+string(c.part.Tool), 0.6)
}

func email(c *client, b *block, v value) {
	b.who = v.text()
	switch {
	case machineName(b.who):
		b.kind = clientele.Machine
	case b.kind == "":
		b.kind = clientele.Person
	}
	if strings.Contains(b.who, "@") {
		c.owner(b.who, "the account signed in with "+string(c.part.Tool), 0.7)
	}
}

func mail(c *client, _ *block, v value) {
	c.owner(v.text(), "the address kept with the login of "+string(c.part.Tool), 0.5)
}

func machine(_ *client, b *block, v value) { b.who, b.kind = v.text(), clientele.Machine }

func kind(c *client, b *block, v value) {
	switch strings.ToLower(v.text()) {
	case "serviceprincipal", "service_account", "managedservice", "managedidentity", "serviceaccount":
		b.kind = clientele.Machine
		c.part.Owners = slices.DeleteFunc(c.part.Owners, func(o clientele.Owner) bool { return o.Who == b.who })
	case "user":
		b.kind = clientele.Person
	}
}

func workspace(c *client, b *block, v value) {
	c.part.Owners = append(c.part.Owners, clientele.Owner{
		Who: v.text(), Kind: clientele.VendorOwner, Evidence: v.name + " of " + string(c.part.Tool), Confidence: 0.3,
	})
}

func address(c *client, b *block, v value) {
	s := v.text()
	if strings.Contains(s, "://") {
		c.request(v.to(), s, v.node.LineOr(0))
	}
	if b.host == "" {
		b.host = dsn.HostOf(s)
	}
}

// registryKey is the name of a block that is a host in some files and a mere name in others.
func registryKey(_ *client, b *block, v value) {
	if strings.Contains(v.text(), ".") {
		b.host = dsn.HostOf(v.text())
	}
}

func addresses(c *client, b *block, v value) {
	for i, s := range strings.FieldsFunc(v.text(), blank) {
		if strings.Contains(s, "://") {
			c.request(v.to(), s, v.node.LineOr(0)+i)
		}
	}
}

func expires(_ *client, b *block, v value) {
	t := when(v.text())
	if v.arg == "" {
		b.expires = t
		return
	}
	if b.until == nil {
		b.until = map[string]time.Time{}
	}
	b.until[v.arg] = t
}

func classed(class clientele.Class) meaning {
	return func(c *client, b *block, v value) {
		s := v.slot(clientele.OtherSecret)
		s.Class = class
		c.slot(s)
	}
}

// command is a program that is run to get the secret. Its arguments may hold one.
func command(c *client, b *block, v value) {
	reference(c, b, v)
	c.part.Texts = append(c.part.Texts, clientele.Text{
		Place: clientele.InArgument, Chain: v.to(), Text: v.node.Secret(),
		Line: v.node.LineOr(0), Language: "shell",
	})
}

func basic(c *client, b *block, v value) {
	plain, ok := decode64(v.text())
	if user, password, both := strings.Cut(plain, ":"); ok && both {
		pair(c, b, v, user, password, clientele.Obfuscated)
		return
	}
	c.slot(v.slot(clientele.Password))
}

func ident(c *client, b *block, v value) {
	user, password, both := strings.Cut(v.text(), ":")
	if !both {
		basic(c, b, v)
		return
	}
	pair(c, b, v, user, password, "")
}

// pair adds a user and a password that stood in one field. A block may have several.
func pair(c *client, b *block, v value, user, password string, class clientele.Class) {
	in := c.enter(v.chain, v.node.LineOr(b.line))
	u, p := v.slot(clientele.Username), v.slot(clientele.Password)
	u.Value, p.Value = clientele.Secret(user), clientele.Secret(password)
	switch password {
	case "x-oauth-basic": // a token in the user's place
		u.Role, u.Class = clientele.Token, class
		c.slot(u)
	case "":
		c.slot(u)
	default:
		in.who, p.Class = user, class
		c.slot(u)
		c.slot(p)
	}
	c.leave(in)
}

func encoded(c *client, b *block, v value) {
	s := v.slot(clientele.Password)
	if strings.Contains(strings.ToLower(v.name), "passphrase") {
		s.Role = clientele.Passphrase
	}
	if plain, ok := decode64(v.text()); ok && plain != "" {
		s.Value, s.Class = clientele.Secret(plain), clientele.Obfuscated
	}
	c.slot(s)
}

// pem64 is base64 of a private key in PEM: what it hides is the key, the same as elsewhere.
func pem64(c *client, _ *block, v value) {
	s := v.slot(clientele.PrivateKey)
	if plain, ok := decode64(v.text()); ok && strings.Contains(plain, "-----BEGIN ") {
		s.Value, s.Class = clientele.Secret(strings.TrimSpace(plain)), clientele.Obfuscated
	}
	c.slot(s)
}

// decode64 undoes base64 in any of its alphabets, if text comes out.
func decode64(s string) (string, bool) {
	s = strings.TrimRight(strings.Join(strings.Fields(s), ""), "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := e.DecodeString(s); err == nil {
			return string(b), printable(string(b))
		}
	}
	return "", false
}

func printable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}

// oauthJSON is a token kept as JSON inside a string, as golang.org/x/oauth2 writes it.
func oauthJSON(c *client, b *block, v value) {
	n, _ := doc.JSON([]byte(v.text()))
	if n == nil || n.Kind != doc.Map {
		c.slot(v.slot(clientele.Token))
		return
	}
	in := c.enter(v.to(), v.node.LineOr(0))
	for _, k := range n.Kids {
		if m := oauthWords[k.Key]; m != nil && k.IsScalar() {
			k.Line = v.node.Line
			m(c, in, value{name: k.Key, chain: in.chain, node: k})
		}
	}
	c.leave(in)
}

var oauthWords = map[string]meaning{
	"access_token": as(clientele.Token), "refresh_token": as(clientele.RefreshToken), "id_token": as(clientele.IDToken), "expiry": expires,
}

func headerRow(c *client, b *block, v value) {
	name, val, ok := strings.Cut(v.text(), ":")
	s := v.slot("")
	c.solid = true
	if !ok {
		c.slot(s)
		return
	}
	v.name, v.node = strings.TrimSpace(name), scalar(strings.TrimSpace(val), v.node.Line)
	s = v.slot("")
	s.Place = clientele.InHeader
	if scheme, code, _ := strings.Cut(v.node.Text, " "); strings.EqualFold(scheme, "basic") {
		v.node.Text = strings.TrimSpace(code)
		from := len(c.part.Slots)
		basic(c, b, v)
		for i := range c.part.Slots[from:] {
			c.part.Slots[from+i].Place = clientele.InHeader
		}
		return
	}
	c.slot(s)
}

func credentialOrHeader(c *client, b *block, v value) {
	role := clientele.APIKey
	if scheme, _, ok := strings.Cut(v.text(), " "); ok && (strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "basic")) {
		role = clientele.AuthHeader
	}
	c.slot(v.slot(role))
}

func text(c *client, b *block, v value) {
	c.part.Texts = append(c.part.Texts, clientele.Text{
		Place: c.place, Chain: v.to(), Text: v.node.Secret(), Line: v.node.LineOr(0),
	})
	c.solid = true
}

// proxyLogin is the user or password of a proxy.
func proxyLogin(role clientele.Role) meaning {
	return func(c *client, b *block, v value) {
		s := v.slot(role)
		s.Place = clientele.InProxy
		if c.slot(s); role == clientele.Username {
			b.who = v.text()
		}
	}
}

func server(c *client, b *block, v value) {
	c.request(v.to(), "https://"+v.text(), v.node.LineOr(0))
	b.host = dsn.HostOf(v.text())
}

func proxy(c *client, b *block, v value) {
	s := v.slot("")
	s.Place = clientele.InProxy
	c.slot(s)
	c.solid = c.solid || strings.Contains(v.text(), "@")
}

// named is a field whose role its own name tells, as in a list of settings or variables; of
// {name, value} that is what stands beside it.
func named(c *client, b *block, v value) {
	s := v.slot("")
	if n := v.in.Fold("name"); strings.EqualFold(v.name, "value") && n.Str() != "" {
		s.Name = n.Str()
	}
	s.Place = clientele.InSetting
	c.slot(s)
	c.solid = c.solid || v.text() != ""
}

// rest is a field that the table does not know. Tools grow: it is shown, and its name tells.
func rest(c *client, b *block, v value) {
	if v.node.Kind != doc.String || v.text() == "" {
		return
	}
	s := v.slot("")
	s.Place = clientele.InSetting
	c.slot(s)
}
