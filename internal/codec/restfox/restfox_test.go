package restfox_test

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/restfox"
)

func TestSuite(t *testing.T)  { codectest.Run(t, restfox.Decoders) }
func FuzzDecode(f *testing.F) { codectest.Fuzz(f, restfox.Decoders) }

func TestAuthIsInheritedFromTheGroup(t *testing.T) {
	parts, err := restfox.Decoders[0].Decode(clientele.File{Path: "x.json", Data: []byte(`{"exportedFrom":"Restfox-1.0.0","collection":[
	{"_id":"g","_type":"request_group","name":"G","parentId":"g","authentication":{"type":"bearer","token":"t"}},
	{"_id":"1","_type":"request","name":"inherits","parentId":"g","url":"https://a","authentication":{"type":"inherit"}},
	{"_id":"2","_type":"request","name":"none","parentId":"g","url":"https://a","authentication":{"type":"No Auth","password":"left"}},
	{"_id":"3","_type":"request","name":"own","parentId":"g","url":"https://a","authentication":{"type":"basic","username":"u","password":"p"}}]}`)})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	want := map[string]string{"inherits": "bearer", "none": "none", "own": "basic"}
	for _, r := range parts[0].Requests {
		if name := r.Chain[len(r.Chain)-1]; r.Auth.Scheme != want[name] {
			t.Errorf("%s: %s, want %s", name, r.Auth.Scheme, want[name])
		}
	}
	for _, s := range parts[0].Slots {
		if left := s.Value == clientele.Secret("left"); s.Dormant != left {
			t.Errorf("%v %s: dormant is %v", s.Chain, s.Name, s.Dormant)
		}
	}
}

func TestTheTopmostFolderFileIsTheClient(t *testing.T) {
	for _, c := range []struct {
		above bool
		want  clientele.BindAs
	}{{true, clientele.Member}, {false, clientele.Root}} {
		f := clientele.File{Path: "w/_.json", Data: []byte(`{"_type":"request_group","environment":{"a":"b"}}`),
			Sibling: func(s string) ([]byte, error) {
				if c.above && s == "../_.json" {
					return []byte("{}"), nil
				}
				return nil, fs.ErrNotExist
			}}
		parts, err := restfox.Decoders[1].Decode(f)
		if err != nil || len(parts) != 1 || parts[0].Bind.As != c.want {
			t.Errorf("%v: %v %v", c, parts, err)
		}
	}
}

func TestInsomniasExportIsLeftAlone(t *testing.T) {
	for i, text := range []string{`{"_type":"export","__export_format":4,"resources":[{"_type":"request","url":"https://a"}]}`, `{"_type": "requester"}`, `x "_type": "request"`} {
		parts, err := restfox.Decoders[1].Decode(clientele.File{Path: "x.json", Data: []byte(text)})
		if fmt.Sprint(parts, err) != "[] <nil>" {
			t.Errorf("%d: %d parts, %v", i, len(parts), err)
		}
	}
}
