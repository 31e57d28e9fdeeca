package httpfile_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/httpfile"
)

func TestSuite(t *testing.T) { codectest.Run(t, httpfile.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, httpfile.Decoders) }

// decode reads a file with the first decoder that takes its path or content.
func decode(t *testing.T, path, text string) []clientele.Part {
	t.Helper()
	return codectest.Decode(t, httpfile.Decoders, path, text)
}

func one(t *testing.T, path, text string) clientele.Part {
	t.Helper()
	return codectest.One(t, decode(t, path, text))
}

func TestAuthorizationFormsOfTheToolsAreSplit(t *testing.T) {
	for _, c := range []struct {
		header string
		want   map[clientele.Role]string
		who    string
	}{
		{"Digest user passwd", map[clientele.Role]string{clientele.Username: "user", clientele.Password: "passwd"}, "user"},
		{"Digest user:pa:ss", map[clientele.Role]string{clientele.Username: "user", clientele.Password: "pa:ss"}, "user"},
		{"Digest {{$dotenv A}} {{$dotenv B}}", map[clientele.Role]string{clientele.Password: "{{$dotenv B}}"}, "{{$dotenv A}}"},
		{`Digest username="u", realm="r"`, map[clientele.Role]string{clientele.AuthHeader: `Digest username="u", realm="r"`}, ""},
		{"AWS id key token:t region:r", map[clientele.Role]string{clientele.Identifier: "id", clientele.SecretKey: "key", clientele.Token: "t"}, "id"},
		{"AWS id:signature", map[clientele.Role]string{clientele.AuthHeader: "AWS id:signature"}, ""},
		{"COGNITO u p eu-west-1 pool client", map[clientele.Role]string{clientele.Password: "p", clientele.OAuthClientID: "client"}, "u"},
		{"NTLM TlRMTVNTUAABAAAA", map[clientele.Role]string{clientele.AuthHeader: "NTLM TlRMTVNTUAABAAAA"}, ""},
		{"Basic user passwd", map[clientele.Role]string{clientele.AuthHeader: "Basic user passwd"}, "user"},
		{"Basic user:passwd", map[clientele.Role]string{clientele.AuthHeader: "Basic user:passwd"}, "user"},
		{"Basic dXNlcjpwYXNzd2Q=", map[clientele.Role]string{clientele.AuthHeader: "Basic dXNlcjpwYXNzd2Q="}, "user"},
		{"Bearer {{token}}", map[clientele.Role]string{clientele.AuthHeader: "Bearer {{token}}"}, ""},
	} {
		p := one(t, "a/b.http", "GET https://x.test/\nAuthorization: "+c.header+"\n")
		got := map[clientele.Role]string{}
		for _, s := range p.Slots {
			got[s.Role] = s.Value.Reveal()
		}
		for role, want := range c.want {
			if got[role] != want {
				t.Errorf("%s: %s is %q, want %q", c.header, role, got[role], want)
			}
		}
		who := ""
		for _, id := range p.Identities {
			who = id.Principal
		}
		if who != c.who {
			t.Errorf("%s: identity is %q, want %q", c.header, who, c.who)
		}
	}
}

func TestNamesOfRequestsHoldNoSecret(t *testing.T) {
	p := one(t, "a.http", "POST https://u:p4ss@h.test/hooks/T0000/q1w2e3r4t5y6u7i8o9p0?key=s3cret#frag\n###\nPOST https://h.test/hooks\n###\nPOST https://h.test/hooks\n")
	want := []string{"POST /hooks/T0000/…", "POST /hooks", "POST /hooks (2)"}
	for i, r := range p.Requests {
		if r.Chain[1] != want[i] {
			t.Errorf("request %d is called %q, want %q", i, r.Chain[1], want[i])
		}
	}
}

func TestURLContinuesOnIndentedLinesOnly(t *testing.T) {
	p := one(t, "a.http", "GET https://h.test/a\n  ?b=1\n  &c=2\nX-A: one\n  two\n\n{}")
	if got := p.Requests[0].URL.Reveal(); got != "https://h.test/a?b=1&c=2" {
		t.Errorf("URL is %q", got)
	}
	if got := p.Slots[0].Value.Reveal(); got != "one two" {
		t.Errorf("header is %q", got)
	}
}

func TestLockedEnvironmentSaysNothing(t *testing.T) {
	if parts := decode(t, "http-client.private.env.json", "\x00GITCRYPT\x00\x12\x34{\"a\":{\"b\":\"c\"}}"); parts != nil {
		t.Errorf("a file locked by git-crypt gives %d parts", len(parts))
	}
}

func TestProviderKeepsTheValueElsewhere(t *testing.T) {
	p := one(t, "http-client.env.json", `{"dev":{"K":{"provider":"AzureKeyVault","keyVaultName":"v","secretName":"s"},
		"E":{"provider":"Encrypted","value":"AQAA"}}}`)
	if v := p.Variables[0]; v.External != "AzureKeyVault: v/s" || !v.Value.Empty() {
		t.Errorf("K is %+v", v)
	}
	if v := p.Variables[1]; v.Class != clientele.Encrypted || v.Value.Reveal() != "AQAA" {
		t.Errorf("E is %+v", v)
	}
}

func TestCommentedHeadersAndVariablesAreDormant(t *testing.T) {
	p := one(t, "a.http", "# @old = v1\n@new = v2\n# see http://docs.test: all\nGET https://h.test/\n# X-Key: k1\nX-Key: k2\n")
	if !p.Variables[0].Dormant || p.Variables[1].Dormant {
		t.Error("of the variables, only the first is switched off")
	}
	if len(p.Slots) != 2 || !p.Slots[0].Dormant || p.Slots[1].Dormant {
		t.Errorf("of the headers, only the first is switched off: %+v", p.Slots)
	}
}

func TestOtherTextIsNotTaken(t *testing.T) {
	for path, data := range map[string]string{
		"docs/index.rest":                "Title\n=====\n\nSome *reStructured* text.\n",
		"empty.http":                     "",
		"README.md":                      "Set `rest-client.environmentVariables` in your settings.",
		"web/package.json":               `{"proxy": "http://localhost:3001", "a": {"httpyac": {"proxy": "x"}}}`,
		".idea/httpRequests/config.json": `{"token":"x"}`,
	} {
		if parts := decode(t, path, data); parts != nil {
			t.Errorf("%s gives %d parts", path, len(parts))
		}
	}
}

func TestMultipartFieldsAreSlots(t *testing.T) {
	p := one(t, "a.http", "POST https://h.test/\nContent-Type: multipart/form-data; boundary=B\n\n--B\nContent-Disposition: form-data; name=\"pin\"\n\n1234\n--B\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\n\ndata\n--B--\n")
	var got []string
	for _, s := range p.Slots {
		if s.Place == clientele.InBody {
			got = append(got, s.Name+"="+s.Value.Reveal())
		}
	}
	if len(got) != 1 || got[0] != "pin=1234" {
		t.Errorf("fields are %q", got)
	}
}
