// Package policy decides, by Cedar policies, who may do what, which tier a request has, and
// whose decision it needs. A Set is immutable: one version of the organisation's policies on
// top of those built in.
package policy

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/clientele/clientele"
)

//go:embed roles.cedar
var rolesText []byte

//go:embed tiers.cedar
var tiersText []byte

// MaxText is the largest text of an organisation's policies, in bytes; MaxPolicies is how
// many may stand in it. A decision's cost grows with their number.
const (
	MaxText     = 256 << 10
	MaxPolicies = 500
)

// Resource is a thing as policy sees it. Attrs hold strings, bools, ints and []string.
type Resource struct {
	Type  string // "Client", "Request": in the policies Client::"cli_…"
	ID    string
	Attrs map[string]any
}

// Set is one version of all policies, ready to decide. It is safe for concurrent use.
type Set struct {
	Version  int64 // of the organisation's policies; 0: only those built in
	policies *cedar.PolicySet
	actions  cedar.EntityMap
}

// Rule is a policy that took part in a decision.
type Rule struct {
	ID    string // its @id
	Title string // its @title: a sentence for people
}

// Decision is an answer with its reasons.
type Decision struct {
	Allowed bool
	Rules   []Rule // those that allowed, or those that forbade; empty when nothing allowed
}

// Compile reads the organisation's policies and joins them to those built in. Each needs an
// @id of its own, which is the name a denial gives.
func Compile(version int64, text string) (*Set, error) {
	if len(text) > MaxText {
		return nil, clientele.Errorf(clientele.Limit, "the policies are %d KiB, the limit is %d KiB", len(text)>>10, MaxText>>10)
	}
	s := &Set{Version: version, policies: cedar.NewPolicySet(), actions: cedar.EntityMap{}}
	for _, src := range []struct {
		name string
		text []byte
	}{{"roles.cedar", rolesText}, {"tiers.cedar", tiersText}, {"policies", []byte(text)}} {
		if err := s.add(src.name, src.text); err != nil {
			return nil, err
		}
	}
	for _, a := range Acts {
		uid := cedar.NewEntityUID("Action", cedar.String(a.Name))
		s.actions[uid] = cedar.Entity{UID: uid, Parents: cedar.NewEntityUIDSet(cedar.NewEntityUID("Action", cedar.String(a.Group)))}
	}
	return s, nil
}

func (s *Set) add(file string, text []byte) (err error) {
	defer func() {
		if r := recover(); r != nil { // the parser faces text that people typed
			err = clientele.Errorf(clientele.Invalid, "%s: cannot be read as Cedar", file)
		}
	}()
	list, err := cedar.NewPolicyListFromBytes(file, text)
	if err != nil {
		return &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%s: %v", file, err), Hint: "the language is described at https://docs.cedarpolicy.com"}
	}
	if len(list) > MaxPolicies {
		return clientele.Errorf(clientele.Limit, "%d policies, the limit is %d", len(list), MaxPolicies)
	}
	for _, p := range list {
		id := string(p.Annotations()["id"])
		if id == "" {
			return clientele.Errorf(clientele.Invalid, "%s, line %d: the policy has no @id", file, p.Position().Line).
				WithHint(`write @id("a-name-of-its-own") before it: denials give that name`)
		}
		if !s.policies.Add(cedar.PolicyID(id), p) {
			return clientele.Errorf(clientele.Invalid, "%s, line %d: there is a policy %q already", file, p.Position().Line, id)
		}
	}
	return nil
}

// Decide answers whether the actor may do the act to the resource. What no policy permits
// is denied. A forbidding policy that cannot be evaluated denies, too.
func (s *Set) Decide(actor clientele.Actor, act string, r Resource) Decision {
	principal := principalOf(actor)
	resource := r.entity()
	ok, diag := cedar.Authorize(s.policies, entities{s.actions, principal, resource}, cedar.Request{
		Principal: principal.UID,
		Action:    cedar.NewEntityUID("Action", cedar.String(act)),
		Resource:  resource.UID,
		Context:   cedar.NewRecord(cedar.RecordMap{}),
	})
	d := Decision{Allowed: ok == cedar.Allow}
	for _, reason := range diag.Reasons {
		d.Rules = append(d.Rules, s.rule(reason.PolicyID))
	}
	for _, e := range diag.Errors {
		if s.policies.Get(e.PolicyID).Effect() == cedar.Forbid {
			rule := s.rule(e.PolicyID)
			rule.Title = "cannot be evaluated here, so it denies: " + rule.Title
			return Decision{Rules: []Rule{rule}}
		}
	}
	return d
}

func (s *Set) rule(id cedar.PolicyID) Rule {
	return Rule{ID: string(id), Title: s.annotation(id, "title")}
}

func (s *Set) annotation(id cedar.PolicyID, name types.AnnotationKey) string {
	return string(s.policies.Get(id).Annotations()[name])
}

// entities are the few things a decision looks at.
type entities struct {
	actions             cedar.EntityMap
	principal, resource cedar.Entity
}

func (e entities) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch uid {
	case e.principal.UID:
		return e.principal, true
	case e.resource.UID:
		return e.resource, true
	}
	a, ok := e.actions[uid]
	return a, ok
}

var principalTypes = map[clientele.ActorKind]cedar.EntityType{
	clientele.PersonActor: "Person", clientele.MachineActor: "Machine", clientele.SystemActor: "System",
}

func principalOf(a clientele.Actor) cedar.Entity {
	parents := make([]cedar.EntityUID, 0, len(a.Roles))
	for _, r := range a.Roles {
		parents = append(parents, cedar.NewEntityUID("SystemRole", cedar.String(r)))
	}
	return cedar.Entity{
		UID:        cedar.NewEntityUID(principalTypes[a.Kind], cedar.String(a.ID)),
		Parents:    cedar.NewEntityUIDSet(parents...),
		Attributes: cedar.NewRecord(cedar.RecordMap{"id": cedar.String(a.ID), "teams": value(a.Teams)}),
	}
}

func (r Resource) entity() cedar.Entity {
	m := make(cedar.RecordMap, len(r.Attrs))
	for k, v := range r.Attrs {
		m[cedar.String(k)] = value(v)
	}
	return cedar.Entity{UID: cedar.NewEntityUID(cedar.EntityType(r.Type), cedar.String(r.ID)), Attributes: cedar.NewRecord(m)}
}

func value(v any) cedar.Value {
	switch v := v.(type) {
	case bool:
		return cedar.Boolean(v)
	case int:
		return cedar.Long(v)
	case int64:
		return cedar.Long(v)
	case string:
		return cedar.String(v)
	case []string:
		set := make([]cedar.Value, len(v))
		for i, s := range v {
			set[i] = cedar.String(s)
		}
		return cedar.NewSet(set...)
	}
	return cedar.String(strings.TrimSpace(fmt.Sprint(v)))
}
