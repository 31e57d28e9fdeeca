package browser_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/codec/browser"
	"github.com/clientele/clientele/internal/codec/codectest"
)

func TestSuite(t *testing.T) { codectest.Run(t, browser.Decoders) }

func FuzzDecode(f *testing.F) { codectest.Fuzz(f, browser.Decoders) }

// FuzzFiles gives the files of one LevelDB folder, which the suite cannot: it knows no
// siblings.
func FuzzFiles(f *testing.F) {
	files := folder(f, profile)
	for _, b := range files {
		f.Add(b, b, b)
	}
	f.Fuzz(func(t *testing.T, table, log, manifest []byte) {
		start := time.Now()
		_, _ = decode("MANIFEST-000001\n", func(name string) ([]byte, error) {
			switch filepath.Ext(name) {
			case ".log":
				return log, nil
			case ".ldb":
				return table, nil
			case "":
				return manifest, nil
			}
			return nil, os.ErrNotExist
		})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

const profile = "testdata/corpus/home/.config/google-chrome/Default/Local Storage/leveldb"

func folder(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	return files
}

func decode(current string, sibling func(string) ([]byte, error)) ([]clientele.Part, error) {
	return browser.Decoders[0].Decode(clientele.File{Path: "Default/Local Storage/leveldb/CURRENT", Data: []byte(current), Sibling: sibling})
}

func from(files map[string][]byte) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if b, ok := files[name]; ok {
			return b, nil
		}
		return nil, os.ErrNotExist
	}
}

// values are the revealed values of slots by name, dormant ones in brackets.
func values(parts []clientele.Part) map[string]string {
	all := map[string]string{}
	for _, p := range parts {
		for _, s := range p.Slots {
			v := s.Value.Reveal()
			if s.Dormant {
				v = "(" + v + ")"
			}
			all[s.Name] += v
		}
	}
	return all
}

func read(t *testing.T, dir string) []clientele.Part {
	t.Helper()
	files := folder(t, dir)
	parts, err := decode(string(files["CURRENT"]), from(files))
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func TestOverwrittenAndDeletedValuesAreDormant(t *testing.T) {
	got := values(read(t, "testdata/leveldb/overwritten"))
	if got["X-One"] != "second(first)" || got["X-Two"] != "(gone)" {
		t.Errorf("in the log: got %v", got)
	}
	got = values(read(t, "testdata/leveldb/flushed"))
	if got["X-One"] != "second(first)" {
		t.Errorf("in log and table: got %v", got)
	}
}

func TestOtherSitesAreNotRead(t *testing.T) {
	if parts := read(t, "testdata/leveldb/others"); len(parts) != 0 {
		t.Errorf("got %d parts", len(parts))
	}
}

func TestManyTablesAndBlocks(t *testing.T) {
	parts := read(t, "testdata/leveldb/many")
	if len(parts) != 1500 {
		t.Fatalf("got %d parts", len(parts))
	}
	got := values(parts)
	for i := range 1500 {
		if want := fmt.Sprintf("value %s %d", strings.Repeat("ab", i%97), i); got[fmt.Sprintf("K%d", i)] != want {
			t.Fatalf("K%d is %q, want %q", i, got[fmt.Sprintf("K%d", i)], want)
		}
	}
}

func TestDamagedFoldersEnd(t *testing.T) {
	good := folder(t, profile)
	current := string(good["CURRENT"])
	for name, b := range good {
		if name == "CURRENT" {
			continue
		}
		for i := 0; i < len(b); i += max(1, len(b)/300) {
			for _, bad := range [][]byte{b[:i], append(append(append([]byte{}, b[:i]...), b[i]^0x41), b[i+1:]...)} {
				files := map[string][]byte{}
				for k, v := range good {
					files[k] = v
				}
				files[name] = bad
				if _, err := decode(current, from(files)); err != nil && clientele.KindOf(err) == clientele.Internal {
					t.Fatal(err)
				}
			}
		}
	}
	if parts, err := decode("../../etc/passwd\n", func(string) ([]byte, error) { t.Error("read"); return nil, errors.New("no") }); parts != nil || err != nil {
		t.Error("a CURRENT that names no manifest is followed")
	}
}
