package bruno_test

import (
	"errors"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/bruno"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestSuite(t *testing.T) { codectest.Run(t, bruno.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, bruno.Decoders) }

// decode runs every decoder that the path brings the text to.
func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, bruno.Decoders, path, text)
}

func one(t *testing.T, path, text string) clientele.Part {
	t.Helper()
	return codectest.One(t, decode(t, path, text))
}

func TestUnselectedAuthBlockIsDormant(t *testing.T) {
	p := one(t, "c/r.bru", "get {\n  url: https://x\n  auth: bearer\n}\nauth:basic {\n  username: u\n  password: p\n}\nauth:bearer {\n  token: t\n}\n")
	if s := p.Requests[0].Auth.Scheme; s != "bearer" {
		t.Errorf("scheme %q", s)
	}
	for _, s := range p.Slots {
		if want := s.Name != "token"; s.Dormant != want {
			t.Errorf("%s: dormant %v", s.Name, s.Dormant)
		}
	}
}

func TestInheritIsLeftToTheTree(t *testing.T) {
	p := one(t, "c/r.bru", "get {\n  url: https://x\n  auth: inherit\n}\n")
	if a := p.Requests[0].Auth; a.Scheme != "inherit" || p.Bind.As != clientele.Member {
		t.Errorf("auth %+v, bound as %q", a, p.Bind.As)
	}
	p = one(t, "c/folder.bru", "meta {\n  name: F\n}\nauth {\n  mode: basic\n}\n")
	if p.Auth == nil || p.Auth.Scheme != "basic" || p.Auth.Chain[0] != "F" {
		t.Errorf("folder auth %+v", p.Auth)
	}
}

func TestUserNameWithoutPasswordIsTheKey(t *testing.T) {
	p := one(t, "c/r.bru", "get {\n  url: https://x\n  auth: basic\n}\nauth:basic {\n  username: sk_live_x\n  password: \n}\n")
	if len(p.Slots) != 1 || p.Slots[0].Role != "" || len(p.Identities) != 0 {
		t.Errorf("slots %+v, identities %+v", p.Slots, p.Identities)
	}
}

func TestSecretVariableHasNoValueInTheCollection(t *testing.T) {
	p := one(t, "c/environments/dev.bru", "vars {\n  a: 1\n}\nvars:secret [\n  pin\n]\n")
	if p.Bind.As != clientele.Supplies || p.Environment != "dev" || len(p.Variables) != 2 {
		t.Fatalf("%+v", p)
	}
	if v := p.Variables[1]; !v.Marked || !v.Value.Empty() || v.External == "" {
		t.Errorf("%+v", v)
	}
}

func TestSealedValuesKeepTheirCipherText(t *testing.T) {
	p := one(t, "bruno/secrets.json", `{"collections":[{"path":"/c","environments":[{"name":"e","secrets":[
		{"name":"k","value":"$00:aa"},{"name":"m","value":"$01:bb"},{"name":"p","value":"open"}]}]}]}`)
	for i, want := range []clientele.Class{clientele.Encrypted, clientele.Obfuscated, ""} {
		if v := p.Variables[i]; v.Class != want {
			t.Errorf("%s is %q, want %q", v.Name, v.Class, want)
		}
	}
	if v := p.Variables[1].Value.Reveal(); v != "$01:bb" {
		t.Errorf("value %q", v)
	}
}

func TestCookiesAreAsOpenAsTheirPasskey(t *testing.T) {
	for mark, want := range map[string]clientele.Class{"$00:aa": clientele.Encrypted, "$01:aa": clientele.Obfuscated} {
		p := one(t, "bruno/cookies.json", `{"encryptedPasskey":"`+mark+`","cookies":{"h":[{"key":"sid","value":"$01:cc"}]}}`)
		if c := p.Slots[1].Class; c != want {
			t.Errorf("under a passkey sealed as %s the cookie is %q, want %q", mark, c, want)
		}
	}
}

func TestTwoFilesNamedSecrets(t *testing.T) {
	if p := one(t, "bruno/secrets.json", `{"type":"vault","cli":{"auth":{"token":"hvs.x"}},"data":[]}`); p.Bind.As != clientele.Member {
		t.Errorf("the secret manager's settings are bound as %q", p.Bind.As)
	}
	if parts := decode(t, "app/secrets.json", `{"ConnectionStrings:Db":"x"}`); len(parts) != 0 {
		t.Errorf("another program's secrets.json gives %d parts", len(parts))
	}
}

func TestOtherYAMLIsLeftAlone(t *testing.T) {
	for path, text := range map[string]string{
		"deploy/environments/prod.yml": "variables:\n  - name: A\n    value: b\n",
		"ci/environments/x.yml":        "name: x\nvariables:\n  - name: A\njobs: []\n",
		"api/openapi.yml":              "openapi: 3.0.0\ninfo:\n  title: t\npaths: {}\n",
		"k8s/service.yml":              "apiVersion: v1\nkind: Service\n",
		"x/broken.yml":                 "a: [\n",
	} {
		if parts := decode(t, path, text); len(parts) != 0 {
			t.Errorf("%s gives %d parts", path, len(parts))
		}
	}
}

func TestAuthInOneFileIsResolved(t *testing.T) {
	p := one(t, "c/opencollection.yml", "opencollection: 1.0.0\ninfo:\n  name: C\nitems:\n"+
		"  - info: {name: F, type: folder}\n    request: {auth: {type: basic, username: u}}\n    items:\n"+
		"      - info: {name: R, type: http}\n        http: {method: get, url: https://x, auth: inherit}\n")
	a := p.Requests[0].Auth
	if a.Scheme != "basic" || len(a.Chain) != 2 || a.Chain[1] != "F" {
		t.Errorf("%+v", a)
	}
}

func TestFaultNamesTheLineAndNoValue(t *testing.T) {
	parts, err := bruno.Decoders[0].Decode(clientele.File{Path: "e.bru", Data: []byte("vars {\n  a: 1\n  hunter2\n")})
	var e *clientele.Error
	if !errors.As(err, &e) || e.Msg != "line 3: a colon was expected after a key" {
		t.Errorf("error %v", err)
	}
	if len(parts) != 1 || len(parts[0].Variables) != 1 {
		t.Errorf("what stands before the fault is lost: %+v", parts)
	}
}
