package dsn

import "strings"

// wrappers stand before the database's own name in a JDBC URL.
var wrappers = words(`aws-wrapper log4jdbc p6spy tc jtds otel opentelemetry tracing arrow secretsmanager pool proxy`)

// jdbc reads jdbc:<sub>:…, in all the ways the drivers have made of it:
//
//	//hosts/db?user=u&password=p     MySQL, PostgreSQL, Snowflake, ClickHouse
//	//host;user=u;password={p}       SQL Server, Databricks, Hive
//	//host/db:user=u;password=p;     Db2, Informix
//	//host/USER=u,PASSWORD=p         Teradata
//	//(host=h,user=u,password=p)/db  MySQL
//	mem:name;USER=u;PASSWORD=p       H2, Derby, SQLite
//	thin:u/p@//host:1521/service     Oracle
func (r *reading) jdbc() bool {
	head, rest, ok := strings.Cut(r.s, ":")
	if !ok || !isJDBC(head) {
		return false
	}
	from := len(r.s) - len(rest)
	for {
		sub := next(r.s, from, len(r.s), ":;?/@ ")
		if sub == from || sub == len(r.s) || r.s[sub] != ':' {
			return false
		}
		r.t.Scheme = strings.ToLower(r.s[from:sub])
		from = sub + 1
		if !wrappers[r.t.Scheme] {
			break
		}
	}
	if r.t.Scheme == "oracle" {
		return r.oracle(from)
	}
	slashes := strings.Index(r.s[from:], "//")
	if slashes < 0 || strings.ContainsAny(r.s[from:from+slashes], "?;=@/") {
		return r.properties(from)
	}
	from += slashes + 2
	if i := strings.Index(r.s[from:], "://"); i == len("http") || i == len("https") {
		from += i + 3 // BigQuery names a URL
	}
	end := next(r.s, from, len(r.s), "/?;")
	if at := lastAt(r.s, from, end); at >= 0 && next(r.s, from, at, "=") == at {
		r.userinfo(from, at)
		from = at + 1
	}
	if strings.IndexByte(r.s[from:end], '=') >= 0 {
		r.pairs(from, end, "(),", r.addressSetting)
	} else if !r.hosts(from, end) {
		return false
	}
	return r.properties(end)
}

func isJDBC(head string) bool {
	switch strings.ToLower(head) {
	case "jdbc", "r2dbc", "jdbc-secretsmanager":
		return true
	}
	return false
}

// addressSetting is setting without the keyword that opens MySQL's address=(host=…).
func (r *reading) addressSetting(p pair) {
	if p.value != "" {
		r.setting(p)
	}
}

// properties reads what follows the hosts: a path, and properties behind ? or ; or, inside the
// path, behind a colon or in its place.
func (r *reading) properties(from int) bool {
	end := next(r.s, from, len(r.s), "?;")
	if eq := next(r.s, from, end, "="); eq < end {
		start := from + strings.LastIndexAny(r.s[from:eq], ":/,") + 1
		separators := ";"
		if start > from && r.s[start-1] == '/' {
			separators = ","
		}
		r.path(from, max(start-1, from))
		r.pairs(start, len(r.s), separators, r.setting)
		return true
	}
	r.path(from, end)
	switch {
	case end == len(r.s):
	case r.s[end] == '?':
		r.query(end+1, len(r.s), r.setting)
	default:
		r.pairs(end+1, len(r.s), ";", r.setting)
	}
	return true
}

func (r *reading) path(from, to int) {
	r.t.Path = r.s[from:to]
	if name := strings.Trim(r.t.Path, "/"); r.t.Database == "" {
		r.t.Database = name
	}
}

// oracle reads thin:user/password@address, where the password may be quoted.
func (r *reading) oracle(from int) bool {
	driver := strings.IndexByte(r.s[from:], ':')
	if driver < 0 {
		return false
	}
	from += driver + 1
	end := len(r.s)
	if i := strings.Index(r.s[from:], "@("); i >= 0 {
		end = from + i + 1
	}
	at := lastAt(r.s, from, end)
	if at < 0 {
		return false
	}
	r.slashed(from, at)
	r.oracleAddress(at + 1)
	return true
}

// slashed takes user/password apart.
func (r *reading) slashed(from, to int) {
	slash := next(r.s, from, to, "/")
	r.t.User = strings.Trim(r.s[from:slash], `"`)
	if slash == to {
		return
	}
	password := r.s[slash+1 : to]
	if len(password) > 1 && password[0] == '"' && password[len(password)-1] == '"' {
		password = password[1 : len(password)-1]
	}
	r.password(password, slash+1, to)
}

// oracleAddress reads //host:port/service, host:port:sid, tcps://…, (DESCRIPTION=…) or an alias.
func (r *reading) oracleAddress(from int) {
	if strings.HasPrefix(r.s[from:], "(") {
		r.description(r.s[from:])
		return
	}
	if i := strings.Index(r.s[from:], "//"); i >= 0 && i < len("tcps://") {
		from += i + 2
	}
	query := next(r.s, from, len(r.s), "?")
	host := next(r.s, from, query, "/")
	if parts := strings.Split(r.s[from:host], ":"); len(parts) == 3 {
		r.t.Hosts, r.t.Database = []string{parts[0] + ":" + parts[1]}, parts[2]
	} else if host > from {
		r.hosts(from, host)
	}
	if host < query {
		r.t.Database = r.s[host+1 : query]
	}
	if query < len(r.s) {
		r.query(query+1, len(r.s), r.setting)
	}
}

// ezConnect reads user/password@//host:port/service, and the same without // if there is a
// port and a service: checkout/tool@v4 is something else.
func (r *reading) ezConnect() bool {
	at := lastAt(r.s, 0, len(r.s))
	slash := strings.IndexByte(r.s, '/')
	if at < 0 || slash < 1 || slash > at || strings.ContainsAny(r.s[:slash], " \t:@=") {
		return false
	}
	rest := r.s[at+1:]
	short := strings.TrimPrefix(rest, "//")
	host, service, ok := strings.Cut(short, "/")
	if !ok || service == "" || len(short) == len(rest) && !hasPort(host) || !plausible(host) {
		return false
	}
	r.t.Scheme = "oracle"
	r.slashed(0, at)
	r.oracleAddress(at + 1)
	return true
}

// goMySQL reads user:password@net(address)/db?params, and user:password@/db.
func (r *reading) goMySQL() bool {
	at, open := goAddress(r.s)
	if at < 1 || strings.ContainsAny(r.s[:next(r.s, 0, at, ":")], " \t/=,;") {
		return false
	}
	slash := open
	if r.s[open] == '(' {
		closing := next(r.s, open, len(r.s), ")")
		if closing+1 >= len(r.s) || r.s[closing+1] != '/' {
			return false
		}
		if address := r.s[open+1 : closing]; address != "" {
			r.t.Hosts = []string{address}
		}
		slash = closing + 1
	} else if next(r.s, 0, at, ":") == at {
		return false
	}
	r.t.Scheme = "mysql"
	colon := next(r.s, 0, at, ":")
	r.t.User = r.s[:colon]
	if colon < at { // the driver takes it as it is, without percent-decoding
		r.password(r.s[colon+1:at], colon+1, at)
	}
	query := next(r.s, slash, len(r.s), "?")
	r.t.Database = unescape(r.s[slash+1 : query])
	if query < len(r.s) {
		r.query(query+1, len(r.s), r.param)
	}
	return true
}

// goAddress finds the last @ that is followed by net( or by a slash, and that place.
func goAddress(s string) (int, int) {
	at, open := -1, 0
	for i := next(s, 0, len(s), "@"); i < len(s); i = next(s, i+1, len(s), "@") {
		j := i + 1
		for j < len(s) && (s[j] >= 'a' && s[j] <= 'z' || s[j] >= '0' && s[j] <= '9') {
			j++
		}
		if j < len(s) && (s[j] == '(' && j > i+1 || s[j] == '/' && j == i+1) {
			at, open = i, j
		}
	}
	return at, open
}
