package reach

import (
	"context"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/inventory"
	"github.com/clientele/clientele/internal/policy"
)

// Credential is a credential with its mark: the beginning of the server's hash of it, by
// which people tell one from another and nobody tests a guess.
type Credential struct {
	inventory.Credential
	Mark string
}

const markLength = 12

// CredentialFilter says which credentials a list holds; empty fields leave it open.
type CredentialFilter struct {
	Client         clientele.ClientID // stands in its files now
	Role, Provider string
	Shared, Leaked bool
	VisibleTo      []string // stands in the files of a client that is one of theirs, or nobody's; nil: all
}

// Credentials lists credentials by id.
func Credentials(ctx context.Context, tx *db.Tx, f CredentialFilter, p inventory.Page) ([]Credential, string, error) {
	where, args := []string{"k.id > ?"}, []any{p.After}
	add := func(on bool, piece string, more ...any) {
		if on {
			where, args = append(where, piece), append(args, more...)
		}
	}
	add(f.Role != "", "k.role = ?", f.Role)
	add(f.Provider != "", "k.provider = ?", f.Provider)
	add(f.Shared, "k.holders > 1")
	add(f.Leaked, "k.leaked_at <> 0 AND k.cleared_at = 0")
	if f.Client != "" || f.VisibleTo != nil {
		held, heldArgs := visible(f.VisibleTo)
		if f.Client != "" {
			held, heldArgs = held+" AND c.id = ?", append(heldArgs, string(f.Client))
		}
		add(true, "EXISTS (SELECT 1 FROM credential_place AS x JOIN client AS c ON c.id = x.client_id WHERE x.credential_id = k.id AND x.gone_at = 0"+held+")", heldArgs...)
	}
	ids, next, err := page(ctx, tx, "SELECT k.id FROM credential AS k WHERE "+strings.Join(where, " AND ")+" ORDER BY k.id LIMIT ?", args, p)
	all := make([]Credential, 0, len(ids))
	for _, id := range ids {
		c, err := ReadCredential(ctx, tx, id)
		if err != nil {
			return nil, "", err
		}
		all = append(all, c)
	}
	return all, next, err
}

// ReadCredential reads a credential with its mark. The error is NotFound if there is none.
func ReadCredential(ctx context.Context, tx *db.Tx, id string) (Credential, error) {
	k, err := inventory.GetCredential(ctx, tx, id)
	if err != nil {
		return Credential{}, err
	}
	c := Credential{Credential: k}
	if err := tx.Row(ctx, "SELECT hash FROM credential WHERE id = ?", []any{id}, &c.Mark); err != nil {
		return Credential{}, fmt.Errorf("read a credential's mark: %w", err)
	}
	c.Mark = c.Mark[:min(len(c.Mark), markLength)]
	return c, nil
}

// CredentialSeenBy is a credential as policy sees it when someone asks who may own things
// under the ids: it is theirs, or nobody's, if such a client holds it.
func CredentialSeenBy(ctx context.Context, tx *db.Tx, k inventory.Credential, ids []string) (policy.Resource, error) {
	r := k.Resource()
	held, _, err := Holders(ctx, tx, k.ID, ids)
	if err != nil || len(held) == 0 {
		return r, err
	}
	c, err := inventory.Get(ctx, tx, held[0].ID)
	if err != nil {
		return r, err
	}
	of := c.Resource()
	for _, name := range []string{"owner", "backup", "team"} {
		r.Attrs[name] = of.Attrs[name]
	}
	return r, nil
}

// PlacesOf lists where a credential stands, or stood, up to Most places; to those who do not
// see every client, where it stands in the clients that they see.
func PlacesOf(ctx context.Context, tx *db.Tx, id string, holders []Client, visibleTo []string) ([]inventory.CredentialPlace, error) {
	if visibleTo == nil {
		return inventory.PlacesOf(ctx, tx, id)
	}
	var all []inventory.CredentialPlace
	for _, c := range holders {
		list, err := inventory.CredentialPlaces(ctx, tx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if p.CredentialID == id && len(all) < Most {
				all = append(all, p)
			}
		}
	}
	return all, nil
}
