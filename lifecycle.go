package clientele

import "slices"

// State is where a governed client stands between discovery and its tombstone. Whatever
// else is true of a client (orphaned, dormant, overdue, …) is a Condition: computed, with
// reasons, and never stored.
type State string

// The states.
const (
	Discovered  State = "discovered"  // seen by a scan; has no rights here
	Claimed     State = "claimed"     // a person attested to owning it
	Requested   State = "requested"   // waits for a decision on its first request
	Active      State = "active"      // may do what its grants say
	Suspended   State = "suspended"   // may do nothing, and is one act away from Active
	Quarantined State = "quarantined" // may do nothing: a leak or a compromised device is looked into
	Retiring    State = "retiring"    // its credentials are being revoked and tested dead
	Retired     State = "retired"     // a tombstone; its id is never used again
	Rejected    State = "rejected"    // its first request was refused; a new request makes a new client
)

// States lists all states in the order of a client's life.
var States = []State{Discovered, Claimed, Requested, Active, Suspended, Quarantined, Retiring, Retired, Rejected}

// Live reports whether a client in this state still has to be governed.
func (s State) Live() bool { return s != Retired && s != Rejected }

// Event is what moves a client from one state to another.
type Event string

// The events.
const (
	Discover    Event = "discover"
	Claim       Event = "claim"
	Ask         Event = "request"
	Approve     Event = "approve"
	Deny        Event = "deny"
	Expire      Event = "expire"
	Withdraw    Event = "withdraw"
	Suspend     Event = "suspend"
	Quarantine  Event = "quarantine"
	Release     Event = "release"
	Resume      Event = "resume"
	Retire      Event = "retire"
	ConfirmDead Event = "confirm_dead"
)

// Move is one line of the table of moves.
type Move struct {
	From  State // "" stands for: no client yet
	Event Event
	To    State
	Guard string // what must hold besides policy, in words; docs/lifecycle.md draws it
}

// Moves is the whole lifecycle. What is not in it does not happen.
var Moves = []Move{
	{"", Discover, Discovered, "no client has its keys yet"},
	{"", Ask, Requested, "an owner who is active, and a backup who is someone else"},
	{Discovered, Claim, Claimed, "the owner attests, is active, and is not the backup"},
	{Claimed, Ask, Requested, "a purpose, one environment, scopes and a lifetime"},
	{Requested, Approve, Active, "policy approves at once, or every decision it asks for is there; a vendor's runbook was drilled"},
	{Requested, Deny, Rejected, "a decision by someone other than the requester"},
	{Requested, Expire, Rejected, "seven days without a decision"},
	{Requested, Withdraw, Claimed, "by the requester"},
	{Active, Suspend, Suspended, "a review missed, the owner gone, or by hand"},
	{Active, Quarantine, Quarantined, "a leak is confirmed, or a device is not compliant"},
	{Suspended, Quarantine, Quarantined, "a leak is confirmed, or a device is not compliant"},
	{Quarantined, Release, Suspended, "its credentials were replaced, or the alarm was false"},
	{Suspended, Resume, Active, "by an owner within fourteen days"},
	{Suspended, Approve, Active, "later than that: a new request, decided like the first"},
	{Discovered, Retire, Retiring, "a preview of what stops working was shown"},
	{Claimed, Retire, Retiring, "a preview of what stops working was shown"},
	{Requested, Retire, Retiring, "a preview of what stops working was shown"},
	{Active, Retire, Retiring, "a preview of what stops working was shown"},
	{Suspended, Retire, Retiring, "a preview of what stops working was shown"},
	{Quarantined, Retire, Retiring, "a preview of what stops working was shown"},
	{Retiring, ConfirmDead, Retired, "every credential was revoked and tested dead, and what was stored is gone"},
}

// Next is the state that e leads to from s, and whether there is such a move.
func (s State) Next(e Event) (State, bool) {
	i := slices.IndexFunc(Moves, func(m Move) bool { return m.From == s && m.Event == e })
	if i < 0 {
		return s, false
	}
	return Moves[i].To, true
}

// ConditionName names something that is true of a client now.
type ConditionName string

// The conditions.
const (
	Orphaned   ConditionName = "orphaned"    // no owner, or one who left
	Dormant    ConditionName = "dormant"     // not used for 45 days
	Overdue    ConditionName = "overdue"     // a review's day has passed
	Leaked     ConditionName = "leaked"      // one of its credentials is known to others
	Shared     ConditionName = "shared"      // a credential of it is in another client as well
	OverScoped ConditionName = "over_scoped" // a grant was not used for 90 days
	Expiring   ConditionName = "expiring"    // its last grant ends within 14 days
	VendorExit ConditionName = "vendor_exit" // the vendor's contract ends within 30 days, or has ended
)

// Condition is one such truth with its reasons, each a sentence.
type Condition struct {
	Name    ConditionName
	Reasons []string
}

// Verb is what a grant allows at an endpoint. Export, taking data out in bulk, is not a
// kind of read: it has approvers, a lifetime and limits of its own.
type Verb string

// The verbs.
const (
	Read   Verb = "read"
	Write  Verb = "write"
	Admin  Verb = "admin"
	Export Verb = "export"
)

// Verbs lists all verbs.
var Verbs = []Verb{Read, Write, Admin, Export}

// Tier is how much harm a request could do, from T0 (a mock, no secret) to T4 (unmasked
// exports, administration, vendors in production). Policy decides it.
type Tier int

// Environments are where a client may belong; it belongs to one (NHI8:2025).
var Environments = []string{"production", "staging", "test", "development", "local"}
