package datastore_test

import (
	"encoding/hex"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/datastore"
)

func TestSuite(t *testing.T) { codectest.Run(t, datastore.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, datastore.Decoders) }

// decode runs the decoder that claims the path.
func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, datastore.Decoders, path, text)
}

// passwords are the secrets of the parts, with their classes.
func passwords(parts []clientele.Part) []string {
	var all []string
	for _, p := range parts {
		for _, s := range p.Slots {
			if s.Role.Secret() {
				all = append(all, string(s.Class)+":"+s.Value.Reveal())
			}
		}
	}
	return all
}

// TestPublishedKeys holds the undoing of obfuscation against values that were not made here:
// by openssl, or by hand from the description of the format.
func TestPublishedKeys(t *testing.T) {
	login, err := hex.DecodeString("00000000" + "0102030405060708090a0b0c0d0e0f1011121314" +
		"10000000" + "f2d64a89a933cff9946fa9196b944127" +
		"20000000" + "3da0777c8b98bdb52170f75d21dd18dd3547e3b14eb89548e5dcef3e9872e25f")
	if err != nil {
		t.Fatal(err)
	}
	dbvis := `<DbVisualizer><Databases><Database id="1"><Alias>a</Alias><Password>xfFozs93JX8kFkPFXrIrWg==</Password></Database></Databases></DbVisualizer>`
	for _, c := range []struct{ path, data, want string }{
		{".mylogin.cnf", string(login), "obfuscated:vector"},
		{"portable_settings.txt", `Servers\a\Host<|||>1<|||>h` + "\n" + `Servers\a\Password<|||>1<|||>757272773`, "obfuscated:root"},
		{"dbvis.xml", dbvis, "obfuscated:openssl dbvis"},
	} {
		if got := passwords(decode(t, c.path, c.data)); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q", c.path, got, c.want)
		}
	}
}

func TestMasterPasswordStaysSealed(t *testing.T) {
	data := `<DbVisualizer><Databases><Database id="1"><Password>AAECAwQFBgcICQoLDA0ODw==</Password></Database></Databases></DbVisualizer>`
	if got := passwords(decode(t, "dbvis.xml", data)); len(got) != 1 || got[0] != "encrypted:AAECAwQFBgcICQoLDA0ODw==" {
		t.Errorf("got %q", got)
	}
}

func TestOverriddenPasswordIsDormant(t *testing.T) {
	parts := decode(t, "config/database.yml", `
default: &default
  adapter: mysql2
  username: base
  password: inherited-pw
production:
  <<: *default
  username: own
  password: own-pw
`)
	if len(parts) != 1 {
		t.Fatalf("got %d parts, want production only", len(parts))
	}
	for _, s := range parts[0].Slots {
		if old := s.Value.Reveal() == "inherited-pw"; s.Role == clientele.Password && s.Dormant != old {
			t.Errorf("%q is dormant: %v", s.Value.Reveal(), s.Dormant)
		}
	}
	if id := parts[0].Identities; len(id) != 1 || id[0].Principal != "own" {
		t.Errorf("the identity is %v", id)
	}
}

func TestServersOwnGroupsAreNoClients(t *testing.T) {
	if parts := decode(t, "my.cnf", "[mysqld]\nuser=mysql\ndatadir=/x\n"); parts != nil {
		t.Errorf("got %d parts", len(parts))
	}
	if got := passwords(decode(t, "my.cnf", "[mysqld]\nwsrep_sst_auth=sst:pw:1\n")); len(got) != 1 || got[0] != ":pw:1" {
		t.Errorf("got %q", got)
	}
}

func TestOtherToolsFilesAreLeft(t *testing.T) {
	for path, data := range map[string]string{
		"profiles.yml":       "local:\n  memory: 4\n",
		"connections.json":   `{"connections":["a","b"]}`,
		"database.yml":       "servers:\n  - a\n",
		"client.properties":  "color=blue\n",
		"connections.xml":    "<rail><connection from='a' to='b'/></rail>",
		"Favorites.plist":    "<plist><dict/></plist>",
		"settings.json":      `{"editor.tabSize": 2}`,
		"Connections.plist":  "bplist00",
		"connections.toml":   "[network]\nretries = 3\n",
		"snowflake/x.toml":   "",
		".influxdbv2/config": "",
	} {
		if parts := decode(t, path, data); parts != nil {
			t.Errorf("%s gives %d parts", path, len(parts))
		}
	}
}
