package httpapi

import (
	"context"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
	"github.com/danielgtaylor/huma/v2"
)

// scanRoutes take scans in, in parts, and say which machines they come from.
var scanRoutes = []route{
	look("/v1/scans", "list-scans", "scans", "List scans", "scan:list", listScans),
	do("POST", "/v1/scans", "begin-scan", "scans", "Begin to send a scan", "scan:post", 201, beginScan),
	look("/v1/scans/{id}", "show-scan", "scans", "Show how far a scan has come, and which parts are missing", "scan:list", showScan),
	call("PUT", "/v1/scans/{id}/parts/{number}", "send-part", "scans", "Send a part of a scan", "scan:post", 200, sendPart).
		with(func(op *huma.Operation) { op.MaxBodyBytes, op.SkipValidateBody = inventory.MaxPart, true }), // the room does, and names the place
	call("POST", "/v1/scans/{id}/finish", "finish-scan", "scans", "End the sending of a scan", "scan:post", 200, finishScan),
	look("/v1/hosts", "list-hosts", "scans", "List the machines that scans come from", "host:list", listHosts),
	do("PUT", "/v1/hosts/{host}", "assign-host", "scans", "Say whose machine a host is", "host:assign", 200, assignHost),
}

type scanList struct {
	Paged
	Host string `query:"host" maxLength:"255" doc:"of this machine"`
}

func listScans(ctx context.Context, v *guard.View, _ *House, in *scanList) (api.List[api.ScanProgress], error) {
	seen, err := listedFor(v, "Scan")
	if err != nil {
		return api.List[api.ScanProgress]{}, err
	}
	by := ""
	if seen != nil {
		by = v.Actor.ID
	}
	all, next, err := inventory.Scans(ctx, v.Tx, in.Host, by, inventory.Page{Limit: in.Limit, After: in.After})
	return listOf(all, next, wireScan), err
}

func showScan(ctx context.Context, v *guard.View, _ *House, in *ID) (api.ScanProgress, error) {
	s, err := inventory.GetScan(ctx, v.Tx, in.ID)
	if err != nil {
		return api.ScanProgress{}, err
	}
	if !v.Sees("scan:list", s.Resource()) {
		return api.ScanProgress{}, guard.NotFound("Scan")
	}
	return progressOf(ctx, v.Tx, s)
}

func progressOf(ctx context.Context, tx *db.Tx, s inventory.Scan) (api.ScanProgress, error) {
	out := wireScan(s)
	var err error
	out.Missing, err = s.Missing(ctx, tx)
	return out, err
}

func beginScan(ctx context.Context, act *guard.Act, h *House, in *struct{ Body api.NewScan }) (api.ScanProgress, error) {
	b := in.Body
	s, err := h.Intake.Begin(act, inventory.ScanMeta{Host: b.Host, StartedAt: b.StartedAt, Tool: b.Tool, Roots: b.Roots, Parts: b.Parts, Complete: b.Complete, Key: b.Key})
	if err != nil {
		return api.ScanProgress{}, withCommand(ctx, act.Tx, err, "clientele scan --send")
	}
	return progressOf(ctx, act.Tx, s)
}

// sendPart reads the part before it asks for the act, which others wait for. That it is
// sent twice is no harm: the room knows parts it has.
func sendPart(ctx context.Context, h *House, actor clientele.Actor, in *struct {
	ID
	Number  int    `path:"number" minimum:"1" maximum:"20000" doc:"from 1"`
	RawBody []byte `contentType:"application/json"`
}) (out api.ScanProgress, err error) {
	part, err := inventory.ReadPart(in.RawBody)
	if err != nil {
		return out, err
	}
	return out, h.Guard.Do(ctx, actor, "scan:post", func(act *guard.Act) error {
		s, err := h.Intake.Part(act, in.ID.ID, in.Number, part)
		if err != nil {
			return err
		}
		out, err = progressOf(ctx, act.Tx, s)
		return err
	})
}

// finishScan runs the acts that it takes one after another, until the scan is finished.
func finishScan(ctx context.Context, h *House, actor clientele.Actor, in *ID) (out api.ScanProgress, err error) {
	for out.State != inventory.ScanFinished {
		err := h.Guard.Do(ctx, actor, "scan:post", func(act *guard.Act) error {
			s, err := h.Intake.Finish(act, in.ID)
			out = wireScan(s)
			return err
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

type hostList struct {
	Paged
	Person string `query:"person" maxLength:"320" doc:"whose machines: me, an id, an e-mail address or a user name"`
}

func listHosts(ctx context.Context, v *guard.View, _ *House, in *hostList) (api.List[api.Host], error) {
	if err := v.Allow(policy.Resource{Type: "Host", ID: guard.All, Attrs: map[string]any{}}); err != nil {
		return api.List[api.Host]{}, err
	}
	person, err := ownPartyID(ctx, v.Tx, v.Actor, in.Person)
	if err != nil {
		return api.List[api.Host]{}, err
	}
	all, next, err := inventory.Hosts(ctx, v.Tx, person, inventory.Page{Limit: in.Limit, After: in.After})
	if err != nil {
		return api.List[api.Host]{}, err
	}
	list := listOf(all, next, wireHost)
	names := map[string]string{"": ""}
	for i := range list.Items {
		if list.Items[i].PersonName, err = knownAs(ctx, v.Tx, names, list.Items[i].Person); err != nil {
			return api.List[api.Host]{}, err
		}
	}
	return list, nil
}

func ownPartyID(ctx context.Context, tx *db.Tx, actor clientele.Actor, who string) (string, error) {
	if who == "me" {
		return actor.ID, nil
	}
	return partyID(ctx, tx, who)
}

func assignHost(ctx context.Context, act *guard.Act, _ *House, in *struct {
	Host string `path:"host" maxLength:"255"`
	Body api.HostInput
}) (api.Host, error) {
	person, err := partyID(ctx, act.Tx, in.Body.Person)
	if err != nil {
		return api.Host{}, err
	}
	h, err := inventory.AssignHost(act, in.Host, person)
	if err == nil && person == nobody {
		err = clientele.Errorf(clientele.Invalid, "there is no such person").WithHint("name one by id, e-mail address or user name")
	}
	return wireHost(h), withCommand(ctx, act.Tx, err, "clientele host assign "+in.Host+" --to …", "anyone with the system role security")
}

func wireScan(s inventory.Scan) api.ScanProgress {
	return api.ScanProgress{
		ID: s.ID, Host: s.Host, Tool: s.Tool, Roots: append([]string{}, s.Roots...), Complete: s.Complete, State: s.State, Parts: s.Parts, Received: s.Received, Applied: s.Applied,
		Clients: s.Clients, Discovered: s.Discovered, Opened: s.Opened, Closed: s.Closed, PostedBy: s.PostedBy, StartedAt: s.StartedAt, BegunAt: s.BegunAt, FinishedAt: s.FinishedAt,
	}
}

func wireHost(h inventory.Host) api.Host {
	return api.Host{Host: h.Host, Person: h.PersonID, Clients: h.Sightings, FirstSeen: h.FirstSeen, LastSeen: h.LastSeen}
}
