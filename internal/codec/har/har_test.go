package har_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/har"
)

func TestSuite(t *testing.T) { codectest.Run(t, har.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, har.Decoders) }

func decode(t *testing.T, data string) []clientele.Part {
	t.Helper()
	parts, err := har.Decoders[0].Decode(clientele.File{Path: "a.har", Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func TestSessionIsSaidOnceForEachHost(t *testing.T) {
	const entry = `{"request":{"method":"GET","url":"https://a.test/x","headers":[{"name":"Cookie","value":"sid=1"}]}}`
	const other = `{"request":{"method":"GET","url":"https://b.test/x","headers":[{"name":"Cookie","value":"sid=1"}]}}`
	p := decode(t, `{"log":{"entries":[`+entry+`,`+entry+`,`+other+`]}}`)[0]
	if len(p.Requests) != 3 || len(p.Slots) != 2 {
		t.Fatalf("%d requests and %d slots, want 3 and 2", len(p.Requests), len(p.Slots))
	}
	for _, s := range p.Slots {
		if !s.Recorded || s.Role != clientele.CookieHeader {
			t.Errorf("slot is %+v", s)
		}
	}
}

func TestCookieRowsAreReadWhereTheHeaderIsMissing(t *testing.T) {
	p := decode(t, `{"log":{"entries":[{"request":{"method":"GET","url":"https://a.test/","headers":[],"cookies":[{"name":"sid","value":"v","expires":"2027-01-02T03:04:05.000Z"}]}}]}}`)[0]
	if len(p.Slots) != 1 || p.Slots[0].ExpiresAt.Year() != 2027 || p.Requests[0].Auth.Scheme != "cookie" {
		t.Errorf("slots are %+v", p.Slots)
	}
}

func TestContentIsDecodedAndSiteFilesAreLeft(t *testing.T) {
	p := decode(t, `{"log":{"entries":[
		{"request":{"method":"GET","url":"https://a.test/t"},"response":{"content":{"mimeType":"application/json","encoding":"base64","text":"eyJ0IjoidiJ9"}}},
		{"request":{"method":"GET","url":"https://a.test/app.js"},"response":{"content":{"mimeType":"text/javascript","text":"var t"}}}]}}`)[0]
	if len(p.Texts) != 1 || p.Texts[0].Text.Reveal() != `{"t":"v"}` {
		t.Errorf("%d texts", len(p.Texts))
	}
}
