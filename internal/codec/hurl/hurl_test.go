package hurl_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/hurl"
)

func TestSuite(t *testing.T) { codectest.Run(t, hurl.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, hurl.Decoders) }

func decode(t *testing.T, data string) clientele.Part {
	t.Helper()
	parts, err := hurl.Decoders[0].Decode(clientele.File{Path: "t/a.hurl", Data: []byte(data)})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	return parts[0]
}

func TestUserMeansWhatTheOtherOptionsSay(t *testing.T) {
	for options, want := range map[string]clientele.Role{
		"user: k:s\naws-sigv4: aws:amz:eu-central-1:s3": clientele.SecretKey,
		"aws-sigv4: aws:amz:eu-central-1:s3\nuser: k:s": clientele.SecretKey,
		"digest: true\nuser: k:s":                       clientele.Password,
		"user: k:s":                                     clientele.Password,
	} {
		p := decode(t, "GET https://h.test/\n[Options]\n"+options+"\nHTTP 200\n")
		if len(p.Slots) != 2 || p.Slots[1].Role != want || p.Slots[1].Value.Reveal() != "s" || p.Slots[1].Principal != "k" {
			t.Errorf("%q: slots are %+v", options, p.Slots)
		}
	}
}

func TestEscapedSignsBelongToTheValue(t *testing.T) {
	p := decode(t, "GET https://h.test/\nX-Key: a\\#b c #not this\n[BasicAuth]\nus\\:er: p:w\\#1\n")
	want := []string{"a#b c", "us:er", "p:w#1"}
	for i, s := range p.Slots {
		if s.Value.Reveal() != want[i] {
			t.Errorf("slot %d is %q, want %q", i, s.Value.Reveal(), want[i])
		}
	}
}

func TestJSONArrayIsABodyAndNoSection(t *testing.T) {
	p := decode(t, "POST https://h.test/\n[\n  {\"a\": 1}\n]\nHTTP 201\n{\"token\": \"x\"}\nGET https://h.test/2\n")
	if len(p.Requests) != 2 || len(p.Texts) != 2 || p.Texts[0].Place != clientele.InBody || p.Texts[1].Place != clientele.InResponse {
		t.Errorf("%d requests, texts %+v", len(p.Requests), p.Texts)
	}
}

func TestVariablesBesideAreTheFolders(t *testing.T) {
	p := codectest.One(t, codectest.DecodeBeside(t, hurl.Decoders, "e2e/login.hurl", "GET https://a.test/{{x}}\n", map[string]string{"vars.env": "x=1\n"}))
	if len(p.Links) != 1 || p.Links[0].Path != "vars.env" || p.Links[0].Rel != clientele.UsesVars {
		t.Errorf("links %+v", p.Links)
	}
}
