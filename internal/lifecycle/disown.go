package lifecycle

import (
	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/inventory"
)

// Disown says that a client is not the actor's own. It is the act client:disown. The backup
// and the team stay; suggested, who may be empty, is named as its owner until they attest.
// What is left has the days of grace to find somebody.
func Disown(act *guard.Act, id clientele.ClientID, suggested, reason string) error {
	c, err := governed(act, id)
	if err != nil {
		return err
	}
	if err := text("the reason", reason, true); err != nil {
		return err
	}
	switch {
	case !c.State.Live() || c.State == clientele.Retiring:
		return clientele.Errorf(clientele.Conflict, "this client is %s: nobody has to own it any more", c.State)
	case c.OwnerID == "":
		return clientele.Errorf(clientele.Conflict, "nobody owns it")
	case suggested == c.OwnerID:
		return clientele.Errorf(clientele.Invalid, "who you suggest owns it now")
	}
	backup := c.BackupID
	if backup == suggested {
		backup = ""
	}
	if err := partiesOf(act, suggested, backup, ""); err != nil {
		return err
	}
	act.Detail("from_owner", c.OwnerID)
	act.Detail("suggested", suggested)
	act.Private("reason", reason)
	if err := inventory.SetOwner(act, &c, suggested, backup, c.TeamID, false); err != nil {
		return err
	}
	return schedule(act, graceOf(act, &c, "its owner disowned it and nobody attested within "+span(Grace)))
}
