package tlog_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"

	merkle "golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

func TestPathsOfTilesAreReadAndWritten(t *testing.T) {
	for path, want := range map[string]tlog.Tile{
		"tile/0/000":                     {Width: 256},
		"tile/0/000.p/1":                 {Width: 1},
		"tile/0/x001/x234/067":           {N: 1234067, Width: 256},
		"tile/63/x001/000.p/255":         {Level: 63, N: 1000, Width: 255},
		"tile/entries/x001/x234/067.p/8": {Entries: true, N: 1234067, Width: 8},
	} {
		if got, err := tlog.ParseTile(path); err != nil || got != want || got.Path() != path {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	for _, path := range []string{
		"", "/", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "tile/0/0", "tile/0/00",
		"tile/0/0000", "tile/0/1000", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/data/000", "tile/8/0/000",
		"tile/0/x000/001", "tile/0/001/000", "tile/0/x001", "tile/0/x001/x000", "tile/0/xx01/000", "tile/0/X001/000",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/+1", "tile/0/000.p/1/1",
		"tile/0/.p/1", "tile/0/000.P/1", "tile/0/../000", "tile/0/%30%30%30", "tile/0/٠٠٠", "tile/entries/-01", "tile/Entries/000",
		"tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/" + strings.Repeat("x001/", 1000) + "000",
	} {
		got, err := tlog.ParseTile(path)
		if err == nil || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%.60q is read as %+v, %v", path, got, err)
		}
	}
}

func TestAPathIsTheTileThatPackageMerkleNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tile := tlog.Tile{
			Level: rapid.IntRange(0, 63).Draw(t, "level"),
			N:     rapid.Int64Range(0, tlog.MaxSize>>8).Draw(t, "n"),
			Width: rapid.IntRange(1, 256).Draw(t, "width"),
		}
		theirs := merkle.Tile{H: 8, L: tile.Level, N: tile.N, W: tile.Width}.Path()
		if got := strings.Replace(tile.Path(), "tile/", "tile/8/", 1); got != theirs {
			t.Fatalf("%s, want %s", got, theirs)
		}
		if back, err := tlog.ParseTile(tile.Path()); err != nil || back != tile {
			t.Fatalf("%s is read as %+v, %v", tile.Path(), back, err)
		}
	})
}

func TestTheTilesOfTheStandardsExampleExist(t *testing.T) {
	// c2sp.org/tlog-tiles, "Partial Tiles": a tree of size 70,000.
	for path, want := range map[string]bool{
		"tile/0/272": true, "tile/0/273.p/112": true, "tile/0/273.p/113": false, "tile/0/273": false,
		"tile/1/000": true, "tile/1/001.p/17": true, "tile/1/001.p/18": false,
		"tile/2/000.p/1": true, "tile/2/000.p/2": false, "tile/3/000.p/1": false, "tile/63/000.p/1": false,
		"tile/entries/273.p/112": true, "tile/entries/273.p/113": false,
		"tile/0/x001/x000/x000/x000/x000/000": false,
	} {
		tile, err := tlog.ParseTile(path)
		if err != nil || tile.In(70_000) != want {
			t.Errorf("%s: %v, %v", path, tile.In(70_000), err)
		}
	}
	for _, huge := range []tlog.Tile{{N: 1 << 56, Width: 1}, {N: math.MaxInt64, Width: 1}, {N: -1, Width: 1}, {Level: 64, Width: 1}, {Width: 257}} {
		if huge.In(tlog.MaxSize) {
			t.Errorf("%+v exists", huge)
		}
	}
	if (tlog.Tile{Width: 1}).In(0) || (tlog.Tile{}).In(300) {
		t.Error("an empty tile exists")
	}
	if start, end := (tlog.Tile{Entries: true, N: 273, Width: 112}).Range(); start != 69_888 || end != 70_000 {
		t.Errorf("range %d to %d", start, end)
	}
}

// tiles is a client's view of a log: what package merkle reads over our paths.
type tiles struct {
	t    testing.TB
	size int64
	tree tlog.Nodes
	bend bool // change a byte of what is served
}

func (c tiles) Height() int                           { return 8 }
func (c tiles) SaveTiles(_ []merkle.Tile, _ [][]byte) {}

func (c tiles) ReadTiles(want []merkle.Tile) ([][]byte, error) {
	var data [][]byte
	for _, w := range want {
		tile, err := tlog.ParseTile(strings.Replace(w.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		b, err := tile.Read(c.size, c.tree)
		if err != nil {
			return nil, err
		}
		if c.bend {
			b[len(b)-1] ^= 1
		}
		data = append(data, b)
	}
	return data, nil
}

func TestAClientThatReadsTilesVerifiesTheTree(t *testing.T) {
	const most = 70_000
	tree := grow(t, most)
	for _, size := range []int64{1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, most} {
		root, err := tlog.Root(size, tree)
		if err != nil {
			t.Fatal(err)
		}
		client := tiles{t: t, size: size, tree: tree}
		r := merkle.TileHashReader(merkle.Tree{N: size, Hash: root}, client)
		for _, index := range []int64{0, size / 2, size - 1} {
			p, err := tlog.ProveInclusion(size, index, r)
			if err != nil {
				t.Fatalf("%d in %d: %v", index, size, err)
			}
			if err := tlog.CheckInclusion(p, size, root, index, leaves(index, 1)[0]); err != nil {
				t.Errorf("%d in %d: %v", index, size, err)
			}
		}
		client.bend = true
		if _, err := merkle.TileHashReader(merkle.Tree{N: size, Hash: root}, client).ReadHashes([]int64{0}); err == nil {
			t.Errorf("tiles of %d with a changed byte were accepted", size)
		}
		for _, tile := range merkle.NewTiles(8, 0, size) {
			if !(tlog.Tile{Level: tile.L, N: tile.N, Width: tile.W}).In(size) {
				t.Errorf("a tree of %d has no %s", size, tile.Path())
			}
		}
	}
	_, err := tlog.Tile{N: most >> 8, Width: 256}.Read(most, tree)
	wantKind(t, err, clientele.NotFound)
	_, err = tlog.Tile{Entries: true, Width: 1}.Read(most, tree)
	wantKind(t, err, clientele.Invalid)
}

func TestBundlesHoldTheirEntries(t *testing.T) {
	var bundle []byte
	var err error
	for _, e := range []string{"", "a", strings.Repeat("b", tlog.MaxEntry)} {
		if bundle, err = tlog.AppendEntry(bundle, []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	if got := hex.EncodeToString(bundle[:7]); got != "0000000161ffff" {
		t.Errorf("the bundle begins %s", got)
	}
	entries, err := tlog.ParseBundle(bundle)
	if err != nil || len(entries) != 3 || len(entries[0]) != 0 || string(entries[1]) != "a" || len(entries[2]) != tlog.MaxEntry {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	_, err = tlog.AppendEntry(nil, make([]byte, tlog.MaxEntry+1))
	wantKind(t, err, clientele.Limit)
	for cut := range bundle[:20] {
		if cut == 0 || cut == 2 || cut == 5 {
			continue // between two entries
		}
		_, err := tlog.ParseBundle(bundle[:cut])
		wantKind(t, err, clientele.Invalid)
	}
	_, err = tlog.ParseBundle(make([]byte, 2*257))
	wantKind(t, err, clientele.Invalid)
}

func FuzzParseTile(f *testing.F) {
	f.Add("tile/0/x001/x234/067.p/8")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := tlog.ParseTile(path)
		if err != nil {
			return
		}
		theirs, err := merkle.ParseTilePath(strings.Replace(strings.Replace(path, "entries", "data", 1), "tile/", "tile/8/", 1))
		if err != nil || theirs.N != tile.N || theirs.W != tile.Width || tile.Path() != path {
			t.Errorf("%q is read as %+v, by package merkle as %+v, %v", path, tile, theirs, err)
		}
		if tile.In(0) {
			t.Errorf("the empty tree has %s", path)
		}
	})
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := tlog.ParseBundle(b)
		if err != nil {
			return
		}
		var back []byte
		for _, e := range entries {
			if back, err = tlog.AppendEntry(back, e); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(back, b) {
			t.Errorf("%x is read as %s", b, fmt.Sprint(entries))
		}
	})
}
