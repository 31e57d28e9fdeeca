package render

import (
	"fmt"
	"html/template"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/judge"
)

// page is what the template shows. Every text in it is plain.
type page struct {
	Policy     string
	Style      template.CSS
	Script     template.JS
	Facts      []fact
	Severities []tallied
	Tools      []tallied
	Secrets    []string
	Values     string
	Calm       int // clients without a finding
	Suppressed int
	Steps      []step
	Clients    []pageClient
	Rules      []pageRule
	Unreadable []api.Unreadable
}

type fact struct{ Name, Text string }

// tallied is a number with what it counts.
type tallied struct {
	Name, N string
}

type pageRule struct {
	ID, Title, Severity, Why, Remedy, NHI, CSF string
	Findings, Clients                          int
}

type pageClient struct {
	ID, Name, Tool, About, Worst, Tally string
	Facts                               []fact
	Endpoints                           []pageEndpoint
	MoreEndpoints, MoreSecrets          int // beyond mostRows
	Identities                          []pageIdentity
	Secrets                             []pageSecret
	Owners                              []pageOwner
	Groups                              []pageGroup
	Suppressed                          []pageFinding
}

type pageEndpoint struct{ Method, URL, Auth, Where string }

type pageIdentity struct{ Who, Kind, Ends, Where string }

type pageSecret struct {
	Class, Role, Excerpt, About, Where, Path string
	Embedded                                 bool
}

type pageOwner struct{ Who, Sure, Evidence string }

type pageGroup struct {
	Rule, Title, Severity, Why, Remedy, NHI, CSF string
	// Brief leaves why and remedy to the list of rules, from where the script fetches them.
	Brief    bool
	Findings []pageFinding
}

type pageFinding struct{ Message, Where, Path, Reason string }

// pager makes a page.
type pager struct {
	*digest
	now  time.Time
	root string // paths are shown relative to it
	// brief is set when the page has so many clients that repeating why and remedy in each
	// would make it slow to load.
	brief bool
}

// mostRows of a client's table are shown: a collection made from an API's description may
// have thousands of endpoints.
const mostRows = 100

// manyClients is where a page becomes brief.
const manyClients = 300

func newPage(scan api.Scan) *page {
	p := pager{newDigest(scan), scan.Scan.StartedAt, newSource(scan).root, len(scan.Clients) > manyClients}
	out := &page{
		Policy: policy, Style: template.CSS(pageCSS), Script: template.JS(pageJS),
		Facts: p.facts(), Suppressed: p.suppressed, Steps: p.nextSteps(), Rules: p.rules(),
	}
	for s := clientele.Critical; s >= clientele.Info; s-- {
		out.Severities = append(out.Severities, tallied{s.String(), thousands(int64(p.severities[s]))})
	}
	for _, t := range p.tools() {
		out.Tools = append(out.Tools, tallied{plain(t.name), thousands(int64(t.n))})
	}
	byClass, _, values := p.secrets()
	for _, t := range byClass {
		out.Secrets = append(out.Secrets, plain(classCount(t, false)))
	}
	out.Values = count(values, "different value", "different values")
	for _, s := range p.sheets {
		if len(s.findings) == 0 {
			out.Calm++
		}
		out.Clients = append(out.Clients, p.client(s))
	}
	for _, u := range scan.Scan.Unreadable {
		out.Unreadable = append(out.Unreadable, api.Unreadable{Path: p.place(u.Path), Reason: plain(u.Reason)})
	}
	return out
}

func (p pager) facts() []fact {
	in := p.scan.Scan
	return []fact{
		{"Scanned", plain(strings.Join(in.Roots, ", "))},
		{"On", in.StartedAt.UTC().Format("2 January 2006, 15:04 UTC")},
		{"Read", fmt.Sprintf("%s, %s in %s", count(in.Files, "file", "files"), size(in.Bytes), took(in.DurationMS))},
		{"With", plain(in.Tool + ", rules " + in.RuleSet)},
	}
}

// rules are those with findings, in the order of the worst clients.
func (p pager) rules() []pageRule {
	var out []pageRule
	at := map[string]int{}
	for _, r := range judge.Rules {
		at[string(r.ID)] = len(out)
		out = append(out, pageRule{ID: string(r.ID), Title: r.Title, Severity: r.Severity.String(), Why: r.Why, Remedy: r.Remedy, NHI: named(0, r.NHI), CSF: named(1, r.CSF)})
	}
	for _, s := range p.sheets {
		last := map[string]bool{}
		for _, f := range s.findings {
			i, ok := at[f.Rule]
			if !ok {
				continue
			}
			out[i].Findings++
			if !last[f.Rule] {
				out[i].Clients++
				last[f.Rule] = true
			}
		}
	}
	out = slices.DeleteFunc(out, func(r pageRule) bool { return r.Findings == 0 })
	slices.SortStableFunc(out, func(a, b pageRule) int {
		return int(severity(b.Severity)) - int(severity(a.Severity))
	})
	return out
}

// named is an id of a catalogue with its name.
func named(catalogue int, id string) string {
	return strings.TrimSpace(id + " " + taxonName(taxonomies[catalogue], id))
}

// place is a path as the page shows it.
func (p pager) place(file string) string {
	if rest, ok := below(file, p.root); ok && rest != "" {
		return plain(rest)
	}
	return plain(file)
}

// where is a location without its structural path. The file a client is read from is named
// in full among its facts, so here its last element does.
func (p pager) where(s *sheet, at api.Location) string {
	name := p.place(at.File)
	if len(s.Files) > 0 && at.File == s.Files[0] {
		name = path.Base(name)
	}
	if at.Line == 0 {
		return name
	}
	return name + ":" + strconv.Itoa(at.Line)
}
