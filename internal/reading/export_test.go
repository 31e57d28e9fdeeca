package reading

// What the tests of package reading_test try one by one.
var (
	Assignments = assignments
	SignIn      = signIn
	IsJWT       = isJWT
)

// Pair is a name and a value that pairsIn found.
type Pair struct{ Name, Value string }

// PairsIn is pairsIn.
func PairsIn(line string) []Pair {
	var all []Pair
	for _, p := range pairsIn(line) {
		all = append(all, Pair{p.name, p.value})
	}
	return all
}

// Snippet is a piece of text and its line, from 0.
type Snippet struct {
	Text string
	Line int
}

// CommandsIn is commandsIn.
func CommandsIn(text string) []Snippet { return snippets(commandsIn(text)) }

// AddressesIn is addressesIn.
func AddressesIn(text string) []Snippet { return snippets(addressesIn([]byte(text))) }

func snippets(list []snippet) []Snippet {
	var all []Snippet
	for _, s := range list {
		all = append(all, Snippet{s.text, s.line})
	}
	return all
}
