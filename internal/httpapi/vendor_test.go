package httpapi_test

import (
	"strings"
	"testing"

	"github.com/clientele/clientele/api"
)

func TestAVendorsRunbookIsDrilledBeforeItCounts(t *testing.T) {
	e := newEstate(t)
	id := e.discovered()
	path := "/v1/clients/" + id
	e.want(200, token(e.ann), "POST", path+"/claim", `{"backup":"ben"}`, nil)
	var v api.Vendor
	e.want(200, token(e.ann), "GET", path+"/vendor", "", &v)
	if v.Name != "" || !strings.Contains(v.Command, "clientele vendor set "+id) {
		t.Fatalf("%+v", v)
	}
	etag := v.ETag()
	body := `{"name":"Acme","contact":"soc@acme.example","sponsor":"ida@example.com","runbook":"1. revoke the key","contract_end":"2126-01-01T00:00:00Z"}`
	e.want(400, token(e.ann), "PUT", path+"/vendor", strings.Replace(body, "ida@", "nobody@", 1), nil)
	e.want(409, token(e.ann), "POST", path+"/drills", `{"passed":true,"note":"worked"}`, nil)
	if status, header, answer := e.send(token(e.ann), "PUT", path+"/vendor", body, "If-Match", etag); status != 200 || header.Get("ETag") == etag {
		t.Fatal(status, answer)
	}
	if status, _, answer := e.send(token(e.ann), "PUT", path+"/vendor", body, "If-Match", etag); status != 409 {
		t.Fatal(status, answer)
	}
	e.want(201, token(e.ann), "POST", path+"/drills", `{"passed":false,"note":"the key still worked"}`, &v)
	if v.Sponsor != e.ida || v.SponsorName != "Ida" || !v.DrilledAt.IsZero() || len(v.Drills) != 1 || !strings.Contains(v.Command, "clientele vendor drill "+id) {
		t.Fatalf("%+v", v)
	}
	e.want(201, token(e.ann), "POST", path+"/drills", `{"passed":true,"note":"401 after a minute"}`, &v)
	if v.DrilledAt.IsZero() || len(v.Drills) != 2 || !v.Drills[0].Passed || !v.Until.Equal(v.ContractEnd) {
		t.Fatalf("%+v", v)
	}
	v = api.Vendor{}
	e.want(200, token(e.ann), "PUT", path+"/vendor", strings.Replace(body, "1. revoke", "1. rotate", 1), &v)
	if !v.DrilledAt.IsZero() || len(v.Drills) != 2 {
		t.Fatalf("another text counts as drilled: %+v", v)
	}
	e.want(400, token(e.ann), "PUT", path+"/vendor", `{"name":"`+strings.Repeat("x", 301)+`"}`, nil)
	e.want(400, token(e.ann), "POST", path+"/drills", `{"passed":true,"note":""}`, nil)
}
