// Package detect tells secrets from what only looks like them. It classifies what stands in
// a credential slot (Classify), says what a slot is for by its name (RoleOf), and searches
// free text for secrets by a rule set (Engine).
//
// The engine reads a text once. A single automaton finds the keywords of all rules, and the
// marks of the formats the scanner knows, in any case; a rule's expression is then tried
// only where one of its keywords stands: at that very place if every match begins with a
// keyword, and else in a window as wide as the longest match. So the cost of a rule is that
// of its hits and not that of the text.
package detect

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// Engine is immutable after New and may be shared.
type Engine struct {
	set      *ruleSet
	allow    []*regexp.Regexp
	words    *automaton
	rulesOf  [][]*Rule // by word
	marksOf  [][]int   // by word
	marks    int
	ordinals map[*Rule]int
}

// New builds an engine for the rule set and the given marks, which are found in any case.
func New(marks []string) (*Engine, error) {
	set, err := loadRules()
	if err != nil {
		return nil, err
	}
	e := &Engine{set: set, allow: compileAll(set.Allow), marks: len(marks), ordinals: map[*Rule]int{}}
	index := map[string]int{}
	var words []string
	word := func(s string) int {
		s = strings.ToLower(s)
		i, ok := index[s]
		if !ok {
			i = len(words)
			index[s] = i
			words = append(words, s)
			e.rulesOf, e.marksOf = append(e.rulesOf, nil), append(e.marksOf, nil)
		}
		return i
	}
	for n, r := range set.Rules {
		e.ordinals[r] = n
		for _, k := range r.Keywords {
			w := word(k)
			if !slices.Contains(e.rulesOf[w], r) {
				e.rulesOf[w] = append(e.rulesOf[w], r)
			}
		}
	}
	for m, mark := range marks {
		w := word(mark)
		e.marksOf[w] = append(e.marksOf[w], m)
	}
	e.words = newAutomaton(words)
	return e, nil
}

// Source names the rule set and its version.
func (e *Engine) Source() string { return e.set.Source }

// Rules are the rules of the engine.
func (e *Engine) Rules() []*Rule { return e.set.Rules }

// Match is a secret found in a text.
type Match struct {
	Rule       *Rule
	Start, End int // of the secret itself
}

// Scanner searches texts one after another. It belongs to one goroutine.
type Scanner struct {
	e       *Engine
	marks   []bool
	anyMark bool
	wide    map[*Rule][]int // offsets of keywords of rules that need a window
	spent   map[*Rule]int   // bytes that rules without a narrow bound were tried on
	whole   map[*Rule]bool  // rules to be tried on the whole text; false: not in this file
	matches []Match
}

// Scanner makes a scanner.
func (e *Engine) Scanner() *Scanner {
	return &Scanner{e: e, marks: make([]bool, e.marks), wide: map[*Rule][]int{}, whole: map[*Rule]bool{}, spent: map[*Rule]int{}}
}

// Scan searches a text. The path is that of the file, for rules that hold only in some. The
// result is valid until the next call.
func (s *Scanner) Scan(path string, text []byte) []Match {
	s.matches = s.matches[:0]
	clear(s.marks)
	clear(s.wide)
	clear(s.whole)
	clear(s.spent)
	s.anyMark = false
	s.e.words.find(text, func(w, end int) {
		for _, m := range s.e.marksOf[w] {
			s.marks[m], s.anyMark = true, true
		}
		if len(s.e.rulesOf[w]) > 0 {
			s.hit(path, text, s.e.rulesOf[w], end-s.e.words.lens[w], end)
		}
	})
	for r, at := range s.wide {
		s.windows(path, text, r, at)
	}
	for r, here := range s.whole {
		if here {
			s.everywhere(path, text, r)
		}
	}
	return s.settle()
}

// Marks calls f with the number of each mark that stood in the last text.
func (s *Scanner) Marks(f func(mark int)) {
	if !s.anyMark {
		return
	}
	for m, seen := range s.marks {
		if seen {
			f(m)
		}
	}
}

// hit tries the rules that have a keyword at text[start:end].
func (s *Scanner) hit(path string, text []byte, rules []*Rule, start, end int) {
	checked, longestValue := false, 0
	for _, r := range rules {
		if r.shape.assigned {
			if !checked {
				checked, longestValue = true, assignment(text[end:])
			}
			if longestValue < r.shape.minValue || longestValue == 0 {
				continue
			}
		}
		if !r.shape.anchored {
			s.later(path, text, r, start)
			continue
		}
		s.at(path, text, r, start)
	}
}

// at tries a rule at one place.
func (s *Scanner) at(path string, text []byte, r *Rule, start int) {
	if r.shape.boundary && start > 0 && isWord(text[start-1]) {
		return
	}
	// A text of nothing but beginnings would cost its length times the longest match.
	if r.shape.max > wideRule {
		if s.spent[r] += r.shape.max; s.spent[r] > maxSpent+len(text) {
			return
		}
	}
	r.compile()
	if m := r.re.FindSubmatchIndex(text[start:min(len(text), start+r.shape.max+1)]); m != nil {
		s.found(path, text, r, start, m)
	}
}

// Bounds on the rules whose matches may be long: from which length they are watched, and how
// many bytes beyond a text's own length they may be tried on in it.
const (
	wideRule = 1024
	maxSpent = 8 << 20
)

// everywhere tries a rule on the whole text: where a match can begin, if that is known.
func (s *Scanner) everywhere(path string, text []byte, r *Rule) {
	r.compile()
	switch {
	case r.heads != nil:
	case r.shape.run >= 12 && r.shape.max < maxWindow: // round the runs that every match holds
		var at []int
		eachRun(text, r.shape.run, func(from, to int) bool {
			for ; from < to; from += r.shape.max {
				at = append(at, from)
			}
			return true
		})
		s.windows(path, text, r, at)
		return
	default:
		for _, m := range r.re.FindAllSubmatchIndex(text, -1) {
			s.found(path, text, r, 0, m)
		}
		return
	}
	r.heads.find(text, func(w, end int) {
		if r.shape.assigned {
			if n := assignment(text[end:]); n == 0 || n < r.shape.minValue {
				return
			}
		}
		s.at(path, text, r, end-r.heads.lens[w])
	})
}

// later notes a keyword of a rule that is tried when all keywords are known.
func (s *Scanner) later(path string, text []byte, r *Rule, start int) {
	if at, noted := s.wide[r]; noted {
		s.wide[r] = append(at, start)
		return
	}
	if _, noted := s.whole[r]; noted {
		return
	}
	switch {
	case r.shape.run > 0 && !hasRun(text, r.shape.run), !r.holdsIn(path):
		s.whole[r] = false
	case r.shape.inside && r.shape.heads == nil:
		s.wide[r] = append(s.wide[r], start)
	default:
		s.whole[r] = true
	}
}

// hasRun reports whether n token characters stand in a row in the text.
func hasRun(text []byte, n int) bool {
	found := false
	eachRun(text, n, func(int, int) bool {
		found = true
		return false
	})
	return found
}

// eachRun calls f with the beginning and the end of each run of n token characters or more,
// until f answers false. Such a run covers a multiple of n, so that only every n-th byte has
// to be looked at, and its neighbours where it is one.
func eachRun(text []byte, n int, f func(from, to int) bool) {
	for at := n - 1; at < len(text); at += n {
		if !tokenBytes[text[at]] {
			continue
		}
		from, to := at, at+1
		for from > 0 && tokenBytes[text[from-1]] && at-from < n {
			from--
		}
		for to < len(text) && tokenBytes[text[to]] {
			to++
		}
		if to-from >= n && !f(from, to) {
			return
		}
		at = max(at, (to-1)/n*n-1)
	}
}

var tokenBytes = func() (t [256]bool) {
	for c := range 256 {
		t[c] = isTokenByte(byte(c))
	}
	return t
}()

// holdsIn reports whether the rule holds in files of that path.
func (r *Rule) holdsIn(path string) bool {
	if r.Path == "" {
		return true
	}
	r.compile()
	return r.path.MatchString(path)
}

// windows searches round the keywords of a rule, which stand at the given offsets in order.
func (s *Scanner) windows(path string, text []byte, r *Rule, at []int) {
	r.compile()
	reach := r.shape.max + 1
	for i := 0; i < len(at); {
		from, to := max(0, at[i]-reach), min(len(text), at[i]+reach)
		j := i + 1
		for j < len(at) && at[j]-reach <= to {
			to = min(len(text), at[j]+reach)
			j++
		}
		if r.shape.run == 0 || hasRun(text[from:to], r.shape.run) {
			for _, m := range r.re.FindAllSubmatchIndex(text[from:to], -1) {
				s.found(path, text, r, from, m)
			}
		}
		i = j
	}
}

// found takes a match of r's expression, whose offsets count from base, and keeps it if the
// rule's filters do.
func (s *Scanner) found(path string, text []byte, r *Rule, base int, m []int) {
	g := r.Group
	if g == 0 {
		for i := 1; i < len(m)/2; i++ {
			if m[2*i] >= 0 && m[2*i+1] > m[2*i] {
				g = i
				break
			}
		}
	}
	if 2*g+1 >= len(m) || m[2*g] < 0 {
		g = 0
	}
	start, end := base+m[2*g], base+m[2*g+1]
	if s.e.keep(r, path, text[start:end]) {
		s.matches = append(s.matches, Match{r, start, end})
	}
}

func (e *Engine) keep(r *Rule, path string, value []byte) bool {
	if r.Entropy > 0 && Entropy(string(value)) <= r.Entropy {
		return false
	}
	if r.path != nil && !r.path.MatchString(path) || anyMatch(r.denyPath, []byte(path)) {
		return false
	}
	for _, re := range r.require {
		if !re.Match(value) {
			return false
		}
	}
	if anyMatch(r.deny, value) || anyMatch(e.allow, value) {
		return false
	}
	for _, w := range e.set.Stop {
		if bytes.Contains(value, []byte(w)) {
			return false
		}
	}
	if r.stop != nil {
		stopped := false
		r.stop.find(value, func(int, int) { stopped = true })
		return !stopped
	}
	return true
}

func anyMatch(list []*regexp.Regexp, b []byte) bool {
	for _, re := range list {
		if re.Match(b) {
			return true
		}
	}
	return false
}

// settle orders the matches and drops what is said twice: a generic match where a rule that
// knows the provider matched too, and the second of two equal ones.
func (s *Scanner) settle() []Match {
	slices.SortStableFunc(s.matches, func(a, b Match) int {
		if a.Rule.Generic() != b.Rule.Generic() {
			if b.Rule.Generic() {
				return -1
			}
			return 1
		}
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		if a.End != b.End {
			return b.End - a.End
		}
		return s.e.ordinals[a.Rule] - s.e.ordinals[b.Rule]
	})
	kept := s.matches[:0]
	for _, m := range s.matches {
		covered := slices.ContainsFunc(kept[max(0, len(kept)-64):], func(k Match) bool {
			return m.Start < k.End && k.Start < m.End && (m.Rule.Generic() || k.Start <= m.Start && m.End <= k.End)
		})
		if !covered {
			kept = append(kept, m)
		}
	}
	s.matches = kept
	return kept
}

// assignment looks behind a keyword for the shape that most rules share (the rest of a name,
// an operator, a value) and returns the length of the value's first run, 0 where the shape
// is not there. It is generous: the rule's expression has the last word.
func assignment(b []byte) int {
	i, n := 0, min(len(b), 96)
	for i < n && !isOperator(b[i]) {
		if c := b[i]; !isWord(c) && c != ' ' && c != '\t' && c != '.' && c != '-' && c != '\'' && c != '"' && c != '\n' && c != '\r' && c != '\\' && c != '`' {
			return 0
		}
		i++
	}
	if i == n {
		return 0
	}
	for n = min(len(b), i+16); i < n && (isOperator(b[i]) || b[i] <= ' ' || b[i] == '"' || b[i] == '\'' || b[i] == '`' || b[i] == '\\'); i++ {
	}
	run := 0
	for n = min(len(b), i+512); i < n && b[i] > ' ' && b[i] != '"' && b[i] != '\'' && b[i] != '`' && b[i] < 0x80; i++ {
		run++
	}
	return run
}

func isOperator(c byte) bool {
	return c == '=' || c == ':' || c == '>' || c == '|' || c == '?' || c == ','
}

// Keywords counts the keywords and marks in a text: the least that a scan of it costs.
func (e *Engine) Keywords(text []byte) (n int) {
	e.words.find(text, func(int, int) { n++ })
	return n
}
