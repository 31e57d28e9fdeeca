package render

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// step is one thing to do next.
type step struct {
	Client  string // the one to begin with
	ID      string // its id
	Others  int    // further clients with the same trouble
	Remedy  string
	Command string
}

// In words where a step is to be taken.
func (s step) In() string {
	if s.Others == 0 {
		return s.Client
	}
	return fmt.Sprintf("%s and %s", s.Client, count(s.Others, "other client", "other clients"))
}

// trouble is one rule with the findings that no step covers yet.
type trouble struct {
	rule  string
	open  []api.Finding
	worst clientele.Severity
}

// nextSteps chooses three: each time the rule with the gravest findings and of those the most
// frequent, begun at the client that has it worst. One secret often breaks several rules;
// what an earlier step mends does not count again, so that the three lead to three places.
func (d *digest) nextSteps() []step {
	clients := map[string]*sheet{}
	var left []api.Finding
	for _, s := range d.sheets {
		clients[s.ID] = s
		left = append(left, s.findings...)
	}
	var steps []step
	for len(steps) < 3 {
		t, ok := gravest(left)
		if !ok || t.worst == clientele.Info && len(steps) > 0 {
			break
		}
		steps = append(steps, t.step(clients))
		left = slices.DeleteFunc(left, t.covers())
	}
	return steps
}

// gravest is the rule that most needs doing. The first of equals wins: clients come worst
// first.
func gravest(findings []api.Finding) (trouble, bool) {
	var all []trouble
	at := map[string]int{}
	for _, f := range findings {
		i, ok := at[f.Rule]
		if !ok {
			i = len(all)
			at[f.Rule] = i
			all = append(all, trouble{rule: f.Rule})
		}
		all[i].open = append(all[i].open, f)
		all[i].worst = max(all[i].worst, severity(f.Severity))
	}
	if len(all) == 0 {
		return trouble{}, false
	}
	slices.SortStableFunc(all, func(a, b trouble) int {
		return cmp.Or(cmp.Compare(b.worst, a.worst), cmp.Compare(len(b.open), len(a.open)))
	})
	return all[0], true
}

func (t trouble) step(clients map[string]*sheet) step {
	worst := slices.MaxFunc(t.open, func(a, b api.Finding) int { return cmp.Compare(severity(a.Severity), severity(b.Severity)) })
	in := map[string]bool{}
	for _, f := range t.open {
		in[f.Client] = true
	}
	return step{Client: nameOf(clients[worst.Client].Client), ID: worst.Client, Others: len(in) - 1,
		Remedy: plain(worst.Remedy), Command: "clientele explain " + plain(t.rule)}
}

// covers tells the findings that are settled with this rule: its own, and those about the
// same values.
func (t trouble) covers() func(api.Finding) bool {
	values := map[string]bool{}
	for _, f := range t.open {
		values[f.Credential] = f.Credential != ""
	}
	return func(f api.Finding) bool { return f.Rule == t.rule || values[f.Credential] }
}
