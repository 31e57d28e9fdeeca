package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Notice is something a person was told, as it stands now.
type Notice struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" doc:"request.decide, client.suspended, …"`
	Subject   string    `json:"subject"`
	Lines     []string  `json:"lines,omitempty"`
	Waits     bool      `json:"waits" doc:"its decision is still to be made"`
	Ask       string    `json:"ask,omitempty" doc:"what is asked for, verb first"`
	Until     time.Time `json:"until,omitzero" doc:"the last moment for it"`
	Otherwise string    `json:"otherwise,omitempty" doc:"what happens without it"`
	URL       string    `json:"url,omitempty" doc:"where it is made, or what it is about"`
	Channel   string    `json:"channel" doc:"how it is told: mail, inbox (here alone), …"`
	State     string    `json:"state" enum:"pending,sent,failed,folded,expired"`
	At        time.Time `json:"at" doc:"when it happened"`
	CreatedAt time.Time `json:"created_at"`
	SentAt    time.Time `json:"sent_at,omitzero"`
}

// NoticeTest is how messages went that were sent to try the channels out.
type NoticeTest struct {
	Channels []NoticeTrial `json:"channels"`
}

// NoticeTrial is how that went on one channel.
type NoticeTrial struct {
	Channel string `json:"channel"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

// Notices lists one's own notices, the newest first: a query may have waiting, limit and
// after.
func (r *Remote) Notices(ctx context.Context, query url.Values) (List[Notice], error) {
	var out List[Notice]
	return out, r.Get(ctx, "/v1/notices", query, &out)
}

// TestNotices sends the caller a message over every channel.
func (r *Remote) TestNotices(ctx context.Context) (NoticeTest, error) {
	var out NoticeTest
	return out, r.Call(ctx, http.MethodPost, "/v1/notices/test", nil, &out)
}
