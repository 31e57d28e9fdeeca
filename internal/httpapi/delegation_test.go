package httpapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/clientele/clientele/api"
)

func TestDecisionsAreLentAndTakenBack(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	until := time.Now().UTC().Add(48 * time.Hour).Format(time.RFC3339)
	var d api.Delegation
	e.want(201, token(e.ann), "POST", "/v1/delegations", fmt.Sprintf(`{"to":"ben@example.com","client":%q,"ends_at":%q}`, id, until), &d)
	if d.Lender != e.ann || d.BorrowerName != "Ben" || d.Client != id || !d.Counts {
		t.Fatalf("%+v", d)
	}
	for who, n := range map[string]int{e.ann: 1, e.ben: 1, e.bob: 0, e.sam: 1, e.vic: 0} {
		var list api.List[api.Delegation]
		e.want(200, token(who), "GET", "/v1/delegations", "", &list)
		if len(list.Items) != n {
			t.Errorf("%s: %+v", who, list)
		}
	}
	e.want(403, e.as("per_none"), "GET", "/v1/delegations", "", nil)
	e.hidden(e.bob, "POST", "/v1/delegations/"+d.ID+"/end", d.ID, "")
	e.denied(e.ben, "POST", "/v1/delegations/"+d.ID+"/end", "", "clientele delegate end "+d.ID)
	var end api.DelegationEnd
	e.want(200, token(e.ann), "POST", "/v1/delegations/"+d.ID+"/end", "", &end)
	if end.ID != d.ID || end.EndedAt.IsZero() {
		t.Fatalf("%+v", end)
	}
	e.want(409, token(e.ann), "POST", "/v1/delegations/"+d.ID+"/end", "", nil)
}

func TestDecisionsAreLentToOthersForAWhileOnly(t *testing.T) {
	e := newEstate(t)
	id := e.active()
	soon, late := time.Now().UTC().Add(time.Hour).Format(time.RFC3339), time.Now().UTC().Add(100*24*time.Hour).Format(time.RFC3339)
	for body, status := range map[string]int{
		`{"to":"ann","ends_at":"` + soon + `"}`:                          403,
		`{"to":"ben","ends_at":"` + late + `"}`:                          400,
		`{"to":"ben","ends_at":"2020-01-01T00:00:00Z"}`:                  400,
		`{"to":"who","ends_at":"` + soon + `"}`:                          400,
		`{"to":"ben"}`:                                                   400,
		`{"to":"ben","client":"cli_0","ends_at":"` + soon + `"}`:         404,
		`{"to":"ben","client":"` + id + `'--","ends_at":"` + soon + `"}`: 400,
	} {
		e.want(status, token(e.ann), "POST", "/v1/delegations", body, nil)
	}
	e.hidden(e.bob, "POST", "/v1/delegations", id, `{"to":"ben","client":"`+id+`","ends_at":"`+soon+`"}`)
	e.denied(e.vic, "POST", "/v1/delegations", `{"to":"ben","ends_at":"`+soon+`"}`, "clientele person roles")
}
