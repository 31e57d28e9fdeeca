// Package jira checks tickets that are kept in Jira.
//
// It uses one call: GET /rest/api/3/issue/{key}?fields=assignee,resolution,status,summary of
// Jira Cloud, or the same of /rest/api/2 of Jira Data Center. Cloud is asked with an
// e-mail address and an API token (basic authentication), Data Center with a personal access
// token (bearer). The account needs to browse the project, and nothing else.
//
// Where a ticket stands follows from the category of its status: new and indeterminate are
// open, done is closed, or cancelled if its status or its resolution says so. Jira keeps no
// approvals by itself, and who may set which status is up to the workflow; therefore a ticket is
// approved only in a status that Config.ApprovedStatuses names.
package jira

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// Config says where Jira is and who asks it.
type Config struct {
	// BaseURL is the site, https://acme.atlassian.net, or a Data Center's address with its
	// context path, https://tools.example.com/jira.
	BaseURL string
	// WebURL is where people open tickets. Empty: BaseURL. A scoped API token of Jira
	// Cloud needs https://api.atlassian.com/ex/jira/<cloud id> as BaseURL, and the site here.
	WebURL string
	// Email is the account of an API token of Jira Cloud. Empty: Token is a personal
	// access token of Jira Data Center.
	Email string
	Token clientele.Plaintext
	// ApprovedStatuses are the names of statuses, in any case, that only an approved
	// change can be in: a status that one may enter only by approval, and those behind
	// it. Empty: no ticket counts as approved.
	ApprovedStatuses []string
	// Reach is for a private certificate authority or another timeout.
	Reach ticket.Reach
}

// Driver asks one Jira.
type Driver struct {
	site     *ticket.Site
	web      *ticket.Site
	api      string
	approved []string
}

// New prepares to ask Jira; it does not ask yet. Errors are of kind Invalid.
func New(c Config) (*Driver, error) {
	if c.Token.Empty() {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "jira needs a token",
			Hint: "make an API token (Cloud, with the e-mail address) or a personal access token (Data Center)"}
	}
	if c.WebURL == "" {
		c.WebURL = c.BaseURL
	}
	site, err := ticket.NewSite(ticket.Jira, c.BaseURL, c.Reach, sign(c))
	if err != nil {
		return nil, err
	}
	web, err := ticket.NewSite(ticket.Jira, c.WebURL, c.Reach, nil)
	if err != nil {
		return nil, err
	}
	d := &Driver{site: site, web: web, api: "3", approved: c.ApprovedStatuses}
	if c.Email == "" {
		d.api = "2"
	}
	return d, nil
}

func sign(c Config) func(http.Header) {
	return func(h http.Header) {
		if c.Email == "" {
			h.Set("Authorization", "Bearer "+c.Token.Reveal())
			return
		}
		r := http.Request{Header: h}
		r.SetBasicAuth(c.Email, c.Token.Reveal())
	}
}

// issue is the part of an answer that is read.
type issue struct {
	Key    string `json:"key"`
	Fields struct {
		Summary string `json:"summary"`
		Status  struct {
			Name     string `json:"name"`
			Category struct {
				Key string `json:"key"`
			} `json:"statusCategory"`
		} `json:"status"`
		Resolution *struct {
			Name string `json:"name"`
		} `json:"resolution"`
		Assignee *struct {
			DisplayName string `json:"displayName"`
		} `json:"assignee"`
	} `json:"fields"`
}

// Check asks for the issue. The key in the ticket is the one Jira uses now: an issue that
// was moved to another project is found by its old key as well.
func (d *Driver) Check(ctx context.Context, key string) (ticket.Ticket, error) {
	if err := d.site.Validate(key); err != nil {
		return ticket.Ticket{}, err
	}
	u := d.site.URL("rest", "api", d.api, "issue", key)
	u.RawQuery = url.Values{"fields": {"assignee,resolution,status,summary"}}.Encode()
	var i issue
	if err := d.site.Get(ctx, u, &i); err != nil {
		return ticket.Ticket{}, err
	}
	if d.site.Validate(i.Key) != nil || i.Fields.Status.Name == "" {
		return ticket.Ticket{}, d.site.Misunderstood(errors.New("an issue without a key or a status"))
	}
	return d.ticket(i), nil
}

func (d *Driver) ticket(i issue) ticket.Ticket {
	t := ticket.Ticket{
		Ref:       ticket.Ref{System: ticket.Jira, Key: i.Key},
		URL:       d.web.URL("browse", i.Key).String(),
		Title:     ticket.Line(i.Fields.Summary),
		RawState:  ticket.Line(i.Fields.Status.Name),
		Approved:  named(i.Fields.Status.Name, d.approved),
		CheckedAt: d.site.Now(),
	}
	t.State = d.state(i, t.Approved)
	if i.Fields.Assignee != nil {
		t.Assignee = ticket.Line(i.Fields.Assignee.DisplayName)
	}
	return t
}

// The categories of a status are fixed, unlike the statuses:
// developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-workflow-status-categories
func (d *Driver) state(i issue, approved bool) ticket.State {
	switch i.Fields.Status.Category.Key {
	case "new", "indeterminate":
		if approved {
			return ticket.Approved
		}
		return ticket.Open
	case "done":
		if givenUp(i) {
			return ticket.Cancelled
		}
		return ticket.Closed
	}
	return ticket.Unknown
}

// givenUp reports whether a ticket that is done was not carried out, by the names that
// Jira and Jira Service Management bring along.
func givenUp(i issue) bool {
	names := []string{"cancelled", "canceled", "declined", "rejected", "won't do", "won't fix", "duplicate"}
	return named(i.Fields.Status.Name, names) ||
		i.Fields.Resolution != nil && named(i.Fields.Resolution.Name, names)
}

func named(name string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
