package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/policy"
)

// Notices is what tells people what needs them.
type Notices interface {
	List(ctx context.Context, tx *db.Tx, who clientele.Actor, waiting bool, limit int, after string) ([]notice.Told, string, error)
	Try(ctx context.Context, personID string) ([]notice.Trial, error)
}

// noticeRoutes show people what they were told.
var noticeRoutes = []route{
	look("/v1/notices", "list-notices", "notices", "List one's own notices, the newest first", "notice:list", listNotices),
	call("POST", "/v1/notices/test", "test-notices", "notices", "Send oneself a message over every channel", "notice:test", 200, testNotices),
}

type noticeList struct {
	Paged
	Waiting bool `query:"waiting" doc:"only decisions that are still to be made; a page may then be short"`
}

func listNotices(ctx context.Context, v *guard.View, h *House, in *noticeList) (api.List[api.Notice], error) {
	if err := v.Allow(policy.Resource{Type: "Notice", ID: guard.All}); err != nil {
		return api.List[api.Notice]{}, err
	}
	if h.Notices == nil {
		return api.List[api.Notice]{}, errNoNotices()
	}
	all, next, err := h.Notices.List(ctx, v.Tx, v.Actor, in.Waiting, in.Limit, in.After)
	return listOf(all, next, wireNotice), err
}

// testNotices is an act, so that it is known who had messages sent, and then the network.
func testNotices(ctx context.Context, h *House, actor clientele.Actor, _ *None) (api.NoticeTest, error) {
	err := h.Guard.Do(ctx, actor, "notice:test", func(act *guard.Act) error {
		return act.Allow(policy.Resource{Type: "Notice", ID: "test"})
	})
	if err != nil {
		return api.NoticeTest{}, err
	}
	if h.Notices == nil {
		return api.NoticeTest{}, errNoNotices()
	}
	trials, err := h.Notices.Try(ctx, actor.ID)
	out := api.NoticeTest{Channels: []api.NoticeTrial{}}
	for _, t := range trials {
		out.Channels = append(out.Channels, api.NoticeTrial{Channel: t.Channel, OK: t.Problem == "", Problem: t.Problem})
	}
	return out, err
}

func errNoNotices() error {
	return clientele.Errorf(clientele.Unavailable, "this server sends no notices")
}

func wireNotice(t notice.Told) api.Notice {
	n := api.Notice{
		ID: t.ID, Kind: t.Kind, Subject: t.Subject, Lines: t.Lines, Waits: t.Waits, Channel: t.Channel, State: t.State,
		At: t.At, CreatedAt: t.CreatedAt, SentAt: t.SentAt,
	}
	if t.Act != nil {
		n.Ask, n.Until, n.Otherwise, n.URL = t.Act.Ask, t.Act.Until, t.Act.Otherwise, t.Act.URL
	} else if len(t.More) > 0 {
		n.URL = t.More[0].URL
	}
	return n
}
