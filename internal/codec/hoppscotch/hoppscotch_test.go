package hoppscotch_test

import (
	"fmt"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/hoppscotch"
)

func TestSuite(t *testing.T)  { codectest.Run(t, hoppscotch.Decoders) }
func FuzzDecode(f *testing.F) { codectest.Fuzz(f, hoppscotch.Decoders) }

func decode(t *testing.T, i int, text string) []clientele.Part {
	t.Helper()
	parts, err := hoppscotch.Decoders[i].Decode(clientele.File{Path: "x.json", Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func TestAuthIsInheritedThroughFoldersUntilOneIsSwitchedOff(t *testing.T) {
	const auth = `"auth":{"authType":"inherit","authActive":true}`
	p := decode(t, 0, `{"v":3,"name":"C","auth":{"authType":"bearer","authActive":true,"token":"t"},"headers":[],
	"requests":[{"v":"7","name":"top","endpoint":"https://a","method":"GET",`+auth+`}],
	"folders":[{"v":3,"name":"In",`+auth+`,"folders":[],"requests":[{"v":"7","name":"deep","endpoint":"https://a","method":"GET",`+auth+`}]},
	{"v":3,"name":"Off","auth":{"authType":"basic","authActive":false,"username":"u","password":"p"},"folders":[],
	"requests":[{"v":"7","name":"off","endpoint":"https://a","method":"GET",`+auth+`}]}]}`)[0]
	want := map[string]string{"top": "bearer [C]", "deep": "bearer [C]", "off": "none []"}
	for _, r := range p.Requests {
		name := r.Chain[len(r.Chain)-1]
		if got := fmt.Sprint(r.Auth.Scheme, " ", r.Auth.Chain); got != want[name] {
			t.Errorf("%s: %s, want %s", name, got, want[name])
		}
	}
	for _, s := range p.Slots {
		if dormant := s.Chain[0] == "Off"; s.Dormant != dormant {
			t.Errorf("%s of %v: dormant is %v", s.Name, s.Chain, s.Dormant)
		}
	}
}

func TestSchemaZeroKeepsUnselectedCredentials(t *testing.T) {
	p := decode(t, 0, `[{"name":"C","folders":[],"requests":[{"name":"R","url":"https://a","path":"/b","method":"GET",
	"auth":"Basic Auth","httpUser":"u","httpPassword":"p","bearerToken":"t"}]}]`)[0]
	if got := p.Requests[0]; got.URL != clientele.Secret("https://a/b") || got.Auth.Scheme != "basic" {
		t.Errorf("URL of %d bytes, scheme %q", got.URL.Len(), got.Auth.Scheme)
	}
	for _, s := range p.Slots {
		if s.Dormant != (s.Name == "bearerToken") {
			t.Errorf("%s: dormant is %v", s.Name, s.Dormant)
		}
	}
	if len(p.Slots) != 3 {
		t.Errorf("%d slots, want 3", len(p.Slots))
	}
}

func TestOtherToolsFilesAreLeftAlone(t *testing.T) {
	for _, text := range []string{
		`{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}`,
		`{"id":"1","name":"E","values":[{"key":"a","value":"b","enabled":true}]}`,
		`{"name":"C","requests":[{"id":"1","url":"https://a","method":"GET"}],"folders":[]}`,
		`{"name":"E","variables":[{"name":"a","value":"b"}]}`,
		`"authActive" is a word`, `const x = {"authActive": true}`, ``, `[]`, `{}`,
	} {
		if parts := decode(t, 0, text); parts != nil {
			t.Errorf("%.40s: %d parts", text, len(parts))
		}
	}
}

func TestInitialValueIsShadowedByTheCurrentOne(t *testing.T) {
	p := decode(t, 0, `{"v":2,"name":"E","variables":[{"key":"k","initialValue":"a","currentValue":"b","secret":true},
	{"key":"same","initialValue":"c","currentValue":"c","secret":false}]}`)[0]
	var got []string
	for _, v := range p.Variables {
		got = append(got, fmt.Sprint(v.Name, " ", v.Dormant, " ", v.Marked))
	}
	if want := "[k false true k true true same false false]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestFlagOfAVariableAloneIsNoHoppscotch(t *testing.T) {
	for _, text := range []string{
		`{"name": "job", "variables": [{"key": "A", "value": "b", "secret": true}]}`,
		`{"v": 1, "id": "x", "name": "job", "variables": [{"name": "A", "value": "b", "secret": true}]}`,
		`{"v": 1, "id": "x", "name": "job", "variables": [{"key": "A", "secret": true}, {"key": "B", "value": "c"}]}`,
		`{"name": "col", "requests": [{"url": "https://a.test", "path": "/"}], "folders": [], "x": {"secret": false}}`,
	} {
		if parts := codectest.Decode(t, hoppscotch.Decoders, "deploy/vars.json", text); len(parts) > 0 {
			t.Errorf("%s: %s", text, codectest.Dump(parts))
		}
	}
}
