package identity

import (
	"fmt"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// LinkTTL is how long a one-time link waits to be used.
const LinkTTL = 15 * time.Minute

// NewLink makes the secret of a one-time link by which a person signs in, and voids those
// they had. Whoever holds it is that person for once: it is for the first start, and for
// people of a house without an identity provider. Nobody makes one for a person whom an
// identity provider vouches for, but the system at its start.
func NewLink(act *guard.Act, personID string) (clientele.Plaintext, error) {
	p, err := listed(act.Context(), act.Tx, personID)
	if err != nil {
		return clientele.Plaintext{}, err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return clientele.Plaintext{}, err
	}
	if p.Subject != "" && act.Actor.Kind != clientele.SystemActor {
		return clientele.Plaintext{}, guard.Deny("identity-provider-vouches", "this person signs in through the identity provider").
			WithHint("let them sign in there; if they cannot: clientele person unlink %s", p.ID)
	}
	if !p.Active {
		return clientele.Plaintext{}, clientele.Errorf(clientele.Conflict, "this person has left").WithHint("bring them back first: clientele person return %s", p.ID)
	}
	secret, hash := newSecret(linkPrefix)
	now := db.Micro(act.At)
	if err := each(act, []statement{
		{"DELETE FROM login_link WHERE person_id = ?", []any{p.ID}},
		{"INSERT INTO login_link (hash, person_id, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
			[]any{hash, p.ID, act.Actor.ID, now, db.Micro(act.At.Add(LinkTTL))}},
	}); err != nil {
		return clientele.Plaintext{}, fmt.Errorf("make a link: %w", err)
	}
	return secret, nil
}

// UseLink begins a session with a one-time link's secret, once. Its act is the system's:
// nobody is signed in yet.
func UseLink(act *guard.Act, link clientele.Plaintext, how How) (Signed, error) {
	if !is(link, linkPrefix) {
		return Signed{}, errLink()
	}
	hash := hashOf(link)
	var personID string
	err := act.Tx.Row(act.Context(), "SELECT person_id FROM login_link WHERE hash = ? AND used_at = 0 AND expires_at > ?",
		[]any{hash, db.Micro(act.At)}, &personID)
	if guard.NoRows(err) {
		return Signed{}, errLink()
	}
	if err != nil {
		return Signed{}, fmt.Errorf("look a link up: %w", err)
	}
	s, err := Begin(act, personID, how)
	if err != nil {
		return Signed{}, err
	}
	n, err := act.Tx.Exec(act.Context(), "UPDATE login_link SET used_at = ? WHERE hash = ? AND used_at = 0", db.Micro(act.At), hash)
	if err != nil {
		return Signed{}, fmt.Errorf("use a link: %w", err)
	}
	if n != 1 {
		return Signed{}, errLink()
	}
	act.Detail("by", "link")
	return s, nil
}

func errLink() error {
	return clientele.Errorf(clientele.Unauthenticated, "this link was used, has expired, or is none").WithHint("ask for a new one")
}
