package k6_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/k6"
)

func TestSuite(t *testing.T) { codectest.Run(t, k6.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, k6.Decoders) }

func decode(t *testing.T, src string) clientele.Part {
	t.Helper()
	parts, err := k6.Decoders[0].Decode(clientele.File{Path: "t.js", Data: []byte("import http from 'k6/http';\n" + src)})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	return parts[0]
}

func TestComputedValuesAreReferences(t *testing.T) {
	for src, want := range map[string]string{
		"const a = __ENV.A":                "${__ENV.A}",
		"const a = __ENV.A || 'x y'":       "${__ENV.A:-x y}",
		"const a = 'p' + __ENV.A + \"s\";": "p${__ENV.A}s",
		"const a = `p${__ENV.A}`\nlet b":   "p${__ENV.A}",
		"const a = 'it\\'s';":              "it's",
		"const a = 'one'\nfoo(bar)":        "one",
	} {
		p := decode(t, src)
		if len(p.Variables) != 1 || p.Variables[0].Value.Reveal() != want {
			t.Errorf("%q: variables are %d, want %q", src, len(p.Variables), want)
			for _, v := range p.Variables {
				t.Logf("%s = %q", v.Name, v.Value.Reveal())
			}
		}
	}
}

func TestParametersByNameAuthenticate(t *testing.T) {
	p := decode(t, "const params = { headers: { Authorization: 'Bearer abc' } };\nexport default function () {\n  const res = http.post(`${BASE}/x?y=1`, JSON.stringify({ pin: '12' }), params);\n}")
	if len(p.Requests) != 1 || p.Requests[0].Auth == nil || p.Requests[0].Auth.Scheme != "bearer" || p.Requests[0].Method != "POST" {
		t.Fatalf("requests are %+v", p.Requests)
	}
	if len(p.Slots) != 2 || p.Slots[0].Role != clientele.AuthHeader || p.Slots[1].Name != "pin" || p.Slots[1].Place != clientele.InBody {
		t.Errorf("slots are %+v", p.Slots)
	}
}

func TestBlocksAreNotObjects(t *testing.T) {
	p := decode(t, "export default function () { if (x) { http.get('https://h.test/a'); } switch (y) { case 'k': http.get('https://h.test/b') } }")
	if len(p.Requests) != 2 || len(p.Slots) != 0 {
		t.Errorf("%d requests and %d slots, want 2 and 0", len(p.Requests), len(p.Slots))
	}
}

func TestOtherProgramsAreNotTaken(t *testing.T) {
	for name, src := range map[string]string{
		"a.js": "// see k6/http\nconst token = 'x'", "README.md": "import http from 'k6/http'",
	} {
		parts, err := k6.Decoders[0].Decode(clientele.File{Path: name, Data: []byte(src)})
		if parts != nil || err != nil {
			t.Errorf("%s gives %d parts, error %v", name, len(parts), err)
		}
	}
}
