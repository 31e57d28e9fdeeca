package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// Need is a place that somebody's decision has to fill.
type Need struct {
	Office string // as policy.Need has it
	Of     string // the party whose office it is: the owner of some of the services
	Count  int    // of different people
	Who    []Decider
	// StandIn names the rule by which security may fill it, as nobody else can.
	StandIn string
}

// key tells the needs of a request apart.
func (n Need) key() string {
	if n.Of == "" {
		return n.Office
	}
	return n.Office + ":" + n.Of
}

// Decider is a person who may fill a need.
type Decider struct {
	ID       string
	OnBehalf string // who lent them the power; empty: their own
}

// standInAct is the act a policy has to permit for a team of one.
const standInAct = "request:stand_in"

// barred are those who never decide on a request, with the name of the rule.
func barred(ctx context.Context, tx *db.Tx, requester string, beneficiaries ...string) (map[string]string, error) {
	out := map[string]string{}
	if strings.HasPrefix(requester, "svc_") {
		// Whoever holds a token of the machine could have asked by it.
		err := tx.Each(ctx, "SELECT DISTINCT created_by FROM token WHERE service_account_id = ? AND revoked_at = 0", []any{requester}, func(r db.Row) error {
			var id string
			err := r.Scan(&id)
			out[id] = "requesters-machine"
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look up who holds a machine's tokens: %w", err)
		}
	}
	for _, b := range beneficiaries {
		out[b] = "sole-beneficiary-never-decides"
	}
	delete(out, "")
	out[requester] = "requester-never-decides"
	return out, nil
}

// beneficiary is the person a client serves alone, if it is somebody's alone.
func beneficiary(c inventory.Client) string {
	if strings.HasPrefix(c.OwnerID, "per_") && (c.Personal || c.TeamID == "" && c.BackupID == "") {
		return c.OwnerID
	}
	return ""
}

// needs spells out whose decisions a request needs as things are now: each owner of the
// services it reaches, without those who never decide, with those they lent their power to.
func (e eyes) needs(r *Request, c inventory.Client, services []inventory.Service, list []policy.Need, res policy.Resource) ([]Need, error) {
	out, err := barred(e.ctx, e.tx, r.Requester, r.Beneficiary, beneficiary(c))
	if err != nil {
		return nil, err
	}
	var needs []Need
	for _, n := range list {
		for _, of := range officesOf(n.Office, r.Scopes, services) {
			need := Need{Office: n.Office, Of: of, Count: max(n.Count, 1)}
			holders, err := e.holders(need, c)
			if err != nil {
				return nil, err
			}
			if need.Who, err = e.deciders(holders, out, c.ID); err != nil {
				return nil, err
			}
			if err := e.standIn(&need, out, c.ID, res); err != nil {
				return nil, err
			}
			needs = append(needs, need)
		}
	}
	return needs, nil
}

// officesOf is an office once for each party that holds it over some of the services.
func officesOf(office string, scopes []Scope, services []inventory.Service) []string {
	var of []string
	for _, s := range services {
		exports := slices.ContainsFunc(scopes, func(x Scope) bool { return x.ServiceID == s.ID && x.Verb == clientele.Export })
		switch {
		case office == "service_owner":
			of = append(of, s.OwnerID)
		case office == "data_owner" && exports:
			of = append(of, s.DataOwnerID)
		}
	}
	if len(of) == 0 {
		return []string{""}
	}
	slices.Sort(of)
	return slices.Compact(of)
}

// holders are the people who hold an office. What has no owner, or none who is here, is
// decided by security.
func (e eyes) holders(n Need, c inventory.Client) ([]string, error) {
	switch {
	case n.Of != "":
		if ids, err := people(e.ctx, e.tx, n.Of); err != nil || len(ids) > 0 {
			return ids, err
		}
	case n.Office == "client_owner":
		return e.all(c.OwnerID, c.BackupID)
	case n.Office == "team":
		return e.all(c.TeamID)
	case n.Office == "approver":
		return identity.WithRole(e.ctx, e.tx, clientele.ApproverRole)
	}
	return identity.WithRole(e.ctx, e.tx, clientele.SecurityRole)
}

func (e eyes) all(parties ...string) ([]string, error) {
	var all []string
	for _, p := range parties {
		ids, err := people(e.ctx, e.tx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// deciders are the holders who are not barred, and those to whom such holders lent their
// power. Power that was lent is not lent on.
func (e eyes) deciders(holders []string, out map[string]string, client clientele.ClientID) ([]Decider, error) {
	var who []Decider
	add := func(d Decider) {
		if out[d.ID] == "" && !slices.ContainsFunc(who, func(x Decider) bool { return x.ID == d.ID }) {
			who = append(who, d)
		}
	}
	holders = unique(holders)
	for _, h := range holders {
		add(Decider{ID: h})
	}
	for _, h := range holders {
		if out[h] != "" {
			continue // who must not decide has no power here to lend
		}
		borrowers, err := borrowers(e.ctx, e.tx, h, client, e.at)
		if err != nil {
			return nil, err
		}
		for _, b := range borrowers {
			add(Decider{ID: b, OnBehalf: h})
		}
	}
	return who, nil
}

// standIn lets security fill a need that nobody can fill, if a policy says so.
func (e eyes) standIn(n *Need, out map[string]string, client clientele.ClientID, res policy.Resource) error {
	if len(n.Who) >= n.Count {
		return nil
	}
	d := e.policies.Decide(e.actor, standInAct, res)
	if !d.Allowed {
		return nil
	}
	holders, err := identity.WithRole(e.ctx, e.tx, clientele.SecurityRole)
	if err != nil {
		return err
	}
	for _, w := range n.Who {
		holders = append(holders, w.ID)
	}
	n.StandIn = d.Rules[0].ID
	n.Who, err = e.deciders(holders, out, client)
	return err
}

// eligible are all who may decide on a request.
func eligible(needs []Need) []string {
	var ids []string
	for _, n := range needs {
		for _, d := range n.Who {
			ids = append(ids, d.ID)
		}
	}
	return unique(ids)
}

// standing is as whom a person decides: the keys of the needs they may fill in their own
// right or, if there is none, with the power that one other person lent them.
func standing(needs []Need, id string) (onBehalf string, keys []string) {
	held := map[string][]string{}
	for _, n := range needs {
		for _, d := range n.Who {
			if d.ID == id {
				held[d.OnBehalf] = append(held[d.OnBehalf], n.key())
			}
		}
	}
	lenders := make([]string, 0, len(held))
	for l := range held {
		lenders = append(lenders, l)
	}
	if len(lenders) == 0 {
		return "", nil
	}
	first := slices.Min(lenders) // the empty one, their own right, comes first
	return first, held[first]
}

// fill is a place of a need that a decision fills.
type fill struct {
	Need   string
	N      int
	By     string
	Holder string // whose power it is
}

// assign fills needs with the decisions that say yes, as many as can be. Places of one need
// take different people, each with power of their own. Below tier 4 a person who holds
// several offices fills all of them; at tier 4 every place takes somebody else.
func assign(needs []Need, yes []Decision, tier clientele.Tier) (fills []fill, complete bool) {
	var places []fill
	for _, n := range needs {
		for i := range n.Count {
			places = append(places, fill{Need: n.key(), N: i})
		}
	}
	m := matching{groups: groups(yes), places: places}
	if tier >= 4 {
		m.match(places)
		return m.filled, len(m.filled) == len(places)
	}
	for len(places) > 0 {
		n := slices.IndexFunc(places, func(p fill) bool { return p.Need != places[0].Need })
		if n < 0 {
			n = len(places)
		}
		m.match(places[:n])
		fills, places = append(fills, m.filled...), places[n:]
	}
	return fills, len(fills) == len(m.places)
}

// groups puts decisions together that rest on the same person's power: they count as one.
func groups(yes []Decision) [][]Decision {
	var all [][]Decision
	for _, d := range yes {
		merged := []Decision{d}
		all = slices.DeleteFunc(all, func(g []Decision) bool {
			related := slices.ContainsFunc(g, func(x Decision) bool {
				return x.holder() == d.holder() || x.By == d.holder() || x.holder() == d.By
			})
			if related {
				merged = append(merged, g...)
			}
			return related
		})
		all = append(all, merged)
	}
	return all
}

// matching fills places from groups, each group once, by augmenting paths.
type matching struct {
	groups [][]Decision
	places []fill
	filled []fill
}

func (m *matching) match(places []fill) {
	taken := make([]int, len(m.groups)) // the place a group fills, and 1
	for p := range places {
		m.place(places, p, taken, make([]bool, len(m.groups)))
	}
	m.filled = nil
	for g, p := range taken {
		if p > 0 {
			f := places[p-1]
			d, _ := m.fits(g, f.Need)
			f.By, f.Holder = d.By, d.holder()
			m.filled = append(m.filled, f)
		}
	}
}

func (m *matching) place(places []fill, p int, taken []int, seen []bool) bool {
	for g := range m.groups {
		if _, ok := m.fits(g, places[p].Need); !ok || seen[g] {
			continue
		}
		seen[g] = true
		if taken[g] == 0 || m.place(places, taken[g]-1, taken, seen) {
			taken[g] = p + 1
			return true
		}
	}
	return false
}

// fits is the decision of a group that can fill a need.
func (m *matching) fits(g int, need string) (Decision, bool) {
	for _, d := range m.groups[g] {
		if slices.Contains(d.Offices, need) {
			return d, true
		}
	}
	return Decision{}, false
}
