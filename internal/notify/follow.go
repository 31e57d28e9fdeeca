package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/review"
)

// follower is the name of the position in the log.
const follower = "notify"

// maxEntries are turned into notices at once.
const maxEntries = 100

// Follow turns the next entries of the log into notices and returns how many entries that
// were. Notices and position are one transaction.
func (n *Notifier) Follow(ctx context.Context) (int, error) {
	news := false
	err := n.c.DB.Read(ctx, func(tx *db.Tx) error { // most of the time there are none: do not lock
		from, err := audit.Position(ctx, tx, follower)
		if err != nil {
			return err
		}
		var size int64
		err = tx.Row(ctx, "SELECT size FROM log_head WHERE id = 1", nil, &size)
		news = size > from
		return err
	})
	if err != nil || !news {
		return 0, err
	}
	did := 0
	err = n.c.DB.Write(ctx, func(tx *db.Tx) error {
		from, err := audit.Position(ctx, tx, follower)
		if err != nil {
			return err
		}
		entries, to, err := audit.Follow(ctx, tx, follower, maxEntries)
		if err != nil {
			return err
		}
		if did = int(to - from); did == 0 {
			return nil
		}
		for _, e := range entries {
			m := n.maker(ctx, tx)
			if err := m.entry(e); err != nil {
				return err
			}
		}
		return audit.Advance(ctx, tx, follower, from, to, n.now())
	})
	if clientele.KindOf(err) == clientele.Conflict {
		return 0, nil // another process was faster
	}
	if err != nil {
		return 0, err
	}
	return did, nil
}

// maker makes the notices of one cause.
type maker struct {
	ctx   context.Context
	tx    *db.Tx
	n     *Notifier
	now   time.Time
	cause string
	seq   int64
	salt  string // tells this cause from one of the same name in a log that was restored
}

func (n *Notifier) maker(ctx context.Context, tx *db.Tx) *maker {
	return &maker{ctx: ctx, tx: tx, n: n, now: n.now(), seq: -1}
}

// makers are the acts that people are told of.
var makers = map[string]func(*maker, clientele.Entry, facts) error{
	"request:create":    (*maker).asked,
	"request:escalate":  (*maker).askedAgain,
	"request:approve":   (*maker).decided,
	"request:deny":      (*maker).decided,
	"request:expire":    (*maker).decided,
	"review:open":       (*maker).reviewed,
	"review:escalate":   (*maker).reviewed,
	"review:miss":       (*maker).missed,
	"client:suspend":    (*maker).suspended,
	"client:quarantine": (*maker).quarantined,
	"person:leave":      (*maker).left,
	"break_glass:use":   (*maker).glass,
	"credential:leak":   (*maker).leaked,
	"policy:activate":   (*maker).policies,
}

func (m *maker) entry(e clientele.Entry) error {
	do := makers[e.Act]
	if do == nil || e.Outcome != clientele.Done {
		return nil
	}
	m.cause, m.seq = "entry:"+itoa(e.Seq), e.Seq
	m.salt = e.At.Format(time.RFC3339Nano) + " " + e.Act + " " + e.Object
	f := facts{Actor: e.Actor, Rule: e.Rule, Client: string(e.Client), Object: e.Object, HappenedAt: e.At}
	err := do(m, e, f)
	if clientele.KindOf(err) == clientele.NotFound {
		return nil // it is gone: there is nothing to say of it
	}
	return err
}

// asked tells those who may decide on a request, unless that was done meanwhile.
func (m *maker) asked(e clientele.Entry, f facts) error {
	r, err := m.request(e, &f)
	if err != nil || r.State != lifecycle.Pending {
		return err
	}
	f.Until = r.ExpiresAt
	return m.tell(RequestDecide, "request:"+r.ID, f, r.Eligible...)
}

func (m *maker) askedAgain(e clientele.Entry, f facts) error {
	r, err := m.request(e, &f)
	if err != nil || r.State != lifecycle.Pending {
		return err
	}
	f.Until, f.Reminder = r.ExpiresAt, true
	return m.tell(RequestDecide, "request:"+r.ID, f, list(e.Details["notify"])...)
}

// decided tells who asked, once all decisions are there.
func (m *maker) decided(e clientele.Entry, f facts) error {
	r, err := m.request(e, &f)
	if err != nil || r.State == lifecycle.Pending || e.Act == "request:approve" && e.Details["complete"] != true {
		return err
	}
	return m.tell(RequestDecided, "request:"+r.ID, f, r.Requester)
}

// request reads the request an entry is about.
func (m *maker) request(e clientele.Entry, f *facts) (lifecycle.Request, error) {
	f.Request = text(e.Details["request"])
	if f.Request == "" {
		f.Request = id(e.Object, "request")
	}
	return lifecycle.GetRequest(m.ctx, m.tx, f.Request)
}

func (m *maker) reviewed(e clientele.Entry, f facts) error {
	f.Review = id(e.Object, "review")
	r, err := review.Get(m.ctx, m.tx, f.Review)
	if err != nil || r.State != review.Open || e.Details["added"] == true {
		return err
	}
	f.Until, f.Reminder = r.DueAt, e.Act == "review:escalate"
	who := r.ReviewerID
	if who == "" {
		who = "role:" + string(clientele.SecurityRole)
	}
	return m.tell(ReviewDecide, "review:"+r.ID, f, who)
}

func (m *maker) missed(e clientele.Entry, f facts) error {
	f.Review = id(e.Object, "review")
	return m.tellOwners(ReviewMissed, f)
}

// suspended tells the owners, unless the missed review that caused it tells them already.
func (m *maker) suspended(e clientele.Entry, f facts) error {
	if strings.HasPrefix(e.Rule, "review missed") {
		return nil
	}
	return m.tellOwners(ClientSuspended, f)
}

func (m *maker) quarantined(_ clientele.Entry, f facts) error {
	return m.tellOwners(ClientQuarantine, f)
}

func (m *maker) left(e clientele.Entry, f facts) error {
	f.Person = text(e.Details["person"])
	if f.Person == "" {
		f.Person = id(e.Object, "person")
	}
	f.Exposed, f.HandOver = number(e.Details["exposed_credentials"]), number(e.Details["hand_over"])
	return m.tell(PersonLeft, "person:"+f.Person, f, "role:security")
}

// glass tells the two whom the entry names, the owner, and security if there are none.
func (m *maker) glass(e clientele.Entry, f facts) error {
	f.Incident = text(e.Details["incident"])
	to := list(e.Details["notify"])
	if len(to) < 2 {
		to = append(to, "role:security")
	}
	return m.tell(BreakGlassUsed, e.Object, f, append(to, e.Owner)...)
}

// leaked tells security, and the owners of all clients that hold the credential.
func (m *maker) leaked(e clientele.Entry, f facts) error {
	if err := m.tell(CredentialLeaked, e.Object, f, "role:security"); err != nil {
		return err
	}
	places, err := inventory.PlacesOf(m.ctx, m.tx, id(e.Object, "credential"))
	if err != nil {
		return err
	}
	clients := []string{f.Client}
	for _, p := range places {
		if c := string(p.Client); p.GoneAt.IsZero() && !slices.Contains(clients, c) {
			clients = append(clients, c)
		}
	}
	for _, c := range clients {
		f.Client = c
		if err := m.tellOwners(CredentialLeaked, f); err != nil && clientele.KindOf(err) != clientele.NotFound {
			return err
		}
	}
	return nil
}

func (m *maker) policies(e clientele.Entry, f facts) error {
	f.Version = id(e.Object, "policy")
	return m.tell(PolicyActivated, e.Object, f, "role:security", "role:admin")
}

// tellOwners tells a client's owner and backup, and security where there is none.
func (m *maker) tellOwners(kind string, f facts) error {
	if f.Client == "" {
		return nil
	}
	c, err := inventory.Get(m.ctx, m.tx, clientele.ClientID(f.Client))
	if err != nil {
		return err
	}
	to := []string{c.OwnerID, c.BackupID}
	if people, err := m.expand(to); err != nil {
		return err
	} else if len(people) == 0 {
		to = []string{"role:security"}
	}
	return m.tell(kind, "client:"+f.Client, f, to...)
}

// tell makes a notice for everybody behind the parties and roles.
func (m *maker) tell(kind, about string, f facts, to ...string) error {
	recipients, err := m.expand(to)
	if err != nil {
		return err
	}
	for _, r := range recipients {
		if err := m.insert(kind, about, r, f); err != nil {
			return err
		}
	}
	return nil
}

// expand is whom to tell, each once: active people, and roles and teams that have a channel
// of their own.
func (m *maker) expand(to []string) (out []string, err error) {
	seen := map[string]bool{}
	for _, who := range to {
		if seen[who] || who == "" {
			continue
		}
		seen[who] = true
		behind, err := m.behind(who)
		if err != nil {
			return nil, err
		}
		for _, b := range behind {
			if b == who || !seen[b] {
				out = append(out, b)
			}
			seen[b] = true
		}
	}
	return out, nil
}

func (m *maker) behind(who string) ([]string, error) {
	if _, ok := m.n.c.Routes[who]; ok {
		return []string{who}, nil
	}
	if role, ok := strings.CutPrefix(who, "role:"); ok {
		return identity.WithRole(m.ctx, m.tx, clientele.SystemRole(role))
	}
	p, err := identity.GetParty(m.ctx, m.tx, who)
	switch {
	case clientele.KindOf(err) == clientele.NotFound || err == nil && !p.Active:
		return nil, nil
	case err != nil:
		return nil, err
	case p.Kind == identity.KindTeam:
		return identity.Members(m.ctx, m.tx, who)
	case p.Kind == identity.KindPerson:
		return []string{who}, nil
	}
	a, err := identity.GetAccount(m.ctx, m.tx, who)
	if err != nil || a.TeamID == "" {
		return nil, err
	}
	return m.behind(a.TeamID)
}
