package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/lifecycle"
	"github.com/clientele/clientele/internal/notice"
	"github.com/clientele/clientele/internal/review"
)

// writer writes messages from what is known when they are sent.
type writer struct {
	ctx  context.Context
	tx   *db.Tx
	base string
	now  time.Time
}

// texts are the messages by their kinds. One that returns false has nothing to say any more.
var texts = map[string]func(writer, facts) (notice.Message, bool, error){
	RequestDecide:    writer.requestDecide,
	RequestDecided:   writer.requestDecided,
	ReviewDecide:     writer.reviewDecide,
	ReviewMissed:     writer.reviewMissed,
	ClientSuspended:  writer.clientSuspended,
	ClientQuarantine: writer.clientQuarantined,
	PersonLeft:       writer.personLeft,
	BreakGlassUsed:   writer.breakGlass,
	GrantExpiring:    writer.grantExpiring,
	VendorEnding:     writer.vendorEnding,
	CredentialLeaked: writer.credentialLeaked,
	PolicyActivated:  writer.policyActivated,
	CheckpointUnheld: writer.checkpointUnheld,
}

// message writes the message of a notice, without id and recipient.
func (w writer) message(kind string, f facts) (notice.Message, bool, error) {
	write := texts[kind]
	if write == nil {
		return notice.Message{}, false, fmt.Errorf("a notice of the unknown kind %q", kind)
	}
	m, ok, err := write(w, f)
	if clientele.KindOf(err) == clientele.NotFound {
		return m, false, nil
	}
	m.Kind, m.At = kind, f.HappenedAt
	return m, ok, err
}

// who is a name for an actor or a party; nobody's is shown whose data was shredded.
func (w writer) who(actor string) (string, error) {
	if i := strings.IndexByte(actor, ':'); i >= 0 {
		if actor[:i] == string(clientele.SystemActor) {
			return "Clientele", nil
		}
		actor = actor[i+1:]
	}
	p, err := identity.GetParty(w.ctx, w.tx, actor)
	if clientele.KindOf(err) == clientele.NotFound || err == nil && p.Name == "" {
		return "someone who left", nil
	}
	return p.Name, err
}

func (w writer) client(f facts) (inventory.Client, error) {
	return inventory.Get(w.ctx, w.tx, clientele.ClientID(f.Client))
}

func (w writer) link(label, path, id string) []notice.Link {
	return []notice.Link{{Label: label, URL: w.base + path + id}}
}

func (w writer) requestDecide(f facts) (notice.Message, bool, error) {
	r, err := lifecycle.GetRequest(w.ctx, w.tx, f.Request)
	if err != nil || r.State != lifecycle.Pending || !r.ExpiresAt.After(w.now) {
		return notice.Message{}, false, err
	}
	c, err := inventory.Get(w.ctx, w.tx, r.Client)
	if err != nil {
		return notice.Message{}, false, err
	}
	who, err := w.who(r.Requester)
	if err != nil {
		return notice.Message{}, false, err
	}
	m := notice.Message{
		Subject: fmt.Sprintf("%s asks for access for %s", who, c.Name),
		Lines:   append([]string{"Purpose: " + r.Purpose}, asked(r)...),
		Act: &notice.Act{
			Ask: "approve or deny the request for " + c.Name, Until: r.ExpiresAt, Otherwise: "it expires and nothing is granted",
			Label: "Decide on " + c.Name, URL: w.base + "/requests/" + r.ID,
		},
		More: w.link("The client", "/clients/", string(c.ID)),
	}
	if f.Reminder {
		m.Subject = "Still waiting: " + m.Subject
	}
	return m, true, nil
}

// asked says how much is asked for.
func asked(r lifecycle.Request) []string {
	verbs := map[clientele.Verb]int{}
	for _, s := range r.Scopes {
		verbs[s.Verb]++
	}
	var parts []string
	for _, v := range clientele.Verbs {
		if verbs[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s at %d", v, verbs[v]))
		}
	}
	return []string{fmt.Sprintf("In %s, tier %d, for %s: %s.", r.Environment, r.Outlook.Tier, span(r.Granted), strings.Join(parts, ", "))}
}

func (w writer) requestDecided(f facts) (notice.Message, bool, error) {
	r, err := lifecycle.GetRequest(w.ctx, w.tx, f.Request)
	if err != nil {
		return notice.Message{}, false, err
	}
	c, err := inventory.Get(w.ctx, w.tx, r.Client)
	if err != nil {
		return notice.Message{}, false, err
	}
	m := notice.Message{
		Subject: fmt.Sprintf("Your request for %s was %s", c.Name, r.State),
		More:    w.link("The request", "/requests/", r.ID),
	}
	switch r.State {
	case lifecycle.Approved:
		m.Lines = []string{fmt.Sprintf("%s may now do what was granted, for %s.", c.Name, span(r.Granted))}
	case lifecycle.Denied:
		m.Lines = []string{"The reason stands with the request. A new request may ask for less."}
	default:
		m.Subject = fmt.Sprintf("Your request for %s has ended without a decision", c.Name)
		m.Lines = []string{"You may ask again."}
	}
	return m, true, nil
}

func (w writer) reviewDecide(f facts) (notice.Message, bool, error) {
	r, err := review.Get(w.ctx, w.tx, f.Review)
	if err != nil || r.State != review.Open {
		return notice.Message{}, false, err
	}
	m := notice.Message{
		Subject: "Review " + r.ClientName,
		Lines:   []string{fmt.Sprintf("Of its access, %d are new, %d changed, %d were not used.", r.Delta.New, r.Delta.Changed, r.Delta.Unused)},
		Act: &notice.Act{
			Ask: "keep, narrow, hand over or retire " + r.ClientName, Until: r.DueAt, Otherwise: "it is passed on, and in the end suspended",
			Label: "Review " + r.ClientName, URL: w.base + "/reviews/" + r.ID,
		},
		More: w.link("The client", "/clients/", string(r.Client)),
	}
	if f.Reminder {
		m.Subject = "Still to review: " + r.ClientName
	}
	return m, true, nil
}

func (w writer) reviewMissed(f facts) (notice.Message, bool, error) {
	c, err := w.client(f)
	return notice.Message{
		Subject: "The review of " + c.Name + " was missed",
		Lines:   []string{fmt.Sprintf("The client is %s now. If it was suspended, its owner may resume it within %s.", c.State, span(lifecycle.ResumeWithin))},
		More:    w.link("The client", "/clients/", f.Client),
	}, err == nil, err
}

func (w writer) clientSuspended(f facts) (notice.Message, bool, error) {
	c, err := w.client(f)
	if err != nil || c.State != clientele.Suspended {
		return notice.Message{}, false, err
	}
	who, err := w.who(f.Actor)
	if err != nil {
		return notice.Message{}, false, err
	}
	by := "It was suspended by " + who + "."
	if f.Rule != "" {
		by = "It was suspended by a rule: " + f.Rule + "."
	}
	return notice.Message{
		Subject: c.Name + " was suspended",
		Lines:   []string{by, "It may do nothing until it is resumed. Nothing was deleted."},
		Act: &notice.Act{
			Ask: "resume, hand over or retire " + c.Name, Until: f.HappenedAt.Add(lifecycle.ResumeWithin), Otherwise: "it has to be asked for again",
			Label: "See " + c.Name, URL: w.base + "/clients/" + f.Client,
		},
	}, true, nil
}

func (w writer) clientQuarantined(f facts) (notice.Message, bool, error) {
	c, err := w.client(f)
	return notice.Message{
		Subject: c.Name + " was quarantined",
		Lines:   []string{"A leak or an unsafe machine is being looked into. It may do nothing until security releases it."},
		More:    w.link("The client", "/clients/", f.Client),
	}, err == nil, err
}

func (w writer) personLeft(f facts) (notice.Message, bool, error) {
	who, err := w.who(f.Person)
	return notice.Message{
		Subject: who + " has left",
		Lines: []string{
			fmt.Sprintf("Personal clients were suspended. %d others need a new owner, and %d credentials could be seen.", f.HandOver, f.Exposed),
		},
		More: w.link("The leaver report", "/leavers/", f.Person),
	}, err == nil, err
}

func (w writer) breakGlass(f facts) (notice.Message, bool, error) {
	who, err := w.who(f.Actor)
	if err != nil {
		return notice.Message{}, false, err
	}
	c, err := w.client(f)
	return notice.Message{
		Subject: who + " took emergency access to " + c.Name,
		Lines:   []string{"Incident: " + f.Incident, "It ends by itself within an hour. You are told at the same time as one other person."},
		More:    w.link("The client", "/clients/", f.Client),
	}, err == nil, err
}

func (w writer) grantExpiring(f facts) (notice.Message, bool, error) {
	c, err := w.client(f)
	if err != nil || c.State != clientele.Active || !f.Until.After(w.now) {
		return notice.Message{}, false, err
	}
	return notice.Message{
		Subject: "Access of " + c.Name + " ends soon",
		Act: &notice.Act{
			Ask: "ask to extend what " + c.Name + " still needs", Until: f.Until, Otherwise: "that access ends",
			Label: "See what ends", URL: w.base + "/clients/" + f.Client,
		},
	}, true, nil
}

func (w writer) vendorEnding(f facts) (notice.Message, bool, error) {
	c, err := w.client(f)
	if err != nil || !c.State.Live() || !c.Vendor.ContractEnd.Equal(f.Until) {
		return notice.Message{}, false, err // another end was agreed upon
	}
	return notice.Message{
		Subject: "The contract behind " + c.Name + " ends",
		Lines:   []string{"Vendor: " + c.Vendor.Name},
		Act: &notice.Act{
			Ask: "record the contract's new end, or retire " + c.Name, Until: f.Until, Otherwise: "it stays reachable by a vendor without a contract",
			Label: "See " + c.Name, URL: w.base + "/clients/" + f.Client,
		},
	}, true, nil
}

func (w writer) credentialLeaked(f facts) (notice.Message, bool, error) {
	m := notice.Message{
		Subject: "A credential was declared leaked",
		Lines:   []string{"Replace it, and have the old one tested dead."},
		More:    w.link("The audit", "/audit?object=", f.Object),
	}
	if f.Client == "" {
		return m, true, nil
	}
	c, err := w.client(f)
	m.Subject = "A credential of " + c.Name + " was declared leaked"
	m.More = w.link("The client", "/clients/", f.Client)
	return m, err == nil, err
}

func (w writer) policyActivated(f facts) (notice.Message, bool, error) {
	who, err := w.who(f.Actor)
	return notice.Message{
		Subject: fmt.Sprintf("Policies, version %s, are in force", f.Version),
		Lines:   []string{"Put in force by " + who + "."},
		More:    w.link("The policies", "/policies", ""),
	}, err == nil, err
}

func (w writer) checkpointUnheld(facts) (notice.Message, bool, error) {
	return notice.Message{
		Subject: "Nobody else holds a checkpoint of the audit",
		Lines:   []string{"Whoever has the database and its key could rewrite the log unseen. A witness on another machine ends that."},
		More:    w.link("How to set one up", "/audit", ""),
	}, true, nil
}
