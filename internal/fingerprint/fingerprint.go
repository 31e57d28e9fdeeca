// Package fingerprint makes keyed hashes of values, and excerpts that show no more of a value
// than everybody knows.
package fingerprint

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/safefile"
)

// Key makes fingerprints: keyed hashes (HMAC-SHA-256, RFC 2104) by which equal values can be
// recognised and no guess can be tested without the key.
type Key struct{ b []byte }

// Format keeps the key out of every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

const (
	keySize    = 32   // random bytes of a new key
	maxKeyText = 1024 // bytes of a key file
)

// LoadKey reads the key in file, or makes one there, readable by its owner alone. It refuses
// a file that others may read.
func LoadKey(file string) (Key, error) {
	k, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	b := make([]byte, keySize)
	_, _ = rand.Read(b) // never fails
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return Key{}, fmt.Errorf("make the folder of the fingerprint key: %w", err)
	}
	// Written aside and linked into place: a second scan that starts at the same time finds
	// the whole key or none.
	tmp, err := os.CreateTemp(filepath.Dir(file), ".key-*")
	if err != nil {
		return Key{}, fmt.Errorf("make the fingerprint key: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(b) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return Key{}, fmt.Errorf("make the fingerprint key: %w", err)
	}
	if err := os.Link(tmp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, fmt.Errorf("make the fingerprint key: %w", err)
	}
	return readKey(file)
}

func readKey(file string) (Key, error) {
	f, info, err := safefile.Open(file)
	if err != nil {
		return Key{}, err
	}
	defer f.Close()
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Key{}, &clientele.Error{Kind: clientele.Invalid, Msg: "the fingerprint key " + file + " can be read by others", Hint: "chmod 600 " + file}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyText+1))
	if err != nil {
		return Key{}, fmt.Errorf("read the fingerprint key: %w", err)
	}
	if len(b) > maxKeyText {
		b = nil // something else
	}
	return ParseKey(string(b))
}

// ParseKey reads a key as text: at least 16 bytes in base64 or hexadecimal.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if b, err := decode(text); err == nil && len(b) >= 16 {
			return Key{b}, nil
		}
	}
	return Key{}, &clientele.Error{Kind: clientele.Invalid, Msg: "the fingerprint key is not at least 16 bytes in base64 or hexadecimal", Hint: "openssl rand -base64 32 makes one"}
}

// Missing reports whether there is no key.
func (k Key) Missing() bool { return k.b == nil }

// Fingerprint hashes a secret value.
//
// A private key in PEM is hashed by its base64 alone, so that line breaks, escaped line
// feeds and text around it make no difference.
func (k Key) Fingerprint(value string) string { return k.Sum("value", KeyBody(value), 16) }

func KeyBody(v string) string {
	_, after, ok := strings.Cut(v, "PRIVATE KEY-----")
	if !ok {
		return v
	}
	body, _, _ := strings.Cut(after, "-----END")
	return strings.Join(strings.Fields(escapedBreaks.Replace(body)), "")
}

var escapedBreaks = strings.NewReplacer(`\n`, " ", `\r`, " ")

// Sum hashes text for one purpose, so that hashes made for different ones never meet.
func (k Key) Sum(purpose, text string, size int) string {
	h := hmac.New(sha256.New, k.b)
	h.Write([]byte("clientele/" + purpose + "\x00"))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:size])
}

// KnownPrefixes are what issuers put before their tokens, and so tell nothing of the token.
var KnownPrefixes = []string{
	"github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "gldt-", "glrt-", "glcbt-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_",
	"pk_live_", "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xapp-", "AKIA", "ASIA", "AIza", "ya29.", "1//", "GOCSPX-", "npm_", "pypi-", "hvs.", "hvb.", "s.", "SG.", "sk-ant-",
	"sk-proj-", "sk-or-", "sk-", "PMAK-", "PMAT-", "dop_v1_", "doo_v1_", "dapi", "dckr_pat_", "shpat_", "shpss_", "sq0atp-", "sq0csp-", "NRAK-", "lin_api_", "ntn_", "secret_",
	"figd_", "hf_", "gsk_", "r8_", "xai-", "pplx-", "tskey-", "ops_", "dp.pt.", "dp.st.", "pat-", "ATATT", "ATCTT", "CFPAT-", "EAA", "key-", "phc_", "phx_", "squ_", "sqp_", "sqa_", "sbp_", "sb_secret_",
	"vercel_", "fo1_", "FlyV1 ", "rnd_", "nfp_", "AGE-SECRET-KEY-", "eyJ", "-----BEGIN ",
}

// PEMLabels are the blocks of RFC 7468 and OpenSSH that hold what has to be kept.
var PEMLabels = []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "CERTIFICATE"}

// Excerpt shows a value so that its owner can recognise it: a prefix that everybody knows,
// and the last two characters of a long one.
func Excerpt(value string) string {
	v := strings.TrimSpace(value)
	if _, after, ok := strings.Cut(v, "-----BEGIN "); ok {
		for _, label := range PEMLabels {
			if strings.HasPrefix(after, label+"-----") {
				return "-----BEGIN " + label + "-----…"
			}
		}
		return "-----BEGIN …"
	}
	prefix := ""
	for _, p := range KnownPrefixes {
		if strings.HasPrefix(v, p) && len(v) >= len(p)+8 {
			prefix = p
			break
		}
	}
	if r := []rune(v); len(r) >= len(prefix)+12 {
		return prefix + "…" + strings.Map(Printable, string(r[len(r)-2:]))
	}
	return prefix + "…"
}

// Printable keeps what could act on a terminal or turn the text around it out of excerpts.
func Printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '·'
	}
	return r
}
