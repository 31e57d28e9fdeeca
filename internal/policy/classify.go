package policy

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/clientele/clientele"
)

// Need is a decision that a request must get: from someone who holds an office over what is
// asked for.
type Need struct {
	// Office is service_owner, data_owner, client_owner, team, approver or security.
	Office string
	Count  int // of different people
}

// Classification is what policy makes of a request before anyone has decided on it.
type Classification struct {
	Tier  clientele.Tier
	Auto  bool   // approved at once
	Needs []Need // who must decide otherwise, in the order of their names
	// Lifetime is the longest a grant may live, ReviewEvery how often it is reviewed.
	Lifetime, ReviewEvery time.Duration
	ChangeRequired        bool // an open change record must be named
	Refused               []Rule
	Because               []Rule // what decided the tier and the way
	Version               int64
}

const day = 24 * time.Hour

// lifetimes are the longest grants of each tier, and reviews how often each is reviewed.
var (
	lifetimes = [...]time.Duration{365 * day, 180 * day, 90 * day, 90 * day, 8 * time.Hour}
	reviews   = [...]time.Duration{365 * day, 180 * day, 90 * day, 30 * day, 30 * day}
)

// Classify reads the request's tier off the policies that permit "request:classify": the
// highest @tier counts. Whether it is approved at once is the act "request:auto_approve",
// and whose decisions it needs are the policies that permit "request:need": each names an
// @office and a @count. Policies can only raise a tier and add needs, never lower them;
// @lifetime can only shorten.
func (s *Set) Classify(actor clientele.Actor, r Resource) Classification {
	c := Classification{Version: s.Version}
	tier := s.Decide(actor, "request:classify", r)
	if !tier.Allowed {
		c.Refused, c.Tier = tier.Rules, clientele.Tier(len(lifetimes)-1)
		return c
	}
	for _, rule := range tier.Rules {
		c.Tier = max(c.Tier, clientele.Tier(s.number(rule, "tier")))
	}
	c.Tier = min(c.Tier, clientele.Tier(len(lifetimes)-1))
	for _, rule := range tier.Rules {
		if clientele.Tier(s.number(rule, "tier")) == c.Tier {
			c.Because = append(c.Because, rule)
		}
	}
	c.Lifetime, c.ReviewEvery = lifetimes[c.Tier], reviews[c.Tier]
	r.Attrs = maps.Clone(r.Attrs)
	r.Attrs["tier"] = int(c.Tier)
	s.requirements(actor, r, &c)
	if auto := s.Decide(actor, "request:auto_approve", r); auto.Allowed && !c.ChangeRequired {
		c.Auto, c.Needs = true, nil
		c.Because = append(c.Because, auto.Rules...)
	} else {
		c.Because = append(c.Because, auto.Rules...)
	}
	slices.SortFunc(c.Because, func(a, b Rule) int { return compare(a.ID, b.ID) })
	return c
}

func (s *Set) requirements(actor clientele.Actor, r Resource, c *Classification) {
	offices := map[string]int{}
	for _, rule := range s.Decide(actor, "request:need", r).Rules {
		if office := s.annotation(cedar.PolicyID(rule.ID), "office"); office != "" {
			offices[office] = max(offices[office], s.number(rule, "count"), 1)
		}
		if d := time.Duration(s.number(rule, "hours")) * time.Hour; d > 0 {
			c.Lifetime = min(c.Lifetime, d)
		}
		if s.annotation(cedar.PolicyID(rule.ID), "change") == "open" && r.Attrs["change_open"] != true {
			c.ChangeRequired = true
		}
	}
	for _, o := range slices.Sorted(maps.Keys(offices)) {
		c.Needs = append(c.Needs, Need{o, offices[o]})
	}
}

func (s *Set) number(r Rule, name types.AnnotationKey) int {
	n, _ := strconv.Atoi(s.annotation(cedar.PolicyID(r.ID), name))
	return n
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
