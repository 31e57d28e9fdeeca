package jira_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
	"github.com/clientele/clientele/internal/ticket/jira"
	"github.com/clientele/clientele/internal/ticket/tickettest"
)

func cloud(baseURL string, r ticket.Reach) (ticket.Driver, error) {
	return jira.New(jira.Config{BaseURL: baseURL, Email: tickettest.User, Token: tickettest.Secret(),
		ApprovedStatuses: []string{tickettest.JiraApproved}, Reach: r})
}

func dataCenter(baseURL string, r ticket.Reach) (ticket.Driver, error) {
	return jira.New(jira.Config{BaseURL: baseURL, Token: tickettest.Secret(),
		ApprovedStatuses: []string{tickettest.JiraApproved}, Reach: r})
}

func TestDriverDoesAsJiraCloudSays(t *testing.T) { tickettest.Run(t, tickettest.Jira(), cloud) }

func TestDriverDoesAsJiraDataCenterSays(t *testing.T) {
	tickettest.Run(t, tickettest.JiraDataCenter(), dataCenter)
}

func FuzzAnswer(f *testing.F) { tickettest.Fuzz(f, tickettest.Jira(), cloud) }

func TestWithoutNamedStatusesNothingIsApproved(t *testing.T) {
	v := tickettest.Jira()
	for i := range v.Cases {
		if want := &v.Cases[i].Want; want.State == ticket.Approved {
			want.State, want.Approved = ticket.Open, false
		}
	}
	tickettest.Run(t, v, func(baseURL string, r ticket.Reach) (ticket.Driver, error) {
		return jira.New(jira.Config{BaseURL: baseURL, Email: tickettest.User, Token: tickettest.Secret(), Reach: r})
	})
}

func TestPagesMayBeElsewhereThanTheAPI(t *testing.T) {
	v := tickettest.Jira()
	for i := range v.Cases {
		want := &v.Cases[i].Want
		want.URL = strings.Replace(want.URL, "/jira/", "/site/", 1)
	}
	tickettest.Run(t, v, func(baseURL string, r ticket.Reach) (ticket.Driver, error) {
		return jira.New(jira.Config{BaseURL: baseURL, WebURL: strings.TrimSuffix(baseURL, "/jira") + "/site", Email: tickettest.User,
			Token: tickettest.Secret(), ApprovedStatuses: []string{tickettest.JiraApproved}, Reach: r})
	})
}

func TestNewAsksForWhatIsMissing(t *testing.T) {
	for name, c := range map[string]jira.Config{
		"no token":         {BaseURL: "https://acme.atlassian.net", Email: tickettest.User},
		"no address":       {Email: tickettest.User, Token: tickettest.Secret()},
		"a page elsewhere": {BaseURL: "https://acme.atlassian.net", WebURL: "javascript:alert(1)", Token: tickettest.Secret()},
	} {
		if _, err := jira.New(c); clientele.KindOf(err) != clientele.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
