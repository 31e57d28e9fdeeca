package dsn

import "strings"

// web are the schemes whose paths are paths; with the others a path names a database.
var web = words(`http https ws wss ftp ftps sftp scp ssh git svn file smb nfs s3 gs abfs abfss wasb wasbs
	smtp smtps imap imaps pop3 pop3s ldap ldaps grpc grpcs unix npipe tcp udp tls socks4 socks5 socks5h
	otlp consul vault docker oci vnc rdp telnet sip stun turn turns chrome vscode ms-settings`)

// isWeb looks at both halves of git+https and postgresql+psycopg2.
func isWeb(scheme string) bool {
	a, b, _ := strings.Cut(scheme, "+")
	return web[a] || web[b]
}

// url reads scheme://userinfo@hosts/path?query#fragment.
func (r *reading) url() bool {
	colon := schemeEnd(r.s)
	if colon < 0 {
		return false
	}
	r.t.Scheme = strings.ToLower(r.s[:colon])
	from := colon + 3
	at, end := r.authority(from)
	if at >= 0 {
		if next(r.s, from, at, " \t:") < next(r.s, from, at, ":") {
			return false // a sentence with a URL and an address in it
		}
		r.userinfo(from, at)
		from = at + 1
	}
	if !r.hosts(from, end) {
		return false
	}
	return r.afterHosts(end, at >= 0)
}

// schemeEnd is the place of "://" behind a scheme or a reference, or -1.
func schemeEnd(s string) int {
	i := strings.Index(s, "://")
	if i < 1 {
		return -1
	}
	for j := 0; j < i; j++ {
		c := s[j] | 0x20
		switch {
		case c >= 'a' && c <= 'z':
		case j > 0 && (s[j] >= '0' && s[j] <= '9' || strings.IndexByte("+-._", s[j]) >= 0):
		default:
			n := reference(s[j:i])
			if n == 0 {
				return -1
			}
			j += n - 1
		}
	}
	return i
}

// authority finds the @ that ends the userinfo, -1 if there is none, and the end of the hosts.
//
// By the grammar the authority ends at the first of / ? #. If what that gives can be no host,
// as in postgres://u:p/w@host/db, or if the text goes on to a better one, a later @ is taken.
func (r *reading) authority(from int) (int, int) {
	s := r.s
	end := next(s, from, len(s), "/?#")
	at := lastAt(s, from, end)
	ok := plausible(s[hostStart(from, at):end])
	store := !isWeb(r.t.Scheme)
	if ok && !store && (at < 0 || hasDot(s[at+1:end])) {
		return at, end
	}
	query, colon := next(s, end, len(s), "?"), next(s, from, len(s), ":")
	best, bestEnd := -1, end
	for i := next(s, end, len(s), "@"); i < len(s); i = next(s, i+1, len(s), "@") {
		to := next(s, i+1, len(s), "/?#@")
		if to < len(s) && s[to] == '@' || colon > i || !plausible(s[i+1:to]) {
			continue
		}
		if i > query && (ok || best >= 0) || ok && !store && !hasDot(s[i+1:to]) {
			break
		}
		best, bestEnd = i, to
		if !store || i > query {
			break
		}
	}
	if best >= 0 {
		return best, bestEnd
	}
	return at, end
}

func hostStart(from, at int) int {
	if at >= 0 {
		return at + 1
	}
	return from
}

// lastAt is the place of the last @ outside references, or -1.
func lastAt(s string, from, to int) int {
	at := -1
	for i := next(s, from, to, "@"); i < to; i = next(s, i+1, to, "@") {
		at = i
	}
	return at
}

// userinfo takes user:password apart. A user's name holds no colon.
func (r *reading) userinfo(from, to int) {
	colon := next(r.s, from, to, ":")
	r.t.User = unescape(r.s[from:colon])
	if colon < to {
		r.password(unescape(r.s[colon+1:to]), colon+1, to)
	}
}

// afterHosts reads path, query and fragment.
func (r *reading) afterHosts(from int, signedIn bool) bool {
	s := r.s
	query := next(s, from, len(s), "?#")
	r.t.Path = s[from:query]
	fragment := query
	take := r.param
	if !isWeb(r.t.Scheme) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.t.Path, "/"), "/")
		r.t.Database = unescape(name)
		if !signedIn {
			take = r.credential
		}
	}
	if query < len(s) && s[query] == '?' {
		fragment = next(s, query, len(s), "#")
		r.query(query+1, fragment, take)
	}
	if fragment < len(s) {
		r.fragment(fragment + 1)
	}
	return len(r.t.Hosts) > 0 || signedIn || r.t.Path != "" || len(r.t.Params) > 0 || r.t.HasPassword
}

// fragment reads pairs behind #, as in #access_token=… and #/route?code=….
func (r *reading) fragment(from int) {
	if q := next(r.s, from, len(r.s), "?"); q < len(r.s) {
		from = q + 1
	}
	if strings.IndexByte(r.s[from:], '=') >= 0 {
		r.query(from, len(r.s), r.param)
	}
}

// query reads percent-encoded pairs between ampersands. A plus sign stays: in secrets it is one.
func (r *reading) query(from, to int, take func(pair)) {
	for from < to {
		end := next(r.s, from, to, "&")
		if end > from {
			eq := next(r.s, from, end, "=")
			value := min(eq+1, end)
			take(pair{unescape(r.s[from:eq]), unescape(r.s[value:end]), value, end})
		}
		from = end + 1
	}
}
