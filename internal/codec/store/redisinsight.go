package store

import (
	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/sqlitefile"
)

// redisClass is how a row's secrets are kept: sealed with a key in the keychain (KEYTAR) or
// the environment (KEY), or as they are (PLAIN, and before there was a choice).
func redisClass(r sqlitefile.Row) clientele.Class {
	switch r.Text("encryption") {
	case "", "PLAIN":
		return ""
	}
	return clientele.Encrypted
}

// redisInsight reads the databases that a person has added.
func redisInsight(d *database) []clientele.Part {
	tunnels, certificates := map[string]sqlitefile.Row{}, map[string]sqlitefile.Row{}
	for _, r := range d.rows("ssh_options") {
		tunnels[r.Text("databaseId")] = r
	}
	for _, r := range d.rows("client_certificate") {
		certificates[r.Text("id")] = r
	}
	var parts []clientele.Part
	for _, r := range d.rows("database_instance") {
		user, class, scheme := r.Text("username"), redisClass(r), "redis"
		if r.Int("tls") != 0 {
			scheme = "rediss"
		}
		p := clientele.Part{
			Tool: "redisinsight", Kind: clientele.DataStoreClient, Format: "RedisInsight database",
			Name: r.Text("name"), Bind: clientele.Bind{Key: r.Text("id")}, Environment: r.Text("environment"),
			Requests: []clientele.Request{address(scheme, r.Text("host"), r.Text("port"), r.Text("db"))},
			Slots: slots(r, user,
				field{"username", clientele.InAuth, clientele.Username, ""},
				field{"password", clientele.InAuth, clientele.Password, class}),
			Identities: signsIn(user),
		}
		if p.Environment == "unspecified" {
			p.Environment = ""
		}
		p.Slots = append(p.Slots, slots(r, r.Text("sentinelMasterUsername"),
			field{"sentinelMasterUsername", clientele.InAuth, clientele.Username, ""},
			field{"sentinelMasterPassword", clientele.InAuth, clientele.Password, class})...)
		if t, ok := tunnels[r.Text("id")]; ok {
			p.Slots = append(p.Slots, redisTunnel(t)...)
		}
		if c, ok := certificates[r.Text("clientCertId")]; ok {
			p.Slots = append(p.Slots, slots(c, "", field{"key", clientele.InCertificate, clientele.PrivateKey, redisClass(c)})...)
		}
		parts = append(parts, p)
	}
	return parts
}

// redisTunnel reads an SSH tunnel, whose user name is sealed too.
func redisTunnel(r sqlitefile.Row) []clientele.Slot {
	class, user := redisClass(r), ""
	if class == "" {
		user = r.Text("username")
	}
	all := slots(r, user,
		field{"password", clientele.InAuth, clientele.Password, class},
		field{"privateKey", clientele.InCertificate, clientele.PrivateKey, class},
		field{"passphrase", clientele.InCertificate, clientele.Passphrase, class})
	for i := range all {
		all[i].Chain = []string{"ssh"}
	}
	return all
}
