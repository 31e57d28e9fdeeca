// Package gitlab checks issues and merge requests that are kept on GitLab.
//
// It uses three calls of version 4 of the REST API: GET /projects/{path}/issues/{iid}, GET
// /projects/{path}/merge_requests/{iid} and GET …/merge_requests/{iid}/approvals, with a
// personal, group or project access token (PRIVATE-TOKEN) of scope read_api.
//
// An issue is open or closed; GitLab keeps no approvals of issues. A merge request is closed
// when it is merged and cancelled when it is closed without. It is approved if GitLab
// says that the project's rules are met and somebody other than its author approved it:
// without rules GitLab calls a merge request approved that nobody has looked at.
package gitlab

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// Config says where GitLab is and who asks it.
type Config struct {
	BaseURL string // the instance, without /api/v4. Empty: https://gitlab.com
	Token   clientele.Plaintext
	// Reach is for a private certificate authority or another timeout.
	Reach ticket.Reach
}

// Driver asks one GitLab.
type Driver struct{ site *ticket.Site }

// New prepares to ask GitLab; it does not ask yet. Errors are of kind Invalid.
func New(c Config) (*Driver, error) {
	if c.Token.Empty() {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "gitlab needs a token",
			Hint: "make an access token of scope read_api"}
	}
	if c.BaseURL == "" {
		c.BaseURL = "https://gitlab.com"
	}
	site, err := ticket.NewSite(ticket.GitLab, c.BaseURL, c.Reach, func(h http.Header) {
		h.Set("Private-Token", c.Token.Reveal())
	})
	if err != nil {
		return nil, err
	}
	return &Driver{site}, nil
}

type account struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// item is an issue or a merge request.
type item struct {
	IID       int64     `json:"iid"`
	Title     string    `json:"title"`
	State     string    `json:"state"`
	Author    *account  `json:"author"`
	Assignees []account `json:"assignees"`
}

type approvals struct {
	Approved   *bool `json:"approved"`
	ApprovedBy []struct {
		User account `json:"user"`
	} `json:"approved_by"`
}

// Check asks for the issue, or for the merge request and its approvals.
func (d *Driver) Check(ctx context.Context, key string) (ticket.Ticket, error) {
	if err := d.site.Validate(key); err != nil {
		return ticket.Ticket{}, err
	}
	sign := strings.LastIndexAny(key, "#!")
	project, number, kind := key[:sign], key[sign+1:], "issues"
	if key[sign] == '!' {
		kind = "merge_requests"
	}
	at := d.site.URL("api", "v4", "projects", url.PathEscape(project), kind, number)
	var i item
	if err := d.site.Get(ctx, at, &i); err != nil {
		return ticket.Ticket{}, err
	}
	if strconv.FormatInt(i.IID, 10) != number || i.State == "" {
		return ticket.Ticket{}, d.site.Misunderstood(errors.New("not the item that was asked for"))
	}
	t := ticket.Ticket{
		Ref:       ticket.Ref{System: ticket.GitLab, Key: key},
		URL:       d.site.URL(project, "-", kind, number).String(),
		Title:     ticket.Line(i.Title),
		State:     issueState(i.State),
		RawState:  ticket.Line(i.State),
		CheckedAt: d.site.Now(),
	}
	if len(i.Assignees) > 0 {
		t.Assignee = ticket.Line(i.Assignees[0].Username)
	}
	if kind == "issues" {
		return t, nil
	}
	approved, err := d.approved(ctx, at.JoinPath("approvals"), i.Author)
	if err != nil {
		return ticket.Ticket{}, err
	}
	t.Approved, t.State = approved, mergeState(i.State, approved)
	return t, nil
}

func issueState(state string) ticket.State {
	switch state {
	case "opened":
		return ticket.Open
	case "closed":
		return ticket.Closed
	}
	return ticket.Unknown
}

func mergeState(state string, approved bool) ticket.State {
	switch state {
	case "opened", "locked": // locked: being merged at this moment
		if approved {
			return ticket.Approved
		}
		return ticket.Open
	case "merged":
		return ticket.Closed
	case "closed":
		return ticket.Cancelled
	}
	return ticket.Unknown
}

func (d *Driver) approved(ctx context.Context, at *url.URL, author *account) (bool, error) {
	var a approvals
	if err := d.site.Get(ctx, at, &a); err != nil {
		return false, err
	}
	if a.Approved == nil {
		return false, d.site.Misunderstood(errors.New("approvals without a verdict"))
	}
	for _, by := range a.ApprovedBy {
		if by.User.ID > 0 && (author == nil || by.User.ID != author.ID) {
			return *a.Approved, nil
		}
	}
	return false, nil
}
