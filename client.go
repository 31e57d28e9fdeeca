package clientele

import "time"

// ClientID names a client. It is made of the tool and the place, so that two scans of the
// same tree agree on it, and of nothing secret.
type ClientID string

// Client is one API client as a scan found it.
type Client struct {
	ID          ClientID
	Name        string
	Tool        Tool
	Kind        Kind
	ExternalID  string
	Files       []string
	Environment string // production, staging, test, development, local, several, or "" for not known
	Endpoints   []Endpoint
	Identities  []Identity
	Credentials []Credential
	Owners      []Owner
	Sync        []Sync
	Approvals   []Approval
	Exports     []string
	Outputs     []string
	Risk        Severity // the worst of its findings
}

// Endpoint is something a client calls.
type Endpoint struct {
	Method string
	Scheme string // https, http, wss, grpc, postgres, …
	Host   string // with the port where it is not the scheme's own; may hold references
	Path   string // without query
	// URLTemplate is the URL with references kept and secrets masked.
	URLTemplate string
	Auth        string   // the effective scheme, see Auth.Scheme
	AuthFrom    []string // the chain that leads to it, where it was inherited
	Location    Location
}

// Identity is whom a client signs in as, as far as its files tell.
type Identity struct {
	Scheme    string // as Auth.Scheme; "oidc" for federated workload identity
	Principal string // user name, client id, account e-mail, role ARN; may be a reference
	Kind      IdentityKind
	Issuer    string
	Audience  string
	Scopes    []string
	IssuedAt  time.Time
	ExpiresAt time.Time
	Location  Location
}

// IdentityKind tells people from machines.
type IdentityKind string

// The kinds of identity.
const (
	UnknownIdentity IdentityKind = ""
	Person          IdentityKind = "person"
	Machine         IdentityKind = "machine"
)

// Owner is a candidate for who answers for a client. A scan infers candidates; nobody is an
// owner until they attest to it.
type Owner struct {
	Who        string
	Kind       OwnerKind
	Evidence   string  // where that comes from: "CODEOWNERS line 4", "12 of 15 commits"
	Confidence float64 // 0 to 1
}

// OwnerKind is the sort of party that may own a client.
type OwnerKind string

// The kinds of owner.
const (
	PersonOwner  OwnerKind = "person"
	TeamOwner    OwnerKind = "team"
	ServiceOwner OwnerKind = "service_account"
	VendorOwner  OwnerKind = "workspace" // known only by a vendor's workspace or user id
)
