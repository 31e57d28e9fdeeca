package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/scim"
	"github.com/clientele/clientele/internal/scim/scimtest"
)

func TestHandlerConforms(t *testing.T) {
	scimtest.Run(t, func(*testing.T) http.Handler { return scim.Handler(&memory{}, scim.Options{}) })
}

// call sends one request to a handler.
func call(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, scim.Prefix+path, strings.NewReader(body)))
	return w
}

func patchBody(operations string) string { return `{"Operations":[` + operations + `]}` }

func TestStoreErrorsAreNotShownToClients(t *testing.T) {
	var log bytes.Buffer
	store := &memory{}
	h := scim.Handler(store, scim.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	call(h, "POST", "/Users", `{"userName":"ann"}`)
	for _, broken := range []error{
		errors.New("dial tcp 10.0.0.7: refused"),
		&clientele.Error{Kind: clientele.Internal, Msg: "dial tcp 10.0.0.7"},
	} {
		store.broken = broken
		for _, w := range []*httptest.ResponseRecorder{
			call(h, "GET", "/Users", ""), call(h, "GET", "/Users/u1", ""), call(h, "DELETE", "/Users/u1", ""),
			call(h, "PATCH", "/Users/u1", patchBody(`{"op":"add","path":"title","value":"x"}`)),
		} {
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("the client is told %d %s", w.Code, w.Body)
			}
		}
		if !strings.Contains(log.String(), "10.0.0.7") {
			t.Errorf("the log does not tell: %s", log.String())
		}
		log.Reset()
	}
	store.broken = &clientele.Error{Kind: clientele.Limit, Msg: "too many seats", Hint: "remove some"}
	if w := call(h, "GET", "/Users", ""); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "too many seats: remove some") {
		t.Errorf("the client is told %d %s", w.Code, w.Body)
	}
	if log.Len() > 0 {
		t.Errorf("what the client was told was logged too: %s", log.String())
	}
}

func TestLocationsAreBelowTheBaseURL(t *testing.T) {
	h := scim.Handler(&memory{}, scim.Options{BaseURL: "https://clientele.example.com/scim/v2/"})
	w := call(h, "POST", "/Users", `{"userName":"ann"}`)
	if got := w.Header().Get("Location"); got != "https://clientele.example.com/scim/v2/Users/u1" {
		t.Errorf("Location %q", got)
	}
	var config struct{ Meta struct{ Location string } }
	if err := json.Unmarshal(call(h, "GET", "/ServiceProviderConfig", "").Body.Bytes(), &config); err != nil {
		t.Fatal(err)
	}
	if config.Meta.Location != "https://clientele.example.com/scim/v2/ServiceProviderConfig" {
		t.Errorf("meta.location %q", config.Meta.Location)
	}
}

func TestPagesAreCapped(t *testing.T) {
	h := scim.Handler(&memory{}, scim.Options{MaxResults: 2})
	for i := range 5 {
		call(h, "POST", "/Users", fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	for _, query := range []string{"", "?count=2", "?count=2000000000"} {
		var page struct{ TotalResults, ItemsPerPage int }
		if err := json.Unmarshal(call(h, "GET", "/Users"+query, "").Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if page.TotalResults != 5 || page.ItemsPerPage != 2 {
			t.Errorf("%q: %+v", query, page)
		}
	}
}

func TestWritesThatChangeNothingDoNotReachTheStore(t *testing.T) {
	store := &memory{}
	h := scim.Handler(store, scim.Options{})
	user := `{"userName":"ann","title":"Guide","emails":[{"value":"a@b.org","type":"work"}]}`
	group := `{"displayName":"Team","members":[{"value":"u1"}]}`
	call(h, "POST", "/Users", user)
	call(h, "POST", "/Groups", group)
	before := store.writes
	for _, w := range []*httptest.ResponseRecorder{
		call(h, "PUT", "/Users/u1", user),
		call(h, "PATCH", "/Users/u1", patchBody(`{"op":"replace","path":"title","value":"Guide"},{"op":"replace","value":{"active":true}}`)),
		call(h, "PUT", "/Groups/g2", group),
		call(h, "PATCH", "/Groups/g2", patchBody(`{"op":"add","path":"members","value":[{"value":"u1"}]}`)),
	} {
		if w.Code >= 300 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if store.writes != before {
		t.Errorf("%d writes", store.writes-before)
	}
}

func TestHostileBodiesAreRefusedAndChangeNothing(t *testing.T) {
	store := &memory{}
	h := scim.Handler(store, scim.Options{})
	call(h, "POST", "/Users", `{"userName":"ann"}`)
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	wide := `{"userName":"x",` + strings.Repeat(`"k":1,`, 100_000) + `"z":1}`
	emails := `{"userName":"x","emails":[` + strings.Repeat(`{"value":"a@b"},`, 100) + `{"value":"a@b"}]}`
	for name, c := range map[string]struct {
		method, path, body string
		status             int
	}{
		"nested deep":         {"POST", "/Users", deep, 400},
		"lists nested deep":   {"POST", "/Users", strings.Repeat("[", 500_000), 400},
		"a key again":         {"POST", "/Users", wide, 400},
		"many emails":         {"POST", "/Users", emails, 413},
		"a long string":       {"POST", "/Users", `{"userName":"` + strings.Repeat("x", 3000) + `"}`, 400},
		"too large":           {"POST", "/Users", strings.Repeat(" ", scim.MaxBody+1), 413},
		"a number for a list": {"PATCH", "/Users/u1", `{"Operations":1e999}`, 400},
		"a deep path":         {"PATCH", "/Users/u1", patchBody(`{"op":"add","path":"emails[` + strings.Repeat("(", 3000) + `","value":"x"}`), 400},
		"a long path":         {"PATCH", "/Users/u1", patchBody(`{"op":"add","path":"` + strings.Repeat("x", 5000) + `","value":"x"}`), 400},
		"too many emails at last": {"PATCH", "/Users/u1", patchBody(strings.TrimSuffix(strings.Repeat(
			`{"op":"add","path":"emails","value":[{"value":"a%d"}]},`, 101), ",")), 413},
	} {
		body := c.body
		for i := 0; strings.Contains(body, "%d"); i++ {
			body = strings.Replace(body, "%d", fmt.Sprint(i), 1)
		}
		begun := time.Now()
		if w := call(h, c.method, c.path, body); w.Code != c.status {
			t.Errorf("%s: %d %.200s", name, w.Code, w.Body)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	if store.writes != 1 || len(store.users) != 1 {
		t.Errorf("%d writes, %d users", store.writes, len(store.users))
	}
}

func crowd(n int) *memory {
	store := &memory{}
	g := scim.Group{ID: "g", DisplayName: "Everybody"}
	for i := range n {
		id := fmt.Sprintf("u%d", i)
		store.users = append(store.users, scim.User{ID: id, UserName: id})
		g.Members = append(g.Members, scim.Member{ID: id})
	}
	store.groups = []scim.Group{g}
	return store
}

func TestAThousandOperationsGoInOneRequest(t *testing.T) {
	store := crowd(1200)
	var ops []string
	for i := range scim.MaxOperations {
		ops = append(ops, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"u%d\"]"}`, i))
	}
	w := call(scim.Handler(store, scim.Options{}), "PATCH", "/Groups/g", patchBody(strings.Join(ops, ",")))
	if left := store.groups[0].Members; w.Code != http.StatusNoContent || len(left) != 200 || left[0].ID != "u1000" {
		t.Errorf("%d %s: %d members are left", w.Code, w.Body, len(left))
	}
}

func TestFiltersThatLookAtTooMuchAreRefused(t *testing.T) {
	store := crowd(20_000)
	for i := range store.groups[0].Members {
		store.groups[0].Members[i].Type = "User"
	}
	// The first comparison settles it, so that this test is quick; the limit counts all of them.
	path := `members[type eq \"User\"` + strings.Repeat(` or value eq \"x\"`, 99) + `].type`
	op := `{"op":"add","path":"` + path + `","value":"User"}`
	w := call(scim.Handler(store, scim.Options{}), "PATCH", "/Groups/g", patchBody(op+strings.Repeat(","+op, 50)))
	if w.Code != http.StatusRequestEntityTooLarge || store.writes != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAPatchStopsWhenItsRequestDoes(t *testing.T) {
	store := crowd(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "PATCH", scim.Prefix+"/Groups/g", strings.NewReader(patchBody(`{"op":"remove","path":"members"}`)))
	scim.Handler(store, scim.Options{Log: slog.New(slog.DiscardHandler)}).ServeHTTP(httptest.NewRecorder(), r)
	if len(store.groups[0].Members) != 1 {
		t.Error("the members are gone")
	}
}

func TestARemoveMayNameTheEmailsInItsValue(t *testing.T) {
	h := scim.Handler(&memory{}, scim.Options{})
	call(h, "POST", "/Users", `{"userName":"ann","emails":[{"value":"a@b.org","type":"work"},{"value":"a@b.org","type":"home"},{"value":"c@d.org"}]}`)
	w := call(h, "PATCH", "/Users/u1?attributes=emails", patchBody(`{"op":"remove","path":"emails","value":[{"value":"A@b.org","type":"home"}]}`))
	if got := w.Body.String(); strings.Count(got, "a@b.org") != 1 || !strings.Contains(got, "work") {
		t.Error(got)
	}
	w = call(h, "PATCH", "/Users/u1?attributes=emails", patchBody(`{"op":"remove","path":"emails","value":{"value":"a@b.org"}}`))
	if got := w.Body.String(); strings.Contains(got, "a@b.org") || !strings.Contains(got, "c@d.org") {
		t.Error(got)
	}
}

func FuzzPatchPath(f *testing.F) {
	for _, path := range []string{
		"title", "name.givenName", `emails[type eq "work"].value`, `emails[not (value co "a") or primary eq true]`,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", `phoneNumbers[type eq "x"].value`, "groups", "id", "emails.type", "[", "emails[", `emails[type pr].`,
	} {
		f.Add("add", path, `"x"`)
		f.Add("replace", path, `{"value":"x","type":"work","primary":true}`)
		f.Add("remove", path, `[{"value":"a@b.org"}]`)
	}
	f.Fuzz(func(t *testing.T, op, path, value string) {
		store := &memory{}
		h := scim.Handler(store, scim.Options{})
		call(h, "POST", "/Users", `{"userName":"ann","emails":[{"value":"a@b.org","type":"work","primary":true},{"value":"c@d.org"}]}`)
		before := call(h, "GET", "/Users/u1", "").Body.String()
		operation, _ := json.Marshal(map[string]any{"op": op, "path": path, "value": json.RawMessage(orNull(value))})
		w := call(h, "PATCH", "/Users/u1", patchBody(string(operation)))
		after := call(h, "GET", "/Users/u1", "").Body.String()
		switch {
		case w.Code >= 500 || w.Code == 404 || w.Code == 409:
			t.Errorf("%d %s", w.Code, w.Body)
		case w.Code != 200 && after != before:
			t.Errorf("refused with %d, and yet %s became %s", w.Code, before, after)
		case w.Code == 200 && w.Body.String() != after:
			t.Errorf("answered %s, and is %s", w.Body, after)
		}
	})
}

func orNull(s string) string {
	if !json.Valid([]byte(s)) {
		return "null"
	}
	return s
}

func FuzzBody(f *testing.F) {
	f.Add(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x","active":"True","emails":[{"value":"a","primary":true}]}`)
	f.Add(`{"Operations":[{"op":"Add","value":{"name.givenName":"x"}}]}`)
	f.Add(`{"filter":"userName pr","count":3}`)
	f.Fuzz(func(t *testing.T, body string) {
		h := scim.Handler(&memory{}, scim.Options{})
		call(h, "POST", "/Users", `{"userName":"ann"}`)
		for _, w := range []*httptest.ResponseRecorder{
			call(h, "POST", "/Users", body), call(h, "PUT", "/Users/u1", body), call(h, "PATCH", "/Users/u1", body),
			call(h, "POST", "/Groups", body), call(h, "POST", "/.search", body),
		} {
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
	})
}
