package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// SignedIn is a session that has begun. Its token is not shown again.
type SignedIn struct {
	Token     string    `json:"token"`
	Session   string    `json:"session" doc:"its id"`
	Person    string    `json:"person" doc:"id of who signed in"`
	ExpiresAt time.Time `json:"expires_at"`
}

// LinkSecret is what stands after # in a one-time link.
type LinkSecret struct {
	Link string `json:"link" minLength:"1" maxLength:"100"`
}

// DeviceSignIn is a sign-in that a command line has begun and a person ends elsewhere (RFC
// 8628, in JSON).
type DeviceSignIn struct {
	DeviceCode      string    `json:"device_code" doc:"to poll with"`
	UserCode        string    `json:"user_code" doc:"for the person to type"`
	VerificationURI string    `json:"verification_uri" doc:"where to type it"`
	CompleteURI     string    `json:"verification_uri_complete" doc:"the same with the code in it"`
	ExpiresAt       time.Time `json:"expires_at"`
	Interval        int       `json:"interval" doc:"seconds between two polls"`
}

// DevicePoll asks whether a device was let in. Until then the answer is a problem of type
// /problems/authorization_pending or /problems/slow_down.
type DevicePoll struct {
	DeviceCode string `json:"device_code" minLength:"1" maxLength:"100"`
}

// The types of problem that end or delay a device's sign-in.
const (
	DevicePending  = "/problems/authorization_pending"
	DeviceSlowDown = "/problems/slow_down"
	DeviceDenied   = "/problems/access_denied"
	DeviceExpired  = "/problems/expired_token"
)

// DeviceAnswer lets a device in as the person who answers, or turns it away.
type DeviceAnswer struct {
	UserCode string `json:"user_code" minLength:"1" maxLength:"64"`
	Allow    bool   `json:"allow"`
}

// Session is one's way in, without its token.
type Session struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"browser,cli"`
	Current   bool      `json:"current" doc:"the one that asks"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Done says that there is nothing more to say.
type Done struct {
	Done bool `json:"done"`
}

// UseLink signs in with what stands after # in a one-time link.
func (r *Remote) UseLink(ctx context.Context, secret string) (SignedIn, error) {
	var out SignedIn
	once := *r
	once.Retries = 0
	return out, once.Call(ctx, http.MethodPost, "/v1/sign-in/link", LinkSecret{secret}, &out)
}

// StartDevice begins a sign-in by the device flow.
func (r *Remote) StartDevice(ctx context.Context) (DeviceSignIn, error) {
	var out DeviceSignIn
	return out, r.Call(ctx, http.MethodPost, "/v1/sign-in/device", nil, &out)
}

// PollDevice asks whether the device was let in.
func (r *Remote) PollDevice(ctx context.Context, deviceCode string) (SignedIn, error) {
	var out SignedIn
	once := *r
	once.Retries = 0
	return out, once.Call(ctx, http.MethodPost, "/v1/sign-in/device/token", DevicePoll{deviceCode}, &out)
}

// AnswerDevice lets a device in as oneself, or turns it away.
func (r *Remote) AnswerDevice(ctx context.Context, userCode string, allow bool) error {
	return r.Call(ctx, http.MethodPost, "/v1/session/device", DeviceAnswer{userCode, allow}, nil)
}

// Sessions are one's own, newest first.
func (r *Remote) Sessions(ctx context.Context) (List[Session], error) {
	var out List[Session]
	return out, r.Get(ctx, "/v1/session", nil, &out)
}

// EndSession ends a session of one's own.
func (r *Remote) EndSession(ctx context.Context, id string) error {
	return r.Call(ctx, http.MethodPost, "/v1/session/"+url.PathEscape(id)+"/end", nil, nil)
}
