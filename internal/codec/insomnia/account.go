package insomnia

import (
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// This file reads the resources that say who works with the application, and what it keeps
// for them: sessions, cached tokens, cookies, certificates, git and cloud credentials.

// field is a secret field of such a resource.
type field struct {
	name string
	role clientele.Role
}

// cache writes the fields of n that are there.
func (w *scribe) cache(place clientele.Place, chain []string, n *doc.Node, like clientele.Slot, fields ...field) {
	for _, f := range fields {
		v := n.Get(f.name)
		if !v.IsScalar() {
			continue
		}
		s := like
		s.Place, s.Chain, s.Name, s.Role, s.Value, s.Line = place, chain, f.name, f.role, v.Secret(), v.Line
		w.slot(s)
	}
}

func (w *scribe) owner(who, evidence string, confidence float64) {
	if who != "" {
		w.part.Owners = append(w.part.Owners, clientele.Owner{Who: who, Kind: clientele.PersonOwner,
			Evidence: evidence, Confidence: confidence})
	}
}

func (w *scribe) cachedToken(at spot, n *doc.Node) {
	w.cache(clientele.InTokenCache, at.at("oauth2 token"), n, clientele.Slot{ExpiresAt: millis(n.Get("expiresAt"))},
		field{"accessToken", clientele.Token}, field{"refreshToken", clientele.RefreshToken}, field{"identityToken", clientele.IDToken})
}

// millis reads a time in milliseconds since 1970.
func millis(n *doc.Node) time.Time {
	ms, err := strconv.ParseFloat(n.Str(), 64)
	if err != nil || ms <= 0 || ms > 1e15 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

func (w *scribe) cookies(at spot, n *doc.Node) {
	for _, c := range n.Get("cookies").Items() {
		v := c.Get("value")
		s := clientele.Slot{Place: clientele.InCookie, Name: c.Get("key").Str(), Chain: at.chain, Value: v.Secret(),
			Line: v.LineOr(c.Line), Recorded: true, Host: c.Get("domain").Str()}
		if t, err := time.Parse(time.RFC3339, c.Get("expires").Str()); err == nil {
			s.ExpiresAt = t.UTC()
		}
		w.slot(s)
	}
}

// certificate writes a client certificate. Its key and cert are paths, or in old versions
// the text of the files.
func (w *scribe) certificate(at spot, n *doc.Node) {
	host := n.Get("host").Str()
	like := clientele.Slot{Host: host, Dormant: n.Get("disabled").True()}
	chain := []string{"certificate " + host}
	fields := []field{{"passphrase", clientele.Passphrase}}
	for _, name := range []string{"key", "pfx", "cert"} {
		switch v := n.Get(name).Str(); {
		case strings.Contains(v, "PRIVATE KEY"):
			fields = append(fields, field{name, clientele.PrivateKey})
		case v != "" && len(v) < 1000 && !strings.Contains(v, "-----"):
			w.part.Links = append(w.part.Links, clientele.Link{Rel: clientele.Includes, Path: v})
		}
	}
	w.cache(clientele.InCertificate, chain, n, like, fields...)
}

// gitRepository writes where a workspace is kept and with whose credentials. For a login
// through GitHub or GitLab the username is the token as well.
func (w *scribe) gitRepository(_ spot, n *doc.Node) {
	uri, cred := n.Get("uri"), n.Get("credentials")
	where := dsn.Bare(uri.Str())
	chain := []string{"git repository " + where}
	w.slot(clientele.Slot{Place: clientele.InURL, Name: "uri", Chain: chain, Value: uri.Secret(), Line: uri.LineOr(n.Line)})
	user := field{"username", clientele.Username}
	if u := cred.Get("username").Str(); cred.Get("oauth2format").Str() != "" || u == cred.Get("token").Str() {
		user.role = clientele.Token
	}
	like := clientele.Slot{Host: dsn.HostOf(where)}
	if user.role == clientele.Username {
		like.Principal = cred.Get("username").Str()
	}
	w.cache(clientele.InSetting, append(chain, "credentials"), cred, like, user,
		field{"token", clientele.Token}, field{"password", clientele.Password}, field{"refreshToken", clientele.RefreshToken})
	w.account(n.Get("author"), dsn.HostOf(where), n.Line)
	w.lastAuthor(spot{}, n)
	if where != "" {
		w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncGit, Where: where})
	}
}

func (w *scribe) gitCredentials(_ spot, n *doc.Node) {
	provider := n.Get("provider").Str()
	w.cache(clientele.InTokenCache, []string{"git credentials " + provider}, n,
		clientele.Slot{Principal: n.Get("author", "email").Str()},
		field{"token", clientele.Token}, field{"refreshToken", clientele.RefreshToken})
	w.account(n.Get("author"), provider, n.Line)
}

// account writes the person in whose name commits are made.
func (w *scribe) account(author *doc.Node, issuer string, line int) {
	mail := author.First("email", "name").Str()
	if mail == "" {
		return
	}
	w.owner(mail, "author of commits in Insomnia's git sync", 0.5)
	w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: "basic", Principal: mail,
		Kind: clientele.Person, Issuer: issuer, Location: clientele.Location{Path: []string{"git author"}, Line: author.LineOr(line)}})
}

func (w *scribe) lastAuthor(_ spot, n *doc.Node) {
	w.owner(n.Get("cachedGitLastAuthor").Str(), "last author in git, as Insomnia saw it", 0.5)
}

func (w *scribe) session(_ spot, n *doc.Node) {
	mail := n.First("email", "accountId").Str()
	chain := []string{"session"}
	w.cache(clientele.InTokenCache, chain, n, clientele.Slot{Principal: mail},
		field{"id", clientele.SessionID}, field{"vaultKey", clientele.SecretKey}, field{"vaultSalt", clientele.NotSecret})
	w.cache(clientele.InTokenCache, append(chain, "symmetricKey"), n.Get("symmetricKey"), clientele.Slot{Principal: mail},
		field{"k", clientele.SecretKey})
	w.cache(clientele.InTokenCache, append(chain, "encPrivateKey"), n.Get("encPrivateKey"),
		clientele.Slot{Principal: mail, Class: clientele.Encrypted}, field{"d", clientele.PrivateKey})
	if mail == "" {
		return
	}
	w.owner(mail, "signed in to Insomnia on this machine", 0.7)
	w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: "cookie", Principal: mail,
		Kind: clientele.Person, Issuer: "insomnia.rest", Location: clientele.Location{Path: chain, Line: n.Line}})
}

// project writes how the workspaces of a project travel: to Insomnia's cloud, to git, or not
// at all.
func (w *scribe) project(_ spot, n *doc.Node) {
	org := n.Get("parentId").Str()
	switch {
	case n.Get("remoteId").Str() != "":
		w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncCloud, Where: n.Get("remoteId").Str(),
			Detail: "project " + n.Get("name").Str()})
	case n.Get("gitRepositoryId").Str() != "":
		w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncGit, Detail: "project " + n.Get("name").Str()})
	default:
		w.part.Sync = append(w.part.Sync, clientele.Sync{Mode: clientele.SyncLocal, Detail: "project " + n.Get("name").Str()})
	}
	if org != "" {
		w.part.Owners = append(w.part.Owners, clientele.Owner{Who: org, Kind: clientele.VendorOwner,
			Evidence: "organisation of project " + n.Get("name").Str(), Confidence: 0.3})
	}
}

// proxies writes the proxies of the application's settings, which may hold userinfo.
func (w *scribe) proxies(_ spot, n *doc.Node) {
	w.cache(clientele.InProxy, []string{"settings"}, n, clientele.Slot{Dormant: !n.Get("proxyEnabled").True()},
		field{name: "httpProxy"}, field{name: "httpsProxy"})
}

// cloudRoles are the fields with which Insomnia signs in to external vaults.
var cloudRoles = []field{
	{"accessKeyId", clientele.Identifier}, {"secretAccessKey", clientele.SecretKey}, {"sessionToken", clientele.Token},
	{"client_id", clientele.OAuthClientID}, {"client_secret", clientele.ClientSecret}, {"access_token", clientele.Token},
	{"role_id", clientele.Identifier}, {"secret_id", clientele.ClientSecret}, {"accessToken", clientele.Token},
}

func (w *scribe) cloud(at spot, n *doc.Node) {
	cred := n.Get("credentials")
	who := cred.First("accessKeyId", "client_id", "role_id").Str()
	if who == "" {
		who = cred.Get("account", "username").Str()
	}
	expires := millis(cred.Get("expires_at"))
	chain := []string{"cloud credential " + n.Get("name").Str()}
	w.cache(clientele.InTokenCache, chain, cred, clientele.Slot{Principal: who, Host: dsn.HostOf(cred.Get("serverAddress").Str()),
		ExpiresAt: expires}, cloudRoles...)
	if path := cred.Get("serviceAccountKeyFilePath").Str(); path != "" {
		w.part.Links = append(w.part.Links, clientele.Link{Rel: clientele.Includes, Path: path})
	}
	if who != "" {
		w.part.Identities = append(w.part.Identities, clientele.Identity{Scheme: "custom", Principal: who,
			Issuer: n.Get("provider").Str(), ExpiresAt: expires, Location: clientele.Location{Path: chain, Line: n.Line}})
	}
}
