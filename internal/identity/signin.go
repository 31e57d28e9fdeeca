package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/oidc"
)

// Mapping says what a sign-in through the identity provider makes of what it says.
type Mapping struct {
	// Create lets in whom the directory does not know, with the roles Default.
	Create  bool
	Default []clientele.SystemRole
	// Groups are system roles by the provider's groups. They are given, and taken again, at
	// each sign-in; roles that an administrator gave are left alone.
	Groups map[string][]clientele.SystemRole
}

// The jobs that give system roles at a sign-in, and their rules.
const (
	groupsJob, groupsRule = "sign-in", "the identity provider's groups decide"
	newJob, newRule       = "new-person", "whoever signs in for the first time gets the default roles"
)

// SignIn begins a session for whom the identity provider vouches. It finds the person by
// issuer and subject; else by a verified e-mail address, if SCIM or a file brought a person
// with it who never signed in; else it adds one, if the mapping says so. An address alone
// never leads to somebody who signed in as another subject before: addresses are given to
// other people, subjects are not (OpenID Connect Core, section 5.7). Its act is the
// system's: nobody is signed in yet.
func SignIn(act *guard.Act, c oidc.Claims, m Mapping, how How) (Signed, error) {
	if c.Issuer == "" || c.Subject == "" {
		return Signed{}, clientele.Errorf(clientele.Internal, "a sign-in without issuer or subject")
	}
	p, err := vouched(act, c, m)
	if err != nil {
		return Signed{}, err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return Signed{}, err
	}
	if p.Version > 0 && !p.Active {
		return Signed{}, errGone()
	}
	if err := settle(act, &p, c, m); err != nil {
		return Signed{}, err
	}
	if err := follow(act, p.ID, c.Groups, m); err != nil {
		return Signed{}, err
	}
	act.Detail("by", "identity provider")
	return begin(act, p, how)
}

// vouched is the person whom the claims are about, of version 0 if there is none yet.
func vouched(act *guard.Act, c oidc.Claims, m Mapping) (Person, error) {
	bySubject, err := people(act.Context(), act.Tx, "WHERE subject = ?", subjectOf(c))
	if err != nil || len(bySubject) == 1 {
		return firstPerson(bySubject), err
	}
	if c.Email != "" && c.EmailVerified {
		byEmail, err := people(act.Context(), act.Tx, "WHERE email_lower = ? AND removed_at = 0 AND source <> 'local' ORDER BY active DESC, id LIMIT 3", lower(c.Email))
		if err != nil {
			return Person{}, err
		}
		if p, err := byAddress(byEmail); err != nil || p.ID != "" {
			return p, err
		}
	}
	if !m.Create {
		return Person{}, guard.Deny("unknown-people-stay-out", "the directory does not know you").WithHint("ask an administrator to add you")
	}
	return Person{ID: act.NewID("per"), Source: Local, Subject: subjectOf(c), UserName: firstOf(verified(c), c.Subject), Email: verified(c), DisplayName: c.Name}, nil
}

func subjectOf(c oidc.Claims) string { return c.Issuer + "#" + c.Subject }

// byAddress is the one whom an address stands for, nobody if it stands for none.
func byAddress(found []Person) (Person, error) {
	if len(found) > 1 && !found[1].Active {
		found = found[:1]
	}
	switch {
	case len(found) == 0:
		return Person{}, nil
	case len(found) > 1:
		return Person{}, guard.Deny("address-of-one-person", "several people have your e-mail address").WithHint("ask an administrator to mend it")
	case found[0].Subject != "":
		return Person{}, guard.Deny("address-of-another-sign-in", "somebody else signed in with this e-mail address before").
			WithHint("if that was you, ask an administrator: clientele person unlink %s", found[0].ID)
	}
	return found[0], nil
}

// settle adds a person who is new, and remembers by which subject one is known.
func settle(act *guard.Act, p *Person, c oidc.Claims, m Mapping) error {
	if p.Version == 0 {
		return act.Then(clientele.System(newJob, newRule), "role:assign", func(sub *guard.Act) error {
			if err := sub.Allow(p.Resource()); err != nil {
				return err
			}
			if err := add(sub, p); errors.Is(err, errTaken) {
				return guard.Deny("name-of-another-person", "somebody in the directory has your name, and did not come from the identity provider").
					WithHint("ask an administrator to rename them, or to bring you in by SCIM or a file")
			} else if err != nil {
				return err
			}
			describe(sub, *p)
			return changeRoles(sub, p.ID, ordered(m.Default), nil)
		})
	}
	if p.Subject != "" {
		return nil
	}
	p.Subject = subjectOf(c)
	act.Detail("linked_by", "verified address")
	return save(act, p)
}

// follow gives and takes the roles that come with the provider's groups.
func follow(act *guard.Act, personID string, groups []string, m Mapping) error {
	var want []clientele.SystemRole
	for _, g := range groups {
		want = append(want, m.Groups[g]...)
	}
	have, fromGroups, err := rolesBy(act.Context(), act.Tx, personID)
	if err != nil {
		return err
	}
	given, taken := without(want, have), without(fromGroups, want)
	if len(given)+len(taken) == 0 {
		return nil
	}
	return act.Then(clientele.System(groupsJob, groupsRule), "role:assign", func(sub *guard.Act) error {
		if err := sub.Allow(Person{ID: personID, Active: true}.Resource()); err != nil {
			return err
		}
		return changeRoles(sub, personID, given, taken)
	})
}

// rolesBy are all roles of a person, and those that came with groups.
func rolesBy(ctx context.Context, tx *db.Tx, personID string) ([]clientele.SystemRole, []clientele.SystemRole, error) {
	var all, fromGroups []clientele.SystemRole
	err := tx.Each(ctx, "SELECT role, given_by FROM role_grant WHERE party_id = ? AND ended_at = 0", []any{personID}, func(r db.Row) error {
		var role clientele.SystemRole
		var by string
		if err := r.Scan(&role, &by); err != nil {
			return err
		}
		all = append(all, role)
		if by == groupsJob {
			fromGroups = append(fromGroups, role)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read system roles: %w", err)
	}
	return all, fromGroups, nil
}

// Unlink forgets by which subject a person signs in, and ends their sessions: for somebody
// whose account at the identity provider was replaced.
func Unlink(act *guard.Act, personID string) error {
	p, err := listed(act.Context(), act.Tx, personID)
	if err != nil {
		return err
	}
	if err := act.Allow(p.Resource()); err != nil {
		return err
	}
	p.Subject = ""
	act.Detail("unlinked", true)
	if err := save(act, &p); err != nil {
		return err
	}
	return endSessions(act, p.ID)
}

func firstPerson(list []Person) Person {
	if len(list) == 0 {
		return Person{}
	}
	return list[0]
}

func firstOf(list ...string) string {
	if i := slices.IndexFunc(list, func(s string) bool { return s != "" }); i >= 0 {
		return list[i]
	}
	return ""
}

// verified is the address, if the provider stands for it.
func verified(c oidc.Claims) string {
	if c.EmailVerified {
		return c.Email
	}
	return ""
}
