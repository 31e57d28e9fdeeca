package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
)

// large is the scan of a machine with n clients.
func large(n int) api.Scan {
	s := api.Scan{SchemaVersion: api.SchemaVersion, Scan: api.ScanInfo{StartedAt: time.Now().Add(-time.Minute), Tool: "clientele 0.1.0", Roots: []string{"/home/ann"}}}
	for i := range n {
		id, print := fmt.Sprintf("c_%d", i), fmt.Sprintf("%032x", i)
		at := api.Location{File: "c.json", Path: []string{"auth"}, Line: 1}
		s.Clients = append(s.Clients, api.Client{
			ID: id, Name: "Client " + id, Tool: "postman", Kind: "api_client", Files: []string{"c.json"}, Risk: "high", Sync: []api.Sync{{Mode: "local"}},
			Endpoints:   []api.Endpoint{{Method: "GET", Scheme: "https", Host: "api.example.com", Path: "/" + id}},
			Credentials: []api.Credential{{Fingerprint: print, Role: "token", Class: "literal", Place: "auth", Location: at}},
		})
		s.Findings = append(s.Findings, api.Finding{Rule: "embedded-secret", Severity: "high", Client: id, Fingerprint: print, Credential: print, Location: at, Message: "m"})
	}
	return s
}

func (h *house) remote(token string) *api.Remote { return api.NewRemote(h.url, token) }

func TestScanIsSentInPartsAndGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := stockOn(t, d)
		ann, scan := h.remote(h.as("per_new", clientele.OwnerRole)), large(1200)
		in := api.NewScan{Host: "laptop-new", StartedAt: scan.Scan.StartedAt, Tool: scan.Scan.Tool, Roots: scan.Scan.Roots, Complete: true, Key: "once", Parts: 3}
		p, err := ann.BeginScan(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(api.SplitScan(scan)[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ann.SendPart(t.Context(), p.ID, 2, body); err != nil { // and then it broke off
			t.Fatal(err)
		}
		calls := 0
		done, err := ann.SendScan(t.Context(), in, scan, func(api.Sent) { calls++ })
		if err != nil {
			t.Fatal(err)
		}
		if done.ID != p.ID || done.State != "finished" || done.Clients != 1200 || done.Discovered != 1200 || done.Opened != 1200 || calls != 2 {
			t.Errorf("%+v after %d calls", done, calls)
		}
		again, err := ann.SendScan(t.Context(), in, scan, nil)
		if err != nil || again.Discovered != done.Discovered {
			t.Errorf("%+v %v", again, err)
		}
		in.Key, in.StartedAt = "twice", time.Now()
		gone, err := ann.SendScan(t.Context(), in, large(0), nil)
		if err != nil || gone.Closed != 1200 {
			t.Errorf("%+v %v", gone, err)
		}
	})
}

func TestScansAreOfThoseWhoSendThem(t *testing.T) {
	h := stock(t)
	begin := `{"host":"box","started_at":"2026-03-02T09:00:00Z","tool":"x","roots":["/"],"parts":1}`
	var p api.ScanProgress
	h.want(201, h.ann, "POST", "/v1/scans", begin, &p)
	bob := h.as("per_bob", clientele.OwnerRole)
	h.sameAsNone(bob, "GET", "/v1/scans/%s", p.ID, "")
	h.sameAsNone(bob, "POST", "/v1/scans/%s/finish", p.ID, "")
	h.sameAsNone(bob, "PUT", "/v1/scans/%s/parts/1", p.ID, `{}`)
	h.want(403, bob, "POST", "/v1/scans", begin, nil) // the machine is Ann's
	h.want(403, h.viewer, "POST", "/v1/scans", begin, nil)
	h.want(409, h.ann, "POST", "/v1/scans/"+p.ID+"/finish", "", nil)
	h.want(400, h.ann, "PUT", "/v1/scans/"+p.ID+"/parts/1", `{"clients":[{"id":"c"}]}`, nil)
	h.want(400, h.ann, "PUT", "/v1/scans/"+p.ID+"/parts/2", `{}`, nil)
	h.want(413, h.ann, "PUT", "/v1/scans/"+p.ID+"/parts/1", `{"x":"`+strings.Repeat("x", 5<<20)+`"}`, nil)
	h.want(200, h.ann, "PUT", "/v1/scans/"+p.ID+"/parts/1", `{}`, nil)
	h.want(200, h.ann, "POST", "/v1/scans/"+p.ID+"/finish", "", &p)
	if p.State != "finished" {
		t.Errorf("%+v", p)
	}
	var mine, all api.List[api.ScanProgress]
	h.want(200, h.ann, "GET", "/v1/scans", "", &mine)
	h.want(200, h.security, "GET", "/v1/scans", "", &all)
	if len(mine.Items) != 1 || len(all.Items) != 3 {
		t.Errorf("%d and %d", len(mine.Items), len(all.Items))
	}
}

func TestSecuritySaysWhoseMachineAHostIs(t *testing.T) {
	h := stock(t)
	h.want(403, h.ann, "PUT", "/v1/hosts/laptop-ann", `{}`, nil)
	h.want(404, h.security, "PUT", "/v1/hosts/no-such", `{}`, nil)
	h.want(400, h.security, "PUT", "/v1/hosts/laptop-ann", `{"person":"no-such"}`, nil)
	h.want(200, h.security, "PUT", "/v1/hosts/LAPTOP-ann", `{}`, nil)
	var list api.List[api.Host]
	h.want(200, h.security, "GET", "/v1/hosts", "", &list)
	if len(list.Items) != 2 || list.Items[0].Clients != 1 {
		t.Errorf("%+v", list)
	}
	h.want(403, h.viewer, "GET", "/v1/hosts", "", nil)
}

// What the server did not read of a body that was too large must not be the next request.
func TestRestOfATooLargeBodyIsNoRequest(t *testing.T) {
	h := stock(t)
	smuggled := "GET /v1/hosts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + h.security + "\r\n\r\n"
	for _, path := range []string{"/v1/scans/scn_1/parts/1", "/v1/changes/chg_1"} {
		body := `{"x":"` + strings.Repeat("x", 4<<20) + strings.Repeat(smuggled, 20000)
		h.want(413, h.ann, "PUT", path, body, nil)
		if status, _, answer := h.send(h.ann, "GET", "/v1/scans", ""); status != 200 {
			t.Errorf("after a body that was too large: %d %s", status, answer)
		}
	}
}
