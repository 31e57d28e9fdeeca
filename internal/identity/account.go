package identity

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

// Account is a service account: what acts here and is not a person.
type Account struct {
	ID      string
	Name    string // unique, whatever the case
	TeamID  string // answers for it
	Purpose string
	Active  bool

	CreatedAt, UpdatedAt time.Time
	Version              int64
}

// Resource is the account as policy sees it: the same entity that it is when it acts.
func (a Account) Resource() policy.Resource {
	return policy.Resource{Type: "Machine", ID: a.ID, Attrs: map[string]any{"active": a.Active}}
}

func accounts(ctx context.Context, tx *db.Tx, rest string, args ...any) ([]Account, error) {
	var all []Account
	err := tx.Each(ctx, "SELECT id, name, team_id, purpose, active, created_at, updated_at, version FROM service_account "+rest, args, func(r db.Row) error {
		var a Account
		var created, updated int64
		err := r.Scan(&a.ID, &a.Name, &a.TeamID, &a.Purpose, (*flag)(&a.Active), &created, &updated, &a.Version)
		a.CreatedAt, a.UpdatedAt = db.Time(created), db.Time(updated)
		all = append(all, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read service accounts: %w", err)
	}
	return all, nil
}

// GetAccount is the service account with the id. None is a NotFound.
func GetAccount(ctx context.Context, tx *db.Tx, id string) (Account, error) {
	all, err := accounts(ctx, tx, "WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = guard.NotFound("Machine")
	}
	if err != nil {
		return Account{}, err
	}
	return all[0], nil
}

// ListAccounts is a part of the service accounts, and the cursor of the next.
func ListAccounts(ctx context.Context, tx *db.Tx, p Page) ([]Account, string, error) {
	all, err := accounts(ctx, tx, "WHERE id > ? ORDER BY id LIMIT ?", p.After, p.limit()+1)
	if err != nil {
		return nil, "", err
	}
	all, next := cut(all, p.limit(), func(a Account) string { return a.ID })
	return all, next, nil
}

// CreateAccount adds a service account and sets its id.
func CreateAccount(act *guard.Act, a *Account) error {
	a.ID, a.Active = act.NewID("svc"), true
	if err := act.Allow(a.Resource()); err != nil {
		return err
	}
	if err := checkAccount(act, a); err != nil {
		return err
	}
	a.Version, a.CreatedAt, a.UpdatedAt = 1, act.At, act.At
	act.Detail("team", a.TeamID)
	_, err := act.Tx.Exec(act.Context(), "INSERT INTO service_account (id, name, name_lower, team_id, purpose, active, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)",
		a.ID, a.Name, lower(a.Name), a.TeamID, a.Purpose, a.Version, db.Micro(a.CreatedAt), db.Micro(a.UpdatedAt))
	if err != nil {
		return fmt.Errorf("add a service account: %w", err)
	}
	return nil
}

// UpdateAccount changes a service account, if it is still of that version; 0 stands for any.
// One that is made inactive loses its tokens and system roles for good.
func UpdateAccount(act *guard.Act, a *Account, ifVersion int64) error {
	old, err := GetAccount(act.Context(), act.Tx, a.ID)
	if err != nil {
		return err
	}
	if err := act.Allow(old.Resource()); err != nil {
		return err
	}
	if ifVersion != 0 && old.Version != ifVersion {
		return clientele.Errorf(clientele.Conflict, "somebody changed this service account meanwhile").WithHint("look again, then change it")
	}
	if err := checkAccount(act, a); err != nil {
		return err
	}
	a.Version, a.CreatedAt, a.UpdatedAt = old.Version+1, old.CreatedAt, act.At
	act.Detail("team", a.TeamID)
	act.Detail("active", a.Active)
	all := []statement{{"UPDATE service_account SET name = ?, name_lower = ?, team_id = ?, purpose = ?, active = ?, version = ?, updated_at = ? WHERE id = ?",
		[]any{a.Name, lower(a.Name), a.TeamID, a.Purpose, db.Bool(a.Active), a.Version, db.Micro(a.UpdatedAt), a.ID}}}
	if !a.Active {
		all = append(all,
			statement{"UPDATE token SET revoked_at = ? WHERE service_account_id = ? AND revoked_at = 0", []any{db.Micro(act.At), a.ID}},
			statement{"UPDATE role_grant SET ended_by = ?, ended_at = ? WHERE party_id = ? AND ended_at = 0", []any{act.Actor.ID, db.Micro(act.At), a.ID}})
	}
	if err := each(act, all); err != nil {
		return fmt.Errorf("change a service account: %w", err)
	}
	return nil
}

func checkAccount(act *guard.Act, a *Account) error {
	a.Name = strings.TrimSpace(a.Name)
	if a.Name == "" || !fit(a.Name) || !fit(a.Purpose) {
		return clientele.Errorf(clientele.Invalid, "a service account needs a name, and like its purpose it has at most %d bytes and no control characters", maxText)
	}
	if _, err := oneTeam(act.Context(), act.Tx, "WHERE id = ? AND removed_at = 0", a.TeamID); err != nil {
		if clientele.KindOf(err) == clientele.NotFound {
			return clientele.Errorf(clientele.Invalid, "a service account needs a team that answers for it, and there is none with the id %.40q", a.TeamID)
		}
		return err
	}
	other, err := ids(act.Context(), act.Tx, "SELECT id FROM service_account WHERE name_lower = ? AND id <> ?", lower(a.Name), a.ID)
	if err == nil && len(other) > 0 {
		err = clientele.Errorf(clientele.Conflict, "a service account has that name").WithHint("choose another")
	}
	return err
}

// How long machine tokens live.
const (
	TokenTTL    = 24 * time.Hour
	MaxTokenTTL = 90 * 24 * time.Hour
)

// Token is a service account's way in, without its secret.
type Token struct {
	ID                              string
	AccountID                       string
	Roles                           []clientele.SystemRole // those of them that the account has at the time count
	Label                           string
	CreatedBy                       string
	CreatedAt, ExpiresAt, RevokedAt time.Time
}

// CreateToken makes a token of a service account and returns its secret, this once. A ttl
// of 0 is TokenTTL. Its roles are the account's or fewer, and none that who makes it does
// not have: a token is no way around the roles of one's own.
func CreateToken(act *guard.Act, t *Token, ttl time.Duration) (clientele.Plaintext, error) {
	a, err := GetAccount(act.Context(), act.Tx, t.AccountID)
	if err != nil {
		return clientele.Plaintext{}, err
	}
	if err := act.Allow(a.Resource()); err != nil {
		return clientele.Plaintext{}, err
	}
	if ttl == 0 {
		ttl = TokenTTL
	}
	if err := checkToken(act, a, t, ttl); err != nil {
		return clientele.Plaintext{}, err
	}
	t.ID, t.CreatedBy, t.CreatedAt, t.ExpiresAt = act.NewID("tok"), act.Actor.ID, act.At, act.At.Add(ttl)
	secret, hash := newSecret(machinePrefix)
	act.Detail("token", t.ID)
	act.Detail("roles", strs(t.Roles))
	act.Detail("expires_at", t.ExpiresAt.Format(time.RFC3339))
	_, err = act.Tx.Exec(act.Context(), "INSERT INTO token (hash, id, service_account_id, roles, label, created_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		hash, t.ID, a.ID, strings.Join(strs(t.Roles), ","), t.Label, t.CreatedBy, db.Micro(t.CreatedAt), db.Micro(t.ExpiresAt))
	if err != nil {
		return clientele.Plaintext{}, fmt.Errorf("make a token: %w", err)
	}
	return secret, nil
}

func checkToken(act *guard.Act, a Account, t *Token, ttl time.Duration) error {
	switch {
	case !a.Active:
		return clientele.Errorf(clientele.Conflict, "the service account is not active")
	case ttl < time.Minute || ttl > MaxTokenTTL:
		return clientele.Errorf(clientele.Invalid, "a machine token lives from a minute to %d days", MaxTokenTTL/(24*time.Hour))
	case !fit(t.Label):
		return clientele.Errorf(clientele.Invalid, "the label is longer than %d bytes or holds control characters", maxText)
	}
	have, err := RolesOf(act.Context(), act.Tx, a.ID)
	if err != nil {
		return err
	}
	if more := without(t.Roles, have); len(more) > 0 || len(ordered(t.Roles)) != len(t.Roles) || len(t.Roles) == 0 {
		return clientele.Errorf(clientele.Invalid, "a token has one or more of the service account's system roles, which are %v", have).
			WithHint("give it others: clientele person roles %s …", a.ID)
	}
	if more := without(t.Roles, act.Actor.Roles); len(more) > 0 && act.Actor.Kind != clientele.SystemActor {
		e := guard.Deny("token-within-own-roles", "you may not issue a token with system roles that you do not have: %v", more)
		e.Approvers = []string{fmt.Sprintf("anyone with the system roles admin and %s", more[0])}
		return e.WithHint("let them run: clientele token create %s", a.ID)
	}
	t.Roles = ordered(t.Roles)
	return nil
}

// GetToken is the token with the id. None is a NotFound.
func GetToken(ctx context.Context, tx *db.Tx, id string) (Token, error) {
	all, err := tokens(ctx, tx, "WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = guard.NotFound("Token")
	}
	if err != nil {
		return Token{}, err
	}
	return all[0], nil
}

// RevokeToken ends a token at once.
func RevokeToken(act *guard.Act, id string) error {
	t, err := GetToken(act.Context(), act.Tx, id)
	if err != nil {
		return err
	}
	if err := act.Allow(Account{ID: t.AccountID, Active: true}.Resource()); err != nil {
		if clientele.KindOf(err) == clientele.NotFound {
			err = guard.NotFound("Token")
		}
		return err
	}
	act.Detail("token", id)
	_, err = act.Tx.Exec(act.Context(), "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at = 0", db.Micro(act.At), id)
	return err
}

// ListTokens is a part of the tokens of a service account, or of all where accountID is
// empty, those that ended as well, and the cursor of the next.
func ListTokens(ctx context.Context, tx *db.Tx, accountID string, p Page) ([]Token, string, error) {
	where, args := "WHERE id > ?", []any{p.After}
	if accountID != "" {
		where, args = where+" AND service_account_id = ?", append(args, accountID)
	}
	all, err := tokens(ctx, tx, where+" ORDER BY id LIMIT ?", append(args, p.limit()+1)...)
	if err != nil {
		return nil, "", err
	}
	all, next := cut(all, p.limit(), func(t Token) string { return t.ID })
	return all, next, nil
}

func tokens(ctx context.Context, tx *db.Tx, rest string, args ...any) ([]Token, error) {
	var all []Token
	err := tx.Each(ctx, "SELECT id, service_account_id, roles, label, created_by, created_at, expires_at, revoked_at FROM token "+rest, args, func(r db.Row) error {
		var t Token
		var roles string
		var created, expires, revoked int64
		err := r.Scan(&t.ID, &t.AccountID, &roles, &t.Label, &t.CreatedBy, &created, &expires, &revoked)
		t.Roles, t.CreatedAt, t.ExpiresAt, t.RevokedAt = splitRoles(roles), db.Time(created), db.Time(expires), db.Time(revoked)
		all = append(all, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	return all, nil
}

// common are the roles that both have.
func common(a, b []clientele.SystemRole) []clientele.SystemRole {
	return slices.DeleteFunc(slices.Clone(a), func(r clientele.SystemRole) bool { return !slices.Contains(b, r) })
}
