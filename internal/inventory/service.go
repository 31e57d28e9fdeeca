package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// Service is what clients call: one scheme at one host. Scans make it known, people
// describe it.
type Service struct {
	ID, Name     string
	Scheme, Host string   // the host with its port where it is not the scheme's own
	Environment  string   // empty until described
	OwnerID      string   // decides on access
	DataOwnerID  string   // decides on exports
	DataClasses  []string // "customer", "payment": the organisation's own words
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

// Resource is the service as policy sees it.
func (s Service) Resource() policy.Resource {
	return policy.Resource{Type: "Service", ID: s.ID, Attrs: map[string]any{
		"owner": s.OwnerID, "data_owner": s.DataOwnerID, "environment": s.Environment, "data_classes": s.DataClasses,
		"scheme": s.Scheme, "host": s.Host, "approvers": []string{"anyone with the system role security"},
	}}
}

const serviceColumns = "s.id, s.name, s.scheme, s.host, s.environment, s.owner_id, s.data_owner_id, s.data_classes, s.created_at, s.updated_at, s.version"

func (s *Service) scan(r db.Row) error {
	return r.Scan(&s.ID, &s.Name, &s.Scheme, &s.Host, &s.Environment, &s.OwnerID, &s.DataOwnerID, list{&s.DataClasses}, instant{&s.CreatedAt}, instant{&s.UpdatedAt}, &s.Version)
}

// list scans a column that holds a list as JSON.
type list struct{ to *[]string }

func (l list) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("a list is a %T", v)
	}
	return json.Unmarshal([]byte(text), l.to)
}

// listText is a list as it stands in a column.
func listText(l []string) string {
	if len(l) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(l) // strings always can be
	return string(b)
}

func services(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Service, error) {
	var all []Service
	err := tx.Each(ctx, query, args, func(r db.Row) error {
		var s Service
		err := s.scan(r)
		all = append(all, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	return all, nil
}

// GetService reads a service. The error is NotFound if there is none.
func GetService(ctx context.Context, tx *db.Tx, id string) (Service, error) {
	all, err := services(ctx, tx, "SELECT "+serviceColumns+" FROM service AS s WHERE s.id = ?", id)
	if err != nil {
		return Service{}, err
	}
	if len(all) == 0 {
		return Service{}, guard.NotFound("Service")
	}
	return all[0], nil
}

// FindService reads the service at a host, with or without its scheme: "api.example.com",
// "postgres://db:5433". The error is NotFound if there is none, and a Conflict if the host
// has several.
func FindService(ctx context.Context, tx *db.Tx, address string) (Service, error) {
	scheme, host, ok := strings.Cut(address, "://")
	if !ok {
		scheme, host = "", address
	}
	host = normalHost(scheme, host)
	all, err := services(ctx, tx, "SELECT "+serviceColumns+" FROM service AS s WHERE s.host = ? AND (s.scheme = ? OR ? = '') ORDER BY s.id LIMIT 2", host, strings.ToLower(scheme), scheme)
	switch {
	case err != nil:
		return Service{}, err
	case len(all) == 0:
		return Service{}, guard.NotFound("Service")
	case len(all) > 1:
		return Service{}, clientele.Errorf(clientele.Conflict, "several services are at %s", host).WithHint("name the scheme too: https://%s", host)
	}
	return all[0], nil
}

// ServiceFilter says which services a list holds.
type ServiceFilter struct {
	Text        string // part of the host or name
	Environment string
	Owner       []string // owner or data owner is one of these
}

// Services lists services by id.
func Services(ctx context.Context, tx *db.Tx, f ServiceFilter, p Page) ([]Service, string, error) {
	where, args := []string{"s.id > ?"}, []any{p.After}
	if f.Text != "" {
		where = append(where, `(lower(s.host) LIKE ? ESCAPE '\' OR lower(s.name) LIKE ? ESCAPE '\')`)
		args = append(args, like(f.Text), like(f.Text))
	}
	if f.Environment != "" {
		where = append(where, "s.environment = ?")
		args = append(args, f.Environment)
	}
	if f.Owner != nil {
		marks := db.Marks(len(f.Owner))
		where = append(where, "(s.owner_id IN "+marks+" OR s.data_owner_id IN "+marks+")")
		args = append(append(args, anys(f.Owner)...), anys(f.Owner)...)
	}
	limit := p.limit()
	all, err := services(ctx, tx, "SELECT "+serviceColumns+" FROM service AS s WHERE "+strings.Join(where, " AND ")+" ORDER BY s.id LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	all, next := cutPage(all, limit, func(s Service) string { return s.ID })
	return all, next, nil
}

// ServicesOf are the services that a client calls.
func ServicesOf(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Service, error) {
	return services(ctx, tx, "SELECT "+serviceColumns+` FROM service AS s
		WHERE s.id IN (SELECT service_id FROM endpoint WHERE client_id = ?) ORDER BY s.id`, string(id))
}

// DescribeService changes a service's name, environment, owners and data classes: an act of
// its own, service:write. ifVersion is the version the change was made for; 0 stands for
// any.
func DescribeService(act *guard.Act, s *Service, ifVersion int64) error {
	now, err := GetService(act.Context(), act.Tx, s.ID)
	if err != nil {
		return err
	}
	if err := act.Allow(now.Resource()); err != nil {
		return err
	}
	if ifVersion != 0 && now.Version != ifVersion {
		return clientele.Errorf(clientele.Conflict, "service %s was changed by somebody else meanwhile", s.ID).WithHint("read it again and repeat the change")
	}
	next := now
	next.Name, next.Environment, next.OwnerID, next.DataOwnerID, next.DataClasses = s.Name, s.Environment, s.OwnerID, s.DataOwnerID, slices.Compact(slices.Sorted(slices.Values(s.DataClasses)))
	if err := next.check(); err != nil {
		return err
	}
	next.UpdatedAt = act.At
	next.Version++
	_, err = act.Tx.Exec(act.Context(), "UPDATE service SET name = ?, environment = ?, owner_id = ?, data_owner_id = ?, data_classes = ?, updated_at = ?, version = ? WHERE id = ?",
		next.Name, next.Environment, next.OwnerID, next.DataOwnerID, listText(next.DataClasses), db.Micro(act.At), next.Version, s.ID)
	if err != nil {
		return fmt.Errorf("describe a service: %w", err)
	}
	act.Detail("environment", next.Environment)
	act.For("", "", next.DataClasses...)
	*s = next
	return nil
}

// AddService makes a service known that no scan has seen: an act of its own, service:write.
// One that is known already is a Conflict.
func AddService(act *guard.Act, address string, s *Service) error {
	scheme, host, ok := strings.Cut(address, "://")
	if !ok {
		scheme, host = "https", address
	}
	s.Scheme, s.Host = strings.ToLower(scheme), normalHost(scheme, host)
	s.ID, s.CreatedAt, s.UpdatedAt, s.Version = act.NewID("srv"), act.At, act.At, 1
	if s.Name == "" {
		s.Name = s.Host
	}
	if err := act.Allow(s.Resource()); err != nil {
		return err
	}
	if !servable(s.Scheme, s.Host) || len(s.Host) > maxName || len(s.Scheme) > maxWord || unprintable(s.Scheme+s.Host) {
		return clientele.Errorf(clientele.Invalid, "a service has an address with a host").WithHint("for example https://api.example.com or postgres://db.example.com")
	}
	if err := s.check(); err != nil {
		return err
	}
	known, err := FindService(act.Context(), act.Tx, s.Scheme+"://"+s.Host)
	if err == nil {
		return clientele.Errorf(clientele.Conflict, "this service is known already: %s", known.ID).WithHint("clientele service describe %s", known.ID)
	}
	if clientele.KindOf(err) != clientele.NotFound {
		return err
	}
	s.DataClasses = slices.Compact(slices.Sorted(slices.Values(s.DataClasses)))
	_, err = act.Tx.Exec(act.Context(), "INSERT INTO service (id, name, scheme, host, environment, owner_id, data_owner_id, data_classes, created_at, updated_at, version) VALUES "+db.Marks(11),
		s.ID, s.Name, s.Scheme, s.Host, s.Environment, s.OwnerID, s.DataOwnerID, listText(s.DataClasses), db.Micro(act.At), db.Micro(act.At), s.Version)
	if err != nil {
		return fmt.Errorf("add a service: %w", err)
	}
	act.Detail("environment", s.Environment)
	act.For("", "", s.DataClasses...)
	return nil
}

func (s *Service) check() error {
	switch {
	case len(s.Name) > maxName || unprintable(s.Name):
		return clientele.Errorf(clientele.Invalid, "a service's name has at most %d bytes on one line", maxName)
	case s.Environment != "" && !slices.Contains(clientele.Environments, s.Environment):
		return clientele.Errorf(clientele.Invalid, "there is no environment %q", s.Environment).WithHint("use one of %s", strings.Join(clientele.Environments, ", "))
	case len(s.DataClasses) > 32:
		return clientele.Errorf(clientele.Limit, "a service has at most 32 data classes")
	}
	for _, d := range s.DataClasses {
		if d == "" || len(d) > maxWord || unprintable(d) {
			return clientele.Errorf(clientele.Invalid, "a data class has 1 to %d bytes on one line", maxWord)
		}
	}
	return nil
}
