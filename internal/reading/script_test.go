package reading_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/reading"
)

func TestAssignments(t *testing.T) {
	for text, want := range map[string]string{
		`password = "x1"`:                      "password=x1@0",
		`const apiKey='k1', other = "v"`:       "apiKey=k1@0 other=v@0",
		"\n\n{\"token\": \"t1\"}":              "token=t1@2",
		`pm.environment.set("token", "t1");`:   "token=t1@0",
		`env["key"] = "v1"`:                    "key=v1@0",
		`headers['X-Api-Key'] = 'v1'`:          "X-Api-Key=v1@0",
		`{name: "password", value: "v1"}`:      "name=password@0 password=v1@0",
		`CREATE USER x IDENTIFIED BY 'v1'`:     "password=v1@0",
		`ALTER ROLE x PASSWORD 'v1'`:           "PASSWORD=v1@0",
		`a = "with \" quote"`:                  `a=with \" quote@0`,
		`a + "b"`:                              "",
		`a = "open`:                            "",
		"a = 'it\nb = 'x'":                     "b=x@1",
		`"`:                                    "",
		`= "x"`:                                "",
		strings.Repeat("n", 101) + ` = "x"`:    "",
		`token := "v1"; x => "v2"; y === 'v3'`: "token=v1@0 x=v2@0 y=v3@0",
		`X-Api-Key: "v1"`:                      "X-Api-Key=v1@0",
		"ключ = \"v1\"":                        "",
		`data-token="v1"`:                      "data-token=v1@0",
	} {
		var got []string
		reading.Assignments(text, func(name, value string, line int) { got = append(got, fmt.Sprintf("%s=%s@%d", name, value, line)) })
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: got %q, want %q", text, s, want)
		}
	}
}

func TestPairsIn(t *testing.T) {
	for line, want := range map[string]string{
		"password=x1":                       "password=x1",
		"password: x1 y":                    "password=x1 y",
		"a=1 b=2;c=3":                       "a=1 b=2 c=3",
		"use token=abc, please":             "token=abc",
		"https://x.acme.io/?a=1&b=2":        "a=1 b=2",
		"X-Api-Key: k1.":                    "X-Api-Key=k1",
		`a="quoted"`:                        "",
		"a=":                                "",
		"=x":                                "",
		"::":                                "",
		"note: one two three four five six": "",
		strings.Repeat("=", 10_000):         "",
		"a==b":                              "a=b",
		"time 12:30":                        "12=30",
	} {
		var got []string
		for _, p := range reading.PairsIn(line) {
			got = append(got, p.Name+"="+p.Value)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: got %q, want %q", line[:min(len(line), 60)], s, want)
		}
	}
}

func TestSignIn(t *testing.T) {
	for line, want := range map[string]string{
		"login: ada / s3cret!":       "ada s3cret!",
		"Login ada / s3cret9, then":  "ada s3cret9",
		"Zugang: ada / geheim-1":     "ada geheim-1",
		"credentials: ada / s3cret9": "ada s3cret9",
		"login: ada / secret":        "", // letters only: a word
		"login: ada / s3c":           "",
		"login: ada s3cret9":         "",
		"read/write login":           "",
		"İ login: ada / s3cret9":     "ada s3cret9",
	} {
		user, password, ok := reading.SignIn(line)
		if got := strings.TrimSpace(user + " " + password); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", line, got, ok)
		}
	}
}

func TestAddressesIn(t *testing.T) {
	for text, want := range map[string]string{
		"see https://u:p@h/x.":                   "https://u:p@h/x@0",
		"a\nb (postgres://u:p@h/d), x":           "postgres://u:p@h/d@1",
		"https://h/x?a=1 and\nhttps://h/y?b=2":   "https://h/x?a=1@0 https://h/y?b=2@1",
		"https://h/plain":                        "",
		"://u@h":                                 "",
		"git+ssh://u@h/x":                        "git+ssh://u@h/x@0",
		"'https://h/?k=v'\n\n\"https://h/?k=w\"": "https://h/?k=v@0 https://h/?k=w@2",
	} {
		if got := shown(reading.AddressesIn(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCommandsIn(t *testing.T) {
	for text, want := range map[string]string{
		"run:\n  $ curl -u a:b h\nthen":   "curl -u a:b h@1",
		"curl \\\n  -u a:b \\\n  h\nnext": "curl \\\n  -u a:b \\\n  h@0",
		"> psql postgres://h":             "psql postgres://h@0",
		"curling":                         "",
		"use curl -u a:b":                 "",
		"<command>curl h</command> x":     "curl h@0",
		"curl \\":                         "curl \\@0",
		"export A=1\nexport B=2":          "export A=1@0 export B=2@1",
	} {
		if got := shown(reading.CommandsIn(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func shown(list []reading.Snippet) string {
	var all []string
	for _, s := range list {
		all = append(all, fmt.Sprintf("%s@%d", s.Text, s.Line))
	}
	return strings.Join(all, " ")
}

func jwt(header, claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(claims)) + "." + enc([]byte("signature"))
}

func TestIsJWT(t *testing.T) {
	good := jwt(`{"alg":"HS256"}`, `{"sub":"ada"}`)
	for v, want := range map[string]bool{
		good: true, good + ".x": false, good[1:]: false, "eyJ.eyJ.x": false, "eyJhbGciOiJub25lIn0..": true, jwt(`not json`, `{}`): false, "": false, "..": false, "eyJ" + strings.Repeat("a", 40<<10) + "..": false,
	} {
		if got := reading.IsJWT(v); got != want {
			t.Errorf("%.60q: %v", v, got)
		}
	}
}

// What a token says of itself is taken over, whatever else it says.
// Each reader of free text is done in time in proportion to the text, which these are made
// to prevent: as much as fits a file must not take minutes.
func TestReadersOfTextTakeTheirTimeOnce(t *testing.T) {
	const size = 8 << 20
	for name, unit := range map[string]string{
		"escapes in open strings": `"\`, "open quotes": "'\"`", "continued lines": "curl \\\n", "equal signs": "=", "lines of equal signs": strings.Repeat("=", 19_000) + "\n", "pairs": "a=", "addresses": "://", "addresses with users": "a://b@c ", "names": "a", "login": "login ", "slashes": "login a / ",
	} {
		text := "curl " + strings.Repeat(unit, size/len(unit))
		start := time.Now()
		reading.Assignments(text, func(string, string, int) {})
		reading.CommandsIn(text)
		reading.AddressesIn(text)
		for _, line := range strings.Split(text, "\n") {
			if len(line) <= 20_000 { // as the expander has it
				reading.PairsIn(line)
				reading.SignIn(line)
			}
		}
		if d := time.Since(start); d > 30*time.Second { // it takes under one where nothing is quadratic, minutes where something is
			t.Errorf("%s: %v", name, d)
		}
	}
}

func FuzzReadersOfText(f *testing.F) {
	for _, s := range []string{`a = "b"`, "curl \\\n x", "https://u:p@h?x", "login: a / b1234567", "a=b;c: d", "`\n`", "\\\"'", "\xff=\xfe", "İ login"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n")
		reading.Assignments(text, func(name, value string, line int) {
			if line < 0 || line > lines || name == "" && value == "" && text == "" {
				t.Errorf("line %d of %d", line, lines)
			}
			if !strings.Contains(text, value) {
				t.Errorf("%q is not in the text", value)
			}
		})
		for _, s := range append(reading.CommandsIn(text), reading.AddressesIn(text)...) {
			if s.Line < 0 || s.Line > lines || s.Text == "" {
				t.Errorf("%+v of %d lines", s, lines)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			for _, p := range reading.PairsIn(line) {
				if p.Name == "" || !strings.Contains(line, p.Value) {
					t.Errorf("%q: %+v", line, p)
				}
			}
			if user, password, ok := reading.SignIn(line); ok && (!strings.Contains(line, user) || !strings.Contains(line, password)) {
				t.Errorf("%q: %q, %q", line, user, password)
			}
		}
		reading.IsJWT(text)
	})
}
