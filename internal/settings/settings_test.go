package settings_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/settings"
	"github.com/google/go-cmp/cmp"
)

const canary = "Hx7-canary-99"

type webhook struct {
	URL   string          `yaml:"url" doc:"where to post"`
	Key   settings.Secret `yaml:"key" doc:"what signs the posts"`
	Retry time.Duration   `yaml:"retry"`
}

type common struct {
	Name string `yaml:"name" doc:"how this server calls itself"`
}

type config struct {
	common   `yaml:",inline"`
	Database struct {
		URL     string        `yaml:"url" doc:"where the data lives"`
		Keep    time.Duration `yaml:"keep" doc:"how long activity is kept"`
		MaxBody settings.Size `yaml:"max_body" doc:"largest request"`
		Pool    struct {
			Size uint8 `yaml:"size"`
		} `yaml:"pool"`
	} `yaml:"database"`
	Log struct {
		Level slog.Level `yaml:"level" doc:"lowest level that is written"`
	} `yaml:"log"`
	OIDC struct {
		Secret  clientele.Plaintext `yaml:"client_secret" doc:"as the provider gave it"`
		Domains []string            `yaml:"allowed_domains"`
	} `yaml:"oidc"`
	Key      settings.Secret   `yaml:"key"`
	Ratio    float64           `yaml:"ratio"`
	Open     bool              `yaml:"open"`
	Delta    int               `yaml:"delta"`
	Webhooks []webhook         `yaml:"webhooks"`
	Labels   map[string]string `yaml:"labels"`
	Now      func() time.Time  `yaml:"-"`
	private  int
}

func defaults() *config {
	c := &config{private: 1}
	c.Name, c.Ratio = "clientele", 0.5
	c.Database.URL, c.Database.Keep, c.Database.MaxBody = "sqlite:data", 90*24*time.Hour, 10<<20
	c.OIDC.Domains = []string{"example.com"}
	return c
}

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
	return file
}

// problems are the messages of an error with their hints, without folders.
func problems(err error) []string {
	var all []string
	for _, p := range settings.Problems(err) {
		all = append(all, regexp.MustCompile(`/\S*/`).ReplaceAllString(p.Msg+" | "+p.Hint, ""))
	}
	return all
}

func TestFileThenEnvironmentThenFlags(t *testing.T) {
	key := write(t, "root", canary+"\r\n", 0o400)
	file := write(t, "clientele.yaml", `
# a comment
name: from file
database:
  url: "postgres://db/x"
  keep: 1w
  max_body: 64KiB
  pool: {size: 7}
log: {level: warn}
key: file:`+key+`
oidc:
  client_secret: env:IDP
  allowed_domains: [a.example, b.example]
ratio: 1e-2
delta: -3
open: true
webhooks:
  - url: https://one.example
    retry: 1d12h
    key: env:HOOK
  - {url: https://two.example}
labels:
  team: platform
  level: 007
`, 0o644)
	env := []string{"CLIENTELE_DATABASE_KEEP=2d", "CLIENTELE_NAME=from env", "CLIENTELE_DATABASE_POOL_SIZE=9",
		"CLIENTELE_OPEN=", "CLIENTELE_NOT_OURS=1", "IDP=" + canary, "HOOK=hook"}
	c := defaults()
	err := settings.Load(c, file, env, map[string]string{"name": "from flag", "oidc.allowed_domains": "c.example, d.example"})
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Name = "from flag"
	want.Database.URL, want.Database.Keep, want.Database.MaxBody, want.Database.Pool.Size = "postgres://db/x", 48*time.Hour, 64<<10, 9
	want.Log.Level, want.Ratio, want.Delta, want.Open = slog.LevelWarn, 0.01, -3, true
	want.OIDC.Secret, want.OIDC.Domains = clientele.Secret(canary), []string{"c.example", "d.example"}
	want.Key = settings.Secret{Ref: "file:" + key, Value: clientele.Secret(canary)}
	want.Webhooks = []webhook{
		{URL: "https://one.example", Retry: 36 * time.Hour, Key: settings.Secret{Ref: "env:HOOK", Value: clientele.Secret("hook")}},
		{URL: "https://two.example"},
	}
	want.Labels = map[string]string{"team": "platform", "level": "007"}
	if d := cmp.Diff(want, c, cmp.AllowUnexported(config{}, clientele.Plaintext{}), cmp.Exporter(nil)); d != "" {
		t.Error(d)
	}
}

func TestWithoutASourceTheDefaultsHold(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "database:\nname:\noidc: ~\n"} {
		c := defaults()
		if err := settings.Load(c, write(t, "c.yaml", text, 0o644), nil, nil); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if d := cmp.Diff(defaults(), c, cmp.AllowUnexported(config{}, clientele.Plaintext{})); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	file := write(t, "clientele.yaml", `databse:
  url: x
database:
  ulr: y
  keep: 90
  pool: 5
  pool.size: 5
  max_body: 10M
log:
  level: loud
ratio: .nan
open: yes
delta: [1]
oidc:
  allowed_domains: example.com
  clientsecret: z
webhooks:
  - url: u
    retyr: 5s
  - {retry: soon}
labels: 3
name: !!str n
level: warn
zzz: 1
`, 0o644)
	env := []string{"CLIENTELE_DATABASE_POOL_SIZE=300", "CLIENTELE_KEY=" + canary}
	err := settings.Load(defaults(), file, env, map[string]string{"nmae": "x", "labels": "a=b"})
	want := []string{
		`databse (clientele.yaml line 1) is no setting | did you mean database?`,
		`database.ulr (clientele.yaml line 4) is no setting | did you mean database.url?`,
		`database.pool (clientele.yaml line 6) is a section and cannot have a value | write its settings below it, indented`,
		`database.pool.size (clientele.yaml line 7) has a dot in its name | write each section on a line of its own, with what is in it indented below`,
		`oidc.clientsecret (clientele.yaml line 16) is no setting | did you mean oidc.client_secret?`,
		`level (clientele.yaml line 23) is no setting | did you mean log.level?`,
		`zzz (clientele.yaml line 24) is no setting | clientele config lists the settings`,
		`labels (flag) does not fit on one line | set it in the file`,
		`nmae (flag) is no setting | did you mean name?`,
		`name (clientele.yaml line 22) uses a tag, an anchor or an alias, which are not read here | write the value itself`,
		`database.keep (clientele.yaml line 5) is not valid: "90" is no duration | write a number and a unit: 30s, 15m, 8h, 90d, 2w`,
		`database.max_body (clientele.yaml line 8) is not valid: "10M" is no size | write a whole number and a unit: 64KiB, 10MiB, 1GiB`,
		`database.pool.size (CLIENTELE_DATABASE_POOL_SIZE) is "300" and not a whole number, 0 or more that fits | write a whole number, 0 or more, in digits`,
		`log.level (clientele.yaml line 10) is not valid: slog: level string "loud": unknown name | `,
		`oidc.allowed_domains (clientele.yaml line 15) is a list | write [a, b], or one item a line after a dash`,
		`key (CLIENTELE_KEY) holds something other than a reference to a secret | write env:NAME for an environment variable, or file:/path for a file that only its owner may read (chmod 600)`,
		`ratio (clientele.yaml line 11) is ".nan" and not a number that fits | write a number, in digits`,
		`open (clientele.yaml line 12) is "yes" | write true or false`,
		`delta (clientele.yaml line 13) takes one value | `,
		`webhooks[1].retyr (clientele.yaml line 19) is no setting | did you mean webhooks[1].retry?`,
		`webhooks[2].retry (clientele.yaml line 20) is not valid: "soon" is no duration | write a number and a unit: 30s, 15m, 8h, 90d, 2w`,
		`labels (clientele.yaml line 21) is a table | write name: value`,
	}
	if d := cmp.Diff(want, problems(err)); d != "" {
		t.Error(d)
	}
	if clientele.KindOf(err) != clientele.Invalid || strings.Contains(err.Error(), canary) {
		t.Error(err)
	}
}

func TestALiteralSecretIsRefusedAndNotRepeated(t *testing.T) {
	for _, text := range []string{
		canary, `"` + canary + `"`, "12345678" + canary, "|\n  " + canary, "env:" + canary, "env: " + canary, "file:" + canary,
		"[" + canary + "]", "{a: " + canary + "}", "!!str " + canary, "&a " + canary, "ENV:" + canary, "vault:" + canary,
		"\n  client: " + canary, "'" + canary, "{" + canary, canary + ": : b: " + canary, "\"\\" + canary + "\"", "@" + canary, "`" + canary,
	} {
		file := write(t, "c.yaml", "key: "+text+"\n", 0o600)
		err := settings.Load(defaults(), file, nil, nil)
		if err == nil || strings.Contains(err.Error()+strings.Join(problems(err), ""), canary) {
			t.Errorf("%q: %v %q", text, err, problems(err))
		}
	}
	err := settings.Load(defaults(), "", nil, map[string]string{"key": canary})
	if err == nil || strings.Contains(strings.Join(problems(err), ""), canary) {
		t.Errorf("%v", err)
	}
}

func TestSecretFilesAreHeldToTheirMode(t *testing.T) {
	for mode, good := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o660: false, 0o644: false, 0o620: false} {
		c := defaults()
		err := settings.Load(c, "", []string{"CLIENTELE_KEY=file:" + write(t, "k", canary, mode)}, nil)
		if good != (err == nil) {
			t.Errorf("%o: %v", mode, err)
		}
		if p := strings.Join(problems(err), ""); !good && !strings.Contains(p, "chmod 600 k") {
			t.Errorf("%o: no remedy in %s", mode, p)
		}
	}
}

func TestSecretFilesAreReadWithinLimits(t *testing.T) {
	cases := []struct{ text, want string }{
		{"s\n", "s"}, {"s\r\n", "s"}, {"s\n\n", "s\n"}, {" s ", " s "}, {"", ""}, {"\n", ""},
		{strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10)}, {strings.Repeat("x", 64<<10+1), ""},
	}
	for _, c := range cases {
		cfg := defaults()
		err := settings.Load(cfg, "", []string{"CLIENTELE_KEY=file:" + write(t, "k", c.text, 0o600)}, nil)
		if got := cfg.Key.Value.Reveal(); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%.10q (%d bytes): %.10q %v", c.text, len(c.text), got, err)
		}
	}
	dir := t.TempDir()
	for _, ref := range []string{"env:UNSET", "file:" + dir, "file:" + dir + "/none", "file:relative", "file:", "env:"} {
		if err := settings.Load(defaults(), "", []string{"CLIENTELE_KEY=" + ref}, nil); len(settings.Problems(err)) != 1 {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestAnOverriddenReferenceNeedNotResolve(t *testing.T) {
	file := write(t, "c.yaml", "key: env:GONE\n", 0o600)
	c := defaults()
	if err := settings.Load(c, file, []string{"CLIENTELE_KEY=env:HERE", "HERE=" + canary}, nil); err != nil || c.Key.Value.Reveal() != canary {
		t.Error(err)
	}
}

func TestFilesThatAreNoSettingsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"syntax": "a: [1", "list": "- a\n", "scalar": "x\n", "two": "name: a\n---\nname: b\n", "twice": "name: a\nname: b\n",
		"merge": "database: {<<: {url: x}}\n", "alias": "name: &n a\nkey: *n\n", "large": "name: " + strings.Repeat("x", 64<<10) + "\n",
		"number as a name": "1: x\n", "control": "name: \x00\n?",
	} {
		err := settings.Load(defaults(), write(t, "c.yaml", text, 0o644), nil, nil)
		if len(settings.Problems(err)) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := settings.Load(defaults(), filepath.Join(t.TempDir(), "none.yaml"), nil, nil)
	if clientele.KindOf(err) != clientele.NotFound || !strings.Contains(err.Error(), "none.yaml") {
		t.Error(err)
	}
	if err := settings.Load(defaults(), t.TempDir(), nil, nil); clientele.KindOf(err) != clientele.Invalid {
		t.Error(err)
	}
}

func TestDescribeNamesEverySetting(t *testing.T) {
	got := map[string]settings.Field{}
	for _, f := range settings.Describe(defaults()) {
		got[f.Key] = f
	}
	for _, want := range []settings.Field{
		{Key: "name", Env: "CLIENTELE_NAME", Type: "text", Doc: "how this server calls itself", Default: `"clientele"`},
		{Key: "database.keep", Env: "CLIENTELE_DATABASE_KEEP", Type: "duration", Doc: "how long activity is kept", Default: "90d"},
		{Key: "database.max_body", Env: "CLIENTELE_DATABASE_MAX_BODY", Type: "size", Doc: "largest request", Default: "10MiB"},
		{Key: "database.pool.size", Env: "CLIENTELE_DATABASE_POOL_SIZE", Type: "whole number", Default: "0"},
		{Key: "log.level", Env: "CLIENTELE_LOG_LEVEL", Type: "text", Doc: "lowest level that is written", Default: `"INFO"`},
		{Key: "oidc.client_secret", Env: "CLIENTELE_OIDC_CLIENT_SECRET", Type: "secret", Doc: "as the provider gave it"},
		{Key: "oidc.allowed_domains", Env: "CLIENTELE_OIDC_ALLOWED_DOMAINS", Type: "list", Default: `["example.com"]`},
		{Key: "webhooks", Type: "list", Default: "[]"},
		{Key: "labels", Type: "table", Default: "{}"},
		{Key: "ratio", Env: "CLIENTELE_RATIO", Type: "number", Default: "0.5"},
		{Key: "open", Env: "CLIENTELE_OPEN", Type: "yes or no", Default: "false"},
	} {
		if got[want.Key] != want {
			t.Errorf("%+v, want %+v", got[want.Key], want)
		}
	}
	if len(got) != 14 {
		t.Errorf("%d settings", len(got))
	}
}

func TestTheTemplateChangesNothingAndItsCommentsAreTheDefaults(t *testing.T) {
	var b bytes.Buffer
	if err := settings.Template(&b, defaults()); err != nil {
		t.Fatal(err)
	}
	bare := regexp.MustCompile(`(?m)^( *)# ([a-z_]+: )`).ReplaceAllString(b.String(), "$1$2")
	if strings.Count(bare, "env:NAME") != 2 {
		t.Errorf("secrets are not shown as references:\n%s", bare)
	}
	for _, text := range []string{b.String(), bare} {
		c := defaults()
		*c = config{private: 1}
		want := defaults()
		if text == bare {
			want.Webhooks, want.Labels = []webhook{}, map[string]string{}
			want.Key = settings.Secret{Ref: "env:NAME", Value: clientele.Secret("v")}
			want.OIDC.Secret = clientele.Secret("v")
		} else {
			want = &config{private: 1}
		}
		if err := settings.Load(c, write(t, "c.yaml", text, 0o644), []string{"NAME=v"}, nil); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(want, c, cmp.AllowUnexported(config{}, clientele.Plaintext{})); d != "" {
			t.Errorf("%s\n%s", d, text)
		}
	}
}

func TestStructsThatCannotBeFilledPanic(t *testing.T) {
	for name, dst := range map[string]any{
		"no pointer": config{},
		"no tag":     &struct{ A string }{},
		"a pointer": &struct {
			A *string `yaml:"a"`
		}{},
		"a channel in a list": &struct {
			A []chan int `yaml:"a"`
		}{},
		"one variable for two": &struct {
			A string `yaml:"a_b"`
			B struct {
				B string `yaml:"b"`
			} `yaml:"a"`
		}{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			settings.Describe(dst)
		}()
	}
}
