package command

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// Worth reports whether a part is more than names for folders and switches. Most scripts,
// images and pipelines set some variable; that alone makes none of them a client.
func Worth(p clientele.Part) bool {
	if len(p.Requests)+len(p.Links)+len(p.Exports)+len(p.Identities) > 0 {
		return true
	}
	for _, s := range p.Slots {
		if s.Place != clientele.InEnv && s.Place != clientele.InSetting || telling(s.Name, s.Value) {
			return true
		}
	}
	for _, v := range p.Variables {
		if v.External != "" || telling(v.Name, v.Value) {
			return true
		}
	}
	for _, t := range p.Texts {
		if t.Place != clientele.InScript {
			return true
		}
	}
	return false
}

var tellingName = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|auth|cred|dsn|conn|login|bearer|cookie|session|salt|cert|private|webhook|hook|database|_db|db_|uri$|url$`)

// telling reports whether a variable may make its file a client: it is named for a
// credential, or holds a URL or a long value of one piece.
func telling(name string, value clientele.Plaintext) bool {
	v := value.Reveal()
	if strings.HasSuffix(strings.ToLower(name), "cache-key") || v == "" || v == "true" || v == "false" {
		return false
	}
	return tellingName.MatchString(name) || strings.Contains(v, "://") || len(v) >= 20 && !strings.ContainsAny(v, " /\\$,\n{:")
}
