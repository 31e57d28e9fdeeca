package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/policy"
)

// Credential is a secret that stands in the files of one or more clients. Its value is not
// known here; the hash of its fingerprint tells it from others.
type Credential struct {
	ID                  string
	Role                clientele.Role
	Class               clientele.Class // literal or obfuscated
	Provider            string
	Weak                bool // "changeme" and the like
	ExpiresAt           time.Time
	LeakedAt, ClearedAt time.Time // leaked now if LeakedAt is set and ClearedAt is not
	FirstSeen, LastSeen time.Time
	Clients             int64 // how many hold it now
}

// Leaked reports whether it counts as known to others.
func (c Credential) Leaked() bool { return !c.LeakedAt.IsZero() && c.ClearedAt.IsZero() }

// Resource is the credential as policy sees it.
func (c Credential) Resource() policy.Resource {
	return policy.Resource{Type: "Credential", ID: c.ID, Attrs: map[string]any{"role": string(c.Role), "provider": c.Provider, "leaked": c.Leaked(),
		"approvers": []string{"anyone with the system role security"}}}
}

const credentialColumns = `k.id, k.role, k.class, k.provider, k.weak, k.expires_at, k.leaked_at, k.cleared_at, k.first_seen, k.last_seen,
	(SELECT COUNT(DISTINCT p.client_id) FROM credential_place AS p WHERE p.credential_id = k.id AND p.gone_at = 0)`

func credentials(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Credential, error) {
	var all []Credential
	err := tx.Each(ctx, query, args, func(r db.Row) error {
		var c Credential
		err := r.Scan(&c.ID, &c.Role, &c.Class, &c.Provider, truth{&c.Weak}, instant{&c.ExpiresAt}, instant{&c.LeakedAt}, instant{&c.ClearedAt}, instant{&c.FirstSeen}, instant{&c.LastSeen}, &c.Clients)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	return all, nil
}

// GetCredential reads a credential. The error is NotFound if there is none.
func GetCredential(ctx context.Context, tx *db.Tx, id string) (Credential, error) {
	all, err := credentials(ctx, tx, "SELECT "+credentialColumns+" FROM credential AS k WHERE k.id = ?", id)
	if err != nil {
		return Credential{}, err
	}
	if len(all) == 0 {
		return Credential{}, guard.NotFound("Credential")
	}
	return all[0], nil
}

// FindCredential reads the credential with a fingerprint, as scans send it. The error is
// NotFound if there is none.
func (in *Intake) FindCredential(ctx context.Context, tx *db.Tx, fingerprint string) (Credential, error) {
	all, err := credentials(ctx, tx, "SELECT "+credentialColumns+" FROM credential AS k WHERE k.hash = ?", in.sum("credential", fingerprint))
	if err != nil {
		return Credential{}, err
	}
	if len(all) == 0 {
		return Credential{}, guard.NotFound("Credential")
	}
	return all[0], nil
}

// CredentialsOf lists the secrets that stand in a client's files now.
func CredentialsOf(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Credential, error) {
	return credentials(ctx, tx, "SELECT "+credentialColumns+` FROM credential AS k
		WHERE k.id IN (SELECT p.credential_id FROM credential_place AS p WHERE p.client_id = ? AND p.gone_at = 0) ORDER BY k.id`, string(id))
}

// Reuse is a credential with the clients that hold it.
type Reuse struct {
	Credential
	In []clientele.ClientID // up to 100
}

// Shared lists the credentials of a client that other clients hold, too.
func Shared(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]Reuse, error) {
	list, err := credentials(ctx, tx, "SELECT "+credentialColumns+` FROM credential AS k
		WHERE k.holders > 1 AND k.id IN (SELECT p.credential_id FROM credential_place AS p WHERE p.client_id = ? AND p.gone_at = 0) ORDER BY k.id`, string(id))
	if err != nil {
		return nil, err
	}
	return holders(ctx, tx, list)
}

// Reused lists the credentials that two or more clients hold, by id.
func Reused(ctx context.Context, tx *db.Tx, p Page) ([]Reuse, string, error) {
	limit := p.limit()
	list, err := credentials(ctx, tx, "SELECT "+credentialColumns+" FROM credential AS k WHERE k.holders > 1 AND k.id > ? ORDER BY k.id LIMIT ?", p.After, limit+1)
	if err != nil {
		return nil, "", err
	}
	list, next := cutPage(list, limit, func(c Credential) string { return c.ID })
	all, err := holders(ctx, tx, list)
	return all, next, err
}

func holders(ctx context.Context, tx *db.Tx, list []Credential) ([]Reuse, error) {
	all := make([]Reuse, len(list))
	for i, c := range list {
		all[i].Credential = c
		err := tx.Each(ctx, "SELECT DISTINCT client_id FROM credential_place WHERE credential_id = ? AND gone_at = 0 ORDER BY client_id LIMIT 100", []any{c.ID}, func(r db.Row) error {
			var id clientele.ClientID
			err := r.Scan(&id)
			all[i].In = append(all[i].In, id)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read who holds a credential: %w", err)
		}
	}
	return all, nil
}

// CredentialPlace is where a secret stands, or stood.
type CredentialPlace struct {
	Client              clientele.ClientID
	CredentialID        string
	Host, File          string
	Path                []string
	Line                int
	Name                string
	Excerpt             string // a publicly known prefix and the last two characters at most
	Principal           string // the user name or key id that goes with it
	FirstSeen, LastSeen time.Time
	GoneAt              time.Time // zero: it stands there
}

// CredentialPlaces lists where a client's secrets stand, or stood, up to 500 places.
func CredentialPlaces(ctx context.Context, tx *db.Tx, id clientele.ClientID) ([]CredentialPlace, error) {
	return places(ctx, tx, "client_id = ? ORDER BY gone_at, credential_id, host, place, slot LIMIT 500", string(id))
}

// PlacesOf lists where a credential stands, or stood, up to 500 places.
func PlacesOf(ctx context.Context, tx *db.Tx, credentialID string) ([]CredentialPlace, error) {
	return places(ctx, tx, "credential_id = ? ORDER BY gone_at, client_id, host, place, slot LIMIT 500", credentialID)
}

func places(ctx context.Context, tx *db.Tx, where, id string) ([]CredentialPlace, error) {
	var all []CredentialPlace
	err := tx.Each(ctx, "SELECT client_id, credential_id, host, file, path, line, name, excerpt, principal, first_seen, last_seen, gone_at FROM credential_place WHERE "+where, []any{id}, func(r db.Row) error {
		var p CredentialPlace
		err := r.Scan(&p.Client, &p.CredentialID, &p.Host, &p.File, list{&p.Path}, &p.Line, &p.Name, &p.Excerpt, &p.Principal, instant{&p.FirstSeen}, instant{&p.LastSeen}, instant{&p.GoneAt})
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read where secrets stand: %w", err)
	}
	return all, nil
}

// Exposed lists the secrets that a party could have seen, for the day they leave: those
// of clients they own or owned, stand or stood in for, look after or sponsor, and those
// sighted on their machines. What is gone from the files is among them: it was seen.
func Exposed(ctx context.Context, tx *db.Tx, partyID string) ([]Credential, error) {
	if partyID == "" {
		return nil, nil
	}
	return credentials(ctx, tx, "SELECT "+credentialColumns+` FROM credential AS k WHERE k.id IN (
		SELECT p.credential_id FROM credential_place AS p WHERE p.client_id IN (
			SELECT o.client_id FROM ownership AS o WHERE o.owner_id = ?
			UNION SELECT o.client_id FROM ownership AS o WHERE o.backup_id = ?
			UNION SELECT c.id FROM client AS c WHERE c.owner_id = ?
			UNION SELECT c.id FROM client AS c WHERE c.backup_id = ? AND c.backup_id <> ''
			UNION SELECT c.id FROM client AS c WHERE c.steward_id = ? AND c.steward_id <> ''
			UNION SELECT c.id FROM client AS c WHERE c.vendor_sponsor_id = ? AND c.vendor_sponsor_id <> '')
		UNION SELECT p.credential_id FROM credential_place AS p WHERE p.host IN (SELECT h.host FROM host AS h WHERE h.person_id = ? AND h.person_id <> '')
		) ORDER BY k.id`, partyID, partyID, partyID, partyID, partyID, partyID, partyID)
}

// Leak declares a credential known to others: an act of its own, credential:leak. What
// becomes of the clients that hold it is decided a floor above.
func Leak(act *guard.Act, id, reason string) (Credential, error) {
	return setLeak(act, id, reason, true)
}

// ClearLeak declares a leak contained: an act of its own, credential:clear.
func ClearLeak(act *guard.Act, id, reason string) (Credential, error) {
	return setLeak(act, id, reason, false)
}

func setLeak(act *guard.Act, id, reason string, leaked bool) (Credential, error) {
	c, err := GetCredential(act.Context(), act.Tx, id)
	if err != nil {
		return Credential{}, err
	}
	if err := act.Allow(c.Resource()); err != nil {
		return Credential{}, err
	}
	switch {
	case reason == "" || len(reason) > maxMessage:
		return Credential{}, clientele.Errorf(clientele.Invalid, "say why, in up to %d bytes", maxMessage)
	case c.Leaked() && leaked:
		return Credential{}, clientele.Errorf(clientele.Conflict, "the credential is known as leaked already")
	case !c.Leaked() && !leaked:
		return Credential{}, clientele.Errorf(clientele.Conflict, "the credential is not known as leaked")
	}
	if leaked {
		c.LeakedAt, c.ClearedAt = act.At, time.Time{}
	} else {
		c.ClearedAt = act.At
	}
	_, err = act.Tx.Exec(act.Context(), "UPDATE credential SET leaked_at = ?, cleared_at = ? WHERE id = ?", db.Micro(c.LeakedAt), db.Micro(c.ClearedAt), id)
	if err != nil {
		return Credential{}, fmt.Errorf("write a leak: %w", err)
	}
	act.Detail("clients", c.Clients)
	act.Private("reason", reason)
	return c, nil
}
