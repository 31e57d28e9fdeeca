package dsn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/dsn"
)

func TestWhatIsShownOfAURL(t *testing.T) {
	for _, c := range []struct{ url, host, bare, path string }{
		{"https://api.example.com:8443/v1/users?key=s3cret#top", "api.example.com:8443", "https://api.example.com:8443/v1/users", "/v1/users"},
		{"https://mia:pw@api.example.com", "api.example.com", "https://api.example.com", "/"},
		{"https://mia:p@w@api.example.com/x", "api.example.com", "https://api.example.com/x", "/x"},
		{"https://mia:p/w@api.example.com/x", "api.example.com", "https://api.example.com/x", "/x"},
		{"https://mia:p?w#1@api.example.com/x?y", "api.example.com", "https://api.example.com/x", "/x"},
		{"git+https://tok3n@git.example.com/a/b.git@v1.2#egg=b", "git.example.com", "git+https://git.example.com/a/b.git@v1.2", "/a/b.git@v1.2"},
		{"//registry.example.com/npm/", "registry.example.com", "//registry.example.com/npm/", "/npm/"},
		{"registry.example.com/npm", "registry.example.com", "registry.example.com/npm", "/npm"},
		{"localhost:3000/users/mia@example.com", "localhost:3000", "localhost:3000/users/mia@example.com", "/users/mia@example.com"},
		{"/v1/users?key=s3cret", "", "/v1/users", "/v1/users"},
		{"{{base}}/v1/{{id}}?key=s3cret", "{{base}}", "{{base}}/v1/{{id}}", "/v1/{{id}}"},
		{"https://${#Project#host}/v1", "${#Project#host}", "https://${#Project#host}/v1", "/v1"},
		{"https://{{user}}:{{a/b@c}}@{{host}}/v1", "{{host}}", "https://{{host}}/v1", "/v1"},
		{"https://hooks.example.com/services/T0ACME12/xoxQ7rT2mW9pK4sV6uY1/z", "hooks.example.com", "https://hooks.example.com/services/T0ACME12/xoxQ7rT2mW9pK4sV6uY1/z", "/services/T0ACME12/…/z"},
		{"", "", "", "/"},
	} {
		if got := dsn.HostOf(c.url); got != c.host {
			t.Errorf("HostOf(%q) = %q, want %q", c.url, got, c.host)
		}
		if got := dsn.Bare(c.url); got != c.bare {
			t.Errorf("Bare(%q) = %q, want %q", c.url, got, c.bare)
		}
		if got := dsn.ShownPath(c.url); got != c.path {
			t.Errorf("ShownPath(%q) = %q, want %q", c.url, got, c.path)
		}
	}
}

func TestShowsOnlyWholeNames(t *testing.T) {
	const url = "https://api.example.com/?api_key=1&page=2"
	for name, want := range map[string]bool{"api_key": true, "page": true, "key": false, "api": false} {
		if got := dsn.Shows(url, name); got != want {
			t.Errorf("Shows(%q) = %v", name, got)
		}
	}
}

func TestLongTextsTakeNoTimeToShow(t *testing.T) {
	for _, unit := range []string{"@", "a@/", "://", "{{", "a,@b/", "${@"} {
		text := strings.Repeat(unit, 1<<20/len(unit))
		start := time.Now()
		dsn.HostOf("https://" + text)
		dsn.Bare(text)
		dsn.ShownPath("x://" + text)
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%q: %v", unit, took)
		}
	}
}

func FuzzShow(f *testing.F) {
	for _, s := range []string{"https://mia:p/w@h.example/x?y#z", "//h/x", "{{b}}/x", "a:b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, url string) {
		bare := dsn.Bare(url)
		if !strings.Contains(bare, dsn.HostOf(url)) || len(bare) > len(url) {
			t.Errorf("%q: bare %q, host %q", url, bare, dsn.HostOf(url))
		}
		dsn.ShownPath(url)
	})
}

func TestSchemesOfAuthorizationHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"Basic bWlhOnB3": "basic", "bearer {{token}}": "bearer", "AWS4-HMAC-SHA256 Credential=x": "aws_sigv4",
		"OAuth oauth_token=\"x\"": "oauth1", "Digest username=\"mia\"": "digest", "SSWS x": "custom", "{{auth}}": "custom", "": "custom",
	} {
		if got := dsn.AuthScheme(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
