package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/render"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const scanSchema = "../../api/scan.schema.json"

func schema(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decoded(t *testing.T, b []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

func asJSON(t *testing.T, s api.Scan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.JSON(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestScanMeetsItsSchema(t *testing.T) {
	s := schema(t, scanSchema)
	for name, res := range map[string]*discover.Result{"sample": sample(), "empty": {}} {
		if err := s.Validate(decoded(t, asJSON(t, render.Wire(res, "0.1.0")))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := schema(t, scanSchema)
	for name, change := range map[string]func(*api.Scan){
		"an unknown severity":       func(s *api.Scan) { s.Findings[0].Severity = "severe" },
		"an unknown risk":           func(s *api.Scan) { s.Clients[0].Risk = "" },
		"an unknown class":          func(s *api.Scan) { s.Clients[0].Credentials[0].Class = "empty" },
		"a list that is null":       func(s *api.Scan) { s.Clients[0].Owners = nil },
		"a value for a fingerprint": func(s *api.Scan) { s.Clients[0].Credentials[0].Fingerprint = "hunter2" },
		"another major version":     func(s *api.Scan) { s.SchemaVersion = "2.0" },
		"a confidence above one":    func(s *api.Scan) { s.Clients[0].Owners[0].Confidence = 80 },
		"a finding of no client":    func(s *api.Scan) { s.Findings[0].Client = "" },
	} {
		bad := scan()
		change(&bad)
		if s.Validate(decoded(t, asJSON(t, bad))) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestSchemaNamesEveryField holds the schema against the Go types, both ways.
func TestSchemaNamesEveryField(t *testing.T) {
	b, err := os.ReadFile(scanSchema)
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		definition
		Defs map[string]definition `json:"$defs"`
	}
	if err := json.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	root.Defs["scan"] = root.definition
	for name, v := range map[string]any{
		"scan": api.Scan{}, "scan_info": api.ScanInfo{}, "unreadable": api.Unreadable{}, "client": api.Client{}, "endpoint": api.Endpoint{}, "identity": api.Identity{},
		"credential": api.Credential{}, "owner": api.Owner{}, "sync": api.Sync{}, "approval": api.Approval{}, "finding": api.Finding{}, "suppressed": api.Suppressed{}, "location": api.Location{},
	} {
		root.Defs[name].compare(t, name, reflect.TypeOf(v))
	}
}

type definition struct {
	Properties map[string]any `json:"properties"`
	Required   []string       `json:"required"`
}

func (d definition) compare(t *testing.T, name string, typ reflect.Type) {
	fields := map[string]bool{}
	for i := range typ.NumField() {
		tag, option, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		fields[tag] = true
		if d.Properties[tag] == nil {
			t.Errorf("%s: the schema lacks %s", name, tag)
		}
		if required := slices.Contains(d.Required, tag); required == (option == "omitempty") {
			t.Errorf("%s: %s is required: %v, and its tag says %q", name, tag, required, option)
		}
	}
	for p := range d.Properties {
		if !fields[p] {
			t.Errorf("%s: %s is in the schema only", name, p)
		}
	}
}

func TestTheExampleMeetsTheSchema(t *testing.T) {
	b, err := os.ReadFile("../../api/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```json\n")
	example, _, _ := strings.Cut(rest, "```")
	if err := schema(t, scanSchema).Validate(decoded(t, []byte(example))); err != nil {
		t.Error(err)
	}
}
