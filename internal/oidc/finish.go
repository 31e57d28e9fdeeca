package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/clientele/clientele"
	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// leeway is how far the provider's clock and ours may be apart.
const leeway = time.Minute

// maxToken is the size in bytes up to which an id_token is looked at.
const maxToken = 64 << 10

// Finish takes the query with which the browser came back, and gives whom the provider says
// it is. The errors are
//
//	Unauthenticated  the answer does not belong to this flow, or does not hold
//	Denied           the provider, or our list of domains, does not let the person in
//	Unavailable      the provider does not answer
//	Internal         the provider refuses us and not the person
//
// and none repeats a text from the query or from the provider, except in its cause.
func (p *Provider) Finish(ctx context.Context, flow Flow, query url.Values) (Claims, error) {
	if err := belongs(flow, query); err != nil {
		return Claims{}, err
	}
	l, err := p.connect(ctx)
	if err != nil {
		return Claims{}, err
	}
	if err := p.isFrom(l, query); err != nil {
		return Claims{}, err
	}
	if code := query.Get("error"); code != "" || query.Has("error") {
		return Claims{}, answered(code)
	}
	if query.Get("code") == "" {
		return Claims{}, rejected("the answer of the identity provider holds no code", nil)
	}
	ctx = gooidc.ClientContext(ctx, p.client)
	token, err := l.oauth.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		return Claims{}, exchangeError(err)
	}
	id, err := p.verify(ctx, l, flow, token)
	if err != nil {
		return Claims{}, err
	}
	return p.claims(ctx, l, id, token)
}

// belongs checks that the answer is the answer to this flow. RFC 6749 section 3.1 has each
// parameter once.
func belongs(flow Flow, query url.Values) error {
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(query[name]) > 1 {
			return rejected("the answer of the identity provider is ambiguous", nil)
		}
	}
	if flow.State == "" || flow.Nonce == "" || flow.Verifier == "" || !same(flow.State, query.Get("state")) {
		return rejected("this answer of the identity provider belongs to another sign-in", nil)
	}
	return nil
}

// isFrom keeps the answer of one provider from being taken for another's (RFC 9207).
func (p *Provider) isFrom(l *link, query url.Values) error {
	if !query.Has("iss") && !l.sendsIss {
		return nil
	}
	if !same(query.Get("iss"), p.cfg.Issuer) {
		return rejected("the answer comes from another identity provider", nil)
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func rejected(msg string, cause error) error {
	return &clientele.Error{Kind: clientele.Unauthenticated, Msg: msg, Hint: "sign in again from the beginning", Err: cause}
}

// answered turns a provider's error (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6)
// into one of ours. The code came through the browser: only those that are known are used.
func answered(code string) error {
	switch code {
	case "access_denied":
		return &clientele.Error{Kind: clientele.Denied, Msg: "the identity provider did not let you in", Hint: "ask who runs it for access to this application"}
	case "login_required", "interaction_required", "account_selection_required", "consent_required":
		return rejected("the identity provider wants you to sign in there first", fmt.Errorf("provider answered %s", code))
	case "server_error", "temporarily_unavailable":
		return unavailable(fmt.Errorf("provider answered %s", code))
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "request_not_supported":
		return refusesUs(code)
	}
	return rejected("the identity provider ended the sign-in with an error", nil)
}

// refusesUs is for what an operator has to mend.
func refusesUs(code string) error {
	return &clientele.Error{
		Kind: clientele.Internal, Msg: "the identity provider does not accept this server",
		Hint: "compare client id, secret, redirect URL and scopes with what is registered there",
		Err:  fmt.Errorf("provider answered %s", code),
	}
}

// exchangeError leaves out the provider's body, which may repeat the request.
func exchangeError(err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return unavailable(err)
	}
	switch answer.ErrorCode {
	case "invalid_grant":
		return rejected("this sign-in was finished before, or took too long", errors.New("provider answered invalid_grant"))
	case "invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope":
		return refusesUs(answer.ErrorCode)
	}
	return unavailable(fmt.Errorf("token endpoint answered %d", answer.Response.StatusCode))
}

// verify holds the id_token to OpenID Connect Core section 3.1.3.7. The library checks
// signature, algorithm, issuer, audience, expiry and not-before.
func (p *Provider) verify(ctx context.Context, l *link, flow Flow, token *oauth2.Token) (*gooidc.IDToken, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok || len(raw) > maxToken {
		return nil, rejected("the identity provider sent no id_token", nil)
	}
	now := p.cfg.Now()
	verifier := l.Verifier(&gooidc.Config{ClientID: p.cfg.ClientID, Now: func() time.Time { return now.Add(-leeway) }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, rejected("the id_token of the identity provider does not hold", err)
	}
	var extra struct {
		AuthorizedParty string `json:"azp"`
	}
	if err := id.Claims(&extra); err != nil {
		return nil, rejected("the id_token of the identity provider cannot be read", err)
	}
	switch {
	case !same(id.Nonce, flow.Nonce):
		err = errors.New("the nonce is another sign-in's")
	case id.IssuedAt.After(now.Add(leeway)):
		err = errors.New("issued in the future: compare the clocks")
	case extra.AuthorizedParty != "" && extra.AuthorizedParty != p.cfg.ClientID:
		err = errors.New("azp names another client")
	case extra.AuthorizedParty == "" && len(id.Audience) > 1:
		err = errors.New("several audiences and no azp")
	case id.Subject == "" || len(id.Subject) > 255:
		err = errors.New("no subject of 1 to 255 bytes")
	case id.AccessTokenHash != "":
		err = id.VerifyAccessToken(token.AccessToken)
	}
	if err != nil {
		return nil, rejected("the id_token of the identity provider does not hold", err)
	}
	return id, nil
}
