package render

import (
	"slices"
	"strings"

	"github.com/clientele/clientele"
)

// taxonomy is a catalogue that others keep and that findings are sorted by.
type taxonomy struct {
	name, full, version, owner, uri string
	taxa                            []taxon
}

type taxon struct{ id, name, uri string }

// hardCoded are the rules that are cases of CWE-798.
var hardCoded = map[clientele.RuleID]bool{
	"embedded-secret": true, "tracked-secret": true, "cloud-synced-secret": true, "obfuscated-secret": true, "dormant-secret": true, "unmarked-secret": true,
}

// taxonomies are the catalogues, in the order in which SARIF refers to them. Of NIST CSF and
// CWE they hold what the rules use. Their names are those of the publishers.
var taxonomies = []taxonomy{
	{"OWASP-NHI", "OWASP Non-Human Identities Top 10", "2025", "OWASP", "https://owasp.org/www-project-non-human-identities-top-10/2025/", []taxon{
		{id: "NHI1:2025", name: "Improper Offboarding"},
		{id: "NHI2:2025", name: "Secret Leakage"},
		{id: "NHI3:2025", name: "Vulnerable Third-Party NHI"},
		{id: "NHI4:2025", name: "Insecure Authentication"},
		{id: "NHI5:2025", name: "Overprivileged NHI"},
		{id: "NHI6:2025", name: "Insecure Cloud Deployment Configurations"},
		{id: "NHI7:2025", name: "Long-Lived Secrets"},
		{id: "NHI8:2025", name: "Environment Isolation"},
		{id: "NHI9:2025", name: "NHI Reuse"},
		{id: "NHI10:2025", name: "Human Use of NHI"},
	}},
	{"NIST-CSF", "NIST Cybersecurity Framework", "2.0", "NIST", "https://www.nist.gov/cyberframework", []taxon{
		{id: "GV.RR-02", name: "Roles, responsibilities, and authorities related to cybersecurity risk management are established, communicated, understood, and enforced"},
		{id: "ID.AM-03", name: "Representations of the organization's authorized network communication and internal and external network data flows are maintained"},
		{id: "ID.AM-08", name: "Systems, hardware, software, services, and data are managed throughout their life cycles"},
		{id: "PR.AA-01", name: "Identities and credentials for authorized users, services, and hardware are managed by the organization"},
		{id: "PR.AA-03", name: "Users, services, and hardware are authenticated"},
		{id: "PR.AA-05", name: "Access permissions, entitlements, and authorizations are defined in a policy, managed, enforced, and reviewed, and incorporate the principles of least privilege and separation of duties"},
		{id: "PR.DS-01", name: "The confidentiality, integrity, and availability of data-at-rest are protected"},
		{id: "PR.DS-02", name: "The confidentiality, integrity, and availability of data-in-transit are protected"},
	}},
	{"CWE", "Common Weakness Enumeration", "", "MITRE", "https://cwe.mitre.org/", []taxon{
		{id: "798", name: "Use of Hard-coded Credentials", uri: "https://cwe.mitre.org/data/definitions/798.html"},
	}},
}

// taxaOf refers to what a rule's trouble is in each catalogue. An id that is not listed is
// left out: a reference must lead somewhere.
func taxaOf(rule, nhi, csf string) []sarifTaxon {
	ids := []string{nhi, csf, ""}
	if hardCoded[clientele.RuleID(rule)] {
		ids[2] = "798"
	}
	var out []sarifTaxon
	for i, t := range taxonomies {
		if n := slices.IndexFunc(t.taxa, func(x taxon) bool { return x.id == ids[i] }); n >= 0 {
			out = append(out, sarifTaxon{ID: ids[i], Index: n, Component: sarifReference{t.name, i}})
		}
	}
	return out
}

// references writes the two ids of a rule with their names.
func references(nhi, csf string) []string {
	var out []string
	for i, id := range []string{nhi, csf} {
		if name := taxonName(taxonomies[i], id); name != "" {
			out = append(out, taxonomies[i].owner+" "+id+": "+name)
		}
	}
	return out
}

func taxonName(t taxonomy, id string) string {
	for _, x := range t.taxa {
		if x.id == id {
			return x.name
		}
	}
	return ""
}

func sarifTaxonomies() []sarifComponent {
	var out []sarifComponent
	for _, t := range taxonomies {
		c := sarifComponent{Name: t.name, FullName: t.full, Version: t.version, Organization: t.owner, URI: t.uri, Description: &sarifText{Text: strings.TrimSpace(t.full + " " + t.version)}}
		for _, x := range t.taxa {
			c.Taxa = append(c.Taxa, sarifDescriptor{ID: x.id, Name: strings.TrimSuffix(x.name, "."), Short: &sarifText{Text: x.name}, HelpURI: x.uri})
		}
		out = append(out, c)
	}
	return out
}
