package detect

import (
	_ "embed"
	"encoding/json"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

//go:generate go -C ../../tools run ./rulegen ../internal/detect

// rulesJSON is generated from a maintained rule set: see tools/rulegen and NOTICE.
//
//go:embed rules.json
var rulesJSON []byte

// ruleSet is the form of rules.json.
type ruleSet struct {
	Source string   `json:"source"`
	Allow  []string `json:"allow"` // values that match are no secrets, whatever the rule
	Stop   []string `json:"stop"`  // values that hold one of these are no secrets
	Rules  []*Rule  `json:"rules"`
}

// Rule finds the secrets of one provider in text.
type Rule struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Regex    string   `json:"regex"`
	Group    int      `json:"group"`    // the group that is the secret; 0: the first that took part, else all
	Keywords []string `json:"keywords"` // one of them stands in every match, in any case
	Path     string   `json:"path"`     // only in files whose path matches
	Entropy  float64  `json:"entropy"`  // the value's entropy is greater
	Deny     []string `json:"deny"`     // values that match are no secrets
	Require  []string `json:"require"`  // the value matches each
	Stop     []string `json:"stop"`     // values that hold one of these, in any case, are no secrets
	DenyPath []string `json:"deny_path"`

	once     sync.Once // guards the compilation of what follows
	re       *regexp.Regexp
	deny     []*regexp.Regexp
	require  []*regexp.Regexp
	path     *regexp.Regexp
	denyPath []*regexp.Regexp
	stop     *automaton
	heads    *automaton // finds where matches can begin, for a rule tried on a whole text

	shape shape
}

// Generic reports whether the rule knows no provider and goes by names and randomness.
func (r *Rule) Generic() bool { return strings.HasPrefix(r.ID, "generic-") }

// Provider is the first word of the rule's name: "github", "aws".
func (r *Rule) Provider() string {
	if r.Generic() {
		return ""
	}
	p, _, _ := strings.Cut(r.ID, "-")
	return p
}

// shape is what the text of a rule's expression tells about where its matches lie.
type shape struct {
	max      int      // no match is longer, in bytes; or the most that is looked at
	anchored bool     // every match begins with a keyword
	boundary bool     // and must not follow a letter, digit or underscore
	assigned bool     // a name, an operator, a value: see assignment
	minValue int      // the value of an assignment is at least so long
	inside   bool     // every match holds a keyword; if not, a keyword only says that the text is worth it
	heads    []string // texts with which every match begins, if they are known and no keywords
	run      int      // every match holds so many of the characters that tokens are made of, in a row
}

const (
	maxAnchored = 8192 // what is looked at behind a keyword where an expression has no bound
	maxWindow   = 2048 // and to either side, where the keyword is not at the front
)

// operator is how the rule set writes "name = value" in all its rules of that sort.
const operator = `[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)`

// measure works out the shape. It parses the expression but does not compile it.
func (r *Rule) measure() error {
	re, err := syntax.Parse(r.Regex, syntax.Perl)
	if err != nil {
		return err
	}
	heads, _ := leading(re)
	r.shape.anchored = len(heads) > 0
	known := true
	for _, h := range heads {
		r.shape.anchored = r.shape.anchored && h != "" && r.hasKeyword(h)
		known = known && len(h) >= 2
	}
	if known && !r.shape.anchored {
		r.shape.heads = heads
	}
	r.shape.boundary = startsWithBoundary(re)
	r.shape.inside = r.keywordInside(re)
	r.shape.run = tokenRun(re)
	limit := maxWindow
	if r.shape.anchored || r.shape.heads != nil {
		limit = maxAnchored
	}
	if r.shape.max = longest(re); r.shape.max < 0 || r.shape.max > limit {
		r.shape.max = limit
	}
	if re.Op != syntax.OpAlternate && strings.Contains(r.Regex, operator) && (r.shape.anchored || r.shape.heads != nil) {
		r.shape.assigned = true
		if g := group(re, max(r.Group, 1)); g != nil {
			r.shape.minValue = shortest(g)
		}
	}
	return nil
}

// hasKeyword reports whether a match that begins with head begins with a keyword.
func (r *Rule) hasKeyword(head string) bool {
	for _, k := range r.Keywords {
		if strings.HasPrefix(head, strings.ToLower(k)) {
			return true
		}
	}
	return false
}

// keywordInside reports whether every match of the expression holds a keyword.
func (r *Rule) keywordInside(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		text := strings.ToLower(string(re.Rune))
		for _, k := range r.Keywords {
			k = strings.ToLower(k)
			if strings.Contains(text, k) || len(text) > 1 && len(text) == len(k)-1 && strings.HasSuffix(k, text) { // "0q~" for \dQ~
				return true
			}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return r.keywordInside(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min > 0 && r.keywordInside(re.Sub[0])
	case syntax.OpConcat:
		for _, s := range re.Sub {
			if r.keywordInside(s) {
				return true
			}
		}
	case syntax.OpAlternate:
		for _, s := range re.Sub {
			if !r.keywordInside(s) {
				return false
			}
		}
		return true
	}
	return false
}

// tokenRun is the length of the longest repetition of token characters that every match
// holds.
func tokenRun(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpRepeat:
		if c := re.Sub[0]; c.Op == syntax.OpCharClass && tokenClass(c.Rune) {
			return re.Min
		}
	case syntax.OpCapture:
		return tokenRun(re.Sub[0])
	case syntax.OpConcat:
		most := 0
		for _, s := range re.Sub {
			most = max(most, tokenRun(s))
		}
		return most
	case syntax.OpAlternate:
		least := tokenRun(re.Sub[0])
		for _, s := range re.Sub[1:] {
			least = min(least, tokenRun(s))
		}
		return least
	}
	return 0
}

func tokenClass(ranges []rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= 0x80 {
			if ranges[i] != ranges[i+1] { // the long s and the Kelvin sign fold to s and k
				return false
			}
			continue
		}
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			if !isTokenByte(byte(c)) {
				return false
			}
		}
	}
	return true
}

func isTokenByte(c byte) bool {
	return isWord(c) || c == '+' || c == '/' || c == '-' || c == '=' || c == '.' || c == '~'
}

// compile readies the rule for use, on its first hit.
func (r *Rule) compile() {
	r.once.Do(func() {
		text := r.Regex
		if r.shape.anchored || r.shape.heads != nil {
			text = `\A(?:` + text + `)`
		}
		if r.shape.heads != nil {
			r.heads = newAutomaton(slices.Compact(slices.Sorted(slices.Values(r.shape.heads))))
		}
		r.re = regexp.MustCompile(text)
		r.deny, r.require, r.denyPath = compileAll(r.Deny), compileAll(r.Require), compileAll(r.DenyPath)
		if r.Path != "" {
			r.path = regexp.MustCompile(r.Path)
		}
		if len(r.Stop) > 0 {
			words := make([]string, len(r.Stop))
			for i, w := range r.Stop {
				words[i] = strings.ToLower(w)
			}
			r.stop = newAutomaton(words)
		}
	})
}

func compileAll(list []string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, s := range list {
		all = append(all, regexp.MustCompile(s))
	}
	return all
}

func loadRules() (*ruleSet, error) {
	var set ruleSet
	if err := json.Unmarshal(rulesJSON, &set); err != nil {
		return nil, err
	}
	for _, r := range set.Rules {
		if err := r.measure(); err != nil {
			return nil, err
		}
	}
	return &set, nil
}

// leading lists, in lower case, the texts with which matches begin; whole says that they
// are all of the match, so that what follows in a sequence may be joined on. An empty text
// in the list means that nothing is known.
func leading(re *syntax.Regexp) (heads []string, whole bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpBeginLine, syntax.OpBeginText:
		return []string{""}, true
	case syntax.OpCapture:
		return leading(re.Sub[0])
	case syntax.OpCharClass:
		return leadingClass(re.Rune)
	case syntax.OpAlternate:
		whole = true
		for _, s := range re.Sub {
			h, w := leading(s)
			heads, whole = append(heads, h...), whole && w
		}
		return heads, whole && len(heads) <= 64
	case syntax.OpQuest:
		h, w := leading(re.Sub[0])
		return append(h, ""), w
	case syntax.OpConcat:
		return leadingConcat(re.Sub)
	case syntax.OpRepeat, syntax.OpPlus:
		if re.Op == syntax.OpPlus || re.Min >= 1 {
			h, _ := leading(re.Sub[0])
			return h, false
		}
	}
	return []string{""}, false
}

func leadingClass(ranges []rune) ([]string, bool) {
	var heads []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			if len(heads) == 16 {
				return []string{""}, false
			}
			heads = append(heads, strings.ToLower(string(c)))
		}
	}
	return heads, true
}

func leadingConcat(subs []*syntax.Regexp) ([]string, bool) {
	heads := []string{""}
	for _, s := range subs {
		next, whole := leading(s)
		if len(heads)*len(next) > 512 {
			return heads, false
		}
		var joined []string
		for _, h := range heads {
			for _, n := range next {
				joined = append(joined, h+n)
			}
		}
		heads = joined
		if !whole {
			return heads, false
		}
	}
	return heads, true
}

func startsWithBoundary(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpWordBoundary:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return len(re.Sub) > 0 && startsWithBoundary(re.Sub[0])
	}
	return false
}

// longest is the length of the longest match in bytes, -1 if there is no bound.
func longest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(string(re.Rune)) + len(re.Rune) // folding may lengthen a letter
	case syntax.OpCharClass:
		if n := len(re.Rune); n > 0 && re.Rune[n-1] < 0x80 {
			return 1
		}
		return 3
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 3
	case syntax.OpStar, syntax.OpPlus:
		return -1
	case syntax.OpRepeat:
		return times(longest(re.Sub[0]), re.Max)
	case syntax.OpQuest, syntax.OpCapture:
		return longest(re.Sub[0])
	case syntax.OpConcat, syntax.OpAlternate:
		sum := 0
		for _, s := range re.Sub {
			n := longest(s)
			switch {
			case n < 0:
				return -1
			case re.Op == syntax.OpConcat:
				sum += n
			default:
				sum = max(sum, n)
			}
		}
		return sum
	}
	return 0
}

func times(n, count int) int {
	if n < 0 || count < 0 {
		return -1
	}
	return n * count
}

// shortest is the length of the shortest match in characters.
func shortest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpPlus, syntax.OpCapture:
		return shortest(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * shortest(re.Sub[0])
	case syntax.OpConcat:
		sum := 0
		for _, s := range re.Sub {
			sum += shortest(s)
		}
		return sum
	case syntax.OpAlternate:
		least := -1
		for _, s := range re.Sub {
			if n := shortest(s); least < 0 || n < least {
				least = n
			}
		}
		return max(least, 0)
	}
	return 0
}

// group finds the capture of that number.
func group(re *syntax.Regexp, number int) *syntax.Regexp {
	if re.Op == syntax.OpCapture && re.Cap == number {
		return re
	}
	for _, s := range re.Sub {
		if g := group(s, number); g != nil {
			return g
		}
	}
	return nil
}
