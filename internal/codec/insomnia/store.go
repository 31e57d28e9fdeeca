package insomnia

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// A NeDB store is a log, a line of JSON an entry. A later line with the same _id replaces the
// earlier one, {"_id":…,"$$deleted":true} takes it away, {"$$indexCreated":…} is for NeDB
// alone. The application rewrites the file only now and then, so values that were replaced
// or deleted still lie in it: they are given as dormant, under "earlier value" or "deleted".

// record is what a store says of one id.
type record struct {
	now  *doc.Node   // nil when it was deleted
	past []*doc.Node // the states before, oldest first
}

// replay reads a log. Records come in the order in which their ids first appear.
func replay(lines []*doc.Node) (order []string, records map[string]*record) {
	records = map[string]*record{}
	for _, n := range lines {
		id := n.Get("_id").Str()
		if id == "" {
			continue
		}
		r := records[id]
		if r == nil {
			r = &record{}
			records[id] = r
			order = append(order, id)
		}
		if r.now != nil {
			r.past = append(r.past, r.now)
		}
		r.now = n
		if n.Get("$$deleted").True() {
			r.now = nil
		}
	}
	return order, records
}

// decodeStore reads one model's store. All stores of a folder are one client: that of the
// workspaces' store.
func decodeStore(f clientele.File) ([]clientele.Part, error) {
	lines, err := doc.JSONLines(f.Data)
	order, records := replay(lines)
	if len(order) == 0 {
		return nil, err
	}
	model := strings.SplitN(path.Base(f.Path), ".", 3)[1]
	p := newPart("store "+model, clientele.Bind{As: clientele.Member})
	if strings.EqualFold(model, "Workspace") {
		p.Bind.As, p.Name = clientele.Root, workspaces(order, records)
	}
	s := store{scribe: scribe{&p}, model: strings.ToLower(model), find: neighbours(f, records)}
	for _, id := range order {
		s.record(records[id])
	}
	return []clientele.Part{p}, err
}

// workspaces names a store after the workspaces in it.
func workspaces(order []string, records map[string]*record) string {
	const most = 3
	var all []string
	for _, id := range order {
		if n := name(records[id].now); n != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	switch {
	case len(all) == 0:
		return "Insomnia"
	case len(all) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

type store struct {
	scribe
	model string
	find  lookup
}

func (s *store) record(r *record) {
	var one clientele.Part
	label := "deleted"
	if r.now != nil {
		label = "earlier value"
		one = s.extract(r.now)
	}
	h := newHistory(&one, label)
	for _, n := range slices.Backward(r.past) {
		h.add(s.extract(n), func(_, dormant *bool) { *dormant = true })
	}
	s.join(one)
}

// extract reads one resource into a part of its own.
func (s *store) extract(n *doc.Node) clientele.Part {
	at, _ := climb(n, s.find, true)
	k := kind(n)
	if calls[k] == nil && readers[k] == nil {
		k = s.model
	}
	var p clientele.Part
	(&scribe{&p}).read(k, at, n)
	return p
}

// join adds what one record says to the store's part.
func (s *store) join(one clientele.Part) {
	p := s.part
	if one.Kind != "" {
		p.Kind = one.Kind
	}
	p.Requests = append(p.Requests, one.Requests...)
	p.Slots = append(p.Slots, one.Slots...)
	p.Variables = append(p.Variables, one.Variables...)
	p.Texts = append(p.Texts, one.Texts...)
	p.Identities = append(p.Identities, one.Identities...)
	p.Owners = append(p.Owners, one.Owners...)
	p.Approvals = append(p.Approvals, one.Approvals...)
	p.Links = append(p.Links, one.Links...)
	p.Sync = append(p.Sync, one.Sync...)
	p.Outputs = append(p.Outputs, one.Outputs...)
}

// neighbours finds resources of this store and of those beside it, each read once and only
// when it is asked for.
func neighbours(f clientele.File, own map[string]*record) lookup {
	read := map[string]map[string]*record{}
	return func(id string) *doc.Node {
		if r := own[id]; r != nil {
			return r.now
		}
		model := storeOf[strings.SplitN(id, "_", 2)[0]]
		if model == "" || f.Sibling == nil {
			return nil
		}
		if read[model] == nil {
			b, _ := f.Sibling("insomnia." + model + ".db")
			lines, _ := doc.JSONLines(b)
			_, read[model] = replay(lines)
		}
		if r := read[model][id]; r != nil {
			return r.now
		}
		return nil
	}
}

// storeOf tells from an id's prefix which store it is in.
var storeOf = map[string]string{
	"fld": "RequestGroup", "wrk": "Workspace", "req": "Request", "greq": "GrpcRequest", "ws-req": "WebSocketRequest",
	"socketio-req": "SocketIORequest", "mcp-req": "McpRequest", "env": "Environment", "uts": "UnitTestSuite", "mock": "MockServer",
}
