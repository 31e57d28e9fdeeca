// Command verify checks an evidence bundle of Clientele, independently of its code: every
// entry of entries.ndjson against its proof, the proofs against the checkpoint, and the
// checkpoint against the log's key and those of witnesses.
//
//	go run . bundle.zip [log's key [witness's key]...]
//
// Keys are "name+hash+base64" and should come from elsewhere than the bundle; without them
// the bundle's own are taken, and it says so.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const maxFile = 1 << 30 // a longer file is refused: bytes

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: verify bundle.zip [log's key [witness's key]...]")
		os.Exit(2)
	}
	if err := verify(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "NOT VERIFIED:", err)
		os.Exit(1)
	}
}

func verify(path string, keys []string) error {
	files, err := open(path)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		fmt.Println("no keys given: those in the bundle are taken, compare them")
		keys = strings.Fields(string(files["log.vkey"]) + " " + string(files["witnesses.vkey"]))
	}
	size, root, err := checkpoint(files["checkpoint"], keys)
	if err != nil {
		return err
	}
	n := 0
	for line := range bytes.Lines(files["entries.ndjson"]) {
		seq, err := entry(bytes.TrimSuffix(line, []byte("\n")), files, size, root)
		if err != nil {
			return fmt.Errorf("entry %d: %w", seq, err)
		}
		n++
	}
	fmt.Printf("VERIFIED: %d entries are in the log of %d entries with the root %s\n", n, size, root)
	return nil
}

// open reads a zip into memory.
func open(path string) (map[string][]byte, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	files := map[string][]byte{}
	left := int64(maxFile)
	for _, f := range z.File {
		if _, ok := files[f.Name]; ok {
			return nil, fmt.Errorf("%s is in the bundle twice", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(r, left))
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if left -= int64(len(b)); left <= 0 {
			return nil, errors.New("the bundle is too large")
		}
		files[f.Name] = b
	}
	return files, nil
}

// checkpoint opens the signed head of the log: a note whose text is origin, size and root,
// a line each (c2sp.org/tlog-checkpoint). The first key is the log's.
func checkpoint(msg []byte, keys []string) (int64, tlog.Hash, error) {
	log, err := note.NewVerifier(strings.Join(keys[:min(1, len(keys))], ""))
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("the log's key: %w", err)
	}
	known := []note.Verifier{log}
	for _, k := range keys[1:] {
		w, err := newWitness(k)
		if err != nil {
			return 0, tlog.Hash{}, fmt.Errorf("the witness's key %s: %w", k, err)
		}
		known = append(known, w)
	}
	n, err := note.Open(msg, note.VerifierList(known...))
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("the checkpoint: %w", err)
	}
	signed := false
	for _, sig := range n.Sigs {
		if sig.Name == log.Name() && sig.Hash == log.KeyHash() {
			signed = true
			fmt.Println("signed by the log", sig.Name)
			continue
		}
		raw, _ := base64.StdEncoding.DecodeString(sig.Base64) // note.Open has read it
		at := time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()
		fmt.Println("cosigned by", sig.Name, "at", at)
	}
	lines := strings.Split(n.Text, "\n")
	if !signed || len(lines) < 4 || lines[0] != log.Name() {
		return 0, tlog.Hash{}, errors.New("the checkpoint is not one that the log signed")
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 62)
	root, err2 := tlog.ParseHash(lines[2])
	return size, root, errors.Join(err1, err2)
}

// entry checks one line of entries.ndjson by its proof (c2sp.org/tlog-proof): a header, the
// index, the hashes from the leaf's sibling up, an empty line, and the checkpoint.
func entry(body []byte, files map[string][]byte, size int64, root tlog.Hash) (int64, error) {
	var e struct {
		Seq int64 `json:"seq"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return -1, err
	}
	head, signed, ok := strings.Cut(string(files[fmt.Sprintf("proofs/%012d.tlog-proof", e.Seq)]), "\n\n")
	if !ok || signed != string(files["checkpoint"]) || e.Seq < 0 || e.Seq >= size {
		return e.Seq, errors.New("there is no proof of it by this checkpoint")
	}
	lines := strings.Split(head, "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", e.Seq) {
		return e.Seq, errors.New("its proof is of something else")
	}
	var proof tlog.RecordProof
	for _, l := range lines[2:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return e.Seq, err
		}
		proof = append(proof, h)
	}
	return e.Seq, tlog.CheckRecord(proof, size, root, e.Seq, tlog.RecordHash(body))
}

// witness checks cosignatures by Ed25519 (c2sp.org/tlog-cosignature): eight bytes of
// time, then a signature over that time and the checkpoint.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(text string) (*witness, error) {
	part := strings.SplitN(text, "+", 3)
	if len(part) != 3 {
		return nil, errors.New("it is not of the form name+hash+key")
	}
	key, err := base64.StdEncoding.DecodeString(part[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("it is no Ed25519 key of a witness")
	}
	sum := sha256.Sum256([]byte(part[0] + "\n" + string(key)))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != part[1] {
		return nil, errors.New("its hash is wrong")
	}
	return &witness{part[0], hash, key[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	msg := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(w.key, []byte(msg), sig[8:])
}
