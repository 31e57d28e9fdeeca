package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// Bounds on what a scan may hold. Texts are in bytes.
const (
	MaxPart        = 4 << 20 // a part
	MaxParts       = 20_000  // in a scan
	MaxPartClients = 500     // in a part

	maxFindings = 10_000 // in a part
	maxEach     = 5_000  // endpoints, credentials or files of a client
	maxFew      = 200    // identities, candidates and the like of a client
	maxDepth    = 64     // names that lead to a place
	maxName     = 500
	maxWord     = 100
	maxPath     = 1500 // an endpoint's path: it stands in an index
	maxFile     = 4096
	maxMessage  = 4096
)

// Part is one part of a scan, read and found to be within its bounds.
type Part struct {
	digest string
	body   []byte
	wire   api.ScanPart
}

// Digest is the SHA-256 of the part as it was sent, in hex.
func (p *Part) Digest() string { return p.digest }

// ReadPart reads a part as it comes from the wire. What is wrong with it is named with its
// place: "clients[3].endpoints[0].path". Fields it does not know are left out of account.
func ReadPart(body []byte) (*Part, error) {
	if len(body) > MaxPart {
		return nil, clientele.Errorf(clientele.Limit, "a part has at most %d MiB", MaxPart>>20).WithHint("send fewer clients in a part")
	}
	p := &Part{body: body}
	if err := json.Unmarshal(body, &p.wire); err != nil {
		return nil, badJSON(err)
	}
	sum := sha256.Sum256(body)
	p.digest = hex.EncodeToString(sum[:])
	c := checker{}
	c.part(&p.wire)
	return p, c.err
}

func badJSON(err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return clientele.Errorf(clientele.Invalid, "%s: a %s cannot stand here", t.Field, t.Value)
	}
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return clientele.Errorf(clientele.Invalid, "the part is not JSON from byte %d on", s.Offset)
	}
	return clientele.Errorf(clientele.Invalid, "the part cannot be read as JSON")
}

// unprintable reports whether a text has control or format characters, or line breaks.
func unprintable(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

// checker keeps the first thing that is wrong. at names the place.
type checker struct{ err error }

func (c *checker) fail(at, format string, args ...any) {
	if c.err == nil {
		c.err = clientele.Errorf(clientele.Invalid, "%s: %s", at, fmt.Sprintf(format, args...))
	}
}

// text holds a text on one line within a length.
func (c *checker) text(at, s string, limit int) {
	switch {
	case len(s) > limit:
		c.fail(at, "it has %d bytes, the limit is %d", len(s), limit)
	case unprintable(s):
		c.fail(at, "it has control characters")
	}
}

func (c *checker) need(at, s string, limit int) {
	if s == "" {
		c.fail(at, "it is missing")
	}
	c.text(at, s, limit)
}

func (c *checker) count(at string, n, limit int) bool {
	if n > limit {
		c.fail(at, "there are %d, the limit is %d", n, limit)
	}
	return n <= limit
}

func oneOf[S ~string](c *checker, at, s string, known []S) {
	if !slices.Contains(known, S(s)) {
		c.fail(at, "%q is none of %s", cut(s, 40), joined(known))
	}
}

// form is the form of a short text: how long, and of which bytes besides letters and digits.
type form struct {
	least, most int
	marks       string
	lower       bool // no upper-case letters
}

var (
	wordForm  = form{1, 64, "_.-", true}
	placeForm = form{1, 64, "_.:-", false}
	printForm = form{8, 128, "_:=+/-", false}
)

func (f form) fits(s string) bool {
	if len(s) < f.least || len(s) > f.most {
		return false
	}
	for _, b := range []byte(s) {
		upper := 'A' <= b && b <= 'Z'
		if !('a' <= b && b <= 'z' || '0' <= b && b <= '9' || upper && !f.lower || strings.IndexByte(f.marks, b) >= 0) {
			return false
		}
	}
	return true
}

func (c *checker) form(at, s string, f form) {
	if !f.fits(s) {
		c.fail(at, "%q has another form", cut(s, 40))
	}
}

func (c *checker) part(p *api.ScanPart) {
	if !c.count("clients", len(p.Clients), MaxPartClients) || !c.count("findings", len(p.Findings), maxFindings) {
		return
	}
	ids := make(map[string]bool, len(p.Clients))
	for i := range p.Clients {
		at := fmt.Sprintf("clients[%d]", i)
		if ids[p.Clients[i].ID] {
			c.fail(at+".id", "it is there twice")
		}
		ids[p.Clients[i].ID] = true
		c.client(at, &p.Clients[i])
	}
	for i := range p.Findings {
		at := fmt.Sprintf("findings[%d]", i)
		if !ids[p.Findings[i].Client] {
			c.fail(at+".client", "the client is not in this part")
		}
		c.finding(at, &p.Findings[i])
	}
}

func (c *checker) client(at string, k *api.Client) {
	c.form(at+".id", k.ID, placeForm)
	c.need(at+".name", k.Name, maxName)
	c.form(at+".tool", k.Tool, wordForm)
	oneOf(c, at+".kind", k.Kind, kinds)
	c.text(at+".external_id", k.ExternalID, maxName)
	for e := range strings.SplitSeq(k.Environment, ",") {
		oneOf(c, at+".environment", e, append([]string{""}, clientele.Environments...))
	}
	var risk clientele.Severity
	if risk.UnmarshalText([]byte(k.Risk)) != nil {
		c.fail(at+".risk", "%q is no severity", cut(k.Risk, 40))
	}
	if !c.count(at+".files", len(k.Files), maxEach) || !c.count(at+".endpoints", len(k.Endpoints), maxEach) || !c.count(at+".credentials", len(k.Credentials), maxEach) ||
		!c.count(at+".identities", len(k.Identities), maxFew) || !c.count(at+".owners", len(k.Owners), maxFew) || !c.count(at+".sync", len(k.Sync), maxFew) {
		return
	}
	for i, f := range k.Files {
		c.text(fmt.Sprintf("%s.files[%d]", at, i), f, maxFile)
	}
	for i := range k.Endpoints {
		c.endpoint(fmt.Sprintf("%s.endpoints[%d]", at, i), &k.Endpoints[i])
	}
	for i := range k.Identities {
		c.identity(fmt.Sprintf("%s.identities[%d]", at, i), &k.Identities[i])
	}
	for i := range k.Credentials {
		c.credential(fmt.Sprintf("%s.credentials[%d]", at, i), &k.Credentials[i])
	}
	for i := range k.Owners {
		c.owner(fmt.Sprintf("%s.owners[%d]", at, i), &k.Owners[i])
	}
	for i, s := range k.Sync {
		oneOf(c, fmt.Sprintf("%s.sync[%d].mode", at, i), s.Mode, []clientele.SyncMode{clientele.SyncLocal, clientele.SyncGit, clientele.SyncCloud})
		c.text(fmt.Sprintf("%s.sync[%d].where", at, i), s.Where, maxFile)
	}
}

func (c *checker) endpoint(at string, e *api.Endpoint) {
	c.text(at+".method", e.Method, maxWord)
	c.text(at+".scheme", e.Scheme, maxWord)
	c.text(at+".host", e.Host, maxName)
	c.text(at+".path", e.Path, maxPath)
	c.text(at+".auth", e.Auth, maxWord)
}

func (c *checker) identity(at string, id *api.Identity) {
	c.text(at+".scheme", id.Scheme, maxWord)
	c.text(at+".principal", id.Principal, maxName)
	c.text(at+".issuer", id.Issuer, maxName)
	c.text(at+".audience", id.Audience, maxName)
	oneOf(c, at+".kind", id.Kind, []clientele.IdentityKind{clientele.UnknownIdentity, clientele.Person, clientele.Machine})
	c.count(at+".scopes", len(id.Scopes), maxFew)
	for i, s := range id.Scopes {
		c.text(fmt.Sprintf("%s.scopes[%d]", at, i), s, maxName)
	}
}

var (
	classes = []clientele.Class{clientele.Reference, clientele.Placeholder, clientele.Encrypted, clientele.Obfuscated, clientele.Literal}
	parties = []clientele.OwnerKind{clientele.PersonOwner, clientele.TeamOwner, clientele.ServiceOwner, clientele.VendorOwner}
)

func (c *checker) credential(at string, k *api.Credential) {
	oneOf(c, at+".class", k.Class, classes)
	c.form(at+".role", k.Role, wordForm)
	if embedded := clientele.Class(k.Class).Embedded(); embedded {
		c.form(at+".fingerprint", k.Fingerprint, printForm)
	} else if k.Fingerprint != "" {
		c.fail(at+".fingerprint", "what is not embedded has none")
	}
	c.text(at+".name", k.Name, maxName)
	c.text(at+".excerpt", k.Excerpt, maxName)
	c.text(at+".principal", k.Principal, maxName)
	c.text(at+".provider", k.Provider, maxWord)
	c.location(at+".location", &k.Location)
}

func (c *checker) owner(at string, o *api.Owner) {
	c.need(at+".who", o.Who, maxName)
	oneOf(c, at+".kind", o.Kind, parties)
	c.text(at+".evidence", o.Evidence, maxMessage)
	if !(o.Confidence >= 0 && o.Confidence <= 1) {
		c.fail(at+".confidence", "it is not between 0 and 1")
	}
}

func (c *checker) finding(at string, f *api.Finding) {
	c.form(at+".rule", f.Rule, wordForm)
	var s clientele.Severity
	if s.UnmarshalText([]byte(f.Severity)) != nil {
		c.fail(at+".severity", "%q is no severity", cut(f.Severity, 40))
	}
	if f.Credential != "" {
		c.form(at+".credential", f.Credential, printForm)
	}
	c.text(at+".message", f.Message, maxMessage)
	c.text(at+".remedy", f.Remedy, maxMessage)
	if f.Suppressed != nil {
		c.text(at+".suppressed.reason", f.Suppressed.Reason, maxMessage)
	}
	c.location(at+".location", &f.Location)
}

func (c *checker) location(at string, l *api.Location) {
	c.text(at+".file", l.File, maxFile)
	if !c.count(at+".path", len(l.Path), maxDepth) {
		return
	}
	for i, s := range l.Path {
		c.text(fmt.Sprintf("%s.path[%d]", at, i), s, maxName)
	}
}
