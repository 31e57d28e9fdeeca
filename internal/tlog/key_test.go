package tlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

func TestALogsKeyIsTheNotePackagesKey(t *testing.T) {
	text, err := tlog.GenerateKey(tlog.TypeLog, logName)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := tlog.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := note.NewSigner(text.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(ours.VerifierText())
	if err != nil {
		t.Fatal(err)
	}
	if ours.KeyHash() != theirs.KeyHash() || ours.Name() != theirs.Name() || ours.Type() != tlog.TypeLog {
		t.Errorf("%v and %s+%08x", ours, theirs.Name(), theirs.KeyHash())
	}
	msg, err := tlog.Sign(tlog.Checkpoint{Origin: logName, Size: 1}, theirs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tlog.Open(msg, ours.Verifier()); err != nil {
		t.Error(err)
	}
	if _, err := note.Open(signed(t, 3, ours), note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
}

func TestVerifierKeysOfOthersAreRead(t *testing.T) {
	for _, text := range []string{
		"TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", // transparency-dev/formats note/note_cosigv1_test.go
		publishedLog, publishedRemora, publishedSmartit + "\n",
	} {
		v, err := tlog.ParseVerifier(text)
		if err != nil || !strings.HasPrefix(text, fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash())) {
			t.Errorf("%s: %v, %v", text, v, err)
		}
	}
	for _, text := range []string{
		"", "+", "++", "name", "name+12345678", "name+12345678+", "name+12345678+!!!!",
		strings.Replace(publishedRemora, "da77ade7", "da77ade8", 1),
		strings.Replace(publishedRemora, "da77ade7", "0da77ade7", 1),
		strings.Replace(publishedRemora, "remora", "re mora", 1),
		strings.Replace(publishedRemora, "BOvN", "BevN", 1), // another type
		publishedRemora[:len(publishedRemora)-4],
	} {
		v, err := tlog.ParseVerifier(text)
		if err == nil || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%q is read as %v, %v", text, v, err)
		}
	}
}

func TestAKeyDoesNotPrintItself(t *testing.T) {
	text, err := tlog.GenerateKey(tlog.TypeWitness, "w.example")
	if err != nil {
		t.Fatal(err)
	}
	k, err := tlog.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("w.example+%08x", k.KeyHash())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, k); got != want {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if k.VerifierText() == "" || strings.Contains(k.VerifierText(), text.Reveal()[len(text.Reveal())-20:]) {
		t.Error("the verifier key holds the private key")
	}
	damaged := []string{"", "hello", "PRIVATE+KEY+", text.Reveal()[:60], strings.Replace(text.Reveal(), "w.example", "v.example", 1)}
	for _, d := range damaged {
		_, err := tlog.ParseKey(clientele.Secret(d))
		wantKind(t, err, clientele.Invalid)
	}
}

func TestKeyFilesAreTheirOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.key")
	made, err := tlog.CreateKeyFile(path, tlog.TypeLog, logName)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	loaded, err := tlog.LoadKeyFile(path)
	if err != nil || loaded.VerifierText() != made.VerifierText() {
		t.Errorf("%v, %v", loaded, err)
	}
	if _, err := tlog.CreateKeyFile(path, tlog.TypeLog, logName); err == nil {
		t.Error("a key file was overwritten")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err = tlog.LoadKeyFile(path)
	wantKind(t, err, clientele.Invalid)
	if _, err := tlog.LoadKeyFile(path + ".none"); err == nil {
		t.Error("a missing key file was loaded")
	}
}

func TestNamesThatBreakANoteAreRefused(t *testing.T) {
	for _, name := range []string{"", "a b", "a+b", "a\nb", "a\u00a0b", "a\x01b", "\xff", strings.Repeat("a", 256)} {
		_, err := tlog.GenerateKey(tlog.TypeLog, name)
		wantKind(t, err, clientele.Invalid)
	}
	_, err := tlog.GenerateKey(tlog.Type(6), "name")
	wantKind(t, err, clientele.Invalid)
}

func FuzzParseVerifier(f *testing.F) {
	f.Add(publishedLog)
	f.Add(publishedRemora)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := tlog.ParseVerifier(text)
		if err == nil && (v.Name() == "" || v.Verify([]byte(specText), nil)) {
			t.Errorf("%q is read as %v", text, v)
		}
	})
}
