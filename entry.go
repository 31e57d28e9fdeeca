package clientele

import "time"

// Outcome is how an act ended.
type Outcome string

// The outcomes.
const (
	Done      Outcome = "done"
	NotDone   Outcome = "failed"
	WasDenied Outcome = "denied"
)

// Entry is one line of the audit: who did what to which client under which change, by whose
// leave, and how it ended. Its canonical JSON is a leaf of the log's Merkle tree.
type Entry struct {
	Seq int64     // place in the log, from 0, without gaps
	At  time.Time // UTC, to the microsecond

	Act   string // "client:suspend"; internal/policy lists them
	Actor string // as Actor.String
	Rule  string // what made the system act, or which rule denied
	// OnBehalf is who delegated the power to the actor, nearest first.
	OnBehalf []string

	Object        string // "request:req_…"; what was acted on
	Client        ClientID
	Owner         string // of the client, when it happened
	Grant         string
	Change        string // the change record
	PolicyVersion int64
	Environment   string
	Verb          Verb
	DataClasses   []string

	Outcome Outcome
	// Details are plain facts that name no person: "from": "active", "to": "suspended".
	Details map[string]any
	// Private are facts about people (reasons they typed, addresses), sealed with the key of
	// the person they are about; destroying the key shreds them and the tree still verifies.
	Private map[string]string
	// RequestNo ties the entry to the request that caused it, and to its log line.
	RequestNo string
}
