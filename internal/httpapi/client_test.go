package httpapi_test

import (
	"testing"

	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

func (h *stocked) clients(token, query string) []string {
	h.t.Helper()
	var list api.List[api.GovernedClient]
	h.want(200, token, "GET", "/v1/clients"+query, "", &list)
	ids := []string{}
	for _, c := range list.Items {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestClientsAreListedToThoseWhoMaySeeThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := stockOn(t, d)
		for query, want := range map[string]int{
			"": 2, "?text=orders": 2, "?text=of%20ann": 1, "?owner=nobody-known": 0, "?state=active": 0, "?state=discovered&environment=staging": 2,
			"?condition=shared": 2, "?condition=leaked": 0, "?condition=orphaned,shared": 2, "?risk=high": 2, "?risk=critical": 0, "?rule=embedded-secret": 2,
			"?tool=postman&kind=api_client&tier=0": 2, "?tier=4": 0, "?limit=1": 1, "?owner=me": 0,
		} {
			if got := h.clients(h.security, query); len(got) != want {
				t.Errorf("%s: %d clients, want %d", query, len(got), want)
			}
		}
		if got := h.clients(h.ann, ""); len(got) != 1 || got[0] != h.anns {
			t.Errorf("Ann sees %v", got)
		}
		if got := h.clients(h.ann, "?owner=me&condition=shared"); len(got) != 1 {
			t.Errorf("of hers Ann sees %v", got)
		}
		h.want(403, h.none, "GET", "/v1/clients", "", nil)
		for _, bad := range []string{"?state=gone", "?tier=9", "?condition=tired", "?after=cli_00000000000000000000000000", "?text=a%00", "?text=a+b+c+d+e+f+g"} {
			h.want(400, h.security, "GET", "/v1/clients"+bad, "", nil)
		}
	})
}

func TestClientIsShownWithWhatIsKnownOfIt(t *testing.T) {
	h := stock(t)
	var c api.ClientDetail
	h.want(200, h.ann, "GET", "/v1/clients/"+h.anns, "", &c)
	if c.Name != "Orders of ann" || c.Risk != "high" || !c.HasSecrets || c.Attested || len(c.Sightings) != 1 || c.Sightings[0].Host != "laptop-ann" || len(c.Endpoints) != 2 || c.Endpoints[0].Service != h.service {
		t.Errorf("%+v", c)
	}
	names := []string{}
	for _, k := range c.Conditions {
		names = append(names, k.Name)
	}
	if len(names) != 2 || names[0] != "orphaned" || names[1] != "shared" {
		t.Errorf("conditions %v", names)
	}
	h.sameAsNone(h.ann, "GET", "/v1/clients/%s", h.bobs, "")
	h.sameAsNone(h.none, "GET", "/v1/clients/%s", h.bobs, "")
}

func TestClientIsDescribedByItsOwner(t *testing.T) {
	h := stock(t)
	path := "/v1/clients/" + h.anns
	status, header, _ := h.send(h.ann, "GET", path, "")
	if status != 200 {
		t.Fatal(status)
	}
	body := `{"name":"Orders","purpose":"reconciles","environment":"test"}`
	status, _, answer := h.send(h.ann, "PUT", path, body, "If-Match", header.Get("ETag"))
	if status != 200 {
		t.Fatal(answer)
	}
	if status, _, _ := h.send(h.ann, "PUT", path, body, "If-Match", header.Get("ETag")); status != 409 {
		t.Errorf("with an old version: %d", status)
	}
	if got := h.clients(h.ann, "?text=reconcil&environment=test"); len(got) != 1 {
		t.Errorf("not found by its purpose: %v", got)
	}
	h.want(400, h.ann, "PUT", path, `{"name":"Orders","environment":"moon"}`, nil)
	h.want(400, h.ann, "PUT", path, `{"name":"Orders","steward":"nobody-known"}`, nil)
	h.want(403, h.viewer, "PUT", path, body, nil)
	h.sameAsNone(h.ann, "PUT", "/v1/clients/%s", h.bobs, body)
}
