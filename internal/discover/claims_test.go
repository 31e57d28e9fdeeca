package discover_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/discover"
)

func TestClaims(t *testing.T) {
	for claims, want := range map[string]string{
		`{"sub":"42","email":"ada@acme.io","exp":1900000000,"aud":["a","b"],"scope":"read write"}`: "ada@acme.io person 2030-03-17 a b read write",
		`{"sub":"x@clients","gty":"client-credentials","exp":"soon","aud":7}`:                      "x@clients machine 0001-01-01 ",
		`{"sub":"system:serviceaccount:a:b","exp":-5}`:                                             "system:serviceaccount:a:b machine 0001-01-01 ",
		`{"appid":"7","exp":1e300}`:                                                                "7  0001-01-01 ",
	} {
		dir := t.TempDir()
		write(t, dir, map[string]string{".env": "ACCESS_TOKEN=" + jwt(`{"alg":"HS256"}`, claims) + "\n"})
		c := only(t, scan(t, optionsWithoutGit, dir))
		if len(c.Identities) != 1 {
			t.Errorf("%s: %+v", claims, c.Identities)
			continue
		}
		id := c.Identities[0]
		got := fmt.Sprintf("%s %s %s %s %s", id.Principal, id.Kind, id.ExpiresAt.Format(time.DateOnly), id.Audience, strings.Join(id.Scopes, " "))
		if strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s: got %q, want %q", claims, got, want)
		}
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{".env": "ACCESS_TOKEN=" + jwt(`{"alg":"HS256"}`, `[1, "not a map"]`) + "\nB_TOKEN=eyJhbGciOiJIUzI1NiJ9.%%%.c2lnbmF0dXJl\n"})
	scan(t, optionsWithoutGit, dir)
}

var optionsWithoutGit = discover.Options{NoGit: true}

func jwt(header, claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(claims)) + "." + enc([]byte("signature"))
}
