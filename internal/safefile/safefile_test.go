package safefile_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clientele/clientele/internal/safefile"
)

func FuzzUTF8(f *testing.F) {
	for _, s := range []string{"", "a", "\xff\xfea\x00", "\xfe\xff\x00a", "\xef\xbb\xbfx", "a\x00b\x00c\x00d\x00", "\x00a\x00b\x00c\x00d", "a\x00b", "\xff\xfe\x3d\xd8\x00\xde", "\xff\xfe\x3d\xd8"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := string(b)
		text, ok := safefile.UTF8(b)
		if string(b) != before {
			t.Error("the input was changed")
		}
		if len(text) > 2*len(b)+4 {
			t.Errorf("%d bytes became %d", len(b), len(text))
		}
		if ok && utf8.Valid(b) && !utf8.Valid(text) {
			t.Errorf("%q became %q", b, text)
		}
		if !ok && !strings.HasSuffix(before, string(text)) { // a mark may be gone
			t.Errorf("%q is no text, but became %q", b, text)
		}
	})
}
