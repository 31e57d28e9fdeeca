// Package github checks issues and pull requests that are kept on GitHub, GitHub Enterprise
// Cloud or GitHub Enterprise Server.
//
// It uses three calls, in version 2022-11-28 of the REST API: GET
// /repos/{owner}/{repo}/issues/{number}, which also says whether the number is a pull request; and
// for a pull request GET …/pulls/{number} and GET …/pulls/{number}/reviews. The token
// (fine-grained, classic, or of an app's installation) needs to read issues and pull requests.
//
// An issue is open, closed, or cancelled (closed as not planned or as a duplicate); GitHub
// keeps no approvals of issues. A pull request is closed when it is merged and cancelled when it
// is closed without. It is approved if the last word of at least one reviewer who belongs to
// the repository is an approval of its last commit, and the last word of none is a request for
// changes. What branch protection asks for beyond that is GitHub's to enforce.
package github

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

// Config says where GitHub is and who asks it.
type Config struct {
	// BaseURL is the address of the API. Empty: https://api.github.com. For GitHub
	// Enterprise Server it ends in /api/v3; with data residency it is https://api.acme.ghe.com.
	BaseURL string
	Token   clientele.Plaintext
	// Reach is for a private certificate authority or another timeout.
	Reach ticket.Reach
}

// Driver asks one GitHub.
type Driver struct {
	site *ticket.Site
	web  *url.URL
}

// New prepares to ask GitHub; it does not ask yet. Errors are of kind Invalid.
func New(c Config) (*Driver, error) {
	if c.Token.Empty() {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: "github needs a token",
			Hint: "make a fine-grained token that reads issues and pull requests"}
	}
	if c.BaseURL == "" {
		c.BaseURL = "https://api.github.com"
	}
	site, err := ticket.NewSite(ticket.GitHub, c.BaseURL, c.Reach, func(h http.Header) {
		h.Set("Accept", "application/vnd.github+json")
		h.Set("X-GitHub-Api-Version", "2022-11-28")
		h.Set("Authorization", "Bearer "+c.Token.Reveal())
	})
	if err != nil {
		return nil, err
	}
	return &Driver{site, webOf(site.URL())}, nil
}

// webOf is where people go, of an API's address.
func webOf(api *url.URL) *url.URL {
	path := strings.TrimSuffix(api.Path, "/")
	web := &url.URL{Scheme: api.Scheme, Host: api.Host, Path: strings.TrimSuffix(path, "/api/v3")}
	if path == "" {
		web.Host = strings.TrimPrefix(api.Host, "api.")
	}
	return web
}

type account struct {
	Login string `json:"login"`
}

type issue struct {
	Number      int64     `json:"number"`
	Title       string    `json:"title"`
	State       string    `json:"state"`
	StateReason string    `json:"state_reason"`
	Assignee    *account  `json:"assignee"`
	PullRequest *struct{} `json:"pull_request"`
}

type pull struct {
	Number int64  `json:"number"`
	State  string `json:"state"`
	Merged bool   `json:"merged"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

type review struct {
	User        *account `json:"user"`
	State       string   `json:"state"`
	CommitID    string   `json:"commit_id"`
	Association string   `json:"author_association"`
}

// Check asks for the issue, and for the pull request and its reviews if it is one.
func (d *Driver) Check(ctx context.Context, key string) (ticket.Ticket, error) {
	if err := d.site.Validate(key); err != nil {
		return ticket.Ticket{}, err
	}
	repo, number, _ := strings.Cut(key, "#")
	var i issue
	if err := d.site.Get(ctx, d.site.URL("repos", repo, "issues", number), &i); err != nil {
		return ticket.Ticket{}, err
	}
	if i.Number <= 0 || i.State == "" {
		return ticket.Ticket{}, d.site.Misunderstood(errors.New("an issue without a number or a state"))
	}
	if strconv.FormatInt(i.Number, 10) != number { // it was moved to another repository, and we were sent after it
		return ticket.Ticket{}, d.site.NotFound()
	}
	t := ticket.Ticket{
		Ref:       ticket.Ref{System: ticket.GitHub, Key: key},
		URL:       d.web.JoinPath(repo, "issues", number).String(),
		Title:     ticket.Line(i.Title),
		State:     issueState(i),
		RawState:  ticket.Line(strings.TrimSpace(i.State + " " + i.StateReason)),
		CheckedAt: d.site.Now(),
	}
	if i.Assignee != nil {
		t.Assignee = ticket.Line(i.Assignee.Login)
	}
	if i.PullRequest == nil {
		return t, nil
	}
	return d.pull(ctx, t, repo, number)
}

func issueState(i issue) ticket.State {
	switch {
	case i.State == "open":
		return ticket.Open
	case i.State != "closed":
		return ticket.Unknown
	case i.StateReason == "not_planned" || i.StateReason == "duplicate":
		return ticket.Cancelled
	}
	return ticket.Closed
}

// pull adds to t what only the pull request says.
func (d *Driver) pull(ctx context.Context, t ticket.Ticket, repo, number string) (ticket.Ticket, error) {
	t.URL = d.web.JoinPath(repo, "pull", number).String()
	at := d.site.URL("repos", repo, "pulls", number)
	var p pull
	if err := d.site.Get(ctx, at, &p); err != nil {
		return ticket.Ticket{}, err
	}
	if strconv.FormatInt(p.Number, 10) != number || p.State == "" || p.Head.SHA == "" {
		return ticket.Ticket{}, d.site.Misunderstood(errors.New("not the pull request, or one without a state or a head"))
	}
	approved, err := d.approved(ctx, at.JoinPath("reviews"), p.Head.SHA)
	if err != nil {
		return ticket.Ticket{}, err
	}
	t.Approved = approved
	t.State, t.RawState = pullState(p, approved)
	return t, nil
}

func pullState(p pull, approved bool) (ticket.State, string) {
	switch {
	case p.Merged:
		return ticket.Closed, "merged"
	case p.State == "closed":
		return ticket.Cancelled, "closed"
	case p.State != "open":
		return ticket.Unknown, ticket.Line(p.State)
	case approved:
		return ticket.Approved, "open"
	}
	return ticket.Open, "open"
}

const (
	perPage  = 100 // the most GitHub gives at once
	maxPages = 10
)

// approved reads the reviews, oldest first as GitHub lists them. A pull request with more
// than a thousand counts as not approved, since the last word was not read.
func (d *Driver) approved(ctx context.Context, at *url.URL, head string) (bool, error) {
	last := map[string]review{}
	for page := 1; page <= maxPages; page++ {
		at.RawQuery = url.Values{"per_page": {strconv.Itoa(perPage)}, "page": {strconv.Itoa(page)}}.Encode()
		var reviews []review
		if err := d.site.Get(ctx, at, &reviews); err != nil {
			return false, err
		}
		for _, r := range reviews {
			if counts(r) {
				last[r.User.Login] = r
			}
		}
		if len(reviews) < perPage {
			return consent(last, head), nil
		}
	}
	return false, nil
}

// counts reports whether a review can change its author's word. Anybody may approve a pull
// request of a public repository, so only those who belong to it are heard; and a
// comment takes nothing back.
func counts(r review) bool {
	if r.User == nil || r.User.Login == "" {
		return false
	}
	switch r.Association {
	case "OWNER", "MEMBER", "COLLABORATOR":
		return r.State == "APPROVED" || r.State == "CHANGES_REQUESTED" || r.State == "DISMISSED"
	}
	return false
}

func consent(last map[string]review, head string) bool {
	yes := false
	for _, r := range last {
		if r.State == "CHANGES_REQUESTED" {
			return false
		}
		yes = yes || r.State == "APPROVED" && r.CommitID == head
	}
	return yes
}
