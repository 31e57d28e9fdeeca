package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Vendor is who runs a client from outside, and how its access is revoked.
type Vendor struct {
	Client      string    `json:"client"`
	State       string    `json:"state" doc:"of the client"`
	Name        string    `json:"name" doc:"empty: the client is not a vendor's"`
	Contact     string    `json:"contact,omitempty"`
	Sponsor     string    `json:"sponsor,omitempty" doc:"the id of the person inside who answers for it"`
	SponsorName string    `json:"sponsor_name,omitempty"`
	Runbook     string    `json:"runbook,omitempty" doc:"how its access is revoked, step by step"`
	ContractEnd time.Time `json:"contract_end,omitzero"`
	DrilledAt   time.Time `json:"drilled_at,omitzero" doc:"when the runbook on file was last drilled with success"`
	Drills      []Drill   `json:"drills" doc:"the latest, newest first"`
	Version     int64     `json:"version" doc:"of the client"`
	Next        string    `json:"next" doc:"what comes next, a sentence"`
	Command     string    `json:"command,omitempty" doc:"the command that does it"`
	Until       time.Time `json:"until,omitzero" doc:"the time by which"`
}

// ETag is the client's version, for If-Match.
func (v Vendor) ETag() string { return fmt.Sprintf(`"%d"`, v.Version) }

// Drill is one try at revoking a vendor's access by the book.
type Drill struct {
	ID      string    `json:"id"`
	By      string    `json:"by" doc:"the id of who ran it"`
	Passed  bool      `json:"passed"`
	Note    string    `json:"note"`
	Runbook string    `json:"runbook" doc:"SHA-256 of the text that was tried, in hex"`
	At      time.Time `json:"at"`
}

// VendorInput is all that is known of a vendor; without a name the client is nobody else's.
type VendorInput struct {
	Name        string    `json:"name,omitempty" maxLength:"300"`
	Contact     string    `json:"contact,omitempty" maxLength:"1000"`
	Sponsor     string    `json:"sponsor,omitempty" maxLength:"320" doc:"a person: id, e-mail address or user name"`
	Runbook     string    `json:"runbook,omitempty" maxLength:"16384"`
	ContractEnd time.Time `json:"contract_end,omitzero"`
}

// DrillInput is how a drill went.
type DrillInput struct {
	Passed  bool   `json:"passed"`
	Note    string `json:"note" minLength:"1" maxLength:"4096" doc:"what was tried, and what happened"`
	Runbook string `json:"runbook,omitempty" maxLength:"16384" doc:"the text that was tried; without it, the one on file"`
}

func vendorPath(id, more string) string { return "/v1/clients/" + url.PathEscape(id) + more }

// Vendor tells who runs a client from outside, with the drills of its runbooks.
func (r *Remote) Vendor(ctx context.Context, id string) (Vendor, error) {
	var out Vendor
	return out, r.Get(ctx, vendorPath(id, "/vendor"), nil, &out)
}

// SetVendor writes who runs a client from outside. etag is that of the Vendor the change was
// made for; without it the change is unconditional.
func (r *Remote) SetVendor(ctx context.Context, id, etag string, in VendorInput) (Vendor, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return Vendor{}, fmt.Errorf("encode the request: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	if etag != "" {
		header.Set("If-Match", etag)
	}
	var out Vendor
	return out, r.Send(ctx, http.MethodPut, vendorPath(id, "/vendor"), header, body, &out)
}

// DrillVendor records a try at revoking a vendor's access by the book.
func (r *Remote) DrillVendor(ctx context.Context, id string, in DrillInput) (Vendor, error) {
	var out Vendor
	return out, r.Call(ctx, http.MethodPost, vendorPath(id, "/drills"), in, &out)
}
