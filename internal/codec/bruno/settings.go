package bruno

import (
	"cmp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodeSettings reads bruno.json, which makes its folder a collection.
func decodeSettings(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	if !n.Has("name") && !n.Has("version") && n.Get("type").Str() != "collection" {
		return nil, nil
	}
	b := newBuilder("bruno.json", n.Get("name").Str(), clientele.Root)
	b.settings([]string{"bruno.json"}, n)
	b.linkDotenv(f)
	return b.parts(), err
}

// settings adds the proxy, certificates and addresses of a collection.
func (b *builder) settings(chain []string, n *doc.Node) {
	b.proxy(below(chain, "proxy"), n.Get("proxy"))
	certs := n.Get("clientCertificates")
	b.certificates(below(chain, "client certificates"), cmp.Or(certs.Get("certs"), certs), certs.Get("enabled").False())
	b.url(below(chain, "presets"), n.Get("presets", "requestUrl"))
	for _, o := range n.Get("openapi").Items() {
		b.url(below(chain, "openapi"), o.Get("sourceUrl"))
	}
}

// url adds an address that is not called, in which a secret may stand all the same.
func (b *builder) url(chain []string, n *doc.Node) {
	b.slot(clientele.Slot{Place: clientele.InURL, Name: keyOf(n), Chain: chain, Value: n.Secret(), Line: n.LineOr(0)})
}

// linkDotenv links the .env beside the collection, from which {{process.env.NAME}} is read.
func (b *builder) linkDotenv(f clientele.File) {
	if f.Sibling == nil {
		return
	}
	if _, err := f.Sibling(".env"); err == nil {
		b.Links = append(b.Links, clientele.Link{Rel: clientele.UsesVars, Path: ".env"})
	}
}

// proxy adds the user and password of a proxy. Earlier versions have the fields at the top
// and say enabled (true, false, "global"); later ones have them in config and say disabled.
func (b *builder) proxy(chain []string, n *doc.Node) {
	c := cmp.Or(n.Get("config"), n)
	auth := c.Get("auth")
	off := n.Get("enabled").False() || n.Get("disabled").True() || n.Get("inherit").True() ||
		n.Get("mode").Str() == "off" || n.Get("source").Str() == "inherit" ||
		auth.Get("enabled").False() || auth.Get("disabled").True()
	user, host := auth.Get("username").Str(), c.Get("hostname").Str()
	for _, f := range []struct {
		name string
		role clientele.Role
	}{{"username", clientele.Username}, {"password", clientele.Password}} {
		v := auth.Get(f.name)
		s := clientele.Slot{
			Place: clientele.InProxy, Role: f.role, Name: f.name, Chain: chain, Value: v.Secret(),
			Line: v.LineOr(0), Dormant: off, Host: host,
		}
		if f.role.Secret() {
			s.Principal = user
		}
		b.slot(s)
	}
	b.slot(clientele.Slot{
		Place: clientele.InProxy, Name: "pac", Chain: chain, Value: n.Get("pac", "source").Secret(),
		Line: n.Get("pac").LineOr(0), Dormant: off,
	})
	if user != "" {
		b.Identities = append(b.Identities, clientele.Identity{
			Scheme: "basic", Principal: user, Issuer: host,
			Location: clientele.Location{Path: chain, Line: auth.Get("username").LineOr(0)},
		})
	}
}

// certificates adds the passphrases of client certificates; the keys are in other files.
func (b *builder) certificates(chain []string, list *doc.Node, off bool) {
	for _, c := range list.Items() {
		domain, p := c.Get("domain").Str(), c.Get("passphrase")
		b.slot(clientele.Slot{
			Place: clientele.InCertificate, Role: clientele.Passphrase, Name: "passphrase", Dormant: off,
			Chain: below(chain, domain), Value: p.Secret(), Line: p.LineOr(0), Host: domain,
		})
		if domain != "" {
			b.Identities = append(b.Identities, clientele.Identity{
				Scheme: "mtls", Issuer: domain, Location: clientele.Location{Path: below(chain, domain), Line: c.Line},
				Principal: c.First("certFilePath", "certificateFilePath", "pfxFilePath", "pkcs12FilePath").Str(),
			})
		}
	}
}

func keyOf(n *doc.Node) string {
	if n == nil {
		return ""
	}
	return n.Key
}
