package bruno

import (
	"cmp"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// The values in the app's data folder are sealed, each with a mark of how:
//
//	$00:hex   Electron's safeStorage; the key is in the system's keychain
//	$01:hex   AES-256-CBC with an all-zero IV; the key is the hash of the machine's id, so
//	          that any program on the machine can open it. Cookies are the exception: their
//	          key is the passkey in the same file, and is as safe as that is sealed.
const (
	keychainMark = "$00:"
	machineMark  = "$01:"
)

// sealing is the class of a value by its mark; an unmarked one is for the scanner to judge.
func sealing(value string) clientele.Class {
	switch {
	case strings.HasPrefix(value, keychainMark):
		return clientele.Encrypted
	case strings.HasPrefix(value, machineMark):
		return clientele.Obfuscated
	}
	return ""
}

// decodeAppSecrets reads the values of the secret variables of all collections.
func decodeAppSecrets(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	var parts []clientele.Part
	for _, c := range n.Get("collections").Items() {
		where := c.Get("path").Str()
		b := newBuilder("bruno app secrets", lastOf(where), clientele.Supplies)
		b.Line, b.Bind.Key = c.Line, where
		b.link(where)
		for _, e := range c.Get("environments").Items() {
			env := e.Get("name").Str()
			b.stored(clientele.Variable{Scope: "environment", Set: env, Chain: []string{lastOf(where), env}, Marked: true}, e.Get("secrets"))
		}
		if where != "" && len(b.Variables) > 0 {
			b.local("secret variables stay on the machine")
			parts = append(parts, b.Part)
		}
	}
	return parts, err
}

// link ties the part to a collection's folder.
func (b *builder) link(folder string) {
	if folder != "" {
		b.Links = append(b.Links, clientele.Link{Rel: clientele.Lists, Tool: tool, Path: folder})
	}
}

func (b *builder) local(detail string) {
	b.Sync = append(b.Sync, clientele.Sync{Mode: clientele.SyncLocal, Detail: detail})
}

// lastOf is the last element of a path of any system.
func lastOf(p string) string {
	p = strings.TrimRight(p, `/\`)
	return p[strings.LastIndexAny(p, `/\`)+1:]
}

// decodePreferences reads which collections were open, and the proxy of the app.
func decodePreferences(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	list := newBuilder("bruno app preferences", "Bruno", clientele.Annotates)
	for _, key := range []string{"lastOpenedCollections", "lastOpenedWorkspaces"} {
		for _, c := range n.Get(key).Items() {
			list.link(c.Str())
		}
	}
	app := newBuilder("bruno app preferences", "Bruno app", clientele.Alone)
	app.proxy([]string{"preferences", "proxy"}, n.Get("preferences", "proxy"))
	var parts []clientele.Part
	if len(list.Links) > 0 {
		parts = append(parts, list.Part)
	}
	if len(app.Slots) > 0 {
		parts = append(parts, app.Part)
	}
	return parts, err
}

// decodeTokens reads the cache of OAuth tokens. A collection is known in it only by a hash
// of its path, so that the cache is one client for all of them.
func decodeTokens(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	b := newBuilder("bruno app tokens", "Bruno OAuth tokens", clientele.Alone)
	for _, c := range n.Get("collections").Items() {
		id := c.Get("collectionUid").Str()
		for _, t := range c.Get("credentials").Items() {
			chain := []string{id, cmp.Or(t.Get("credentialsId").Str(), "credentials")}
			b.sealed(clientele.Token, "data", chain, t.Get("data"))
			b.Identities = append(b.Identities, clientele.Identity{
				Scheme: "oauth2", Issuer: dsn.Bare(t.Get("url").Str()),
				Location: clientele.Location{Path: chain, Line: t.Line},
			})
		}
	}
	if len(b.Slots) == 0 {
		return nil, err
	}
	b.local("tokens stay on the machine")
	return b.parts(), err
}

func (b *builder) sealed(role clientele.Role, name string, chain []string, v *doc.Node) {
	b.slot(clientele.Slot{
		Place: clientele.InTokenCache, Role: role, Name: name, Chain: chain, Value: v.Secret(),
		Line: v.LineOr(0), Class: sealing(v.Str()), Marked: true,
	})
}

// decodeCookies reads the cookie jar. Its values are sealed with a passkey, which is itself
// sealed in the file: they are as open as the passkey is.
func decodeCookies(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	key := n.Get("encryptedPasskey")
	b := newBuilder("bruno app cookies", "Bruno cookies", clientele.Alone)
	b.sealed(clientele.SecretKey, "encryptedPasskey", []string{"cookies"}, key)
	for _, domain := range n.Get("cookies").Fields() {
		for _, c := range domain.Items() {
			v := c.Get("value")
			s := clientele.Slot{
				Place: clientele.InCookie, Name: c.First("key", "name").Str(), Chain: []string{"cookies", domain.Key},
				Value: v.Secret(), Line: v.LineOr(c.Line), Recorded: true, Class: sealing(v.Str()), Host: strings.TrimPrefix(domain.Key, "."),
			}
			if s.Class == clientele.Obfuscated && sealing(key.Str()) == clientele.Encrypted {
				s.Class = clientele.Encrypted
			}
			s.ExpiresAt, _ = time.Parse(time.RFC3339, c.Get("expires").Str())
			if !s.Value.Empty() {
				b.Slots = append(b.Slots, s)
			}
		}
	}
	if len(b.Slots) == 0 {
		return nil, err
	}
	return b.parts(), err
}

// stored adds the variables of an environment that the app keeps.
func (b *builder) stored(like clientele.Variable, list *doc.Node) {
	for _, n := range list.Items() {
		v, value := like, n.Get("value")
		v.Name, v.Value, v.Line = n.Get("name").Str(), value.Secret(), value.LineOr(n.Line)
		v.Class, v.Dormant = sealing(value.Str()), n.Get("enabled").False()
		v.Marked = v.Marked || n.Get("secret").True()
		b.Variables = append(b.Variables, v)
	}
}

// decodeGlobals reads the environments that all collections share.
func decodeGlobals(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	b := newBuilder("bruno global environments", "Bruno global environments", clientele.Supplies)
	for _, e := range n.Get("environments").Items() {
		env := e.Get("name").Str()
		b.stored(clientele.Variable{Scope: "global", Set: env, Chain: []string{env, "variables"}}, e.Get("variables"))
	}
	if len(b.Variables) == 0 {
		return nil, err
	}
	b.local("global environments stay on the machine")
	return b.parts(), err
}

// decodeAIKeys reads the keys of the models that the app's assistant asks.
func decodeAIKeys(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	b := newBuilder("bruno app ai keys", "Bruno AI assistant", clientele.Alone)
	for _, k := range n.Get("keys").Fields() {
		b.sealed(clientele.APIKey, k.Key, []string{"keys"}, k)
	}
	if len(b.Slots) == 0 {
		return nil, err
	}
	return b.parts(), err
}

// decodeSandbox reads which collections may run scripts with the rights of the user.
func decodeSandbox(f clientele.File) ([]clientele.Part, error) {
	n, err := doc.JSON(f.Data)
	var parts []clientele.Part
	for _, c := range n.Get("collections").Items() {
		mode := c.Get("securityConfig", "jsSandboxMode")
		if mode.Str() != "developer" || c.Get("path").Str() == "" {
			continue
		}
		b := newBuilder("bruno app sandbox", lastOf(c.Get("path").Str()), clientele.Annotates)
		b.Line = c.Line
		b.link(c.Get("path").Str())
		b.Approvals = []clientele.Approval{{
			What: "scripts reach files and modules of the user", Rule: "jsSandboxMode: developer", Broad: true, Line: mode.Line,
		}}
		parts = append(parts, b.Part)
	}
	return parts, err
}
