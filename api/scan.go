// Package api is the wire: the types in which Clientele speaks to other programs.
package api

import "time"

// SchemaVersion is that of Scan. The first number changes when a field is removed or means
// something else, the second when one is added: a reader must ignore fields it does not
// know.
const SchemaVersion = "1.0"

// Scan is what `clientele scan --format json` prints. scan.schema.json beside this file
// describes it as JSON Schema. It holds no secret value: values appear as fingerprints
// (HMAC-SHA-256 under a key of the organisation or of the machine) and as excerpts that show
// at most a publicly known prefix and the last two characters.
type Scan struct {
	SchemaVersion string    `json:"schema_version"`
	Scan          ScanInfo  `json:"scan"`
	Clients       []Client  `json:"clients"`
	Findings      []Finding `json:"findings"`
}

// ScanInfo says what was scanned.
type ScanInfo struct {
	StartedAt  time.Time    `json:"started_at"`
	DurationMS int64        `json:"duration_ms"`
	Tool       string       `json:"tool"`     // "clientele 0.1.0"
	RuleSet    string       `json:"rule_set"` // the rules for free text, with their version
	Roots      []string     `json:"roots"`
	Files      int64        `json:"files"`
	Bytes      int64        `json:"bytes"`
	Unreadable []Unreadable `json:"unreadable"`
}

// Unreadable is a file that could not be read, or not wholly, and why.
type Unreadable struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Client is one API client. Its id is the same in every scan of the same tree.
type Client struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Tool        string       `json:"tool"`
	Kind        string       `json:"kind"`
	ExternalID  string       `json:"external_id,omitempty"`
	Files       []string     `json:"files"`
	Environment string       `json:"environment"` // production, staging, test, development, local; several with commas; "" if not known
	Endpoints   []Endpoint   `json:"endpoints"`
	Identities  []Identity   `json:"identities"`
	Credentials []Credential `json:"credentials"`
	Owners      []Owner      `json:"owners"`
	Sync        []Sync       `json:"sync"`
	Approvals   []Approval   `json:"approvals,omitempty"`
	Exports     []string     `json:"exports,omitempty"`
	Outputs     []string     `json:"outputs,omitempty"`
	Risk        string       `json:"risk"` // the severity of its worst finding
}

// Endpoint is something a client calls. References that could not be followed stay in it.
type Endpoint struct {
	Method      string   `json:"method"`
	Scheme      string   `json:"scheme"`
	Host        string   `json:"host"`
	Path        string   `json:"path"`
	URLTemplate string   `json:"url_template"`
	Auth        string   `json:"auth,omitempty"`
	AuthFrom    []string `json:"auth_from,omitempty"`
	Location    Location `json:"location"`
}

// Identity is whom a client signs in as.
type Identity struct {
	Scheme    string     `json:"scheme"`
	Principal string     `json:"principal"`
	Kind      string     `json:"kind,omitempty"` // person, machine
	Issuer    string     `json:"issuer"`
	Audience  string     `json:"audience,omitempty"`
	Scopes    []string   `json:"scopes,omitempty"`
	IssuedAt  *time.Time `json:"issued_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Location  *Location  `json:"location,omitempty"`
}

// Credential is a place for a secret, and what stands there.
type Credential struct {
	Fingerprint string     `json:"fingerprint"` // empty unless class is literal or obfuscated
	Role        string     `json:"role"`
	Class       string     `json:"class"` // reference, placeholder, encrypted, obfuscated, literal
	Place       string     `json:"place"`
	Name        string     `json:"name,omitempty"`
	Location    Location   `json:"location"`
	Excerpt     string     `json:"excerpt"`
	Weak        bool       `json:"weak,omitempty"`
	Dormant     bool       `json:"dormant,omitempty"`
	Recorded    bool       `json:"recorded,omitempty"`
	Marked      bool       `json:"marked_secret,omitempty"`
	Principal   string     `json:"principal,omitempty"`
	Host        string     `json:"host,omitempty"`
	Provider    string     `json:"provider,omitempty"`
	Environment string     `json:"environment,omitempty"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
	Refs        []string   `json:"refs,omitempty"`
	DefinedAt   []Location `json:"defined_at,omitempty"`
}

// Owner is a candidate, inferred from the evidence. Nobody is an owner until they attest.
type Owner struct {
	Who        string  `json:"who"`
	Kind       string  `json:"kind"`
	Evidence   string  `json:"evidence"`
	Confidence float64 `json:"confidence"`
}

// Sync says how a client's content travels.
type Sync struct {
	Mode   string `json:"mode"` // local, git, cloud
	Where  string `json:"where,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Approval is what an agent may do without asking.
type Approval struct {
	What  string `json:"what"`
	Rule  string `json:"rule"`
	Broad bool   `json:"broad,omitempty"`
}

// Finding is one rule broken in one place.
type Finding struct {
	Rule        string      `json:"rule"`
	Severity    string      `json:"severity"`
	Client      string      `json:"client"`
	Fingerprint string      `json:"fingerprint"`          // of the finding: stable while rule, client, place and value stay
	Credential  string      `json:"credential,omitempty"` // fingerprint of the value concerned
	Location    Location    `json:"location"`
	Message     string      `json:"message"`
	Remedy      string      `json:"remedy"`
	NHI         string      `json:"nhi"` // OWASP Non-Human Identities Top 10, 2025
	CSF         string      `json:"csf"` // NIST CSF 2.0
	Suppressed  *Suppressed `json:"suppressed,omitempty"`
}

// Suppressed says why a finding does not count.
type Suppressed struct {
	Reason string `json:"reason"`
}

// Location is a place in a file. Path leads to it by names, and does not change when lines
// move.
type Location struct {
	File string   `json:"file"`
	Path []string `json:"path"`
	Line int      `json:"line"`
}
