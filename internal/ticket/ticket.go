// Package ticket holds the words for a change that is recorded in another system (Jira,
// ServiceNow, GitHub or GitLab), and what the drivers of those systems have in common: how a
// reference is read, how a system is asked, and what is said when it does not answer.
//
// A reference comes from a person and ends up in the path or the query of a request that
// carries our credential. ParseRef therefore accepts a few exact forms and nothing else, and
// every driver refuses a key that is not in the form ParseRef returns.
//
// A ticket is evidence, so the drivers are strict: an answer that is not understood, is not
// about the ticket asked for or comes from another host is an Unavailable, never a guess.
package ticket

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/clientele/clientele"
)

// System names the product that keeps a ticket.
type System string

// The systems.
const (
	Jira       System = "jira"
	ServiceNow System = "servicenow"
	GitHub     System = "github"
	GitLab     System = "gitlab"
)

// State is where a ticket stands, in one vocabulary for all systems.
type State string

// The states.
const (
	Open      State = "open"      // recorded; not approved yet, or no approval is kept
	Approved  State = "approved"  // approved, and to be done or being done now
	Closed    State = "closed"    // done: nothing more is to happen under it
	Cancelled State = "cancelled" // given up or refused
	Unknown   State = "unknown"   // a state of the system's own that has no word here
)

// Ticket is what a system said of one ticket.
type Ticket struct {
	Ref      Ref
	URL      string // where a person opens it; made from the configuration, not from the answer
	Title    string // one line
	State    State
	RawState string // the state in the system's own words
	// Approved reports whether the system keeps an approval that stands. A closed ticket
	// can be approved; a ticket of a system that keeps no approvals never is.
	Approved bool
	// WindowFrom and WindowTo bound the planned time of the change; zero: none is kept.
	WindowFrom, WindowTo time.Time
	Assignee             string // as the system names the person: a display name or a login
	CheckedAt            time.Time
}

// Driver asks one installation of one system.
type Driver interface {
	// Check says how the ticket stands now. Errors are *clientele.Error: Invalid (the key
	// is not one), NotFound (no such ticket, or our account may not see it), or an
	// *Unavailable (the system could not be asked, or its answer cannot be relied on).
	Check(ctx context.Context, key string) (Ticket, error)
}

// Drivers are the systems that are connected.
type Drivers map[System]Driver

// Check asks the system that ref names. A reference read from a URL is good only for the
// site it points to: OPS-1 of somebody else's Jira is not OPS-1 of ours.
func (d Drivers) Check(ctx context.Context, ref Ref) (Ticket, error) {
	if err := ref.Validate(); err != nil {
		return Ticket{}, err
	}
	driver, ok := d[ref.System]
	if !ok {
		return Ticket{}, &clientele.Error{
			Kind: clientele.Invalid,
			Msg:  fmt.Sprintf("%s is not connected, so %s cannot be checked", ref.System, ref),
			Hint: "ask an administrator to connect it, or name a change of a system that is connected",
		}
	}
	t, err := driver.Check(ctx, ref.Key)
	if err != nil {
		return Ticket{}, err
	}
	if host := hostOf(t.URL); ref.Host != "" && ref.Host != host {
		return Ticket{}, &clientele.Error{
			Kind: clientele.Invalid,
			Msg:  fmt.Sprintf("the link is to %s; the %s connected here is %s", ref.Host, ref.System, host),
			Hint: fmt.Sprintf("if the change is kept on %s, write %s", host, ref),
		}
	}
	return t, nil
}

func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// maxLine bounds a title or name taken from an answer, in runes.
const maxLine = 300

// Line makes text from an answer fit for one line of a page, a log or a terminal: white
// space becomes single spaces, what does not print is left out, and the end is cut.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return string(runes[:min(len(runes), maxLine)])
}
