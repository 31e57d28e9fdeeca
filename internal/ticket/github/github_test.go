package github_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
	"github.com/clientele/clientele/internal/ticket/github"
	"github.com/clientele/clientele/internal/ticket/tickettest"
)

func withToken(baseURL string, r ticket.Reach) (ticket.Driver, error) {
	return github.New(github.Config{BaseURL: baseURL, Token: tickettest.Secret(), Reach: r})
}

func TestDriverDoesAsGitHubSays(t *testing.T) { tickettest.Run(t, tickettest.GitHub(), withToken) }

func FuzzAnswer(f *testing.F) { tickettest.Fuzz(f, tickettest.GitHub(), withToken) }

func TestNewNeedsATokenAndNoAddress(t *testing.T) {
	if _, err := github.New(github.Config{}); clientele.KindOf(err) != clientele.Invalid || err == nil {
		t.Errorf("no token: %v", err)
	}
	if _, err := github.New(github.Config{Token: tickettest.Secret()}); err != nil {
		t.Error(err)
	}
}
