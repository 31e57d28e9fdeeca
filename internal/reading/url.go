package reading

import (
	"net/url"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/dsn"
)

func (x *Reader) url(at clientele.Slot, raw string) string {
	t, ok := dsn.Parse(raw)
	if !ok || !t.HasPassword && !strings.Contains(raw, "://") && !strings.Contains(raw, ";") && !strings.Contains(raw, "=") {
		return x.looseURL(at, raw)
	}
	x.target(at, t)
	return x.maskPath(at, t.Masked)
}

func (x *Reader) looseURL(at clientele.Slot, raw string) string {
	head, query, ok := strings.Cut(raw, "?")
	if !ok {
		return x.maskPath(at, raw)
	}
	var masked []string
	for _, p := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(p, "=")
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		s := at
		s.Place, s.Name, s.Value = clientele.InQuery, name, clientele.Secret(value)
		if x.slot(s) {
			value = "***"
		}
		masked = append(masked, name+"="+value)
	}
	return x.maskPath(at, head) + "?" + strings.Join(masked, "&")
}

func (x *Reader) target(at clientele.Slot, t dsn.Target) {
	host := ""
	if len(t.Hosts) > 0 {
		host = t.Hosts[0]
	}
	if t.HasPassword && !t.Password.Empty() {
		s := at
		s.Role, s.Name, s.Value, s.Principal, s.Host = clientele.Password, orName(at.Name, "userinfo"), t.Password, t.User, host
		if at.Place == clientele.InURL {
			s.Name = "userinfo"
		}
		x.slot(s)
	} else if t.User != "" && detect.LooksRandom(t.User) && !strings.Contains(host, "sentry.io") { // https://TOKEN@host; the key of a Sentry DSN is public
		s := at
		s.Role, s.Name, s.Value, s.Host = clientele.Token, "userinfo", clientele.Secret(t.User), host
		x.slot(s)
	}
	for _, p := range t.Params {
		s := at
		s.Role, s.Name, s.Value, s.Host = "", p.Name, p.Value, host
		if at.Place == clientele.InURL {
			s.Place = clientele.InQuery
		}
		x.slot(s)
	}
	if t.User != "" && t.HasPassword {
		x.identity(clientele.Identity{Scheme: "basic", Principal: t.User, Issuer: host}, at)
	}
}

func orName(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

func (x *Reader) maskPath(at clientele.Slot, u string) string {
	head, rest := "", u
	if i := strings.Index(u, "://"); i >= 0 {
		head, rest = u[:i+3], u[i+3:]
	}
	path, query, _ := strings.Cut(rest, "?")
	segs := strings.Split(path, "/")
	if n := webhook(segs); n > 0 { // the address as a whole is the secret
		slot := at
		slot.Place, slot.Name, slot.Value = clientele.InURL, orName(at.Name, "url"), clientele.Secret(u)
		x.keep(x.credential(slot, clientele.WebhookURL, x.classify(slot)))
		return head + strings.Join(append(segs[:n:n], "***"), "/")
	}
	secret := keyedPath(segs)
	for i, s := range segs {
		if i == 0 || len(s) < 16 || strings.ContainsAny(s, "{}<>$%") {
			continue
		}
		if !(secret && detect.IsUUID(s) && strings.HasPrefix(segs[0], "mcp.")) && !(detect.LooksRandom(s) && (secret || len(s) >= 24 && mixed(s)) || secret && len(s) >= 20 && bothCases(s)) {
			continue
		}
		slot := at
		slot.Place, slot.Name, slot.Value = clientele.InURL, "path", clientele.Secret(s)
		x.keep(x.credential(slot, clientele.Token, x.classify(slot)))
		segs[i] = "***"
	}
	masked := head + strings.Join(segs, "/")
	if query != "" {
		masked += "?" + query
	}
	return masked
}

func webhook(segs []string) int {
	h := strings.ToLower(segs[0])
	switch {
	case h == "hooks.slack.com" && len(segs) >= 5 && len(segs[len(segs)-1]) >= 16 && !strings.ContainsAny(segs[len(segs)-1], "{<$"):
		return 2
	case (h == "discord.com" || h == "discordapp.com") && len(segs) >= 5 && segs[2] == "webhooks" && len(segs[4]) >= 20:
		return 4
	case strings.HasSuffix(h, ".webhook.office.com") && len(segs) >= 3 && len(segs[2]) >= 20:
		return 2
	}
	return 0
}

func keyedPath(segs []string) bool {
	switch h := strings.ToLower(segs[0]); {
	case strings.HasPrefix(h, "hooks."), strings.Contains(h, "webhook"), strings.HasSuffix(h, "zapier.com"), strings.HasPrefix(h, "mcp."), strings.Contains(h, "pipedream"):
		return true
	}
	for _, s := range segs[1:] {
		switch strings.ToLower(s) {
		case "webhook", "webhooks", "hooks", "mcp", "sse", "token", "t":
			return true
		}
	}
	return false
}

func bothCases(s string) bool {
	return strings.ToLower(s) != s && strings.ToUpper(s) != s && detect.Entropy(s) > 3.5 && !strings.ContainsAny(s, "-_.")
}

func mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ToLower(s) != s && strings.ToUpper(s) != s && detect.Entropy(s) > 3.8
}

func withPlace(s clientele.Slot, p clientele.Place) clientele.Slot {
	if s.Place == clientele.InVariable || s.Place == clientele.InSetting {
		return s
	}
	s.Place = p
	return s
}

func CutOutside(s string, c byte) (before, after string, ok bool) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{', '<', '(':
			depth++
		case '}', '>', ')':
			depth--
		case c:
			if depth <= 0 {
				return s[:i], strings.TrimSpace(s[i+1:]), true
			}
		}
	}
	return "", "", false
}
