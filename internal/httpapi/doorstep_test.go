package httpapi_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/policy"
)

func TestNobodyGetsIn(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	for _, token := range []string{"", "wrong", strings.Repeat("x", 5000)} {
		status, header, body := h.send(token, "GET", "/v1/me", "")
		if status != 401 || header.Get("WWW-Authenticate") == "" || !strings.Contains(body, `"/problems/unauthenticated"`) {
			t.Fatal(status, body)
		}
	}
	if status, _, body := h.send(h.as("per_1", clientele.ViewerRole), "GET", "/v1/me", ""); status != 200 || !strings.Contains(body, "per_1") {
		t.Fatal(status, body)
	}
}

func TestOtherSitesCannotSend(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	status, _, _ := h.send(h.as("per_1", clientele.SecurityRole), "POST", "/v1/services", "{}", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if status != 403 {
		t.Fatal(status)
	}
}

func TestEveryRouteIsAnAct(t *testing.T) {
	for _, r := range httpapi.Table() {
		if _, ok := policy.Find(r.Act); !ok {
			t.Errorf("%s %s: there is no act %q", r.Method, r.Path, r.Act)
		}
	}
}
