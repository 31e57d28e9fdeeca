package browser_test

import (
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
)

var rebuild = flag.Bool("rebuild", false, "make the Firefox profile of the corpus anew")

func TestMain(m *testing.M) {
	flag.Parse()
	if *rebuild {
		for to, script := range firefox {
			if err := build(filepath.Join("testdata/corpus/home/.mozilla/firefox/x1y2z3.default-release", to), script); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

func build(to, script string) error {
	dir, err := os.MkdirTemp("", "firefox")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "x"))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(script); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, "x"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// firefox are the databases of the profile.
var firefox = map[string]string{
	"storage/default/https+++hoppscotch.io/ls/data.sqlite": `
		CREATE TABLE database (origin TEXT NOT NULL, usage INTEGER NOT NULL DEFAULT 0, last_vacuum_time INTEGER NOT NULL DEFAULT 0, last_analyze_time INTEGER NOT NULL DEFAULT 0, last_vacuum_size INTEGER NOT NULL DEFAULT 0);
		CREATE TABLE data (key TEXT PRIMARY KEY, utf16_length INTEGER NOT NULL, conversion_type INTEGER NOT NULL, compression_type INTEGER NOT NULL, last_access_time INTEGER NOT NULL DEFAULT 0, value BLOB NOT NULL);
		INSERT INTO data VALUES ('persistence.v1:environments', 90, 1, 0, 0, '[{"v":1,"name":"Dev","variables":[{"key":"pw","value":"Curlew & Whimbrel","secret":false}]}]'),
			('persistence.v1:globalEnv', 68, 1, 1, 0, x'44d47b227661726961626c6573223a5b7b226b6579223a226170695f746f6b656e222c2276616c7565223a2266665f5475726e73746f6e65190a0c227d5d7d'),
			('theme', 4, 1, 0, 0, 'dark');`,
	"webappsstore.sqlite": `
		CREATE TABLE webappsstore2 (originAttributes TEXT, originKey TEXT, scope TEXT, key TEXT, value TEXT);
		CREATE UNIQUE INDEX origin_key_index ON webappsstore2 (originAttributes, originKey, key);
		INSERT INTO webappsstore2 VALUES ('', 'elpmaxe.nretni.ipa.:https:8443', 'elpmaxe.nretni.ipa.:https:8443', 'authorized', '{"Key":{"name":"Key","schema":{"type":"apiKey","in":"query","name":"api_key"},"value":"wa_Sanderling"}}'),
			('', 'moc.elpmaxe.knab.:https:443', 'moc.elpmaxe.knab.:https:443', 'token', 'private-bank');`,
}
