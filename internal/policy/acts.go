package policy

// Act is something that can be done here, or asked to be seen. Its group is an action group
// in the policies: `action in Action::"decide"`.
type Act struct {
	Name  string // noun:verb
	Group string
	Doc   string // "suspend a client"; what people read in the audit
}

// Acts lists every act. guard refuses one that is not in it.
var Acts = []Act{
	{"client:read", "see", "see a client"},
	{"client:list", "see", "list clients"},
	{"service:read", "see", "see a service"},
	{"service:list", "see", "list services"},
	{"finding:list", "see", "list findings"},
	{"finding:read", "see", "see a finding"},
	{"credential:list", "see", "look at credentials"},
	{"change:read", "see", "see a change record"},
	{"change:list", "see", "list change records"},
	{"request:read", "follow", "see a request"},
	{"request:list", "follow", "list requests"},
	{"review:read", "follow", "see a review"},
	{"review:list", "follow", "list reviews"},
	{"break_glass:read", "follow", "see emergency access"},
	{"grant:list", "see", "see who could do what"},
	{"person:list", "directory", "look up people and teams"},
	{"person:read", "directory", "see a person or team"},
	{"team:read", "directory", "see a team"},
	{"machine:read", "directory", "see a service account"},
	{"policy:read", "directory", "read the policies"},
	{"audit:status", "directory", "see whether the audit is signed, and held elsewhere"},

	{"client:claim", "claim", "attest to owning a client"},
	{"client:describe", "own", "change a client's description"},
	{"client:hand_over", "own", "give a client to another owner"},
	{"client:suspend", "own", "suspend a client"},
	{"client:resume", "own", "resume a suspended client"},
	{"client:retire", "own", "retire a client"},
	{"client:narrow", "own", "give grants of a client back"},
	{"client:confirm_dead", "own", "record that a credential was tested dead"},
	{"client:disown", "own", "say that a client is not one's own"},
	{"vendor:describe", "own", "describe a vendor client's sponsor, contact and contract"},
	{"vendor:drill", "own", "record a drill of a revocation runbook"},
	{"request:dry_run", "ask", "try out a request"},
	{"request:create", "ask", "ask for access"},
	{"request:withdraw", "ask", "withdraw a request"},
	{"request:approve", "decide", "approve a request"},
	{"request:deny", "decide", "deny a request"},
	{"request:classify", "classify", "give a request its tier"},
	{"request:need", "classify", "say whose decisions a request needs"},
	{"request:auto_approve", "classify", "approve a request by policy"},
	{"request:stand_in", "classify", "let security decide where nobody else can"},
	{"review:decide", "review", "decide a review"},
	{"delegation:create", "delegate", "lend one's decisions to someone for a while"},
	{"delegation:end", "delegate", "take a delegation back"},
	{"change:create", "record", "open a change record"},
	{"change:approve", "decide", "approve a change record"},
	{"change:update", "record", "change or close a change record"},
	{"change:verify", "record", "ask a change system for a record's state"},

	{"break_glass:use", "break_glass", "take emergency access"},
	{"break_glass:stop", "break_glass_end", "end emergency access before its time"},
	{"break_glass:enrol", "administer", "enrol a person for emergency access"},

	{"client:quarantine", "secure", "quarantine a client"},
	{"client:release", "secure", "release a client from quarantine"},
	{"client:assign", "secure", "name a client's owner, until they attest"},
	{"credential:leak", "secure", "declare a credential leaked"},
	{"credential:clear", "secure", "declare a leak contained"},
	{"grant:revoke", "secure", "revoke a grant"},
	{"service:write", "secure", "describe a service"},
	{"campaign:create", "secure", "begin a review campaign"},
	{"campaign:cancel", "secure", "cancel a review campaign"},
	{"finding:suppress", "secure", "accept a finding until a day"},
	{"policy:propose", "secure", "propose policies"},
	{"policy:activate", "secure", "put proposed policies in force"},
	{"host:list", "secure", "list the machines that scans come from"},
	{"host:assign", "secure", "say whose machine a host is"},
	{"scan:list", "see", "list scans"},
	{"scan:post", "report", "send a scan"},
	{"usage:post", "report", "send a summary of use"},

	{"audit:read", "inspect", "read the audit"},
	{"audit:export", "inspect", "take evidence out of the audit"},
	{"audit:hold", "inspect", "show a checkpoint held elsewhere"},
	{"audit:legal_hold", "inspect", "place or lift a legal hold"},
	{"campaign:read", "inspect", "see a review campaign"},
	{"leaver:report", "inspect", "see what a leaver owned and could see"},
	{"delegation:list", "inspect", "list delegations"},
	{"break_glass:list", "inspect", "see who may take emergency access"},

	{"person:write", "administer", "add or change people and teams"},
	{"person:leave", "administer", "end a person's access"},
	{"person:shred", "administer", "destroy a person's key and data"},
	{"role:assign", "administer", "give or take system roles"},
	{"token:create", "administer", "issue a machine token"},
	{"token:revoke", "administer", "revoke a machine token"},
	{"token:list", "administer", "list machine tokens"},
	{"audit:prune", "administer", "prune bodies of old entries"},
	{"settings:read", "administer", "see the settings"},
	{"notice:test", "administer", "try out how notices are sent"},
	{"link:create", "administer", "make a one-time link by which a person signs in"},
	{"session:begin", "self", "sign in"},
	{"session:end", "self", "sign out"},
	{"notice:list", "self", "list one's own notices"},

	// What only the system does, each time with the rule that made it.
	{"request:expire", "automatic", "end a request nobody decided"},
	{"request:escalate", "automatic", "remind of a request that waits, or pass it on"},
	{"grant:expire", "automatic", "record that a grant has ended"},
	{"review:open", "automatic", "open a review"},
	{"review:renew", "automatic", "renew a client that is unchanged and in use"},
	{"review:verify", "automatic", "look whether what a review ended has ended"},
	{"review:escalate", "automatic", "remind of a review, or pass it on"},
	{"review:miss", "automatic", "act on a missed review"},
	{"campaign:close", "automatic", "close a review campaign"},
	{"break_glass:end", "automatic", "end emergency access"},
	{"due:settle", "automatic", "note that nothing is left to do of what was due"},
	{"system:start", "automatic", "start the control plane"},
	{"system:bootstrap", "automatic", "set up the first administrator"},
}

// Find is the act of that name.
func Find(name string) (Act, bool) {
	for _, a := range Acts {
		if a.Name == name {
			return a, true
		}
	}
	return Act{}, false
}
