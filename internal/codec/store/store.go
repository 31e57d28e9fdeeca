// Package store decodes what applications keep in SQLite databases: the servers of pgAdmin 4,
// the databases of RedisInsight, the connections of Beekeeper Studio, the workspaces of Yaak,
// the accounts of gcloud, the sign-ins that editors built on VS Code hold, and the shell
// history of Atuin.
//
// Sources: the models of pgadmin-org/pgadmin4 (web/pgadmin/model), redis/RedisInsight
// (redisinsight/api, entities), beekeeper-studio/beekeeper-studio (common/appdb/models,
// common/encryption_key) with the simple-encryptor package, mountain-loop/yaak
// (crates/yaak-models/migrations), the Google Cloud SDK (googlecloudsdk/core/credentials/store),
// microsoft/vscode (platform/storage), atuinsh/atuin (atuin-client). What a column is called
// changes little over versions; one that is not there is empty.
package store

import (
	"path"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/sqlitefile"
)

// Decoders are the decoders of this package.
var Decoders = []clientele.Decoder{
	{Name: "pgadmin database", Paths: []string{"pgadmin4.db"}, Binary: true, Decode: reading(pgAdmin)},
	{Name: "redisinsight database", Paths: []string{"redisinsight.db"}, Binary: true, Decode: reading(redisInsight)},
	{Name: "beekeeper database", Paths: []string{"beekeeper-studio*/app.db", "beekeeper_studio_data/app.db"}, Binary: true, Decode: reading(beekeeper)},
	{Name: "yaak database", Paths: []string{"app.yaak.desktop*/db.sqlite"}, Binary: true, Decode: reading(yaak)},
	{Name: "gcloud accounts", Paths: []string{"gcloud/credentials.db", "gcloud/access_tokens.db"}, Binary: true, Decode: reading(gcloud)},
	{Name: "vscode state", Paths: []string{"state.vscdb", "state.vscdb.backup"}, Binary: true, Decode: reading(editorState)},
	{Name: "atuin history", Paths: []string{"atuin/history.db", ".atuin/history.db"}, Binary: true, Decode: reading(atuin)},
}

// database is an open file, and the first fault of reading it.
type database struct {
	clientele.File
	db  *sqlitefile.File
	err error
}

// reading makes a decoder's function of one that reads tables.
func reading(read func(*database) []clientele.Part) func(clientele.File) ([]clientele.Part, error) {
	return func(f clientele.File) ([]clientele.Part, error) {
		if !sqlitefile.Is(f.Data) {
			return nil, nil
		}
		wal, _ := f.Sibling(path.Base(f.Path) + "-wal")
		d := database{File: f}
		if d.db, d.err = sqlitefile.Open(f.Data, wal); d.db == nil {
			return nil, d.err
		}
		parts := read(&d)
		return parts, d.err
	}
}

// rows are the rows of a table, or none if there is no such table.
func (d *database) rows(table string) []sqlitefile.Row {
	if !d.db.Has(table) {
		return nil
	}
	rows, err := d.db.Rows(table)
	if d.err == nil {
		d.err = err
	}
	return rows
}

// field is a column with a credential in it.
type field struct {
	column string
	place  clientele.Place
	role   clientele.Role
	class  clientele.Class
}

// slots makes slots of the columns that are not empty.
func slots(r sqlitefile.Row, principal string, fields ...field) []clientele.Slot {
	var all []clientele.Slot
	for _, f := range fields {
		v := r.Text(f.column)
		if v == "" {
			continue
		}
		s := clientele.Slot{Place: f.place, Role: f.role, Name: f.column, Value: clientele.Secret(v), Class: f.class}
		if f.role.Secret() {
			s.Principal = principal
		} else {
			s.Class = ""
		}
		all = append(all, s)
	}
	return all
}

// address writes what a connection leads to as a URL, without anything secret.
func address(scheme, host, port, database string) clientele.Request {
	url := scheme + "://" + host
	if port != "" && port != "0" {
		url += ":" + port
	}
	if database != "" {
		url += "/" + database
	}
	return clientele.Request{URL: clientele.Secret(url)}
}

// signsIn is the identity of a connection with user name and password.
func signsIn(user string) []clientele.Identity {
	if user == "" {
		return nil
	}
	return []clientele.Identity{{Scheme: "basic", Principal: user}}
}

// tree reads a column that holds JSON. What is no JSON is an empty tree.
func tree(r sqlitefile.Row, column string) *doc.Node {
	text := r.Text(column)
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	n, _ := doc.JSON([]byte(text))
	return n
}

// with is chain with names behind it, in memory of its own.
func with(chain []string, more ...string) []string {
	return append(chain[:len(chain):len(chain)], more...)
}
