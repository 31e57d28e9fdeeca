package tlog

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
)

// Type is a kind of signature: the byte that c2sp.org/signed-note assigns to it.
type Type byte

// The kinds that are made and checked here, both by Ed25519 keys.
const (
	TypeLog     Type = 0x01 // a log's signature over the text of a note
	TypeWitness Type = 0x04 // a witness's timestamped cosignature (c2sp.org/tlog-cosignature)
)

// Key is a private key that signs checkpoints, for a log or for a witness: a note.Signer. It
// prints its name and never itself.
type Key struct {
	// Now is the clock of a witness's cosignatures; nil is time.Now. It is set before
	// the key is used.
	Now func() time.Time

	name string
	typ  Type
	hash uint32
	pub  ed25519.PublicKey
	sign func(msg []byte) []byte // holds the private key where no print can reach it
}

// Name is the name of the key: of a log its origin, of a witness its own.
func (k *Key) Name() string { return k.name }

// KeyHash is the 32-bit ID of the key.
func (k *Key) KeyHash() uint32 { return k.hash }

// Type is the kind of signature that the key makes.
func (k *Key) Type() Type { return k.typ }

func (k *Key) String() string { return fmt.Sprintf("%s+%08x", k.name, k.hash) }

// GoString keeps the private part out of %#v.
func (k *Key) GoString() string { return k.String() }

// VerifierText is the public half as text, "name+hash+key" in base64: the verifier key of
// c2sp.org/signed-note, to be handed to those who check.
func (k *Key) VerifierText() string {
	return fmt.Sprintf("%s+%s", k, base64.StdEncoding.EncodeToString(append([]byte{byte(k.typ)}, k.pub...)))
}

// Verifier checks what the key signs.
func (k *Key) Verifier() note.Verifier { return newVerifier(k.name, k.typ, k.pub) }

// Sign signs the text of a note. A witness's key signs the text of a checkpoint only.
func (k *Key) Sign(text []byte) ([]byte, error) {
	if k.typ == TypeLog {
		return k.sign(text), nil
	}
	if _, err := ParseCheckpoint(string(text)); err != nil {
		return nil, err
	}
	now := time.Now
	if k.Now != nil {
		now = k.Now
	}
	sec := now().Unix()
	if sec < 0 {
		return nil, errors.New("the clock is before 1970")
	}
	sig := binary.BigEndian.AppendUint64(nil, uint64(sec))
	return append(sig, k.sign(cosigned(uint64(sec), text))...), nil
}

const keyPrefix = "PRIVATE+KEY+"

// GenerateKey makes a key with a name and gives it as text, "PRIVATE+KEY+name+hash+key": the
// signer key of golang.org/x/mod/sumdb/note, with the byte 0x04 for a witness.
func GenerateKey(t Type, name string) (clientele.Plaintext, error) {
	if t != TypeLog && t != TypeWitness || !validName(name) {
		return clientele.Plaintext{}, invalid("%.60q cannot be the name of a key", name).
			WithHint("take a name like log.example.com/audit: no spaces, no plus sign")
	}
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return clientele.Plaintext{}, fmt.Errorf("generate a key: %w", err)
	}
	seed := append([]byte{byte(t)}, priv.Seed()...)
	return clientele.Secret(fmt.Sprintf("%s%s+%08x+%s", keyPrefix, name, keyHash(name, t, pub), base64.StdEncoding.EncodeToString(seed))), nil
}

// ParseKey reads the text of a key.
func ParseKey(text clientele.Plaintext) (*Key, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text.Reveal()), keyPrefix)
	if !ok {
		return nil, invalid("this is no signing key").WithHint("it begins with %s", keyPrefix)
	}
	name, t, hash, seed, ok := splitKey(rest)
	if !ok {
		return nil, invalid("the signing key is damaged")
	}
	priv := ed25519.NewKeyFromSeed(seed)
	pub := priv.Public().(ed25519.PublicKey)
	if keyHash(name, t, pub) != hash {
		return nil, invalid("the signing key of %s is damaged: its hash is wrong", name)
	}
	sign := func(msg []byte) []byte { return ed25519.Sign(priv, msg) }
	return &Key{name: name, typ: t, hash: hash, pub: pub, sign: sign}, nil
}

// ParseVerifier reads a verifier key, "name+hash+key", of a log (type 0x01) or of a witness
// (0x04).
func ParseVerifier(text string) (note.Verifier, error) {
	name, t, hash, pub, ok := splitKey(strings.TrimSpace(text))
	if !ok || keyHash(name, t, pub) != hash {
		return nil, invalid("%.100q is no verifier key", text).WithHint("it looks like log.example.com+1a2b3c4d+Ab…")
	}
	return newVerifier(name, t, pub), nil
}

// splitKey takes name+hash+base64(type || 32 bytes) apart.
func splitKey(s string) (name string, t Type, hash uint32, key []byte, ok bool) {
	name, rest, _ := strings.Cut(s, "+")
	hash16, key64, _ := strings.Cut(rest, "+")
	h, err1 := strconv.ParseUint(hash16, 16, 32)
	key, err2 := base64.StdEncoding.Strict().DecodeString(key64)
	if len(hash16) != 8 || err1 != nil || err2 != nil || len(key) != 1+ed25519.PublicKeySize || !validName(name) {
		return "", 0, 0, nil, false
	}
	t = Type(key[0])
	return name, t, uint32(h), key[1:], t == TypeLog || t == TypeWitness
}

// validName is what c2sp.org/signed-note asks of the name of a key. A name is a line of a
// checkpoint too, so that it holds no control characters.
func validName(s string) bool {
	return s != "" && len(s) <= 255 && utf8.ValidString(s) && !strings.Contains(s, "+") &&
		strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}

// keyHash is the ID of a key: SHA-256(name || "\n" || type || public key)[:4].
func keyHash(name string, t Type, pub []byte) uint32 {
	sum := sha256.Sum256(slices.Concat([]byte(name), []byte{'\n', byte(t)}, pub))
	return binary.BigEndian.Uint32(sum[:])
}

// CreateKeyFile generates a key into a new file that only its owner can read, and loads it.
// An existing file is left alone and is an error.
func CreateKeyFile(path string, t Type, name string) (*Key, error) {
	text, err := GenerateKey(t, name)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create the key file: %w", err)
	}
	_, err = io.WriteString(f, text.Reveal()+"\n")
	if err := errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path))); err != nil {
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	return ParseKey(text)
}

// LoadKeyFile reads a key file, and refuses one that others than its owner may read.
func LoadKeyFile(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, invalid("the key file %s may be read by others (%v)", path, info.Mode().Perm()).WithHint("chmod 600 %s", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	k, err := ParseKey(clientele.Secret(string(text)))
	if err != nil {
		return nil, fmt.Errorf("read the key file %s: %w", path, err)
	}
	return k, nil
}

// syncDir makes the names in a directory durable, where the system can do that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
