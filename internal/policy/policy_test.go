package policy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/policy"
)

func compiled(t *testing.T, text string) *policy.Set {
	t.Helper()
	s, err := policy.Compile(1, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func person(id string, roles ...clientele.SystemRole) clientele.Actor {
	return clientele.Actor{Kind: clientele.PersonActor, ID: id, Roles: roles, Teams: []string{"tea_1"}}
}

func client(owner string) policy.Resource {
	return policy.Resource{Type: "Client", ID: "cli_1", Attrs: map[string]any{"owner": owner, "backup": "per_b", "team": "tea_9", "attested": owner != ""}}
}

func TestOwnersSeeTheirOwnOnly(t *testing.T) {
	s := compiled(t, "")
	for _, c := range []struct {
		owner string
		want  bool
	}{{"per_a", true}, {"per_x", false}, {"", true}, {"tea_1", true}} {
		if got := s.Decide(person("per_a", clientele.OwnerRole), "client:read", client(c.owner)).Allowed; got != c.want {
			t.Errorf("owner %q: %v", c.owner, got)
		}
	}
	if !s.Decide(person("per_z", clientele.AuditorRole), "client:read", client("per_x")).Allowed {
		t.Error("auditors see all")
	}
	if s.Decide(person("per_z"), "client:read", client("")).Allowed {
		t.Error("a person without a role sees something")
	}
}

func TestMachinesNeverDecide(t *testing.T) {
	s := compiled(t, `@id("all") permit (principal, action, resource);`)
	m := clientele.Actor{Kind: clientele.MachineActor, ID: "svc_1", Roles: clientele.SystemRoles}
	r := policy.Resource{Type: "Request", ID: "req_1", Attrs: map[string]any{"eligible": []string{"svc_1"}}}
	for _, act := range []string{"request:approve", "review:decide", "policy:activate"} {
		if s.Decide(m, act, r).Allowed {
			t.Errorf("a machine may %s", act)
		}
	}
}

func request(attrs map[string]any) policy.Resource {
	m := map[string]any{
		"credentials": true, "environment": "staging", "verbs": []string{"read"}, "vendor": false, "masked": false,
		"own_team": true, "change_open": false, "data_classes": []string{}, "owner": "per_a", "requester": "per_a",
	}
	for k, v := range attrs {
		m[k] = v
	}
	return policy.Resource{Type: "Request", ID: "req_1", Attrs: m}
}

func TestTiers(t *testing.T) {
	s := compiled(t, "")
	for _, c := range []struct {
		name  string
		attrs map[string]any
		tier  clientele.Tier
		auto  bool
		needs []policy.Need
		life  time.Duration
	}{
		{"a mock", map[string]any{"credentials": false, "environment": "local"}, 0, true, nil, 8760 * time.Hour},
		{"staging read", nil, 1, true, nil, 4320 * time.Hour},
		{"staging read for another team", map[string]any{"own_team": false}, 1, false, []policy.Need{{"service_owner", 1}}, 4320 * time.Hour},
		{"production read", map[string]any{"environment": "production"}, 2, false, []policy.Need{{"service_owner", 1}}, 2160 * time.Hour},
		{"masked production export", map[string]any{"environment": "production", "masked": true, "verbs": []string{"export"}}, 3, false, []policy.Need{{"data_owner", 1}, {"service_owner", 1}}, 720 * time.Hour},
		{"production export", map[string]any{"environment": "production", "verbs": []string{"export"}}, 4, false, []policy.Need{{"data_owner", 1}, {"security", 1}, {"service_owner", 1}}, 8 * time.Hour},
		{"a vendor", map[string]any{"environment": "production", "vendor": true}, 4, false, []policy.Need{{"security", 1}, {"service_owner", 1}}, 8 * time.Hour},
	} {
		got := s.Classify(person("per_a", clientele.OwnerRole), request(c.attrs))
		if got.Tier != c.tier || got.Auto != c.auto || !slices.Equal(got.Needs, c.needs) || got.Lifetime != c.life {
			t.Errorf("%s: %+v", c.name, got)
		}
		if len(got.Because) == 0 {
			t.Errorf("%s: no reason", c.name)
		}
	}
}

func TestOrganisationMakesItStricter(t *testing.T) {
	s := compiled(t, `
		@id("pci") @tier("4") @title("card data") permit (principal, action == Action::"request:classify", resource) when { resource.data_classes.contains("pan") };
		@id("change") @change("open") @title("production writes need a change") permit (principal, action == Action::"request:need", resource) when { resource.verbs.contains("write") };
		@id("never") @title("nobody exports health data") forbid (principal, action == Action::"request:classify", resource) when { resource.data_classes.contains("health") };`)
	a := person("per_a", clientele.OwnerRole)
	if c := s.Classify(a, request(map[string]any{"data_classes": []string{"pan"}})); c.Tier != 4 || c.Auto {
		t.Errorf("card data: %+v", c)
	}
	if c := s.Classify(a, request(map[string]any{"verbs": []string{"write"}})); !c.ChangeRequired || c.Auto {
		t.Errorf("a write without a change: %+v", c)
	}
	if c := s.Classify(a, request(map[string]any{"verbs": []string{"write"}, "change_open": true})); c.ChangeRequired {
		t.Errorf("a write with a change: %+v", c)
	}
	if c := s.Classify(a, request(map[string]any{"data_classes": []string{"health"}})); len(c.Refused) != 1 || c.Refused[0].ID != "never" {
		t.Errorf("health data: %+v", c)
	}
}

func TestForbidThatCannotBeEvaluatedDenies(t *testing.T) {
	s := compiled(t, `@id("typo") forbid (principal, action == Action::"client:suspend", resource) when { resource.nosuch == 1 };`)
	if d := s.Decide(person("per_a", clientele.OwnerRole), "client:suspend", client("per_a")); d.Allowed || d.Rules[0].ID != "typo" {
		t.Fatalf("%+v", d)
	}
}

func TestPoliciesWithoutNameAreRefused(t *testing.T) {
	for _, text := range []string{"permit (principal, action, resource);", `@id("see") permit (principal, action, resource);`, "permit (", "\x00"} {
		if _, err := policy.Compile(1, text); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	s, err := policy.Compile(1, "")
	if err != nil {
		b.Fatal(err)
	}
	a, c := person("per_a", clientele.OwnerRole), client("per_a")
	for b.Loop() {
		s.Decide(a, "client:suspend", c)
	}
}
