package k6

import (
	"cmp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// place is where a value stands.
type place struct {
	in    clientele.Place
	chain []string
	name  string // of the list or cookie that a value without a name of its own belongs to
}

// rooms are the fields of k6's parameters and options whose own fields are of one kind.
var rooms = map[string]clientele.Place{
	"headers": clientele.InHeader, "metadata": clientele.InHeader, "reflectMetadata": clientele.InHeader,
	"cookies": clientele.InCookie,
	"tlsAuth": clientele.InCertificate, "tls": clientele.InCertificate,
}

// dull are the fields that hold names and limits only.
var dull = map[string]bool{"tags": true, "thresholds": true, "stages": true, "scenarios": true, "summaryTrendStats": true}

// emit makes slots of the values in an object or list.
func (w *walker) emit(at place, n *doc.Node) {
	if n == nil {
		return
	}
	for _, k := range n.Kids {
		in := at
		if room := rooms[k.Key]; room != "" && k.Kind != doc.String {
			in.in = room
		}
		if k.Key != "" {
			in.name = k.Key
		}
		switch {
		case dull[k.Key] || k.Kind == doc.String && (k.Text == "" || strings.HasPrefix(k.Text, "${") && strings.Contains(k.Text, "=>")):
		case k.Kind == doc.String:
			if at.in == clientele.InCookie && k.Key == "value" {
				in.name = at.name
			}
			w.slot(in, k)
		default:
			if k.Key != "" {
				in.chain = below(at.chain, k.Key)
			}
			w.emit(in, k)
		}
	}
}

func (w *walker) slot(at place, n *doc.Node) {
	s := clientele.Slot{Place: at.in, Name: at.name, Chain: at.chain, Value: n.Secret(), Line: n.Line}
	if s.Place == "" {
		s.Place = clientele.InScript
	}
	switch low := strings.ToLower(at.name); {
	case low == "authorization" || low == "proxy-authorization":
		s.Place, s.Role = clientele.InHeader, clientele.AuthHeader
	case low == "cookie" && at.in == clientele.InHeader:
		s.Role = clientele.CookieHeader
	case at.in == clientele.InCertificate && low == "password":
		s.Role = clientele.Passphrase
	case at.in == clientele.InCertificate && low == "key":
		s.Role = clientele.PrivateKey
	case at.in == clientele.InCertificate:
		return // certificates, domains
	}
	w.part.Slots = append(w.part.Slots, s)
}

// sent reports whether a name is that of a header that authenticates.
func sent(name string) bool {
	return strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Cookie")
}

// scheme is the manner in which a request with these parameters authenticates, or empty.
func (w *walker) scheme(params *doc.Node) string {
	if s := params.Get("auth").Str(); s != "" {
		return s
	}
	scheme := ""
	for _, room := range []string{"headers", "metadata"} {
		for _, h := range w.resolve(params.Get(room)).Fields() {
			if scheme == "" || scheme == "api_key" { // a key goes along with an account
				scheme = cmp.Or(dsn.HeaderScheme(h.Key, h.Text), scheme)
			}
		}
	}
	if scheme == "" && len(params.Get("cookies").Fields()) > 0 {
		return "cookie"
	}
	return scheme
}
