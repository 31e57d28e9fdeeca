package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// noticeServer answers as a server does, by path; a query is part of it.
func noticeServer(t *testing.T, answers map[string]string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.Method+" "+r.URL.RequestURI()]
		if !ok {
			t.Errorf("asked for %s %s", r.Method, r.URL)
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	t.Setenv("CLIENTELE_SERVER", s.URL)
	t.Setenv("CLIENTELE_TOKEN", "t")
}

func TestNoticesAreListedAndTriedOut(t *testing.T) {
	noticeServer(t, map[string]string{
		"GET /v1/notices?limit=50": `{"items":[
			{"id":"ntc_2","subject":"ann asks for access for \u001b[31mshop","waits":true,"until":"2026-03-09T09:00:00Z","state":"sent","at":"2026-03-02T09:00:00Z","url":"https://c.example/requests/req_1"},
			{"id":"ntc_1","subject":"billing was quarantined","state":"folded","at":"2026-03-01T09:00:00Z"}],"next":"ntc_1"}`,
		"GET /v1/notices?limit=50&waiting=true": `{"items":[]}`,
		"POST /v1/notices/test":                 `{"channels":[{"channel":"mail","ok":true},{"channel":"slack","ok":false,"problem":"slack answered 404"}]}`,
	})
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"notice list", exitOK, []string{"ann asks for access for  [31mshop", "2026-03-09 09:00", "https://c.example/requests/req_1", "folded", "more: clientele notice list --after ntc_1"}},
		{"notice list --waiting", exitOK, []string{"nothing waits for you"}},
		{"notice list --format json", exitOK, []string{`"id": "ntc_2"`}},
		{"notice test", exitFailed, []string{"mail: handed over", "slack: slack answered 404"}},
		{"notice", exitOK, []string{"clientele notice test"}},
	} {
		var out, errOut bytes.Buffer
		if code := run(strings.Fields(c.args), strings.NewReader(""), &out, &errOut); code != c.code {
			t.Errorf("%s: exit code %d, %s", c.args, code, errOut.String())
		}
		for _, w := range c.want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: no %q in\n%s", c.args, w, out.String())
			}
		}
	}
}
