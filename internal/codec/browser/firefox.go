package browser

import (
	"path"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/sqlitefile"
)

// decodeFirefox reads the local storage of one origin, or that which all origins had in one
// file before.
func decodeFirefox(f clientele.File) ([]clientele.Part, error) {
	if !sqlitefile.Is(f.Data) {
		return nil, nil
	}
	wal, _ := f.Sibling(path.Base(f.Path) + "-wal")
	tables, err := sqlitefile.Read(f.Data, wal, "data", "database", "webappsstore2")
	origin := folderOrigin(path.Base(path.Dir(path.Dir(f.Path))))
	for _, r := range tables["database"] {
		if o := r.Text("origin"); o != "" {
			origin = o
		}
	}
	var all []entry
	for _, r := range tables["data"] {
		all = append(all, entry{origin: origin, key: r.Text("key"), value: firefoxText(r)})
	}
	for _, r := range tables["webappsstore2"] {
		all = append(all, entry{origin: turned(r.Text("originKey")), key: r.Text("key"), value: r.Text("value")})
	}
	return parts(all), err
}

// firefoxText reads a value, which may be compressed (compression_type 1) and is UTF-8
// (conversion_type 1) or UTF-16.
func firefoxText(r sqlitefile.Row) string {
	b := r.Bytes("value")
	if r.Int("compression_type") == 1 {
		b, _ = unsnap(b)
	}
	if _, text := r.Value("value").(string); text || r.Int("conversion_type") == 1 {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

// folderOrigin is the origin that a folder of storage/default is named for:
// "https+++api.example.com+8443^userContextId=2".
func folderOrigin(folder string) string {
	name, _, _ := strings.Cut(folder, "^")
	scheme, host, ok := strings.Cut(name, "+++")
	if !ok {
		return name
	}
	return scheme + "://" + strings.ReplaceAll(host, "+", ":")
}

// turned is the origin of "moc.elpmaxe.:https:443".
func turned(key string) string {
	fields := strings.Split(key, ":")
	host := []byte(strings.TrimSuffix(fields[0], "."))
	slices.Reverse(host)
	if len(fields) < 3 {
		return string(host)
	}
	origin := fields[1] + "://" + string(host)
	if port := fields[2]; port != "443" && port != "80" {
		origin += ":" + port
	}
	return origin
}
