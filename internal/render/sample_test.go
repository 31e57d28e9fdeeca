package render_test

import (
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/judge"
	"github.com/clientele/clientele/internal/render"
)

var began = time.Date(2026, 10, 5, 9, 30, 0, 0, time.UTC)

// hostile is what somebody may call a collection in the hope that a report acts on it.
const hostile = "<script>alert(1)</script> \x1b[31mred\x1b[0m\u009b2J\r\nsecond line \u202egnp.exe"

// sample is a small scan of several tools, with names that attack each form of report.
func sample() *discover.Result {
	return &discover.Result{
		StartedAt: began, Duration: 8420 * time.Millisecond,
		Roots: []string{"/home/ana/work"}, Files: 48_210, Bytes: 1_230_000_000, RuleSource: "betterleaks 1.7.0 (2026-08)",
		Unreadable: []discover.Unreadable{
			{Path: "/home/ana/work/locked/vault.db", Reason: "permission denied"},
			{Path: "/home/ana/work/pay ments/broken.postman_collection.json", Reason: "line 12: auth is a number"},
			{Path: "/home/ana/work/dump.sql", Reason: "74 MB is more than the limit of 32 MB; --max-size raises it"},
		},
		Verdict: judge.Verdict{
			Clients:  []*clientele.Client{payments(), agent(), warehouse(), evil(), deploy(), plainOne()},
			Findings: sampleFindings(),
		},
	}
}

func payments() *clientele.Client {
	const file = "/home/ana/work/pay ments/payments.postman_collection.json"
	return &clientele.Client{
		ID: "c_3f1c0a77b2d94e10", Name: "Payments API", Tool: "postman", Kind: clientele.APIClient, ExternalID: "1234567-0a1b2c3d",
		Files: []string{file, "/home/ana/work/pay ments/prod.postman_environment.json"}, Environment: "production", Risk: clientele.Critical,
		Endpoints: []clientele.Endpoint{
			endpoint("POST", "https", "api.stripe.com", "/v1/charges", "bearer", file, 22, "Charges", "Create"),
			endpoint("GET", "https", "api.stripe.com", "/v1/charges/{{id}}", "bearer", file, 61, "Charges", "Read"),
			endpoint("GET", "https", "ledger.acme.example", "/accounts", "oauth2", file, 90, "Ledger"),
			endpoint("POST", "https", "hooks.slack.com", "/services/…", "none", file, 120, "Notify"),
			endpoint("GET", "http", "{{legacy}}", "/status", "basic", file, 140, "Legacy"),
			endpoint("GET", "https", "rates.acme.example", "/latest", "none", file, 160, "Rates"),
		},
		Identities: []clientele.Identity{
			{Scheme: "oauth2", Principal: "svc-payments@acme.example", Kind: clientele.Machine, Issuer: "https://login.acme.example", Audience: "ledger", Scopes: []string{"ledger:read", "ledger:write"},
				IssuedAt: began.AddDate(0, 0, -4), ExpiresAt: began.AddDate(0, 0, 3), Location: place(file, 93, "Ledger", "auth", "oauth2")},
			{Scheme: "basic", Principal: "legacy", Location: place(file, 143, "Legacy", "auth", "basic")},
			{Scheme: "jwt", Principal: "ana@acme.example", Kind: clientele.Person, Issuer: "acme", IssuedAt: began.AddDate(-1, 0, 0), Location: place(file, 170, "Rates", "header", "Authorization")},
		},
		Credentials: []clientele.Credential{
			{Fingerprint: "0e7f3a52c1d94b6e8a01f2c3d4e5f607", Role: clientele.APIKey, Class: clientele.Literal, Place: clientele.InAuth, Name: "token", Provider: "stripe", Excerpt: "sk_live_…9f", Host: "api.stripe.com",
				Location: place(file, 41, "Charges", "Create", "auth", "bearer", "token")},
			{Fingerprint: "0e7f3a52c1d94b6e8a01f2c3d4e5f607", Role: clientele.APIKey, Class: clientele.Literal, Place: clientele.InAuth, Name: "token", Provider: "stripe", Excerpt: "sk_live_…9f", Host: "api.stripe.com",
				Location: place(file, 70, "Charges", "Read", "auth", "bearer", "token")},
			{Fingerprint: "77aa3a52c1d94b6e8a01f2c3d4e5f6aa", Role: clientele.Password, Class: clientele.Literal, Place: clientele.InAuth, Name: "password", Excerpt: "…", Weak: true, Dormant: true, Principal: "legacy",
				Location: place(file, 145, "Legacy", "auth", "basic", "password")},
			{Fingerprint: "12bb3a52c1d94b6e8a01f2c3d4e5f6bb", Role: clientele.Token, Class: clientele.Literal, Place: clientele.InResponse, Name: "access_token", Excerpt: "eyJ…Qw", Recorded: true, ExpiresAt: began.AddDate(0, -2, -5),
				Location: place(file, 201, "Ledger", "saved response", "access_token")},
			{Role: clientele.ClientSecret, Class: clientele.Reference, Place: clientele.InAuth, Name: "clientSecret", Excerpt: "{{vault:ledger-secret}}", Refs: []string{"vault:ledger-secret"},
				Location: place(file, 95, "Ledger", "auth", "oauth2", "clientSecret")},
			{Role: clientele.APIKey, Class: clientele.Placeholder, Place: clientele.InHeader, Name: "X-Rates-Key", Excerpt: "<your key>", Location: place(file, 165, "Rates", "header", "X-Rates-Key")},
			{Role: clientele.Username, Class: clientele.Literal, Place: clientele.InAuth, Name: "username", Location: place(file, 144, "Legacy", "auth", "basic", "username")},
			{Role: clientele.Password, Class: clientele.Empty, Place: clientele.InProxy, Name: "proxy", Location: place(file, 5, "proxy")},
		},
		Owners: []clientele.Owner{
			{Who: "@acme/payments", Kind: clientele.TeamOwner, Evidence: "CODEOWNERS line 4", Confidence: 0.8},
			{Who: "Ana Lima <ana@acme.example>", Kind: clientele.PersonOwner, Evidence: "12 of 15 commits", Confidence: 0.54},
		},
		Sync: []clientele.Sync{{Mode: clientele.SyncGit, Where: "github.com/acme/work", Detail: "tracked"}, {Mode: clientele.SyncCloud, Where: "workspace 8f2c1e", Detail: "team Payments"}},
	}
}

func agent() *clientele.Client {
	const file = "/home/ana/work/.claude/settings.json"
	return &clientele.Client{
		ID: "c_91b2d94e103f1c0a", Name: "github (MCP server)", Tool: "claude-code", Kind: clientele.Agent, Files: []string{file}, Environment: "local", Risk: clientele.High,
		Endpoints: []clientele.Endpoint{endpoint("", "https", "api.githubcopilot.com", "/mcp/", "bearer", file, 8, "mcpServers", "github")},
		Credentials: []clientele.Credential{
			{Fingerprint: "55cc3a52c1d94b6e8a01f2c3d4e5f6cc", Role: clientele.Token, Class: clientele.Literal, Place: clientele.InEnv, Name: "GITHUB_TOKEN", Provider: "github", Excerpt: "ghp_…a1", Location: place(file, 11, "mcpServers", "github", "env", "GITHUB_TOKEN")},
		},
		Owners:    []clientele.Owner{{Who: "ana", Kind: clientele.PersonOwner, Evidence: "user of the machine whose home folder holds the file", Confidence: 0.4}},
		Sync:      []clientele.Sync{{Mode: clientele.SyncLocal}},
		Approvals: []clientele.Approval{{What: "Read(src/**)", Rule: "permissions.allow"}, {What: "Bash(*)", Rule: "permissions.allow", Broad: true}},
	}
}

func warehouse() *clientele.Client {
	const file = "/home/ana/.pgpass"
	return &clientele.Client{
		ID: "c_aa10b2d94e3f1c07", Name: "warehouse.acme.example/orders", Tool: "psql", Kind: clientele.DataStoreClient, Files: []string{file}, Environment: "production,staging", Risk: clientele.Medium,
		Endpoints:  []clientele.Endpoint{endpoint("", "postgres", "warehouse.acme.example:5433", "/orders", "basic", file, 3)},
		Identities: []clientele.Identity{{Scheme: "basic", Principal: "reporting", Kind: clientele.Machine, Location: place(file, 3)}},
		Credentials: []clientele.Credential{
			{Fingerprint: "99dd3a52c1d94b6e8a01f2c3d4e5f6dd", Role: clientele.Password, Class: clientele.Obfuscated, Place: clientele.InSetting, Name: "password", Excerpt: "…k2", Principal: "reporting", Location: place(file, 3, "line 3")},
			{Role: clientele.Passphrase, Class: clientele.Encrypted, Place: clientele.InSetting, Name: "ssh", Location: place(file, 4, "ssh")},
		},
		Exports: []string{"pg_dump of database orders"},
	}
}

func evil() *clientele.Client {
	const file = "/home/ana/work/in\u202ebox/ev\nil.bru"
	return &clientele.Client{
		ID: "c_0000b2d94e3f1c07", Name: hostile, Tool: "bruno", Kind: clientele.APIClient, Files: []string{file}, Risk: clientele.Medium,
		Endpoints: []clientele.Endpoint{endpoint("GET", "https", "\"><img src=x onerror=alert(2)>.example", "/'`;${1}", "none", file, 1, "=cmd|' /C calc'!A0")},
		Credentials: []clientele.Credential{
			{Fingerprint: "31ee3a52c1d94b6e8a01f2c3d4e5f6ee", Role: clientele.OtherSecret, Class: clientele.Literal, Place: clientele.InQuery, Name: "k", Excerpt: "…\u202ex", Location: place(file, 2, "=cmd()", "</details><script>alert(3)</script>")},
		},
		Owners: []clientele.Owner{{Who: "=HYPERLINK(\"http://evil.example\")", Kind: clientele.PersonOwner, Evidence: "author in the file", Confidence: 0.3}},
	}
}

func deploy() *clientele.Client {
	const file = "/home/ana/work/.github/workflows/deploy.yml"
	return &clientele.Client{
		ID: "c_de10b2d94e3f1c07", Name: "deploy", Tool: "github-actions", Kind: clientele.CIJob, Files: []string{file}, Environment: "production", Risk: clientele.High,
		Identities:  []clientele.Identity{{Scheme: "oidc", Principal: "arn:aws:iam::123456789012:role/deploy", Kind: clientele.Machine, Issuer: "https://token.actions.githubusercontent.com", Location: place(file, 30, "jobs", "deploy")}},
		Credentials: []clientele.Credential{{Role: clientele.SecretKey, Class: clientele.Reference, Place: clientele.InEnv, Name: "AWS_SECRET_ACCESS_KEY", Excerpt: "${{ secrets.AWS_KEY }}", Refs: []string{"secrets.AWS_KEY"}, Location: place(file, 33, "jobs", "deploy", "env", "AWS_SECRET_ACCESS_KEY"), DefinedAt: []clientele.Location{place(file, 2, "env", "AWS_KEY")}}},
		Owners:      []clientele.Owner{{Who: "@acme/platform", Kind: clientele.TeamOwner, Evidence: "CODEOWNERS line 1", Confidence: 0.8}},
	}
}

func plainOne() *clientele.Client {
	const file = "/home/ana/work/docs/日本語.http"
	return &clientele.Client{
		ID: "c_77777d94e3f1c077", Name: "weather", Tool: "httpfile", Kind: clientele.APIClient, Files: []string{file}, Risk: clientele.Info,
		Endpoints: []clientele.Endpoint{endpoint("GET", "https", "wttr.in", "/Lisbon", "none", file, 1)},
		Owners:    []clientele.Owner{{Who: "ana", Kind: clientele.PersonOwner, Evidence: "3 of 3 commits", Confidence: 0.6}},
	}
}

func endpoint(method, scheme, host, path, auth, file string, line int, chain ...string) clientele.Endpoint {
	return clientele.Endpoint{Method: method, Scheme: scheme, Host: host, Path: path, URLTemplate: scheme + "://" + host + path, Auth: auth, Location: place(file, line, chain...)}
}

func place(file string, line int, path ...string) clientele.Location {
	return clientele.Location{File: file, Path: path, Line: line}
}

func sampleFindings() []clientele.Finding {
	pay, ag, wh, ev, dep := payments(), agent(), warehouse(), evil(), deploy()
	list := []clientele.Finding{
		finding("embedded-secret", clientele.Critical, pay, 0, "an API key in auth field token is written into payments.postman_collection.json (and 1 more place)"),
		finding("tracked-secret", clientele.Critical, pay, 0, "an API key in auth field token is tracked by git in /home/ana/work/pay ments/payments.postman_collection.json"),
		finding("broad-approval", clientele.High, ag, -1, "permissions.allow allows Bash(*) without asking"),
		finding("cloud-synced-secret", clientele.High, pay, 0, "an API key in auth field token is synced to workspace 8f2c1e"),
		finding("embedded-secret", clientele.High, ag, 0, "a token in environment variable GITHUB_TOKEN is written into settings.json"),
		finding("static-cloud-key", clientele.High, dep, 0, "AWS_SECRET_ACCESS_KEY is a static cloud key; github-actions can use OIDC instead"),
		finding("obfuscated-secret", clientele.High, wh, 0, "a password of reporting is only obfuscated and can be read"),
		finding("secret-in-url", clientele.Medium, ev, 0, "a secret in query parameter k is part of a URL "+hostile),
		finding("plain-text-transport", clientele.Medium, pay, -1, "legacy.acme.example is called over http, without encryption"),
		finding("no-owner", clientele.Medium, wh, -1, "no owner could be inferred from the file, its repository or its account"),
		finding("weak-secret", clientele.Low, pay, 2, "a password of legacy is a default or a common word"),
		finding("can-export", clientele.Info, wh, -1, "pg_dump of database orders"),
		finding("expired-credential", clientele.Info, pay, 3, "a token in response field access_token expired on 2026-07-31"),
	}
	list[10].Suppressed = "the legacy system is shut down in November, SEC-114"
	return list
}

// finding makes one about a credential of a client, or about the client as a whole (-1).
func finding(rule clientele.RuleID, sev clientele.Severity, c *clientele.Client, cred int, message string) clientele.Finding {
	r, ok := judge.RuleByID(rule)
	if !ok {
		panic("no rule " + rule)
	}
	f := clientele.Finding{Rule: rule, Severity: sev, Client: c.ID, Message: message, Remedy: r.Remedy, Location: place(c.Files[0], 0, c.Name),
		Fingerprint: fmt.Sprintf("%x", []byte(string(rule) + string(c.ID))[:16])}
	if cred >= 0 {
		f.Location, f.Credential = c.Credentials[cred].Location, c.Credentials[cred].Fingerprint
	}
	return f
}

func scan() api.Scan { return render.Wire(sample(), "0.1.0") }
