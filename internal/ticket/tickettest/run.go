package tickettest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// Run holds the driver that create makes against the vendor.
func Run(t *testing.T, v Vendor, create New) {
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) { v.documented(t, create, c) })
	}
	t.Run("refuses keys before it asks", func(t *testing.T) { v.hostileKeys(t, create) })
	t.Run("takes only safe addresses", func(t *testing.T) { v.addresses(t, create) })
	t.Run("says what a refusal means", func(t *testing.T) { v.refusals(t, create) })
	t.Run("tells how long to wait", func(t *testing.T) { v.limits(t, create) })
	t.Run("does not believe a broken answer", func(t *testing.T) { v.broken(t, create) })
	t.Run("survives fields of other types", func(t *testing.T) { v.otherTypes(t, create) })
	t.Run("keeps its credential from other places", func(t *testing.T) { v.redirects(t, create) })
	t.Run("follows a redirect within the site", func(t *testing.T) { v.moved(t, create) })
	t.Run("does not wait for ever", func(t *testing.T) { v.slow(t, create) })
	t.Run("trusts no stranger's certificate", func(t *testing.T) { v.stranger(t, create) })
}

func (v Vendor) documented(t *testing.T, create New, c Case) {
	s := listen(t, v, v.script(t, c))
	got, err := s.driver(t, create, 0).Check(t.Context(), c.Key)
	if c.Kind != "" {
		v.wantKind(t, err, c.Kind)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := c.Want
	want.Ref.System, want.CheckedAt = v.System, Now()
	want.URL = s.URL + want.URL
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// wantKind looks at the kind, and that the credential is nowhere in the chain.
func (v Vendor) wantKind(t *testing.T, err error, want clientele.ErrorKind) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one of kind %s", want)
	}
	if got := clientele.KindOf(err); got != want {
		t.Errorf("kind %s, want %s: %v", got, want, err)
	}
	var u *ticket.Unavailable
	if errors.As(err, &u) != (want == clientele.Unavailable) {
		t.Errorf("an *Unavailable and its kind go together: %v", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, hidden := range v.Hidden {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", e, e, e), hidden) {
				t.Errorf("the credential is in %v", e)
			}
		}
	}
}

// check asks a site that answers with the handler for the first case.
func (v Vendor) check(t *testing.T, create New, h http.HandlerFunc) error {
	t.Helper()
	_, err := listen(t, v, h).driver(t, create, 0).Check(t.Context(), v.Cases[0].Key)
	return err
}

func (v Vendor) hostileKeys(t *testing.T, create New) {
	key := v.Cases[0].Key
	asked := func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.RequestURI) }
	d := listen(t, v, asked).driver(t, create, 0)
	for _, k := range []string{
		"", " ", key + " ", " " + key, key + "\n", key + "\x00", key + "^ORstate=3", key + "?a=b", key + "/", key + "%2f",
		key + "&sysparm_limit=9", "../" + key, "../../admin#1", "a/..#1", "./.#1", "a/b/../c!1", key + "\" OR key = \"X-1",
		key + "99999999999999999999", "a/b#0", "a/b#01", "a/b#-1", "OPS-0", "ОPS-1", "CHG１２３４", strings.Repeat("A", 100) + "-1",
		strings.Repeat("a/", 30) + "b#1", "user:" + strings.Repeat("0", 32), "change_request:" + strings.Repeat("g", 32),
	} {
		_, err := d.Check(t.Context(), k)
		v.wantKind(t, err, clientele.Invalid)
	}
}

func (v Vendor) addresses(t *testing.T, create New) {
	for _, a := range []string{
		"http://example.com", "ftp://127.0.0.1", "https://", "https://user:pass@example.com", "https://user@example.com",
		"https://example.com?x=1", "https://example.com?", "https://example.com#x", "example.com", "https://example.com/%2e%2e%2f",
		"http://127.0.0.1.example.com", "http://localhost.example.com", "https://exa mple.com", "https://example.com/" + strings.Repeat("a", 600),
	} {
		_, err := create(a, ticket.Reach{})
		v.wantKind(t, err, clientele.Invalid)
	}
	for _, a := range []string{"https://example.com", "https://example.com:8443/a/b/", "http://127.0.0.1:80", "http://[::1]:80", "http://localhost"} {
		if _, err := create(a, ticket.Reach{}); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func (v Vendor) refusals(t *testing.T, create New) {
	for _, c := range []struct {
		status int
		body   string
		kind   clientele.ErrorKind
	}{
		{http.StatusUnauthorized, v.Refusal, clientele.Unavailable},
		{http.StatusForbidden, v.Refusal, clientele.Unavailable},
		{http.StatusNotFound, v.Missing, clientele.NotFound},
		{http.StatusGone, v.Missing, clientele.NotFound},
		{http.StatusBadRequest, `{}`, clientele.Unavailable},
		{http.StatusInternalServerError, "<html>", clientele.Unavailable},
		{http.StatusBadGateway, "", clientele.Unavailable},
		{http.StatusNoContent, "", clientele.Unavailable},
		{http.StatusNotModified, "", clientele.Unavailable},
	} {
		v.wantKind(t, v.check(t, create, reply(c.status, nil, c.body)), c.kind)
	}
}

func (v Vendor) limits(t *testing.T, create New) {
	generic := []Limit{
		{Name: "seconds", Status: 429, Header: map[string]string{"Retry-After": "30"}, Wait: 30 * time.Second},
		{Name: "a date", Status: 503, Header: map[string]string{"Retry-After": "Tue, 03 Mar 2026 09:31:00 GMT"}, Wait: time.Minute},
		{Name: "a date gone by", Status: 429, Header: map[string]string{"Retry-After": "Tue, 03 Mar 2026 09:00:00 GMT"}},
		{Name: "a year", Status: 429, Header: map[string]string{"Retry-After": "31536000"}, Wait: 24 * time.Hour},
		{Name: "less than nothing", Status: 429, Header: map[string]string{"Retry-After": "-5"}},
		{Name: "nothing", Status: 429},
	}
	for _, l := range append(generic, v.Limits...) {
		err := v.check(t, create, reply(l.Status, l.Header, l.Body))
		v.wantKind(t, err, clientele.Unavailable)
		var u *ticket.Unavailable
		if errors.As(err, &u) && u.Wait != l.Wait {
			t.Errorf("%s: wait %s, want %s", l.Name, u.Wait, l.Wait)
		}
		if l.Status != http.StatusServiceUnavailable && !strings.Contains(err.Error(), "asked too often") {
			t.Errorf("%s: %v", l.Name, err)
		}
	}
}

func (v Vendor) broken(t *testing.T, create New) {
	whole := v.Cases[0].Exchanges[0].Body
	huge := whole[:len(whole)-1] + `,"more":"` + strings.Repeat("x", 5<<20) + `"}`
	for _, body := range []string{
		"", "null", "{}", "[]", "42", `"text"`, `{"result":null}`, `{"result":{}}`, `{"result":[null]}`, `{"result":[{}]}`,
		"<!doctype html><title>Log in</title>", whole[:len(whole)/2], whole + "}", whole + whole,
		strings.Repeat("[", 20_000), huge, whole + strings.Repeat(" ", 5<<20),
	} {
		v.wantKind(t, v.check(t, create, reply(http.StatusOK, nil, body)), clientele.Unavailable)
	}
}

// otherTypes puts values of every type in the place of every value of the first answer, one
// at a time. A field that is not read changes nothing; one that is read makes the answer one
// that is not believed, or a ticket that still holds together.
func (v Vendor) otherTypes(t *testing.T, create New) {
	var body atomic.Pointer[string]
	s := listen(t, v, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(*body.Load())) })
	d := s.driver(t, create, 0)
	var whole any
	if err := json.Unmarshal([]byte(v.Cases[0].Exchanges[0].Body), &whole); err != nil {
		t.Fatal(err)
	}
	tried, refused := 0, 0
	vary(whole, func(any) {}, func() {
		b, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		body.Store(&text)
		got, err := d.Check(t.Context(), v.Cases[0].Key)
		tried++
		if err != nil {
			refused++
		}
		v.holdsTogether(t, got, err)
	})
	if refused == 0 || refused == tried {
		t.Errorf("%d of %d answers refused", refused, tried)
	}
}

// vary calls try with every value below (and at) v replaced in turn; set replaces v itself.
func vary(v any, set func(any), try func()) {
	for _, other := range []any{nil, true, -1.5, 1e300, "\u202e\x07text", []any{}, map[string]any{}} {
		set(other)
		try()
	}
	set(v)
	switch v := v.(type) {
	case map[string]any:
		for k, below := range v {
			vary(below, func(x any) { v[k] = x }, try)
		}
	case []any:
		for i, below := range v {
			vary(below, func(x any) { v[i] = x }, try)
		}
	}
}

// holdsTogether is what can be said of any outcome.
func (v Vendor) holdsTogether(t testing.TB, got ticket.Ticket, err error) {
	t.Helper()
	if err != nil {
		if k := clientele.KindOf(err); k != clientele.Unavailable && k != clientele.NotFound {
			t.Errorf("kind %s: %v", k, err)
		}
		if !reflect.ValueOf(got).IsZero() {
			t.Errorf("a ticket beside an error: %+v", got)
		}
		return
	}
	if got.Ref.System != v.System || got.Ref.Validate() != nil || got.CheckedAt != Now() {
		t.Errorf("not a ticket: %+v", got)
	}
	if !strings.HasPrefix(got.URL, "https://127.0.0.1:") {
		t.Errorf("address %s", got.URL)
	}
	if got.State == ticket.Approved && !got.Approved {
		t.Errorf("approved without an approval: %+v", got)
	}
	switch got.State {
	case ticket.Open, ticket.Approved, ticket.Closed, ticket.Cancelled, ticket.Unknown:
	default:
		t.Errorf("state %q", got.State)
	}
	for _, line := range []string{got.Title, got.RawState, got.Assignee} {
		if line != ticket.Line(line) {
			t.Errorf("%q is not one line", line)
		}
	}
}

func (v Vendor) redirects(t *testing.T, create New) {
	other := listen(t, v, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked for %s with %v", r.RequestURI, r.Header)
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, place := range []func(own string) string{
			func(string) string { return other.URL + "/x" },
			func(own string) string { return strings.Replace(own, "https:", "http:", 1) + "/x" },
			func(own string) string { return strings.Replace(own, "127.0.0.1", "localhost", 1) + "/x" },
			func(own string) string { return strings.Replace(own, "https://", "https://me:you@", 1) + "/x" },
		} {
			err := v.check(t, create, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/x" {
					t.Errorf("followed: %v", r.Header)
				}
				w.Header().Set("Location", place("https://"+r.Host))
				w.WriteHeader(status)
			})
			v.wantKind(t, err, clientele.Unavailable)
			if !strings.Contains(err.Error(), "another place") {
				t.Errorf("followed: %v", err)
			}
		}
	}
	round := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }
	v.wantKind(t, v.check(t, create, round), clientele.Unavailable)
}

func (v Vendor) moved(t *testing.T, create New) {
	c := v.Cases[0]
	script := v.script(t, c)
	first := true
	err := v.check(t, create, func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			http.Redirect(w, r, r.RequestURI, http.StatusTemporaryRedirect)
			return
		}
		r.Header.Del("Referer") // added by net/http; it holds an address and no credential
		script(w, r)
	})
	if err != nil {
		t.Error(err)
	}
}

func (v Vendor) slow(t *testing.T, create New) {
	// The handlers stay until the test is over: one that ended when the connection does
	// would still complete its answer, and now and then be in time.
	over := make(chan struct{})
	defer close(over)
	hang := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"`))
		w.(http.Flusher).Flush()
		<-over
	}
	s := listen(t, v, hang)
	_, err := s.driver(t, create, 50*time.Millisecond).Check(t.Context(), v.Cases[0].Key)
	v.wantKind(t, err, clientele.Unavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the cause is lost: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	s = listen(t, v, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) })
	_, err = s.driver(t, create, 0).Check(ctx, v.Cases[0].Key)
	v.wantKind(t, err, clientele.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func (v Vendor) stranger(t *testing.T, create New) {
	s := listen(t, v, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %v to a stranger", r.Header) })
	d, err := create(s.URL+v.Path, ticket.Reach{Now: Now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Check(t.Context(), v.Cases[0].Key)
	v.wantKind(t, err, clientele.Unavailable)
	if !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}
