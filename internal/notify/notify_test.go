package notify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/notify"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"),
		goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

func TestWhoDecidesIsAskedAndWhoAskedIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.ask("shop")
		got := h.deliver()
		if len(got) != 1 || got[0].To.Email != "ida@example.com" || got[0].Act == nil || got[0].Act.URL != requestURL(r.ID) || !got[0].Act.Until.Equal(r.ExpiresAt) {
			t.Fatalf("%+v", got)
		}
		if !strings.Contains(got[0].Subject, "ann asks for access for shop") || !strings.Contains(strings.Join(got[0].Lines, " "), "read at 1") {
			t.Errorf("%+v", got[0])
		}
		h.approve(r.ID)
		if got := h.deliver(); summary(got) != "ann: request.decided" || !strings.Contains(got[0].Subject, "approved") {
			t.Fatalf("%+v", got)
		}
		if got := h.deliver(); len(got) != 0 {
			t.Fatalf("again: %+v", got)
		}
	})
}

func TestWhatWasDecidedMeanwhileIsNotAskedAnyMore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.ask("shop")
		h.follow()
		h.approve(r.ID)
		if got := h.deliver(); summary(got) != "ann: request.decided" || h.count("state = 'expired'") != 1 {
			t.Fatal(summary(got))
		}
	})
}

func TestEachKindGoesToWhoCanDoSomething(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.ask("shop")
		h.approve(r.ID)
		h.skip()
		client := string(r.Client)
		about := func(act, object string, details map[string]any) clientele.Entry {
			return clientele.Entry{Act: act, Actor: "person:" + h.sam, Object: object, Client: r.Client, Owner: h.ann, Details: details}
		}
		for _, c := range []struct {
			entry clientele.Entry
			want  string
		}{
			{about("client:quarantine", "client:"+client, nil), "ann: client.quarantined, ben: client.quarantined"},
			{about("credential:leak", "credential:crd_1", nil), "ann: credential.leaked, ben: credential.leaked, sam: credential.leaked, sue: credential.leaked"},
			{about("break_glass:use", "client:"+client, map[string]any{"notify": []string{h.ida, h.ben}, "incident": "INC-1"}), "ann: break_glass.used, ben: break_glass.used, ida: break_glass.used"},
			{about("break_glass:use", "client:"+client, nil), "ann: break_glass.used, sam: break_glass.used, sue: break_glass.used"},
			{about("policy:activate", "policy:4", nil), "sam: policy.activated, sue: policy.activated"},
			{about("review:miss", "review:rev_1", nil), "ann: review.missed, ben: review.missed"},
			{about("client:suspend", "client:"+client, nil), ""}, // it is active after all
			{about("client:describe", "client:"+client, nil), ""},
			{about("request:create", "request:req_none", nil), ""},
		} {
			h.pass(time.Hour)
			h.entry(c.entry)
			if got := summary(h.deliver()); got != c.want {
				t.Errorf("%s: told %q, want %q", c.entry.Act, got, c.want)
			}
		}
		h.do(h.sam, "client:suspend", func(act *guard.Act) error { return lifecycle.Suspend(act, r.Client, "odd calls") })
		got := h.deliver()
		if summary(got) != "ann: client.suspended, ben: client.suspended" || got[0].Act.URL != "https://clientele.example/clients/"+client {
			t.Errorf("%+v", got)
		}
		h.pass(time.Hour)
		h.must(h.system("person:leave", func(act *guard.Act) error {
			_, err := lifecycle.Leave(act, h.ben)
			return err
		}))
		if got := h.deliver(); summary(got) != "sam: person.left, sue: person.left" || !strings.Contains(got[0].Subject, "ben has left") {
			t.Errorf("%+v", got)
		}
	})
}

func TestDaysThatComeNearAreToldOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.ask("shop")
		h.approve(r.ID)
		h.sql("UPDATE client SET vendor_name = 'Acme', vendor_sponsor_id = '" + h.ida + "', vendor_runbook = 'x', vendor_drilled_at = 1, vendor_contract_end = " +
			fmt.Sprint(db.Micro(start.Add(40*day))))
		h.skip()
		h.sql("DELETE FROM checkpoint")
		for _, c := range []struct {
			after time.Duration
			want  string
		}{
			{0, ""},
			{11 * day, "ann: vendor.ending, ida: vendor.ending"},
			{0, ""},
			{66 * day, "ann: grant.expiring, ben: grant.expiring"}, // 13 days before its 90 are over
			{day, ""},
			{30 * day, ""},
		} {
			h.pass(c.after)
			_, err := h.n.Approaching(t.Context())
			h.must(err)
			if got := summary(h.deliver()); got != c.want {
				t.Errorf("after %s: told %q, want %q", c.after, got, c.want)
			}
		}
	})
}

func TestSecurityIsRemindedWeeklyOfCheckpointsNobodyElseHolds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sql("INSERT INTO checkpoint (size, at, root, note) SELECT size, 1, root, 'x' FROM log_head")
		told := 0
		for range 15 { // days
			for range 3 {
				_, err := h.n.Approaching(t.Context())
				h.must(err)
			}
			told += len(h.deliver())
			h.pass(day)
		}
		if told != 6 { // two people, in three calendar weeks
			t.Fatalf("told %d times", told)
		}
		h.sql("INSERT INTO cosignature (size, holder, at, line) SELECT size, 'w', 1, 'x' FROM checkpoint")
		h.pass(14 * day)
		_, err := h.n.Approaching(t.Context())
		h.must(err)
		if got := h.deliver(); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestNobodyIsAskedTwiceADayForTheSame(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.ask("shop")
		remind := clientele.Entry{Act: "request:escalate", Actor: "system:lifecycle-sweep", Object: "request:" + r.ID, Details: map[string]any{"notify": []string{h.ida, h.sam}}}
		for i, want := range []string{"ida: request.decide, sam: request.decide", "", "", "ida: request.decide, sam: request.decide"} {
			h.entry(remind)
			if got := summary(h.deliver()); got != want {
				t.Errorf("%d: %q, want %q", i, got, want)
			}
			h.pass(8 * time.Hour)
		}
	})
}

func TestFewAreSentAtOnceAndMoreAreFolded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var want []string
		for i := range 3 {
			want = append(want, requestURL(h.ask(fmt.Sprint("first", i)).ID))
		}
		got := h.deliver()
		if len(got) != 3 {
			t.Fatalf("%d messages", len(got))
		}
		for i := range 9 { // too much, ten minutes are not over
			want = append(want, requestURL(h.ask(fmt.Sprint("then", i)).ID))
		}
		if held := h.deliver(); len(held) != 0 {
			t.Fatalf("not held back: %s", summary(held))
		}
		h.entry(clientele.Entry{Act: "break_glass:use", Actor: "person:" + h.sam, Object: "client:x", Client: clientele.ClientID(h.ask("last").Client), Owner: h.ida, Details: map[string]any{"notify": []string{h.ida, h.sue}}})
		if urgent := h.deliver(); summary(urgent) != "ida: break_glass.used, sue: break_glass.used" {
			t.Fatalf("held back: %s", summary(urgent))
		}
		h.pass(11 * time.Minute)
		digest := h.deliver()
		if len(digest) != 1 || digest[0].Kind != notify.Digest || len(digest[0].Digest) != 10 || digest[0].Subject != "10 decisions wait for you" {
			t.Fatalf("%+v", digest)
		}
		if h.count("state = 'folded' AND digest_id = '"+digest[0].ID+"'") != 10 {
			t.Error("not noted as folded")
		}
		missing(t, want, append(got, digest...))
	})
}

// missing fails for links that nobody got.
func missing(t *testing.T, want []string, got []notice.Message) {
	t.Helper()
	have := map[string]int{}
	for _, l := range links(got) {
		have[l]++
	}
	for _, w := range want {
		if have[w] != 1 {
			t.Errorf("%s was sent %d times", w, have[w])
		}
	}
}

func TestAThousandRequestsAreFortyMessagesWithEveryLink(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	var want []string
	for i := range 1000 {
		want = append(want, requestURL(h.ask(fmt.Sprint("shop", i)).ID))
	}
	got := h.deliver()
	if len(got) != 40 {
		t.Errorf("%d messages", len(got))
	}
	for _, m := range got {
		l, err := m.Letter()
		h.must(err)
		if strings.Contains(l.Text(), "more.") || strings.Count(l.Text(), "/requests/") != 25 {
			t.Fatalf("a link is not shown:\n%s", l.Text())
		}
	}
	missing(t, want, got)
}

func TestWhoLeftIsToldNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.ask("shop")
		h.follow()
		for _, act := range []struct {
			name string
			do   func(*guard.Act) error
		}{
			{"person:leave", func(act *guard.Act) error { _, err := lifecycle.Leave(act, h.ida); return err }},
			{"person:shred", func(act *guard.Act) error {
				return identity.Shred(act, h.ida, func(context.Context, *db.Tx, string, time.Time) error { return nil })
			}},
		} {
			h.must(h.system(act.name, act.do))
		}
		for _, m := range h.deliver() {
			if m.To.Email == "ida@example.com" || strings.Contains(m.Subject, "ida") {
				t.Errorf("%+v", m)
			}
		}
		if h.count("recipient = '"+h.ida+"' AND state <> 'expired'") != 0 || h.count("payload LIKE '%ida%' OR payload LIKE '%example.com%'") != 0 {
			t.Error("something of a shredded person is left")
		}
	})
}

func TestWhoAskedAndWasShreddedIsNotNamed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.ask("shop")
		h.follow()
		h.sql("UPDATE person SET display_name = '', user_name = '', email = '', active = 0 WHERE id = '" + h.ann + "'")
		if got := h.deliver(); len(got) != 1 || !strings.Contains(got[0].Subject, "someone who left asks") {
			t.Fatalf("%+v", got)
		}
	})
}

func TestARoleCanHaveAChannelOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		chat := &postbox{}
		h.n = h.notifier(func(c *notify.Config) {
			c.Senders["chat"] = chat
			c.Routes = map[string]string{"role:security": "chat"}
		})
		h.entry(clientele.Entry{Act: "policy:activate", Actor: "person:" + h.sam, Object: "policy:2"})
		if got := h.deliver(); len(got) != 0 {
			t.Fatal(summary(got))
		}
		_, err := h.n.Send(t.Context(), "chat")
		h.must(err)
		if got := summary(chat.take()); got != "security: policy.activated" {
			t.Fatal(got)
		}
	})
}

func TestTheListSaysWhatStillWaits(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first, second := h.ask("first"), h.ask("second")
		h.deliver()
		h.approve(first.ID)
		h.follow()
		list := func(who string, waiting bool) (all []notice.Told) {
			h.must(h.d.Read(t.Context(), func(tx *db.Tx) (err error) {
				all, _, err = h.n.List(t.Context(), tx, clientele.Actor{ID: who}, waiting, 0, "")
				return err
			}))
			return all
		}
		if all := list(h.ida, false); len(all) != 2 || all[0].Waits == all[1].Waits {
			t.Fatalf("%+v", all)
		}
		if all := list(h.ida, true); len(all) != 1 || all[0].Act.URL != requestURL(second.ID) || all[0].State != "sent" {
			t.Fatalf("%+v", all)
		}
		if all := list(h.ann, false); len(all) != 1 || all[0].Kind != notify.RequestDecided {
			t.Fatalf("%+v", all)
		}
	})
}

func TestOwnersOfAllClientsWithALeakedSecretAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.ask("shop")
		h.approve(r.ID)
		h.skip()
		for _, q := range []string{
			"INSERT INTO host (host, person_id, first_seen, last_seen) VALUES ('laptop', '', 1, 1)",
			"INSERT INTO scan (id, host, tool, once_key, meta, roots, scope, complete, parts, state, posted_by, started_at, begun_at) VALUES ('scn_1', 'laptop', 'clientele', '', '', '[]', '', 1, 1, 'finished', '', 1, 1)",
			"INSERT INTO credential (id, hash, role, class, provider, weak, expires_at, first_seen, last_seen) VALUES ('crd_1', 'h', 'token', 'literal', '', 0, 0, 1, 1)",
			"INSERT INTO credential_place (client_id, credential_id, host, place, slot, file, path, line, name, excerpt, principal, scan_id, first_seen, last_seen) VALUES ('" + string(r.Client) + "', 'crd_1', 'laptop', 'p', 's', 'f', '[]', 1, 'token', '', '', 'scn_1', 1, 1)",
		} {
			h.sql(q)
		}
		h.entry(clientele.Entry{Act: "credential:leak", Actor: "person:" + h.sam, Object: "credential:crd_1"})
		if got := summary(h.deliver()); got != "ann: credential.leaked, ben: credential.leaked, sam: credential.leaked, sue: credential.leaked" {
			t.Error(got)
		}
	})
}

func TestWithoutMailNoticesAreInTheList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.n = h.notifier(func(c *notify.Config) { c.Senders = nil })
		h.ask("shop")
		h.follow()
		if h.count("channel = 'inbox' AND state = 'sent' AND recipient = '"+h.ida+"'") != 1 {
			t.Fatal("not there")
		}
	})
}

func TestFailuresAreTriedAgainForDaysAndThenCounted(t *testing.T) {
	reg := prometheus.NewRegistry()
	h := newHouse(t, dbtest.SQLite(t))
	h.n = h.notifier(func(c *notify.Config) { c.Metrics = notify.NewMetrics(reg) })
	h.mail.before = func() error { return errDown }
	r := h.ask("shop")
	h.sql(fmt.Sprintf("UPDATE request SET expires_at = %d", db.Micro(start.Add(60*day)))) // so that it is not moot
	h.follow()
	h.send()
	var waits []time.Duration
	for last := h.clock(); h.count("state = 'pending'") > 0 && len(waits) < 100; {
		h.pass(30 * time.Second)
		before := h.count("attempts > 0 AND next_at <= " + fmt.Sprint(db.Micro(h.clock())))
		h.send()
		if before > 0 {
			waits, last = append(waits, h.clock().Sub(last)), h.clock()
		}
	}
	if len(waits) != 19 || waits[0] > 2*time.Minute || waits[18] < 6*time.Hour || waits[18] > 7*time.Hour {
		t.Fatalf("%d attempts after the first: %v", len(waits), waits)
	}
	if h.count("state = 'failed' AND attempts = 20 AND error LIKE '%down%'") != 1 || r.ID == "" {
		t.Fatal("not noted")
	}
	problem := testutil.GatherAndCompare(reg, strings.NewReader(`# HELP clientele_notices_total Attempts to send a notice, by channel and how they went: sent, retried, failed.
# TYPE clientele_notices_total counter
clientele_notices_total{channel="mail",outcome="failed"} 1
clientele_notices_total{channel="mail",outcome="retried"} 19
`), "clientele_notices_total")
	h.must(problem)
}

func TestPermanentRefusalIsTheEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.mail.before = func() error { return notice.Permanent(errors.New("no such mailbox")) }
		h.ask("shop")
		h.deliver()
		if h.count("state = 'failed' AND attempts = 1") != 1 {
			t.Fatal("not given up")
		}
	})
}

func TestAReceiverThatAsksForRestGetsIt(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.mail.before = func() error {
		return &notice.Failure{Temporary: true, RetryAfter: 3 * time.Hour, Err: errors.New("slow down")}
	}
	h.ask("shop")
	h.deliver()
	if h.count(fmt.Sprintf("next_at = %d", db.Micro(start.Add(3*time.Hour)))) != 1 {
		t.Fatal("it does not")
	}
}

func TestTwoProcessesTellEverybodyOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var want []string
		for i := range 30 {
			want = append(want, requestURL(h.ask(fmt.Sprint("shop", i)).ID))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			n := h.notifier(func(c *notify.Config) { c.Grown = h.g.Grown })
			wg.Go(func() {
				if err := n.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		for deadline := time.Now().Add(30 * time.Second); h.count("state IN ('sent', 'folded') AND kind <> 'digest'") < 30 || h.count("state = 'pending'") > 0; {
			if time.Now().After(deadline) {
				t.Fatal("waited in vain")
			}
			time.Sleep(5 * time.Millisecond) // between polls
		}
		cancel()
		wg.Wait()
		missing(t, want, h.mail.take())
		for id, n := range h.mail.seen {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
	})
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for _, c := range []notify.Config{
		{}, {BaseURL: "clientele.example"}, {BaseURL: "ftp://clientele.example"}, {BaseURL: "https://a:b@clientele.example"}, {BaseURL: "https://clientele.example?x"},
		{BaseURL: "https://clientele.example", Routes: map[string]string{"role:security": "chat"}},
	} {
		if _, err := notify.New(c); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
