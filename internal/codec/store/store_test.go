package store_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/store"
)

var rebuild = flag.Bool("rebuild", false, "make the databases of the corpus anew from testdata/sql")

func TestMain(m *testing.M) {
	flag.Parse()
	if *rebuild {
		if err := corpus(); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestSuite(t *testing.T) { codectest.Run(t, store.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, store.Decoders) }

// corpus runs each testdata/sql/*.sql with SQLite itself into the file that its first line
// names. @seal(x) stands for x as Beekeeper Studio seals it.
func corpus() error {
	files, err := filepath.Glob("testdata/sql/*.sql")
	if err != nil {
		return err
	}
	const key = "4f1e2d3c5b6a79880917263544536271f0e1d2c3b4a5968778695a4b3c2d1e0f"
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		first, text, _ := strings.Cut(string(b), "\n")
		to := filepath.Join("testdata/corpus", strings.TrimPrefix(first, "-- "))
		text = regexp.MustCompile(`@(seal|other)\(([^)]*)\)`).ReplaceAllStringFunc(text, func(s string) string {
			kind, plain, _ := strings.Cut(strings.TrimSuffix(s, ")"), "(")
			if kind == "@other" {
				return seal(plain, "another machine's key")
			}
			return seal(plain, key)
		})
		if err := build(to, text); err != nil {
			return err
		}
	}
	const published = "38782F413F442A472D4B6150645367566B59703373367639792442264529482B"
	return os.WriteFile("testdata/corpus/home/.config/beekeeper-studio/.key", []byte(seal(map[string]string{"encryptionKey": key}, published)), 0o600)
}

func build(to, text string) error {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tmp := filepath.Join(dir, "x.db")
	db, err := sql.Open("sqlite", tmp)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(text); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	for _, end := range []string{"", "-wal"} { // as it lies there while the application runs
		b, err := os.ReadFile(tmp + end)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(to+end, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// seal does as simple-encryptor does, with an initialisation vector that is always the same
// for a text.
func seal(v any, key string) string {
	text, _ := json.Marshal(v)
	text = []byte(strings.ReplaceAll(string(text), `\u0026`, "&"))
	k := sha256.Sum256([]byte(key))
	iv := sha256.Sum256(text)
	pad := aes.BlockSize - len(text)%aes.BlockSize
	text = append(text, strings.Repeat(string(rune(pad)), pad)...)
	block, _ := aes.NewCipher(k[:])
	cipher.NewCBCEncrypter(block, iv[:16]).CryptBlocks(text, text)
	body := hex.EncodeToString(iv[:16]) + base64.StdEncoding.EncodeToString(text)
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil)) + body
}

func decode(t *testing.T, name string, sibling func(string) ([]byte, error)) []clientele.Part {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	f := clientele.File{Path: name, Data: b, Sibling: sibling}
	for _, d := range store.Decoders {
		if codectest.Matches(d, f) {
			parts, err := d.Decode(f)
			if err != nil {
				t.Error(err)
			}
			return parts
		}
	}
	t.Fatal("no decoder for", name)
	return nil
}

func beside(name string) func(string) ([]byte, error) {
	return func(s string) ([]byte, error) {
		return os.ReadFile(filepath.Join("testdata/corpus", filepath.Dir(name), s))
	}
}

func none(string) ([]byte, error) { return nil, os.ErrNotExist }

func slot(t *testing.T, parts []clientele.Part, name string) clientele.Slot {
	t.Helper()
	for _, p := range parts {
		for _, s := range p.Slots {
			if s.Name == name {
				return s
			}
		}
	}
	t.Fatalf("no slot %s", name)
	return clientele.Slot{}
}

func TestBeekeeperPasswordsOpenWithTheKeyBesideThem(t *testing.T) {
	const name = "home/.config/beekeeper-studio/app.db"
	if s := slot(t, decode(t, name, beside(name)), "password"); s.Class != clientele.Obfuscated || s.Value.Reveal() != "Nuthatch & Pipit 5" {
		t.Errorf("with the key: %s %q", s.Class, s.Value.Reveal())
	}
	if s := slot(t, decode(t, name, none), "password"); s.Class != clientele.Encrypted || len(s.Value.Reveal()) < 100 {
		t.Errorf("without the key: %s", s.Class)
	}
}

func TestWhatTheLogSaysCounts(t *testing.T) {
	const name = "home/.config/Cursor/User/globalStorage/state.vscdb"
	if s := slot(t, decode(t, name, beside(name)), "cursorAuth/accessToken"); !strings.HasSuffix(s.Value.Reveal(), ".bmV3LXNpZw") {
		t.Error("the old token is given")
	}
	if s := slot(t, decode(t, name, none), "cursorAuth/accessToken"); !strings.HasSuffix(s.Value.Reveal(), ".b2xkLXNpZw") {
		t.Error("without the log, the token is lost")
	}
}

func TestRedisInsightSealsByRow(t *testing.T) {
	const name = "home/.redis-insight/redisinsight.db"
	classes := map[string]clientele.Class{}
	for _, p := range decode(t, name, none) {
		for _, s := range p.Slots {
			if s.Name == "password" && len(s.Chain) == 0 {
				classes[p.Name] = s.Class
			}
		}
	}
	if len(classes) != 2 || classes["sessions"] != "" || classes["staging"] != clientele.Encrypted {
		t.Errorf("got %v", classes)
	}
}

func TestYaakRequestsInheritFromFolders(t *testing.T) {
	want := map[string]string{"List": "basic [Bookings]", "Refund": "oauth2 []", "Key": "api_key []", "Sealed": "jwt []", "Open": "none []", "Track": "bearer [Ferry]"}
	for _, p := range decode(t, "home/.local/share/app.yaak.desktop/db.sqlite", none) {
		for _, r := range p.Requests {
			if r.Recorded {
				continue
			}
			name := r.Chain[len(r.Chain)-1]
			got := r.Auth.Scheme + " [" + strings.Join(r.Auth.Chain, " ") + "]"
			if got != want[name] {
				t.Errorf("%s: got %s, want %s", name, got, want[name])
			}
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not seen: %v", want)
	}
}

func TestTheSecretOfAPublicClientIsNone(t *testing.T) {
	if s := slot(t, decode(t, "home/.config/gcloud/credentials.db", none), "client_secret"); s.Role != clientele.NotSecret {
		t.Errorf("role %s", s.Role)
	}
}
