package ticket

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/clientele/clientele"
)

// Unavailable says that a system could not be asked, or that its answer cannot be relied
// on. To errors.As it is a *clientele.Error of kind Unavailable. A refused credential is
// among its causes: it is ours, and nothing that the person who asked could mend by
// signing in.
type Unavailable struct {
	System System
	Why    string        // what happened, in words that follow "jira could not be asked: "
	Hint   string        // one thing to do next, or empty
	Wait   time.Duration // how long the system wants to be left alone; 0: it did not say
	Cause  error         // for the log; nil if the answer itself was the cause
}

func (u *Unavailable) Error() string {
	return fmt.Sprintf("%s could not be asked: %s", u.System, u.Why)
}

// Unwrap gives the error a person may read, with the cause below it.
func (u *Unavailable) Unwrap() error {
	return &clientele.Error{Kind: clientele.Unavailable, Msg: u.Error(), Hint: u.Hint, Err: u.Cause}
}

// maxWait bounds what a system may ask us to wait: a wrong clock should not stop the
// checks for a year.
const maxWait = 24 * time.Hour

// waitOf reads how long an answer asks to wait: Retry-After in seconds or as a date
// (RFC 9110, 10.2.3), else the moment the quota is filled again (X-RateLimit-Reset of
// GitHub and ServiceNow in Unix seconds, of Jira in ISO 8601; RateLimit-Reset of GitLab).
func waitOf(h http.Header, now time.Time) time.Duration {
	wait := time.Duration(0)
	if after := h.Get("Retry-After"); after != "" {
		if s, err := strconv.ParseUint(after, 10, 31); err == nil {
			wait = time.Duration(s) * time.Second
		} else if at, err := http.ParseTime(after); err == nil {
			wait = at.Sub(now)
		}
	} else if at, ok := resetOf(h); ok {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxWait)
}

func resetOf(h http.Header) (time.Time, bool) {
	reset := h.Get("X-RateLimit-Reset")
	if reset == "" {
		reset = h.Get("RateLimit-Reset")
	}
	if s, err := strconv.ParseInt(reset, 10, 64); err == nil {
		return time.Unix(s, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, reset); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// limited reports whether an answer turns us away for having asked too often. GitHub says
// so with 403 as well as 429, and then tells when to come back.
func limited(resp *http.Response) bool {
	if resp.StatusCode == http.StatusTooManyRequests {
		return true
	}
	return resp.StatusCode == http.StatusForbidden &&
		(resp.Header.Get("Retry-After") != "" || resp.Header.Get("X-RateLimit-Remaining") == "0")
}
