package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

// sessionRoutes let people in and out. Those below /v1/sign-in/ ask for no session.
var sessionRoutes = []route{
	call("POST", "/v1/sign-in/link", "use-link", "session", "Sign in with a one-time link", "session:begin", 200, useLink),
	call("POST", "/v1/sign-in/device", "start-device", "session", "Begin to sign a command line in", "session:begin", 200, startDevice),
	call("POST", "/v1/sign-in/device/token", "poll-device", "session", "Ask whether the command line was let in", "session:begin", 200, pollDevice),
	look("/v1/session", "list-sessions", "session", "List your sessions", "session:begin", listSessions),
	do("POST", "/v1/session/{id}/end", "end-session", "session", "End a session of yours", "session:end", 200, endSession),
	call("POST", "/v1/session/device", "answer-device", "session", "Let a command line in as yourself, or turn it away", "session:begin", 200, answerDevice),
}

func signedIn(s identity.Signed) api.SignedIn {
	return api.SignedIn{Token: s.Token.Reveal(), Session: s.SessionID, Person: s.PersonID, ExpiresAt: s.ExpiresAt}
}

func useLink(ctx context.Context, h *House, _ clientele.Actor, in *struct{ Body api.LinkSecret }) (api.SignedIn, error) {
	s, err := h.useLink(ctx, in.Body.Link, identity.CLI)
	return signedIn(s), err
}

func startDevice(ctx context.Context, h *House, _ clientele.Actor, _ *None) (api.DeviceSignIn, error) {
	var d identity.Device
	err := h.Guard.Do(ctx, clientele.System("device-sign-in", "a command line asks to be let in"), "session:begin", func(act *guard.Act) (err error) {
		d, err = identity.StartDevice(act)
		return err
	})
	return api.DeviceSignIn{
		DeviceCode: d.Code.Reveal(), UserCode: d.UserCode, VerificationURI: h.BaseURL + "/device",
		CompleteURI: h.BaseURL + "/device?user_code=" + url.QueryEscape(d.UserCode), ExpiresAt: d.ExpiresAt, Interval: int(d.Interval.Seconds()),
	}, err
}

// deviceTypes are the problems by which a device hears that it is not let in (yet).
var deviceTypes = map[identity.DeviceError]api.Problem{
	identity.AuthorizationPending: {Type: api.DevicePending, Detail: "nobody has let the command line in yet", Hint: "ask again after the interval"},
	identity.SlowDown:             {Type: api.DeviceSlowDown, Detail: "the command line asks too often", Hint: "wait five seconds longer between two questions"},
	identity.AccessDenied:         {Type: api.DeviceDenied, Detail: "the command line was turned away", Hint: "begin again: clientele login"},
	identity.ExpiredToken:         {Type: api.DeviceExpired, Detail: "the code has expired, was used, or is none", Hint: "begin again: clientele login"},
}

func pollDevice(ctx context.Context, h *House, _ clientele.Actor, in *struct{ Body api.DevicePoll }) (api.SignedIn, error) {
	s, err := h.SignIn.Devices.Poll(ctx, clientele.Secret(in.Body.DeviceCode), h.how(ctx, identity.CLI))
	var e identity.DeviceError
	if errors.As(err, &e) {
		p := deviceTypes[e]
		p.Status, p.Title = http.StatusBadRequest, strings.ReplaceAll(string(e), "_", " ")
		return api.SignedIn{}, &p
	}
	return signedIn(s), err
}

func answerDevice(ctx context.Context, h *House, actor clientele.Actor, in *struct{ Body api.DeviceAnswer }) (api.Done, error) {
	found := false
	err := h.Guard.Do(ctx, actor, "session:begin", func(act *guard.Act) (err error) {
		found, err = identity.AnswerDevice(act, in.Body.UserCode, in.Body.Allow)
		return err
	})
	if err == nil && !found {
		err = clientele.Errorf(clientele.Invalid, "no command line waits with this code").WithHint("compare it with what the command line shows")
	}
	return api.Done{Done: true}, err
}

func listSessions(ctx context.Context, v *guard.View, _ *House, _ *None) (api.List[api.Session], error) {
	if err := v.Allow(identity.Person{ID: v.Actor.ID, Active: true}.Resource()); err != nil {
		return api.List[api.Session]{}, err
	}
	all, err := identity.Sessions(ctx, v.Tx, v.Actor.ID, v.At)
	return listOf(all, "", func(s identity.Session) api.Session {
		return api.Session{ID: s.ID, Kind: s.Kind, Current: s.ID == v.Actor.Session, CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt}
	}), err
}

func endSession(_ context.Context, act *guard.Act, _ *House, in *ID) (api.Done, error) {
	return api.Done{Done: true}, identity.End(act, in.ID)
}
