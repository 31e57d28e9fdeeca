package dsn

import (
	"regexp"
	"strings"
)

// HostOf is the host of a URL, with its port and the references in it, and never with a user
// or password. A text without a scheme is read as if it began with the host.
func HostOf(url string) string {
	_, from, to := hostSpan(url)
	return url[from:to]
}

// Bare is a URL without what may be secret in most: user, password, query and fragment.
func Bare(url string) string {
	before, from, to := hostSpan(url)
	return url[:before] + url[from:pathEnd(url, to)]
}

// ShownPath is a URL's path as it may stand in a name: without query and fragment, and with
// an ellipsis for elements that are long and hold a digit, as keys in the paths of webhooks do.
func ShownPath(url string) string {
	_, _, to := hostSpan(url)
	elems := strings.Split(url[to:pathEnd(url, to)], "/")
	if len(elems) == 1 {
		return "/"
	}
	for i, e := range elems {
		if len(e) >= 16 && keyInPath.MatchString(e) {
			elems[i] = "…"
		}
	}
	return strings.Join(elems, "/")
}

var keyInPath = regexp.MustCompile(`^[\w.~:-]*[0-9][\w.~:-]*$`)

// Shows reports whether a parameter of that name stands in a URL's query, so that a table of
// parameters beside the URL only repeats it.
func Shows(url, name string) bool {
	_, query, _ := strings.Cut(url, "?")
	return strings.Contains("&"+query, "&"+name+"=")
}

// hostSpan finds where a URL's authority begins, and where the host in it begins and ends. What
// lies beyond maxLen is not looked at: the host ends there at the latest.
func hostSpan(url string) (authority, from, to int) {
	r := reading{s: url[:min(len(url), maxLen)]}
	r.t.Scheme = "https"
	if colon := schemeEnd(r.s); colon >= 0 {
		r.t.Scheme, authority = strings.ToLower(r.s[:colon]), colon+3
	} else if strings.HasPrefix(r.s, "//") {
		authority = 2
	}
	at, end := r.authority(authority)
	return authority, hostStart(authority, at), end
}

func pathEnd(url string, from int) int { return next(url, from, len(url), "?#") }
