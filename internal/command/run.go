package command

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// run is a client's command while it is interpreted.
type run struct {
	*reader
	call
	tool *tool
	name string // as in the table: "docker login"

	user, host, port, database string
	scheme                     string // of the account that options name
	sent                       string // of the headers that are sent, which are stronger
	method                     string
	hasBody, toQuery           bool
	urls                       []word
	slots                      []clientele.Slot
	texts                      []clientele.Text
	principalLine              int
	scopes                     []string
	issuer                     string
}

// call interprets one simple command.
func (r *reader) call(c call) {
	if c.sudoReads() {
		x := &run{reader: r, call: c, tool: &unknownTool, name: "sudo"}
		x.piped(clientele.Password, "-S")
		x.finish()
		c.input = word{}
	}
	c.unwrap()
	if len(c.args) == 0 {
		r.leftover(c)
		return
	}
	if r.assignsBySyntaxOfOthers(c) {
		return
	}
	name, n := c.lookup(func(s string) bool { return tools()[s] != nil })
	if n == 0 {
		name, n = toolName(c.args[0].text), 1
	}
	t := tools()[name]
	if t == nil {
		t = &unknownTool
	}
	for _, group := range nextGroups(t.read(c.args[n:])) {
		x := &run{reader: r, call: c, tool: t, name: name, scheme: t.scheme}
		x.interpret(group)
	}
	r.nested(c, name)
}

// nextGroups splits curl's options at --next.
func nextGroups(opts []given) [][]given {
	groups := [][]given{nil}
	for _, o := range opts {
		if o.effect == "next" {
			groups = append(groups, nil)
			continue
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], o)
	}
	return groups
}

// leftover keeps the environment of a container whose command the image decides.
func (r *reader) leftover(c call) {
	x := &run{reader: r, call: c, tool: &unknownTool, name: "container"}
	x.interpret(nil)
}

func (r *run) interpret(opts []given) {
	r.environment()
	var rest []word
	for _, o := range opts {
		switch o.effect {
		case "get":
			r.toQuery = true
		case "authtype":
			r.scheme = o.value.text
		case positional:
			rest = append(rest, o.value)
		}
	}
	for _, o := range opts {
		if e := effects()[o.effect]; e.do != nil {
			e.do(r, o)
		}
	}
	if r.tool.args != nil {
		r.tool.args(r, rest)
	}
	r.finish()
}

// slot adds a slot, unless there is no value. Chain, principal and host come in finish.
func (r *run) slot(place clientele.Place, role clientele.Role, name string, w word) {
	if w.text == "" {
		return
	}
	line := w.line
	if line == 0 {
		line = r.line
	}
	r.slots = append(r.slots, clientele.Slot{
		Place: place, Role: role, Name: name, Value: clientele.Secret(w.text), Line: line, Class: w.class(),
	})
}

func (r *run) link(rel clientele.LinkRel, tool clientele.Tool, target string) {
	if target == "" || target == "-" {
		return
	}
	l := clientele.Link{Rel: rel, Tool: tool, Path: target}
	if looksLikeUID(target) {
		l.Path, l.ID = "", target
	}
	r.part.Links = append(r.part.Links, l)
}

// looksLikeUID tells a vendor's id for a collection ("12345678-" and a UUID, or a UUID) from
// a path.
func looksLikeUID(s string) bool {
	return len(s) >= 36 && strings.Count(s, "-") >= 4 && !strings.ContainsAny(s, "./\\ $") &&
		strings.Trim(strings.ToLower(s), "0123456789abcdef-") == ""
}

func (r *run) output(file string) {
	if file != "" && file != "-" && file != "/dev/null" && file != "NUL" && !strings.HasPrefix(file, "/dev/") {
		r.part.Outputs = append(r.part.Outputs, file)
	}
}

func (r *run) text(place clientele.Place, w word, name string) {
	if w.text == "" {
		return
	}
	r.texts = append(r.texts, clientele.Text{
		Place: place, Chain: []string{name}, Text: clientele.Secret(w.text), Line: w.line,
	})
}

// finish names the call and emits what was gathered.
func (r *run) finish() {
	target := r.target()
	if len(r.slots)+len(r.texts)+len(r.urls) == 0 && target == "" && r.user == "" {
		return
	}
	chain := r.named(r.chain, strings.TrimSpace(r.name+" "+target))
	for _, s := range r.slots {
		if r.scheme == "aws_sigv4" {
			signSlot(&s)
		}
		s.Chain = chain
		if s.Role.Secret() && s.Place != clientele.InProxy && s.Place != clientele.InCertificate {
			s.Principal = r.user
		}
		if s.Role.Secret() && s.Place != clientele.InEnv {
			s.Host = hostOnly(target)
		}
		r.part.Slots = append(r.part.Slots, s)
	}
	for _, t := range r.texts {
		t.Chain = append(chain[:len(chain):len(chain)], t.Chain...)
		r.part.Texts = append(r.part.Texts, t)
	}
	r.identity(chain)
	r.requests(chain)
}

// identity names whom the call signs in as.
func (r *run) identity(chain []string) {
	if r.user == "" || r.scheme == "" {
		return
	}
	line := r.principalLine
	if line == 0 {
		line = r.line
	}
	r.part.Identities = append(r.part.Identities, clientele.Identity{
		Scheme: r.scheme, Principal: r.user, Issuer: r.issuer, Scopes: r.scopes,
		Location: clientele.Location{Path: chain, Line: line},
	})
}

// requests emits one request for each URL, or for the host and database that options name.
func (r *run) requests(chain []string) {
	if len(r.urls) == 0 && r.tool.proto != "" && r.host != "" {
		r.urls = append(r.urls, word{text: r.hostURL(), line: r.line})
	}
	for _, u := range r.urls {
		r.part.Requests = append(r.part.Requests, clientele.Request{
			Chain: chain, Method: r.verb(), URL: clientele.Secret(u.text), Line: u.line, Auth: r.auth(u.text),
		})
	}
}

// auth is how a request to that URL authenticates, or nil. A key in the query counts where
// nothing else does.
func (r *run) auth(url string) *clientele.Auth {
	s := cmp.Or(r.sent, r.scheme)
	if s == "api_key" {
		s = cmp.Or(r.scheme, s) // a key goes along with an account
	}
	if s == "" && r.tool.proto == "http" {
		s = dsn.QueryScheme(url)
	}
	if s == "" {
		return nil
	}
	return &clientele.Auth{Scheme: s}
}

func (r *run) hostURL() string {
	if strings.Contains(r.host, "://") {
		return r.host
	}
	u := r.tool.proto + "://" + r.host
	if r.port != "" {
		u += ":" + r.port
	}
	if r.database != "" {
		u += "/" + r.database
	}
	return u
}

// verb is the method of a request; only HTTP clients have one.
func (r *run) verb() string {
	switch {
	case r.tool.proto != "http":
		return ""
	case r.method != "":
		return strings.ToUpper(r.method)
	case r.hasBody && !r.toQuery:
		return "POST"
	}
	return "GET"
}

// target is the host that the call goes to, for names: it never holds userinfo or a path.
func (r *run) target() string {
	for _, u := range r.urls {
		if h := hostOf(u.text); h != "" {
			return h
		}
	}
	if strings.Contains(r.host, "://") {
		return hostOf(r.host)
	}
	return hostOf("//" + r.host)
}

// hostOf is the host of a URL, at which a word may go on behind a blank or a semicolon.
func hostOf(u string) string {
	for _, sep := range []string{" ", "\n", ";"} {
		if i := indexOutside(u, sep); i >= 0 {
			u = u[:i]
		}
	}
	return dsn.HostOf(u)
}

// hostOnly drops what is no host that could be compared: references.
func hostOnly(h string) string {
	if strings.ContainsAny(h, "${}`<>() ") || shieldedText(h) {
		return ""
	}
	return h
}

func shieldedText(s string) bool { return strings.ContainsFunc(s, shielded) }
