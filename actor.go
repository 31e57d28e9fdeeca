package clientele

// SystemRole is what a person or machine may do in Clientele itself. (Role, without
// System, is what a credential is for.)
type SystemRole string

// The system roles.
const (
	ViewerRole   SystemRole = "viewer"   // sees clients, services and findings
	OwnerRole    SystemRole = "owner"    // may own clients, ask for access, review
	ApproverRole SystemRole = "approver" // decides on requests, but never on those of their own
	SecurityRole SystemRole = "security" // sees all, suspends and quarantines, runs campaigns
	AuditorRole  SystemRole = "auditor"  // reads the audit, changes nothing
	AdminRole    SystemRole = "admin"    // people, sign-in, settings; no decisions by that alone
)

// SystemRoles lists all system roles.
var SystemRoles = []SystemRole{ViewerRole, OwnerRole, ApproverRole, SecurityRole, AuditorRole, AdminRole}

// ActorKind says what acts.
type ActorKind string

// The kinds of actor.
const (
	PersonActor  ActorKind = "person"
	MachineActor ActorKind = "machine" // a service account with a machine token
	SystemActor  ActorKind = "system"  // Clientele itself, by a rule
)

// Actor is who does something.
type Actor struct {
	Kind  ActorKind
	ID    string // a person's or service account's id; for the system the job's name
	Roles []SystemRole
	Teams []string
	// Rule is what made the system act: "review missed at tier 3". Required for a
	// SystemActor, so that no automatic act is without a cause on record.
	Rule string
	// Session is the id of the session or token the actor came with; not the token.
	Session string
	// Source is the network address, personal data for a person.
	Source string
}

// String is how the actor stands in the audit: "person:per_…", "system:review-sweep".
func (a Actor) String() string { return string(a.Kind) + ":" + a.ID }

// System is Clientele itself, acting for the named job because of rule.
func System(job, rule string) Actor { return Actor{Kind: SystemActor, ID: job, Rule: rule} }
