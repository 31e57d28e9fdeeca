package oidc_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/oidc"
)

var (
	flow = oidc.Flow{State: strings.Repeat("S", 26), Nonce: strings.Repeat("N", 26), Verifier: strings.Repeat("V", 43)}
	noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

func TestASealedFlowOpensUnderItsKeyWithinItsTime(t *testing.T) {
	key := [32]byte{1, 2, 3}
	value := oidc.Seal(key, flow, noon)
	if got, err := oidc.Open(key, value, noon.Add(oidc.FlowLifetime-time.Second)); err != nil || got != flow {
		t.Errorf("%+v %v", got, err)
	}
	if len(value) > 400 || strings.ContainsAny(value, " \",;\\=") {
		t.Errorf("no value for a cookie: %s", value)
	}
	if value == oidc.Seal(key, flow, noon) {
		t.Error("two seals are alike")
	}
	for name, open := range map[string]func() (oidc.Flow, error){
		"late":        func() (oidc.Flow, error) { return oidc.Open(key, value, noon.Add(oidc.FlowLifetime)) },
		"other key":   func() (oidc.Flow, error) { return oidc.Open([32]byte{}, value, noon) },
		"cut":         func() (oidc.Flow, error) { return oidc.Open(key, value[:len(value)-1], noon) },
		"empty":       func() (oidc.Flow, error) { return oidc.Open(key, "", noon) },
		"short":       func() (oidc.Flow, error) { return oidc.Open(key, "AAAA", noon) },
		"long":        func() (oidc.Flow, error) { return oidc.Open(key, strings.Repeat("A", 1<<20), noon) },
		"no base64":   func() (oidc.Flow, error) { return oidc.Open(key, "!"+value, noon) },
		"with a tail": func() (oidc.Flow, error) { return oidc.Open(key, value+"AAAA", noon) },
	} {
		if got, err := open(); clientele.KindOf(err) != clientele.Unauthenticated || err == nil || got != (oidc.Flow{}) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func TestASealedFlowCannotBeChanged(t *testing.T) {
	key := [32]byte{1}
	raw, err := base64.RawURLEncoding.DecodeString(oidc.Seal(key, flow, noon))
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 1
		if got, err := oidc.Open(key, base64.RawURLEncoding.EncodeToString(raw), noon); err == nil {
			t.Errorf("byte %d: %+v", i, got)
		}
		raw[i] ^= 1
	}
}

func FuzzOpen(f *testing.F) {
	key := [32]byte{1}
	f.Add(oidc.Seal([32]byte{2}, flow, noon))
	f.Fuzz(func(t *testing.T, value string) {
		if got, err := oidc.Open(key, value, noon); err == nil {
			t.Errorf("%q opened: %+v", value, got)
		}
	})
}
