package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	maxGroups = 1000
	maxText   = 256 // bytes of a name, an address or a group
)

// Claims is whom the provider says that somebody is. Issuer and Subject together name the
// person for good; the rest is what the provider said of them this time.
type Claims struct {
	Issuer        string
	Subject       string
	Email         string // empty, or an address without control characters
	EmailVerified bool
	Name          string
	Groups        []string
	AuthTime      time.Time // when the person last proved who they are; zero: not said
}

// said is what an id_token or the userinfo endpoint says.
type said struct {
	Email    string          `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
	Name     string          `json:"name"`
	AuthTime json.Number     `json:"auth_time"`
	// Elsewhere names the claims that did not fit (OpenID Connect Core section 5.6.2).
	Elsewhere map[string]json.RawMessage `json:"_claim_names"`

	all map[string]json.RawMessage
}

// source is an id_token or a userinfo answer.
type source interface{ Claims(any) error }

func read(from source) (said, error) {
	var s said
	err := errors.Join(from.Claims(&s), from.Claims(&s.all))
	return s, err
}

// claims reads the person from the id_token and, for what that leaves out, from the userinfo
// endpoint: many providers send a person's address there alone.
func (p *Provider) claims(ctx context.Context, l *link, id *gooidc.IDToken, token *oauth2.Token) (Claims, error) {
	s, err := read(id)
	if err != nil {
		return Claims{}, rejected("the id_token of the identity provider cannot be read", err)
	}
	if p.lacks(s) && l.UserInfoEndpoint() != "" {
		if s, err = p.ask(ctx, l, id, token, s); err != nil {
			return Claims{}, err
		}
	}
	groups, err := p.groups(s)
	if err != nil {
		return Claims{}, err
	}
	c := Claims{Issuer: p.cfg.Issuer, Subject: id.Subject, Name: plain(s.Name), Groups: groups}
	if address(s.Email) {
		c.Email, c.EmailVerified = s.Email, string(s.Verified) == "true" || string(s.Verified) == `"true"`
	}
	if n, err := s.AuthTime.Int64(); err == nil && n > 0 {
		c.AuthTime = time.Unix(n, 0).UTC()
	}
	return c, p.admits(c)
}

func (p *Provider) lacks(s said) bool {
	_, has := s.all[p.cfg.GroupsClaim]
	return s.Email == "" || p.cfg.GroupsClaim != "" && !has
}

// ask fills what s leaves out. The id_token's word stands: it is signed for us.
func (p *Provider) ask(ctx context.Context, l *link, id *gooidc.IDToken, token *oauth2.Token, s said) (said, error) {
	info, err := l.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return said{}, unavailable(errors.New("the userinfo endpoint does not answer as it should"))
	}
	if info.Subject != id.Subject {
		return said{}, rejected("the identity provider spoke of two people", nil)
	}
	more, err := read(info)
	if err != nil {
		return said{}, unavailable(err)
	}
	if s.Email == "" { // an address and the word on it come from one place
		s.Email, s.Verified = more.Email, more.Verified
	}
	if s.Name == "" {
		s.Name = more.Name
	}
	if _, has := s.all[p.cfg.GroupsClaim]; !has && more.all[p.cfg.GroupsClaim] != nil {
		s.all[p.cfg.GroupsClaim] = more.all[p.cfg.GroupsClaim]
	}
	return s, nil
}

// groups are sorted, each once. A provider that left groups out because there were too many
// is an error: to go on would take rights away without a word.
func (p *Provider) groups(s said) ([]string, error) {
	if p.cfg.GroupsClaim == "" {
		return nil, nil
	}
	raw := s.all[p.cfg.GroupsClaim]
	if _, elsewhere := s.Elsewhere[p.cfg.GroupsClaim]; elsewhere && len(raw) == 0 {
		return nil, tooManyGroups()
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, &clientele.Error{Kind: clientele.Internal, Msg: "the claim that lists groups holds something else", Err: err}
		}
		list = []string{one}
	}
	if len(list) > maxGroups {
		return nil, tooManyGroups()
	}
	list = slices.DeleteFunc(list, func(g string) bool { return g == "" || len(g) > maxText || plain(g) != g })
	slices.Sort(list)
	return slices.Compact(list), nil
}

func tooManyGroups() error {
	return clientele.Errorf(clientele.Limit, "you are in more groups than the identity provider can send").
		WithHint("let it send only those that are assigned to this application")
}

// admits holds the person to the list of domains.
func (p *Provider) admits(c Claims) error {
	if len(p.cfg.AllowedDomains) == 0 {
		return nil
	}
	_, domain, _ := strings.Cut(strings.ToLower(c.Email), "@")
	switch {
	case c.Email == "" || !c.EmailVerified:
		return clientele.Errorf(clientele.Denied, "the identity provider did not confirm your e-mail address").
			WithHint("confirm the address there, then sign in again")
	case !slices.Contains(p.cfg.AllowedDomains, domain):
		return clientele.Errorf(clientele.Denied, "addresses of your domain may not sign in here").
			WithHint("ask who runs this server to allow the domain")
	}
	return nil
}

// address reports whether s is an e-mail address in its common form: one @, and printable
// ASCII, so that no domain is written in letters that only look like another's.
func address(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && len(s) <= maxText && !strings.Contains(domain, "@") &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>(),;:\`, r) })
}

// plain is s without what cannot be printed, cut to maxText bytes.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}
