package gitlab_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
	"github.com/clientele/clientele/internal/ticket/gitlab"
	"github.com/clientele/clientele/internal/ticket/tickettest"
)

func withToken(baseURL string, r ticket.Reach) (ticket.Driver, error) {
	return gitlab.New(gitlab.Config{BaseURL: baseURL, Token: tickettest.Secret(), Reach: r})
}

func TestDriverDoesAsGitLabSays(t *testing.T) { tickettest.Run(t, tickettest.GitLab(), withToken) }

func FuzzAnswer(f *testing.F) { tickettest.Fuzz(f, tickettest.GitLab(), withToken) }

func TestNewNeedsATokenAndNoAddress(t *testing.T) {
	if _, err := gitlab.New(gitlab.Config{}); clientele.KindOf(err) != clientele.Invalid || err == nil {
		t.Errorf("no token: %v", err)
	}
	if _, err := gitlab.New(gitlab.Config{Token: tickettest.Secret()}); err != nil {
		t.Error(err)
	}
}
