package settings_test

import (
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/settings"
)

func TestSuite(t *testing.T) { codectest.Run(t, settings.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, settings.Decoders) }

func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, settings.Decoders, path, text)
}

// slots are the values of the parts by their names.
func slots(parts []clientele.Part) map[string]clientele.Slot {
	all := map[string]clientele.Slot{}
	for _, p := range parts {
		for _, s := range p.Slots {
			all[s.Name] = s
		}
	}
	return all
}

// Each line of a program is one way to write the same: a value, or where it comes from.
func TestProgramsAreReadByTheirLiterals(t *testing.T) {
	for _, c := range []struct {
		path, text, name, value string
		class                   clientele.Class
	}{
		{"app/build.gradle", `storePassword "a b"`, "storePassword", "a b", ""},
		{"app/build.gradle", `storePassword = 'a b'`, "storePassword", "a b", ""},
		{"app/build.gradle", `storePassword("a b")`, "storePassword", "a b", ""},
		{"app/build.gradle", `storePassword props['pw']`, "storePassword", "props.pw", clientele.Reference},
		{"app/build.gradle", `storePassword "$pw"`, "storePassword", "${pw}", ""},
		{"app/build.gradle", `def password = System.getenv('PW') ?: 'a b'`, "password", "a b", ""},
		{"app/build.gradle", `ext.set("apiKey", "a b")`, "apiKey", "a b", ""},
		{"app/build.gradle", `buildConfigField "String", "API_KEY", "\"a b\""`, "API_KEY", "a b", ""},
		{"app/build.gradle", `buildConfigField "String", "API_KEY", API_KEY`, "API_KEY", "API_KEY", clientele.Reference},
		{"app/build.gradle.kts", `val password: String? = findProperty("pw") as String? ?: "a b"`, "password", "a b", ""},
		{"app/build.gradle.kts", `extra["secretKey"] = "a b"`, "secretKey", "a b", ""},
		{"x/settings.py", "if DEBUG:\n    SECRET_KEY = 'a b'", "SECRET_KEY", "a b", ""},
		{"x/settings.py", `SECRET_KEY = os.environ.get('KEY', 'a b')`, "SECRET_KEY", "a b", ""},
		{"x/settings.py", `SECRET_KEY = os.environ["KEY"]`, "SECRET_KEY", "os.environ KEY", clientele.Reference},
		{"x/settings.py", `SECRET_KEY = config("KEY", default="a b")`, "SECRET_KEY", "a b", ""},
		{"x/settings.py", `DATABASES = {'default': dict(PASSWORD='a b')}`, "PASSWORD", "a b", ""},
		{"x/settings.py", `DATABASES['default']['PASSWORD'] = 'a' 'b'`, "PASSWORD", "ab", ""},
		{"wp-config.php", `<?php define("DB_PASSWORD", "a b");`, "DB_PASSWORD", "a b", ""},
		{"wp-config.php", `<?php define('DB_PASSWORD', getenv('PW'));`, "DB_PASSWORD", "getenv PW", clientele.Reference},
		{"knexfile.js", `module.exports = {connection: {password: process.env.PW || 'a b'}}`, "password", "a b", ""},
		{"knexfile.js", `exports.x = {connection: () => ({password: 'a b'})}`, "password", "a b", ""},
		{".teamcity/settings.kts", `password("env.SECRET", "credentialsJSON:1", display = HIDDEN)`, "env.SECRET", "credentialsJSON:1", clientele.Reference},
	} {
		s, ok := slots(decode(t, c.path, c.text))[c.name]
		if !ok || s.Value.Reveal() != c.value || s.Class != c.class {
			t.Errorf("%s: %s: %s is %q, class %q, want %q, class %q", c.path, c.text, c.name, s.Value.Reveal(), s.Class, c.value, c.class)
		}
	}
}

func TestShortFormsOfTemplatesAreReferences(t *testing.T) {
	got := slots(decode(t, "x.cfn.yaml", "Resources:\n  A:\n    Properties:\n      Password: !Ref Pw\n      AuthToken: !GetAtt S.Token\n      ApiSecret: Pw\n"))
	for name, class := range map[string]clientele.Class{"Password": clientele.Reference, "AuthToken": clientele.Reference, "ApiSecret": ""} {
		if s := got[name]; s.Class != class || s.Value.Empty() {
			t.Errorf("%s has class %q, want %q", name, s.Class, class)
		}
	}
}

func TestHiddenParametersAreMarked(t *testing.T) {
	got := slots(decode(t, "x.cfn.yaml", "Parameters:\n  A: {Type: String, NoEcho: true, Default: x}\n  B: {Type: String, Default: y}\nResources: {}\n"))
	if !got["A"].Marked || got["B"].Marked {
		t.Errorf("marked: A %v, B %v", got["A"].Marked, got["B"].Marked)
	}
}

// A secret belongs to the login whose name begins as its own does, and to no other.
func TestLoginsArePairedByPrefix(t *testing.T) {
	got := slots(decode(t, "db/liquibase.properties", "username=main\npassword=a\nreferenceUsername=ref\nreferencePassword=b\n"))
	if p := got["password"].Principal; p != "main" {
		t.Errorf("password belongs to %q", p)
	}
	if p := got["referencePassword"].Principal; p != "ref" {
		t.Errorf("referencePassword belongs to %q", p)
	}
	got = slots(decode(t, "x/settings.py", "EMAIL_HOST_USER='u'\nEMAIL_HOST_PASSWORD='p'\nSECRET_KEY='k'\n"))
	if got["EMAIL_HOST_PASSWORD"].Principal != "u" || got["SECRET_KEY"].Principal != "" {
		t.Errorf("%q and %q", got["EMAIL_HOST_PASSWORD"].Principal, got["SECRET_KEY"].Principal)
	}
}

func TestFilesWithoutCredentialsSayNothing(t *testing.T) {
	for path, text := range map[string]string{
		"chart/values.yaml":   "replicas: 2\nimage: {repository: nginx, tag: \"1\"}\nurl: https://northwind.io\n",
		"etc/hosts":           "127.0.0.1 localhost\n::1 ip6-localhost # no token, no password\n",
		"app/build.gradle":    "apply plugin: 'java'\n// password\ndependencies { implementation 'a:b:1' }\n",
		"netlify.toml":        "[build]\ncommand = \"make\"\n",
		"README.md":           "# Templates\nThey begin with AWSTemplateFormatVersion.\n",
		"config/config.json":  `{"development": {"password": "x"}}`,
		"group_vars/all.yml":  "app_port: 80\n",
		"fly.toml":            "app = \"x\"\n[env]\nPORT = \"80\"\n",
		"x/settings.py":       "# SECRET_KEY\nDEBUG = True\n",
		"k/kustomization.yml": "resources: [a.yml]\n",
	} {
		if parts := decode(t, path, text); len(parts) != 0 {
			t.Errorf("%s: %d parts", path, len(parts))
		}
	}
}

func TestWholeVaultIsEncrypted(t *testing.T) {
	p := codectest.One(t, decode(t, "group_vars/prod/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n6364\n"))
	if len(p.Slots) != 1 || p.Slots[0].Class != clientele.Encrypted {
		t.Errorf("%d slots, the first of class %q", len(p.Slots), p.Slots[0].Class)
	}
}

func TestEachConnectionIsAClient(t *testing.T) {
	for path, text := range map[string]string{
		".vscode/sftp.json":  `[{"name":"a","host":"h","password":"x"},{"name":"b","host":"h","password":"y"}]`,
		"servers.json":       `{"Servers":{"1":{"Name":"a","Host":"h","Password":"x"},"2":{"Name":"b","Host":"h","Password":"y"}}}`,
		".msmtprc":           "account a\nhost h\npassword x\naccount b\nhost h\npassword y\n",
		".edgerc":            "[a]\nclient_secret=x\n[b]\nclient_secret=y\n",
		"config/config.json": `{"a":{"dialect":"mysql","password":"x"},"b":{"dialect":"mysql","password":"y"}}`,
		"hosts.ini":          "a ansible_password=x\nb ansible_password=y\n",
	} {
		parts := decode(t, path, text)
		if len(parts) != 2 || parts[0].Bind.Key != "a" || parts[1].Bind.Key != "b" {
			t.Errorf("%s: %d parts", path, len(parts))
		}
	}
}

func TestCookiesOfAJarWereRecordedAndEnd(t *testing.T) {
	p := codectest.One(t, decode(t, "jar", "# Netscape HTTP Cookie File\n#HttpOnly_.northwind.io\tTRUE\t/\tTRUE\t1900000000\tsid\tabc\n"))
	s := p.Slots[0]
	if !s.Recorded || s.Host != "northwind.io" || !s.ExpiresAt.Equal(time.Unix(1900000000, 0)) || s.Line != 2 {
		t.Errorf("recorded %v, host %q, ends %v, line %d", s.Recorded, s.Host, s.ExpiresAt, s.Line)
	}
}
