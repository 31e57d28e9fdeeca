package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/keywrap"
)

// house is a server under test. Its sessions are made by the test: a token is the name of an
// actor.
type house struct {
	*httpapi.House
	t      *testing.T
	url    string
	actors map[string]clientele.Actor
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(t.Context(), d, audit.New(d, wrap), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, actors: map[string]clientele.Actor{}, House: &httpapi.House{Guard: g, Version: "test"}}
	h.Evidence = newDesk(t, g)
	h.Authenticate = func(_ context.Context, token clientele.Plaintext) (clientele.Actor, error) {
		if a, ok := h.actors[token.Reveal()]; ok {
			return a, nil
		}
		return clientele.Actor{}, clientele.Errorf(clientele.Unauthenticated, "no such session")
	}
	server := httptest.NewServer(httpapi.Doorstep(h.House, httpapi.New(h.House)))
	t.Cleanup(server.Close)
	h.url = server.URL
	h.BaseURL = server.URL
	return h
}

// as makes an actor with an id and roles and returns the token of the session.
func (h *house) as(id string, roles ...clientele.SystemRole) string {
	h.actors["token-"+id] = clientele.Actor{Kind: clientele.PersonActor, ID: id, Roles: roles, Session: "ses_" + id}
	return "token-" + id
}

// send sends a request and returns the answer's status, header and body.
func (h *house) send(token, method, path, body string, header ...string) (int, http.Header, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// want sends a request, demands a status, and decodes the answer into out if it is not nil.
func (h *house) want(status int, token, method, path, body string, out any) {
	h.t.Helper()
	got, _, answer := h.send(token, method, path, body)
	if got != status {
		h.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got, status, answer)
	}
	if out != nil {
		if err := json.NewDecoder(strings.NewReader(answer)).Decode(out); err != nil {
			h.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}
