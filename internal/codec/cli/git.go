package cli

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// gitCredentialsDecoder reads what git's "store" helper keeps: one address a line, with user
// and password in it.
var gitCredentialsDecoder = clientele.Decoder{
	Name: "git credentials", Paths: []string{".git-credentials", "git/credentials", "git-credentials"}, Decode: decodeGitCredentials,
}

func decodeGitCredentials(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	seen := map[string]int{}
	for i, line := range strings.Split(string(f.Data), "\n") {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, "://") || strings.HasPrefix(line, "#") || len(parts) >= maxRequests {
			continue
		}
		name, who := gitLogin(line)
		if seen[name]++; seen[name] > 1 {
			name += " " + strconv.Itoa(seen[name])
		}
		c := newClient("git", "git credentials", name, i+1)
		c.scheme = "basic"
		b := c.enter([]string{name}, i+1)
		b.who = who
		c.request(b.chain, line, i+1)
		c.leave(b)
		parts = append(parts, c.done())
	}
	return parts, nil
}

// gitLogin is the place of a login, and its user. A token may stand in the user's place, with
// a password that is none; such a user is nobody.
func gitLogin(line string) (name, who string) {
	u, err := url.Parse(line)
	if err != nil || u.Host == "" {
		return "login", ""
	}
	if p, _ := u.User.Password(); len(p) > 1 && p != "x-oauth-basic" {
		who = u.User.Username()
	}
	return u.Host + strings.TrimSuffix(u.Path, "/"), who
}

// gitConfigDecoder reads a repository's or a user's configuration: remotes with user and
// password in the address, headers that are sent along (actions/checkout leaves one behind),
// rewrites of addresses, proxies, credential helpers. Bare repositories and submodules count.
var gitConfigDecoder = clientele.Decoder{
	Name: "git config", Paths: []string{"*.git/config", ".git/config.worktree", "modules/*/config", ".gitconfig", "git/config", ".gitmodules", "etc/gitconfig"},
	Decode: decodeGitConfig,
}

func decodeGitConfig(f clientele.File) ([]clientele.Part, error) {
	root := doc.INI(f.Data)
	c := newClient("git", "git config", "", 1)
	c.part.Name, c.scheme, c.place, c.scattered = "git config", "basic", clientele.InSetting, true
	for _, s := range root.Fields() {
		if kind, sub, ok := gitSection(s); ok {
			c.gitSection(s, kind, sub)
		}
	}
	if !c.solid {
		return nil, nil
	}
	return []clientele.Part{c.done()}, nil
}

// gitSection takes [kind "sub"] apart.
func gitSection(s *doc.Node) (kind, sub string, ok bool) {
	if s.Kind != doc.Map {
		return "", "", false
	}
	kind, sub, _ = strings.Cut(s.Key, " ")
	return strings.ToLower(kind), strings.Trim(strings.TrimSpace(sub), `"`), true
}

func (c *client) gitSection(s *doc.Node, kind, sub string) {
	chain := []string{kind}
	if sub != "" {
		chain = append(chain, dsn.Bare(sub))
	}
	b := c.enter(chain, s.Line)
	if strings.Contains(sub, "://") {
		b.host = dsn.HostOf(sub)
		if userinfo.MatchString(sub) { // an address in a heading: a rewrite, or settings for a host
			c.request(chain, sub, s.Line)
		}
	}
	for _, k := range s.Fields() {
		v := value{name: k.Key, chain: chain, node: k}
		if word := gitWords[kind+"."+strings.ToLower(k.Key)]; word != "" && k.Str() != "" {
			v.node = scalar(gitValue(k.Text), k.Line)
			meanings[word](c, b, v)
		}
	}
	c.leave(b)
}

// gitWords are the settings that matter here. The others (user.email, branch.…) say nothing
// of a client.
var gitWords = map[string]string{
	"remote.url": "url", "remote.pushurl": "url", "remote.proxy": "proxy", "submodule.url": "url",
	"http.extraheader": "header_row", "http.proxy": "proxy", "http.sslkey": "ref", "http.cookiefile": "ref",
	"core.gitproxy": "proxy", "credential.helper": "git_helper", "credential.username": "who",
	"sendemail.smtpuser": "username", "sendemail.smtppass": "password", "sendemail.smtpserver": "host",
	"github.user": "login", "github.token": "token", "github.oauth-token": "token", "gitlab.user": "login", "gitlab.token": "token",
	"lfs.url": "url", "lfs.pushurl": "url",
	"user.signingkey": "none", "svn-remote.url": "url",
}

// gitHelper is a program that keeps credentials; one that begins with "!" is a shell command,
// and may well print a password.
func gitHelper(c *client, b *block, v value) {
	if s, ok := strings.CutPrefix(v.text(), "!"); ok {
		v.node.Text = s
		command(c, b, v)
		return
	}
	solid := c.solid
	reference(c, b, v)
	c.solid = solid // a helper alone is no client
}

// gitValue takes quotes and their escapes off a value.
func gitValue(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s[1 : len(s)-1])
	}
	return s
}
