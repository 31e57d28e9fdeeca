package clientele_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/clientele/clientele"
)

func readFile(name string) ([]byte, error) { return os.ReadFile(name) }

func TestPlaintextNeverPrints(t *testing.T) {
	const value = "Tr0ub4dor&3"
	p := clientele.Secret(value)
	slot := clientele.Slot{Name: "password", Value: p}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "p", p, "slot", slot)
	js, err := json.Marshal(map[string]any{"p": p, "slot": slot, "list": []clientele.Plaintext{p}})
	if err != nil {
		t.Fatal(err)
	}
	asKey, err := json.Marshal(map[clientele.Plaintext]int{p: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v %v", p, slot), "%+v": fmt.Sprintf("%+v %+v", p, &slot), "%#v": fmt.Sprintf("%#v %#v", p, slot), "%s": fmt.Sprintf("%s", p), "%q": fmt.Sprintf("%q", p),
		"%x": fmt.Sprintf("%x", p), "Error": fmt.Errorf("x: %v", p).Error(), "JSON": string(js), "JSON key": string(asKey), "slog": log.String(),
	} {
		if strings.Contains(text, value) || strings.Contains(text, fmt.Sprintf("%x", value)) {
			t.Errorf("%s shows the value: %s", name, text)
		}
	}
	if p.Reveal() != value || p.Len() != len(value) || p.Empty() {
		t.Error("the value is lost")
	}
}

func TestSeverityText(t *testing.T) {
	for s := clientele.Info; s <= clientele.Critical; s++ {
		b, _ := s.MarshalText()
		var back clientele.Severity
		if err := back.UnmarshalText(b); err != nil || back != s {
			t.Errorf("%s comes back as %s, %v", s, back, err)
		}
	}
	var s clientele.Severity
	if err := s.UnmarshalText([]byte("severe")); clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("an unknown severity gives %v", err)
	}
}

func TestSecretRoles(t *testing.T) {
	for r, want := range map[clientele.Role]bool{clientele.Password: true, clientele.SessionID: true, clientele.OAuthClientID: false, clientele.ConnectionString: false, "": false} {
		if r.Secret() != want {
			t.Errorf("%q: Secret is %v", r, !want)
		}
	}
	if !clientele.Obfuscated.Embedded() || clientele.Encrypted.Embedded() {
		t.Error("obfuscated values are embedded, encrypted ones are not")
	}
}
