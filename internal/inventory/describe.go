package inventory

import (
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/guard"
)

// Description is what people say of a client.
type Description struct {
	Name, Purpose string
	Environment   string // one of clientele.Environments, or empty: not known
	StewardID     string // who looks after it for its owner, or empty
}

// Describe changes what people say of a client: an act of its own, client:describe. The
// environment is part of what was decided on, so it changes only before a client is asked
// for. ifVersion is the version the change was made for; 0 stands for any.
func Describe(act *guard.Act, id clientele.ClientID, d Description, ifVersion int64) (Client, error) {
	c, err := Get(act.Context(), act.Tx, id)
	if err != nil {
		return Client{}, err
	}
	if err := act.Allow(c.Resource()); err != nil {
		return Client{}, err
	}
	switch {
	case !c.State.Live():
		return Client{}, clientele.Errorf(clientele.Conflict, "a client that is %s is not changed any more", c.State)
	case d.Environment != c.Environment && !slices.Contains([]clientele.State{clientele.Discovered, clientele.Claimed}, c.State):
		return Client{}, clientele.Errorf(clientele.Conflict, "the environment was decided on with the request, so it stays %s", c.Environment).
			WithHint("ask for a client of its own in the other environment")
	}
	var changed []string
	for name, is := range map[string]bool{"name": d.Name != c.Name, "purpose": d.Purpose != c.Purpose, "environment": d.Environment != c.Environment, "steward": d.StewardID != c.StewardID} {
		if is {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	c.Name, c.Purpose, c.Environment, c.StewardID = d.Name, d.Purpose, d.Environment, d.StewardID
	if err := Save(act, &c, ifVersion); err != nil {
		return Client{}, err
	}
	act.About(c.ID, c.OwnerID, c.Environment)
	act.Detail("changed", changed)
	return c, nil
}
