package tickettest

import (
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

const (
	head    = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	earlier = "ecdd80bb57125d7ba9641ffaa4d7d2c19d3f3091"
)

// GitHub is GitHub Enterprise Server: docs.github.com/rest, issues/issues, pulls/pulls,
// pulls/reviews and using-the-rest-api/rate-limits-for-the-rest-api.
func GitHub() Vendor {
	return Vendor{
		System: ticket.GitHub,
		Path:   "/api/v3",
		Header: map[string]string{
			"Accept":               "application/vnd.github+json",
			"X-Github-Api-Version": "2022-11-28",
			"Authorization":        "Bearer " + Password,
		},
		Hidden:  []string{Password},
		Refusal: `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`,
		Missing: `{"message":"Not Found","documentation_url":"https://docs.github.com/rest/issues/issues#get-an-issue","status":"404"}`,
		Limits: []Limit{
			{
				Name:   "the primary limit",
				Status: 403,
				Header: map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0",
					"X-RateLimit-Reset": fmt.Sprint(Now().Add(17 * time.Minute).Unix())},
				Body: `{"message":"API rate limit exceeded for user ID 1.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"}`,
				Wait: 17 * time.Minute,
			},
			{
				Name:   "the secondary limit",
				Status: 403,
				Header: map[string]string{"Retry-After": "60"},
				Body:   `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`,
				Wait:   time.Minute,
			},
		},
		Cases: append(githubIssues(), githubPulls()...),
	}
}

func githubIssues() []Case {
	cases := []Case{}
	for _, c := range []struct {
		name, state, reason, raw string
		want                     ticket.State
	}{
		{"open", "open", "null", "open", ticket.Open},
		{"opened again", "open", `"reopened"`, "open reopened", ticket.Open},
		{"closed as completed", "closed", `"completed"`, "closed completed", ticket.Closed},
		{"closed as not planned", "closed", `"not_planned"`, "closed not_planned", ticket.Cancelled},
		{"closed as a duplicate", "closed", `"duplicate"`, "closed duplicate", ticket.Cancelled},
		{"a state nobody knows", "frozen", "null", "frozen", ticket.Unknown},
	} {
		cases = append(cases, Case{
			Name:      "an issue, " + c.name,
			Key:       "octocat/Hello-World#1347",
			Exchanges: []Exchange{{"/repos/octocat/Hello-World/issues/1347", githubIssue(1347, c.state, c.reason, "")}},
			Want: ticket.Ticket{Ref: ticket.Ref{Key: "octocat/Hello-World#1347"}, URL: "/octocat/Hello-World/issues/1347",
				Title: "Found a bug", State: c.want, RawState: c.raw, Assignee: "octocat"},
		})
	}
	return append(cases, Case{
		Name:      "an issue that was moved to another repository",
		Key:       "octocat/Hello-World#1347",
		Exchanges: []Exchange{{"/repos/octocat/Hello-World/issues/1347", githubIssue(12, "open", "null", "")}},
		Kind:      clientele.NotFound,
	})
}

func githubPulls() []Case {
	cases := []Case{}
	for _, c := range []struct {
		name, state string
		merged      bool
		reviews     []string
		want        ticket.State
		raw         string
		approved    bool
	}{
		{"nobody looked", "open", false, nil, ticket.Open, "open", false},
		{"approved", "open", false, []string{githubReview("a", "APPROVED", head, "MEMBER")}, ticket.Approved, "open", true},
		{"approved before its last commit", "open", false, []string{githubReview("a", "APPROVED", earlier, "MEMBER")}, ticket.Open, "open", false},
		{"approved by a passer-by", "open", false, []string{githubReview("a", "APPROVED", head, "NONE"),
			githubReview("b", "APPROVED", head, "CONTRIBUTOR")}, ticket.Open, "open", false},
		{"one wants changes", "open", false, []string{githubReview("a", "APPROVED", head, "OWNER"),
			githubReview("b", "CHANGES_REQUESTED", earlier, "COLLABORATOR")}, ticket.Open, "open", false},
		{"changes were made, then approved with a comment", "open", false, []string{githubReview("a", "CHANGES_REQUESTED", earlier, "OWNER"),
			githubReview("a", "APPROVED", head, "OWNER"), githubReview("a", "COMMENTED", head, "OWNER")}, ticket.Approved, "open", true},
		{"an approval dismissed", "open", false, []string{githubReview("a", "DISMISSED", head, "OWNER")}, ticket.Open, "open", false},
		{"an account that is gone", "open", false, []string{strings.Replace(githubReview("a", "APPROVED", head, "OWNER"),
			`{"login":"a","id":1}`, "null", 1)}, ticket.Open, "open", false},
		{"merged", "closed", true, []string{githubReview("a", "APPROVED", head, "OWNER")}, ticket.Closed, "merged", true},
		{"closed without", "closed", false, nil, ticket.Cancelled, "closed", false},
		{"a state nobody knows", "frozen", false, nil, ticket.Unknown, "frozen", false},
	} {
		cases = append(cases, Case{
			Name: "a pull request, " + c.name,
			Key:  "octocat/Hello-World#1348",
			Exchanges: []Exchange{
				githubPullIssue(),
				{"/repos/octocat/Hello-World/pulls/1348", githubPull(1348, c.state, c.merged)},
				githubReviews(1, c.reviews),
			},
			Want: ticket.Ticket{Ref: ticket.Ref{Key: "octocat/Hello-World#1348"}, URL: "/octocat/Hello-World/pull/1348",
				Title: "Found a bug", State: c.want, RawState: c.raw, Approved: c.approved, Assignee: "octocat"},
		})
	}
	return append(cases, githubLastWordOnSecondPage(), githubTooManyReviews(), Case{
		Name: "a pull request that is another",
		Key:  "octocat/Hello-World#1348",
		Exchanges: []Exchange{githubPullIssue(),
			{"/repos/octocat/Hello-World/pulls/1348", githubPull(1, "open", false)}},
		Kind: clientele.Unavailable,
	})
}

func githubLastWordOnSecondPage() Case {
	first := make([]string, 100)
	for i := range first {
		first[i] = githubReview("a", "APPROVED", head, "OWNER")
	}
	c := githubManyReviews("a request for changes on the second page")
	c.Exchanges = append(c.Exchanges, githubReviews(1, first),
		githubReviews(2, []string{githubReview("b", "CHANGES_REQUESTED", head, "OWNER")}))
	return c
}

func githubTooManyReviews() Case {
	full := make([]string, 100)
	for i := range full {
		full[i] = githubReview("a", "APPROVED", head, "OWNER")
	}
	c := githubManyReviews("more reviews than are read")
	for page := 1; page <= 10; page++ {
		c.Exchanges = append(c.Exchanges, githubReviews(page, full))
	}
	return c
}

func githubManyReviews(name string) Case {
	return Case{
		Name:      "a pull request, " + name,
		Key:       "octocat/Hello-World#1348",
		Exchanges: []Exchange{githubPullIssue(), {"/repos/octocat/Hello-World/pulls/1348", githubPull(1348, "open", false)}},
		Want: ticket.Ticket{Ref: ticket.Ref{Key: "octocat/Hello-World#1348"}, URL: "/octocat/Hello-World/pull/1348",
			Title: "Found a bug", State: ticket.Open, RawState: "open", Assignee: "octocat"},
	}
}

func githubPullIssue() Exchange {
	return Exchange{"/repos/octocat/Hello-World/issues/1348", githubIssue(1348, "open", "null",
		`"pull_request":{"url":"https://api.github.com/repos/octocat/Hello-World/pulls/1348","merged_at":null},`)}
}

func githubReviews(page int, reviews []string) Exchange {
	return Exchange{fmt.Sprintf("/repos/octocat/Hello-World/pulls/1348/reviews?page=%d&per_page=100", page),
		"[" + strings.Join(reviews, ",") + "]"}
}

func githubIssue(number int, state, reason, more string) string {
	return fmt.Sprintf(`{
		"id": 1, "node_id": "MDU6SXNzdWUx",
		"url": "https://api.github.com/repos/octocat/Hello-World/issues/1347",
		"html_url": "https://evil.example/octocat/Hello-World/issues/1347",
		"number": %d, "state": %q, "state_reason": %s, %s
		"title": "Found a bug", "body": "I'm having a problem with this.",
		"user": {"login": "octocat", "id": 1, "type": "User", "site_admin": false},
		"labels": [{"id": 208045946, "name": "bug", "color": "f29513", "default": true}],
		"assignee": {"login": "octocat", "id": 1, "type": "User", "site_admin": false},
		"assignees": [{"login": "octocat", "id": 1}],
		"locked": true, "active_lock_reason": "too heated", "comments": 0,
		"closed_at": null, "created_at": "2011-04-22T13:33:48Z", "updated_at": "2011-04-22T13:33:48Z",
		"author_association": "COLLABORATOR"
	}`, number, state, reason, more)
}

func githubPull(number int, state string, merged bool) string {
	return fmt.Sprintf(`{
		"url": "https://api.github.com/repos/octocat/Hello-World/pulls/1347", "id": 1, "number": %d,
		"state": %q, "locked": true, "title": "Amazing new feature",
		"head": {"label": "octocat:new-topic", "ref": "new-topic", "sha": %q},
		"base": {"label": "octocat:master", "ref": "master", "sha": %q},
		"author_association": "OWNER", "draft": false, "merged": %t, "mergeable": true, "mergeable_state": "clean"
	}`, number, state, head, earlier, merged)
}

func githubReview(login, state, commit, association string) string {
	return fmt.Sprintf(`{"id":80,"node_id":"MDE3OlB1bGxSZXF1ZXN0UmV2aWV3ODA=","user":{"login":%q,"id":1},
		"body":"Here is the body for the review.","state":%q,"submitted_at":"2019-11-17T17:43:43Z","commit_id":%q,"author_association":%q}`,
		login, state, commit, association)
}
