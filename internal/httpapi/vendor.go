package httpapi

import (
	"context"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
)

// vendorRoutes say who runs a client from outside, and how its access is revoked.
var vendorRoutes = []route{
	look("/v1/clients/{id}/vendor", "show-vendor", "vendors", "See who runs a client from outside", "client:read", showVendor),
	do("PUT", "/v1/clients/{id}/vendor", "set-vendor", "vendors", "Write who runs a client from outside", "vendor:describe", 200, setVendor),
	do("POST", "/v1/clients/{id}/drills", "drill-vendor", "vendors", "Record a drill of a vendor's revocation runbook", "vendor:drill", 201, drillVendor),
}

func showVendor(ctx context.Context, v *guard.View, _ *House, in *ID) (api.Vendor, error) {
	c, err := inventory.Get(ctx, v.Tx, clientele.ClientID(in.ID))
	if err != nil {
		return api.Vendor{}, err
	}
	if err := v.Allow(c.Resource()); err != nil {
		return api.Vendor{}, err
	}
	return wireVendor(ctx, v.Tx, c, v.At)
}

func setVendor(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	IfMatch
	Body api.VendorInput
}) (api.Vendor, error) {
	version, err := in.IfMatch.version()
	if err != nil {
		return api.Vendor{}, err
	}
	b := in.Body
	sponsor, err := partyID(ctx, act.Tx, b.Sponsor)
	if err != nil {
		return api.Vendor{}, err
	}
	v := inventory.Vendor{Name: b.Name, Contact: b.Contact, SponsorID: sponsor, Runbook: b.Runbook, ContractEnd: b.ContractEnd.UTC()}
	c, err := lifecycle.SetVendor(act, clientele.ClientID(in.ID.ID), v, version)
	if err != nil {
		return api.Vendor{}, withCommand(ctx, act.Tx, err, "clientele vendor set "+in.ID.ID)
	}
	return wireVendor(ctx, act.Tx, c, act.At)
}

func drillVendor(ctx context.Context, act *guard.Act, _ *House, in *struct {
	ID
	Body api.DrillInput
}) (api.Vendor, error) {
	id := clientele.ClientID(in.ID.ID)
	if _, err := lifecycle.RecordDrill(act, id, in.Body.Runbook, in.Body.Passed, in.Body.Note); err != nil {
		return api.Vendor{}, withCommand(ctx, act.Tx, err, "clientele vendor drill "+in.ID.ID+" --passed --note …")
	}
	c, err := inventory.Get(ctx, act.Tx, id)
	if err != nil {
		return api.Vendor{}, err
	}
	return wireVendor(ctx, act.Tx, c, act.At)
}

func wireVendor(ctx context.Context, tx *db.Tx, c inventory.Client, at time.Time) (api.Vendor, error) {
	v := c.Vendor
	out := api.Vendor{
		Client: string(c.ID), State: string(c.State), Name: v.Name, Contact: v.Contact, Sponsor: v.SponsorID, Runbook: v.Runbook,
		ContractEnd: v.ContractEnd, DrilledAt: v.DrilledAt, Version: c.Version, Drills: []api.Drill{},
	}
	vendorNext(&out, at)
	drills, err := lifecycle.Drills(ctx, tx, c.ID)
	for _, d := range drills {
		out.Drills = append(out.Drills, api.Drill{ID: d.ID, By: d.By, Passed: d.Passed, Note: d.Note, Runbook: d.Runbook, At: d.At})
	}
	if err == nil && v.SponsorID != "" {
		out.SponsorName, err = nameOf(ctx, tx, v.SponsorID)
	}
	return out, err
}

// vendorNext says what a vendor's client lacks to be active, or else when that ends.
func vendorNext(v *api.Vendor, at time.Time) {
	switch {
	case v.Name == "":
		v.Next, v.Command = "it is not a vendor's; if it is, say whose", "clientele vendor set "+v.Client+" --name …"
	case v.Runbook == "":
		v.Next, v.Command = "put its revocation runbook on file", "clientele vendor set "+v.Client+" --runbook FILE"
	case v.DrilledAt.IsZero():
		v.Next, v.Command = "drill the runbook on file: it does not count before", "clientele vendor drill "+v.Client+" --passed --note …"
	case !v.ContractEnd.After(at):
		v.Next, v.Command = "the contract's end is not on file, or has passed", "clientele vendor set "+v.Client+" --contract-end DATE"
	case v.State == string(clientele.Suspended):
		v.Next, v.Command = "its owner resumes it", "clientele client resume "+v.Client+" --reason …"
	default:
		v.Next, v.Until = "its grants end with the contract at the latest", v.ContractEnd
	}
}
