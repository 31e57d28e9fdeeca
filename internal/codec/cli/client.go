package cli

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// client gathers what a file says of one client. What a block of the file names (a user, a
// host, an end) goes for the secrets inside that block; leave settles that, innermost first.
type client struct {
	part   clientele.Part
	place  clientele.Place // of secrets
	scheme string          // of identities; empty: told from the first secret
	host   string          // of secrets for which no block names one
	// scattered: the blocks have nothing to do with each other.
	scattered bool
	// solid: there is a secret, a reference to one or somebody who signs in. A client of
	// which nothing but settings is known is not worth telling.
	solid  bool
	called map[string]bool // addresses that have a request already
}

// Bounds on what one client gathers.
const (
	maxRequests = 5000
	maxOwners   = 50
)

// block is a part of the file whose fields belong together.
type block struct {
	slots, identities int // where those of the block begin
	chain             []string
	line              int

	who      string // who signs in, as a person would say it
	keyID    string // the public half of a key pair
	client   string // an OAuth client's id
	account  string // stands before who where an account and a role name somebody together
	kind     clientele.IdentityKind
	host     string
	issuer   string
	audience string
	scopes   []string
	issued   time.Time
	expires  time.Time
	until    map[string]time.Time // ends of single fields, by name
}

func newClient(tool clientele.Tool, format, name string, line int) *client {
	return &client{
		part:  clientele.Part{Tool: tool, Kind: clientele.CLI, Format: format, Name: name, Line: line, Bind: clientele.Bind{Key: name}},
		place: clientele.InTokenCache,
	}
}

func (c *client) enter(chain []string, line int) *block {
	return &block{slots: len(c.part.Slots), identities: len(c.part.Identities), chain: chain, line: line}
}

// leave gives the secrets and identities of the block what the block says of them.
func (c *client) leave(b *block) {
	slots := c.part.Slots[b.slots:]
	for i := range slots {
		b.settle(&slots[i])
	}
	for i := range c.part.Identities[b.identities:] {
		b.complete(&c.part.Identities[b.identities+i])
	}
	principal := b.principal()
	if principal == "" {
		return
	}
	id := clientele.Identity{
		Scheme: c.schemeOf(slots), Principal: principal, Kind: b.kind,
		Location: clientele.Location{Path: b.chain, Line: b.line},
	}
	b.complete(&id)
	c.part.Identities = append(c.part.Identities, id)
	c.solid = true
}

func (b *block) principal() string {
	switch {
	case b.who != "" && b.account != "":
		return b.account + "/" + b.who
	case b.who != "":
		return b.who
	case b.keyID != "":
		return b.keyID
	}
	return b.client
}

func (b *block) settle(s *clientele.Slot) {
	if t, ok := b.until[s.Name]; ok && s.ExpiresAt.IsZero() {
		s.ExpiresAt = t
	}
	if !credential(s) {
		return
	}
	if s.Principal == "" {
		if s.Principal = b.keyID; s.Principal == "" {
			s.Principal = b.principal()
		}
	}
	if s.Host == "" && s.Place != clientele.InProxy { // a proxy is another host
		s.Host = b.host
	}
	switch s.Role {
	case clientele.Token, clientele.IDToken, clientele.SessionID, clientele.SecretKey, clientele.APIKey, clientele.AuthHeader:
		if s.ExpiresAt.IsZero() {
			s.ExpiresAt = b.expires
		}
	}
}

func (b *block) complete(id *clientele.Identity) {
	if id.Issuer == "" {
		id.Issuer = b.issuer
	}
	if id.Audience == "" {
		id.Audience = b.audience
	}
	if id.Scopes == nil {
		id.Scopes = b.scopes
	}
	if id.ExpiresAt.IsZero() {
		id.ExpiresAt = b.expires
	}
	if id.IssuedAt.IsZero() {
		id.IssuedAt = b.issued
	}
}

// credential reports whether a slot's value is sent to sign in.
func credential(s *clientele.Slot) bool {
	switch s.Role {
	case clientele.AuthHeader, clientele.CookieHeader, clientele.ConnectionString:
		return true
	}
	return s.Role.Secret()
}

var schemes = map[clientele.Role]string{
	clientele.Password: "basic", clientele.Token: "bearer", clientele.APIKey: "api_key",
	clientele.RefreshToken: "oauth2", clientele.ClientSecret: "oauth2", clientele.AuthHeader: "bearer",
	clientele.PrivateKey: "jwt", clientele.SessionID: "cookie", clientele.CookieHeader: "cookie",
}

// schemeOf is how secrets like these are sent: a password always the plain way.
func (c *client) schemeOf(slots []clientele.Slot) string {
	roles := map[clientele.Role]bool{}
	for _, s := range slots {
		roles[s.Role] = roles[s.Role] || credential(&s) && s.Class != clientele.Reference
	}
	switch signs := roles[clientele.SecretKey] || roles[clientele.Token]; {
	case roles[clientele.Password] && !signs:
		return "basic"
	case c.scheme == "aws_sigv4" && !signs && (roles[clientele.ClientSecret] || roles[clientele.RefreshToken]):
		return "oauth2"
	case c.scheme != "":
		return c.scheme
	}
	for _, of := range [][]clientele.Slot{slots, c.part.Slots} {
		for _, s := range of {
			if n := schemes[s.Role]; n != "" {
				return n
			}
		}
	}
	return "custom"
}

// slot adds a slot. The pointer is good until the next one is added.
func (c *client) slot(s clientele.Slot) *clientele.Slot {
	if s.Place == "" {
		s.Place = c.place
	}
	if credential(&s) || s.Class != "" {
		c.solid = c.solid || !s.Value.Empty()
	}
	c.part.Slots = append(c.part.Slots, s)
	return &c.part.Slots[len(c.part.Slots)-1]
}

// request adds an address the client calls, once.
func (c *client) request(chain []string, address string, line int) {
	if c.called[address] || len(c.called) >= maxRequests {
		return
	}
	if c.called == nil {
		c.called = map[string]bool{}
	}
	c.called[address] = true
	c.part.Requests = append(c.part.Requests, clientele.Request{Chain: chain, URL: clientele.Secret(address), Line: line})
	c.solid = c.solid || strings.Contains(address, "@")
}

func (c *client) owner(who, evidence string, confidence float64) {
	kind := clientele.PersonOwner
	if machineName(who) {
		kind = clientele.ServiceOwner
	}
	o := clientele.Owner{Who: who, Kind: kind, Evidence: evidence, Confidence: confidence}
	if who != "" && len(c.part.Owners) < maxOwners && !slices.Contains(c.part.Owners, o) {
		c.part.Owners = append(c.part.Owners, o)
	}
}

func machineName(who string) bool { return strings.HasSuffix(who, ".gserviceaccount.com") }

// done is the part, finished: who is named only once in the file goes for all secrets.
func (c *client) done() clientele.Part {
	p := &c.part
	p.Name = strings.TrimSpace(p.Name)
	var ids []clientele.Identity
	seen := map[[3]string]bool{}
	for _, id := range p.Identities {
		if k := [3]string{id.Principal, id.Scheme, id.Issuer}; !seen[k] {
			seen[k] = true
			ids = append(ids, id)
		}
	}
	p.Identities = ids
	for i := range p.Slots {
		s := &p.Slots[i]
		if !credential(s) {
			continue
		}
		if len(ids) == 1 && s.Principal == "" && !c.scattered {
			s.Principal = ids[0].Principal
		}
		if s.Host == "" && s.Place != clientele.InProxy {
			s.Host = c.host
		}
	}
	for i := range p.Requests {
		if r := &p.Requests[i]; r.Auth == nil {
			r.Auth = c.auth(r.URL.Reveal())
		}
	}
	return *p
}

var userinfo = regexp.MustCompile(`://[^/\s]*@`)

// auth is how the client signs in at an address; nil where nothing in the file says so.
func (c *client) auth(address string) *clientele.Auth {
	if userinfo.MatchString(address) {
		return &clientele.Auth{Scheme: "basic"}
	}
	for i := range min(len(c.part.Slots), 100) {
		s := &c.part.Slots[i]
		if !credential(s) || s.Dormant || s.Class == clientele.Reference || s.Value.Empty() || s.Place == clientele.InProxy {
			continue
		}
		if s.Host != "" && s.Host != dsn.HostOf(address) {
			continue
		}
		if scheme := c.schemeOf([]clientele.Slot{*s}); scheme != "custom" {
			return &clientele.Auth{Scheme: scheme, Chain: s.Chain}
		}
	}
	return nil
}

// under is chain with more behind it, in memory of its own.
func under(chain []string, more ...string) []string {
	return append(slices.Clip(chain), more...)
}

func lineOf(n *doc.Node) int { return n.LineOr(1) }
