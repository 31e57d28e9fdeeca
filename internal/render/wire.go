package render

import (
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/discover"
	"github.com/clientele/clientele/internal/judge"
)

// Wire turns a result into the types that go out. version is that of the program.
func Wire(res *discover.Result, version string) api.Scan {
	return api.Scan{
		SchemaVersion: api.SchemaVersion,
		Scan: api.ScanInfo{
			StartedAt:  res.StartedAt.UTC(),
			DurationMS: res.Duration.Milliseconds(),
			Tool:       "clientele " + version,
			RuleSet:    res.RuleSource,
			Roots:      some(res.Roots),
			Files:      res.Files,
			Bytes:      res.Bytes,
			Unreadable: each(res.Unreadable, func(u discover.Unreadable) api.Unreadable {
				return api.Unreadable{Path: u.Path, Reason: u.Reason}
			}),
		},
		Clients:  each(res.Clients, wireClient),
		Findings: each(res.Findings, wireFinding),
	}
}

func wireClient(c *clientele.Client) api.Client {
	return api.Client{
		ID:          string(c.ID),
		Name:        c.Name,
		Tool:        string(c.Tool),
		Kind:        string(c.Kind),
		ExternalID:  c.ExternalID,
		Files:       some(c.Files),
		Environment: c.Environment,
		Endpoints:   each(c.Endpoints, wireEndpoint),
		Identities:  each(c.Identities, wireIdentity),
		Credentials: wireCredentials(c.Credentials),
		Owners: each(c.Owners, func(o clientele.Owner) api.Owner {
			return api.Owner{Who: o.Who, Kind: string(o.Kind), Evidence: o.Evidence, Confidence: o.Confidence}
		}),
		Sync: each(c.Sync, func(s clientele.Sync) api.Sync {
			return api.Sync{Mode: string(s.Mode), Where: s.Where, Detail: s.Detail}
		}),
		Approvals: each(c.Approvals, func(a clientele.Approval) api.Approval {
			return api.Approval{What: a.What, Rule: a.Rule, Broad: a.Broad}
		}),
		Exports: c.Exports,
		Outputs: c.Outputs,
		Risk:    c.Risk.String(),
	}
}

func wireEndpoint(e clientele.Endpoint) api.Endpoint {
	return api.Endpoint{
		Method:      e.Method,
		Scheme:      e.Scheme,
		Host:        e.Host,
		Path:        e.Path,
		URLTemplate: e.URLTemplate,
		Auth:        e.Auth,
		AuthFrom:    e.AuthFrom,
		Location:    wireLocation(e.Location),
	}
}

func wireIdentity(id clientele.Identity) api.Identity {
	w := api.Identity{
		Scheme:    id.Scheme,
		Principal: id.Principal,
		Kind:      string(id.Kind),
		Issuer:    id.Issuer,
		Audience:  id.Audience,
		Scopes:    id.Scopes,
		IssuedAt:  moment(id.IssuedAt),
		ExpiresAt: moment(id.ExpiresAt),
	}
	if id.Location.File != "" {
		at := wireLocation(id.Location)
		w.Location = &at
	}
	return w
}

// wireCredentials leaves empty slots out: nothing stands there.
func wireCredentials(list []clientele.Credential) []api.Credential {
	out := make([]api.Credential, 0, len(list))
	for _, c := range list {
		if c.Class != clientele.Empty {
			out = append(out, wireCredential(c))
		}
	}
	return out
}

func wireCredential(c clientele.Credential) api.Credential {
	w := api.Credential{
		Fingerprint: c.Fingerprint,
		Role:        string(c.Role),
		Class:       string(c.Class),
		Place:       string(c.Place),
		Name:        c.Name,
		Location:    wireLocation(c.Location),
		Excerpt:     c.Excerpt,
		Weak:        c.Weak,
		Dormant:     c.Dormant,
		Recorded:    c.Recorded,
		Marked:      c.Marked,
		Principal:   c.Principal,
		Host:        c.Host,
		Provider:    c.Provider,
		Environment: c.Environment,
		ExpiresAt:   moment(c.ExpiresAt),
		Refs:        c.Refs,
	}
	for _, at := range c.DefinedAt {
		w.DefinedAt = append(w.DefinedAt, wireLocation(at))
	}
	return w
}

func wireFinding(f clientele.Finding) api.Finding {
	rule, _ := judge.RuleByID(f.Rule)
	w := api.Finding{
		Rule:        string(f.Rule),
		Severity:    f.Severity.String(),
		Client:      string(f.Client),
		Fingerprint: f.Fingerprint,
		Credential:  f.Credential,
		Location:    wireLocation(f.Location),
		Message:     f.Message,
		Remedy:      f.Remedy,
		NHI:         rule.NHI,
		CSF:         rule.CSF,
	}
	if f.Suppressed != "" {
		w.Suppressed = &api.Suppressed{Reason: f.Suppressed}
	}
	return w
}

func wireLocation(at clientele.Location) api.Location {
	return api.Location{File: at.File, Path: some(at.Path), Line: at.Line}
}

// moment is nil for a time that is not known.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// each maps a list; the answer is never nil, so that it is [] in JSON and not null.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}

func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// byID finds the clients that findings name.
func byID(scan api.Scan) map[string]*api.Client {
	out := map[string]*api.Client{}
	for i := range scan.Clients {
		out[scan.Clients[i].ID] = &scan.Clients[i]
	}
	return out
}
