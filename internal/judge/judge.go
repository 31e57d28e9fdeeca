// Package judge applies the rules: what can be wrong with a client, how bad it is, and what to
// do. It lets findings pass that are suppressed or known.
package judge

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/fingerprint"
)

// judgement applies the rules to all clients of a scan.
type judgement struct {
	key      fingerprint.Key
	now      time.Time
	findings []clientele.Finding
	at       map[string]int // finding by client, rule and value
	more     map[string]int // further places of the same
}

// Subject is a client with what the rules need to know of its files, which are named as in
// reports.
type Subject struct {
	Client  *clientele.Client
	Tracked map[string]bool   // by git
	Modes   map[string]uint32 // permissions
}

// Verdict is what the rules say: clients and findings, worst first.
type Verdict struct {
	Clients  []*clientele.Client
	Findings []clientele.Finding
}

// Judge applies the rules to all clients of a scan and sets each client's risk. Clients and
// findings come worst first. The key makes the fingerprints of findings.
func Judge(subjects []Subject, key fingerprint.Key, now time.Time) Verdict {
	j := &judgement{key: key, now: now, at: map[string]int{}, more: map[string]int{}}
	var clients []*clientele.Client
	for _, s := range subjects {
		clients = append(clients, s.Client)
		j.credentials(s)
		j.client(s.Client)
	}
	j.reuse(clients)
	j.identities(clients)
	for k, n := range j.more {
		f := &j.findings[j.at[k]]
		f.Message += fmt.Sprintf(" (and %d more %s)", n, plural(n, "place", "places"))
	}
	risk := map[clientele.ClientID]clientele.Severity{}
	for _, f := range j.findings {
		risk[f.Client] = max(risk[f.Client], f.Severity)
	}
	for _, c := range clients {
		c.Risk = risk[c.ID]
	}
	slices.SortStableFunc(clients, func(a, b *clientele.Client) int {
		return cmp.Or(cmp.Compare(b.Risk, a.Risk), strings.Compare(a.Name, b.Name), strings.Compare(string(a.ID), string(b.ID)))
	})
	slices.SortStableFunc(j.findings, func(a, b clientele.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Location.File, b.Location.File), cmp.Compare(a.Location.Line, b.Location.Line), strings.Compare(string(a.Rule), string(b.Rule)), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	return Verdict{clients, j.findings}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// add records a finding. A second one of the same rule, client and value is counted on the
// first.
func (j *judgement) add(rule clientele.RuleID, c *clientele.Client, cred *clientele.Credential, at clientele.Location, sev clientele.Severity, format string, args ...any) {
	r, _ := RuleByID(rule)
	value := ""
	if cred != nil {
		value = cred.Fingerprint
	}
	k := string(rule) + "\x00" + string(c.ID) + "\x00" + value
	if value == "" {
		k += "\x00" + strings.Join(at.Path, "\x00")
	}
	if i, ok := j.at[k]; ok {
		j.findings[i].Severity = max(j.findings[i].Severity, sev)
		j.more[k]++
		return
	}
	j.at[k] = len(j.findings)
	j.findings = append(j.findings, clientele.Finding{
		Rule: rule, Severity: sev, Client: c.ID, Credential: value, Location: at, Remedy: r.Remedy,
		Message:     fmt.Sprintf(format, args...),
		Fingerprint: j.key.Sum("finding", k+"\x00"+strings.Join(at.Path, "\x00"), 16),
	})
}

// marking are the tools in which a variable can be marked as secret.
var marking = map[clientele.Tool]bool{"postman": true, "insomnia": true, "bruno": true, "hoppscotch": true, "yaak": true}

func (j *judgement) credentials(s Subject) {
	c := s.Client
	for i := range c.Credentials {
		cred := &c.Credentials[i]
		if !cred.Class.Embedded() {
			continue
		}
		what := describe(cred)
		expired := !cred.ExpiresAt.IsZero() && cred.ExpiresAt.Before(j.now)
		if cred.Weak {
			j.add("weak-secret", c, cred, cred.Location, clientele.Low, "%s is a default or a common word", what)
			continue
		}
		sev := j.severity(c, cred)
		switch {
		case expired:
			j.add("expired-credential", c, cred, cred.Location, clientele.Info, "%s expired on %s", what, cred.ExpiresAt.Format(time.DateOnly))
			continue
		case cred.Dormant:
			j.add("dormant-secret", c, cred, cred.Location, min(sev, clientele.Medium), "%s is disabled, but still in the file", what)
		case cred.Recorded:
			j.add("recorded-secret", c, cred, cred.Location, min(sev, clientele.High), "%s was recorded from a live exchange", what)
		case cred.Class == clientele.Obfuscated:
			j.add("obfuscated-secret", c, cred, cred.Location, sev, "%s is only obfuscated and can be read", what)
		default:
			j.add("embedded-secret", c, cred, cred.Location, sev, "%s is written into %s", what, path.Base(cred.Location.File))
		}
		j.exposure(s, cred, what, sev)
		j.lifetime(c, cred, what)
	}
}

// severity weighs one embedded credential: by environment, and by whether the file is the
// tool's own cache, kept from others.
func (j *judgement) severity(c *clientele.Client, cred *clientele.Credential) clientele.Severity {
	env := detect.EnvironmentOfName(cred.Environment)
	if env == "" && !strings.Contains(c.Environment, ",") {
		env = c.Environment
	}
	live := strings.HasPrefix(cred.Excerpt, "sk_live_") || strings.HasPrefix(cred.Excerpt, "rk_live_")
	switch {
	case cred.Place == clientele.InText && cred.Provider == "" && c.Tool == "source-code":
		return clientele.Low // found by a name beside it alone
	case live || env == "production":
		if cred.Place == clientele.InTokenCache {
			return clientele.High
		}
		return clientele.Critical
	case cred.Place == clientele.InTokenCache:
		return clientele.Medium
	case env == "local" || env == "test" || env == "development":
		return clientele.Medium
	}
	return clientele.High
}

// exposure looks at where a file with a secret goes and who can read it.
func (j *judgement) exposure(subject Subject, cred *clientele.Credential, what string, sev clientele.Severity) {
	c, file := subject.Client, cred.Location.File
	if subject.Tracked[file] {
		j.add("tracked-secret", c, cred, cred.Location, sev, "%s is tracked by git in %s", what, file)
	} else if mode, ok := subject.Modes[file]; ok && mode&0o004 != 0 && !strings.Contains(file, "!/") {
		at := clientele.Location{File: file, Path: []string{path.Base(file)}}
		j.add("world-readable", c, nil, at, min(sev, clientele.Medium), "%s holds a secret and has mode %04o", file, mode)
	}
	for _, s := range c.Sync {
		if s.Mode == clientele.SyncCloud && !strings.Contains(s.Detail, "not synced") {
			j.add("cloud-synced-secret", c, cred, cred.Location, min(sev, clientele.High), "%s is synced to %s", what, cmp.Or(s.Where, "a workspace in the vendor's cloud"))
			break
		}
	}
	if cred.Place == clientele.InVariable && !cred.Marked && marking[c.Tool] {
		j.add("unmarked-secret", c, cred, cred.Location, clientele.Low, "variable %s holds %s and is not marked as secret", cred.Name, roleName(cred.Role))
	}
	if cred.Place == clientele.InURL || cred.Place == clientele.InQuery {
		j.add("secret-in-url", c, cred, cred.Location, clientele.Medium, "%s is part of a URL", what)
	}
	env := cmp.Or(detect.EnvironmentOfName(cred.Environment), c.Environment)
	if strings.HasPrefix(cred.Excerpt, "sk_live_") && (env == "test" || env == "development" || env == "local" || env == "staging") {
		j.add("production-credential-in-test", c, cred, cred.Location, clientele.High, "%s is a live key in a %s environment", what, env)
	}
}

// maxLifetime is how long a credential may live before it counts as long-lived.
const maxLifetime = 90 * 24 * time.Hour

func (j *judgement) lifetime(c *clientele.Client, cred *clientele.Credential, what string) {
	if !cred.ExpiresAt.IsZero() {
		if left := cred.ExpiresAt.Sub(j.now); left > maxLifetime {
			j.add("long-lived-credential", c, cred, cred.Location, clientele.Medium, "%s is valid for another %d days", what, int(left.Hours()/24))
		}
		return
	}
	if cred.Role == clientele.SecretKey && strings.HasPrefix(cred.Principal, "AKIA") {
		j.add("long-lived-credential", c, cred, cred.Location, clientele.Medium, "access key %s has no end: it works until somebody deactivates it", cred.Principal)
	}
}

// client applies the rules that concern a client as a whole.
func (j *judgement) client(c *clientele.Client) {
	here := clientele.Location{Path: []string{c.Name}}
	if len(c.Files) > 0 {
		here.File = c.Files[0]
	}
	secrets := slices.ContainsFunc(c.Credentials, func(x clientele.Credential) bool { return x.Role.Secret() })
	for _, e := range c.Endpoints {
		if plainScheme[e.Scheme] && detect.EnvironmentOfHost(e.Host) != "local" && e.Host != "" && !strings.ContainsAny(e.Host, "{<$") && secrets && !detect.ExampleHost(e.Host) {
			at := e.Location
			at.Path = []string{e.Scheme, e.Host}
			j.add("plain-text-transport", c, nil, at, clientele.Medium, "%s is called over %s, without encryption", e.Host, e.Scheme)
		}
	}
	for _, a := range c.Approvals {
		if a.Broad {
			j.add("broad-approval", c, nil, clientele.Location{File: here.File, Path: []string{a.Rule, a.What}, Line: a.Line}, clientele.High, "%s allows %s without asking", a.Rule, a.What)
		}
	}
	if len(c.Outputs) > 0 && secrets {
		j.add("leaves-artefacts", c, nil, here, clientele.Low, "a run leaves %s", strings.Join(c.Outputs[:min(3, len(c.Outputs))], ", "))
	}
	if how := exports(c); how != "" {
		j.add("can-export", c, nil, here, clientele.Info, "%s", how)
	}
	if len(c.Owners) == 0 {
		j.add("no-owner", c, nil, here, clientele.Medium, "no owner could be inferred from the file, its repository or its account")
	}
	j.automation(c, here)
}

var plainScheme = map[string]bool{"http": true, "ws": true, "ftp": true, "telnet": true, "ldap": true, "amqp": true, "mqtt": true, "smtp": true}

// exports says how a client can take data out, or "".
func exports(c *clientele.Client) string {
	if len(c.Exports) > 0 {
		return c.Exports[0]
	}
	for _, e := range c.Endpoints {
		for _, seg := range strings.Split(strings.ToLower(e.Path), "/") {
			switch strings.TrimRight(seg, "s") {
			case "export", "download", "dump", "bulk", "backup", "extract", "bulk-export":
				return fmt.Sprintf("calls %s %s%s", cmp.Or(e.Method, "GET"), e.Host, e.Path)
			}
		}
	}
	if c.Kind == clientele.DataStoreClient {
		return "a data-store client reads whatever its account may"
	}
	return ""
}

// automation compares who runs a client with whose identity it uses.
func (j *judgement) automation(c *clientele.Client, here clientele.Location) {
	oidc := false
	for _, id := range c.Identities {
		oidc = oidc || id.Scheme == "oidc"
		at := id.Location
		at.Path = append(slices.Clone(at.Path), id.Principal)
		switch {
		case id.Kind == clientele.Person && c.Kind == clientele.CIJob && id.Principal != "":
			j.add("personal-identity-in-automation", c, nil, at, clientele.Medium, "the job signs in as %s", id.Principal)
		case id.Kind == clientele.Machine && c.Kind == clientele.DataStoreClient && id.Principal != "",
			id.Kind == clientele.Machine && c.Kind == clientele.CLI && id.Principal != "" && id.Scheme != "oidc":
			j.add("machine-identity-in-hand", c, nil, at, clientele.Low, "the machine identity %s is set up in a tool for use by hand", id.Principal)
		}
	}
	if c.Kind != clientele.CIJob || oidc {
		return
	}
	for i := range c.Credentials {
		cred := &c.Credentials[i]
		if cloudKey(cred) {
			j.add("static-cloud-key", c, nil, cred.Location, clientele.High, "%s is a static cloud key; %s can use OIDC instead", cred.Name, c.Tool)
		}
	}
}

func cloudKey(c *clientele.Credential) bool {
	n := strings.ToLower(c.Name)
	if c.Class != clientele.Literal && c.Class != clientele.Reference {
		return false
	}
	for _, k := range []string{"aws_secret_access_key", "aws-secret-access-key", "azure_client_secret", "client-secret", "credentials_json", "google_credentials", "gcp_sa_key", "azure_credentials", "arm_client_secret", "google_application_credentials_json", "creds"} {
		if n == k {
			return true
		}
	}
	return false
}

// reuse finds values that stand in more than one client, and those that reach from
// production into a test environment.
func (j *judgement) reuse(clients []*clientele.Client) {
	type use struct {
		c    *clientele.Client
		cred *clientele.Credential
	}
	uses := map[string][]use{}
	var order []string
	for _, c := range clients {
		for i := range c.Credentials {
			cred := &c.Credentials[i]
			if cred.Fingerprint == "" || cred.Weak {
				continue
			}
			if len(uses[cred.Fingerprint]) == 0 {
				order = append(order, cred.Fingerprint)
			}
			uses[cred.Fingerprint] = append(uses[cred.Fingerprint], use{c, cred})
		}
	}
	for _, fp := range order {
		var names []string
		var ids []clientele.ClientID
		prod, test := (*use)(nil), (*use)(nil)
		for i, u := range uses[fp] {
			if !slices.Contains(ids, u.c.ID) {
				ids, names = append(ids, u.c.ID), append(names, u.c.Name)
			}
			env := cmp.Or(detect.EnvironmentOfName(u.cred.Environment), u.c.Environment)
			switch env {
			case "production":
				prod = &uses[fp][i]
			case "test", "development", "local", "staging":
				test = &uses[fp][i]
			}
		}
		if prod != nil && test != nil {
			j.add("production-credential-in-test", test.c, test.cred, test.cred.Location, clientele.High, "%s is also used in production, by %s", describe(test.cred), prod.c.Name)
		}
		if len(ids) < 2 {
			continue
		}
		for _, u := range uses[fp] {
			others := without(names, u.c.Name)
			j.add("reused-secret", u.c, u.cred, u.cred.Location, clientele.Medium, "%s is also used by %s", describe(u.cred), listed(others, 3))
		}
	}
}

func without(list []string, s string) []string {
	var out []string
	for _, x := range list {
		if x != s {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return list // clients of one name
	}
	return out
}

func listed(list []string, most int) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// identities finds principals that sign in to more than one environment.
func (j *judgement) identities(clients []*clientele.Client) {
	type seen struct {
		envs    []string
		clients []*clientele.Client
		at      []clientele.Location
	}
	all := map[string]*seen{}
	var order []string
	note := func(key, env string, c *clientele.Client, at clientele.Location) {
		s := all[key]
		if s == nil {
			s = &seen{}
			all[key] = s
			order = append(order, key)
		}
		if env != "" && !slices.Contains(s.envs, env) {
			s.envs = append(s.envs, env)
		}
		if !slices.Contains(s.clients, c) {
			s.clients, s.at = append(s.clients, c), append(s.at, at)
		}
	}
	for _, c := range clients {
		for _, id := range c.Identities {
			p := strings.TrimSpace(id.Principal)
			if len(p) < 4 || strings.ContainsAny(p, "{<$%") || commonUser[strings.ToLower(p)] || id.Kind == clientele.Person {
				continue
			}
			for _, env := range strings.Split(c.Environment, ",") {
				if env != "local" {
					note(p, env, c, id.Location)
				}
			}
		}
	}
	for _, p := range order {
		s := all[p]
		if len(s.envs) < 2 {
			continue
		}
		slices.Sort(s.envs)
		for i, c := range s.clients {
			at := s.at[i]
			at.Path = append(slices.Clone(at.Path), p)
			j.add("identity-across-environments", c, nil, at, clientele.Medium, "%s is used in %s", p, strings.Join(s.envs, " and "))
		}
	}
}

// commonUser are account names that say nothing: one "postgres" is not another.
var commonUser = map[string]bool{"admin": true, "root": true, "user": true, "username": true, "test": true, "postgres": true, "mysql": true, "guest": true, "demo": true, "api": true, "token": true, "oauth2": true, "x-access-token": true, "__token__": true, "aws": true, "bearer": true, "github_token": true, "git": true}

// describe names a credential for a message: its role, whose it is and where it stands.
func describe(c *clientele.Credential) string {
	s := roleName(c.Role)
	if p := shownPrincipal(*c); p != "" && len(p) <= 80 {
		s += " of " + p
	} else if c.Name != "" && c.Place != clientele.InText && c.Place != clientele.InURL {
		s += " in " + placeName(c.Place) + " " + c.Name
	} else if c.Provider != "" {
		s += " (" + c.Provider + ")"
	}
	return s
}

func roleName(r clientele.Role) string {
	switch r {
	case clientele.OtherSecret:
		return "a secret"
	case clientele.APIKey:
		return "an API key"
	case clientele.IDToken:
		return "an ID token"
	case clientele.SessionID:
		return "a session cookie"
	case clientele.WebhookURL:
		return "a webhook URL"
	}
	return "a " + strings.ReplaceAll(string(r), "_", " ")
}

func placeName(p clientele.Place) string {
	switch p {
	case clientele.InAuth:
		return "auth field"
	case clientele.InQuery:
		return "query parameter"
	case clientele.InTokenCache:
		return "token cache field"
	case clientele.InResponse:
		return "response field"
	case clientele.InEnv:
		return "environment variable"
	case clientele.InCertificate:
		return "client certificate field"
	}
	return string(p)
}

// shownPrincipal is a credential's principal for messages, unless it is a reference.
func shownPrincipal(c clientele.Credential) string {
	if len(detect.References(c.Principal, clientele.SyntaxGeneric)) > 0 {
		return ""
	}
	return c.Principal
}
