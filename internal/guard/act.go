package guard

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/policy"
)

// Act is one governed act while it runs. Whoever changes the house takes one, and only Do
// makes one.
type Act struct {
	Tx    *db.Tx
	Actor clientele.Actor
	At    time.Time // when the act happens; the same for all it writes

	ctx   context.Context
	g     *Guard
	name  string
	asked bool
	entry clientele.Entry
	more  []*clientele.Entry
	once  *once
}

func (g *Guard) newAct(tx *db.Tx, p *pending) *Act {
	a := &Act{Tx: tx, Actor: p.actor, At: g.Now(), ctx: p.ctx, g: g, name: p.name, once: onceOf(p.ctx)}
	a.entry = clientele.Entry{
		At: a.At, Act: p.name, Actor: p.actor.String(), Rule: p.actor.Rule, Outcome: clientele.Done,
		PolicyVersion: g.policies.Load().Version, RequestNo: RequestNo(p.ctx),
	}
	if p.actor.Source != "" {
		a.Private("source", p.actor.Source)
	}
	return a
}

// Context is that of the caller, without its cancellation: an act that began is finished.
func (a *Act) Context() context.Context { return a.ctx }

// Allow asks policy whether the actor may do this act to r, and names r as the entry's
// object. It must be asked before anything is written.
func (a *Act) Allow(r policy.Resource) error {
	a.asked = true
	a.entry.Object = object(r)
	if r.Type == "Client" {
		a.entry.Client = clientele.ClientID(r.ID)
	}
	if a.Actor.Kind == clientele.SystemActor && a.Actor.Rule == "" {
		return clientele.Errorf(clientele.Internal, "an automatic act without a rule")
	}
	if err := a.replayed(); err != nil {
		return err
	}
	return allow(a.g.policies.Load(), a.Actor, a.name, r)
}

// object is how a resource stands in an entry: "request:req_…".
func object(r policy.Resource) string { return strings.ToLower(r.Type) + ":" + r.ID }

// allow turns a decision into an error: no such thing for who may not see it, and else a
// denial that names the rule and who could allow it.
func allow(set *policy.Set, actor clientele.Actor, name string, r policy.Resource) error {
	d := set.Decide(actor, name, r)
	if d.Allowed {
		return nil
	}
	see := strings.ToLower(r.Type) + ":read"
	if _, ok := policy.Find(see); ok && see != name && r.ID != All && !set.Decide(actor, see, r).Allowed {
		return NotFound(r.Type)
	}
	if see == name && r.ID != All {
		return NotFound(r.Type)
	}
	act, _ := policy.Find(name)
	e := clientele.Errorf(clientele.Denied, "you may not %s", act.Doc)
	e.Rule = "not-permitted"
	if len(d.Rules) > 0 {
		e.Rule = d.Rules[0].ID
		e.Msg += ": " + d.Rules[0].Title
	}
	e.Approvers = strs(r.Attrs["approvers"])
	return e
}

func strs(v any) []string {
	s, _ := v.([]string)
	return s
}

// All stands for the id of a resource that is every one of its type: to list them.
const All = "*"

// NotFound is the one answer for what does not exist and for what the actor may not see.
func NotFound(typ string) error {
	return clientele.Errorf(clientele.NotFound, "there is no such %s, or none that you may see", strings.ToLower(typ))
}

// Deny is the refusal of a separation of duties or another invariant, by its name.
func Deny(rule, format string, args ...any) *clientele.Error {
	e := clientele.Errorf(clientele.Denied, format, args...)
	e.Rule = rule
	return e
}

// About names the client the act is about, with its owner and environment as they are now.
func (a *Act) About(id clientele.ClientID, owner, environment string) {
	a.entry.Client, a.entry.Owner, a.entry.Environment = id, owner, environment
}

// Under names the change record that the act refers to.
func (a *Act) Under(change string) { a.entry.Change = change }

// For says what the act allows or concerns.
func (a *Act) For(verb clientele.Verb, grant string, dataClasses ...string) {
	a.entry.Verb, a.entry.Grant, a.entry.DataClasses = verb, grant, dataClasses
}

// OnBehalf names who lent the power that the actor uses.
func (a *Act) OnBehalf(who string) { a.entry.OnBehalf = append(a.entry.OnBehalf, who) }

// Rule names the rule that made the act happen, for acts of the system and approvals by
// policy.
func (a *Act) Rule(rule string) { a.entry.Rule = rule }

// Detail adds a plain fact to the entry: no name of a person, no text that one typed.
func (a *Act) Detail(key string, value any) {
	if a.entry.Details == nil {
		a.entry.Details = map[string]any{}
	}
	a.entry.Details[key] = value
}

// Private adds a fact about a person: sealed, and shredded with that person's key. The key
// may name whom it is about ("per_…:email"); without that it is about the actor.
func (a *Act) Private(key, value string) {
	if value == "" {
		return
	}
	if a.entry.Private == nil {
		a.entry.Private = map[string]string{}
	}
	a.entry.Private[key] = value
}

// Then runs a further act in the same transaction, with an entry of its own: what follows
// from the first by a rule. It is asked for leave like any other.
func (a *Act) Then(actor clientele.Actor, name string, fn func(*Act) error) error {
	if _, ok := policy.Find(name); !ok {
		return clientele.Errorf(clientele.Internal, "there is no act %q", name)
	}
	sub := a.g.newAct(a.Tx, &pending{ctx: WithoutKey(a.ctx), actor: actor, name: name})
	sub.At, sub.entry.At = a.At, a.At
	sub.entry.Change = a.entry.Change
	if err := fn(sub); err != nil {
		return err
	}
	if !sub.asked {
		return clientele.Errorf(clientele.Internal, "act %s never asked policy", name)
	}
	a.more = append(a.more, sub.entries()...)
	return nil
}

// NewID makes an id with the prefix.
func (a *Act) NewID(prefix string) string { return db.NewID(prefix, a.At) }

// Policies is the set in force.
func (a *Act) Policies() *policy.Set { return a.g.policies.Load() }

func (a *Act) entries() []*clientele.Entry {
	e := a.entry
	return append([]*clientele.Entry{&e}, a.more...)
}

// denial is the entry for a denied act, or nil for another error. What the act would have
// said of itself stays out of it, but for who, what and by which rule.
func (a *Act) denial(err error) *clientele.Entry {
	var ce *clientele.Error
	if clientele.KindOf(err) != clientele.Denied || !as(err, &ce) {
		return nil
	}
	e := a.entry
	e.Outcome, e.Rule = clientele.WasDenied, ce.Rule
	if e.Object == "" {
		e.Object = "none"
	}
	return &e
}

// View is a look at the house: one state of it, and no way to change it.
type View struct {
	Tx    *db.Tx
	Actor clientele.Actor
	At    time.Time

	name     string
	asked    bool
	policies *policy.Set
}

// Allow asks policy whether the actor may see r.
func (v *View) Allow(r policy.Resource) error {
	v.asked = true
	return allow(v.policies, v.Actor, v.name, r)
}

// Sees reports whether the actor may see r, for leaving rows out of a list.
func (v *View) Sees(act string, r policy.Resource) bool {
	v.asked = true
	return v.policies.Decide(v.Actor, act, r).Allowed
}

// SeesAll reports whether the actor may see every thing of that type. If not, lists show
// what belongs to the actor and the actor's teams.
func (v *View) SeesAll(typ string) bool { return v.Sees(v.name, policy.Resource{Type: typ, ID: All}) }

// Policies is the set in force.
func (v *View) Policies() *policy.Set { return v.policies }

// Mine are the ids under which the actor may own things: their own and their teams'.
func Mine(a clientele.Actor) []string { return append([]string{a.ID}, slices.Clone(a.Teams)...) }
