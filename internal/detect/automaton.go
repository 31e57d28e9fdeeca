package detect

// automaton finds every occurrence of a set of words in one pass over a text, in any case:
// Aho and Corasick's machine, flattened into a table with one row a state and one column a
// class of bytes. States that end a word have the highest numbers, so that one comparison a
// byte tells whether there is anything to report.
type automaton struct {
	class    [256]uint8
	shift    uint
	next     []uint16
	firstOut uint16
	outs     [][]uint16 // words that end in state firstOut+i, longest first
	lens     []int      // length of each word
}

const maxStates = 1 << 16

// newAutomaton builds the machine for words, which must be lower case and not empty. Words
// are known by their index from then on.
func newAutomaton(words []string) *automaton {
	a := &automaton{}
	classes := a.classes(words)
	for a.shift = 1; 1<<a.shift < classes; a.shift++ {
	}
	t := buildTrie(words, &a.class)
	for _, w := range words {
		a.lens = append(a.lens, len(w))
	}
	order := a.number(t)
	a.next = make([]uint16, len(t)<<a.shift)
	for old := range t {
		row := int(order[old]) << a.shift
		for c := range classes {
			a.next[row|c] = order[t.step(old, uint8(c))]
		}
	}
	return a
}

// classes gives every byte that stands in a word a class of its own, both cases together;
// all others share class 0. It returns the number of classes.
func (a *automaton) classes(words []string) int {
	n := 1
	for _, w := range words {
		for i := range len(w) {
			c := w[i]
			if a.class[c] != 0 {
				continue
			}
			a.class[c] = uint8(n)
			if lower(c) {
				a.class[c-'a'+'A'] = uint8(n)
			}
			n++
		}
	}
	return n
}

// number orders the states so that those with words to report come last; the start stays 0.
func (a *automaton) number(t trie) []uint16 {
	order := make([]uint16, len(t))
	at := uint16(0)
	for i := range t {
		if len(t[i].out) == 0 {
			order[i] = at
			at++
		}
	}
	a.firstOut = at
	for i := range t {
		if len(t[i].out) > 0 {
			order[i] = at
			a.outs = append(a.outs, t[i].out)
			at++
		}
	}
	return order
}

// find calls found with the index of a word and the offset behind its occurrence.
func (a *automaton) find(text []byte, found func(word, end int)) {
	s, shift, next, class, firstOut := uint16(0), a.shift&15, a.next, &a.class, a.firstOut
	for i, c := range text {
		s = next[int(s)<<shift|int(class[c])]
		if s >= firstOut {
			for _, w := range a.outs[s-firstOut] {
				found(int(w), i+1)
			}
		}
	}
}

type trieNode struct {
	kids map[uint8]int
	fail int
	out  []uint16
}

type trie []trieNode

func buildTrie(words []string, class *[256]uint8) trie {
	t := trie{{kids: map[uint8]int{}}}
	for w, word := range words {
		at := 0
		for i := range len(word) {
			c := class[word[i]]
			kid, ok := t[at].kids[c]
			if !ok {
				if len(t) == maxStates {
					panic("detect: more keywords than the automaton has states for")
				}
				kid = len(t)
				t = append(t, trieNode{kids: map[uint8]int{}})
				t[at].kids[c] = kid
			}
			at = kid
		}
		t[at].out = append(t[at].out, uint16(w))
	}
	queue := []int{}
	for _, kid := range t[0].kids {
		queue = append(queue, kid)
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		t[at].out = append(t[at].out, t[t[at].fail].out...)
		for c, kid := range t[at].kids {
			t[kid].fail = t.step(t[at].fail, c)
			queue = append(queue, kid)
		}
	}
	return t
}

// step is the state behind at on class c, by way of the failures.
func (t trie) step(at int, c uint8) int {
	for {
		if kid, ok := t[at].kids[c]; ok && c != 0 {
			return kid
		}
		if at == 0 {
			return 0
		}
		at = t[at].fail
	}
}
