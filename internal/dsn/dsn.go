// Package dsn takes connection strings and URLs apart.
//
// It knows the ways in which programs are told what to connect to and as whom:
//
//	URLs              postgres://user:pass@host:5432/db?sslmode=require, https, redis, amqp, …
//	JDBC, R2DBC       jdbc:sqlserver://host;user=…;password=…, jdbc:oracle:thin:scott/tiger@…
//	Oracle EZConnect  scott/tiger@//host:1521/service
//	ODBC and .NET     Driver={…};Server=…;Uid=…;Pwd=…
//	Azure             Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…
//	libpq             host=… dbname=… password='…'
//	Go MySQL          user:pass@tcp(host:3306)/db
//	StackExchange     host:6380,password=…,ssl=True
//
// People write passwords into them unescaped, and tools leave references in any place
// ({{name}}, ${NAME}, <%= … %>). So where the strict grammar of a form gives no sensible
// host, the reading that does is taken, and what stands in a reference separates nothing.
//
// It also says what of a URL may be shown, and how an Authorization header signs in.
//
// Sources: RFC 3986; the drivers' manuals (pgjdbc, Connector/J, mssql-jdbc, Oracle's JDBC
// guide, Db2, Snowflake, Databricks); libpq "Connection Strings"; .NET
// DbConnectionStringBuilder; go-sql-driver/mysql; the Azure SDKs.
package dsn

import (
	"strings"

	"github.com/clientele/clientele"
)

// Target is what a connection string says.
type Target struct {
	// Scheme is the URL's in lower case ("postgres", "mongodb+srv"), JDBC's database
	// ("sqlserver"), or "odbc", "ado" and "azure" for strings that name none.
	Scheme string
	User   string // account and key names of Azure included
	// Password is decoded. HasPassword tells an empty password from none.
	Password    clientele.Plaintext
	HasPassword bool
	Hosts       []string // host or host:port, as written, references kept
	Database    string
	Path        string // of a URL, as written
	// Params are the remaining pairs in order, decoded: a URL's query, then its fragment. A
	// key of Azure's is one of them, as it is no password.
	Params []Param
	// Masked is the string with the password and each parameter that is secret by its name
	// replaced by "***". Where the password stands elsewhere in it too it is replaced there
	// as well, unless it is three bytes or shorter.
	Masked string
}

// Param is one pair of a query or a list of settings.
type Param struct {
	Name  string
	Value clientele.Plaintext
}

// maxLen bounds what is taken for a connection string.
const maxLen = 64 << 10

// Parse takes s apart. It answers false for text that is no connection string.
func Parse(s string) (Target, bool) { return parse(s, 0) }

func parse(s string, depth int) (Target, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > maxLen || strings.ContainsAny(s, "\x00\n\r") {
		return Target{}, false
	}
	for _, form := range forms() {
		r := reading{s: s, depth: depth}
		if form(&r) {
			return r.target(), true
		}
	}
	return Target{}, false
}

// forms are tried in order; the narrow ones come first.
func forms() [7]func(*reading) bool {
	return [...]func(*reading) bool{
		(*reading).jdbc,
		(*reading).url,
		(*reading).goMySQL,
		(*reading).settings,
		(*reading).keywords,
		(*reading).redisList,
		(*reading).ezConnect,
	}
}

// reading is the state of one attempt at a string.
type reading struct {
	s     string
	depth int // how many strings this one is nested in
	t     Target
	ports []string // given apart from the hosts
	spans []span   // of s, to be masked
}

type span struct{ from, to int }

// target completes what was read.
func (r *reading) target() Target {
	for i, h := range r.t.Hosts {
		if len(r.ports) == 0 || hasPort(h) {
			continue
		}
		port := r.ports[0]
		if i < len(r.ports) {
			port = r.ports[i]
		}
		r.t.Hosts[i] = h + ":" + port
	}
	r.t.Masked = r.masked()
	return r.t
}

// password takes the bytes from from to to for the password; decoded is what they mean.
func (r *reading) password(decoded string, from, to int) {
	r.t.Password, r.t.HasPassword = clientele.Secret(decoded), true
	r.mask(from, to)
}

// param keeps a pair.
func (r *reading) param(p pair) {
	r.t.Params = append(r.t.Params, Param{Name: p.name, Value: clientele.Secret(p.value)})
	if SecretName(p.name) || r.nests(p.value) {
		r.mask(p.from, p.to)
	}
}

// nests reports whether a value is a connection string with a password in it.
func (r *reading) nests(value string) bool {
	if r.depth > 1 || !strings.ContainsAny(value, ":;") {
		return false
	}
	t, ok := parse(value, r.depth+1)
	if !ok || t.HasPassword {
		return ok
	}
	for _, p := range t.Params {
		if SecretName(p.Name) {
			return true
		}
	}
	return false
}
