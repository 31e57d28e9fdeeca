package store

import (
	"cmp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// pgAdmin reads the servers that a person has registered. Their passwords are sealed with a
// master password or a key in the system's keychain.
func pgAdmin(d *database) []clientele.Part {
	groups, people := map[int64]string{}, map[int64]string{}
	for _, r := range d.rows("servergroup") {
		groups[r.Int("id")] = r.Text("name")
	}
	for _, r := range d.rows("user") {
		people[r.Int("id")] = cmp.Or(r.Text("email"), r.Text("username"))
	}
	var parts []clientele.Part
	for _, table := range []string{"server", "sharedserver"} {
		for _, r := range d.rows(table) {
			user := r.Text("username")
			p := clientele.Part{
				Tool: "pgadmin", Kind: clientele.DataStoreClient, Format: "pgAdmin 4 " + table,
				Name: r.Text("name"), Bind: clientele.Bind{Key: table + " " + r.Text("id")},
				Requests: []clientele.Request{address("postgresql", r.Text("host"), r.Text("port"), r.Text("maintenance_db"))},
				Slots: slots(r, user,
					field{"username", clientele.InAuth, clientele.Username, ""},
					field{"password", clientele.InAuth, clientele.Password, clientele.Encrypted}),
				Identities: signsIn(user),
			}
			p.Slots = append(p.Slots, slots(r, r.Text("tunnel_username"),
				field{"tunnel_username", clientele.InAuth, clientele.Username, ""},
				field{"tunnel_password", clientele.InAuth, clientele.Password, clientele.Encrypted})...)
			if group := groups[r.Int("servergroup_id")]; group != "" && group != "Servers" {
				p.Name = group + " › " + p.Name
			}
			pgAdminExtras(&p, tree(r, "connection_params"), r.Text("passexec_cmd"), r.Text("comment"), r.Text("passfile"))
			if who := people[r.Int("user_id")]; who != "" {
				p.Owners = []clientele.Owner{{Who: who, Kind: clientele.PersonOwner, Evidence: "the pgAdmin account that keeps the server", Confidence: 0.6}}
			}
			if r.Int("shared") != 0 {
				p.Sync = []clientele.Sync{{Mode: clientele.SyncCloud, Detail: "shared with all users of this pgAdmin"}}
			}
			parts = append(parts, p)
		}
	}
	if keys := d.rows("keys"); len(keys) > 0 {
		p := clientele.Part{Tool: "pgadmin", Kind: clientele.DataStoreClient, Format: "pgAdmin 4 keys", Name: "pgAdmin keys", Bind: clientele.Bind{Key: "keys"}}
		for _, r := range keys {
			p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InSetting, Role: clientele.OtherSecret, Name: r.Text("name"), Value: clientele.Secret(r.Text("value"))})
		}
		parts = append(parts, p)
	}
	return parts
}

func pgAdminExtras(p *clientele.Part, params *doc.Node, command, comment, passfile string) {
	for _, k := range params.Fields() {
		switch k.Key {
		case "passfile", "service", "sslkey":
			p.Links = append(p.Links, clientele.Link{Rel: clientele.UsesVars, Path: k.Str()})
		case "password", "sslpassword":
			p.Slots = append(p.Slots, clientele.Slot{Place: clientele.InSetting, Role: clientele.Password, Name: k.Key, Value: k.Secret()})
		}
	}
	if passfile != "" {
		p.Links = append(p.Links, clientele.Link{Rel: clientele.UsesVars, Path: passfile})
	}
	if command != "" {
		p.Texts = append(p.Texts, clientele.Text{Place: clientele.InSetting, Chain: []string{"passexec_cmd"}, Text: clientele.Secret(command), Language: "shell"})
	}
	if comment != "" {
		p.Texts = append(p.Texts, clientele.Text{Place: clientele.InText, Chain: []string{"comment"}, Text: clientele.Secret(comment)})
	}
}
