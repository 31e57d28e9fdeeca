package render_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/render"
)

func asSARIF(t *testing.T, s api.Scan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.SARIF(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The schema of OASIS: see testdata/NOTICE.txt.
func TestSARIFMeetsTheStandard(t *testing.T) {
	s := schema(t, "testdata/sarif-schema-2.1.0.json")
	unknown := scan()
	unknown.Findings[0].Rule = "rule-of-tomorrow"
	roots := scan()
	roots.Scan.Roots = []string{`C:\Users\ana`, `D:\work`}
	for name, scan := range map[string]api.Scan{"sample": scan(), "empty": {Scan: api.ScanInfo{Tool: "clientele 0.1.0"}}, "unknown rule": unknown, "two drives": roots} {
		if err := s.Validate(decoded(t, asSARIF(t, scan))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGoldenSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := json.Indent(&b, asSARIF(t, scan()), "", "  "); err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/scan.sarif", b.Bytes())
}

func TestSARIFHasNoSnippet(t *testing.T) {
	if b := asSARIF(t, scan()); bytes.Contains(b, []byte("snippet")) || bytes.Contains(b, []byte("contextRegion")) {
		t.Error("there is a snippet")
	}
}

// sarif is what a reader takes from a SARIF file.
type sarif struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Bases       map[string]struct{ URI string } `json:"originalUriBaseIds"`
		Invocations []struct {
			Notifications []any `json:"toolExecutionNotifications"`
		}
		Taxonomies []struct{ Taxa []struct{ ID string } }
		Results    []struct {
			RuleID    string
			RuleIndex int
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				Physical struct {
					Artifact struct{ URI, URIBaseID string } `json:"artifactLocation"`
					Region   struct{ StartLine int }
				} `json:"physicalLocation"`
				Logical []struct{ FullyQualifiedName string } `json:"logicalLocations"`
			}
			PartialFingerprints map[string]string
			Suppressions        []struct{ Justification string }
			Taxa                []struct {
				ID            string
				Index         int
				ToolComponent struct{ Index int }
			}
		}
	}
}

func readSARIF(t *testing.T, s api.Scan) sarif {
	t.Helper()
	var log sarif
	if err := json.Unmarshal(asSARIF(t, s), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestSARIFRefersToWhatIsThere(t *testing.T) {
	s := scan()
	run := readSARIF(t, s).Runs[0]
	if len(run.Results) != len(s.Findings) {
		t.Fatalf("%d results of %d findings", len(run.Results), len(s.Findings))
	}
	for i, r := range run.Results {
		if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
			t.Errorf("rule %d is %s, want %s", r.RuleIndex, got, r.RuleID)
		}
		if r.PartialFingerprints["clienteleFinding/v1"] != s.Findings[i].Fingerprint {
			t.Errorf("%s has fingerprints %v", r.RuleID, r.PartialFingerprints)
		}
		for _, x := range r.Taxa {
			if got := run.Taxonomies[x.ToolComponent.Index].Taxa[x.Index].ID; got != x.ID {
				t.Errorf("taxon %s leads to %s", x.ID, got)
			}
		}
		if len(r.Taxa) < 2 {
			t.Errorf("%s has taxa %v", r.RuleID, r.Taxa)
		}
	}
	if n := len(run.Invocations[0].Notifications); n != len(s.Scan.Unreadable) {
		t.Errorf("%d notifications", n)
	}
	if got := run.Results[10].Suppressions; len(got) != 1 || !strings.Contains(got[0].Justification, "SEC-114") {
		t.Errorf("suppressions %v", got)
	}
}

// TestSARIFLeadsToTheFile resolves each location as a reader does.
func TestSARIFLeadsToTheFile(t *testing.T) {
	s := scan()
	s.Findings[0].Location.File = "/home/ana/work/c:d/old.zip!/in/a b.json"
	run := readSARIF(t, s).Runs[0]
	base, err := url.Parse(run.Bases["SRCROOT"].URI)
	if err != nil || base.Path != "/home/ana/work/" {
		t.Fatalf("SRCROOT is %v: %v", base, err)
	}
	for i, r := range run.Results {
		want, _, archive := strings.Cut(s.Findings[i].Location.File, "!/")
		at := r.Locations[0]
		u, err := url.Parse(at.Physical.Artifact.URI)
		if err != nil {
			t.Fatal(err)
		}
		if at.Physical.Artifact.URIBaseID != "" {
			u = base.ResolveReference(u)
		}
		if u.Path != want {
			t.Errorf("%s leads to %q, want %q", at.Physical.Artifact.URI, u.Path, want)
		}
		if archive && (at.Physical.Region.StartLine != 0 || !strings.HasPrefix(at.Logical[0].FullyQualifiedName, "in/a b.json › ")) {
			t.Errorf("in an archive: %+v", at)
		}
	}
}

func TestSARIFMessagesAreNoMarkup(t *testing.T) {
	s := scan()
	s.Findings[0].Message = "a token of [x](http://evil.example) {0} \x1b[2J"
	got := readSARIF(t, s).Runs[0].Results[0].Message.Text
	if strings.Contains(got, "](") || strings.Contains(strings.ReplaceAll(got, "{{0}}", ""), "{0}") || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}
