package render

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele/api"
)

func sarifResultOf(f api.Finding, rule int, c *api.Client, at source) sarifResult {
	if c == nil {
		c = &api.Client{ID: f.Client}
	}
	sev := severity(f.Severity)
	r := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: level(sev),
		Message:      sarifText{Text: literal(nameOf(*c) + ": " + sentence(plain(f.Message)))},
		Locations:    []sarifLocation{at.location(f.Location)},
		Fingerprints: map[string]string{fingerprintKey: f.Fingerprint},
		Suppressions: []sarifSuppression{},
		Taxa:         taxaOf(f.Rule, f.NHI, f.CSF),
		Properties: map[string]any{
			"severity": f.Severity, "security-severity": score(sev), "clientId": f.Client, "client": nameOf(*c), "tool": c.Tool,
			"environment": plain(c.Environment),
		},
	}
	if len(c.Owners) > 0 {
		r.Properties["likelyOwner"] = plain(c.Owners[0].Who)
	}
	if f.Credential != "" {
		r.Properties["credentialFingerprint"] = f.Credential
	}
	if f.Suppressed != nil {
		r.Suppressions = append(r.Suppressions, sarifSuppression{Kind: "external", Status: "accepted", Justification: plain(f.Suppressed.Reason)})
	}
	return r
}

var placeholder = regexp.MustCompile(`\{(\d+)\}`)

// literal keeps text from being read as SARIF's message syntax: "{0}" would be replaced by an
// argument, "[a](b)" shown as a link. Other braces are left as they are: the standard wants
// all of them doubled, but the services that show results do not undo that.
func literal(s string) string {
	s = placeholder.ReplaceAllString(s, "{{$1}}")
	return strings.ReplaceAll(s, "](", "] (")
}

// source is the folder that paths are written relative to.
type source struct{ root string }

// sourceID stands for that folder in the file: whoever reads it elsewhere puts their own in
// its place.
const sourceID = "SRCROOT"

// newSource takes the deepest folder that holds all roots. A root may be a file.
func newSource(scan api.Scan) source {
	files := map[string]bool{}
	for _, f := range scan.Findings {
		files[f.Location.File] = true
	}
	for _, u := range scan.Scan.Unreadable {
		files[u.Path] = true
	}
	root := ""
	for i, r := range scan.Scan.Roots {
		r = strings.ReplaceAll(r, `\`, "/")
		if files[r] {
			r = path.Dir(r)
		}
		if i == 0 {
			root = r
		}
		for root != "" && !within(r, root) {
			root = parent(root)
		}
	}
	return source{root}
}

func within(file, dir string) bool {
	return dir == "/" || file == dir || strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// parent is the folder above, or "" above the top.
func parent(dir string) string {
	if up := path.Dir(dir); up != dir && up != "." {
		return up
	}
	return ""
}

func (s source) bases() map[string]sarifArtifact {
	if s.root == "" {
		return nil
	}
	return map[string]sarifArtifact{sourceID: {URI: strings.TrimSuffix(fileURI(s.root), "/") + "/"}}
}

// location writes a place as file and line, and as the names that lead to it. What lies in an
// archive is located at the archive, and its line belongs to another file than that.
func (s source) location(at api.Location) sarifLocation {
	var out sarifLocation
	names := at.Path
	file, member, inside := strings.Cut(at.File, "!/")
	if inside {
		names = append([]string{member}, names...)
	}
	if file != "" {
		out.Physical = &sarifPhysical{Artifact: s.artifact(file)}
		if at.Line > 0 && !inside {
			out.Physical.Region = &sarifRegion{at.Line}
		}
	}
	if len(names) > 0 {
		out.Logical = []sarifLogical{{Name: plain(names[len(names)-1]), QualifiedName: plain(chain(names))}}
	}
	return out
}

func (s source) artifact(file string) sarifArtifact {
	if s.root == "" || !within(file, s.root) {
		return sarifArtifact{URI: fileURI(file)}
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(file, strings.TrimSuffix(s.root, "/")), "/")
	if rel == "" {
		rel = "."
	}
	// String puts "./" before a first name with a colon, which would be read as a scheme.
	return sarifArtifact{URI: (&url.URL{Path: rel}).String(), BaseID: sourceID}
}

func fileURI(file string) string {
	if !strings.HasPrefix(file, "/") {
		file = "/" + file // C:/Users
	}
	return (&url.URL{Scheme: "file", Path: file}).String()
}
