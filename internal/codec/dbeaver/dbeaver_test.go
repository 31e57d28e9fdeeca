package dbeaver_test

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/codectest"
	"github.com/clientele/clientele/internal/codec/dbeaver"
)

func TestSuite(t *testing.T) { codectest.Run(t, dbeaver.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, dbeaver.Decoders) }

// decode runs the decoder of that name over a file.
func decode(t *testing.T, name string, f clientele.File) []clientele.Part {
	t.Helper()
	for _, d := range dbeaver.Decoders {
		if d.Name == name {
			parts, err := d.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			return parts
		}
	}
	t.Fatalf("no decoder %q", name)
	return nil
}

// sealed was made with openssl enc -aes-128-cbc and the key from DBeaver's source.
func sealed(t *testing.T) []byte {
	t.Helper()
	b, err := hex.DecodeString("000102030405060708090a0b0c0d0e0f" +
		"009e95ff72cec7ebd63e64cc1ebbafd08b858c40100b526ec7f2b6f4089c8b9b" +
		"752ef635b79dc3c64000fb7d828a645f312edc35f7b68a5ab2050d95bca5728cd72d7cc36d5d2ef31bf4a62b4dffa5aa")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCredentialsOpenWithThePublishedKey(t *testing.T) {
	parts := decode(t, "dbeaver credentials", clientele.File{Path: "credentials-config.json", Data: sealed(t)})
	if len(parts) != 1 || len(parts[0].Slots) != 2 {
		t.Fatalf("got %d parts, want one with user and password", len(parts))
	}
	s := parts[0].Slots[1]
	if s.Value.Reveal() != "openssl made this" || s.Class != clientele.Obfuscated || s.Principal != "u" {
		t.Errorf("got %q, class %q, of %q", s.Value.Reveal(), s.Class, s.Principal)
	}
}

func TestCredentialsAreReportedOnce(t *testing.T) {
	sources := []byte(`{"connections":{"x":{"name":"X","configuration":{"host":"h"}}}}`)
	vault := sealed(t)
	sibling := func(name string) ([]byte, error) {
		switch name {
		case "data-sources-2.json":
			return sources, nil
		case "credentials-config-2.json":
			return vault, nil
		}
		return nil, fs.ErrNotExist
	}
	f := clientele.File{Path: "p/.dbeaver/data-sources-2.json", Data: sources, Sibling: sibling}
	if parts := decode(t, "dbeaver connections", f); len(parts) != 1 || len(parts[0].Slots) != 2 || parts[0].Slots[1].File != "credentials-config-2.json" {
		t.Errorf("the connection does not have its stored credentials: %d parts", len(parts))
	}
	f.Path, f.Data = "p/.dbeaver/credentials-config-2.json", vault
	if parts := decode(t, "dbeaver credentials", f); len(parts) != 0 {
		t.Errorf("the credentials file gives %d parts again", len(parts))
	}
}

func TestProjectPasswordIsNoSecretAtHand(t *testing.T) {
	f := clientele.File{Path: "credentials-config.json", Data: bytes.Repeat([]byte{0x81, 7, 0x33, 0xfe}, 16)}
	parts := decode(t, "dbeaver credentials", f)
	if len(parts) != 1 || len(parts[0].Slots) != 1 || parts[0].Slots[0].Class != clientele.Encrypted {
		t.Fatalf("want one sealed slot, got %d parts", len(parts))
	}
}
