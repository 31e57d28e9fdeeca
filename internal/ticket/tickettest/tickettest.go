// Package tickettest says what every driver of a ticket system has to do, and plays each of
// the systems over TLS on this machine.
//
// A Vendor is a system as its documentation describes it: the exact requests it expects,
// header by header, and the answers it gives. Run holds a driver against it; Fuzz hands the
// driver answers that no documentation describes. The bodies are the documented examples, with
// fields that no driver reads left in.
package tickettest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// The credentials a driver under test is given. None of them may be seen in an error.
const (
	User     = "clientele@acme.example"
	Password = "Zm9vYmFyLXNlY3JldA"
)

// Secret is Password, wrapped.
func Secret() clientele.Plaintext { return clientele.Secret(Password) }

// Now is the time of every test.
func Now() time.Time { return time.Date(2026, 3, 3, 9, 30, 0, 0, time.UTC) }

// Vendor is one system.
type Vendor struct {
	System ticket.System
	Path   string            // the path of the base address: a context path, or /api/v3
	Header map[string]string // the header of every request, without what net/http adds
	Hidden []string          // forms of the credential that no error may show

	Refusal string // the body of a 401
	Missing string // the body of a 404
	Limits  []Limit
	Cases   []Case // the first is used where any will do
}

// Limit is an answer to one who asks too often.
type Limit struct {
	Name   string
	Status int
	Header map[string]string
	Body   string
	Wait   time.Duration
}

// Case is a ticket: what is asked for it in which order, and what is made of the answers.
// The URL of Want holds the path and query below the address of the site.
type Case struct {
	Name      string
	Key       string
	Exchanges []Exchange
	Want      ticket.Ticket
	Kind      clientele.ErrorKind // of the error, if there is to be one
}

// Exchange is one request, as it stands in its first line, and its answer with status 200.
type Exchange struct{ URI, Body string }

// New makes the driver under test, for the site at baseURL.
type New func(baseURL string, reach ticket.Reach) (ticket.Driver, error)

// site is a Vendor that listens.
type site struct {
	*httptest.Server
	vendor Vendor
}

func listen(t testing.TB, v Vendor, answer http.HandlerFunc) *site {
	server := httptest.NewUnstartedServer(answer)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of connections that tests break
	server.StartTLS()
	t.Cleanup(server.Close)
	return &site{server, v}
}

func (s *site) driver(t testing.TB, create New, timeout time.Duration) ticket.Driver {
	t.Helper()
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	d, err := create(s.URL+s.vendor.Path, ticket.Reach{Roots: roots, Timeout: timeout, Now: Now})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// script answers the requests of c in their order, and finds fault with any other.
func (v Vendor) script(t *testing.T, c Case) http.HandlerFunc {
	next := 0 // the driver sends one request after another
	return func(w http.ResponseWriter, r *http.Request) {
		if next >= len(c.Exchanges) {
			t.Errorf("one request too many: %s", r.RequestURI)
			http.Error(w, v.Missing, http.StatusNotFound)
			return
		}
		e := c.Exchanges[next]
		next++
		if r.Method != http.MethodGet || r.RequestURI != v.Path+e.URI {
			t.Errorf("request %s %s\n   want GET %s", r.Method, r.RequestURI, v.Path+e.URI)
		}
		v.compareHeader(t, r.Header)
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = w.Write([]byte(e.Body))
	}
}

func (v Vendor) compareHeader(t *testing.T, got http.Header) {
	for name, want := range v.Header {
		if g := got.Values(name); len(g) != 1 || g[0] != want {
			t.Errorf("header %s: got %q, want %q", name, g, want)
		}
	}
	for name := range got {
		if _, ok := v.Header[name]; !ok && !slices.Contains([]string{"Accept-Encoding", "User-Agent"}, name) {
			t.Errorf("header %s: %q is not in the documentation", name, got[name])
		}
	}
}

// reply answers every request alike.
func reply(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
