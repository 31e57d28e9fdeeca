package change_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/change"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/keywrap"
	"github.com/clientele/clientele/internal/ticket"
)

var start = time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)

func person(id string, roles ...clientele.SystemRole) clientele.Actor {
	return clientele.Actor{Kind: clientele.PersonActor, ID: id, Roles: roles}
}

var (
	ann  = person("per_ann", clientele.OwnerRole)
	bob  = person("per_bob", clientele.ApproverRole)
	cleo = person("per_cleo", clientele.SecurityRole)
	vera = person("per_vera", clientele.ViewerRole)
)

// desk is a database with its guard, a clock that stands still, and a Jira that says what
// the test wants.
type desk struct {
	change.Checker
	t    testing.TB
	db   *db.DB
	jira *jira

	mu  sync.Mutex // guards now
	now time.Time
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// jira stands for a system that is far away.
type jira struct {
	asked int
	say   ticket.Ticket
	err   error
	then  func() // runs before the answer
}

func (j *jira) Check(_ context.Context, key string) (ticket.Ticket, error) {
	j.asked++
	t := j.say
	t.Ref, t.URL = ticket.Ref{System: ticket.Jira, Key: key}, "https://acme.atlassian.net/browse/"+key
	if j.then != nil {
		j.then()
	}
	return t, j.err
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	dbtest.Each(t, func(t *testing.T, store *db.DB) {
		wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{t: t, db: store, now: start, jira: &jira{say: ticket.Ticket{State: ticket.Open, Title: "Rotate", Assignee: "Mia"}}}
		if d.Guard, err = guard.New(t.Context(), store, audit.New(store, wrap), d.clock); err != nil {
			t.Fatal(err)
		}
		d.Drivers = ticket.Drivers{ticket.Jira: d.jira}
		test(t, d)
	})
}

func (d *desk) do(who clientele.Actor, name string, fn func(*guard.Act) (change.Record, error)) (r change.Record, err error) {
	err = d.Guard.Do(context.Background(), who, name, func(act *guard.Act) (err error) {
		r, err = fn(act)
		return err
	})
	return r, err
}

func (d *desk) open(who clientele.Actor, draft change.Draft) (change.Record, error) {
	return d.do(who, "change:create", func(act *guard.Act) (change.Record, error) { return change.Open(act, draft) })
}

func (d *desk) refer(who clientele.Actor, text string) (change.Record, error) {
	return d.do(who, "change:create", func(act *guard.Act) (change.Record, error) {
		ref, err := ticket.ParseRef(text)
		if err != nil {
			return change.Record{}, err
		}
		return change.Reference(act, ref)
	})
}

func (d *desk) approve(who clientele.Actor, id string, v int64) (change.Record, error) {
	return d.do(who, "change:approve", func(act *guard.Act) (change.Record, error) { return change.Approve(act, id, v) })
}

func (d *desk) update(who clientele.Actor, id string, v int64, draft change.Draft) (change.Record, error) {
	return d.do(who, "change:update", func(act *guard.Act) (change.Record, error) { return change.Update(act, id, v, draft) })
}

func (d *desk) close(who clientele.Actor, id, state string) (change.Record, error) {
	return d.do(who, "change:update", func(act *guard.Act) (change.Record, error) { return change.Close(act, id, 0, state) })
}

func (d *desk) read(fn func(ctx context.Context, tx *db.Tx) error) {
	d.t.Helper()
	if err := d.db.Read(d.t.Context(), func(tx *db.Tx) error { return fn(d.t.Context(), tx) }); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) get(id string) (r change.Record) {
	d.t.Helper()
	d.read(func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = change.Get(ctx, tx, id)
		return err
	})
	return r
}

func (d *desk) entries(where string) (n int) {
	d.t.Helper()
	d.read(func(ctx context.Context, tx *db.Tx) error {
		return tx.Row(ctx, "SELECT COUNT(*) FROM entry WHERE "+where, nil, &n)
	})
	return n
}

func want(t testing.TB, err error, kind clientele.ErrorKind) {
	t.Helper()
	if err == nil || clientele.KindOf(err) != kind {
		t.Fatalf("want an error of kind %s, got %v", kind, err)
	}
}

func ok[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestARecordKeptHereIsApprovedBySomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		both := person("per_both", clientele.OwnerRole, clientele.ApproverRole)
		r := must(d.open(both, change.Draft{Title: "  Rotate\nthe key "}))
		if r.Title != "Rotate the key" || r.State != change.StateOpen || !r.OpenAt(start) || r.Key != r.ID || r.Ref() != r.ID {
			t.Fatalf("%+v", r)
		}
		_, err := d.approve(both, r.ID, 0)
		var ce *clientele.Error
		if !errors.As(err, &ce) || ce.Rule != "change-author-is-not-approver" || ce.Hint == "" || len(ce.Approvers) == 0 {
			t.Fatalf("the author approved: %v", err)
		}
		if d.entries("outcome = 'denied' AND act = 'change:approve'") != 1 {
			t.Fatal("the denial is not on record")
		}
		_, err = d.approve(ann, r.ID, 0) // an owner alone does not approve
		want(t, err, clientele.Denied)
		machine := clientele.Actor{Kind: clientele.MachineActor, ID: "svc_1", Roles: clientele.SystemRoles}
		_, err = d.approve(machine, r.ID, 0)
		want(t, err, clientele.Denied)
		r = must(d.approve(bob, r.ID, r.Version))
		if r.State != change.StateApproved || r.ApprovedBy != bob.ID || !r.OpenAt(start) {
			t.Fatalf("%+v", r)
		}
		_, err = d.approve(cleo, r.ID, 0)
		want(t, err, clientele.Conflict)
		r = must(d.close(both, r.ID, change.StateClosed))
		if got := d.get(r.ID); got != r || got.OpenAt(start) {
			t.Fatalf("%+v", got)
		}
		for _, err := range []error{
			second(d.close(both, r.ID, change.StateCancelled)), second(d.approve(bob, r.ID, 0)), second(d.update(both, r.ID, 0, change.Draft{Title: "x"})),
		} {
			want(t, err, clientele.Conflict)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestAnEditEndsTheApprovalAndItsAuthorCannotGiveItAgain(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		r := must(d.open(ann, change.Draft{Title: "Rotate"}))
		must(d.approve(bob, r.ID, 0))
		r = must(d.update(bob, r.ID, 0, change.Draft{Title: "Drop the table"}))
		if r.State != change.StateOpen || r.ApprovedBy != "" || r.EditedBy != bob.ID {
			t.Fatalf("%+v", r)
		}
		_, err := d.approve(bob, r.ID, 0)
		want(t, err, clientele.Denied)
		must(d.approve(cleo, r.ID, 0))
	})
}

// The table itself refuses what the code refuses, whoever writes to it.
func TestTheTableRefusesAnApprovalByTheAuthor(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		r := ok[change.Record](t)(d.open(ann, change.Draft{Title: "Rotate"}))
		for _, set := range []string{
			"approved_by = 'per_ann', state = 'approved'",
			"approved_by = 'per_bob', edited_by = 'per_bob', state = 'approved'",
			"state = 'approved'", "state = 'unknown'", "verified = 1", "window_from = 5, window_to = 4",
		} {
			if _, err := d.db.Handle().Exec("UPDATE change SET " + set + " WHERE id = '" + r.ID + "'"); err == nil {
				t.Errorf("the table took %s", set)
			}
		}
	})
}

func TestOfTwoWritersWithOneVersionOneWins(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		r := ok[change.Record](t)(d.open(ann, change.Draft{Title: "Rotate"}))
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = d.update(ann, r.ID, r.Version, change.Draft{Title: fmt.Sprint("Rotate ", i)})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				want(t, err, clientele.Conflict)
			}
		}
		if won != 1 || d.get(r.ID).Version != 2 || d.entries("act = 'change:update'") != 1 {
			t.Fatalf("%d won", won)
		}
	})
}

func TestDraftsThatAreNoneAreRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for _, draft := range []change.Draft{{}, {Title: " \t"}, {Title: "x", WindowFrom: start, WindowTo: start}} {
			_, err := d.open(ann, draft)
			want(t, err, clientele.Invalid)
		}
		_, err := d.open(vera, change.Draft{Title: "x"})
		want(t, err, clientele.Denied)
		_, err = d.close(ann, ok[change.Record](t)(d.open(ann, change.Draft{Title: "x"})).ID, change.StateApproved)
		want(t, err, clientele.Invalid)
		_, err = d.update(ann, "chg_none", 0, change.Draft{Title: "x"})
		want(t, err, clientele.NotFound)
	})
}

func TestARecordIsOpenWithinItsWindowOnly(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		r := ok[change.Record](t)(d.open(ann, change.Draft{Title: "x", WindowFrom: start.Add(time.Hour), WindowTo: start.Add(2 * time.Hour)}))
		for after, open := range map[time.Duration]bool{0: false, time.Hour: true, 2*time.Hour - 1: true, 2 * time.Hour: false} {
			if got := r.OpenAt(start.Add(after)); got != open || got != (r.Obstacle(start.Add(after)) == "") {
				t.Errorf("after %s: %v", after, got)
			}
		}
	})
}

func TestAReferenceCountsOnlyOnceVerifiedAndNotForLong(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		r := must(d.refer(ann, "jira:OPS-1"))
		if r.OpenAt(start) || d.jira.asked != 0 {
			t.Fatal("open before anybody asked")
		}
		d.jira.say.State, d.jira.say.RawState = ticket.Approved, "Go"
		d.jira.say.WindowFrom, d.jira.say.WindowTo = start.Add(-time.Hour), start.Add(time.Hour)
		r = must(d.Verify(t.Context(), ann, r.ID))
		if !r.OpenAt(start) || r != d.get(r.ID) || r.RawState != "Go" || r.Title != "Rotate" || r.URL != "https://acme.atlassian.net/browse/OPS-1" {
			t.Fatalf("%+v", r)
		}
		if r.OpenAt(start.Add(15*time.Minute)) || !r.OpenAt(start.Add(15*time.Minute-1)) {
			t.Fatal("an answer holds for 15 minutes")
		}
		must(d.Fresh(t.Context(), ann, r.ID))
		if d.jira.asked != 1 {
			t.Fatal("asked again though the answer was fresh")
		}
		d.pass(16 * time.Minute)
		d.jira.say.State = ticket.Closed
		r = must(d.Fresh(t.Context(), ann, r.ID))
		if r.OpenAt(d.clock()) || r.State != change.StateClosed || !r.NextCheckAt.IsZero() || d.jira.asked != 2 {
			t.Fatalf("%+v", r)
		}
		d.read(func(ctx context.Context, tx *db.Tx) error {
			h, err := change.History(ctx, tx, r.ID)
			if len(h) != 2 || h[0].State != "closed" || h[1].State != "approved" || h[1].Answer != "said" || !h[1].At.Equal(start) {
				t.Errorf("%+v", h)
			}
			return err
		})
	})
}

func TestTheAssigneeIsInTheEntryAloneAndSealed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		r := ok[change.Record](t)(d.refer(ann, "jira:OPS-1"))
		ok[change.Record](t)(d.Verify(t.Context(), ann, r.ID))
		if d.entries("body LIKE '%Mia%' OR body LIKE '%Rotate%'") != 0 {
			t.Error("a name or a title stands in an entry")
		}
		if d.entries("act = 'change:verify' AND change_id = '"+r.ID+"' AND body LIKE '%boxes%'") != 1 {
			t.Error("nothing is sealed")
		}
	})
}

func TestASystemThatDoesNotAnswerChangesNothingButTheAge(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		r := must(d.refer(ann, "jira:OPS-1"))
		was := must(d.Verify(t.Context(), ann, r.ID))
		d.pass(20 * time.Minute)
		d.jira.err = &ticket.Unavailable{System: ticket.Jira, Why: "it did not answer"}
		r, err := d.Verify(t.Context(), ann, r.ID)
		want(t, err, clientele.Unavailable)
		if r.State != was.State || !r.Verified || !r.CheckedAt.Equal(was.CheckedAt) || r.OpenAt(d.clock()) {
			t.Fatalf("%+v", r)
		}
		if !strings.Contains(r.Obstacle(d.clock()), "too long ago") || !r.NextCheckAt.Equal(d.clock().Add(time.Minute)) {
			t.Fatal(r.Obstacle(d.clock()), r.NextCheckAt)
		}
		d.jira.err = nil
		if r = must(d.Verify(t.Context(), ann, r.ID)); !r.OpenAt(d.clock()) || r.Failures != 0 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestSweepsBackOffAndLeaveASystemAloneThatIsDown(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for i := range 3 {
			ok[change.Record](t)(d.refer(ann, fmt.Sprintf("jira:OPS-%d", i+1)))
		}
		sweep := func() int {
			t.Helper()
			d.jira.asked = 0
			n, err := d.Sweep(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		d.jira.err = &ticket.Unavailable{System: ticket.Jira, Why: "it was asked too often", Wait: 2 * time.Hour}
		if n := sweep(); n != 0 || d.jira.asked != 1 {
			t.Fatalf("%d answers, asked %d times", n, d.jira.asked)
		}
		d.jira.err = nil
		if n := sweep(); n != 2 {
			t.Fatalf("%d answers", n)
		}
		d.pass(time.Hour)
		if n := sweep(); n != 2 {
			t.Fatalf("%d answers: one wants to be left alone for two hours", n)
		}
		d.pass(time.Hour)
		d.jira.say.State = ticket.Cancelled
		if n := sweep(); n != 3 {
			t.Fatalf("%d answers", n)
		}
		d.pass(24 * time.Hour)
		if n := sweep(); n != 0 || d.jira.asked != 0 {
			t.Fatalf("%d answers about what has ended", n)
		}
		if d.entries("actor = 'system:change-check' AND act = 'change:verify'") != 8 {
			t.Fatal("a check without an entry")
		}
	})
}

func TestATicketThatIsGoneIsNotReliedOn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		r := must(d.refer(ann, "jira:OPS-1"))
		must(d.Verify(t.Context(), ann, r.ID))
		d.jira.err = clientele.Errorf(clientele.NotFound, "jira has no such ticket")
		for range 10 {
			var err error
			r, err = d.Verify(t.Context(), ann, r.ID)
			want(t, err, clientele.NotFound)
			if r.OpenAt(d.clock()) || r.State != change.StateUnknown {
				t.Fatalf("%+v", r)
			}
		}
		if !r.NextCheckAt.IsZero() {
			t.Fatal("asked for ever")
		}
		r = must(d.refer(ann, "github:o/r#1"))
		_, err := d.Verify(t.Context(), ann, r.ID)
		want(t, err, clientele.Invalid) // not connected
		if got := d.get(r.ID); !strings.Contains(got.Obstacle(d.clock()), "never verified") {
			t.Fatal(got.Obstacle(d.clock()))
		}
	})
}

func TestAnOlderAnswerDoesNotReplaceANewerOne(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		r := must(d.refer(ann, "jira:OPS-1"))
		d.jira.then = func() { // while this answer travels, the ticket is closed and verified again
			d.jira.then = nil
			d.pass(time.Minute)
			d.jira.say.State = ticket.Closed
			must(d.Verify(t.Context(), ann, r.ID))
		}
		if r = must(d.Verify(t.Context(), ann, r.ID)); r.State != change.StateClosed {
			t.Fatalf("%+v", r)
		}
	})
}

func TestWhoMayNotVerifyMakesUsAskNobody(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		r := ok[change.Record](t)(d.refer(ann, "jira:OPS-1"))
		_, err := d.Verify(t.Context(), vera, r.ID)
		want(t, err, clientele.Denied)
		_, err = d.Verify(t.Context(), person("per_none"), r.ID)
		want(t, err, clientele.NotFound)
		if d.jira.asked != 0 || d.entries("outcome = 'denied'") != 1 {
			t.Fatal("asked, or not on record")
		}
	})
}

func TestATicketHasOneRecord(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must := ok[change.Record](t)
		evil := must(d.refer(bob, "https://evil.example/browse/OPS-1"))
		_, err := d.Verify(t.Context(), bob, evil.ID)
		want(t, err, clientele.Invalid) // our Jira is elsewhere
		r := must(d.refer(ann, "https://acme.atlassian.net/browse/OPS-1"))
		if r.ID != evil.ID {
			t.Fatal("two records of one ticket")
		}
		must(d.Verify(t.Context(), ann, r.ID))
		_, err = d.refer(bob, "https://evil.example/browse/OPS-1")
		want(t, err, clientele.Invalid)
		if again := must(d.refer(bob, "jira:ops-1")); again.ID != r.ID || again.By != bob.ID {
			t.Fatalf("%+v", again)
		}
		for _, c := range []struct {
			text string
			kind clientele.ErrorKind
		}{
			{r.ID, ""}, {"jira:OPS-1", ""}, {"https://acme.atlassian.net/browse/OPS-1", ""}, {" JIRA:ops-1", ""},
			{"https://evil.example/browse/OPS-1", clientele.NotFound}, {"jira:OPS-2", clientele.NotFound}, {"chg_x", clientele.NotFound}, {"nonsense", clientele.Invalid},
		} {
			err := d.db.Read(t.Context(), func(tx *db.Tx) error {
				got, err := change.Find(t.Context(), tx, c.text)
				if err == nil && got.ID != r.ID {
					t.Errorf("%s: %+v", c.text, got)
				}
				return err
			})
			if c.kind == "" && err != nil || c.kind != "" && (err == nil || clientele.KindOf(err) != c.kind) {
				t.Errorf("%s: %v", c.text, err)
			}
		}
	})
}

func TestATicketIsChangedWhereItIsKept(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		r := ok[change.Record](t)(d.refer(ann, "jira:OPS-1"))
		for _, err := range []error{
			second(d.close(ann, r.ID, change.StateClosed)), second(d.approve(bob, r.ID, 0)), second(d.update(ann, r.ID, 0, change.Draft{Title: "x"})),
		} {
			want(t, err, clientele.Conflict)
		}
	})
}

func TestListsComeInPages(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for i := range 5 {
			d.pass(time.Second)
			ok[change.Record](t)(d.open(ann, change.Draft{Title: fmt.Sprint(i)}))
		}
		ok[change.Record](t)(d.refer(ann, "jira:OPS-1"))
		var titles string
		d.read(func(ctx context.Context, tx *db.Tx) error {
			p := change.Page{Limit: 2}
			for {
				all, next, err := change.List(ctx, tx, change.Filter{System: change.BuiltIn, State: change.StateOpen, By: ann.ID}, p)
				for _, r := range all {
					titles += r.Title
				}
				if next == "" {
					return err
				}
				p.After = next
			}
		})
		if titles != "01234" {
			t.Fatal(titles)
		}
	})
}
