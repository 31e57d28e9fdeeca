package httpapi_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/httpapi"
)

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// free are the routes that ask for no session.
func free(path string) bool { return strings.HasPrefix(path, "/v1/sign-in/") }

// skip leaves out what says no more: bodies where none is read, and every role with every
// body and id at once.
func skip(method, who, body string, id int) bool {
	switch {
	case method == "GET":
		return body != "none"
	case who == "security":
		return id > 0 && body != "none" && body != "wrong types"
	}
	return body != "wrong types" || id > 1
}

// Whatever is sent to whichever route by whomever: nobody gets in without a session, and
// nothing makes the server fail.
func TestHostileRequests(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	tokens := map[string]string{"nobody": "", "stranger": h.as("per_0000000000000000000000strange")}
	for _, r := range clientele.SystemRoles {
		tokens[string(r)] = h.as("per_00000000000000000000"+string(r), r)
	}
	deep := strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)
	bodies := map[string]string{
		"none": "", "no JSON": "{", "a list": "[]", "null": "null", "a number": "7", "deep": deep,
		"unknown fields": `{"nosuch":true,"__proto__":{"admin":true}}`,
		"wrong types":    `{"id":7,"ids":"x","purpose":[],"title":{},"environment":1,"scopes":"all","text":null,"reason":{"a":1}}`,
		"NUL and more":   "{\"title\":\"\\u0000\\u202e\",\"reason\":\"\\ud800\"}",
		"too large":      `{"title":"` + strings.Repeat("x", 9<<20) + `"}`,
	}
	ids := []string{"cli_0000000000000000000000000z", "..%2f..%2fetc%2fpasswd", "1%00", "'%20OR%201=1--", strings.Repeat("a", 3000)}
	for _, line := range httpapi.Table() {
		t.Run(line.ID, func(t *testing.T) {
			h.t = t
			for who, token := range tokens {
				for i, id := range ids {
					path := parameter.ReplaceAllString(line.Path, id)
					if line.Method == "GET" {
						path += "?limit=7"
					}
					for name, body := range bodies {
						if skip(line.Method, who, name, i) {
							continue
						}
						status, _, answer := h.send(token, line.Method, path, body)
						what := fmt.Sprintf("%s %s as %s with %s: %d %s", line.Method, path[:min(len(path), 100)], who, name, status, answer[:min(len(answer), 300)])
						if status >= 500 && status != 503 {
							t.Error("failed: " + what)
						}
						if who == "nobody" && !free(line.Path) && status != 401 && status != 404 && status != 405 && status != 307 {
							t.Error("let in: " + what)
						}
						if who == "stranger" && status < 300 && !strings.HasPrefix(answer, `{"items":[]`) && !strings.HasPrefix(line.Path, "/v1/me") && !free(line.Path) && !strings.HasPrefix(line.Path, "/v1/session") {
							t.Error("a person without a role got through: " + what)
						}
					}
				}
			}
		})
	}
}
