package httpapi_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/inventory"
)

// machine makes a session of a service account.
func (h *stocked) machine(id string, roles ...clientele.SystemRole) string {
	h.actors["token-"+id] = clientele.Actor{Kind: clientele.MachineActor, ID: id, Roles: roles, Session: "tok_" + id}
	return "token-" + id
}

func use(client, service, more string) string {
	return fmt.Sprintf(`{"client":%q,"service":%q,"method":"GET","path":"/orders","verb":"read","count":3,"first_at":"2026-03-02T08:00:00Z","last_at":"2026-03-02T17:00:00Z"%s}`, client, service, more)
}

func report(uses ...string) string { return `{"uses":[` + strings.Join(uses, ",") + `]}` }

func (h *stocked) uses(client string) (all []inventory.Use) {
	h.t.Helper()
	err := h.Guard.DB().Read(h.t.Context(), func(tx *db.Tx) (err error) {
		all, err = inventory.Uses(context.Background(), tx, clientele.ClientID(client))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func TestAMachineReportsUseOnce(t *testing.T) {
	h := stock(t)
	gateway := h.machine("svc_gateway", clientele.SecurityRole)
	body := report(use(h.anns, h.service, ""), use(h.anns, "https://API.example.com", ""), use(h.bobs, "api.example.com", ""))
	for range 2 {
		status, _, answer := h.send(gateway, "POST", "/v1/usage", body, "Idempotency-Key", "k")
		if status != 200 || !strings.Contains(answer, `"calls":9`) || !strings.Contains(answer, `"clients":2`) {
			t.Fatal(status, answer)
		}
	}
	if got := h.uses(h.anns); len(got) != 1 || got[0].Count != 6 || got[0].ServiceID != h.service {
		t.Errorf("%+v", got)
	}
	r := api.NewRemote(h.url, gateway)
	at := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	in := api.UsageReport{Uses: []api.ClientUse{{Client: h.bobs, Service: h.service, Method: "POST", Path: "/bob", Verb: "write", Count: 5, FirstAt: at, LastAt: at}}}
	for range 2 {
		if taken, err := r.PostUsage(t.Context(), in); err != nil || taken.Calls != 5 {
			t.Fatal(taken, err)
		}
	}
	if got := h.uses(h.bobs); len(got) != 2 || got[0].Count+got[1].Count != 8 {
		t.Errorf("%+v", got)
	}
}

func TestUseIsReportedBySecurityAlone(t *testing.T) {
	h := stock(t)
	tokens := []string{h.none, h.viewer, h.ann, h.machine("svc_plain"), h.machine("svc_owner", clientele.OwnerRole), h.as("per_adm", clientele.AdminRole)}
	for _, token := range tokens {
		_, _, there := h.send(token, "POST", "/v1/usage", report(use(h.anns, h.service, "")))
		_, _, missing := h.send(token, "POST", "/v1/usage", report(use("cli_0", "srv_0", "")))
		if !strings.Contains(there, `"status":403`) || cutRequest(there) != cutRequest(missing) {
			t.Errorf("%s: %s\n%s", token, there, missing)
		}
	}
	if got := h.uses(h.anns); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// One bad line, and nothing of the report is taken.
func TestHostileReportsOfUseAreRefused(t *testing.T) {
	h := stock(t)
	good := use(h.anns, h.service, "")
	swap := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for i, bad := range []string{
		swap(`"count":3`, `"count":0`), swap(`"count":3`, `"count":-1`), swap(`"count":3`, `"count":1e300`), swap(`"verb":"read"`, `"verb":"steal"`), swap(`17:00:00Z`, `07:00:00Z`),
		swap(`"first_at":"2026-03-02T08:00:00Z"`, `"first_at":"0001-01-01T00:00:00Z"`), swap("2026-03-02T17", "2999-03-02T17"), swap(`"GET"`, `"G\nET"`),
		swap("/orders", "/"+strings.Repeat("x", 1500)), use(h.anns, "", ""), use(h.anns, h.service, `,"owner":"x"`), `7`, `null`,
	} {
		status, _, answer := h.send(h.security, "POST", "/v1/usage", report(good, bad))
		if status != 400 {
			t.Errorf("%d: %d %s", i, status, answer)
		}
	}
	for _, bad := range []string{use("cli_none", h.service, ""), use(h.anns, "srv_none", ""), use(h.anns, "nosuch.example.com", ""), use(h.anns, "%' OR 1=1--", "")} {
		var p api.Problem
		h.want(404, h.security, "POST", "/v1/usage", report(good, bad), &p)
		if !strings.HasPrefix(p.Detail, "uses[1]: ") {
			t.Errorf("it is not said which: %s", p.Detail)
		}
	}
	h.want(400, h.security, "POST", "/v1/usage", report(), nil)
	h.want(400, h.security, "POST", "/v1/usage", report(good+strings.Repeat(","+good, api.MaxUses)), nil)
	if got := h.uses(h.anns); len(got) != 0 {
		t.Errorf("part of a refused report was taken: %+v", got)
	}
	h.want(200, h.security, "POST", "/v1/usage", report(good+strings.Repeat(","+good, api.MaxUses-1)), nil)
	if got := h.uses(h.anns); len(got) != 1 || got[0].Count != 3*api.MaxUses {
		t.Errorf("%+v", got)
	}
}
