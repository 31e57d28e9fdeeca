package tlog_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// A checkpoint that the log arche2025h1 of transparency.dev published, with the signatures of
// witnesses run by others, and the keys these publish.
const (
	published = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`
	publishedLog     = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
	publishedRemora  = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
	publishedSmartit = "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO"
)

const (
	specText = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	logName  = "example.com/log"
)

func mustKey(t testing.TB, typ tlog.Type, name string) *tlog.Key {
	t.Helper()
	text, err := tlog.GenerateKey(typ, name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := tlog.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustVerifier(t testing.TB, text string) note.Verifier {
	t.Helper()
	v, err := tlog.ParseVerifier(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// signed is a checkpoint of the tree of a size, signed.
func signed(t testing.TB, size int64, signers ...note.Signer) []byte {
	t.Helper()
	root, err := tlog.Root(size, grow(t, size))
	if err != nil {
		t.Fatal(err)
	}
	msg, err := tlog.Sign(tlog.Checkpoint{Origin: logName, Size: size, Root: root}, signers...)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestACheckpointOfOthersOpens(t *testing.T) {
	witnesses := []note.Verifier{mustVerifier(t, publishedRemora), mustVerifier(t, publishedSmartit)}
	s, err := tlog.Open([]byte(published), mustVerifier(t, publishedLog), witnesses...)
	if err != nil {
		t.Fatal(err)
	}
	if s.Origin != "arche2025h1.staging.ct.transparency.dev" || s.Size != 1432088532 || s.Root.String() != "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=" {
		t.Errorf("read %+v", s.Checkpoint)
	}
	at := time.Unix(0x6a122120, 0).UTC()
	if len(s.Cosigned) != 2 || s.Cosigned[0] != (tlog.Cosigned{Witness: "witness1.smartit.nu/witness1", Time: at}) || s.Cosigned[1] != (tlog.Cosigned{Witness: "remora.n621.de", Time: at}) {
		t.Errorf("cosigned %+v", s.Cosigned)
	}
	larger := strings.Replace(published, "1432088532", "1432088533", 1)
	for _, v := range append(witnesses, mustVerifier(t, publishedLog)) {
		_, err = tlog.Open([]byte(larger), v)
		wantKind(t, err, clientele.Invalid)
	}
	later := bytes.Replace([]byte(published), []byte("AAAABqEiEg"), []byte("AAAABqEiEh"), -1)
	_, err = tlog.Open(later, mustVerifier(t, publishedLog), witnesses...)
	wantKind(t, err, clientele.Invalid)
}

func TestTheCheckpointOfTheStandardIsReadAndWritten(t *testing.T) {
	c, err := tlog.ParseCheckpoint(specText)
	if err != nil || c.Origin != "example.com/behind-the-sofa" || c.Size != 20852163 || c.Text() != specText {
		t.Errorf("read %+v, %v", c, err)
	}
	if c, err = tlog.Unverified([]byte(specText + "\n— x AAAAAAA=\n")); err != nil || c.Text() != specText {
		t.Errorf("read %+v, %v", c, err)
	}
	if c, err = tlog.Unverified([]byte(specText)); err == nil {
		t.Errorf("read %+v without signatures", c)
	}
	c, err = tlog.ParseCheckpoint(specText + "one\ntwo\n")
	if err != nil || c.Extension != "one\ntwo\n" || c.Text() != specText+"one\ntwo\n" {
		t.Errorf("read %+v, %v", c, err)
	}
}

func TestWhatIsNoCheckpointIsRefused(t *testing.T) {
	const hash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	for name, text := range map[string]string{
		"empty":               "",
		"no size":             "log\n",
		"no end":              "log\n1\n" + hash,
		"no origin":           "\n1\n" + hash + "\n",
		"leading zero":        "log\n01\n" + hash + "\n",
		"plus":                "log\n+1\n" + hash + "\n",
		"negative":            "log\n-1\n" + hash + "\n",
		"space":               "log\n1 \n" + hash + "\n",
		"beyond the largest":  "log\n4611686018427387904\n" + hash + "\n",
		"beyond 64 bits":      "log\n99999999999999999999\n" + hash + "\n",
		"short hash":          "log\n1\n" + hash[4:] + "\n",
		"hash with a return":  "log\n1\n" + hash[:8] + "\r" + hash[8:] + "\n",
		"hash with spare bit": "log\n1\n" + strings.Replace(hash, "I=", "J=", 1) + "\n",
		"empty extension":     "log\n1\n" + hash + "\n\n",
		"extension, no end":   "log\n1\n" + hash + "\nmore",
		"empty among them":    "log\n1\n" + hash + "\na\n\nb\n",
		"control character":   "log\x00\n1\n" + hash + "\n",
		"no UTF-8":            "log\xff\n1\n" + hash + "\n",
		"too long":            "log\n1\n" + hash + "\n" + strings.Repeat("x\n", tlog.MaxCheckpoint),
	} {
		if c, err := tlog.ParseCheckpoint(text); err == nil || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: read as %+v, %v", name, c, err)
		}
	}
	_, err := tlog.Sign(tlog.Checkpoint{Origin: "a\nb"}, mustKey(t, tlog.TypeLog, "log"))
	wantKind(t, err, clientele.Invalid)
}

func TestOnlyTheLogsOwnSignatureOpensACheckpoint(t *testing.T) {
	log, witness, other := mustKey(t, tlog.TypeLog, logName), mustKey(t, tlog.TypeWitness, "w.example"), mustKey(t, tlog.TypeLog, logName)
	msg := signed(t, 5, log, witness)
	s, err := tlog.Open(msg, log.Verifier(), witness.Verifier())
	if err != nil || s.Size != 5 || len(s.Cosigned) != 1 || s.Cosigned[0].Witness != "w.example" {
		t.Errorf("opened %+v, %v", s, err)
	}
	if s, err := tlog.Open(msg, log.Verifier()); err != nil || len(s.Cosigned) != 0 {
		t.Errorf("with no known witness: %+v, %v", s, err)
	}
	_, err = tlog.Open(msg, other.Verifier())
	wantKind(t, err, clientele.Invalid)
	_, err = tlog.Open(msg, other.Verifier(), witness.Verifier())
	wantKind(t, err, clientele.Invalid)
	_, err = tlog.Open(signed(t, 5, witness), log.Verifier(), witness.Verifier())
	wantKind(t, err, clientele.Invalid)
	_, err = tlog.Open(bytes.Replace(msg, []byte("\n5\n"), []byte("\n6\n"), 1), log.Verifier())
	wantKind(t, err, clientele.Invalid)
	for i := range msg {
		if s, err := tlog.Open(msg[:i], log.Verifier(), witness.Verifier()); err == nil && len(s.Cosigned) != 0 {
			t.Errorf("the first %d bytes of %d opened whole", i, len(msg))
		}
	}
	_, err = tlog.Open(append(msg, bytes.Repeat([]byte("— x AAAAAAA=\n"), 20000)...), log.Verifier())
	wantKind(t, err, clientele.Invalid)
	_, err = tlog.Open([]byte(strings.Replace(string(msg), logName, "example.com/log\nx", 1)), log.Verifier())
	wantKind(t, err, clientele.Invalid)
}

func TestCosignaturesAreAddedOnceAndChecked(t *testing.T) {
	log, w1, w2 := mustKey(t, tlog.TypeLog, logName), mustKey(t, tlog.TypeWitness, "w1"), mustKey(t, tlog.TypeWitness, "w2")
	msg := signed(t, 5, log)
	lines := tlog.SignatureLines(signed(t, 5, w1, w2))
	one, err := tlog.AddCosignatures(msg, lines, w1.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	if s, err := tlog.Open(one, log.Verifier(), w1.Verifier(), w2.Verifier()); err != nil || len(s.Cosigned) != 1 {
		t.Errorf("the line of an unknown witness was added: %+v, %v", s, err)
	}
	both, err := tlog.AddCosignatures(one, lines, w1.Verifier(), w2.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	again, err := tlog.AddCosignatures(both, lines, w1.Verifier(), w2.Verifier())
	if err != nil || !bytes.Equal(again, both) {
		t.Errorf("added twice: %s, %v", again, err)
	}
	if s, err := tlog.Open(both, log.Verifier(), w1.Verifier(), w2.Verifier()); err != nil || len(s.Cosigned) != 2 {
		t.Errorf("opened %+v, %v", s, err)
	}
	for name, lines := range map[string][]byte{
		"of another tree": tlog.SignatureLines(signed(t, 6, w1)),
		"of nobody known": tlog.SignatureLines(signed(t, 5, w2)),
		"none":            nil,
		"no lines":        []byte("<html>"),
		"a second note":   append([]byte("\n\n"), lines...),
		"endless":         bytes.Repeat([]byte("x"), tlog.MaxCheckpoint),
	} {
		if out, err := tlog.AddCosignatures(msg, lines, w1.Verifier()); err == nil || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
	_, err = tlog.AddCosignatures([]byte("no note"), lines, w1.Verifier())
	wantKind(t, err, clientele.Invalid)
}

func TestACosignatureHoldsItsTime(t *testing.T) {
	witness := mustKey(t, tlog.TypeWitness, "w.example")
	at := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	witness.Now = func() time.Time { return at }
	sig, err := witness.Sign([]byte(specText))
	if err != nil || len(sig) != 72 || !witness.Verifier().Verify([]byte(specText), sig) {
		t.Fatalf("signature %x, %v", sig, err)
	}
	line := fmt.Sprintf("%s\n— w.example %s\n", specText, base64.StdEncoding.EncodeToString(append(keyID(witness), sig...)))
	s, err := tlog.Open([]byte(line), mustKey(t, tlog.TypeLog, "x").Verifier(), witness.Verifier())
	if err == nil {
		t.Errorf("opened without the log: %+v", s)
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if witness.Verifier().Verify([]byte(specText), bad) {
			t.Errorf("a signature with byte %d changed verifies", i)
		}
		if witness.Verifier().Verify([]byte(specText), sig[:i]) {
			t.Errorf("a signature of %d bytes verifies", i)
		}
	}
	if _, err := witness.Sign([]byte("anything\n")); err == nil {
		t.Error("a witness signed what is no checkpoint")
	}
	witness.Now = func() time.Time { return time.Unix(-1, 0) }
	if _, err := witness.Sign([]byte(specText)); err == nil {
		t.Error("a witness signed before 1970")
	}
}

func TestACosignatureOfATimeBeyond63BitsIsRefused(t *testing.T) {
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256(append([]byte("w.example\n\x04"), pub...))
	v := mustVerifier(t, fmt.Sprintf("w.example+%x+%s", id[:4], base64.StdEncoding.EncodeToString(append([]byte{4}, pub...))))
	for sec, want := range map[uint64]bool{0: true, math.MaxInt64: true, math.MaxInt64 + 1: false, math.MaxUint64: false} {
		sig := ed25519.Sign(priv, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", sec, specText))
		if got := v.Verify([]byte(specText), append(binary.BigEndian.AppendUint64(nil, sec), sig...)); got != want {
			t.Errorf("the time %d: %v", sec, got)
		}
	}
}

func keyID(k *tlog.Key) []byte {
	h := k.KeyHash()
	return []byte{byte(h >> 24), byte(h >> 16), byte(h >> 8), byte(h)}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(specText)
	f.Add(specText + "ext\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := tlog.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if c.Text() != text || c.Size < 0 || c.Size > tlog.MaxSize {
			t.Errorf("%q is read as %+v", text, c)
		}
	})
}

func FuzzOpen(f *testing.F) {
	log, err1 := tlog.ParseVerifier(publishedLog)
	witness, err2 := tlog.ParseVerifier(publishedRemora)
	if err1 != nil || err2 != nil {
		f.Fatal(err1, err2)
	}
	f.Add([]byte(published))
	f.Fuzz(func(t *testing.T, msg []byte) {
		s, err := tlog.Open(msg, log, witness)
		if err == nil && !strings.HasPrefix(published, s.Text()+"\n— ") {
			t.Errorf("forged: %q", msg)
		}
	})
}
