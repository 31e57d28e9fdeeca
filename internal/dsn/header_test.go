package dsn_test

import (
	"testing"

	"github.com/clientele/clientele/internal/dsn"
)

func TestHeadersTellHowARequestSignsIn(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer x", "bearer"}, {"authorization", "token x", "bearer"}, {"Authorization", "x", "custom"},
		{"DD-API-KEY", "x", "api_key"}, {"PRIVATE-TOKEN", "x", "api_key"}, {"apikey", "x", "api_key"}, {"X-Vault-Token", "x", "api_key"},
		{"X-Auth-Token", "x", "api_key"}, {"X-Shop-Api-Key", "x", "api_key"},
		{"X-CSRF-Token", "x", ""}, {"Content-Type", "x", ""}, {"Idempotency-Key", "x", ""},
	} {
		if got := dsn.HeaderScheme(c.name, c.value); got != c.want {
			t.Errorf("%s: %s gives %q, want %q", c.name, c.value, got, c.want)
		}
	}
	for url, want := range map[string]string{
		"https://a.test/?x=1&key=k": "api_key", "{{base}}/y?api_key={{k}}#z": "api_key",
		"https://a.test/?key=": "", "https://a.test/key=1": "",
	} {
		if got := dsn.QueryScheme(url); got != want {
			t.Errorf("%s gives %q, want %q", url, got, want)
		}
	}
}
