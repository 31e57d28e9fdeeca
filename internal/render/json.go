package render

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/clientele/clientele/api"
)

// JSON writes the scan as the contract describes it.
func JSON(w io.Writer, scan api.Scan) error {
	b, err := json.MarshalIndent(scan, "", "  ")
	if err == nil {
		_, err = w.Write(append(escapeUnseen(b), '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the scan as JSON: %w", err)
	}
	return nil
}

// escapeUnseen writes what a terminal acts on or hides as \u escapes. encoding/json does so
// below U+0020 only, which leaves DEL, the C1 controls (U+009B begins an escape sequence) and
// the bidirectional overrides. Outside of strings JSON is ASCII, so this needs no parser.
func escapeUnseen(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/64)
	for i := 0; i < len(b); {
		if b[i] < 0x7f {
			out = append(out, b[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case !unseen(r):
			out = append(out, b[i:i+n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}
