package oidc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele"
)

func TestOnlyVerifiedAddressesOfAllowedDomainsSignIn(t *testing.T) {
	i := newIDP(t, redirectURL)
	cases := []struct {
		domain string
		claims map[string]any
		ok     bool
	}{
		{"zitadel.ch", nil, true}, // the address comes from userinfo
		{" @Zitadel.CH ", nil, true},
		{"example.com", nil, false},
		{"ch", nil, false},
		{"example.com", map[string]any{"email": "a@Example.com", "email_verified": true}, true},
		{"example.com", map[string]any{"email": "a@example.com", "email_verified": "true"}, true},
		{"example.com", map[string]any{"email": "a@example.com", "email_verified": false}, false},
		{"example.com", map[string]any{"email": "a@example.com"}, false},
		{"example.com", map[string]any{"email": "a@sub.example.com", "email_verified": true}, false},
		{"example.com", map[string]any{"email": "a@notexample.com", "email_verified": true}, false},
		{"example.com", map[string]any{"email": "a@evil.test@example.com", "email_verified": true}, false},
		{"example.com", map[string]any{"email": "a@example.com\n", "email_verified": true}, false},
		{"example.com", map[string]any{"email": "a@examplе.com", "email_verified": true}, false}, // a Cyrillic е
		{"example.com", map[string]any{"email": "example.com", "email_verified": true}, false},
	}
	for _, c := range cases {
		cfg := i.ClientConfig()
		cfg.AllowedDomains = []string{c.domain}
		cfg.Transport = &meddler{next: cfg.Transport, path: "/oauth/token", with: func(a map[string]any) {
			a["id_token"] = i.resign(t, a["id_token"].(string), c.claims)
		}}
		p := newProvider(t, cfg)
		flow, q := i.answer(t, p)
		_, err := p.Finish(t.Context(), flow, q)
		if c.ok && err != nil || !c.ok && clientele.KindOf(err) != clientele.Denied {
			t.Errorf("%s %v: %v", c.domain, c.claims, err)
		}
	}
}

func TestGroupsAreReadAsTheyCome(t *testing.T) {
	i := newIDP(t, redirectURL)
	many := slices.Repeat([]string{"g"}, 1001)
	for name, c := range map[string]struct {
		claims map[string]any
		want   string
		kind   clientele.ErrorKind
	}{
		"a list":         {map[string]any{"groups": []string{"b", "a", "b", "", "x\u202ey"}}, "[a b]", ""},
		"one":            {map[string]any{"groups": "a"}, "[a]", ""},
		"none":           {map[string]any{"groups": []string{}}, "[]", ""},
		"numbers":        {map[string]any{"groups": []int{1}}, "", clientele.Internal},
		"too many":       {map[string]any{"groups": many}, "", clientele.Limit},
		"from userinfo":  {nil, "[admins platform]", ""},
		"name is hidden": {map[string]any{"groups": "a", "name": "Eve\u202e\x1b[2J"}, "[a]", ""},
	} {
		cfg := i.ClientConfig()
		cfg.Transport = &meddler{next: cfg.Transport, path: "/oauth/token", with: func(a map[string]any) {
			a["id_token"] = i.resign(t, a["id_token"].(string), c.claims)
		}}
		p := newProvider(t, cfg)
		flow, q := i.answer(t, p)
		claims, err := p.Finish(t.Context(), flow, q)
		if c.kind != "" && clientele.KindOf(err) != c.kind || c.kind == "" && (err != nil || fmt.Sprint(claims.Groups) != c.want) {
			t.Errorf("%s: %v %v", name, claims.Groups, err)
		}
		if strings.ContainsAny(claims.Name, "\u202e\x1b") {
			t.Errorf("%s: name %q", name, claims.Name)
		}
	}
}

func TestGroupsThatDidNotFitAreNotTakenForNone(t *testing.T) {
	i := newIDP(t, redirectURL)
	cfg := i.ClientConfig()
	cfg.GroupsClaim = "roles" // the userinfo endpoint does not have it
	cfg.Transport = &meddler{next: cfg.Transport, path: "/oauth/token", with: func(a map[string]any) {
		a["id_token"] = i.resign(t, a["id_token"].(string), map[string]any{
			"_claim_names": map[string]any{"roles": "src"}, "_claim_sources": map[string]any{"src": map[string]any{"endpoint": "https://graph.test"}},
		})
	}}
	p := newProvider(t, cfg)
	flow, q := i.answer(t, p)
	_, err := p.Finish(t.Context(), flow, q)
	wantKind(t, err, clientele.Limit)
}
