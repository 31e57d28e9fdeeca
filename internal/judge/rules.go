package judge

import (
	"github.com/clientele/clientele"
)

// Rules are what can be wrong with a client, in the order in which they are explained. The
// ids of OWASP's Non-Human Identities Top 10 (2025) and of NIST CSF 2.0 are theirs.
var Rules = []clientele.Rule{
	{ID: "embedded-secret", Severity: clientele.High, Title: "A secret is written into the client's file",
		Why:    "Whoever can read the file can act as this client, and nobody will see that it was not the client. The value cannot be rotated in one place, and copies of the file keep it alive.",
		Remedy: "Move the value into a secret store or the tool's own vault, leave a reference in the file, and rotate the value: it must be taken as known.", NHI: "NHI2:2025", CSF: "PR.AA-01"},
	{ID: "tracked-secret", Severity: clientele.High, Title: "A secret is tracked by git",
		Why:    "Every clone has it, and so does the history after the line is deleted. Whoever could ever read the repository has it for good.",
		Remedy: "Rotate the value first. Then replace it by a reference and, if the repository is shared, remove it from the history.", NHI: "NHI2:2025", CSF: "PR.DS-01"},
	{ID: "cloud-synced-secret", Severity: clientele.High, Title: "A secret is synced to a vendor's cloud workspace",
		Why:    "The value lies with the tool's vendor and is visible to every member of the workspace, now and later, on all their machines.",
		Remedy: "Keep the value in a local or vault variable, remove it from the synced one, and rotate it.", NHI: "NHI2:2025", CSF: "PR.DS-01"},
	{ID: "recorded-secret", Severity: clientele.High, Title: "A saved response, history or cookie jar holds a live-looking credential",
		Why:    "Tools record what servers answer. Such tokens are issued to real people and services, and nobody looks for them in an example.",
		Remedy: "Delete the recording, end the session or revoke the token at its issuer, and switch recording off where the tool can.", NHI: "NHI2:2025", CSF: "PR.DS-01"},
	{ID: "obfuscated-secret", Severity: clientele.High, Title: "A secret is only obfuscated",
		Why:    "It is encoded, or sealed with a key that is published or lies beside it. Anybody with the file can recover it; this scan did.",
		Remedy: "Treat it as plain text: rotate it, and use a store whose key is not in the file or the tool.", NHI: "NHI2:2025", CSF: "PR.DS-01"},
	{ID: "dormant-secret", Severity: clientele.Medium, Title: "A secret lies in a disabled or unused place",
		Why:    "The tool no longer sends it, so nobody misses it, but it is in the file and most likely still valid.",
		Remedy: "Delete the disabled entry and revoke the value.", NHI: "NHI1:2025", CSF: "ID.AM-08"},
	{ID: "unmarked-secret", Severity: clientele.Low, Title: "A secret is in a variable that is not marked as secret",
		Why:    "The tool shows it on screen, and shares or exports it with the other variables.",
		Remedy: "Mark the variable as secret, or better, keep the value in the tool's vault.", NHI: "NHI2:2025", CSF: "PR.AA-01"},
	{ID: "weak-secret", Severity: clientele.Low, Title: "A credential is a default or a common word",
		Why:    "It is among the first that anybody tries.",
		Remedy: "Set a generated value, kept in a secret store.", NHI: "NHI4:2025", CSF: "PR.AA-01"},
	{ID: "world-readable", Severity: clientele.Medium, Title: "Other users of the machine can read the file",
		Why:    "The file holds a secret and its mode lets everybody on the machine read it.",
		Remedy: "chmod 600 the file.", NHI: "NHI2:2025", CSF: "PR.AA-05"},
	{ID: "secret-in-url", Severity: clientele.Medium, Title: "A secret is part of a URL",
		Why:    "URLs are written to logs, histories and referrers at every hop.",
		Remedy: "Send the value in a header, and rotate it.", NHI: "NHI2:2025", CSF: "PR.DS-02"},
	{ID: "plain-text-transport", Severity: clientele.Medium, Title: "Credentials travel without encryption",
		Why:    "Anybody on the way can read and replay them.",
		Remedy: "Use https (or the protocol's TLS form).", NHI: "NHI4:2025", CSF: "PR.DS-02"},
	{ID: "reused-secret", Severity: clientele.Medium, Title: "One secret is used by several clients",
		Why:    "It cannot be rotated for one without breaking the others, and a call cannot be told apart by client.",
		Remedy: "Give each client a credential of its own.", NHI: "NHI9:2025", CSF: "PR.AA-01"},
	{ID: "identity-across-environments", Severity: clientele.Medium, Title: "One identity is used in several environments",
		Why:    "A leak or a mistake in the weaker environment reaches the stronger one.",
		Remedy: "Give each environment an identity of its own.", NHI: "NHI8:2025", CSF: "PR.AA-05"},
	{ID: "production-credential-in-test", Severity: clientele.High, Title: "A production credential stands in a test environment",
		Why:    "Test systems are less guarded, and what runs there now acts on production.",
		Remedy: "Issue a separate identity for the test environment, and rotate the production one.", NHI: "NHI8:2025", CSF: "PR.AA-05"},
	{ID: "long-lived-credential", Severity: clientele.Medium, Title: "A credential lives too long",
		Why:    "It has no end, or one so far off that a leak will be used before it comes.",
		Remedy: "Replace it by a short-lived one (OIDC federation, token exchange), or set an expiry of 90 days at most and rotate it.", NHI: "NHI7:2025", CSF: "PR.AA-01"},
	{ID: "expired-credential", Severity: clientele.Info, Title: "A credential has expired and was left behind",
		Why:    "It is of no use to the client. It shows that nobody tidies up here, and a refresh token beside it may still work.",
		Remedy: "Delete it.", NHI: "NHI1:2025", CSF: "ID.AM-08"},
	{ID: "personal-identity-in-automation", Severity: clientele.Medium, Title: "Automation runs as a person",
		Why:    "It stops when the person leaves, or worse, does not; and what it does is booked to them.",
		Remedy: "Give the automation an identity of its own.", NHI: "NHI1:2025", CSF: "PR.AA-05"},
	{ID: "machine-identity-in-hand", Severity: clientele.Low, Title: "A person uses a machine's identity",
		Why:    "What people do with a service account cannot be told from what the service does.",
		Remedy: "Sign in as yourself for work by hand; keep the service account for the service.", NHI: "NHI10:2025", CSF: "PR.AA-05"},
	{ID: "static-cloud-key", Severity: clientele.High, Title: "A pipeline uses a static cloud key where OIDC is at hand",
		Why:    "The key works from anywhere and until somebody rotates it; the pipeline could prove its identity for each run instead.",
		Remedy: "Exchange the pipeline's OIDC token for short-lived credentials, bound to repository, branch and environment.", NHI: "NHI6:2025", CSF: "PR.AA-03"},
	{ID: "broad-approval", Severity: clientele.High, Title: "An agent may act without asking",
		Why:    "Whatever steers the agent (a web page, an issue, a file) can use the tools it was allowed, with its credentials.",
		Remedy: "Approve single tools and commands, reading ones first, and let the rest ask.", NHI: "NHI5:2025", CSF: "PR.AA-05"},
	{ID: "can-export", Severity: clientele.Info, Title: "The client can take data out in bulk",
		Why:    "Exports leave the guarded store. They deserve an owner, a purpose and a limit of their own.",
		Remedy: "Decide whether this client needs to export; if so, from where, how much and to where.", NHI: "NHI5:2025", CSF: "ID.AM-03"},
	{ID: "leaves-artefacts", Severity: clientele.Low, Title: "A run leaves files that may hold tokens",
		Why:    "Reports, exported environments and cookie jars keep requests and responses with their headers, and pipelines keep them for weeks.",
		Remedy: "Switch bodies and headers off in the report, and give the artefact a short retention.", NHI: "NHI2:2025", CSF: "PR.DS-01"},
	{ID: "no-owner", Severity: clientele.Medium, Title: "Nobody can be named as owner",
		Why:    "A client without an owner is not reviewed, rotated or retired.",
		Remedy: "Name an owner: a CODEOWNERS line is enough to begin with.", NHI: "NHI1:2025", CSF: "GV.RR-02"},
}

// RuleByID finds a rule.
func RuleByID(id clientele.RuleID) (clientele.Rule, bool) {
	for _, r := range Rules {
		if r.ID == id {
			return r, true
		}
	}
	return clientele.Rule{}, false
}
