package postman

import (
	"strconv"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// isReport reports whether n is what Newman's JSON reporter writes: the collection, the
// variables as they stood after the run, and every exchange of it.
func isReport(n *doc.Node) bool {
	return isCollection(n.Get("collection")) && isMap(n.Get("run"))
}

func report(file string, n *doc.Node) []clientele.Part {
	s := collection(file, n.Get("collection"))
	s.Format = "newman report of " + s.Format
	for _, e := range n.Get("run", "executions").Items() {
		s.execution(spot{recorded: true}.in("run", nameOf(e.Get("item"))), e)
	}
	parts := []clientele.Part{s.Part}
	if e := n.Get("environment"); isVariables(e) {
		parts = append(parts, variableSet(file, "environment", "environment", e).Part)
	}
	if g := n.Get("globals"); isVariables(g) {
		parts = append(parts, variableSet(file, "globals", "global", g).Part)
	}
	return parts
}

func (s *sheet) execution(at spot, n *doc.Node) {
	if sent := n.Get("request"); isMap(sent) {
		s.sent(at.in("request"), sent, "")
	}
	answer := n.Get("response")
	s.answer(at.in("response"), answer)
	if stream := answer.Get("stream"); stream != nil {
		s.text(at.in("response", "body"), clientele.InResponse, buffered(stream), stream.Line)
	}
}

// buffered is the text that JavaScript wrote as {"type": "Buffer", "data": [72, 105, …]}.
func buffered(n *doc.Node) string {
	if n.IsScalar() {
		return n.Str()
	}
	var b strings.Builder
	for _, c := range n.Get("data").Items() {
		v, err := strconv.ParseUint(c.Str(), 10, 8)
		if err != nil {
			break
		}
		b.WriteByte(byte(v))
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}
