package detect

import "strings"

// environmentWords tell an environment by a word in a name or host.
var environmentWords = map[string]string{
	"prod": "production", "production": "production", "prd": "production", "live": "production", "prodution": "production",
	"staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging", "uat": "staging", "qa": "test", "preview": "staging",
	"test": "test", "testing": "test", "sandbox": "test", "integration": "test", "e2e": "test", "mock": "test",
	"dev": "development", "development": "development", "develop": "development",
	"local": "local", "localhost": "local",
}

// EnvironmentOfName reads an environment from a name: production, staging, test, development,
// local, or "".
func EnvironmentOfName(name string) string {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }) {
		if e := environmentWords[strings.TrimRight(w, "0123456789")]; e != "" {
			return e
		}
	}
	return ""
}

// EnvironmentOfHost reads an environment from a host name, or "".
func EnvironmentOfHost(host string) string {
	h, _, _ := strings.Cut(host, ":")
	switch {
	case h == "localhost", h == "127.0.0.1", h == "::1", h == "[::1]", h == "0.0.0.0", strings.HasSuffix(h, ".local"), strings.HasSuffix(h, ".localhost"), h == "host.docker.internal":
		return "local"
	case strings.ContainsAny(h, "{<$"):
		return ""
	}
	// The last label is a top-level domain: .dev and .test say nothing.
	if i := strings.LastIndexByte(h, '.'); i > 0 {
		h = h[:i]
	}
	return EnvironmentOfName(h)
}

// ExampleHost reports whether a host is one of those reserved for documentation and tests
// (RFC 2606, RFC 6761).
func ExampleHost(h string) bool {
	h, _, _ = strings.Cut(h, ":")
	return h == "example.com" || strings.HasSuffix(h, ".example.com") || strings.HasSuffix(h, ".example") || strings.HasSuffix(h, ".test") || strings.HasSuffix(h, ".invalid")
}
