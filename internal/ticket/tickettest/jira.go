package tickettest

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
)

// JiraApproved is the status that the driver under test is told to take for an approval.
const JiraApproved = "Approved"

func basic() string { return base64.StdEncoding.EncodeToString([]byte(User + ":" + Password)) }

// Jira is Jira Cloud below a context path, asked with an e-mail address and an API token:
// developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues and …/rate-limiting.
func Jira() Vendor {
	v := jira("3")
	v.Header["Authorization"] = "Basic " + basic()
	return v
}

// JiraDataCenter is Jira Data Center, asked with a personal access token.
func JiraDataCenter() Vendor {
	v := jira("2")
	v.Header["Authorization"] = "Bearer " + Password
	return v
}

func jira(api string) Vendor {
	return Vendor{
		System:  ticket.Jira,
		Path:    "/jira",
		Header:  map[string]string{"Accept": "application/json"},
		Hidden:  []string{Password, basic()},
		Refusal: `{"errorMessages":["You are not authenticated. Authentication required to perform this operation."],"errors":{}}`,
		Missing: `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`,
		Limits: []Limit{{
			Name:   "Jira Cloud, whose moment is given to the minute",
			Status: 429,
			Header: map[string]string{"X-RateLimit-Reset": "2026-03-03T09:35Z", "RateLimit-Reason": "jira-quota-based"},
			Wait:   5 * time.Minute,
		}},
		Cases: []Case{
			{
				Name: "in progress, assigned",
				Key:  "OPS-123",
				Exchanges: []Exchange{{jiraURI(api, "OPS-123"), jiraIssue("OPS-123", "In Progress", "indeterminate", "null",
					`{"self":"https://your-domain.atlassian.net/rest/api/3/user?accountId=5b10a2844c20165700ede21g",
					"accountId":"5b10a2844c20165700ede21g","accountType":"atlassian","active":true,"displayName":"Mia Krystof",
					"avatarUrls":{"16x16":"https://avatar-management--avatars.server-location.prod.public.atl-paas.net/initials/MK-5.png?size=16&s=16"}}`)}},
				Want: ticket.Ticket{Ref: ticket.Ref{Key: "OPS-123"}, URL: "/jira/browse/OPS-123", Title: "Rotate the key of orders-api",
					State: ticket.Open, RawState: "In Progress", Assignee: "Mia Krystof"},
			},
			jiraCase(api, "new", "To Do", "new", "null", ticket.Open),
			jiraCase(api, "approved, in other letters", "APPROVED", "indeterminate", "null", ticket.Approved),
			jiraCase(api, "done", "Done", "done", `{"id":"10000","name":"Done"}`, ticket.Closed),
			jiraCase(api, "done by a resolution that gives up", "Done", "done", `{"id":"10001","name":"Won't Do"}`, ticket.Cancelled),
			jiraCase(api, "cancelled", "Canceled", "done", "null", ticket.Cancelled),
			jiraCase(api, "a category nobody knows", "Odd", "undefined", "null", ticket.Unknown),
			{
				Name:      "moved to another project",
				Key:       "OPS-123",
				Exchanges: []Exchange{{jiraURI(api, "OPS-123"), jiraIssue("SRE-9", "To Do", "new", "null", "null")}},
				Want: ticket.Ticket{Ref: ticket.Ref{Key: "SRE-9"}, URL: "/jira/browse/SRE-9", Title: "Rotate the key of orders-api",
					State: ticket.Open, RawState: "To Do"},
			},
			{
				Name:      "a key that is none in the answer",
				Key:       "OPS-123",
				Exchanges: []Exchange{{jiraURI(api, "OPS-123"), jiraIssue("../admin", "To Do", "new", "null", "null")}},
				Kind:      clientele.Unavailable,
			},
		},
	}
}

func jiraURI(api, key string) string {
	return "/rest/api/" + api + "/issue/" + key + "?fields=assignee%2Cresolution%2Cstatus%2Csummary"
}

func jiraCase(api, name, status, category, resolution string, want ticket.State) Case {
	return Case{
		Name:      name,
		Key:       "OPS-7",
		Exchanges: []Exchange{{jiraURI(api, "OPS-7"), jiraIssue("OPS-7", status, category, resolution, "null")}},
		Want: ticket.Ticket{Ref: ticket.Ref{Key: "OPS-7"}, URL: "/jira/browse/OPS-7", Title: "Rotate the key of orders-api",
			State: want, RawState: status, Approved: want == ticket.Approved},
	}
}

func jiraIssue(key, status, category, resolution, assignee string) string {
	return fmt.Sprintf(`{
		"expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
		"id": "10002",
		"self": "https://your-domain.atlassian.net/rest/api/3/issue/10002",
		"key": %q,
		"fields": {
			"summary": "Rotate the key\n of orders-api",
			"status": {
				"self": "https://your-domain.atlassian.net/rest/api/3/status/10000",
				"description": "The issue is currently being worked on.",
				"iconUrl": "https://your-domain.atlassian.net/images/icons/progress.gif",
				"name": %q,
				"id": "10000",
				"statusCategory": {
					"self": "https://your-domain.atlassian.net/rest/api/3/statuscategory/1",
					"id": 1, "key": %q, "colorName": "yellow", "name": "In Progress"
				}
			},
			"resolution": %s,
			"assignee": %s
		}
	}`, key, status, category, resolution, assignee)
}
