package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Service is what clients call: one scheme at one host. Scans make it known, people describe
// it.
type Service struct {
	ID          string    `json:"id"`
	Name        string    `json:"name,omitempty"`
	Scheme      string    `json:"scheme"`
	Host        string    `json:"host" doc:"with its port where it is not the scheme's own"`
	Environment string    `json:"environment,omitempty" doc:"empty until it is described"`
	Owner       string    `json:"owner,omitempty" doc:"the id of who decides on access"`
	DataOwner   string    `json:"data_owner,omitempty" doc:"the id of who decides on exports"`
	DataClasses []string  `json:"data_classes" doc:"the organisation's own words for what lies there"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

// ETag is the version, for If-Match.
func (s Service) ETag() string { return fmt.Sprintf(`"%d"`, s.Version) }

// ServiceDetail is a service with what calls it, as far as the one who asks may see that.
type ServiceDetail struct {
	Service
	OwnerName     string            `json:"owner_name,omitempty"`
	DataOwnerName string            `json:"data_owner_name,omitempty"`
	Clients       []ReachedClient   `json:"clients" doc:"that call it, up to 500"`
	Endpoints     []ServiceEndpoint `json:"endpoints" doc:"that they call, up to 500"`
	More          bool              `json:"more,omitempty" doc:"there are more than these"`
}

// ReachedClient is a client that calls a service, or holds a credential.
type ReachedClient struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Tool        string    `json:"tool"`
	State       string    `json:"state"`
	Environment string    `json:"environment,omitempty"`
	Owner       string    `json:"owner,omitempty"`
	Count       int64     `json:"count" doc:"endpoints that it calls there, or places in which it has the credential"`
	LastSeen    time.Time `json:"last_seen"`
}

// ServiceEndpoint is what clients call at a service.
type ServiceEndpoint struct {
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Verb      string    `json:"verb" enum:"read,write,admin,export"`
	Clients   int64     `json:"clients" doc:"how many call it"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// ServiceInput describes a service, whole: what is left out is then not known.
type ServiceInput struct {
	Name        string   `json:"name,omitempty" maxLength:"500"`
	Environment string   `json:"environment,omitempty" enum:"production,staging,test,development,local"`
	Owner       string   `json:"owner,omitempty" maxLength:"320" doc:"who decides on access: an id, an e-mail address, or the name of a person or team"`
	DataOwner   string   `json:"data_owner,omitempty" maxLength:"320" doc:"who decides on exports"`
	DataClasses []string `json:"data_classes,omitempty" maxItems:"32" doc:"what lies there"`
}

// NewService is a service that no scan has seen.
type NewService struct {
	Address string `json:"address" minLength:"1" maxLength:"500" doc:"https://api.example.com, postgres://db.example.com"`
	ServiceInput
}

// AddService makes a service known that no scan has seen.
func (r *Remote) AddService(ctx context.Context, in NewService) (Service, error) {
	var out Service
	return out, r.Call(ctx, http.MethodPost, "/v1/services", in, &out)
}

// Services lists services: a query may have text, environment, owner, at, limit and after.
func (r *Remote) Services(ctx context.Context, query url.Values) (List[Service], error) {
	var out List[Service]
	return out, r.Get(ctx, "/v1/services", query, &out)
}

// Service is one service with its clients and endpoints.
func (r *Remote) Service(ctx context.Context, id string) (ServiceDetail, error) {
	var out ServiceDetail
	return out, r.Get(ctx, "/v1/services/"+url.PathEscape(id), nil, &out)
}

// DescribeService describes a service. version is the one that was read; 0 stands for any.
func (r *Remote) DescribeService(ctx context.Context, id string, version int64, in ServiceInput) (Service, error) {
	var out Service
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("encode the request: %w", err)
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	if version != 0 {
		header.Set("If-Match", fmt.Sprintf(`"%d"`, version))
	}
	return out, r.Send(ctx, http.MethodPut, "/v1/services/"+url.PathEscape(id), header, body, &out)
}
