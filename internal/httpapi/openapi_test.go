package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/httpapi"
)

var update = flag.Bool("update", false, "write api/openapi.json anew")

const golden = "../../api/openapi.json"

// The description that is served, the one in the repository, and the table of routes are
// one and the same.
func TestDescriptionIsTrue(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	status, _, served := h.send("", "GET", "/v1/openapi.json", "")
	if status != 200 {
		t.Fatal(status)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(served), "", " "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	if *update {
		if err := os.WriteFile(golden, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(committed, pretty.Bytes()) {
		t.Errorf("api/openapi.json is not what is served: go test ./internal/httpapi -run Description -update (%v)", err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID, Summary string
			Responses            map[string]any
			Security             []any
		}
	}
	if err := json.Unmarshal([]byte(served), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatal(err, doc.OpenAPI)
	}
	described := 0
	for path, ops := range doc.Paths {
		for method, op := range ops {
			described++
			if op.Summary == "" || op.OperationID == "" || op.Responses["401"] == nil {
				t.Errorf("%s %s: says too little", method, path)
			}
		}
	}
	if n := len(httpapi.Table()); n != described {
		t.Errorf("%d routes, %d are described", n, described)
	}
}
