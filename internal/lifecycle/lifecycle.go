// Package lifecycle takes clients from claim to tombstone: who answers for them, what they
// asked for, who decided, what they were granted and until when, and how all of it ends.
//
//	scan ──▶ discovered ──claim──▶ claimed ──request──▶ requested ──approve──▶ active
//	request of a new client ───────────────────────────────┘ └─deny, expire──▶ rejected
//	active ◀──resume, approve── suspended ◀──release── quarantined
//	any of these ──retire──▶ retiring ──every credential tested dead──▶ retired
//
// The moves are clientele.Moves and nothing else. A request is one thing, the decisions on
// it are others, and the grants it led to are others again; each keeps its history. What
// must not be (a decision on one's own request, an export without limits) is refused by the
// tables as well as by the code.
//
// Days on which something is to happen are rows (Due), which Sweep picks up: nothing waits
// in memory.
package lifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
)

const day = 24 * time.Hour

// How long things may take.
const (
	DecideWithin   = 7 * day  // a request expires that nobody decided by then
	ResumeWithin   = 14 * day // later, a suspended client has to be asked for again
	Grace          = 14 * day // for a client without owner, before it is suspended from tier 2 on
	DormantAfter   = 45 * day
	UnusedAfter    = 90 * day
	ExpiringWithin = 14 * day
	VendorWarning  = 30 * day
)

// Page is a stretch of a list.
type Page struct {
	Limit int    // 0 stands for 50; 500 at most
	After string // the cursor that came with the stretch before
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 500)
}

// cut takes what is beyond the limit off and makes the cursor of the rest.
func cut[T any](all []T, limit int, cursor func(T) string) ([]T, string) {
	if len(all) <= limit {
		return all, ""
	}
	return all[:limit], cursor(all[limit-1])
}

// maxText bounds what a person may write here, in bytes.
const maxText = 4 << 10

// text checks something a person wrote. what names it: "the purpose".
func text(what, s string, need bool) error {
	switch {
	case need && strings.TrimSpace(s) == "":
		return clientele.Errorf(clientele.Invalid, "%s is missing", what)
	case len(s) > maxText:
		return clientele.Errorf(clientele.Limit, "%s has %d bytes, the limit is %d", what, len(s), maxText)
	case strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "") != s:
		return clientele.Errorf(clientele.Invalid, "%s is not plain text", what)
	}
	return nil
}

// person is an active person, or an Invalid that says what they were to be.
func person(ctx context.Context, tx *db.Tx, id, what string) (identity.Party, error) {
	p, err := party(ctx, tx, id, what)
	if err == nil && p.Kind != identity.KindPerson {
		err = clientele.Errorf(clientele.Invalid, "%s has to be a person", what)
	}
	return p, err
}

// party is an active person, team or service account.
func party(ctx context.Context, tx *db.Tx, id, what string) (identity.Party, error) {
	p, err := identity.GetParty(ctx, tx, id)
	switch {
	case clientele.KindOf(err) == clientele.NotFound:
		return p, clientele.Errorf(clientele.Invalid, "%s is nobody known here", what).WithHint("look them up: clientele person list")
	case err != nil:
		return p, err
	case !p.Active:
		return p, clientele.Errorf(clientele.Invalid, "%s has left", what)
	}
	return p, nil
}

// active reports whether the party is there and has not left.
func active(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	p, err := identity.GetParty(ctx, tx, id)
	if clientele.KindOf(err) == clientele.NotFound {
		return false, nil
	}
	return p.Active, err
}

// people are the active persons behind a party: itself, a team's members, those of the team
// that answers for a service account.
func people(ctx context.Context, tx *db.Tx, id string) ([]string, error) {
	if id == "" {
		return nil, nil
	}
	p, err := identity.GetParty(ctx, tx, id)
	if clientele.KindOf(err) == clientele.NotFound || err == nil && !p.Active {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch p.Kind {
	case identity.KindPerson:
		return []string{id}, nil
	case identity.KindTeam:
		return identity.Members(ctx, tx, id)
	}
	a, err := identity.GetAccount(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return identity.Members(ctx, tx, a.TeamID)
}

// named are the names of parties, for people to read.
func named(ctx context.Context, tx *db.Tx, ids []string) ([]string, error) {
	var names []string
	for _, id := range ids {
		p, err := identity.GetParty(ctx, tx, id)
		if clientele.KindOf(err) == clientele.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		names = append(names, p.Name)
	}
	return names, nil
}

// governed reads the client that an act is about and asks policy.
func governed(act *guard.Act, id clientele.ClientID) (inventory.Client, error) {
	c, err := inventory.Get(act.Context(), act.Tx, id)
	if err != nil {
		return c, err
	}
	if err := act.Allow(c.Resource()); err != nil {
		return c, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	return c, nil
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("lifecycle: encode %T: %v", v, err)) // plain structs always can be
	}
	return string(b)
}

// orNull is an optional reference as it stands in a column with a foreign key.
func orNull(id string) any {
	if id == "" {
		return nil
	}
	return id
}

// truth scans a column of 0 or 1.
type truth struct{ to *bool }

func (t truth) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a truth is a %T", v)
	}
	*t.to = n == 1
	return nil
}

// unique sorts and takes doubles and the empty text out.
func unique(list []string) []string {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
