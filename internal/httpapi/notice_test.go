package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify"
	"github.com/clientele/clientele/internal/policy"
)

// letterbox is a channel that keeps what it gets, or refuses it.
type letterbox struct {
	got []notice.Message
	err error
}

func (l *letterbox) Send(_ context.Context, m notice.Message) error {
	l.got = append(l.got, m)
	return l.err
}

// notified is a house with a notifier over two channels, and its person sec.
func notified(t *testing.T, d *db.DB) (*house, *notify.Notifier, map[string]*letterbox, string) {
	t.Helper()
	h := newHouse(t, d)
	boxes := map[string]*letterbox{"mail": {}, "slack": {}}
	n, err := notify.New(notify.Config{
		DB: d, BaseURL: "https://clientele.example", Log: slog.New(slog.DiscardHandler),
		Senders: map[string]notice.Sender{"mail": boxes["mail"], "slack": boxes["slack"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Notices = n
	p := identity.Person{UserName: "sec", Email: "sec@example.com", DisplayName: "sec", Active: true}
	system := clientele.System("test", "a test needs it")
	for _, act := range []struct {
		name string
		do   func(*guard.Act) error
	}{
		{"person:write", func(act *guard.Act) error { return identity.CreatePerson(act, &p) }},
		{"role:assign", func(act *guard.Act) error {
			return identity.SetRoles(act, p.ID, []clientele.SystemRole{clientele.SecurityRole})
		}},
	} {
		if err := h.Guard.Do(t.Context(), system, act.name, act.do); err != nil {
			t.Fatal(err)
		}
	}
	return h, n, boxes, p.ID
}

func TestPeopleListTheirOwnNotices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, n, _, sec := notified(t, d)
		for i := range 3 {
			err := h.Guard.Do(t.Context(), clientele.System("test", "a test needs it"), "credential:leak", func(act *guard.Act) error {
				return act.Allow(policy.Resource{Type: "Credential", ID: fmt.Sprint("crd_", i), Attrs: map[string]any{}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := n.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		own, other := h.as(sec, clientele.SecurityRole), h.as("per_other", clientele.SecurityRole)
		var list, rest api.List[api.Notice]
		h.want(200, own, "GET", "/v1/notices?limit=2", "", &list)
		if len(list.Items) != 2 || list.Items[0].Kind != "credential.leaked" || list.Items[0].State != "pending" || list.Items[0].Waits || list.Items[0].URL == "" {
			t.Fatalf("%+v", list)
		}
		h.want(200, own, "GET", "/v1/notices?limit=2&after="+list.Next, "", &rest)
		if len(rest.Items) != 1 || rest.Next != "" || rest.Items[0].ID == list.Items[1].ID {
			t.Fatalf("%+v", rest)
		}
		h.want(200, own, "GET", "/v1/notices?waiting=true", "", &list)
		if len(list.Items) != 0 {
			t.Fatalf("%+v", list)
		}
		h.want(200, other, "GET", "/v1/notices", "", &list)
		if len(list.Items) != 0 {
			t.Fatalf("another's: %+v", list)
		}
		h.want(401, "", "GET", "/v1/notices", "", nil)
		h.want(400, own, "GET", "/v1/notices?limit=501", "", nil)
		h.want(400, own, "GET", "/v1/notices?waiting=maybe", "", nil)
		h.want(400, own, "GET", "/v1/notices?after="+strings.Repeat("x", 301), "", nil)
		h.want(200, own, "GET", "/v1/notices?after=%27%20OR%201=1--", "", nil)
	})
}

func TestChannelsAreTriedByAdministrators(t *testing.T) {
	h, _, boxes, sec := notified(t, dbtest.SQLite(t))
	boxes["slack"].err = notice.Permanent(errors.New("slack answered 404"))
	var got api.NoticeTest
	h.want(403, h.as("per_x", clientele.SecurityRole), "POST", "/v1/notices/test", "", nil)
	if len(boxes["mail"].got) != 0 {
		t.Fatal("sent for who may not")
	}
	h.want(200, h.as(sec, clientele.AdminRole), "POST", "/v1/notices/test", "", &got)
	if len(got.Channels) != 2 || !got.Channels[0].OK || got.Channels[1].OK || got.Channels[1].Problem != "slack answered 404" {
		t.Fatalf("%+v", got)
	}
	if m := boxes["mail"].got; len(m) != 1 || m[0].To.Email != "sec@example.com" {
		t.Fatalf("%+v", m)
	}
	if _, err := boxes["mail"].got[0].Letter(); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutNoticesTheDoorSaysSo(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.want(503, h.as("per_x"), "GET", "/v1/notices", "", nil)
	h.want(503, h.as("per_x", clientele.AdminRole), "POST", "/v1/notices/test", "", nil)
}
