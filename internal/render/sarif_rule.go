package render

import (
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/judge"
)

// sarifRules describes every rule of the program, and those of the findings that it does not
// know, which a scan of a newer one may have.
func sarifRules(scan api.Scan) []sarifDescriptor {
	out := make([]sarifDescriptor, 0, len(judge.Rules))
	for _, r := range judge.Rules {
		out = append(out, sarifRuleOf(r))
	}
	for _, f := range scan.Findings {
		if slices.ContainsFunc(out, func(d sarifDescriptor) bool { return d.ID == f.Rule }) {
			continue
		}
		out = append(out, sarifRuleOf(clientele.Rule{ID: clientele.RuleID(f.Rule), Severity: severity(f.Severity), Title: f.Rule, Remedy: f.Remedy, NHI: f.NHI, CSF: f.CSF}))
	}
	return out
}

func sarifRuleOf(r clientele.Rule) sarifDescriptor {
	d := sarifDescriptor{
		ID:      string(r.ID),
		Name:    pascal(string(r.ID)),
		Short:   &sarifText{Text: literal(r.Title)},
		Full:    &sarifText{Text: literal(firstOf(r.Why, r.Title))},
		Help:    ruleHelp(r),
		Default: &sarifConfiguration{level(r.Severity)},
		Properties: map[string]any{
			"tags":              ruleTags(r),
			"security-severity": score(r.Severity),
			"precision":         "high",
			"problem.severity":  level(r.Severity),
		},
	}
	for _, t := range taxaOf(string(r.ID), r.NHI, r.CSF) {
		d.Relationships = append(d.Relationships, sarifRelationship{Target: t, Kinds: []string{"relevant"}})
	}
	return d
}

func ruleHelp(r clientele.Rule) *sarifText {
	refs := strings.Join(references(r.NHI, r.CSF), ". ")
	return &sarifText{
		Text:     literal(r.Why + "\n\nWhat to do: " + r.Remedy + "\n\n" + refs),
		Markdown: literal("**" + r.Title + ".** " + r.Why + "\n\n**What to do:** " + r.Remedy + "\n\n" + refs + "\n\n`clientele explain " + string(r.ID) + "`"),
	}
}

func ruleTags(r clientele.Rule) []string {
	tags := []string{"security", "api-client"}
	for _, id := range []string{r.NHI, r.CSF} {
		if id != "" {
			tags = append(tags, id)
		}
	}
	if hardCoded[r.ID] {
		tags = append(tags, "external/cwe/cwe-798")
	}
	return tags
}

// level is SARIF's word for a severity.
func level(s clientele.Severity) string {
	switch s {
	case clientele.Critical, clientele.High:
		return "error"
	case clientele.Medium:
		return "warning"
	}
	return "note"
}

// score is the number that code scanning services sort by, as text: 9 and more is critical,
// 7 high, 4 medium, above 0 low. They have no word for info.
func score(s clientele.Severity) string {
	return [...]string{"0.5", "2.5", "5.5", "8.0", "9.5"}[s]
}

// pascal turns "embedded-secret" into "EmbeddedSecret".
func pascal(id string) string {
	var b strings.Builder
	for _, w := range strings.Split(id, "-") {
		if w != "" {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}
