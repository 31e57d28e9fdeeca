package kreya_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/kreya"
)

func TestSuite(t *testing.T)  { codectest.Run(t, kreya.Decoders) }
func FuzzDecode(f *testing.F) { codectest.Fuzz(f, kreya.Decoders) }

func decode(t *testing.T, path, text string, beside ...string) []clientele.Part {
	t.Helper()
	files := map[string]string{}
	for _, name := range beside {
		files[name] = ""
	}
	return codectest.DecodeBeside(t, kreya.Decoders, path, text, files)
}

func TestBodiesAreReadOnlyBesideTheirOperation(t *testing.T) {
	const body = `{"password":"p"}`
	if parts := decode(t, "a/Login-request.json", body); parts != nil {
		t.Error("a file that only has the name of a body is read")
	}
	for path, recorded := range map[string]bool{"a/Login-request.json": false, "a/Login-request-2.txt": false, "a/Login.response.snapshot.json": true} {
		parts := decode(t, path, body, "Login.krop")
		if len(parts) != 1 || len(parts[0].Texts) != 1 || parts[0].Texts[0].Recorded != recorded {
			t.Errorf("%s: %d parts", path, len(parts))
		}
	}
}

func TestEnvironmentNamesAreThoseThatTemplatesUse(t *testing.T) {
	p := decode(t, "a/Prod.krenv", `{"globalContent":{"a":{"b":"1"},"c":"2"}}`)[0]
	want := []string{"a.b", "c"}
	if len(p.Variables) != len(want) || p.Bind.As != clientele.Supplies || p.Environment != "Prod" {
		t.Fatalf("%d variables, bound %q, environment %q", len(p.Variables), p.Bind.As, p.Environment)
	}
	for i, v := range p.Variables {
		if v.Name != want[i] {
			t.Errorf("variable %q, want %q", v.Name, want[i])
		}
	}
}

func TestOperationWithoutChoiceInheritsItsAuth(t *testing.T) {
	if r := decode(t, "a/x.krop", `{"details":{"path":"/x","httpMethod":"get"}}`)[0].Requests[0]; r.Auth.Scheme != "inherit" || r.Method != "GET" {
		t.Errorf("%s %s", r.Method, r.Auth.Scheme)
	}
	if r := decode(t, "a/x.krop", `{"details":{"methodFqn":"a.B.C"},"authId":"1"}`)[0].Requests[0]; r.Auth.Scheme != "custom" || r.URL != clientele.Secret("/a.B.C") {
		t.Errorf("%s, URL of %d bytes", r.Auth.Scheme, r.URL.Len())
	}
}
