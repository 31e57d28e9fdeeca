package settings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// maxValues bounds the fields of one file that are looked at.
const maxValues = 50_000

// client gathers what a file says of one client.
type client struct {
	*table
	part clientele.Part
	left *int // values of the file that may still be looked at
}

// block is a part of the file whose fields belong together.
type block struct {
	chain []string
	env   bool // its fields are environment variables
	slots int  // where those of the block begin
	line  int

	who                          []login
	scheme, host, port, database string
	outer                        string // the host of the block around it
}

// login is somebody who signs in: the user of smtp_user has smtp_password.
type login struct {
	prefix, name string
	role         clientele.Role
}

func (c *client) walk(e entry) {
	b := block{scheme: c.row.scheme, line: c.part.Line}
	if e.node.Kind == doc.Map || e.node.Kind == doc.List {
		c.block(e.node, b)
		return
	}
	c.value(e.node, e.name, &b)
	c.leave(&b)
}

// worth reports whether the client holds what is worth telling.
func (c *client) worth() bool {
	if len(c.part.Identities) > 0 || len(c.part.Requests) > 0 && !c.strict {
		return true
	}
	for i := range c.part.Slots {
		s := &c.part.Slots[i]
		if s.Role.Secret() || s.Role == clientele.ConnectionString || s.Marked || s.Class == clientele.Encrypted || credentialName.MatchString(s.Name) {
			return true
		}
	}
	return slices.ContainsFunc(c.part.Requests, func(r clientele.Request) bool { return userinfo.MatchString(r.URL.Reveal()) })
}

var userinfo = regexp.MustCompile(`://[^/\s@]*:[^/\s]*@`)

// block takes the fields of a map or list: first those that say whom and where the block is
// about, then what is nested in it.
func (c *client) block(n *doc.Node, b block) {
	b.slots = len(c.part.Slots)
	for _, nested := range []bool{false, true} {
		for i, k := range n.Kids {
			if *c.left <= 0 {
				return
			}
			if container := k.Kind == doc.Map || k.Kind == doc.List; container == nested {
				*c.left--
				c.value(k, positional(n, k, i, b.chain), &b)
			}
		}
		if !nested {
			c.leave(&b)
		}
	}
}

// positional is the name of a value; an argument without one has that of the call.
func positional(in, n *doc.Node, i int, chain []string) string {
	if n.Key == "" && in.Kind == doc.Map && n.IsScalar() && len(chain) > 0 {
		return chain[len(chain)-1]
	}
	return nameOf(n, i)
}

func (c *client) value(n *doc.Node, name string, b *block) {
	m, known := c.meaningOf(under(b.chain, name))
	if m.fact == ignored {
		return
	}
	switch {
	case m.fact == commandFact && n.Kind == doc.List && allScalar(n):
		c.command(n, name, joined(n), b)
	case n.Kind == doc.Map:
		c.nested(n, name, m, b)
	case n.Kind == doc.List:
		c.list(n, name, b)
	case n.IsScalar():
		if !known {
			m = common[fold(name)]
		}
		c.field(n, name, m, b)
	}
}

// nested takes a map: one that only stands for a value, or a block.
func (c *client) nested(n *doc.Node, name string, m meaning, b *block) {
	if s := n.First("secure", "encrypted"); s.IsScalar() && len(n.Kids) == 1 {
		c.slot(clientele.Slot{Role: secretRole(m), Name: name, Value: s.Secret(), Line: s.Line, Class: clientele.Encrypted}, b)
		return
	}
	if key, v := named(n, name); key != "" {
		switch ref, ok := reference(v); {
		case ok:
			c.slot(clientele.Slot{Name: key, Value: clientele.Secret(ref), Line: v.Line, Class: clientele.Reference}, b)
			return
		case v.IsScalar():
			m, known := c.meaningOf(under(b.chain, key))
			if !known {
				m = common[fold(key)]
			}
			c.marked(v, key, m, b, n.Get("NoEcho").True() || n.Get("secret").True() || strings.EqualFold(n.Get("type").Str(), "secret"))
			return
		}
	}
	if ref, ok := reference(n); ok {
		if m.role == "" && m.fact != addressFact && common[fold(name)].role == "" && !credentialName.MatchString(name) {
			return // an expression for something else
		}
		c.slot(clientele.Slot{Role: secretRole(m), Name: name, Value: clientele.Secret(ref), Line: n.Line, Class: clientele.Reference}, b)
		return
	}
	in := block{chain: under(b.chain, name), env: isEnvironment.MatchString(name) || b.env, line: n.Line, scheme: b.scheme, outer: b.hostName()}
	c.block(n, in)
}

// named is the name and value of a map that only pairs the two: {name, value} in its various
// spellings, and a template's parameter with its default.
func named(n *doc.Node, name string) (string, *doc.Node) {
	if d := n.Get("Default"); d != nil && n.Get("Type") != nil {
		return name, d
	}
	v := n.First("value", "Value", "@value", "valueFrom", "ValueFrom", "versionName", "fromDatabase", "fromService")
	if v == nil {
		return "", nil
	}
	if v.Kind == doc.Map && strings.HasSuffix(strings.ToLower(v.Key), "from") || strings.HasPrefix(v.Key, "from") {
		v = &doc.Node{Kind: doc.Map, Line: v.Line, Kids: []*doc.Node{v}}
	}
	return n.First("name", "Name", "key", "Key", "@name", "env", "ParameterKey").Str(), v
}

func (c *client) list(n *doc.Node, name string, b *block) {
	in := block{chain: under(b.chain, name), env: isEnvironment.MatchString(name) || b.env, line: n.Line, scheme: b.scheme, outer: b.hostName(), slots: len(c.part.Slots)}
	for i, k := range n.Kids {
		if *c.left--; *c.left < 0 {
			return
		}
		switch pair, v, ok := assignment(k); {
		case ok:
			c.field(v, pair, meaning{}, &in)
		case k.IsScalar() && runs.MatchString(name) && strings.ContainsAny(k.Text, " \n"):
			c.command(k, name, k.Text, b)
		case k.IsScalar():
			m, known := c.meaningOf(in.chain)
			if !known {
				m = common[fold(name)]
			}
			c.field(k, name, m, b)
		default:
			c.value(k, nameOf(k, i), &in)
		}
	}
	c.leave(&in)
}

// runs are the names of lists whose elements may be commands, as behind "bash -c".
var runs = regexp.MustCompile(`(?i)^(args|command|commands|entrypoint)$`)

func allScalar(n *doc.Node) bool {
	return !slices.ContainsFunc(n.Kids, func(k *doc.Node) bool { return !k.IsScalar() })
}

var assigned = regexp.MustCompile(`^(?:--?[a-z-]+[= ])?([A-Za-z_][A-Za-z0-9_.]*)=`)

// assignment reads "NAME=value", as lists of variables and build arguments have it.
func assignment(n *doc.Node) (string, *doc.Node, bool) {
	s := n.Str()
	m := assigned.FindStringSubmatchIndex(s)
	if m == nil {
		return "", nil, false
	}
	v := *n
	v.Text = unquote(s[m[1]:])
	return s[m[2]:m[3]], &v, true
}

func (c *client) field(n *doc.Node, name string, m meaning, b *block) {
	c.marked(n, name, m, b, false)
}

// marked takes one field by what it means.
func (c *client) marked(n *doc.Node, name string, m meaning, b *block, marked bool) {
	text := n.Str()
	if text == "" || n.Kind == doc.Bool {
		return
	}
	switch m.fact {
	case ignored:
		return
	case portFact:
		b.port = text
		return
	case databaseFact:
		b.database = text
		return
	case schemeFact:
		b.scheme = text
		return
	case hostFact:
		if !strings.Contains(text, "://") {
			b.setHost(text)
			return
		}
		m.fact = addressFact
	case commandFact:
		c.command(n, name, text, b)
		return
	case whoFact:
		b.who = append(b.who, login{strings.TrimSuffix(fold(name), loginWord.FindString(fold(name))), text, m.role})
	case elsewhere:
		c.slot(clientele.Slot{Name: name, Value: n.Secret(), Line: n.Line, Class: clientele.Reference}, b)
		return
	}
	if m.fact == addressFact && c.address(n, name, text, b) {
		return
	}
	role := m.role
	if m.fact == addressFact {
		role = clientele.ConnectionString
	}
	if n.Kind == doc.Number && role == "" && !credentialName.MatchString(name) {
		return
	}
	if role == "" && strings.Contains(text, "\n") && !credentialName.MatchString(name) && !sealedText.MatchString(text) {
		c.part.Texts = append(c.part.Texts, clientele.Text{Place: clientele.InText, Chain: under(b.chain, name), Text: n.Secret(), Line: n.Line})
		return
	}
	s := clientele.Slot{Role: role, Name: name, Value: n.Secret(), Line: n.Line, Marked: marked}
	c.classify(&s, text)
	c.slot(s, b)
}

// sealedText is of several lines and still one value.
var sealedText = regexp.MustCompile(`^\s*(\$ANSIBLE_VAULT;|-----BEGIN )`)

// address takes URLs as the addresses that the client calls. The scanner takes a URL apart.
func (c *client) address(n *doc.Node, name, text string, b *block) bool {
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "jdbc:") || strings.ContainsAny(text, " \n") {
		return false
	}
	all := []string{text}
	if strings.Count(text, "://") > 1 {
		all = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '|' })
	}
	for _, u := range all {
		if !strings.Contains(u, ":") {
			continue // Go's "direct" and "off"
		}
		r := clientele.Request{Chain: under(b.chain, name), URL: clientele.Secret(u), Line: n.Line}
		if userinfo.MatchString(u) {
			r.Auth = &clientele.Auth{Scheme: "basic"}
		}
		c.part.Requests = append(c.part.Requests, r)
		if b.host == "" && !b.env {
			b.host = hostOf(u)
			b.scheme = ""
		}
	}
	return true
}

var hostPart = regexp.MustCompile(`://(?:[^/\s@]*@)?([A-Za-z0-9.-]+)`)

// hostOf is the host of a URL, or empty where that is a reference.
func hostOf(u string) string {
	if m := hostPart.FindStringSubmatch(u); m != nil {
		return m[1]
	}
	return ""
}

// fallback is a reference with a literal to stand in for it: serverless' ${env:X, 'literal'}
// and Jinja's {{ x | default('literal') }}.
var fallback = regexp.MustCompile(`^(?:\$\{(?:[^{},]+,\s*)+|\{\{[^{}]*\|\s*default\(\s*)(?:'([^'}]+)'|"([^"}]+)")[^'"{}]*\}\}?$`)

// classify sets the class where the value's form is the tool's own.
func (c *client) classify(s *clientele.Slot, text string) {
	switch m := fallback.FindStringSubmatch(text); {
	case m != nil:
		s.Value = clientele.Secret(m[1] + m[2])
	case strings.HasPrefix(text, "$ANSIBLE_VAULT;"), c.sealed != nil && c.sealed.MatchString(text):
		s.Class = clientele.Encrypted
	case c.refs != nil && c.refs.MatchString(text):
		s.Class = clientele.Reference
	}
}

func (c *client) command(n *doc.Node, name, text string, b *block) {
	c.part.Texts = append(c.part.Texts, clientele.Text{
		Place: clientele.InScript, Chain: under(b.chain, name), Text: clientele.Secret(text), Line: n.Line, Language: "shell",
	})
}

func (c *client) slot(s clientele.Slot, b *block) {
	s.Chain = b.chain
	if s.Place = clientele.InSetting; b.env {
		s.Place = clientele.InEnv
	}
	c.part.Slots = append(c.part.Slots, s)
}

// leave gives the secrets of a block the user and host that it names, and says who signs in
// where there is something to sign in with.
func (c *client) leave(b *block) {
	secret := false
	for i := range c.part.Slots[b.slots:] {
		s := &c.part.Slots[b.slots+i]
		if !s.Role.Secret() && (s.Role != "" || !credentialName.MatchString(s.Name)) {
			continue
		}
		secret = true
		if l, ok := b.loginOf(fold(s.Name)); ok {
			s.Principal, s.Host = l.name, b.hostName()
		} else if plainName.MatchString(fold(s.Name)) {
			s.Host = b.hostName()
		}
	}
	if b.host != "" && b.scheme != "" {
		r := clientele.Request{Chain: b.chain, URL: clientele.Secret(b.address()), Line: b.line}
		if secret {
			r.Auth = &clientele.Auth{Scheme: c.scheme("")}
		}
		c.part.Requests = append(c.part.Requests, r)
	}
	for _, l := range b.who {
		if secret || !c.strict {
			c.part.Identities = append(c.part.Identities, clientele.Identity{
				Scheme: c.scheme(l.role), Principal: l.name, Issuer: b.hostName(), Location: clientele.Location{Path: b.chain, Line: b.line},
			})
		}
	}
}

var (
	loginWord = regexp.MustCompile(`(username|user|login|email|clientid|accesskeyid|sid|id)$`)
	// plainName is a credential that nothing but its kind is said of.
	plainName = regexp.MustCompile(`^(pass|pwd|pw|secret|token|api|access|client|auth|private|user|psk)`)
)

// loginOf is who signs in with the secret of that name: the one with the longest prefix in
// common, which for a plain "user" is none.
func (b *block) loginOf(name string) (login, bool) {
	var best login
	found := false
	for _, l := range b.who {
		fits := strings.HasPrefix(name, l.prefix) && (l.prefix != "" || plainName.MatchString(name))
		if fits && (!found || len(l.prefix) > len(best.prefix)) {
			best, found = l, true
		}
	}
	return best, found
}

// setHost takes a host, and the port that may stand behind it.
func (b *block) setHost(s string) {
	b.host = s
	if i := strings.LastIndexByte(s, ':'); i > 0 && strings.Count(s, ":") == 1 && strings.Trim(s[i+1:], "0123456789") == "" {
		b.host, b.port = s[:i], s[i+1:]
	}
}

func (b *block) hostName() string {
	if b.host == "" {
		return b.outer
	}
	return b.host
}

func (c *client) scheme(role clientele.Role) string {
	switch {
	case role == clientele.OAuthClientID:
		return "oauth2"
	case role == clientele.Identifier:
		return "custom"
	case c.auth != "":
		return c.auth
	}
	return "basic"
}

func (b *block) address() string {
	u := b.scheme + "://" + b.host
	if b.port != "" {
		u += ":" + b.port
	}
	if b.database != "" {
		u += "/" + strings.TrimPrefix(b.database, "/")
	}
	return u
}

// secretRole is the role of a value that is not in the file.
func secretRole(m meaning) clientele.Role {
	switch {
	case m.fact == addressFact:
		return clientele.ConnectionString
	case m.role.Secret() || m.role == clientele.ConnectionString:
		return m.role
	}
	return ""
}

// under is chain with one more name, in memory of its own.
func under(chain []string, name string) []string {
	return append(slices.Clip(chain), name)
}

// joined are the words of a command as the shell would read them.
func joined(n *doc.Node) string {
	var words []string
	for _, k := range n.Kids {
		s := k.Str()
		if strings.ContainsAny(s, " \t\n\"$&|;<>()*?") {
			s = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
		words = append(words, s)
	}
	return strings.Join(words, " ")
}
