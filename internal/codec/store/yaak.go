package store

import (
	"cmp"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/sqlitefile"
)

// yaakSchemes are the schemes of Yaak's authentication types.
var yaakSchemes = map[string]string{
	"none": "none", "basic": "basic", "bearer": "bearer", "oauth2": "oauth2", "oauth1": "oauth1", "apikey": "api_key", "awsv4": "aws_sigv4",
	"auth-aws-sig-v4": "aws_sigv4", "jwt": "jwt", "windows": "ntlm", "ntlm": "ntlm", "digest": "digest",
}

// yaakRoles are the fields of an authentication. What else stands in one is a setting.
var yaakRoles = map[string]clientele.Role{
	"username": clientele.Username, "password": clientele.Password, "token": clientele.Token, "clientId": clientele.OAuthClientID,
	"clientSecret": clientele.ClientSecret, "clientAssertionSecret": clientele.SecretKey, "secret": clientele.SecretKey,
	"secretAccessKey": clientele.SecretKey, "accessKeyId": clientele.Identifier, "sessionToken": clientele.Token, "value": clientele.APIKey,
	"consumerKey": clientele.Identifier, "consumerSecret": clientele.SecretKey, "tokenKey": clientele.Token, "tokenSecret": clientele.SecretKey,
	"privateKey": clientele.PrivateKey,
}

// yaakSettings are the fields of an authentication that say how, not who.
var yaakSettings = map[string]bool{
	"prefix": true, "algorithm": true, "grantType": true, "accessTokenUrl": true, "authorizationUrl": true, "redirectUri": true, "scope": true,
	"location": true, "key": true, "region": true, "service": true, "state": true, "audience": true, "tokenName": true, "credentials": true,
	"responseType": true, "pkceChallengeMethod": true, "headerPrefix": true, "signatureMethod": true, "name": true, "realm": true, "clientType": true,
}

// bench reads the tables of Yaak into one part for each workspace.
type bench struct {
	*database
	parts   map[string]*clientele.Part
	order   []string
	folders map[string]sqlitefile.Row
	spaces  map[string]sqlitefile.Row // the workspaces
}

// yaak reads the store of the application. A synced directory is read elsewhere.
func yaak(d *database) []clientele.Part {
	b := &bench{d, map[string]*clientele.Part{}, nil, map[string]sqlitefile.Row{}, map[string]sqlitefile.Row{}}
	for _, r := range d.rows("workspaces") {
		b.spaces[r.Text("id")] = r
		p := b.workspace(r.Text("id"))
		p.Name, p.ExternalID = r.Text("name"), r.Text("id")
		b.holder(r, nil)
	}
	folders := d.rows("folders")
	for _, r := range folders {
		b.folders[r.Text("id")] = r
	}
	for _, r := range folders {
		b.holder(r, b.chain(r))
	}
	for _, table := range []string{"http_requests", "grpc_requests", "websocket_requests"} {
		for _, r := range d.rows(table) {
			b.request(r, table == "http_requests")
		}
	}
	b.environments()
	b.recorded()
	b.settings()
	var parts []clientele.Part
	for _, id := range b.order {
		parts = append(parts, *b.parts[id])
	}
	return parts
}

// workspace is the part of a workspace, which rows name though it may be gone.
func (b *bench) workspace(id string) *clientele.Part {
	p := b.parts[id]
	if p == nil {
		p = &clientele.Part{Tool: "yaak", Kind: clientele.APIClient, Format: "Yaak database", Name: "Yaak", Syntax: clientele.SyntaxYaak,
			Bind: clientele.Bind{Key: cmp.Or(id, "settings")}}
		b.parts[id], b.order = p, append(b.order, id)
	}
	return p
}

func (b *bench) of(r sqlitefile.Row) *clientele.Part {
	id := r.Text("workspace_id")
	if id == "" && r.Text("model") == "workspace" {
		id = r.Text("id")
	}
	return b.workspace(id)
}

// chain are the folders that lead to a row, and its own name.
func (b *bench) chain(r sqlitefile.Row) []string {
	chain := []string{r.Text("name")}
	for up, ok := b.folders[r.Text("folder_id")]; ok && len(chain) < 50; up, ok = b.folders[up.Text("folder_id")] {
		chain = append(chain, up.Text("name"))
	}
	slices.Reverse(chain)
	return chain
}

// holder reads what a workspace or folder sets for the requests in it.
func (b *bench) holder(r sqlitefile.Row, chain []string) {
	p := b.of(r)
	yaakAuth(p, r, chain)
	yaakRows(p, tree(r, "headers"), clientele.InHeader, with(chain, "headers"))
	if text := r.Text("description"); text != "" {
		p.Texts = append(p.Texts, clientele.Text{Place: clientele.InText, Chain: with(chain, "description"), Text: clientele.Secret(text)})
	}
}

func (b *bench) request(r sqlitefile.Row, http bool) {
	p, chain := b.of(r), b.chain(r)
	q := clientele.Request{Chain: chain, URL: clientele.Secret(r.Text("url")), Auth: b.auth(r, chain)}
	if http { // of a gRPC request, the method is the service's
		q.Method = strings.ToUpper(r.Text("method"))
	}
	p.Requests = append(p.Requests, q)
	b.holder(r, chain)
	yaakRows(p, tree(r, "url_parameters"), clientele.InQuery, with(chain, "parameters"))
	yaakRows(p, tree(r, "metadata"), clientele.InHeader, with(chain, "metadata"))
	body := tree(r, "body")
	yaakRows(p, body.Get("form"), clientele.InBody, with(chain, "body"))
	for _, text := range []string{body.Get("text").Str(), body.Get("query").Str(), body.Get("variables").Str(), r.Text("message")} {
		if text != "" {
			p.Texts = append(p.Texts, clientele.Text{Place: clientele.InBody, Chain: with(chain, "body"), Text: clientele.Secret(text)})
		}
	}
}

// auth is the effective authentication: the row's own, or that of the nearest folder or of
// the workspace that has one.
func (b *bench) auth(r sqlitefile.Row, chain []string) *clientele.Auth {
	var from []string
	for range 50 {
		if kind := r.Text("authentication_type"); kind != "" {
			return &clientele.Auth{Scheme: cmp.Or(yaakSchemes[kind], "custom"), Chain: from}
		}
		up, ok := b.folders[r.Text("folder_id")]
		if !ok {
			break
		}
		r, from = up, b.chain(up)
	}
	if w, ok := b.spaces[r.Text("workspace_id")]; ok && w.Text("authentication_type") != "" {
		return &clientele.Auth{Scheme: cmp.Or(yaakSchemes[w.Text("authentication_type")], "custom"), Chain: []string{w.Text("name")}}
	}
	return nil
}

// yaakAuth reads a row's authentication. What is left of another type stays in the map.
func yaakAuth(p *clientele.Part, r sqlitefile.Row, chain []string) {
	n, kind := tree(r, "authentication"), r.Text("authentication_type")
	who := cmp.Or(n.Get("username").Str(), cmp.Or(n.Get("clientId").Str(), n.Get("accessKeyId").Str()))
	for _, k := range n.Fields() {
		role, ok := yaakRoles[k.Key]
		if k.Kind != doc.String && k.Kind != doc.Number || k.Str() == "" || !ok && yaakSettings[k.Key] {
			continue
		}
		s := clientele.Slot{Place: clientele.InAuth, Role: role, Name: k.Key, Chain: with(chain, "auth", kind), Value: k.Secret(),
			Dormant: n.Get("disabled").True() || kind == "" || kind == "none"}
		if kind == "apikey" && k.Key == "value" {
			s.Name = cmp.Or(n.Get("key").Str(), "value")
		}
		if role.Secret() {
			s.Principal = who
		}
		p.Slots = append(p.Slots, s)
	}
	if who != "" && kind != "" && kind != "none" {
		id := clientele.Identity{Scheme: cmp.Or(yaakSchemes[kind], "custom"), Principal: who, Issuer: n.Get("accessTokenUrl").Str()}
		id.Scopes = append(id.Scopes, strings.Fields(n.Get("scope").Str())...)
		p.Identities = append(p.Identities, id)
	}
}

// yaakRows reads a list of {enabled, name, value}.
func yaakRows(p *clientele.Part, list *doc.Node, place clientele.Place, chain []string) {
	for _, n := range list.Items() {
		if v := n.Get("value"); v.Str() != "" {
			p.Slots = append(p.Slots, clientele.Slot{Place: place, Name: n.Get("name").Str(), Chain: chain, Value: v.Secret(), Dormant: n.Get("enabled").False()})
		}
	}
}

func (b *bench) environments() {
	for _, r := range b.rows("environments") {
		p, set := b.of(r), r.Text("name")
		scope := "environment"
		if r.Text("parent_model") == "workspace" || strings.EqualFold(set, "Global Variables") {
			scope = "collection"
		}
		for _, v := range tree(r, "variables").Items() {
			p.Variables = append(p.Variables, clientele.Variable{Name: v.Get("name").Str(), Value: v.Get("value").Secret(), Scope: scope, Set: set,
				Chain: []string{set}, Dormant: v.Get("enabled").False()})
		}
		if r.Value("public") != nil && r.Int("public") == 0 {
			p.Sync = append(p.Sync, clientele.Sync{Mode: clientele.SyncLocal, Where: set, Detail: "private environment is not synced"})
		}
	}
}

// recorded reads what servers sent: cookies, responses, and the tokens of plugins.
func (b *bench) recorded() {
	for _, r := range b.rows("cookie_jars") {
		p := b.of(r)
		for _, c := range tree(r, "cookies").Items() {
			if raw := c.Get("raw_cookie").Str(); raw != "" {
				name, value, _ := strings.Cut(strings.SplitN(raw, ";", 2)[0], "=")
				p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InCookie, Name: name, Chain: []string{"cookies", r.Text("name")},
					Value: clientele.Secret(value), Host: c.Get("domain", "HostOnly").Str(), Recorded: true})
			}
		}
	}
	for _, r := range b.rows("http_responses") {
		p := b.of(r)
		if url := r.Text("url"); url != "" {
			p.Requests = append(p.Requests, clientele.Request{Chain: []string{"response"}, URL: clientele.Secret(url), Recorded: true})
		}
		for _, column := range []string{"headers", "request_headers"} {
			for _, h := range tree(r, column).Items() {
				p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InResponse, Name: h.Get("name").Str(), Chain: []string{"response", column},
					Value: h.Get("value").Secret(), Recorded: true})
			}
		}
	}
	for _, r := range b.rows("plugin_key_values") {
		p := b.workspace("")
		p.Texts = append(p.Texts, clientele.Text{Place: clientele.InTokenCache, Chain: []string{r.Text("plugin_name"), "stored value"},
			Text: clientele.Secret(r.Text("value")), Recorded: true})
	}
}

// settings reads what holds for the whole application.
func (b *bench) settings() {
	for _, r := range b.rows("settings") {
		proxy := tree(r, "proxy")
		if password := proxy.Get("auth", "password"); password.Str() != "" {
			p := b.workspace("")
			p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InProxy, Role: clientele.Password, Name: "password", Chain: []string{"proxy"},
				Value: password.Secret(), Principal: proxy.Get("auth", "user").Str(), Host: cmp.Or(proxy.Get("https").Str(), proxy.Get("http").Str()),
				Dormant: proxy.Get("disabled").True()})
		}
		for _, c := range tree(r, "client_certificates").Items() {
			if pass := c.Get("passphrase"); pass.Str() != "" {
				p := b.workspace("")
				p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InCertificate, Role: clientele.Passphrase, Name: "passphrase",
					Chain: []string{"client certificate", c.Get("host").Str()}, Value: pass.Secret(), Host: c.Get("host").Str(), Dormant: c.Get("enabled").False()})
			}
		}
	}
	for _, r := range b.rows("workspace_metas") {
		p := b.of(r)
		if dir := r.Text("setting_sync_dir"); dir != "" {
			p.Sync = append(p.Sync, clientele.Sync{Mode: clientele.SyncGit, Where: dir, Detail: "directory sync"})
		}
		if key := tree(r, "encryption_key").First("encryptedKey", "encrypted_key"); key.Str() != "" {
			p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InSetting, Role: clientele.OtherSecret, Name: "encryption_key",
				Value: key.Secret(), Class: clientele.Encrypted})
		}
	}
}
