package tlog

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	merkle "golang.org/x/mod/sumdb/tlog"

	"github.com/clientele/clientele"
)

// The shape of tiles in c2sp.org/tlog-tiles.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	maxLevel   = 63
)

// Tile is the coordinates of a static piece of a log (c2sp.org/tlog-tiles): a row of hashes at
// one level of the tree, or a bundle of the entries themselves.
type Tile struct {
	Entries bool  // a bundle of entries; its level is zero
	Level   int   // from the leaves, in steps of eight levels of the tree: 0 to 63
	N       int64 // number within the level
	Width   int   // hashes or entries in it: 1 to 256
}

// ParseTile reads the path of a tile, without a slash at its beginning: "tile/<L>/<N>[.p/<W>]"
// or "tile/entries/<N>[.p/<W>]". What it accepts is what Path writes.
func ParseTile(path string) (Tile, error) {
	t, ok := parseTile(path)
	if !ok || t.Path() != path {
		return Tile{}, invalid("%.100q is no path of a tile", path)
	}
	return t, nil
}

func parseTile(path string) (Tile, bool) {
	t := Tile{Width: tileWidth}
	parts := strings.Split(path, "/")
	if len(path) > 100 || len(parts) < 3 || parts[0] != "tile" {
		return Tile{}, false
	}
	var ok bool
	if t.Entries = parts[1] == "entries"; !t.Entries {
		if t.Level, ok = digits(parts[1], maxLevel); !ok {
			return Tile{}, false
		}
	}
	parts = parts[2:]
	if i := len(parts) - 2; i >= 0 && strings.HasSuffix(parts[i], ".p") {
		if t.Width, ok = digits(parts[i+1], tileWidth-1); !ok || t.Width == 0 {
			return Tile{}, false
		}
		parts = parts[:i+1]
		parts[i] = strings.TrimSuffix(parts[i], ".p")
	}
	t.N, ok = parseN(parts)
	return t, ok
}

// parseN reads the number of a tile from path elements of three digits each.
func parseN(parts []string) (int64, bool) {
	var n int64
	for i, p := range parts {
		if i < len(parts)-1 {
			p = strings.TrimPrefix(p, "x")
		}
		d, ok := digits(p, 999)
		if !ok || n > MaxSize/1000-1 {
			return 0, false
		}
		n = n*1000 + int64(d)
	}
	return n, true
}

// digits reads a number of decimal digits alone.
func digits(s string, most int) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err == nil && int(n) <= most
}

// Path is the path of the tile, as in "tile/0/x001/x234/067" or "tile/entries/000.p/7".
func (t Tile) Path() string {
	at := fmt.Sprintf("%03d", t.N%1000)
	for n := t.N / 1000; n > 0; n /= 1000 {
		at = fmt.Sprintf("x%03d/%s", n%1000, at)
	}
	level := "entries"
	if !t.Entries {
		level = strconv.Itoa(t.Level)
	}
	if t.Width < tileWidth {
		return fmt.Sprintf("tile/%s/%s.p/%d", level, at, t.Width)
	}
	return fmt.Sprintf("tile/%s/%s", level, at)
}

// In reports whether a tree of a size has the tile: with all of its hashes or entries.
func (t Tile) In(size int64) bool {
	if t.Level < 0 || t.Level > maxLevel || t.N < 0 || t.N > MaxSize>>tileHeight || t.Width < 1 || t.Width > tileWidth || size > MaxSize {
		return false
	}
	return t.N<<tileHeight+int64(t.Width) <= size>>(tileHeight*t.Level)
}

// Range is the indexes of the first entry in a bundle and of the one after its last. It is
// meaningful for a bundle, and for a tile of level 0.
func (t Tile) Range() (start, end int64) {
	start = t.N << tileHeight
	return start, start + int64(t.Width)
}

// Read gives the bytes of a tile of hashes: 32 for each of its width. A tile that the tree
// of a size does not have is NotFound. The content of a tile never changes, so it may be
// cached for ever.
func (t Tile) Read(size int64, r HashReader) ([]byte, error) {
	if t.Entries {
		return nil, invalid("%s holds entries, not hashes", t.Path())
	}
	if !t.In(size) {
		return nil, clientele.Errorf(clientele.NotFound, "a log of %d entries has no %s", size, t.Path())
	}
	b, err := merkle.ReadTileData(merkle.Tile{H: tileHeight, L: t.Level, N: t.N, W: t.Width}, guarded{r})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Path(), err)
	}
	return b, nil
}

// MaxEntry is the largest entry of a log, in bytes: what the length in a bundle can say.
const MaxEntry = math.MaxUint16

// AppendEntry appends an entry to a bundle: its length in two bytes, big-endian, and itself.
func AppendEntry(bundle, entry []byte) ([]byte, error) {
	if len(entry) > MaxEntry {
		return nil, clientele.Errorf(clientele.Limit, "an entry of the log has %d bytes, the limit is %d", len(entry), MaxEntry)
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...), nil
}

// ParseBundle takes a bundle of entries apart. The entries are parts of b.
func ParseBundle(b []byte) ([][]byte, error) {
	var entries [][]byte
	for len(b) > 0 {
		if len(entries) == tileWidth {
			return nil, invalid("the bundle holds more than %d entries", tileWidth)
		}
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, invalid("the bundle ends within its entry %d", len(entries))
		}
		end := 2 + int(binary.BigEndian.Uint16(b))
		entries = append(entries, b[2:end:end])
		b = b[end:]
	}
	return entries, nil
}
