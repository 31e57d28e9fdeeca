package clientele

import "fmt"

// Severity orders findings.
type Severity int

// The severities, least first.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

func (s Severity) String() string {
	if s < Info || s > Critical {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return severityNames[s]
}

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Severity) UnmarshalText(b []byte) error {
	for i, n := range severityNames {
		if n == string(b) {
			*s = Severity(i)
			return nil
		}
	}
	return &Error{Kind: Invalid, Msg: fmt.Sprintf("unknown severity %q: use info, low, medium, high or critical", b)}
}

// RuleID names a rule, in lower case with hyphens: "embedded-secret".
type RuleID string

// Rule is one thing that can be wrong with a client.
type Rule struct {
	ID       RuleID
	Severity Severity // the usual one; a finding may differ, and says why
	Title    string
	Why      string
	Remedy   string
	NHI      string // OWASP Non-Human Identities Top 10, 2025: "NHI2:2025"
	CSF      string // NIST CSF 2.0 subcategory: "PR.AA-01"
}

// Finding is one rule broken in one place.
type Finding struct {
	Rule     RuleID
	Severity Severity
	Client   ClientID
	// Fingerprint identifies the finding itself, stable while its client, rule, structural
	// place and value stay the same. It is a keyed hash.
	Fingerprint string
	// Credential is the fingerprint of the value concerned, or empty.
	Credential string
	Location   Location
	Message    string
	Remedy     string
	// Suppressed gives the reason when a suppression covers it.
	Suppressed string
}
