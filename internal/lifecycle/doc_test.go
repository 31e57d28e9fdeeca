package lifecycle_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/clientele/clientele"
)

const docPage = "../../docs/lifecycle.md"

// drawing is the part of docs/lifecycle.md that follows from clientele.Moves.
func drawing() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, m := range clientele.Moves {
		from := string(m.From)
		if from == "" {
			from = "[*]"
		}
		fmt.Fprintf(&b, "  %s --> %s: %s\n", from, m.To, m.Event)
	}
	for _, s := range clientele.States {
		if !s.Live() {
			fmt.Fprintf(&b, "  %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\n| from | event | to | what must hold |\n|---|---|---|---|\n")
	for _, m := range clientele.Moves {
		from := string(m.From)
		if from == "" {
			from = "–"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", from, m.Event, m.To, m.Guard)
	}
	return b.String()
}

// The page's diagram and table are those of the table of moves. UPDATE=1 writes them anew.
func TestThePageDrawsTheTableOfMoves(t *testing.T) {
	const from, to = "<!-- moves -->\n", "<!-- end of moves -->\n"
	b, err := os.ReadFile(docPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(b), from)
	drawn, after, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatal("the page has lost its marks")
	}
	if drawn == drawing() {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("docs/lifecycle.md does not draw clientele.Moves: run this test with UPDATE=1")
	}
	if err := os.WriteFile(docPage, []byte(before+from+drawing()+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
