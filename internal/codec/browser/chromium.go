package browser

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/clientele/clientele"
)

// decodeChromium reads a local storage's folder, of which the file CURRENT names the
// manifest, and that the tables and the log.
func decodeChromium(f clientele.File) ([]clientele.Part, error) {
	name := strings.TrimSuffix(string(f.Data), "\n")
	if !strings.HasPrefix(name, "MANIFEST-") || len(name) > 40 || strings.ContainsAny(name, "/\\\x00") {
		return nil, nil
	}
	manifest, err := f.Sibling(name)
	if err != nil {
		return nil, nil
	}
	v := readManifest(manifest)
	s := store{values: map[string][]version{}}
	for _, n := range v.tables() {
		for _, end := range []string{"ldb", "sst"} {
			if b, err := f.Sibling(fmt.Sprintf("%06d.%s", n, end)); err == nil {
				s.table(b)
				break
			}
		}
	}
	for n := v.log; n <= v.next && n < v.log+50; n++ {
		if b, err := f.Sibling(fmt.Sprintf("%06d.log", n)); err == nil {
			s.log(b)
		}
	}
	return parts(s.entries()), s.err
}

// entries are the values of local storage: "_" origin, NUL, and the key as Chromium writes
// text.
func (s *store) entries() []entry {
	var all []entry
	for k, versions := range s.values {
		origin, key, ok := strings.Cut(k, "\x00")
		if !ok || !strings.HasPrefix(origin, "_") {
			continue // META:, METAACCESS:, VERSION
		}
		seen := map[string]bool{}
		for i, v := range versions { // the newest first
			if v.deleted || seen[v.value] {
				continue
			}
			seen[v.value] = true
			all = append(all, entry{origin: origin[1:], key: chromiumText(key), value: chromiumText(v.value), old: i > 0})
		}
	}
	return all
}

// chromiumText reads text with its encoding in front: 0 for UTF-16, 1 for Latin-1.
func chromiumText(s string) string {
	if s == "" {
		return ""
	}
	body := s[1:]
	switch s[0] {
	case 0:
		units := make([]uint16, len(body)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16([]byte(body[2*i : 2*i+2]))
		}
		return string(utf16.Decode(units))
	case 1:
		var b strings.Builder
		for i := range len(body) {
			b.WriteRune(rune(body[i]))
		}
		return b.String()
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
