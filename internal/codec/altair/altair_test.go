package altair_test

import (
	"fmt"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/altair"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestSuite(t *testing.T)  { codectest.Run(t, altair.Decoders) }
func FuzzDecode(f *testing.F) { codectest.Fuzz(f, altair.Decoders) }

func TestWindowsInheritFromTheirCollection(t *testing.T) {
	parts, err := altair.Decoders[0].Decode(clientele.File{Path: "x.agc", Data: []byte(`{"type":"collection","title":"C",
	"authorization":{"type":"bearer","data":{"token":"t"}},
	"queries":[{"windowName":"top","apiUrl":"https://a"},{"windowName":"own","apiUrl":"https://a","authorizationType":"basic","authorizationData":{"username":"u","password":"p"}}],
	"collections":[{"title":"In","queries":[{"windowName":"deep","apiUrl":"https://a","authorizationType":"none","authorizationData":{"password":"left"}}]}]}`)})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	want := map[string]string{"top": "bearer [C]", "own": "basic []", "deep": "bearer [C]"}
	for _, r := range parts[0].Requests {
		name := r.Chain[len(r.Chain)-1]
		if got := fmt.Sprint(r.Auth.Scheme, " ", r.Auth.Chain); got != want[name] {
			t.Errorf("%s: %s, want %s", name, got, want[name])
		}
	}
	for _, s := range parts[0].Slots {
		if left := s.Value == clientele.Secret("left"); s.Dormant != left {
			t.Errorf("%v %s: dormant is %v", s.Chain, s.Name, s.Dormant)
		}
	}
}

func TestBinaryDocumentsAreLeftAlone(t *testing.T) {
	for _, text := range []string{"SQLite format 3\x00", "bplist00\xd4", "", "PK\x03\x04"} {
		for _, d := range altair.Decoders {
			if parts, err := d.Decode(clientele.File{Path: "x.paw", Data: []byte(text)}); parts != nil || err != nil {
				t.Errorf("%s: %q gives %d parts, %v", d.Name, text, len(parts), err)
			}
		}
	}
}
