// Package reading turns what decoders say of a file into what may be kept of it: each slot is
// taken apart down to single values, each value is judged, and of the secrets only
// fingerprints and excerpts remain.
//
// What a value is for follows from the format where the format says so, else from its name,
// else from its looks; what stands in it follows from the tool's grammar of references
// (package detect). Free text is read as JSON, XML, forms, commands and the ways in which
// people tell one another a password.
package reading

import (
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/dsn"
	"github.com/clientele/clientele/internal/fingerprint"
)

// Reading is what one part says after expansion: each slot taken apart down to single

// values, judged, and turned into fingerprints. No secret is in it any more.

type Reading struct {
	Part      clientele.Part // without slots, variables, requests and texts
	File      string
	Mode      uint32
	Creds     []clientele.Credential
	Vars      []Variable
	Endpoints []Endpoint
	Uses      map[string]bool // names referred to anywhere in the part
}

// Variable is a definition that references may lead to.

type Variable struct {
	Name, Set string
	Cred      clientele.Credential // as if it were a secret; judged so once something uses it as one
	Secret    bool                 // it is one by its own name or mark
	Plain     string               // the value, where it is none
}

// Endpoint is a request's target, masked, before variables are put in.

type Endpoint struct {
	Method, Target string
	Chain          []string
	Line           int
	Auth           *clientele.Auth
}

// Reader takes the parts of one file apart.

type Reader struct {
	key     fingerprint.Key
	file    string
	content []byte
	all     []*Reading // of the parts read so far
	out     *Reading   // of the part being read
	syntax  clientele.Syntax
	secrets []string        // values seen so far in the file, to be scrubbed from names
	looked  map[string]bool // values of slots, secret or not: the engine need not report them
	flat    bool            // the file is JSON: a text stands on one line of it
	depth   int             // of texts within texts
	budget  int             // values left to look at
}

// maxValues bounds the values taken from one file.

const maxValues = 500_000

// New makes a reader for the file of that name, with that text: nil for binary ones.

func New(key fingerprint.Key, file string, text []byte) *Reader {
	return &Reader{key: key, file: file, content: text, budget: maxValues, flat: isJSON(text), looked: map[string]bool{}}
}

// Part reads one part. Mode is that of the file.

func (x *Reader) Part(p clientele.Part, mode fs.FileMode) {
	x.all = append(x.all, x.part(p, uint32(mode.Perm())))
}

func (x *Reader) part(p clientele.Part, mode uint32) *Reading {
	x.out = &Reading{Part: p, File: x.file, Mode: mode, Uses: map[string]bool{}}
	x.syntax = p.Syntax
	x.contents(p, nil)
	x.schemes()
	x.out.Part.Slots, x.out.Part.Variables, x.out.Part.Requests, x.out.Part.Texts = nil, nil, nil, nil
	for i := range x.out.Part.Identities {
		id := &x.out.Part.Identities[i]
		if id.Location.File == "" {
			id.Location.File = x.file
		}
		x.noteRefs(id.Principal)
		if tokenShaped(id.Principal) { // a key where a name should be
			x.slot(clientele.Slot{Place: clientele.InAuth, Role: clientele.APIKey, Name: "principal", Chain: id.Location.Path, Value: clientele.Secret(id.Principal), Line: id.Location.Line})
			id.Principal = fingerprint.Excerpt(id.Principal)
		}
	}
	return x.out
}

// schemes names the manner of signing in of requests of which the format says none: that of
// a key in a header or in the query.
func (x *Reader) schemes() {
	byChain := map[string]string{}
	for _, c := range x.out.Creds {
		if c.Place == clientele.InHeader && !c.Dormant && len(c.Location.Path) > 0 {
			if s := dsn.HeaderScheme(c.Name, ""); s != "" && s != "custom" {
				byChain[strings.Join(c.Location.Path[:len(c.Location.Path)-1], "\x00")] = s
			}
		}
	}
	for i := range x.out.Endpoints {
		e := &x.out.Endpoints[i]
		if e.Auth != nil && e.Auth.Scheme != "none" {
			continue
		}
		scheme := dsn.QueryScheme(e.Target)
		for chain, s := range byChain {
			if chain == strings.Join(e.Chain, "\x00") || strings.HasPrefix(chain, strings.Join(e.Chain, "\x00")+"\x00") && len(e.Chain) > 0 {
				scheme = s
			}
		}
		if scheme != "" {
			e.Auth = &clientele.Auth{Scheme: scheme}
		}
	}
}

// contents expands what stands in a part, under an outer chain.

func (x *Reader) contents(p clientele.Part, chain []string) {
	for _, v := range p.Variables {
		v.Chain = join(chain, v.Chain...)
		x.variable(v)
	}
	for _, s := range p.Slots {
		s.Chain = join(chain, s.Chain...)
		x.slot(s)
	}
	for _, r := range p.Requests {
		r.Chain = join(chain, r.Chain...)
		x.request(r)
	}
	for _, t := range p.Texts {
		t.Chain = join(chain, t.Chain...)
		x.text(t)
	}
}

func join(chain []string, more ...string) []string {
	return append(chain[:len(chain):len(chain)], more...)
}

func (x *Reader) request(r clientele.Request) {
	raw := strings.TrimSpace(r.URL.Reveal())
	if raw == "" {
		return
	}
	x.noteRefs(raw)
	target := x.url(clientele.Slot{Place: clientele.InURL, Chain: r.Chain, Line: r.Line, Dormant: r.Dormant, Recorded: r.Recorded}, raw)
	if t, ok := dsn.Parse(raw); ok && t.HasPassword && (r.Auth == nil || r.Auth.Scheme == "none") {
		r.Auth = &clientele.Auth{Scheme: "basic", Chain: []string{"userinfo"}}
	}
	x.out.Endpoints = append(x.out.Endpoints, Endpoint{r.Method, target, r.Chain, r.Line, r.Auth})
}

// url takes the secrets out of a URL and returns it masked. Host and path keep references.

// looseURL serves a target that is no whole URL ("{{host}}/x?key=1"): its query is read.

// target emits the secrets of a connection string.

// maskPath masks the segments of a URL's path that are tokens: webhooks, keyed endpoints.

// webhook recognises the incoming webhooks of chat services, and returns how many segments

// of the address are public.

// keyedPath: addresses whose path is known to carry the key.

// mixed: upper and lower case and digits together, as random tokens have and names have not.

func (x *Reader) variable(v clientele.Variable) {
	slot := clientele.Slot{Place: clientele.InVariable, Name: v.Name, Chain: v.Chain, Value: v.Value, Line: v.Line, File: v.File, Marked: v.Marked, Dormant: v.Dormant, Class: v.Class}
	value := v.Value.Reveal()
	x.noteRefs(value)
	def := Variable{Name: v.Name, Set: v.Set}
	before := len(x.out.Creds)
	switch {
	case v.External != "" && v.Value.Empty():
		slot.Class = clientele.Reference
		c := x.credential(slot, clientele.OtherSecret, detect.Verdict{Class: clientele.Reference, Refs: []string{v.External}})
		if role, sure := detect.RoleOf(v.Name); sure != detect.No {
			c.Role = role
		}
		x.keep(c)
		def.Secret, def.Cred = true, c
	default:
		def.Secret = x.slot(slot)
		known := len(x.secrets)
		def.Cred = x.credential(slot, clientele.OtherSecret, x.classify(slot))
		if !def.Secret {
			x.secrets = x.secrets[:known]
		}
		if !def.Secret && len(value) <= 2048 {
			def.Plain = x.plainValue(slot, value)
		}
	}
	if v.Set != "" {
		for i := before; i < len(x.out.Creds); i++ {
			x.out.Creds[i].Environment = v.Set
		}
		def.Cred.Environment = v.Set
	}
	x.out.Vars = append(x.out.Vars, def)
}

// plainValue is a variable's value as it may be put into URLs: a URL is masked.

func (x *Reader) plainValue(at clientele.Slot, value string) string {
	if t, ok := dsn.Parse(value); ok {
		return t.Masked
	}
	if len(value) > 253 || strings.ContainsAny(value, " \n") {
		return ""
	}
	return value
}

func (x *Reader) classify(s clientele.Slot) detect.Verdict {
	switch s.Class {
	case "":
		return detect.Classify(s.Value.Reveal(), x.syntax)
	case clientele.Obfuscated, clientele.Literal:
		v := detect.Classify(s.Value.Reveal(), clientele.SyntaxNone)
		if v.Class.Embedded() {
			v.Class, v.Value = s.Class, s.Value.Reveal()
		}
		return v
	}
	return detect.Verdict{Class: s.Class}
}

// slot takes a slot apart and keeps what is a credential. It reports whether the value, or a

// part of it, is a secret or stands for one.

func (x *Reader) slot(s clientele.Slot) bool {
	if x.budget--; x.budget < 0 {
		return false
	}
	value := strings.TrimSpace(s.Value.Reveal())
	x.looked[value] = true
	x.noteRefs(value)
	role, sure := s.Role, detect.Sure
	if role == "" {
		role, sure = detect.RoleOf(s.Name)
		if s.Marked && sure != detect.Sure && role != clientele.Username && role != clientele.OAuthClientID && role != clientele.Identifier {
			sure = detect.Sure
			if !role.Secret() {
				role = clientele.OtherSecret
			}
		}
	}
	switch {
	case s.Class == "" && accessKeyID(value):
		x.identity(clientele.Identity{Scheme: "aws_sigv4", Principal: value, Issuer: "aws"}, s)
		return false
	case s.Role != "":
	case s.Place == clientele.InCookie:
		return x.cookie(s)
	case s.Place == clientele.InURL && !s.Marked:
		before := len(x.out.Creds)
		x.url(s, value)
		return len(x.out.Creds) > before
	case s.Place == clientele.InHeader && sure != detect.Sure && x.headerValue(s.Name, value):
		role, sure = clientele.OtherSecret, detect.Sure
	case s.Place == clientele.InQuery && sure == detect.Likely && len(value) >= 8 && mixedLetters(value):
		role, sure = clientele.APIKey, detect.Sure
	}
	switch role {
	case clientele.NotSecret:
		return false
	case clientele.Username, clientele.OAuthClientID, clientele.Identifier:
		if tokenShaped(value) && s.Class == "" {
			s.Principal = ""
			x.keep(x.credential(s, clientele.APIKey, x.classify(s)))
			return true
		}
		return s.Role == "" && x.byValue(s, value)
	case clientele.AuthHeader:
		return x.authorization(s, value)
	case clientele.CookieHeader:
		return x.cookies(s, value)
	case clientele.ConnectionString:
		return x.connection(s, value)
	}
	inferred := s.Role == "" && !s.Marked
	if inferred && role == clientele.APIKey && len(value) <= 20 && strings.Contains(strings.ToLower(s.Name), "access") && strings.ToUpper(value) == value && mixedLetters(value) {
		return false // the id of an S3 access key
	}
	if sure == detect.No {
		return x.byValue(s, value)
	}
	v := x.classify(s)
	if inferred && role == clientele.PrivateKey && v.Class == clientele.Literal && !detect.Plausible(role, v.Value) && detect.LooksRandom(v.Value) {
		role = clientele.OtherSecret // a "deploy key" that is a token
	}
	if inferred && v.Class == clientele.Literal && strings.EqualFold(v.Value, s.Name) {
		return false // "apiKey": "apiKey"
	}
	if inferred && v.Class == clientele.Literal {
		keyed := strings.HasSuffix(strings.ToLower(s.Name), "key") && len(s.Name) > 4 && detect.IsUUID(v.Value)
		if sure == detect.Likely && !detect.LooksRandom(v.Value) && !keyed || !detect.Plausible(role, v.Value) {
			return x.byValue(s, value)
		}
		if strings.Contains(value, "://") && x.byValue(s, value) {
			return true
		}
	}
	if inferred && sure == detect.Likely && v.Class != clientele.Literal && v.Class != clientele.Obfuscated && v.Class != clientele.Reference {
		return false
	}
	if scheme, rest, ok := strings.Cut(value, " "); ok && (role == clientele.Token || role == clientele.APIKey) && schemes[strings.ToLower(scheme)] && rest != "" {
		return x.authorization(s, value)
	}
	if role == clientele.WebhookURL {
		return x.byValue(s, value)
	}
	x.keep(x.credential(s, role, v))
	return true
}

// byValue looks at a value whose name tells nothing.

func (x *Reader) byValue(s clientele.Slot, value string) bool {
	if len(value) < 8 || s.Class != "" && !s.Class.Embedded() {
		return false
	}
	if scheme, _, ok := strings.Cut(value, " "); ok && schemes[strings.ToLower(scheme)] && !strings.Contains(strings.TrimSpace(value[len(scheme):]), " ") {
		return x.authorization(s, value)
	}
	if strings.Contains(value, "://") || strings.Contains(value, ";") || strings.Contains(value, "@") || strings.Contains(value, "password=") || strings.HasPrefix(value, "jdbc:") {
		before := len(x.out.Creds)
		if s.Place != clientele.InURL && !strings.ContainsAny(value, " \n") {
			x.url(withPlace(s, clientele.InURL), value)
		} else if t, ok := dsn.Parse(value); ok {
			x.target(s, t)
		}
		if len(x.out.Creds) > before {
			return true
		}
	}
	if strings.Contains(value, "-----BEGIN ") && strings.Contains(value, "PRIVATE KEY") {
		x.keep(x.credential(s, clientele.PrivateKey, x.classify(s)))
		return true
	}
	if v := x.classify(s); v.Class == clientele.Literal && len(v.Refs) > 0 && v.Value != value { // ${token:-literal}
		if role, sure := detect.RoleOf(RefName(v.Refs[0])); sure != detect.No && role.Secret() {
			x.keep(x.credential(s, role, v))
			return true
		}
	}
	if name, rest, ok := strings.Cut(value, ": "); ok && !strings.ContainsAny(name, " /?&=;") { // AUTH="Authorization: Bearer …"
		if _, sure := detect.RoleOf(name); sure == detect.Sure {
			s.Name, s.Value, s.Chain = name, clientele.Secret(rest), join(s.Chain, s.Name)
			return x.slot(s)
		}
	}
	if name, rest, ok := strings.Cut(value, "="); ok && !strings.ContainsAny(name, " /?&:;") && s.Place != clientele.InURL { // a header or setting inside a value
		if _, sure := detect.RoleOf(name); sure == detect.Sure {
			s.Name, s.Value, s.Chain = name, clientele.Secret(rest), join(s.Chain, s.Name)
			return x.slot(s)
		}
	}
	if tokenShaped(value) && !isJWT(value) {
		x.keep(x.credential(s, clientele.APIKey, x.classify(s)))
		return true
	}
	if isJWT(value) {
		x.keep(x.credential(s, clientele.Token, x.classify(s)))
		return true
	}
	return false
}

// plainHeaders hold values that look generated and are no secrets.

// headerValue reports whether a header of unknown meaning carries a secret: one named a key,

// or one of a service's own headers with a value that looks generated.

// mixedLetters: letters and digits, and no white space.

// tokenShaped reports whether a value where a name is expected is a token by its prefix.

// accessKeyID reports whether a value is the id of an AWS access key: a name, not a secret.

// schemes are the words that stand before a credential in an Authorization header.

// authorization takes the value of an Authorization header apart.

// basic reads what follows "Basic": base64 of user:password, the two in the clear with a

// colon or, as the REST Client allows, with a space between.

// CutOutside cuts at the first c that stands in no reference.

// cookies takes a Cookie or Set-Cookie header apart.

// cookie judges one cookie: a session by its name, or any long random value that is none of

// the well-known trackers'.

// connection takes a connection string apart, or classes it as a whole.

func (x *Reader) connection(s clientele.Slot, value string) bool {
	v := x.classify(s)
	switch v.Class {
	case clientele.Empty, clientele.Placeholder:
		return false
	case clientele.Reference:
		if _, ok := dsn.Parse(value); !ok {
			x.keep(x.credential(s, clientele.ConnectionString, v))
			return true
		}
	}
	t, ok := dsn.Parse(value)
	if !ok {
		return false
	}
	before := len(x.out.Creds)
	s.Role = ""
	x.target(s, t)
	if t.Scheme != "" && s.Place != clientele.InURL && s.Place != clientele.InProxy {
		x.out.Endpoints = append(x.out.Endpoints, Endpoint{Target: t.Masked, Chain: s.Chain, Line: s.Line})
	}
	return len(x.out.Creds) > before
}

// text reads free text: JSON and forms as fields, commands as commands, and in the rest what

// is said as name and value. Tokens known by their shape are found by the engine, which

// reads the whole file.

// prose reads what people write to one another: pairs, sign-ins, addresses, commands.

// stamped marks what a command says as lying where the text lies.

// within looks into a string of a JSON text: a document of its own, or prose.

// xml reads elements and attributes as fields.

// lineIn is the line of a file on which a text's line stands. In a JSON file a text is on one

// line, whatever line feeds it holds.

// form reads a=b&c=d.

// lines reads, line by line, headers ("Name: value"), settings ("name=value", also in the

// middle of a sentence) and sign-ins ("login: user / password").

// assigned takes a name and a value found in text: only names that settle the matter count.

// codeLike: an expression rather than a password ("req.body.password", "getPassword()").

// noteRefs remembers the names that a value refers to.

func (x *Reader) noteRefs(value string) {
	if x.syntax == clientele.SyntaxNone || !strings.ContainsAny(value, "{<$%") {
		return
	}
	for _, name := range detect.References(value, x.syntax) {
		if len(x.out.Uses) < 10_000 && len(name) <= 200 {
			x.out.Uses[name] = true
		}
	}
}

func (x *Reader) identity(id clientele.Identity, at clientele.Slot) {
	id.Location = clientele.Location{File: x.file, Path: at.Chain, Line: at.Line}
	x.out.Part.Identities = append(x.out.Part.Identities, id)
}

// credential judges a value and keeps of it what may be shown.

func (x *Reader) credential(s clientele.Slot, role clientele.Role, v detect.Verdict) clientele.Credential {
	c := clientele.Credential{
		Role: role, Class: v.Class, Place: s.Place, Name: s.Name, Weak: v.Weak, Dormant: s.Dormant, Recorded: s.Recorded, Marked: s.Marked,
		Principal: s.Principal, Host: s.Host, ExpiresAt: s.ExpiresAt, Refs: v.Refs, Environment: x.out.Part.Environment,
		Location: clientele.Location{File: x.fileOf(s), Path: join(s.Chain, s.Name), Line: s.Line},
	}
	if !v.Class.Embedded() {
		return c
	}
	value := v.Value
	if value == "" {
		value = strings.TrimSpace(s.Value.Reveal())
	}
	c.Fingerprint, c.Excerpt = x.key.Fingerprint(value), fingerprint.Excerpt(value)
	if v.Weak {
		c.Excerpt = "…"
	}
	if len(value) >= 6 && !v.Weak {
		x.secrets = append(x.secrets, value)
	}
	if esc := url.QueryEscape(value); esc != value && len(value) >= 6 && !v.Weak {
		x.secrets = append(x.secrets, esc)
	}
	if raw := strings.TrimSpace(s.Value.Reveal()); len(raw) >= 8 && raw != value && !v.Weak {
		x.secrets = append(x.secrets, raw)
	}
	x.tokenClaims(&c, value, s)
	return c
}

// fileOf is the file in which a slot's value stands.

func (x *Reader) fileOf(s clientele.Slot) string {
	if s.File == "" {
		return x.file
	}
	return path.Join(path.Dir(x.file), s.File)
}

func (x *Reader) keep(c clientele.Credential) {
	if c.Class == clientele.Empty {
		return
	}
	x.out.Creds = append(x.out.Creds, c)
}

// RefName strips what a tool's grammar puts round a variable's name.

func RefName(ref string) string {
	ref = strings.TrimSpace(ref)
	for _, p := range []string{"process.env.", "$processEnv ", "$dotenv ", "$shared ", "env.", "_.", "secrets.", "vars.", "%", "env:", "$env."} {
		if rest, ok := strings.CutPrefix(ref, p); ok {
			ref = strings.TrimSpace(rest)
		}
	}
	ref = strings.TrimPrefix(strings.TrimSuffix(ref, "']"), "process.env['")
	return ref
}
