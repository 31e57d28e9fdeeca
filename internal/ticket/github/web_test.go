package github

import (
	"net/url"
	"testing"
)

// Links are held against the host that people see, which for github.com cannot be asked from
// a test; so this one looks from inside.
func TestPagesAreWhereTheAPISaysTheyAre(t *testing.T) {
	for api, want := range map[string]string{
		"https://api.github.com":             "https://github.com",
		"https://api.github.com/":            "https://github.com",
		"https://api.acme.ghe.com":           "https://acme.ghe.com",
		"https://ghe.acme.example/api/v3":    "https://ghe.acme.example",
		"https://ghe.acme.example/x/api/v3/": "https://ghe.acme.example/x",
		"https://api.acme.example/api/v3":    "https://api.acme.example",
	} {
		u, err := url.Parse(api)
		if err != nil {
			t.Fatal(err)
		}
		if got := webOf(u).String(); got != want {
			t.Errorf("%s: got %s, want %s", api, got, want)
		}
	}
}
