package servicenow_test

import (
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/ticket"
	"github.com/clientele/clientele/internal/ticket/servicenow"
	"github.com/clientele/clientele/internal/ticket/tickettest"
)

func withPassword(baseURL string, r ticket.Reach) (ticket.Driver, error) {
	return servicenow.New(servicenow.Config{BaseURL: baseURL, User: tickettest.User, Password: tickettest.Secret(), Reach: r})
}

func TestDriverDoesAsServiceNowSays(t *testing.T) {
	tickettest.Run(t, tickettest.ServiceNow(), withPassword)
}

func TestAccessTokenGoesIntoItsHeader(t *testing.T) {
	v := tickettest.ServiceNow()
	v.Header["Authorization"] = "Bearer " + tickettest.Password
	tickettest.Run(t, v, func(baseURL string, r ticket.Reach) (ticket.Driver, error) {
		return servicenow.New(servicenow.Config{BaseURL: baseURL, Token: tickettest.Secret(), Reach: r})
	})
}

func TestAPIKeyGoesIntoItsHeader(t *testing.T) {
	v := tickettest.ServiceNow()
	delete(v.Header, "Authorization")
	v.Header["X-Sn-Apikey"] = tickettest.Password
	tickettest.Run(t, v, func(baseURL string, r ticket.Reach) (ticket.Driver, error) {
		return servicenow.New(servicenow.Config{BaseURL: baseURL, APIKey: tickettest.Secret(), Reach: r})
	})
}

func FuzzAnswer(f *testing.F) { tickettest.Fuzz(f, tickettest.ServiceNow(), withPassword) }

func TestNewWantsOneCredential(t *testing.T) {
	const address = "https://acme.service-now.com"
	for name, c := range map[string]servicenow.Config{
		"none":               {BaseURL: address},
		"a user alone":       {BaseURL: address, User: tickettest.User},
		"a password alone":   {BaseURL: address, Password: tickettest.Secret()},
		"a user and a token": {BaseURL: address, User: tickettest.User, Token: tickettest.Secret()},
		"two":                {BaseURL: address, Token: tickettest.Secret(), APIKey: tickettest.Secret()},
		"no address":         {Token: tickettest.Secret()},
	} {
		if _, err := servicenow.New(c); clientele.KindOf(err) != clientele.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
