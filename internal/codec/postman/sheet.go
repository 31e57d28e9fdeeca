package postman

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// sheet is a part while it is being filled.
type sheet struct {
	clientele.Part
	file string
}

func newSheet(file, format, name string, n *doc.Node) *sheet {
	return &sheet{file: file, Part: clientele.Part{
		Tool: tool, Kind: clientele.APIClient, Format: format, Name: name,
		Line: n.LineOr(1), Syntax: clientele.SyntaxPostman,
	}}
}

// spot is where a walk stands: the names that led there, and what holds for all below.
type spot struct {
	chain    []string
	dormant  bool
	recorded bool
}

// in is the spot below s under the given names. Chains are never shared.
func (s spot) in(names ...string) spot {
	s.chain = append(s.chain[:len(s.chain):len(s.chain)], names...)
	return s
}

// asleep is s, dormant if it was or off says so.
func (s spot) asleep(off bool) spot {
	s.dormant = s.dormant || off
	return s
}

func (s *sheet) slot(at spot, place clientele.Place, role clientele.Role, r row) {
	if r.value == "" {
		return
	}
	s.Slots = append(s.Slots, clientele.Slot{
		Place: place, Role: role, Name: r.name, Chain: at.chain, Value: clientele.Secret(r.value),
		Line: r.line, Dormant: at.dormant || r.off, Recorded: at.recorded, Marked: r.marked,
	})
}

// slots emits the rows of n, and those nested in them.
func (s *sheet) slots(at spot, place clientele.Place, n *doc.Node) {
	for _, r := range rows(n) {
		s.note(at.in(r.name).asleep(r.off), r.note)
		if r.nested != nil {
			s.slots(at.in(r.name).asleep(r.off), place, r.nested)
			continue
		}
		s.slot(at, place, "", r)
	}
}

func (s *sheet) text(at spot, place clientele.Place, text string, line int) {
	if strings.TrimSpace(text) == "" {
		return
	}
	s.Texts = append(s.Texts, clientele.Text{
		Place: place, Chain: at.chain, Text: clientele.Secret(text), Line: line,
		Dormant: at.dormant, Recorded: at.recorded,
	})
}

// free emits a node that is a text, or a structure of fields where a text is usual.
func (s *sheet) free(at spot, place clientele.Place, n *doc.Node) {
	if n.IsScalar() {
		s.text(at, place, n.Str(), n.Line)
		return
	}
	s.slots(at, place, n)
}

// note emits a description, which is a text or {content, type}.
func (s *sheet) note(at spot, n *doc.Node) {
	if c := n.Get("content"); c != nil {
		n = c
	}
	s.text(at.in("description"), clientele.InText, n.Str(), n.LineOr(0))
}

const maxOwners = 50

// own adds an owner unless there is that one already, in which case the better evidence stays.
func (s *sheet) own(o clientele.Owner) {
	for i, have := range s.Owners {
		if have.Who == o.Who {
			if o.Confidence > have.Confidence {
				s.Owners[i] = o
			}
			return
		}
	}
	if len(s.Owners) < maxOwners {
		s.Owners = append(s.Owners, o)
	}
}

// vendor adds an owner whom only Postman can name.
func (s *sheet) vendor(sort, id, evidence string, confidence float64) {
	if id != "" {
		s.own(clientele.Owner{Who: "postman " + sort + " " + id, Kind: clientele.VendorOwner, Evidence: evidence, Confidence: confidence})
	}
}

// synced says that the content travels through Postman's cloud.
func (s *sheet) synced(where, detail string) {
	for _, have := range s.Sync {
		if have.Mode == clientele.SyncCloud && (have.Where == where || where == "") {
			return
		}
	}
	s.Sync = append(s.Sync, clientele.Sync{Mode: clientele.SyncCloud, Where: where, Detail: detail})
}

func isMap(n *doc.Node) bool  { return n != nil && n.Kind == doc.Map }
func isList(n *doc.Node) bool { return n != nil && n.Kind == doc.List }
