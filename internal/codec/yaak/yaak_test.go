package yaak_test

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/yaak"
)

func TestSuite(t *testing.T)  { codectest.Run(t, yaak.Decoders) }
func FuzzDecode(f *testing.F) { codectest.Fuzz(f, yaak.Decoders) }

// directory decodes one file of a synced directory.
func directory(t *testing.T, files map[string]string, name string) clientele.Part {
	t.Helper()
	parts, err := yaak.Decoders[0].Decode(clientele.File{Path: "d/" + name, Data: []byte(files[name]), Sibling: func(s string) ([]byte, error) {
		if b, ok := files[s]; ok {
			return []byte(b), nil
		}
		return nil, fs.ErrNotExist
	}})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	return parts[0]
}

func TestAuthComesFromTheFilesOfFoldersAndWorkspace(t *testing.T) {
	files := map[string]string{
		"yaak.wk_1.yaml": "model: workspace\nid: wk_1\nname: W\nauthenticationType: bearer\nauthentication: {token: t}\n",
		"yaak.fl_1.yaml": "model: folder\nid: fl_1\nworkspaceId: wk_1\nname: Outer\nauthenticationType: basic\nauthentication: {username: u, password: p}\n",
		"yaak.fl_2.yaml": "model: folder\nid: fl_2\nworkspaceId: wk_1\nfolderId: fl_1\nname: Inner\n",
		"yaak.fl_3.yaml": "model: folder\nid: fl_3\nworkspaceId: wk_1\nfolderId: fl_3\nname: Circle\n",
		"yaak.rq_1.yaml": "model: http_request\nid: rq_1\nworkspaceId: wk_1\nfolderId: fl_2\nname: R\nurl: https://a\n",
		"yaak.rq_2.yaml": "model: http_request\nid: rq_2\nworkspaceId: wk_1\nname: R\nurl: https://a\n",
		"yaak.rq_3.yaml": "model: http_request\nid: rq_3\nworkspaceId: wk_1\nfolderId: fl_9\nname: R\nurl: https://a\n",
		"yaak.rq_4.yaml": "model: http_request\nid: rq_4\nworkspaceId: wk_1\nfolderId: fl_2\nname: R\nurl: https://a\nauthenticationType: none\nauthentication: {token: old}\n",
		"yaak.rq_5.yaml": "model: http_request\nid: rq_5\nworkspaceId: wk_1\nfolderId: fl_3\nname: R\nurl: https://a\n",
	}
	for name, want := range map[string]string{"yaak.rq_1.yaml": "basic [Outer]", "yaak.rq_2.yaml": "bearer [W]",
		"yaak.rq_3.yaml": "inherit []", "yaak.rq_4.yaml": "none []", "yaak.rq_5.yaml": "inherit []"} {
		p := directory(t, files, name)
		if got := fmt.Sprint(p.Requests[0].Auth.Scheme, " ", p.Requests[0].Auth.Chain); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		for _, s := range p.Slots {
			if !s.Dormant {
				t.Errorf("%s: %s of a type that is not selected is not dormant", name, s.Name)
			}
		}
	}
	if p := directory(t, files, "yaak.wk_1.yaml"); p.Bind.As != clientele.Root || p.Auth.Scheme != "bearer" {
		t.Errorf("the workspace is bound %q with %v", p.Bind.As, p.Auth)
	}
}

func TestOnlyWholeCiphertextIsEncrypted(t *testing.T) {
	p := directory(t, map[string]string{"yaak.env_1.yaml": `model: environment
id: env_1
name: E
variables:
- {name: whole, value: '${[ secure(value="YENC_eUE0azNuQ0FB") ]}'}
- {name: mixed, value: 'x${[ secure(value="YENC_eUE0azNuQ0FB") ]}'}
- {name: reference, value: '${[ other ]}'}
`}, "yaak.env_1.yaml")
	for _, v := range p.Variables {
		if got := v.Class == clientele.Encrypted; got != (v.Name == "whole") {
			t.Errorf("%s: class %q", v.Name, v.Class)
		}
	}
}
