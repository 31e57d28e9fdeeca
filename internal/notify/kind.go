package notify

import "time"

// The kinds of notice.
const (
	RequestDecide    = "request.decide"
	RequestDecided   = "request.decided"
	ReviewDecide     = "review.decide"
	ReviewMissed     = "review.missed"
	ClientSuspended  = "client.suspended"
	ClientQuarantine = "client.quarantined"
	PersonLeft       = "person.left"
	BreakGlassUsed   = "break_glass.used"
	GrantExpiring    = "grant.expiring"
	VendorEnding     = "vendor.ending"
	CredentialLeaked = "credential.leaked"
	PolicyActivated  = "policy.activated"
	CheckpointUnheld = "checkpoint.unheld"
	Digest           = "digest"
)

// kind is how notices of a kind are treated.
type kind struct {
	decision bool // asks for one: its link is never folded away
	urgent   bool // is not held back and not folded
	quiet    bool // not twice a day about the same thing
}

var kinds = map[string]kind{
	RequestDecide:    {decision: true, quiet: true},
	RequestDecided:   {},
	ReviewDecide:     {decision: true, quiet: true},
	ReviewMissed:     {},
	ClientSuspended:  {decision: true},
	ClientQuarantine: {},
	PersonLeft:       {},
	BreakGlassUsed:   {urgent: true},
	GrantExpiring:    {decision: true, quiet: true},
	VendorEnding:     {decision: true, quiet: true},
	CredentialLeaked: {urgent: true},
	PolicyActivated:  {},
	CheckpointUnheld: {quiet: true},
	Digest:           {urgent: true}, // was held already
}

// quietFor is how long nobody is told the same again. It is less than a day, so that a
// reminder that comes every day is not lost to a second's difference.
const quietFor = 20 * time.Hour

// facts is what a notice knows, by ids: it is kept as the payload.
type facts struct {
	Actor      string    `json:"actor,omitempty"` // as in the entry
	Rule       string    `json:"rule,omitempty"`  // what made the system act
	Client     string    `json:"client,omitempty"`
	Request    string    `json:"request,omitempty"`
	Review     string    `json:"review,omitempty"`
	Person     string    `json:"person,omitempty"` // the leaver
	Object     string    `json:"object,omitempty"`
	Until      time.Time `json:"until,omitzero"`
	Reminder   bool      `json:"reminder,omitempty"`
	Exposed    int       `json:"exposed,omitempty"` // credentials a leaver could see
	HandOver   int       `json:"hand_over,omitempty"`
	Incident   string    `json:"incident,omitempty"`
	Version    string    `json:"version,omitempty"` // of the policies
	HappenedAt time.Time `json:"at"`
}
