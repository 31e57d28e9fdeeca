package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/review"
)

// reviewed is a house with two clients whose reviews are open. It gives the sessions of their
// owner, of somebody else, and of security.
func reviewed(t *testing.T, d *db.DB) (h *house, owner, other, security string) {
	t.Helper()
	h = newHouse(t, d)
	system := clientele.System("test", "a test says so")
	ids := map[string]string{}
	for _, name := range []string{"ann", "out", "sec"} {
		err := h.Guard.Do(t.Context(), system, "person:write", func(act *guard.Act) error {
			p := identity.Person{UserName: name, Email: name + "@example.com", DisplayName: strings.ToUpper(name)}
			err := identity.CreatePerson(act, &p)
			ids[name] = p.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two"} {
		err := h.Guard.Do(t.Context(), system, "request:create", func(act *guard.Act) error {
			c := inventory.Client{ID: clientele.ClientID("cli_" + name), Name: name, Tool: "postman", Kind: string(clientele.APIClient), Environment: "staging",
				State: clientele.Requested, Tier: 1, OwnerID: ids["ann"], AttestedAt: act.At, NextReviewAt: act.At.Add(5 * 24 * time.Hour)}
			if err := act.Allow(c.Resource()); err != nil {
				return err
			}
			if err := inventory.Create(act, &c); err != nil {
				return err
			}
			return inventory.Move(act, &c, clientele.Approve)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if s, err := review.Sweep(t.Context(), h.Guard); err != nil || s.Opened != 2 {
		t.Fatalf("%+v %v", s, err)
	}
	return h, h.as(ids["ann"], clientele.OwnerRole), h.as(ids["out"], clientele.OwnerRole), h.as(ids["sec"], clientele.SecurityRole)
}

func TestReviewsAreShownAndDecidedOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ann, out, sec := reviewed(t, d)
		var list api.List[api.Review]
		h.want(200, ann, "GET", "/v1/reviews?turn=true&state=open", "", &list)
		if len(list.Items) != 2 {
			t.Fatalf("%+v", list)
		}
		one, two := list.Items[0].ID, list.Items[1].ID
		h.want(200, out, "GET", "/v1/reviews", "", &list)
		if len(list.Items) != 0 {
			t.Fatalf("somebody else sees %+v", list)
		}
		h.want(200, sec, "GET", "/v1/reviews", "", &list)
		if len(list.Items) != 2 {
			t.Fatalf("security sees %+v", list)
		}
		var r api.Review
		h.want(200, ann, "GET", "/v1/reviews/"+one, "", &r)
		if len(r.Deciders) != 1 || r.Names[r.Owner] != "ANN" || r.Causes[0].Cause != "period" || r.Evidence.Days != 90 {
			t.Fatalf("%+v", r)
		}
		h.want(404, out, "GET", "/v1/reviews/"+one, "", nil)
		h.want(404, out, "POST", "/v1/reviews/"+one+"/decide", `{"verdict":"keep"}`, nil)
		h.want(403, sec, "POST", "/v1/reviews/"+one+"/decide", `{"verdict":"keep"}`, nil)
		h.want(400, ann, "POST", "/v1/reviews/"+one+"/decide", `{"verdict":"retire"}`, nil)
		h.want(400, ann, "POST", "/v1/reviews/"+one+"/decide", `{"verdict":"nod"}`, nil)
		status, _, body := h.send(ann, "POST", "/v1/reviews/"+one+"/decide", `{"verdict":"keep","milliseconds":900}`, "If-Match", `"9"`)
		if status != 409 {
			t.Fatal(status, body)
		}
		both := fmt.Sprintf(`{"choices":[{"review":%q,"verdict":"keep"},{"review":%q,"verdict":"keep"}]}`, one, two)
		h.want(200, ann, "POST", "/v1/reviews/decide", both, &list)
		if len(list.Items) != 2 || list.Items[1].State != "kept" {
			t.Fatalf("%+v", list)
		}
		h.want(409, ann, "POST", "/v1/reviews/"+two+"/decide", `{"verdict":"keep"}`, nil)
	})
}

func TestCampaignsAreRunOverHTTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ann, _, sec := reviewed(t, d)
		var p api.CampaignPreview
		h.want(200, sec, "GET", "/v1/campaigns/preview?environment=staging", "", &p)
		if p.Clients != 2 || p.Reviewers != 1 {
			t.Fatalf("%+v", p)
		}
		due := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
		var k api.Campaign
		h.want(201, sec, "POST", "/v1/campaigns", `{"name":"Spring","selection":{"environment":"staging"},"due_at":"`+due+`"}`, &k)
		if _, err := review.Sweep(t.Context(), h.Guard); err != nil {
			t.Fatal(err)
		}
		h.want(200, sec, "GET", "/v1/campaigns/"+k.ID, "", &k)
		if k.Items != 2 || k.SelfTest.Open != 2 || k.SelfTest.Passed || !k.SelfTest.SnapshotHolds {
			t.Fatalf("%+v %+v", k, k.SelfTest)
		}
		for _, path := range []string{"/v1/campaigns", "/v1/campaigns/preview"} {
			h.want(403, ann, "GET", path, "", nil)
		}
		h.want(404, ann, "GET", "/v1/campaigns/"+k.ID, "", nil)
		h.want(404, ann, "POST", "/v1/campaigns/"+k.ID+"/cancel", `{"reason":"x"}`, nil)
		h.want(200, sec, "POST", "/v1/campaigns/"+k.ID+"/cancel", `{"reason":"x"}`, &k)
		var list api.List[api.Campaign]
		h.want(200, sec, "GET", "/v1/campaigns?state=cancelled", "", &list)
		if len(list.Items) != 1 || list.Items[0].SelfTest == nil {
			t.Fatalf("%+v", list)
		}
	})
}
