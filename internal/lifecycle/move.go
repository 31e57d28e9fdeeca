package lifecycle

import (
	"fmt"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/inventory"
)

// Claim attests that the actor owns a client. It is the act client:claim. Whoever claims
// one that somebody else was named for has to be its backup or of its team, and only once
// that somebody has left.
func Claim(act *guard.Act, id clientele.ClientID, backup, team string) error {
	c, err := governed(act, id)
	if err != nil {
		return err
	}
	if act.Actor.Kind != clientele.PersonActor {
		return guard.Deny("people-attest", "only a person attests to owning a client").WithHint("let a person of its team claim it")
	}
	if !c.State.Live() || c.State == clientele.Retiring {
		return clientele.Errorf(clientele.Conflict, "this client is %s: nobody has to own it any more", c.State)
	}
	if err := claimable(act, c); err != nil {
		return err
	}
	owner := act.Actor.ID
	if slices.Contains(act.Actor.Teams, c.OwnerID) {
		owner = c.OwnerID // a member attests for the team
	}
	if backup == "" && c.BackupID != owner {
		backup = c.BackupID
	}
	if team == "" {
		team = c.TeamID
	}
	return own(act, &c, owner, backup, team, true)
}

// own names the owner, and moves a discovered client on once its owner attested.
func own(act *guard.Act, c *inventory.Client, owner, backup, team string, attested bool) error {
	if err := partiesOf(act, owner, backup, team); err != nil {
		return err
	}
	if err := inventory.SetOwner(act, c, owner, backup, team, attested); err != nil {
		return err
	}
	act.Detail("owner", owner)
	act.Detail("attested", attested)
	if !attested {
		return schedule(act, graceOf(act, c, "the new owner did not attest within "+span(Grace)))
	}
	if err := settle(act, string(c.ID), DueGraceEnd); err != nil {
		return err
	}
	if c.State == clientele.Discovered {
		return inventory.Move(act, c, clientele.Claim)
	}
	return nil
}

func graceOf(act *guard.Act, c *inventory.Client, cause string) Due {
	return Due{Kind: DueGraceEnd, Ref: string(c.ID), At: act.At.Add(Grace), Client: c.ID, Cause: cause}
}

// partiesOf checks who is to answer for a client.
func partiesOf(act *guard.Act, owner, backup, team string) error {
	for _, p := range []struct{ id, what string }{{owner, "the owner"}, {backup, "the backup"}} {
		if p.id == "" {
			continue
		}
		if _, err := party(act.Context(), act.Tx, p.id, p.what); err != nil {
			return err
		}
	}
	if team == "" {
		return nil
	}
	t, err := party(act.Context(), act.Tx, team, "the team")
	if err == nil && t.Kind != identity.KindTeam {
		err = clientele.Errorf(clientele.Invalid, "the team has to be a team")
	}
	return err
}

// claimable says whether the actor may take a client over that somebody was named for, or
// that has rights already.
func claimable(act *guard.Act, c inventory.Client) error {
	mine := guard.Mine(act.Actor)
	if slices.Contains(mine, c.OwnerID) {
		return nil
	}
	there, err := active(act.Context(), act.Tx, c.OwnerID)
	if err != nil {
		return err
	}
	if there && c.State != clientele.Discovered {
		names, err := named(act.Context(), act.Tx, []string{c.OwnerID})
		if err != nil {
			return err
		}
		d := guard.Deny("named-for-another", "somebody else was named as its owner").WithHint("ask them to hand it over: clientele owner hand-over %s", c.ID)
		d.Approvers = names
		return d
	}
	if c.State == clientele.Discovered || slices.Contains(mine, c.BackupID) || slices.Contains(mine, c.TeamID) {
		return nil
	}
	d := guard.Deny("named-for-another", "this client has rights already: its backup, its team or security give it to somebody").
		WithHint("ask security: clientele owner assign %s --to you", c.ID)
	d.Approvers = []string{"anyone with the system role security"}
	return d
}

// ownerReady is what has to hold before a client is active: somebody who is here answers
// for it.
func (e eyes) ownerReady(c inventory.Client) error {
	there, err := active(e.ctx, e.tx, c.OwnerID)
	if err != nil {
		return fmt.Errorf("look up the owner: %w", err)
	}
	if !there || c.AttestedAt.IsZero() {
		return clientele.Errorf(clientele.Conflict, "nobody who is here attests to owning this client").WithHint("claim it first: clientele owner claim %s", c.ID)
	}
	return nil
}

// HandOver gives a client to another owner, who counts once they attest (Claim). It is the
// act client:hand_over, or client:assign by security.
func HandOver(act *guard.Act, id clientele.ClientID, to, backup string) error {
	c, err := governed(act, id)
	if err != nil {
		return err
	}
	if !c.State.Live() {
		return clientele.Errorf(clientele.Conflict, "this client is %s", c.State)
	}
	if to == "" {
		return clientele.Errorf(clientele.Invalid, "the new owner is missing").WithHint("name them: --to")
	}
	if to == c.OwnerID {
		return clientele.Errorf(clientele.Conflict, "they own it already")
	}
	if backup == "" && c.BackupID != to {
		backup = c.BackupID
	}
	act.Detail("from_owner", c.OwnerID)
	return own(act, &c, to, backup, c.TeamID, to == act.Actor.ID && act.Actor.Kind == clientele.PersonActor)
}

// moved is the skeleton of a move with a reason.
func moved(act *guard.Act, id clientele.ClientID, event clientele.Event, reason string, before func(*inventory.Client) error) error {
	c, err := governed(act, id)
	if err != nil {
		return err
	}
	if err := text("the reason", reason, true); err != nil {
		return err
	}
	if to, ok := c.State.Next(event); !ok || to == c.State {
		return clientele.Errorf(clientele.Conflict, "a client that is %s cannot be %s", c.State, participle[event])
	}
	act.Private("reason", reason)
	if before != nil {
		if err := before(&c); err != nil {
			return err
		}
	}
	return inventory.Move(act, &c, event)
}

var participle = map[clientele.Event]string{
	clientele.Suspend: "suspended", clientele.Resume: "resumed", clientele.Quarantine: "quarantined", clientele.Release: "released",
	clientele.Retire: "retired", clientele.ConfirmDead: "confirmed dead",
}

// Suspend takes a client's rights away until it is resumed. It is the act client:suspend.
func Suspend(act *guard.Act, id clientele.ClientID, reason string) error {
	return moved(act, id, clientele.Suspend, reason, func(c *inventory.Client) error {
		return dropPending(act, c, "its client was suspended")
	})
}

// Quarantine takes a client's rights away while a leak or a device is looked into. It is
// the act client:quarantine, and also takes a suspended client.
func Quarantine(act *guard.Act, id clientele.ClientID, reason string) error {
	return moved(act, id, clientele.Quarantine, reason, func(c *inventory.Client) error {
		return dropPending(act, c, "its client was quarantined")
	})
}

// Release takes a client out of quarantine: it is suspended then, and its owner resumes
// it. It is the act client:release.
func Release(act *guard.Act, id clientele.ClientID, reason string) error {
	return moved(act, id, clientele.Release, reason, nil)
}

// Resume gives a suspended client its rights back. It is the act client:resume, for
// fourteen days; later the client is asked for again.
func Resume(act *guard.Act, id clientele.ClientID, reason string) error {
	return moved(act, id, clientele.Resume, reason, func(c *inventory.Client) error {
		if act.At.After(c.SuspendedAt.Add(ResumeWithin)) {
			return clientele.Errorf(clientele.Conflict, "this client was suspended on %s, more than %s ago: it needs a new approval", c.SuspendedAt.Format("2 January 2006"), span(ResumeWithin)).
				WithHint("ask for it: clientele request %s", c.ID)
		}
		if err := lookOf(act).ownerReady(*c); err != nil {
			return err
		}
		if err := lookOf(act).vendorReady(*c); err != nil {
			return err
		}
		return dropPending(act, c, "its client was resumed")
	})
}
