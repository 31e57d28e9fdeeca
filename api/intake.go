package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// A scan is sent in parts: NewScan begins it, each ScanPart holds some of its clients with
// their findings, and the last call finishes it. Any call may be repeated.

// NewScan begins the sending of a scan.
type NewScan struct {
	Host      string    `json:"host" minLength:"1" maxLength:"255" doc:"the machine that was scanned"`
	StartedAt time.Time `json:"started_at" doc:"of the scan, by its machine's clock"`
	Tool      string    `json:"tool" minLength:"1" maxLength:"100" doc:"the program that scanned, with its version"`
	Roots     []string  `json:"roots" minItems:"1" maxItems:"200" doc:"what was scanned: absolute paths"`
	Parts     int       `json:"parts" minimum:"1" maximum:"20000" doc:"how many will come"`
	Complete  bool      `json:"complete,omitempty" doc:"every file below the roots was read: what an earlier scan saw there and this one does not is gone"`
	Key       string    `json:"key,omitempty" maxLength:"128" doc:"a scan begun with the same key is found again instead"`
}

// ScanPart is one part of a scan: up to 500 clients and 4 MiB, with the findings on them.
type ScanPart struct {
	Clients  []Client  `json:"clients"`
	Findings []Finding `json:"findings"`
}

// ScanProgress says how far the sending of a scan has come.
type ScanProgress struct {
	ID         string    `json:"id"`
	Host       string    `json:"host"`
	Tool       string    `json:"tool"`
	Roots      []string  `json:"roots"`
	Complete   bool      `json:"complete"`
	State      string    `json:"state" enum:"open,finished,abandoned"`
	Parts      int       `json:"parts"`
	Received   int       `json:"received"`
	Applied    int       `json:"applied" doc:"parts that are in the inventory"`
	Missing    []int     `json:"missing,omitempty" doc:"numbers of parts that may be sent now, from 1"`
	Clients    int64     `json:"clients" doc:"clients seen"`
	Discovered int64     `json:"discovered" doc:"of them new"`
	Opened     int64     `json:"opened" doc:"findings that are new, or back"`
	Closed     int64     `json:"closed" doc:"findings that are gone"`
	PostedBy   string    `json:"posted_by"`
	StartedAt  time.Time `json:"started_at"`
	BegunAt    time.Time `json:"begun_at"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
}

// Host is a machine that scans came from.
type Host struct {
	Host       string    `json:"host"`
	Person     string    `json:"person,omitempty" doc:"the id of whose machine it is"`
	PersonName string    `json:"person_name,omitempty"`
	Clients    int64     `json:"clients" doc:"clients that are there now"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
}

// HostInput says whose machine a host is.
type HostInput struct {
	Person string `json:"person,omitempty" maxLength:"320" doc:"an id, an e-mail address or a user name; empty: nobody's"`
}

// BeginScan begins to send a scan, or finds the one begun with the same key.
func (r *Remote) BeginScan(ctx context.Context, in NewScan) (ScanProgress, error) {
	var out ScanProgress
	return out, r.Call(ctx, http.MethodPost, "/v1/scans", in, &out)
}

// SendPart sends the part with that number, from 1. Sending it again changes nothing.
func (r *Remote) SendPart(ctx context.Context, id string, number int, body []byte) (ScanProgress, error) {
	var out ScanProgress
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	return out, r.Send(ctx, http.MethodPut, fmt.Sprintf("/v1/scans/%s/parts/%d", url.PathEscape(id), number), header, body, &out)
}

// FinishScan ends the sending.
func (r *Remote) FinishScan(ctx context.Context, id string) (ScanProgress, error) {
	var out ScanProgress
	return out, r.Call(ctx, http.MethodPost, "/v1/scans/"+url.PathEscape(id)+"/finish", nil, &out)
}

// ScanProgress asks how far a scan has come.
func (r *Remote) ScanProgress(ctx context.Context, id string) (ScanProgress, error) {
	var out ScanProgress
	return out, r.Get(ctx, "/v1/scans/"+url.PathEscape(id), nil, &out)
}

// AssignHost says whose machine a host is.
func (r *Remote) AssignHost(ctx context.Context, host string, in HostInput) (Host, error) {
	var out Host
	return out, r.Call(ctx, http.MethodPut, "/v1/hosts/"+url.PathEscape(host), in, &out)
}

// Sent is how far the sending of a scan has come, in parts.
type Sent struct{ Done, Of int }

// SendScan sends a whole scan in parts, those that are missing: one that broke off goes on
// where it was. in.Parts is set here. progress is called after each part, unless it is nil.
func (r *Remote) SendScan(ctx context.Context, in NewScan, scan Scan, progress func(Sent)) (ScanProgress, error) {
	parts := SplitScan(scan)
	in.Parts = len(parts)
	p, err := r.BeginScan(ctx, in)
	if err == nil {
		p, err = r.ScanProgress(ctx, p.ID)
	}
	for err == nil && len(p.Missing) > 0 {
		var body []byte
		if body, err = json.Marshal(parts[p.Missing[0]-1]); err != nil {
			break
		}
		if p, err = r.SendPart(ctx, p.ID, p.Missing[0], body); err == nil && progress != nil {
			progress(Sent{p.Received, p.Parts})
		}
	}
	if err != nil || p.State == "finished" {
		return p, err
	}
	return r.FinishScan(ctx, p.ID)
}
