package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/clientele/clientele/api"
)

// The types below are the part of SARIF 2.1.0 that is written here, by the names of the
// standard (docs.oasis-open.org/sarif/sarif/v2.1.0). There is no type for a snippet, so that
// none can be written: the lines around a finding hold the secret.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool                `json:"tool"`
		Invocations []sarifInvocation        `json:"invocations"`
		Bases       map[string]sarifArtifact `json:"originalUriBaseIds,omitempty"`
		Taxonomies  []sarifComponent         `json:"taxonomies"`
		Results     []sarifResult            `json:"results"`
		ColumnKind  string                   `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifComponent `json:"driver"`
	}
	sarifComponent struct {
		Name          string            `json:"name"`
		FullName      string            `json:"fullName,omitempty"`
		Version       string            `json:"version,omitempty"`
		Organization  string            `json:"organization,omitempty"`
		URI           string            `json:"informationUri,omitempty"`
		Description   *sarifText        `json:"shortDescription,omitempty"`
		Taxonomies    []sarifReference  `json:"supportedTaxonomies,omitempty"`
		Rules         []sarifDescriptor `json:"rules,omitempty"`
		Notifications []sarifDescriptor `json:"notifications,omitempty"`
		Taxa          []sarifDescriptor `json:"taxa,omitempty"`
	}
	sarifDescriptor struct {
		ID            string              `json:"id"`
		Name          string              `json:"name,omitempty"`
		Short         *sarifText          `json:"shortDescription,omitempty"`
		Full          *sarifText          `json:"fullDescription,omitempty"`
		Help          *sarifText          `json:"help,omitempty"`
		HelpURI       string              `json:"helpUri,omitempty"`
		Default       *sarifConfiguration `json:"defaultConfiguration,omitempty"`
		Relationships []sarifRelationship `json:"relationships,omitempty"`
		Properties    map[string]any      `json:"properties,omitempty"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifRelationship struct {
		Target sarifTaxon `json:"target"`
		Kinds  []string   `json:"kinds"`
	}
	sarifTaxon struct {
		ID        string         `json:"id"`
		Index     int            `json:"index"`
		Component sarifReference `json:"toolComponent"`
	}
	sarifReference struct {
		Name  string `json:"name"`
		Index int    `json:"index"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Start         string              `json:"startTimeUtc,omitempty"`
		End           string              `json:"endTimeUtc,omitempty"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Descriptor sarifRule       `json:"descriptor"`
		Level      string          `json:"level"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions"` // [] says: looked, and none
		Taxa         []sarifTaxon       `json:"taxa,omitempty"`
		Properties   map[string]any     `json:"properties,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI    string `json:"uri"`
		BaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name          string `json:"name"`
		QualifiedName string `json:"fullyQualifiedName"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// fingerprintKey names the fingerprint of findings; its number goes up when they are made
	// in another way.
	fingerprintKey = "clienteleFinding/v1"
	unreadableID   = "unreadable-file"
)

// SARIF writes the findings as SARIF 2.1.0, without white space: services limit its size.
func SARIF(w io.Writer, scan api.Scan) error {
	clients := byID(scan)
	at := newSource(scan)
	rules := sarifRules(scan)
	run := sarifRun{
		Tool:        sarifTool{sarifDriver(scan, rules)},
		Invocations: []sarifInvocation{sarifRunOf(scan, at)},
		Bases:       at.bases(),
		Taxonomies:  sarifTaxonomies(),
		Results:     make([]sarifResult, 0, len(scan.Findings)),
		ColumnKind:  "unicodeCodePoints",
	}
	index := map[string]int{}
	for i, r := range rules {
		index[r.ID] = i
	}
	for _, f := range scan.Findings {
		run.Results = append(run.Results, sarifResultOf(f, index[f.Rule], clients[f.Client], at))
	}
	b, err := json.Marshal(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
	if err == nil {
		_, err = w.Write(append(escapeUnseen(b), '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the findings as SARIF: %w", err)
	}
	return nil
}

func sarifDriver(scan api.Scan, rules []sarifDescriptor) sarifComponent {
	name, version, _ := strings.Cut(scan.Scan.Tool, " ")
	d := sarifComponent{
		Name: name, Version: version, URI: "https://github.com/clientele/clientele", Rules: rules,
		Description: &sarifText{Text: "Finds API clients, and where their secrets live."},
		Notifications: []sarifDescriptor{{
			ID: unreadableID, Name: "UnreadableFile", Short: &sarifText{Text: "A file could not be read, or not wholly."},
			Full: &sarifText{Text: "Clients and secrets in this file are missing from the results."},
		}},
	}
	for i, t := range taxonomies {
		d.Taxonomies = append(d.Taxonomies, sarifReference{t.name, i})
	}
	return d
}

func sarifRunOf(scan api.Scan, at source) sarifInvocation {
	const stamp = "2006-01-02T15:04:05.000Z"
	in := sarifInvocation{Successful: true, Notifications: []sarifNotification{}}
	if start := scan.Scan.StartedAt.UTC(); !start.IsZero() {
		in.Start = start.Format(stamp)
		in.End = start.Add(time.Duration(scan.Scan.DurationMS) * time.Millisecond).Format(stamp)
	}
	for _, u := range scan.Scan.Unreadable {
		in.Notifications = append(in.Notifications, sarifNotification{
			Descriptor: sarifRule{unreadableID}, Level: "warning",
			Message:   sarifText{Text: literal("Could not be read: " + u.Reason)},
			Locations: []sarifLocation{at.location(api.Location{File: u.Path})},
		})
	}
	return in
}
