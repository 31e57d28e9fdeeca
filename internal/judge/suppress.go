package judge

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/safefile"
)

// SuppressionFile is where a scan looks for suppressions, from its roots.
const SuppressionFile = ".clientele/suppressions.yaml"

// Suppression lets findings pass, for a reason and until a day.
//
//	suppressions:
//	  - finding: 3f0c…            # the fingerprint of one finding, or
//	    rule: can-export          # a rule, with
//	    file: "examples/**"       # the files it is let pass in (* within a folder, ** across)
//	    reason: training material, values are fictional
//	    until: 2026-12-31
type Suppression struct {
	Finding string
	Rule    clientele.RuleID
	File    string
	Reason  string
	Until   time.Time
	Line    int
	used    bool
}

// maxSuppression is how far off a suppression's end may be: it is to be looked at again
// once a year.
const maxSuppression = 366 * 24 * time.Hour

const (
	maxSuppressions = 1 << 20 // bytes of the file
	minPrefix       = 8       // of a finding's fingerprint
)

// LoadSuppressions reads a file of suppressions. Every entry must say which findings it is
// for, why, and until when.
func LoadSuppressions(file string, now time.Time) ([]Suppression, error) {
	b, err := safefile.Read(file, maxSuppressions) // it may come with a repository from anybody
	if err != nil {
		return nil, err
	}
	text, _ := safefile.UTF8(b)
	docs, err := doc.YAML(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case len(docs) == 0:
		return nil, nil
	case len(docs) > 1:
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: file + ": more than one document", Hint: "put all suppressions into one list"}
	}
	list := docs[0].Get("suppressions")
	var all []Suppression
	for _, n := range list.Items() {
		s, msg := suppression(n, now)
		if msg != "" {
			return nil, &clientele.Error{Kind: clientele.Invalid, Msg: fmt.Sprintf("%s:%d: %s", file, n.Line, msg), Hint: "each entry has finding (or rule and file), reason and until: YYYY-MM-DD"}
		}
		all = append(all, s)
	}
	if list == nil || list.Kind != doc.List {
		return nil, &clientele.Error{Kind: clientele.Invalid, Msg: file + ": no list named suppressions"}
	}
	return all, nil
}

func suppression(n *doc.Node, now time.Time) (s Suppression, msg string) {
	s = Suppression{Finding: n.Get("finding").Str(), Rule: clientele.RuleID(n.Get("rule").Str()), File: n.Get("file").Str(), Reason: strings.TrimSpace(n.Get("reason").Str()), Line: n.Line}
	for _, f := range n.Fields() {
		switch f.Key {
		case "finding", "rule", "file", "reason", "until":
		default:
			return s, fmt.Sprintf("unknown field %q", f.Key)
		}
	}
	until, err := time.Parse(time.DateOnly, n.Get("until").Str())
	_, known := RuleByID(s.Rule)
	switch {
	case s.Finding == "" && (s.Rule == "" || s.File == ""):
		return s, "which findings is it for?"
	case s.Finding != "" && (s.Rule != "" || s.File != ""):
		return s, "it names a finding, and a rule or file as well"
	case s.Finding != "" && len(s.Finding) < minPrefix:
		return s, fmt.Sprintf("a finding is named by %d characters at least", minPrefix)
	case badGlob(s.File):
		return s, fmt.Sprintf("%q is no pattern", s.File)
	case s.Rule != "" && !known:
		return s, fmt.Sprintf("there is no rule %q", s.Rule)
	case s.Reason == "":
		return s, "the reason is missing"
	case err != nil:
		return s, "until is missing or not a date"
	case until.Sub(now) > maxSuppression:
		return s, "until is more than a year away"
	}
	s.Until = until.Add(24*time.Hour - time.Second) // that day included
	return s, ""
}

func (s *Suppression) covers(f *clientele.Finding) bool {
	if s.Finding != "" {
		return len(s.Finding) >= minPrefix && strings.HasPrefix(f.Fingerprint, s.Finding)
	}
	return s.Rule == f.Rule && matchGlob(s.File, f.Location.File)
}

func badGlob(pattern string) bool {
	return slices.ContainsFunc(strings.Split(pattern, "/"), func(p string) bool {
		_, err := path.Match(p, "")
		return err != nil
	})
}

// matchGlob matches a path with a pattern in which ** stands for any number of folders.
func matchGlob(pattern, name string) bool {
	return globParts(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

// globParts lets the last ** met take one folder more whenever what follows it does not
// fit: going back further could not help, and would cost time without bound.
func globParts(pattern, name []string) bool {
	p, n := 0, 0
	back, from := -1, 0 // behind the last **, and where it may begin
	for n < len(name) || p < len(pattern) {
		if p < len(pattern) && pattern[p] == "**" {
			p++
			back, from = p, n
			continue
		}
		if p < len(pattern) && n < len(name) {
			if ok, err := path.Match(pattern[p], name[n]); err == nil && ok {
				p, n = p+1, n+1
				continue
			}
		}
		if back < 0 || from >= len(name) {
			return false
		}
		from++
		p, n = back, from
	}
	return true
}

// Suppress marks the findings that suppressions cover, lowers the clients' risk to that of
// the remaining ones, and returns notes on suppressions that have run out or fit nothing.
func (r *Verdict) Suppress(list []Suppression, now time.Time) (notes []string) {
	for i := range list {
		s := &list[i]
		for k := range r.Findings {
			f := &r.Findings[k]
			if f.Suppressed != "" || !s.covers(f) {
				continue
			}
			s.used = true
			if now.Before(s.Until) {
				f.Suppressed = fmt.Sprintf("%s (until %s)", s.Reason, s.Until.Format(time.DateOnly))
			}
		}
		switch {
		case !s.used:
			notes = append(notes, fmt.Sprintf("the suppression on line %d fits no finding: delete it", s.Line))
		case !now.Before(s.Until):
			notes = append(notes, fmt.Sprintf("the suppression on line %d ran out on %s: its findings count again", s.Line, s.Until.Format(time.DateOnly)))
		}
	}
	r.weigh()
	return notes
}

// weigh sets each client's risk to that of its worst finding which is not suppressed.
func (r *Verdict) weigh() {
	risk := map[clientele.ClientID]clientele.Severity{}
	for _, f := range r.Findings {
		if f.Suppressed == "" {
			risk[f.Client] = max(risk[f.Client], f.Severity)
		}
	}
	for _, c := range r.Clients {
		c.Risk = risk[c.ID]
	}
}

// DropKnown removes the findings with the given fingerprints and returns how many it
// removed.
func (r *Verdict) DropKnown(known map[string]bool) int {
	kept := r.Findings[:0]
	for _, f := range r.Findings {
		if !known[f.Fingerprint] {
			kept = append(kept, f)
		}
	}
	n := len(r.Findings) - len(kept)
	r.Findings = kept
	r.weigh()
	return n
}
