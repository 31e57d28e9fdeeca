package datastore

import (
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// decodePgpass reads lines of host:port:database:user:password, in which \: is a colon and
// \\ a backslash. An asterisk stands for anything. Entries behind a # are dormant.
func decodePgpass(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for i, line := range strings.Split(strings.ReplaceAll(string(f.Data), "\r\n", "\n"), "\n") {
		entry, off := strings.CutPrefix(line, "#")
		v := pgpassFields(strings.TrimLeft(entry, " #"))
		if len(v) != 5 || off && !isPort(v[1]) {
			continue
		}
		name := v[3] + "@" + hostPort(v[0], v[1])
		if v[2] != "*" {
			name += "/" + v[2]
		}
		c := format{tool: "psql", words: "password file", scheme: "postgres"}.connect(name, name, i+1)
		c.host, c.port, c.database, c.user = v[0], v[1], v[2], v[3]
		c.slot(clientele.Slot{
			Place: clientele.InAuth, Role: clientele.Password, Name: "password", Value: clientele.Secret(v[4]), Line: i + 1,
			Dormant: off, Principal: v[3], Host: c.hostName(),
		})
		parts = append(parts, c.done())
	}
	return parts, nil
}

// isPort tells an entry that was commented out from a comment.
func isPort(s string) bool { return s == "*" || s != "" && strings.Trim(s, "0123456789") == "" }

// pgpassFields splits at the colons that no backslash precedes. Colons in the password need
// none, as it is the last field.
func pgpassFields(line string) []string {
	var all []string
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			b.WriteByte(line[i])
		case c == ':' && len(all) < 4:
			all = append(all, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(all, b.String())
}

// decodeServices reads libpq's services: sections of connection parameters.
func decodeServices(f clientele.File) ([]clientele.Part, error) {
	var parts []clientele.Part
	for _, s := range doc.INI(f.Data).Fields() {
		if s.Kind != doc.Map {
			continue
		}
		c := format{tool: "psql", words: "service file", scheme: "postgres"}.connect(s.Key, s.Key, s.Line)
		c.fields(s)
		parts = append(parts, c.done())
	}
	return parts, nil
}
