package render

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/api"
)

// digest is a scan in the order in which people read it.
type digest struct {
	scan       api.Scan
	sheets     []*sheet // worst first
	severities [clientele.Critical + 1]int
	suppressed int
}

// sheet is one client with its findings.
type sheet struct {
	api.Client
	worst      clientele.Severity
	findings   []api.Finding // that count, worst first
	suppressed []api.Finding
}

// quiet reports that a client needs nothing: no finding of low or higher.
func (s *sheet) quiet() bool { return s.worst < clientele.Low }

func newDigest(scan api.Scan) *digest {
	d := &digest{scan: scan}
	sheets := map[string]*sheet{}
	for _, c := range scan.Clients {
		s := &sheet{Client: c}
		d.sheets = append(d.sheets, s)
		sheets[c.ID] = s
	}
	for _, f := range scan.Findings {
		s := sheets[f.Client]
		if f.Suppressed != nil {
			d.suppressed++
			if s != nil {
				s.suppressed = append(s.suppressed, f)
			}
			continue
		}
		sev := severity(f.Severity)
		d.severities[sev]++
		if s != nil {
			s.findings, s.worst = append(s.findings, f), max(s.worst, sev)
		}
	}
	for _, s := range d.sheets {
		slices.SortStableFunc(s.findings, func(a, b api.Finding) int { return cmp.Compare(severity(b.Severity), severity(a.Severity)) })
	}
	slices.SortStableFunc(d.sheets, func(a, b *sheet) int {
		return cmp.Or(cmp.Compare(b.worst, a.worst), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return d
}

// severity reads a name; one that is not known counts as the least.
func severity(name string) clientele.Severity {
	var s clientele.Severity
	_ = s.UnmarshalText([]byte(name))
	return s
}

// tally counts things by name, the most first.
type tally struct {
	name string
	n    int
}

func tallies(counts map[string]int) []tally {
	var out []tally
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, tally{k, counts[k]})
	}
	slices.SortStableFunc(out, func(a, b tally) int { return cmp.Compare(b.n, a.n) })
	return out
}

func (d *digest) tools() []tally {
	counts := map[string]int{}
	for _, s := range d.sheets {
		counts[s.Tool]++
	}
	return tallies(counts)
}

// secrets counts the slots that hold a secret by class, and the different values among those
// that are embedded.
func (d *digest) secrets() (byClass []tally, total, values int) {
	counts, seen := map[string]int{}, map[string]bool{}
	for _, s := range d.sheets {
		for _, c := range s.Credentials {
			if !secret(c) {
				continue
			}
			counts[classWord(c.Class)]++
			total++
			if c.Fingerprint != "" {
				seen[c.Fingerprint] = true
			}
		}
	}
	return tallies(counts), total, len(seen)
}

// secret leaves user names and identifiers out.
func secret(c api.Credential) bool {
	switch clientele.Role(c.Role) {
	case clientele.Username, clientele.OAuthClientID, clientele.Identifier, clientele.NotSecret:
		return false
	}
	return true
}

// hosts are what a client calls, each once, in the order of its file.
func (s *sheet) hosts() []string {
	var out []string
	for _, e := range s.Endpoints {
		h := e.Host
		if h == "" {
			h = e.URLTemplate
		}
		if h != "" && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// held is one secret of a client with all the places it stands in.
type held struct {
	api.Credential
	also []api.Location
}

// holds lists a client's secrets: those with the gravest findings first, then by what stands
// there and whether it is in use. One value in several places is one entry.
func (s *sheet) holds() []held {
	var out []held
	at := map[string]int{}
	for _, c := range s.Credentials {
		if !secret(c) {
			continue
		}
		if i, ok := at[c.Fingerprint]; ok && c.Fingerprint != "" {
			out[i].also = append(out[i].also, c.Location)
			continue
		}
		at[c.Fingerprint] = len(out)
		out = append(out, held{Credential: c})
	}
	grave := map[string]clientele.Severity{}
	for _, f := range s.findings {
		grave[f.Credential] = max(grave[f.Credential], severity(f.Severity))
	}
	grave[""] = 0 // findings about no value
	slices.SortStableFunc(out, func(a, b held) int {
		return cmp.Or(cmp.Compare(grave[b.Fingerprint], grave[a.Fingerprint]), cmp.Compare(rank(a.Credential), rank(b.Credential)))
	})
	return out
}

func rank(c api.Credential) int {
	n := slices.Index([]string{"literal", "obfuscated", "encrypted", "placeholder", "reference"}, c.Class) * 10
	for _, less := range []bool{c.Weak, c.Dormant, c.Recorded} {
		if less {
			n++
		}
	}
	return n
}

// group is the findings of one rule and severity in one client.
type group struct {
	api.Finding // the first
	all         []api.Finding
}

func (s *sheet) groups() []group {
	var out []group
	for _, f := range s.findings {
		i := slices.IndexFunc(out, func(g group) bool { return g.Rule == f.Rule && g.Severity == f.Severity })
		if i < 0 {
			out = append(out, group{Finding: f, all: []api.Finding{f}})
			continue
		}
		out[i].all = append(out[i].all, f)
	}
	return out
}

// qualities are what sets a secret apart from one in plain use.
func qualities(c api.Credential) []string {
	var out []string
	for _, q := range []struct {
		is   bool
		word string
	}{{c.Weak, "weak"}, {c.Dormant, "disabled"}, {c.Recorded, "recorded"}, {c.Marked, "marked as secret"}} {
		if q.is {
			out = append(out, q.word)
		}
	}
	return out
}
