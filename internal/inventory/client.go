// Package inventory keeps what is known of the clients: who they are, where they were seen,
// what they call, which secrets they hold, who answers for them, and what is wrong with
// them.
//
// It has the tables of 0004_inventory and is their only writer. Clients come from scans
// (Intake merges them) and from requests (Create); what may happen to them is the business
// of package lifecycle, which moves them by the functions here.
package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// Client is a governed client. Its sightings, endpoints, credentials and findings are read
// by functions of their own.
type Client struct {
	ID                                    clientele.ClientID
	Name, Tool, Kind                      string
	Environment                           string // one of clientele.Environments, or empty: not known
	State                                 clientele.State
	Tier                                  clientele.Tier
	OwnerID, BackupID, TeamID, StewardID  string    // ids of parties; OwnerID counts only once attested
	AttestedAt                            time.Time // zero: OwnerID was named by somebody else
	Personal                              bool      // one person's: see Intake
	Purpose                               string
	Vendor                                Vendor
	Replaces                              clientele.ClientID // the rejected client this one asks again for
	Risk                                  clientele.Severity // of its worst open finding
	HasSecrets                            bool               // a secret stands in its files now
	CreatedAt, UpdatedAt                  time.Time
	FirstSeenAt, LastSeenAt               time.Time // by scans; zero: never
	LastUsedAt, NextReviewAt, SuspendedAt time.Time // zero: never, none, not suspended
	Version                               int64     // grows with every change a person or rule makes

	n     int64  // its place in the order of arrival
	hosts string // of its endpoints, for the search
}

// Vendor is who else runs a client, if it is not run by the organisation itself. The zero
// value is a client that is not a vendor's.
type Vendor struct {
	Name, Contact string
	SponsorID     string // who answers for it inside
	Runbook       string // how its access is revoked, step by step
	ContractEnd   time.Time
	DrilledAt     time.Time // when the runbook was last run with success
}

// Resource is the client as policy sees it.
func (c Client) Resource() policy.Resource {
	approvers := []string{"anyone with the system role security"}
	for _, id := range []string{c.BackupID, c.OwnerID} {
		if id != "" {
			approvers = append([]string{id}, approvers...)
		}
	}
	return policy.Resource{Type: "Client", ID: string(c.ID), Attrs: map[string]any{
		"owner": c.OwnerID, "backup": c.BackupID, "team": c.TeamID, "steward": c.StewardID, "attested": !c.AttestedAt.IsZero(),
		"environment": c.Environment, "state": string(c.State), "kind": c.Kind, "tool": c.Tool, "tier": int(c.Tier),
		"vendor": c.Vendor.Name != "", "sponsor": c.Vendor.SponsorID, "personal": c.Personal, "approvers": approvers,
	}}
}

const clientColumns = `c.n, c.id, c.name, c.tool, c.kind, c.environment, c.state, c.tier, c.owner_id, c.backup_id, c.team_id, c.steward_id, c.attested_at,
	c.personal, c.purpose, c.vendor_name, c.vendor_contact, c.vendor_sponsor_id, c.vendor_runbook, c.vendor_contract_end, c.vendor_drilled_at,
	c.replaces, c.risk, c.has_secrets, c.created_at, c.updated_at, c.first_seen_at, c.last_seen_at, c.last_used_at, c.next_review_at,
	c.suspended_at, c.version, c.hosts`

// instant scans a column of microseconds.
type instant struct{ to *time.Time }

func (i instant) Scan(v any) error {
	us, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is a %T", v)
	}
	*i.to = db.Time(us)
	return nil
}

// truth scans a column of 0 or 1.
type truth struct{ to *bool }

func (t truth) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a truth is a %T", v)
	}
	*t.to = n != 0
	return nil
}

// scan reads a row of clientColumns, after the columns for more.
func (c *Client) scan(r db.Row, more ...any) error {
	return r.Scan(append(more,
		&c.n, &c.ID, &c.Name, &c.Tool, &c.Kind, &c.Environment, &c.State, &c.Tier, &c.OwnerID, &c.BackupID, &c.TeamID, &c.StewardID, instant{&c.AttestedAt},
		truth{&c.Personal}, &c.Purpose, &c.Vendor.Name, &c.Vendor.Contact, &c.Vendor.SponsorID, &c.Vendor.Runbook, instant{&c.Vendor.ContractEnd}, instant{&c.Vendor.DrilledAt},
		&c.Replaces, &c.Risk, truth{&c.HasSecrets}, instant{&c.CreatedAt}, instant{&c.UpdatedAt}, instant{&c.FirstSeenAt}, instant{&c.LastSeenAt}, instant{&c.LastUsedAt}, instant{&c.NextReviewAt},
		instant{&c.SuspendedAt}, &c.Version, &c.hosts)...)
}

// clients runs a query whose columns are clientColumns.
func clients(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Client, error) {
	var all []Client
	err := tx.Each(ctx, query, args, func(r db.Row) error {
		var c Client
		err := c.scan(r)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read clients: %w", err)
	}
	return all, nil
}

// Get reads a client. The error is NotFound if there is none.
func Get(ctx context.Context, tx *db.Tx, id clientele.ClientID) (Client, error) {
	all, err := clients(ctx, tx, "SELECT "+clientColumns+" FROM client AS c WHERE c.id = ?", string(id))
	if err != nil {
		return Client{}, err
	}
	if len(all) == 0 {
		return Client{}, guard.NotFound("Client")
	}
	return all[0], nil
}

// OwnedBy lists the clients that a party owns, stands in for, looks after or, for a
// vendor's, sponsors, and those of a team. What has ended is left out.
func OwnedBy(ctx context.Context, tx *db.Tx, partyID string) ([]Client, error) {
	if partyID == "" {
		return nil, nil
	}
	return clients(ctx, tx, "SELECT "+clientColumns+` FROM client AS c
		WHERE c.n IN (SELECT n FROM client WHERE owner_id = ?
			UNION SELECT n FROM client WHERE backup_id = ? AND backup_id <> ''
			UNION SELECT n FROM client WHERE team_id = ? AND team_id <> ''
			UNION SELECT n FROM client WHERE steward_id = ? AND steward_id <> ''
			UNION SELECT n FROM client WHERE vendor_sponsor_id = ? AND vendor_sponsor_id <> '')
		AND c.state NOT IN ('retired', 'rejected') ORDER BY c.n`, partyID, partyID, partyID, partyID, partyID)
}

// Create adds a client that no scan has to have seen, in a state that "" leads to. It makes
// the id, unless there is one, and sets the times and the version. It is no act of its own.
func Create(act *guard.Act, c *Client) error {
	if !slices.ContainsFunc(clientele.Moves, func(m clientele.Move) bool { return m.From == "" && m.To == c.State }) {
		return clientele.Errorf(clientele.Conflict, "a client does not begin as %s", c.State)
	}
	if err := c.check(); err != nil {
		return err
	}
	made := *c
	if made.ID == "" {
		made.ID = clientele.ClientID(act.NewID("cli"))
	}
	made.CreatedAt, made.UpdatedAt, made.Version = act.At, act.At, 1
	if err := insertClients(act, []*Client{&made}); err != nil {
		return err
	}
	if made.OwnerID != "" || made.TeamID != "" {
		if err := recordOwnership(act, &made); err != nil {
			return err
		}
	}
	act.About(made.ID, made.OwnerID, made.Environment)
	*c = made
	return nil
}

// Save writes what describes a client: name, environment, tier, steward, personal, purpose,
// vendor, what it replaces, and the times of use, review and suspension. State and owner
// have functions of their own. ifVersion is the version the change was made for; 0 stands
// for any. It is no act of its own.
func Save(act *guard.Act, c *Client, ifVersion int64) error {
	if ifVersion != 0 && c.Version != ifVersion {
		return changed(c.ID)
	}
	if err := c.check(); err != nil {
		return err
	}
	n, err := act.Tx.Exec(act.Context(), `UPDATE client SET name = ?, environment = ?, tier = ?, steward_id = ?, personal = ?, purpose = ?,
		vendor_name = ?, vendor_contact = ?, vendor_sponsor_id = ?, vendor_runbook = ?, vendor_contract_end = ?, vendor_drilled_at = ?,
		replaces = ?, last_used_at = ?, next_review_at = ?, suspended_at = ?, search = ?, updated_at = ?, version = version + 1
		WHERE id = ? AND version = ?`,
		c.Name, c.Environment, int64(c.Tier), c.StewardID, db.Bool(c.Personal), c.Purpose,
		c.Vendor.Name, c.Vendor.Contact, c.Vendor.SponsorID, c.Vendor.Runbook, db.Micro(c.Vendor.ContractEnd), db.Micro(c.Vendor.DrilledAt),
		string(c.Replaces), db.Micro(c.LastUsedAt), db.Micro(c.NextReviewAt), db.Micro(c.SuspendedAt), c.search(), db.Micro(act.At),
		string(c.ID), c.Version)
	if err != nil {
		return fmt.Errorf("save a client: %w", err)
	}
	if n == 0 {
		return changed(c.ID)
	}
	c.Version++
	c.UpdatedAt = act.At
	return reindex(act, []string{string(c.ID)})
}

// Move takes a client to the state that the event leads to by clientele.Moves; there is a
// Conflict if it leads nowhere. It says so in the act's entry, and is no act of its own.
func Move(act *guard.Act, c *Client, e clientele.Event) error {
	to, ok := c.State.Next(e)
	if !ok {
		return clientele.Errorf(clientele.Conflict, "a client that is %s cannot %s", c.State, strings.ReplaceAll(string(e), "_", " ")).
			WithHint("look at it again: it may have changed meanwhile")
	}
	next := *c
	next.State = to
	next.SuspendedAt = time.Time{}
	if to == clientele.Suspended {
		next.SuspendedAt = act.At
	}
	if err := next.ready(); err != nil {
		return err
	}
	n, err := act.Tx.Exec(act.Context(), "UPDATE client SET state = ?, suspended_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ? AND state = ?",
		string(to), db.Micro(next.SuspendedAt), db.Micro(act.At), string(c.ID), c.Version, string(c.State))
	if err != nil {
		return fmt.Errorf("move a client: %w", err)
	}
	if n == 0 {
		return changed(c.ID)
	}
	next.Version++
	next.UpdatedAt = act.At
	if err := recordState(act, &next); err != nil {
		return err
	}
	act.Detail("from", string(c.State))
	act.Detail("to", string(to))
	act.About(c.ID, c.OwnerID, c.Environment)
	*c = next
	return nil
}

// SetOwner names who answers for a client. attested says that the owner says so themselves.
// It is no act of its own.
func SetOwner(act *guard.Act, c *Client, ownerID, backupID, teamID string, attested bool) error {
	next := *c
	next.OwnerID, next.BackupID, next.TeamID, next.AttestedAt = ownerID, backupID, teamID, time.Time{}
	if attested {
		next.AttestedAt = act.At
	}
	if err := next.check(); err != nil {
		return err
	}
	n, err := act.Tx.Exec(act.Context(), "UPDATE client SET owner_id = ?, backup_id = ?, team_id = ?, attested_at = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?",
		ownerID, backupID, teamID, db.Micro(next.AttestedAt), db.Micro(act.At), string(c.ID), c.Version)
	if err != nil {
		return fmt.Errorf("set a client's owner: %w", err)
	}
	if n == 0 {
		return changed(c.ID)
	}
	next.Version++
	next.UpdatedAt = act.At
	if err := recordOwnership(act, &next); err != nil {
		return err
	}
	act.About(c.ID, ownerID, c.Environment)
	*c = next
	return nil
}

func changed(id clientele.ClientID) error {
	return clientele.Errorf(clientele.Conflict, "client %s was changed by somebody else meanwhile", id).WithHint("read it again and repeat the change")
}

// maxText bounds what a person may write of a client, in bytes.
const maxText = 16 << 10

// check holds what the tables hold, in words a person can use.
func (c *Client) check() error {
	switch {
	case c.BackupID != "" && c.BackupID == c.OwnerID:
		return guard.Deny("backup-is-not-owner", "the backup has to be someone other than the owner").WithHint("name another person or team as backup")
	case !c.AttestedAt.IsZero() && c.OwnerID == "":
		return clientele.Errorf(clientele.Invalid, "nobody attested to owning this client")
	case c.Environment != "" && !slices.Contains(clientele.Environments, c.Environment):
		return clientele.Errorf(clientele.Invalid, "there is no environment %q", c.Environment).WithHint("use one of %s", strings.Join(clientele.Environments, ", "))
	case c.Tier < 0 || c.Tier > 4:
		return clientele.Errorf(clientele.Invalid, "a tier is between 0 and 4")
	case !slices.Contains(kinds, clientele.Kind(c.Kind)):
		return clientele.Errorf(clientele.Invalid, "there is no kind of client %q", c.Kind).WithHint("use one of %s", joined(kinds))
	case c.Name == "" || len(c.Name) > maxName || unprintable(c.Name):
		return clientele.Errorf(clientele.Invalid, "a client's name has 1 to %d bytes on one line", maxName)
	case c.Tool == "" || len(c.Tool) > maxWord || unprintable(c.Tool):
		return clientele.Errorf(clientele.Invalid, "a client's tool has 1 to %d bytes on one line", maxWord)
	}
	for _, s := range []string{c.Purpose, c.Vendor.Name, c.Vendor.Contact, c.Vendor.Runbook} {
		if len(s) > maxText || strings.ContainsRune(s, 0) {
			return clientele.Errorf(clientele.Limit, "a text about a client has at most %d bytes", maxText)
		}
	}
	return c.ready()
}

// ready holds a vendor's client back until its revocation was tried out.
func (c *Client) ready() error {
	v := c.Vendor
	if v.Name == "" || c.State != clientele.Active || v.Runbook != "" && !v.DrilledAt.IsZero() && v.SponsorID != "" {
		return nil
	}
	return guard.Deny("vendor-runbook-drilled", "a vendor's client is active only with a sponsor, and a revocation runbook that was drilled").
		WithHint("record a drill: clientele vendor drill %s", c.ID)
}

// search is what the search looks in: the name first.
func (c *Client) search() string {
	s := strings.Join([]string{c.Name, c.Tool, c.Vendor.Name, c.Purpose, c.hosts}, " ")
	return strings.ToLower(cut(s, maxSearch))
}

// maxSearch bounds the text of one client that is searched, in bytes.
const maxSearch = 1000

// cut is s within a number of bytes, never ending in half a letter.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

var kinds = []clientele.Kind{clientele.APIClient, clientele.DataStoreClient, clientele.CLI, clientele.Agent, clientele.CIJob, clientele.Script, clientele.Browser, clientele.SourceCode}

func joined[S ~string](list []S) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(s))
	}
	return b.String()
}
