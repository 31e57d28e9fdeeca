package codectest

import (
	"io/fs"
	"testing"

	"github.com/clientele/clientele"
)

// Decode runs every decoder that the path or the text brings the file to, alone in its folder.
func Decode(t testing.TB, decoders []clientele.Decoder, path, text string) []clientele.Part {
	t.Helper()
	return DecodeBeside(t, decoders, path, text, nil)
}

// DecodeBeside is Decode for a file with others in reach, by the names it may ask for.
func DecodeBeside(t testing.TB, decoders []clientele.Decoder, path, text string, beside map[string]string) []clientele.Part {
	t.Helper()
	f := story(path, text, beside)
	var all []clientele.Part
	for _, d := range decoders {
		if Matches(d, f) {
			all = append(all, decode(t, d, f)...)
		}
	}
	return all
}

// DecodeBy runs the decoder of that name, whatever the path and the text.
func DecodeBy(t testing.TB, decoders []clientele.Decoder, name, path, text string) []clientele.Part {
	t.Helper()
	for _, d := range decoders {
		if d.Name == name {
			return decode(t, d, story(path, text, nil))
		}
	}
	t.Fatalf("no decoder %q", name)
	return nil
}

// One is the only one of the parts.
func One(t testing.TB, parts []clientele.Part) clientele.Part {
	t.Helper()
	if len(parts) != 1 {
		t.Fatalf("%d parts, want one", len(parts))
	}
	return parts[0]
}

func story(path, text string, beside map[string]string) clientele.File {
	return clientele.File{Path: path, Data: []byte(text), Mode: 0o600, Sibling: func(name string) ([]byte, error) {
		if s, ok := beside[name]; ok {
			return []byte(s), nil
		}
		return nil, fs.ErrNotExist
	}}
}

func decode(t testing.TB, d clientele.Decoder, f clientele.File) []clientele.Part {
	t.Helper()
	parts, err := d.Decode(f)
	if err != nil {
		t.Fatalf("%s: %s: %v", d.Name, f.Path, err)
	}
	return parts
}
