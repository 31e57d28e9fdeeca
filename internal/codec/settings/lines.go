package settings

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// eachLine calls f with the trimmed lines that are neither empty nor comments, and their
// numbers from 1.
func eachLine(src []byte, comments string, f func(line string, at int)) {
	for i, l := range bytes.Split(src, []byte("\n")) {
		if s := strings.TrimSpace(string(l)); s != "" && !strings.Contains(comments, s[:1]) {
			f(s, i+1)
		}
	}
}

// nextWord matches the next word of a line, quoted or not.
var nextWord = regexp.MustCompile(`^\s*(?:([A-Za-z_][\w.-]*)\s*=\s*)?("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'#][^\s"']*)`)

// readInventory reads an ansible inventory: hosts with variables behind them, and the
// variables of groups.
func readInventory(src []byte) (*doc.Node, error) {
	root := &doc.Node{Kind: doc.Map, Line: 1}
	group := ""
	var vars *doc.Node
	eachLine(src, "#;", func(line string, at int) {
		if line[0] == '[' {
			group, vars = strings.Trim(strings.SplitN(line, "]", 2)[0], "["), nil
			if name, ok := strings.CutSuffix(group, ":vars"); ok {
				vars = &doc.Node{Kind: doc.Map, Key: name, Line: at}
				root.Kids = append(root.Kids, vars)
			}
			return
		}
		if name, v, ok := strings.Cut(line, "="); vars != nil && ok {
			vars.Kids = append(vars.Kids, scalar(strings.TrimSpace(name), unquote(strings.TrimSpace(v)), at))
			return
		}
		root.Kids = append(root.Kids, inventoryHost(line, at))
	})
	return root, nil
}

func inventoryHost(line string, at int) *doc.Node {
	h := &doc.Node{Kind: doc.Map, Line: at}
	for {
		m := nextWord.FindStringSubmatch(line)
		if m == nil {
			return h
		}
		line = line[len(m[0]):]
		switch {
		case m[1] != "":
			h.Kids = append(h.Kids, scalar(m[1], unquote(m[2]), at))
		case h.Key == "":
			h.Key = m[2]
			h.Kids = append(h.Kids, scalar("inventory_hostname", m[2], at))
		}
	}
}

// readAccounts reads lines of a key and a value between blanks; "account name" begins a
// block, as msmtp has it, and "defaults" the one that holds for all.
func readAccounts(src []byte) (*doc.Node, error) {
	root := &doc.Node{Kind: doc.Map, Line: 1}
	at := root
	eachLine(src, "#", func(line string, n int) {
		key, v, _ := strings.Cut(strings.Replace(line, "\t", " ", 1), " ")
		v = strings.TrimSpace(v)
		if key = strings.ToLower(key); key == "account" || key == "defaults" {
			name, _, _ := strings.Cut(v, ":")
			at = &doc.Node{Kind: doc.Map, Key: strings.TrimSpace(name + strings.TrimPrefix(key, "account")), Line: n}
			root.Kids = append(root.Kids, at)
			return
		}
		at.Kids = append(at.Kids, scalar(key, unquote(v), n))
	})
	return root, nil
}

// readHash reads Subversion's hash dumps: K and a length, the key, V and a length, the value,
// up to END.
func readHash(src []byte) (*doc.Node, error) {
	root := &doc.Node{Kind: doc.Map, Line: 1}
	lines := strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	for i := 0; i+3 < len(lines) && strings.HasPrefix(lines[i], "K ") && strings.HasPrefix(lines[i+2], "V "); i += 4 {
		root.Kids = append(root.Kids, scalar(lines[i+1], lines[i+3], i+4))
	}
	if len(root.Kids) == 0 {
		return nil, nil
	}
	if realm, _, ok := strings.Cut(strings.TrimPrefix(root.Get("svn:realmstring").Str(), "<"), ">"); ok {
		root.Kids = append(root.Kids, scalar("url", realm, root.Get("svn:realmstring").Line))
	}
	return root, nil
}

// readUsers reads the lines "user" "password" of pgbouncer.
func readUsers(src []byte) (*doc.Node, error) {
	root := &doc.Node{Kind: doc.Map, Line: 1}
	eachLine(src, ";#", func(line string, at int) {
		f := strings.Split(line, `"`)
		if line[0] != '"' || len(f) < 5 || strings.TrimSpace(f[2]) != "" {
			return
		}
		user, password := f[1], strings.Join(f[3:len(f)-1], `"`)
		root.Kids = append(root.Kids, &doc.Node{Kind: doc.Map, Key: user, Line: at, Kids: []*doc.Node{
			scalar("user", user, at), scalar("password", strings.ReplaceAll(password, `""`, `"`), at),
		}})
	})
	if len(root.Kids) == 0 {
		return nil, nil
	}
	return root, nil
}

var tunnelBlock = regexp.MustCompile(`^<([a-z0-9-]+)>$`)

// readTunnel reads OpenVPN's options and the files that stand in it between tags.
func readTunnel(src []byte) (*doc.Node, error) {
	root := &doc.Node{Kind: doc.Map, Line: 1}
	block, from := "", 0
	var body []string
	eachLine(src, "#;", func(line string, at int) {
		switch m := tunnelBlock.FindStringSubmatch(line); {
		case block != "" && line == "</"+block+">":
			root.Kids = append(root.Kids, inlined(block, body, from))
			block, body = "", nil
		case block != "":
			body = append(body, line)
		case m != nil:
			block, from = m[1], at
		default:
			root.Kids = append(root.Kids, option(line, at)...)
		}
	})
	if root.First("remote", "client", "dev", "auth-user-pass") == nil && !root.Has("client") {
		return nil, nil
	}
	return root, nil
}

func inlined(block string, body []string, from int) *doc.Node {
	if strings.HasSuffix(block, "user-pass") && len(body) >= 2 {
		return &doc.Node{Kind: doc.Map, Key: block, Line: from, Kids: []*doc.Node{
			scalar("username", body[0], from+1), scalar("password", body[1], from+2),
		}}
	}
	return scalar(block, strings.Join(body, "\n"), from+1)
}

// option is a line of OpenVPN's; a file that holds a secret is named, and not read.
func option(line string, at int) []*doc.Node {
	f := strings.Fields(line)
	switch key := f[0]; {
	case key == "remote" && len(f) > 1:
		kids := []*doc.Node{scalar("remote", f[1], at)}
		if len(f) > 2 {
			kids = append(kids, scalar("port", f[2], at))
		}
		return kids
	case key == "client", key == "dev":
		return []*doc.Node{scalar(key, "yes", at)}
	case len(f) > 1 && (key == "auth-user-pass" || key == "askpass" || key == "key" || key == "pkcs12" || key == "tls-auth" || key == "tls-crypt"):
		ref := referTo(unquote(f[1]), at)
		ref.Key = key
		return []*doc.Node{ref}
	}
	return nil
}

const cookieFields = 7 // domain, subdomains too, path, secure, ends, name, value

// decodeCookies reads the jars of curl, wget and Python. All in them was recorded.
func decodeCookies(f clientele.File) ([]clientele.Part, error) {
	head := bytes.TrimSpace(f.Data[:min(len(f.Data), 64)])
	if !bytes.HasPrefix(head, []byte("# Netscape")) && !bytes.HasPrefix(head, []byte("# HTTP Cookie")) {
		return nil, nil
	}
	p := clientele.Part{Tool: "cookie-jar", Kind: clientele.APIClient, Format: "Netscape cookie jar", Name: "cookie jar", Line: 1}
	for i, l := range bytes.Split(f.Data, []byte("\n")) {
		fields := strings.SplitN(strings.TrimPrefix(strings.TrimRight(string(l), "\r"), "#HttpOnly_"), "\t", cookieFields)
		if len(fields) < cookieFields || fields[0] == "" || fields[0][0] == '#' || len(p.Slots) >= maxValues {
			continue
		}
		host := strings.TrimPrefix(fields[0], ".")
		s := clientele.Slot{
			Place: clientele.InCookie, Name: fields[5], Chain: []string{host}, Value: clientele.Secret(fields[6]), Line: i + 1, Recorded: true, Host: host,
		}
		if ends, err := strconv.ParseInt(fields[4], 10, 64); err == nil && ends > 0 {
			s.ExpiresAt = time.Unix(ends, 0).UTC()
		}
		p.Slots = append(p.Slots, s)
	}
	if len(p.Slots) == 0 {
		return nil, nil
	}
	return []clientele.Part{p}, nil
}
