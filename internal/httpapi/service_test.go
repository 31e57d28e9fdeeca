package httpapi_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
)

func TestAServiceIsFoundShownAndDescribed(t *testing.T) {
	h := stock(t)
	team := h.team("Payments")
	for _, query := range []string{"", "?text=EXAMPLE", "?at=api.example.com", "?at=https://api.example.com"} {
		var list api.List[api.Service]
		h.want(200, h.viewer, "GET", "/v1/services"+query, "", &list)
		if len(list.Items) != 1 || list.Items[0].ID != h.service || list.Items[0].Host != "api.example.com" {
			t.Fatalf("%q: %+v", query, list)
		}
	}
	for _, query := range []string{"?text=nosuch", "?at=other.example.com", "?environment=production", "?owner=nobody-is-called-that", "?owner=me"} {
		var list api.List[api.Service]
		h.want(200, h.viewer, "GET", "/v1/services"+query, "", &list)
		if len(list.Items) != 0 || list.Items == nil {
			t.Fatalf("%q: %+v", query, list)
		}
	}

	status, header, body := h.send(h.security, "PUT", "/v1/services/"+h.service, `{"name":"Orders","environment":"production","owner":"payments","data_classes":["payment","customer"]}`, "If-Match", `"1"`)
	if status != 200 || header.Get("ETag") != `"2"` {
		t.Fatal(status, body)
	}
	if status, _, _ := h.send(h.security, "PUT", "/v1/services/"+h.service, `{"name":"Other"}`, "If-Match", `"1"`); status != 409 {
		t.Fatalf("wrote over another's change: %d", status)
	}
	var list api.List[api.Service]
	h.want(200, h.viewer, "GET", "/v1/services?environment=production&owner=Payments", "", &list)
	if len(list.Items) != 1 {
		t.Fatalf("%+v", list)
	}

	var s api.ServiceDetail
	h.want(200, h.viewer, "GET", "/v1/services/"+h.service, "", &s)
	if s.Owner != team || s.OwnerName != "Payments" || s.Name != "Orders" || strings.Join(s.DataClasses, " ") != "customer payment" || s.Version != 2 {
		t.Fatalf("%+v", s.Service)
	}
	if len(s.Clients) != 2 || len(s.Endpoints) != 3 || s.More {
		t.Fatalf("%+v", s)
	}
	for _, e := range s.Endpoints {
		if want := map[string]int64{"/orders": 2, "/ann": 1, "/bob": 1}[e.Path]; e.Clients != want {
			t.Errorf("%+v", e)
		}
	}
}

func TestOwnersSeeOfAServiceWhatTheirOwnClientsCall(t *testing.T) {
	h := stock(t)
	var s api.ServiceDetail
	h.want(200, h.ann, "GET", "/v1/services/"+h.service, "", &s)
	if len(s.Clients) != 1 || s.Clients[0].ID != h.anns || s.Clients[0].Count != 2 || len(s.Endpoints) != 2 {
		t.Fatalf("%+v", s)
	}
	for _, e := range s.Endpoints {
		if e.Path == "/bob" || e.Clients != 1 {
			t.Errorf("%+v", e)
		}
	}
}

func TestServicesAreNotForStrangersNorDescribedByOwners(t *testing.T) {
	h := stock(t)
	h.sameAsNone(h.none, "GET", "/v1/services/%s", h.service, "")
	h.sameAsNone(h.none, "PUT", "/v1/services/%s", h.service, `{"owner":"nobody"}`)
	h.want(403, h.none, "GET", "/v1/services", "", nil)
	var p api.Problem
	h.want(403, h.ann, "PUT", "/v1/services/"+h.service, `{"environment":"test"}`, &p)
	if len(p.Approvers) == 0 {
		t.Errorf("it is not said who could: %+v", p)
	}
	h.want(403, h.viewer, "PUT", "/v1/services/"+h.service, `{"environment":"test"}`, nil)
}

func TestHostileDescriptionsOfServicesAreRefused(t *testing.T) {
	h := stock(t)
	for _, body := range []string{
		`{"environment":"moon"}`, `{"owner":"nobody is called that"}`, `{"data_owner":"srv_1"}`, `{"name":"a\u0000b"}`, `{"name":"two\nlines"}`, `{"host":"evil.example"}`,
		`{"name":"` + strings.Repeat("x", 501) + `"}`, `{"data_classes":[""]}`, `{"data_classes":["` + strings.Repeat("x", 101) + `"]}`, `{"data_classes":["x"` + strings.Repeat(`,"x"`, 32) + `]}`,
	} {
		h.want(400, h.security, "PUT", "/v1/services/"+h.service, body, nil)
	}
	for _, query := range []string{"environment=moon", "limit=0", "nosuch=1", "text=" + strings.Repeat("x", 201)} {
		h.want(400, h.security, "GET", "/v1/services?"+query, "", nil)
	}
	var list api.List[api.Service]
	for _, query := range []string{"text=%25", "text=_", "after=zzz", "at=%00", "owner=%27%20OR%201%3D1--"} {
		h.want(200, h.security, "GET", "/v1/services?"+query, "", &list)
		if len(list.Items) != 0 {
			t.Errorf("%s: %+v", query, list)
		}
	}
	if status, _, _ := h.send(h.security, "PUT", "/v1/services/"+h.service, `{}`, "If-Match", "1"); status != 400 {
		t.Errorf("an If-Match that is none: %d", status)
	}
}

// team makes a team and returns its id.
func (h *stocked) team(name string) (id string) {
	h.t.Helper()
	admin := clientele.Actor{Kind: clientele.PersonActor, ID: "per_adm", Roles: []clientele.SystemRole{clientele.AdminRole}}
	err := h.Guard.Do(h.t.Context(), admin, "person:write", func(act *guard.Act) error {
		team := identity.Team{Name: name}
		err := identity.CreateTeam(act, &team)
		id = team.ID
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}
