package insomnia_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/insomnia"
)

func TestSuite(t *testing.T)  { codectest.Run(t, insomnia.Decoders) }
func FuzzDecode(f *testing.F) { codectest.Fuzz(f, insomnia.Decoders) }

// decode runs the decoder of that name over a file without neighbours.
func decode(t *testing.T, decoder, path, text string) []clientele.Part {
	t.Helper()
	return codectest.DecodeBy(t, insomnia.Decoders, decoder, path, text)
}

func find(t *testing.T, p clientele.Part, value string) clientele.Slot {
	t.Helper()
	for _, s := range p.Slots {
		if s.Value == clientele.Secret(value) {
			return s
		}
	}
	t.Fatalf("no slot holds %q", value)
	return clientele.Slot{}
}

func TestReplacedAndDeletedValuesAreDormant(t *testing.T) {
	p := decode(t, "insomnia store", "Insomnia/insomnia.Request.db", strings.Join([]string{
		`{"_id":"req_1","type":"Request","name":"A","headers":[{"name":"X-Key","value":"first"}]}`,
		`{"_id":"req_2","type":"Request","name":"B","headers":[{"name":"X-Key","value":"gone"}]}`,
		`{"_id":"req_1","type":"Request","name":"A renamed","headers":[{"name":"X-Key","value":"last"},{"name":"X-Old","value":"kept"}]}`,
		`{"_id":"req_2","$$deleted":true}`,
		`{"_id":"req_1","type":"Request","name":"A","headers":[{"name":"X-Key","value":"last"},{"name":"X-Old","value":"kept"}]}`,
	}, "\n"))[0]
	for value, want := range map[string]string{"first": "[A earlier value] dormant 1", "gone": "[B deleted] dormant 2", "last": "[A] live 5", "kept": "[A] live 5"} {
		s := find(t, p, value)
		state := "live"
		if s.Dormant {
			state = "dormant"
		}
		if got := fmt.Sprint(s.Chain, " ", state, " ", s.Line); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	if len(p.Slots) != 4 || len(p.Requests) != 1 {
		t.Errorf("%d slots and %d requests: what did not change must be there once", len(p.Slots), len(p.Requests))
	}
}

func TestAuthIsInheritedFromTheNearestFolderThatDecides(t *testing.T) {
	const file = `{"_type":"export","__export_format":4,"resources":[
	{"_id":"wrk_1","_type":"workspace","name":"W"},
	{"_id":"fld_1","_type":"request_group","parentId":"wrk_1","name":"Outer","authentication":{"type":"basic","username":"u","password":"p"}},
	{"_id":"fld_2","_type":"request_group","parentId":"fld_1","name":"Inner","authentication":{"type":"bearer","token":"t","disabled":true}},
	{"_id":"req_1","_type":"request","parentId":"fld_2","name":"inherits","authentication":{}},
	{"_id":"req_2","_type":"request","parentId":"fld_2","name":"none","authentication":{"type":"none"}},
	{"_id":"req_3","_type":"request","parentId":"wrk_1","name":"top","authentication":{}},
	{"_id":"req_4","_type":"request","parentId":"fld_gone","name":"lost","authentication":{}}]}`
	want := map[string]string{"inherits": "basic [Outer]", "none": "none []", "top": "none []", "lost": "inherit []"}
	for _, p := range decode(t, "insomnia export", "x.json", file) {
		for _, r := range p.Requests {
			name := r.Chain[len(r.Chain)-1]
			if got := fmt.Sprint(r.Auth.Scheme, " ", r.Auth.Chain); got != want[name] {
				t.Errorf("%s: %s, want %s", name, got, want[name])
			}
			delete(want, name)
		}
	}
	if len(want) != 0 {
		t.Errorf("not decoded: %v", want)
	}
}

func TestParentsThatFormACircleEnd(t *testing.T) {
	parts := decode(t, "insomnia export", "x.json", `{"__export_format":4,"resources":[
	{"_id":"fld_1","_type":"request_group","parentId":"fld_2","name":"a","authentication":{"type":"bearer","token":"t"}},
	{"_id":"fld_2","_type":"request_group","parentId":"fld_1","name":"b","authentication":{"type":"bearer","token":"t"}}]}`)
	if len(parts) != 1 || len(parts[0].Slots) != 2 {
		t.Errorf("got %d parts", len(parts))
	}
}

func TestSecretPairMayBePlainText(t *testing.T) {
	p := decode(t, "insomnia document", "x.yaml", `type: environment.insomnia.rest/5.0
name: G
environments:
  name: Base
  kvPairData:
    - {name: sealed, type: secret, value: eyJpdiI6IjAxIiwidCI6IjAyIiwiYWQiOiIiLCJkIjoiMDMifQ==}
    - {name: open, type: secret, value: hunter22}
    - {name: jwt, type: secret, value: eyJpdiI6MX0.eyJhIjoxfQ.c2ln}
  data:
    vault: {open: hunter22}
`)[0]
	want := map[string]clientele.Class{"vault.sealed": clientele.Encrypted, "vault.open": "", "vault.jwt": ""}
	if len(p.Variables) != len(want) {
		t.Errorf("%d variables, want %d: what stands in both forms is one", len(p.Variables), len(want))
	}
	for _, v := range p.Variables {
		if v.Class != want[v.Name] || !v.Marked {
			t.Errorf("%s: class %q, marked %v", v.Name, v.Class, v.Marked)
		}
	}
	if p.Bind.As != clientele.Supplies {
		t.Errorf("a global environment supplies, not %q", p.Bind.As)
	}
}

func TestAConflictIsAnError(t *testing.T) {
	for decoder, text := range map[string]string{
		"insomnia export":   "{\n\"_type\": \"export\",\n<<<<<<< HEAD\n\"__export_format\": 4,\n=======\n",
		"insomnia document": "type: collection.insomnia.rest/5.0\nname: x\n<<<<<<< HEAD\n  a: [\n=======\n",
	} {
		for _, d := range insomnia.Decoders {
			if d.Name != decoder {
				continue
			}
			if _, err := d.Decode(clientele.File{Path: "x", Data: []byte(text)}); err == nil || !strings.Contains(err.Error(), "line ") {
				t.Errorf("%s: error %v, want one with a line", decoder, err)
			}
		}
	}
}

func TestStoreIsNamedForItsWorkspaces(t *testing.T) {
	p := decode(t, "insomnia store", "Insomnia/insomnia.Workspace.db", `{"_id":"wrk_1","type":"Workspace","name":"Fleet"}
{"_id":"wrk_2","type":"Workspace","name":"Gone"}
{"_id":"wrk_2","$$deleted":true}
{"_id":"wrk_3","type":"Workspace","name":"Depot"}`)[0]
	if p.Name != "Fleet, Depot" {
		t.Errorf("the store is named %q", p.Name)
	}
}
