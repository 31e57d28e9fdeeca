package tickettest

import (
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// GitLab is an instance asked with an access token: docs.gitlab.com/api/issues,
// merge_requests, merge_request_approvals, and "Rate limits" of its administration.
func GitLab() Vendor {
	return Vendor{
		System:  ticket.GitLab,
		Header:  map[string]string{"Accept": "application/json", "Private-Token": Password},
		Hidden:  []string{Password},
		Refusal: `{"message":"401 Unauthorized"}`,
		Missing: `{"message":"404 Project Not Found"}`,
		Limits: []Limit{{
			Name:   "without Retry-After",
			Status: 429,
			Header: map[string]string{"RateLimit-Limit": "600", "RateLimit-Observed": "601", "RateLimit-Remaining": "0",
				"RateLimit-Reset": fmt.Sprint(Now().Add(42 * time.Second).Unix())},
			Body: `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`,
			Wait: 42 * time.Second,
		}},
		Cases: append(gitlabIssues(), gitlabMerges()...),
	}
}

func gitlabIssues() []Case {
	cases := []Case{}
	for _, c := range []struct {
		state string
		want  ticket.State
	}{{"opened", ticket.Open}, {"closed", ticket.Closed}, {"frozen", ticket.Unknown}} {
		cases = append(cases, Case{
			Name:      "an issue, " + c.state,
			Key:       "acme/platform/orders#3",
			Exchanges: []Exchange{{"/api/v4/projects/acme%2Fplatform%2Forders/issues/3", gitlabItem(3, c.state)}},
			Want: ticket.Ticket{Ref: ticket.Ref{Key: "acme/platform/orders#3"}, URL: "/acme/platform/orders/-/issues/3",
				Title: "Rotate the key", State: c.want, RawState: c.state, Assignee: "lennie"},
		})
	}
	return append(cases, Case{
		Name:      "an issue that is another",
		Key:       "acme/orders#3",
		Exchanges: []Exchange{{"/api/v4/projects/acme%2Forders/issues/3", gitlabItem(4, "opened")}},
		Kind:      clientele.Unavailable,
	})
}

func gitlabMerges() []Case {
	author, other := gitlabApprover(18, "eileen.lowe"), gitlabApprover(4, "jdoe")
	cases := []Case{}
	for _, c := range []struct {
		name, state string
		approved    bool
		by          string
		want        ticket.State
		wantOK      bool
	}{
		{"approved", "opened", true, other, ticket.Approved, true},
		{"approved by its author and another", "opened", true, author + "," + other, ticket.Approved, true},
		{"approved by its author alone", "opened", true, author, ticket.Open, false},
		{"called approved though nobody looked", "opened", true, "", ticket.Open, false},
		{"approved by one of two", "opened", false, other, ticket.Open, false},
		{"being merged", "locked", true, other, ticket.Approved, true},
		{"merged", "merged", true, other, ticket.Closed, true},
		{"merged without approval", "merged", true, "", ticket.Closed, false},
		{"closed without", "closed", false, "", ticket.Cancelled, false},
		{"a state nobody knows", "frozen", true, other, ticket.Unknown, true},
	} {
		cases = append(cases, Case{
			Name: "a merge request, " + c.name,
			Key:  "acme/orders!4",
			Exchanges: []Exchange{
				{"/api/v4/projects/acme%2Forders/merge_requests/4", gitlabItem(4, c.state)},
				{"/api/v4/projects/acme%2Forders/merge_requests/4/approvals", gitlabApprovals(c.approved, c.by)},
			},
			Want: ticket.Ticket{Ref: ticket.Ref{Key: "acme/orders!4"}, URL: "/acme/orders/-/merge_requests/4",
				Title: "Rotate the key", State: c.want, RawState: c.state, Approved: c.wantOK, Assignee: "lennie"},
		})
	}
	return append(cases, Case{
		Name: "approvals without a verdict",
		Key:  "acme/orders!4",
		Exchanges: []Exchange{{"/api/v4/projects/acme%2Forders/merge_requests/4", gitlabItem(4, "opened")},
			{"/api/v4/projects/acme%2Forders/merge_requests/4/approvals", "{}"}},
		Kind: clientele.Unavailable,
	})
}

func gitlabItem(iid int, state string) string {
	return fmt.Sprintf(`{
		"id": 41, "iid": %d, "project_id": 4, "title": "Rotate the key", "description": "Ratione dolores corrupti mollitia soluta quia.",
		"state": %q, "created_at": "2016-01-04T15:31:46.176Z", "updated_at": "2016-01-04T15:31:46.176Z", "closed_at": null,
		"milestone": {"id": 55, "iid": 4, "title": "v4.0", "state": "closed", "due_date": null},
		"author": {"id": 18, "username": "eileen.lowe", "name": "Alexandra Bashirian", "state": "active", "avatar_url": null},
		"assignees": [{"id": 1, "username": "lennie", "name": "Lennie Donnelly", "state": "active", "avatar_url": null}],
		"assignee": {"id": 1, "username": "lennie", "name": "Lennie Donnelly"},
		"labels": [], "user_notes_count": 1, "confidential": false, "discussion_locked": false,
		"web_url": "https://evil.example/my-group/my-project/issues/1"
	}`, iid, state)
}

func gitlabApprover(id int, name string) string {
	return fmt.Sprintf(`{"user":{"id":%d,"name":"Somebody","username":%q,"state":"active","avatar_url":null,"web_url":"http://localhost/u"}}`, id, name)
}

func gitlabApprovals(approved bool, by string) string {
	return fmt.Sprintf(`{
		"id": 5, "iid": 5, "project_id": 1, "title": "Approvals API", "description": "Test", "state": "closed",
		"created_at": "2016-06-08T00:19:52.638Z", "updated_at": "2016-06-08T21:20:42.470Z", "merge_status": "cannot_be_merged",
		"approvals_required": 2, "approvals_left": 1, "approved": %t, "approved_by": [%s]
	}`, approved, by)
}
