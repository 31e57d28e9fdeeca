package fingerprint_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/fingerprint"
)

func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "key")
	k, err := fingerprint.LoadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the folder's mode %v, %v", info.Mode(), err)
	}
	again, err := fingerprint.LoadKey(file)
	if err != nil || again.Fingerprint("x") != k.Fingerprint("x") {
		t.Errorf("the second load gives another key, %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".key-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := fingerprint.LoadKey(file); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("a key that others can read: %v", err)
	}
}

func TestKeyFileThatIsNone(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "short": "c2hvcnQ=", "garbage": "\x00\xff no key", "long": strings.Repeat("x", 5000), "15 bytes": "AAECAwQFBgcICQoLDA0O"} {
		file := filepath.Join(t.TempDir(), "key")
		writeBytes(t, file, []byte(text))
		if _, err := fingerprint.LoadKey(file); clientele.KindOf(err) != clientele.Invalid || len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", name, err)
		}
		if b, _ := os.ReadFile(file); string(b) != text {
			t.Errorf("%s: the file was overwritten", name)
		}
	}
	dir := t.TempDir()
	if _, err := fingerprint.LoadKey(dir); err == nil {
		t.Error("a folder is no key")
	}
	real := filepath.Join(dir, "real")
	if _, err := fingerprint.LoadKey(real); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, filepath.Join(dir, "link")); err != nil {
		t.Skip("no links here:", err)
	}
	if _, err := fingerprint.LoadKey(filepath.Join(dir, "link")); err == nil {
		t.Error("a link was followed")
	}
}

// Scans that start at the same time use one key.
func TestKeyFileMadeByTwo(t *testing.T) {
	for range 20 {
		file := filepath.Join(t.TempDir(), "key")
		var wg sync.WaitGroup
		prints := make([]string, 8)
		for i := range prints {
			wg.Go(func() {
				k, err := fingerprint.LoadKey(file)
				if err != nil {
					t.Error(err)
					return
				}
				prints[i] = k.Fingerprint("x")
			})
		}
		wg.Wait()
		if slices.Sort(prints); len(slices.Compact(prints)) != 1 {
			t.Fatal("several keys are in use")
		}
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	k, err := fingerprint.ParseKey("41424344454647484142434445464748") // ABCDEFGH…
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(struct{ Key fingerprint.Key }{k})
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v %x %s %d", k, k, k, k, k), fmt.Sprintf("%+v", struct{ Key fingerprint.Key }{k}), string(b)} {
		for _, form := range []string{"ABCD", "4142", "[65 66", "0x41", "QUJD"} {
			if strings.Contains(s, form) {
				t.Error(s)
			}
		}
	}
}

func TestParseKey(t *testing.T) {
	same := []string{"000102030405060708090a0b0c0d0e0f", " 000102030405060708090A0B0C0D0E0F\n", "AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0ODw"}
	for _, text := range same {
		k, err := fingerprint.ParseKey(text)
		if err != nil || k.Fingerprint("x") != testKey.Fingerprint("x") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFingerprintOfPEM(t *testing.T) {
	lines := "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
	want := testKey.Fingerprint(lines)
	for _, same := range []string{strings.ReplaceAll(lines, "\n", "\r\n"), strings.ReplaceAll(lines, "\n", `\n`), strings.ReplaceAll(lines, "\n", `\r\n`), "  key: |\n" + strings.ReplaceAll(lines, "\n", "\n  "), strings.ReplaceAll(lines, "\n", " "), "x" + lines + "y"} {
		if testKey.Fingerprint(same) != want {
			t.Errorf("%q counts as another key", same)
		}
	}
	if testKey.Fingerprint(strings.Replace(lines, "MIIE", "MIIF", 1)) == want || testKey.Fingerprint("a") == testKey.Fingerprint("A") || testKey.Fingerprint("a") == testKey.Fingerprint("a ") {
		t.Error("different values count as one")
	}
	if len(want) != 32 {
		t.Errorf("%d digits", len(want))
	}
}

func TestExcerpt(t *testing.T) {
	for value, want := range map[string]string{
		"":                             "…",
		"hunter2":                      "…",
		"hunter2hunt":                  "…",
		"correct horse":                "…se",
		canary:                         "ghp_…0u",
		"ghp_short":                    "…",
		"ghp_12345678":                 "ghp_…",
		"github_pat_11ABCDEFGHIJKLMN":  "github_pat_…MN",
		"sk-ant-" + "abcdefghijklmnop": "sk-ant-…op",
		"sk_live_abcdefghijklmnop":     "sk_live_…op",
		"0123456789ab\x1b[":            "…·[",
		"0123456789abcd\u202e\u009b":   "…··",
		"0123456789äö":                 "…äö",
		"0123456789abc\xff\xfe":        "…\ufffd\ufffd",
		"-----BEGIN PRIVATE KEY-----x": "-----BEGIN PRIVATE KEY-----…",
		"a b -----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END": "-----BEGIN OPENSSH PRIVATE KEY-----…",
		"-----BEGIN hunter2-----":                              "-----BEGIN …",
		"-----BEGIN HUNTER2 KEY-----\nabc":                     "-----BEGIN …",
		"-----BEGIN ":                                          "…",
	} {
		if got := fingerprint.Excerpt(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// An excerpt is a prefix that everybody knows, and two characters at most.
func FuzzExcerpt(f *testing.F) {
	for _, s := range []string{"", "hunter2", canary, "sk_live_abcdefghijklmnop", "-----BEGIN RSA PRIVATE KEY-----\nMII", "eyJhbGciOiJub25lIn0.e30.", "s.", "\xff\xff", "日本語日本語日本語日本語日本語"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := fingerprint.Excerpt(value)
		prefix, end, ok := strings.Cut(got, "…")
		if !ok || utf8.RuneCountInString(end) > 2 || !utf8.ValidString(got) {
			t.Fatalf("%q: %q", value, got)
		}
		if prefix != "" && !slices.Contains(fingerprint.KnownPrefixes, prefix) && !slices.ContainsFunc(fingerprint.PEMLabels, func(l string) bool { return prefix == "-----BEGIN "+l+"-----" }) {
			t.Errorf("%q: shows %q", value, prefix)
		}
		if end != "" && utf8.RuneCountInString(strings.TrimSpace(value)) < len(prefix)+12 {
			t.Errorf("%q: too short to show its end: %q", value, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q: not printable: %q", value, got)
		}
	})
}

func writeBytes(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

var testKey = func() fingerprint.Key {
	k, err := fingerprint.ParseKey("000102030405060708090a0b0c0d0e0f")
	if err != nil {
		panic(err)
	}
	return k
}()

const canary = "ghp_x8Kq2LmV0rT4wZ6yB1nC3dF5gH7jS9aQpE0u"
