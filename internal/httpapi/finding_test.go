package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/api"
)

func (h *stocked) findings(token, query string) []api.GovernedFinding {
	h.t.Helper()
	var list api.List[api.GovernedFinding]
	h.want(200, token, "GET", "/v1/findings"+query, "", &list)
	return list.Items
}

func TestFindingsAreListedByWhatPeopleAskFor(t *testing.T) {
	h := stock(t)
	h.team("Payments")
	for query, want := range map[string]int{
		"": 4, "?client=" + h.anns: 2, "?rule=embedded-secret": 4, "?rule=nosuch": 0, "?severity=high": 4, "?severity=critical": 0, "?state=open": 4, "?state=closed": 0,
		"?owner=payments": 0, "?owner=nobody": 0, "?owner=me": 0,
	} {
		if got := h.findings(h.security, query); len(got) != want {
			t.Errorf("%q: %d findings, want %d", query, len(got), want)
		}
	}
	for query, want := range map[string]int{"?owner=me": 2, "?owner=me&client=" + h.bobs: 0, "?owner=me&client=" + h.anns: 2, "?owner=me&severity=high&state=open&rule=embedded-secret": 2, "?owner=me&state=closed": 0, "": 2, "?client=" + h.bobs: 0} {
		if got := h.findings(h.ann, query); len(got) != want {
			t.Errorf("Ann, %q: %d findings, want %d", query, len(got), want)
		}
	}
	var page, rest api.List[api.GovernedFinding]
	h.want(200, h.ann, "GET", "/v1/findings?owner=me&limit=1", "", &page)
	h.want(200, h.ann, "GET", "/v1/findings?owner=me&limit=1&after="+page.Next, "", &rest)
	if len(page.Items) != 1 || len(rest.Items) != 1 || rest.Items[0].ID <= page.Items[0].ID || rest.Next != "" {
		t.Errorf("%+v\n%+v", page, rest)
	}
}

func TestAFindingIsShownAcceptedAndOpenedAgain(t *testing.T) {
	h := stock(t)
	var f api.GovernedFinding
	h.want(200, h.viewer, "GET", "/v1/findings/"+h.bobsFinding, "", &f)
	if f.Client != h.bobs || f.State != "open" || f.Severity != "high" || len(f.Places) != 1 || f.Places[0].Host != "laptop-bob" || f.Places[0].Line != 3 {
		t.Fatalf("%+v", f)
	}
	until := time.Now().UTC().Add(48 * time.Hour).Truncate(time.Second)
	h.want(200, h.security, "POST", "/v1/findings/"+f.ID+"/suppress", `{"until":"`+until.Format(time.RFC3339)+`","reason":"a test system"}`, &f)
	if f.State != "suppressed" || !f.SuppressedUntil.Equal(until) || f.SuppressedBy != "per_sec" || f.SuppressedFor != "a test system" {
		t.Fatalf("%+v", f)
	}
	if got := h.findings(h.viewer, "?state=suppressed"); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	var again api.GovernedFinding
	h.want(200, h.security, "POST", "/v1/findings/"+f.ID+"/reopen", "", &again)
	if again.State != "open" || !again.SuppressedUntil.IsZero() {
		t.Fatalf("%+v", again)
	}
}

func TestAnothersFindingIsLikeNone(t *testing.T) {
	h := stock(t)
	body := `{"until":"` + time.Now().UTC().Add(time.Hour).Format(time.RFC3339) + `","reason":"x"}`
	for _, token := range []string{h.ann, h.none} {
		h.sameAsNone(token, "GET", "/v1/findings/%s", h.bobsFinding, "")
		h.sameAsNone(token, "POST", "/v1/findings/%s/suppress", h.bobsFinding, body)
		h.sameAsNone(token, "POST", "/v1/findings/%s/reopen", h.bobsFinding, "")
	}
	h.want(403, h.none, "GET", "/v1/findings", "", nil)
	own := h.text("SELECT MIN(id) FROM finding WHERE client_id = '" + h.anns + "'")
	h.want(403, h.ann, "POST", "/v1/findings/"+own+"/suppress", body, nil)
	h.want(403, h.viewer, "POST", "/v1/findings/"+own+"/suppress", body, nil)
	h.want(403, h.viewer, "POST", "/v1/findings/"+own+"/reopen", "", nil)
	if s := h.text("SELECT MAX(state) FROM finding"); s != "open" {
		t.Errorf("one is %s", s)
	}
}

func TestHostileAcceptancesAreRefused(t *testing.T) {
	h := stock(t)
	soon := time.Now().UTC().Add(time.Hour).Format(time.RFC3339)
	for _, body := range []string{
		"", "{}", `{"reason":"x"}`, `{"until":"` + soon + `"}`, `{"until":"` + soon + `","reason":""}`, `{"until":"0001-01-01T00:00:00Z","reason":"x"}`,
		`{"until":"2001-01-01T00:00:00Z","reason":"x"}`, `{"until":"2999-01-01T00:00:00Z","reason":"x"}`, `{"until":"tomorrow","reason":"x"}`,
		`{"until":"` + soon + `","reason":"` + strings.Repeat("x", 2001) + `"}`, `{"until":"` + soon + `","reason":"a\u0000b"}`, `{"until":"` + soon + `","reason":"x","state":"closed"}`,
	} {
		h.want(400, h.security, "POST", "/v1/findings/"+h.bobsFinding+"/suppress", body, nil)
	}
	for _, query := range []string{"severity=awful", "state=gone", "limit=501", "owner=" + strings.Repeat("x", 321)} {
		h.want(400, h.security, "GET", "/v1/findings?"+query, "", nil)
	}
}
