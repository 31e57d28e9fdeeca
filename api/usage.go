package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// MaxUses is how many uses a UsageReport holds.
const MaxUses = 500

// ClientUse says how often a client used one endpoint, and between when.
type ClientUse struct {
	Client  string    `json:"client" maxLength:"64" doc:"the client's id"`
	Service string    `json:"service" minLength:"1" maxLength:"300" doc:"the service's id, or its address: https://api.example.com"`
	Method  string    `json:"method,omitempty" maxLength:"100" example:"GET"`
	Path    string    `json:"path,omitempty" maxLength:"1500" doc:"as a template, without query: /orders/{id}"`
	Verb    string    `json:"verb" enum:"read,write,admin,export"`
	Count   int64     `json:"count" minimum:"1" maximum:"1000000000000"`
	FirstAt time.Time `json:"first_at"`
	LastAt  time.Time `json:"last_at"`
}

// UsageReport is a summary of use, as a gateway or a log has it. It is added to what is
// known, so each use is reported once.
type UsageReport struct {
	Uses []ClientUse `json:"uses" minItems:"1" maxItems:"500"`
}

// UsageTaken says what was taken in.
type UsageTaken struct {
	Uses    int   `json:"uses"`
	Clients int   `json:"clients" doc:"how many different ones"`
	Calls   int64 `json:"calls" doc:"the sum of the counts"`
}

// PostUsage reports use. The same report counts once, however often it is sent: its key is
// made of what it says.
func (r *Remote) PostUsage(ctx context.Context, in UsageReport) (UsageTaken, error) {
	var out UsageTaken
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("encode the request: %w", err)
	}
	sum := sha256.Sum256(body)
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Idempotency-Key": {"usage-" + hex.EncodeToString(sum[:])}}
	return out, r.Send(ctx, http.MethodPost, "/v1/usage", header, body, &out)
}
