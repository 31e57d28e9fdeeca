package cli

import (
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/dsn"
)

// filezillaDecoder reads FileZilla's sites and the queue of recent servers. A password is in
// base64, or sealed with the user's public key where a master password is set.
var filezillaDecoder = clientele.Decoder{
	Name: "filezilla sites", Paths: []string{"sitemanager.xml", "recentservers.xml", "filezilla.xml", "fzdefaults.xml"}, Decode: decodeFileZilla,
}

func decodeFileZilla(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	if root == nil || !strings.HasPrefix(root.Key, "FileZilla") {
		return nil, err
	}
	var parts []clientele.Part
	root.Walk(func(chain []string, n *doc.Node) bool {
		switch {
		case n.Key == "Server" && n.Has("Host") && len(parts) < maxRequests:
			parts = append(parts, filezillaSite(n))
			return false
		case n.Key == "Setting" && n.Text != "" && strings.Contains(strings.ToLower(n.Attr("name")), "pass") && !strings.Contains(n.Attr("name"), "assive"):
			c := newClient("filezilla", "settings", n.Attr("name"), n.Line)
			c.place = clientele.InProxy
			c.slot(clientele.Slot{Role: clientele.Password, Name: n.Attr("name"), Value: n.Secret(), Line: n.Line})
			parts = append(parts, c.done())
		}
		return true
	})
	return parts, err
}

func filezillaSite(n *doc.Node) clientele.Part {
	host := n.Get("Host").Str()
	if p := n.Get("Port").Str(); p != "" && p != "21" && p != "22" {
		host += ":" + p
	}
	name := n.Get("Name").Str()
	if name == "" {
		name = n.Get("User").Str() + "@" + host
	}
	c := newClient("filezilla", "site", name, n.Line)
	c.scheme, c.place, c.part.Exports = "basic", clientele.InSetting, []string{"ftp download of " + host}
	b := c.enter([]string{name}, n.Line)
	b.host = host
	scheme := map[string]string{"1": "sftp", "3": "ftps", "4": "ftps", "6": "https"}[n.Get("Protocol").Str()]
	if scheme == "" {
		scheme = "ftp"
	}
	c.knownXML(b, n, map[string]string{"User": "username", "Keyfile": "ref", "Account": "named"})
	for _, p := range n.All("Pass") {
		v := value{name: "Pass", chain: b.chain, node: p}
		switch {
		case p.Text == "":
		case p.Attr("encoding") == "base64":
			encoded(c, b, v)
		case p.Attr("encoding") == "crypt":
			s := v.slot(clientele.Password)
			s.Class = clientele.Encrypted
			c.slot(s)
		default:
			c.slot(v.slot(clientele.Password))
		}
	}
	c.leave(b)
	c.request(b.chain, scheme+"://"+host, n.Line)
	return c.done()
}

// winscpDecoder reads WinSCP.ini: one client a saved session. A password is scrambled with a
// constant, user and host, unless a master password seals it.
var winscpDecoder = clientele.Decoder{Name: "winscp sessions", Paths: []string{"winscp.ini", "winscp*.ini"}, Decode: decodeWinSCP}

func decodeWinSCP(f clientele.File) ([]clientele.Part, error) {
	root := doc.INI(f.Data)
	master := root.Get(`Configuration\Security`, "UseMasterPassword").Str() == "1"
	var parts []clientele.Part
	for _, s := range root.Fields() {
		name, ok := strings.CutPrefix(s.Key, `Sessions\`)
		if !ok || s.Kind != doc.Map || s.Get("HostName").Str() == "" || len(parts) >= maxRequests {
			continue
		}
		parts = append(parts, winscpSession(s, iniText(scalar(name, s.Line)), master))
	}
	return parts, nil
}

func winscpSession(s *doc.Node, name string, master bool) clientele.Part {
	user, host := iniText(s.Get("UserName")), iniText(s.Get("HostName"))
	c := newClient("winscp", "session", name, s.Line)
	c.scheme, c.place, c.part.Exports = "basic", clientele.InSetting, []string{"sftp download of " + host}
	b := c.enter([]string{name}, s.Line)
	b.host = host
	c.known(b, s, map[string]string{"UserName": "username", "PublicKeyFile": "ref"})
	for _, k := range s.Fields() {
		low := strings.ToLower(k.Key)
		if !strings.Contains(low, "password") && !strings.Contains(low, "passphrase") || len(k.Text) < 8 {
			continue
		}
		v := value{name: k.Key, chain: b.chain, node: k}.slot(clientele.Password)
		if strings.Contains(low, "passphrase") {
			v.Role = clientele.Passphrase
		}
		key := user + host
		if low == "proxypasswordenc" || low == "proxypassword" {
			v.Place, v.Principal, v.Host = clientele.InProxy, iniText(s.Get("ProxyUsername")), iniText(s.Get("ProxyHost"))
			key = v.Principal + v.Host
		}
		if plain, ok := unscramble(k.Text, key); ok && !master {
			v.Value, v.Class = clientele.Secret(plain), clientele.Obfuscated
		} else {
			v.Class = clientele.Encrypted
		}
		c.slot(v)
	}
	c.leave(b)
	c.request(b.chain, "sftp://"+host, s.Line)
	return c.done()
}

// iniText undoes the percent signs with which WinSCP writes what is not ASCII.
func iniText(n *doc.Node) string {
	if s, err := url.PathUnescape(n.Str()); err == nil {
		return s
	}
	return n.Str()
}

// unscramble undoes WinSCP's DecryptPassword: each byte is the complement of one XORed with
// 0xA3. A flag, a version, the length, how many bytes of noise follow, the noise, and then
// user, host and password in one.
func unscramble(s, key string) (string, bool) {
	b, err := hex.DecodeString(strings.ToLower(s))
	if err != nil || len(b) < 4 {
		return "", false
	}
	for i := range b {
		b[i] = ^(b[i] ^ 0xA3)
	}
	length, rest := int(b[0]), b[1:]
	flagged := b[0] == 0xFF
	if flagged {
		version := b[1]
		length, rest = int(b[2]), b[3:]
		if version == 1 && len(b) > 4 { // two bytes of length
			length, rest = int(b[2])<<8|int(b[3]), b[4:]
		}
	}
	if len(rest) == 0 {
		return "", false
	}
	noise := int(rest[0])
	rest = rest[1:]
	if noise+length > len(rest) {
		return "", false
	}
	plain := string(rest[noise : noise+length])
	if flagged {
		var ok bool
		if plain, ok = strings.CutPrefix(plain, key); !ok {
			return "", false
		}
	}
	return plain, plain != "" && printable(plain)
}

// lftpDecoder reads lftp's start-up file and bookmarks.
var lftpDecoder = clientele.Decoder{
	Name: "lftp", Paths: []string{".lftprc", "lftp/rc", ".lftp/rc", ".lftp/bookmarks", "lftp/bookmarks", "*.lftp"}, Decode: decodeLFTP,
}

func decodeLFTP(f clientele.File) ([]clientele.Part, error) {
	c := newClient("lftp", "lftp commands", "", 1)
	c.part.Name, c.scheme, c.place, c.scattered = "lftp", "basic", clientele.InSetting, true
	for i, line := range strings.Split(string(f.Data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' || len(c.part.Slots) >= maxRequests {
			continue
		}
		c.lftp(strings.Fields(line), i+1)
	}
	if !c.solid {
		return nil, nil
	}
	c.part.Exports = []string{"lftp mirror"}
	return []clientele.Part{c.done()}, nil
}

// lftp takes a command apart: "open -u user,password host", "user name password", "set
// x:password …", or a bookmark: a name and an address.
func (c *client) lftp(words []string, line int) {
	b := c.enter([]string{words[0]}, line)
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = strings.Trim(words[i+1], `"'`)
		}
		user, password, both := strings.Cut(next, ",")
		node := scalar(next, line)
		switch name := strings.ToLower(w); {
		case (w == "-u" || w == "--user") && both:
			pair(c, b, value{name: w, chain: b.chain, node: node}, user, password, "")
		case (w == "-u" || w == "--user") && next != "", w == "user" && i == 0 && next != "":
			b.who = next
			if w == "user" && len(words) > 2 {
				node = scalar(strings.Trim(words[2], `"'`), line)
				c.slot(value{name: "password", chain: b.chain, node: node}.slot(clientele.Password))
			}
		case (w == "--password" || words[0] == "set" && strings.Contains(name, "pass") && !strings.Contains(name, "passive")) && next != "":
			s := value{name: w, chain: b.chain, node: node}.slot(clientele.Password)
			if strings.Contains(name, "proxy") {
				s.Place = clientele.InProxy
			}
			c.slot(s)
		case strings.Contains(w, "://"):
			c.request(b.chain, strings.Trim(w, `"'`), line)
			b.host = dsn.HostOf(w)
		}
	}
	c.leave(b)
}

// cyberduckDecoder reads Cyberduck's bookmarks, which are property lists. Passwords are in
// the system's keychain.
var cyberduckDecoder = clientele.Decoder{Name: "cyberduck bookmark", Paths: []string{"*.duck"}, Decode: decodeCyberduck}

func decodeCyberduck(f clientele.File) ([]clientele.Part, error) {
	root, err := doc.XML(f.Data)
	if root == nil || root.Key != "plist" {
		return nil, err
	}
	fields := map[string]*doc.Node{}
	kids := root.Get("dict").Fields()
	for i := 0; i+1 < len(kids); i++ {
		if kids[i].Key == "key" {
			fields[kids[i].Text] = kids[i+1]
		}
	}
	host := fields["Hostname"].Str()
	if host == "" {
		return nil, err
	}
	c := newClient("cyberduck", "bookmark", "", 1)
	c.part.Name, c.part.ExternalID = fields["Nickname"].Str(), fields["UUID"].Str()
	c.scheme, c.place = "basic", clientele.InSetting
	b := c.enter(nil, 1)
	b.who, b.host = fields["Username"].Str(), host
	for _, k := range []string{"Private Key File", "Private Key File Bookmark"} {
		if n := fields[k]; n.Str() != "" {
			reference(c, b, value{name: k, node: n})
		}
	}
	c.leave(b)
	c.request(nil, fields["Protocol"].Str()+"://"+host, fields["Hostname"].LineOr(1))
	return []clientele.Part{c.done()}, err
}
