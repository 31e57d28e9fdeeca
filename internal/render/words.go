package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele/api"
)

// count writes "1 client", "2 clients", "12,345 clients".
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(int64(n)) + " " + many
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes bytes in the unit in which they are short.
func size(n int64) string {
	f, unit := float64(n), "bytes"
	for _, u := range []string{"kB", "MB", "GB", "TB"} {
		if f < 1000 {
			break
		}
		f, unit = f/1000, u
	}
	if unit == "bytes" {
		return count(n, "byte", "bytes")
	}
	return fmt.Sprintf("%.1f %s", f, unit)
}

// took writes how long a scan ran.
func took(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// expiry says when something ends, seen from now.
func expiry(at, now time.Time) string {
	if at.After(now) {
		return "expires in " + about(at.Sub(now))
	}
	return "expired " + about(now.Sub(at)) + " ago"
}

// about words a duration in its largest unit: "3 days", "2 months".
func about(d time.Duration) string {
	const day = 24 * time.Hour
	for _, u := range []struct {
		size time.Duration
		from time.Duration // the unit is used from here on
		one  string
	}{
		{365 * day, 2 * 365 * day, "year"}, {30 * day, 60 * day, "month"}, {day, 2 * day, "day"}, {time.Hour, 2 * time.Hour, "hour"}, {time.Minute, time.Minute, "minute"},
	} {
		if d >= u.from {
			return count(int(d/u.size), u.one, u.one+"s")
		}
	}
	return "less than a minute"
}

// sureness puts an owner's confidence into a word. Nobody is an owner until they attest, so
// none of them says that somebody is.
func sureness(confidence float64) string {
	switch {
	case confidence >= 0.75:
		return "very probably"
	case confidence >= 0.5:
		return "probably"
	case confidence >= 0.35:
		return "perhaps"
	}
	return "at a guess"
}

// travels words how a client's content gets from one machine to another.
func travels(s api.Sync) string {
	out := map[string]string{"local": "stays on this machine", "git": "in git", "cloud": "synced to a cloud"}[s.Mode]
	if out == "" {
		out = s.Mode
	}
	if s.Where != "" {
		out += ": " + s.Where
	}
	if s.Detail != "" {
		out += " (" + s.Detail + ")"
	}
	return out
}

// classWord is what a credential's class means to a reader.
func classWord(class string) string {
	if class == "literal" {
		return "embedded"
	}
	return class
}

// roleWord names a role as people write it.
func roleWord(role string) string {
	switch role {
	case "api_key":
		return "API key"
	case "id_token":
		return "ID token"
	case "webhook_url":
		return "webhook URL"
	case "client_id":
		return "client ID"
	case "session":
		return "session cookie"
	}
	return strings.ReplaceAll(role, "_", " ")
}

// signsIn words an identity after "as": the principal, what it is and how long it lasts.
func signsIn(id api.Identity, now time.Time) string {
	who := id.Principal
	if who == "" {
		who = "an account that is not named"
	}
	var about []string
	for _, s := range []string{id.Kind, id.Scheme} {
		if s != "" {
			about = append(about, roleWord(s))
		}
	}
	if id.Issuer != "" {
		about = append(about, "issued by "+id.Issuer)
	}
	if len(about) > 0 {
		who += " (" + strings.Join(about, ", ") + ")"
	}
	if e := ends(id, now); e != "" {
		who += ", " + e
	}
	return who
}

// ends says when an identity expires. A token that tells when it was issued and no end has
// none; of the rest nothing is known.
func ends(id api.Identity, now time.Time) string {
	switch {
	case id.ExpiresAt != nil:
		return expiry(*id.ExpiresAt, now)
	case id.IssuedAt != nil:
		return "never expires"
	}
	return ""
}

// sentence gives a message a full stop, and a capital if it begins with a word of ours; a
// name is left as it is written.
func sentence(s string) string {
	switch first, _, _ := strings.Cut(s, " "); first {
	case "a", "an", "no", "the", "variable", "access", "calls":
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if s == "" || strings.ContainsRune(".!?", rune(s[len(s)-1])) {
		return s
	}
	return s + "."
}

// chain joins the names that lead to a place.
func chain(path []string) string { return strings.Join(path, " › ") }

// many joins a list, at most n of it, with the number of the rest.
func many(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s +%d", strings.Join(list[:n], ", "), len(list)-n)
}
