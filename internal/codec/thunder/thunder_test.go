package thunder_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/thunder"
)

func TestSuite(t *testing.T) { codectest.Run(t, thunder.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, thunder.Decoders) }

// decode reads a file that lies beside the collections of version 1, if any are given.
func decode(t *testing.T, path, text, collections string) []clientele.Part {
	t.Helper()
	beside := map[string]string{}
	if collections != "" {
		beside["thunderCollection.json"] = collections
	}
	return codectest.DecodeBeside(t, thunder.Decoders, path, text, beside)
}

const collections = `[{"_id":"c","colName":"Col","folders":[
	{"_id":"f","name":"Outer","containerId":"","settings":{"auth":{"type":"basic","basic":{"username":"u","password":"p"}}}},
	{"_id":"g","name":"Inner","containerId":"f"}],"settings":{"auth":{"type":"bearer","bearer":"t"}}}]`

func TestRequestTakesTheNearestAuth(t *testing.T) {
	for _, c := range []struct{ request, scheme, from, chain string }{
		{`{"colId":"c","containerId":"g","name":"R","url":"https://x"}`, "basic", "Col/Outer", "Col/Outer/Inner/R"},
		{`{"colId":"c","containerId":"","name":"R","url":"https://x"}`, "bearer", "Col", "Col/R"},
		{`{"colId":"c","containerId":"g","name":"R","url":"https://x","auth":{"type":"none"}}`, "none", "", "Col/Outer/Inner/R"},
		{`{"colId":"c","containerId":"g","name":"R","url":"https://x","auth":{"type":"inherit"}}`, "basic", "Col/Outer", "Col/Outer/Inner/R"},
		{`{"colId":"lost","name":"R","url":"https://x"}`, "none", "", "R"},
	} {
		r := decode(t, "thunder-tests/thunderclient.json", "["+c.request+"]", collections)[0].Requests[0]
		if r.Auth.Scheme != c.scheme || strings.Join(r.Auth.Chain, "/") != c.from || strings.Join(r.Chain, "/") != c.chain {
			t.Errorf("%s: %s from %v at %v", c.request, r.Auth.Scheme, r.Auth.Chain, r.Chain)
		}
	}
}

func TestFoldersInARingEnd(t *testing.T) {
	ring := `[{"_id":"c","colName":"Col","folders":[{"_id":"f","name":"F","containerId":"g"},{"_id":"g","name":"G","containerId":"f"}]}]`
	r := decode(t, "thunder-tests/thunderclient.json", `[{"containerId":"f","name":"R","url":"https://x"}]`, ring)[0].Requests[0]
	if len(r.Chain) > 40 {
		t.Errorf("chain of %d names", len(r.Chain))
	}
}

func TestFilesOfVersionOneAreOneClient(t *testing.T) {
	if p := decode(t, "thunder-tests/thunderCollection.json", collections, ""); p[0].Bind.As != clientele.Root || p[0].Name != "Col" {
		t.Errorf("%+v", p[0].Bind)
	}
	if p := decode(t, "thunder-tests/thunderclient.json", `[{"url":"https://x"}]`, ""); p[0].Bind.As != clientele.Member {
		t.Errorf("%+v", p[0].Bind)
	}
}

func TestLocalEnvironmentIsNotShared(t *testing.T) {
	p := decode(t, "thunder-tests/thunderEnvironment.json", `[{"_id":"a","name":"dev","data":[{"name":"k","value":1}]},
		{"_id":"b","name":"(Local Env)","local":true,"data":[{"name":"k","value":"2"}]}]`, "")
	if len(p) != 2 || len(p[0].Sync) != 0 || len(p[1].Sync) != 1 || p[1].Variables[0].Scope != "local" {
		t.Errorf("%+v", p)
	}
	if p[0].Variables[0].Value.Reveal() != "1" || p[0].Bind.Key == p[1].Bind.Key {
		t.Errorf("%+v", p)
	}
}

func TestHistoryPutsNoSecretIntoChains(t *testing.T) {
	url := "https://x/?access_token=geheim"
	p := decode(t, "thunder-tests/thunderActivity.json", `[{"_id":"1","name":"`+url+`","url":"`+url+`","method":"GET","headers":[{"name":"h","value":"v"}]}]`, "")[0]
	if strings.Contains(strings.Join(p.Slots[0].Chain, " "), "geheim") || !p.Slots[0].Recorded {
		t.Errorf("%+v", p.Slots[0])
	}
}

func TestCapturedTokenIsAVariableWithoutValue(t *testing.T) {
	p := decode(t, "t/thunderclient.json", `[{"url":"https://x","tests":[{"type":"set-env-var","custom":"json.t","value":"{{token, global}}"}]}]`, "")[0]
	if v := p.Variables[0]; v.Name != "token" || !v.Value.Empty() || v.External == "" {
		t.Errorf("%+v", v)
	}
}

func TestTextThatOnlyNamesTheToolIsNoExport(t *testing.T) {
	if p := decode(t, "tools.json", `{"recommended":["Thunder Client"]}`, ""); len(p) != 0 {
		t.Errorf("%+v", p)
	}
}
