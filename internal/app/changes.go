package app

import (
	"errors"
	"fmt"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
	"github.com/clientele/clientele/internal/ticket/github"
	"github.com/clientele/clientele/internal/ticket/gitlab"
	"github.com/clientele/clientele/internal/ticket/jira"
	"github.com/clientele/clientele/internal/ticket/servicenow"
)

// Changes says which systems keep change records besides this one.
type Changes struct {
	Jira struct {
		URL              string              `yaml:"url" doc:"the site, https://acme.atlassian.net; empty: none"`
		WebURL           string              `yaml:"web_url" doc:"where people open tickets, if not at url"`
		Email            string              `yaml:"email" doc:"account of an API token; empty: the token is a personal access token of a Data Center"`
		Token            clientele.Plaintext `yaml:"token" doc:"the token"`
		ApprovedStatuses []string            `yaml:"approved_statuses" doc:"statuses that only an approved change can be in; empty: no ticket counts as approved"`
	} `yaml:"jira"`
	ServiceNow struct {
		URL      string              `yaml:"url" doc:"the instance, https://acme.service-now.com; empty: none"`
		User     string              `yaml:"user" doc:"with password"`
		Password clientele.Plaintext `yaml:"password" doc:"of user"`
		Token    clientele.Plaintext `yaml:"token" doc:"an OAuth 2.0 access token, instead of user and password"`
		APIKey   clientele.Plaintext `yaml:"api_key" doc:"a REST API key, instead of user and password"`
	} `yaml:"servicenow"`
	GitHub struct {
		URL   string              `yaml:"url" doc:"address of the API, for an Enterprise Server; empty: api.github.com"`
		Token clientele.Plaintext `yaml:"token" doc:"a token that may read issues and pull requests; empty: none"`
	} `yaml:"github"`
	GitLab struct {
		URL   string              `yaml:"url" doc:"the instance; empty: gitlab.com"`
		Token clientele.Plaintext `yaml:"token" doc:"a token that may read the API; empty: none"`
	} `yaml:"gitlab"`
}

// drivers are the systems that are set.
func (c Changes) drivers() (ticket.Drivers, error) {
	all := ticket.Drivers{}
	var problems []error
	add := func(s ticket.System, set bool, open func() (ticket.Driver, error)) {
		if !set {
			return
		}
		d, err := open()
		if err != nil {
			problems = append(problems, fmt.Errorf("changes.%s: %w", s, err))
			return
		}
		all[s] = d
	}
	add(ticket.Jira, c.Jira.URL != "", func() (ticket.Driver, error) {
		return jira.New(jira.Config{BaseURL: c.Jira.URL, WebURL: c.Jira.WebURL, Email: c.Jira.Email, Token: c.Jira.Token, ApprovedStatuses: c.Jira.ApprovedStatuses})
	})
	add(ticket.ServiceNow, c.ServiceNow.URL != "", func() (ticket.Driver, error) {
		return servicenow.New(servicenow.Config{BaseURL: c.ServiceNow.URL, User: c.ServiceNow.User, Password: c.ServiceNow.Password, Token: c.ServiceNow.Token, APIKey: c.ServiceNow.APIKey})
	})
	add(ticket.GitHub, !c.GitHub.Token.Empty(), func() (ticket.Driver, error) {
		return github.New(github.Config{BaseURL: c.GitHub.URL, Token: c.GitHub.Token})
	})
	add(ticket.GitLab, !c.GitLab.Token.Empty(), func() (ticket.Driver, error) {
		return gitlab.New(gitlab.Config{BaseURL: c.GitLab.URL, Token: c.GitLab.Token})
	})
	return all, errors.Join(problems...)
}
