package httpapi_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

func (h *stocked) credentials(token, query string) []api.GovernedCredential {
	h.t.Helper()
	var list api.List[api.GovernedCredential]
	h.want(200, token, "GET", "/v1/credentials"+query, "", &list)
	return list.Items
}

func TestCredentialsAreListedByWhatPeopleAskFor(t *testing.T) {
	h := stock(t)
	for query, want := range map[string]int{
		"": 3, "?shared=true": 1, "?shared=false": 3, "?leaked=true": 0, "?client=" + h.anns: 2, "?client=cli_none": 0, "?role=token": 3, "?role=password": 0, "?provider=nosuch": 0,
	} {
		if got := h.credentials(h.viewer, query); len(got) != want {
			t.Errorf("%q: %d credentials, want %d", query, len(got), want)
		}
	}
	for query, want := range map[string]int{"": 2, "?shared=true": 1, "?client=" + h.anns: 2, "?client=" + h.bobs: 0} {
		if got := h.credentials(h.ann, query); len(got) != want {
			t.Errorf("Ann, %q: %d credentials, want %d", query, len(got), want)
		}
	}
	var page, rest api.List[api.GovernedCredential]
	h.want(200, h.ann, "GET", "/v1/credentials?limit=1", "", &page)
	h.want(200, h.ann, "GET", "/v1/credentials?limit=1&after="+page.Next, "", &rest)
	if len(page.Items) != 1 || len(rest.Items) != 1 || rest.Items[0].ID <= page.Items[0].ID || rest.Next != "" {
		t.Errorf("%+v\n%+v", page, rest)
	}
}

func TestACredentialTellsItsBlastRadiusAndNothingToGuessWith(t *testing.T) {
	h := stock(t)
	hash := h.text("SELECT hash FROM credential WHERE id = '" + h.sharedKey + "'")
	for _, ask := range []struct{ method, path, body string }{
		{"GET", "/v1/credentials/" + h.sharedKey, ""}, {"POST", "/v1/credentials/lookup", `{"fingerprint":"` + sharedPrint + `"}`},
	} {
		var k api.CredentialDetail
		h.want(200, h.viewer, ask.method, ask.path, ask.body, &k)
		if k.ID != h.sharedKey || len(k.Clients) != 2 || len(k.Places) != 2 || !k.Shared || k.Holders != 2 || k.More {
			t.Fatalf("%+v", k)
		}
		for _, p := range k.Places {
			if p.File == "" || p.Line == 0 || p.Excerpt == "" || p.Client == "" || !p.GoneAt.IsZero() {
				t.Errorf("%+v", p)
			}
		}
		_, _, body := h.send(h.viewer, ask.method, ask.path, ask.body)
		if strings.Contains(body, sharedPrint) || strings.Contains(body, hash) || k.Mark == "" || !strings.HasPrefix(hash, k.Mark) || len(k.Mark) > 12 {
			t.Errorf("it tells too much, or nothing: %s", body)
		}
	}
	// What Ann sees of it is that it stands in her client, and that one more holds it.
	var k api.CredentialDetail
	h.want(200, h.ann, "POST", "/v1/credentials/lookup", `{"fingerprint":"`+sharedPrint+`"}`, &k)
	_, _, body := h.send(h.ann, "GET", "/v1/credentials/"+h.sharedKey, "")
	if len(k.Clients) != 1 || k.Clients[0].ID != h.anns || len(k.Places) != 1 || k.Holders != 2 || strings.Contains(body, h.bobs) || strings.Contains(body, "laptop-bob") {
		t.Errorf("%+v\n%s", k, body)
	}
}

func TestALeakIsDeclaredAndContained(t *testing.T) {
	h := stock(t)
	var k api.CredentialDetail
	h.want(200, h.security, "POST", "/v1/credentials/"+h.sharedKey+"/leak", `{"reason":"it was in a chat"}`, &k)
	if !k.Leaked || k.LeakedAt.IsZero() || len(k.Clients) != 2 {
		t.Fatalf("%+v", k)
	}
	h.want(409, h.security, "POST", "/v1/credentials/"+h.sharedKey+"/leak", `{"reason":"again"}`, nil)
	if got := h.credentials(h.viewer, "?leaked=true&shared=true"); len(got) != 1 || got[0].ID != h.sharedKey {
		t.Fatalf("%+v", got)
	}
	k = api.CredentialDetail{}
	h.want(200, h.security, "POST", "/v1/credentials/"+h.sharedKey+"/clear", `{"reason":"rotated"}`, &k)
	if k.Leaked || k.ClearedAt.IsZero() {
		t.Fatalf("%+v", k)
	}
	h.want(409, h.security, "POST", "/v1/credentials/"+h.sharedKey+"/clear", `{"reason":"again"}`, nil)
}

func TestAnothersCredentialIsLikeNone(t *testing.T) {
	h := stock(t)
	for _, token := range []string{h.ann, h.none} {
		h.sameAsNone(token, "GET", "/v1/credentials/%s", h.bobsKey, "")
		h.sameAsNone(token, "POST", "/v1/credentials/%s/leak", h.bobsKey, `{"reason":"x"}`)
		h.sameAsNone(token, "POST", "/v1/credentials/%s/clear", h.bobsKey, `{"reason":"x"}`)
	}
	_, _, there := h.send(h.ann, "POST", "/v1/credentials/lookup", `{"fingerprint":"`+bobsPrint+`"}`)
	_, _, missing := h.send(h.ann, "POST", "/v1/credentials/lookup", `{"fingerprint":"`+strings.Repeat("0", 32)+`"}`)
	if cutRequest(there) != cutRequest(missing) || !strings.Contains(there, `"status":404`) {
		t.Errorf("%s\n%s", there, missing)
	}
	for _, print := range []string{bobsPrint, strings.Repeat("0", 32)} {
		h.want(403, h.none, "POST", "/v1/credentials/lookup", `{"fingerprint":"`+print+`"}`, nil)
	}
	h.want(403, h.none, "GET", "/v1/credentials", "", nil)
	for _, token := range []string{h.ann, h.viewer, h.as("per_adm", clientele.AdminRole)} {
		h.want(403, token, "POST", "/v1/credentials/"+h.sharedKey+"/leak", `{"reason":"x"}`, nil)
		h.want(403, token, "POST", "/v1/credentials/"+h.sharedKey+"/clear", `{"reason":"x"}`, nil)
	}
	if got := h.credentials(h.viewer, "?leaked=true"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// Somebody will send the secret itself by mistake: it is refused, and not repeated.
func TestHostileQuestionsAboutCredentialsAreRefused(t *testing.T) {
	h := stock(t)
	const secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
	for _, body := range []string{"", "{}", `{"fingerprint":""}`, `{"fingerprint":"` + secret + `"}`, `{"fingerprint":"` + strings.Repeat("a", 33) + `"}`, `{"value":"` + secret + `"}`, `{"fingerprint":7}`} {
		status, _, answer := h.send(h.security, "POST", "/v1/credentials/lookup", body)
		if status != 400 || strings.Contains(answer, secret) {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	for _, body := range []string{"", "{}", `{"reason":""}`, `{"reason":"` + strings.Repeat("x", 4097) + `"}`, `{"reason":"x","id":"y"}`} {
		h.want(400, h.security, "POST", "/v1/credentials/"+h.sharedKey+"/leak", body, nil)
	}
	for _, query := range []string{"shared=maybe", "limit=-1", "role=" + strings.Repeat("x", 41)} {
		h.want(400, h.security, "GET", "/v1/credentials?"+query, "", nil)
	}
}
