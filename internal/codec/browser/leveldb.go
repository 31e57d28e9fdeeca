package browser

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sort"

	"github.com/clientele/clientele"
)

// This file reads LevelDB's files from bytes, one by one and in no particular state. The
// library goleveldb opens a folder, writes to it, starts goroutines, and trusts the sizes it
// reads; here a size is believed only as far as there are bytes.

// Bounds on what is read of one folder.
const (
	maxTables = 500
	maxValues = 500_000
	maxBytes  = 512 << 20 // of keys and values together

	maxVersions = 20 // of one key
)

var errDamaged = &clientele.Error{Kind: clientele.Invalid, Msg: "the local storage is damaged, or was copied while in use"}

// version is a value that a key has, or had.
type version struct {
	sequence uint64
	value    string
	deleted  bool
}

// store collects the keys of all files.
type store struct {
	values map[string][]version // the newest first
	count  int
	bytes  int
	err    error
}

func (s *store) put(key []byte, v version, value []byte) {
	s.count++
	s.bytes += len(key) + len(value)
	if s.full() {
		s.err = &clientele.Error{Kind: clientele.Limit, Msg: "the local storage holds more than is read"}
		return
	}
	v.value = string(value)
	list := s.values[string(key)]
	i := sort.Search(len(list), func(i int) bool { return list[i].sequence <= v.sequence })
	list = slices.Insert(list, i, v)
	s.values[string(key)] = list[:min(len(list), maxVersions)]
}

func (s *store) full() bool { return s.count > maxValues || s.bytes > maxBytes }

func (s *store) damaged() {
	if s.err == nil {
		s.err = errDamaged
	}
}

// log reads a log of batches: sequence number, count, then puts and deletions.
func (s *store) log(b []byte) {
	records(b, func(batch []byte) {
		if len(batch) < 12 {
			return
		}
		sequence := binary.LittleEndian.Uint64(batch)
		c := cursor{b: batch[12:]}
		for len(c.b) > 0 && !c.bad && !s.full() {
			switch kind := c.byte(); kind {
			case 0:
				if key := c.text(); !c.bad {
					s.put(key, version{sequence: sequence, deleted: true}, nil)
				}
			case 1:
				key, value := c.text(), c.text()
				if !c.bad {
					s.put(key, version{sequence: sequence}, value)
				}
			default:
				c.bad = true
			}
			sequence++
		}
		if c.bad {
			s.damaged()
		}
	})
}

// records gives each record of a file in LevelDB's log format: blocks of 32 KiB with pieces
// of records in them, each with checksum, length and kind. A piece that does not check ends
// its block.
func records(b []byte, f func(record []byte)) {
	const block = 32 << 10
	var whole []byte
	for len(b) > 0 {
		n := min(block, len(b))
		piece := b[:n]
		b = b[n:]
		for len(piece) >= 7 {
			size, kind := int(binary.LittleEndian.Uint16(piece[4:])), piece[6]
			if 7+size > len(piece) || kind == 0 || masked(piece[6:7+size]) != binary.LittleEndian.Uint32(piece) {
				whole = nil
				break
			}
			data := piece[7 : 7+size]
			piece = piece[7+size:]
			switch kind {
			case 1: // a whole record
				f(data)
			case 2: // the first piece of one
				whole = append([]byte{}, data...)
			case 3, 4:
				if whole == nil {
					continue
				}
				if whole = append(whole, data...); kind == 4 {
					f(whole)
					whole = nil
				}
			}
		}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is LevelDB's checksum.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// table reads a sorted table: an index, found by the footer, that leads to blocks of entries.
func (s *store) table(b []byte) {
	if len(b) < 48 || binary.LittleEndian.Uint64(b[len(b)-8:]) != 0xdb4775248b80fb57 {
		s.damaged()
		return
	}
	footer := cursor{b: b[len(b)-48:]}
	footer.number()
	footer.number() // the metaindex
	index, ok := content(b, &footer)
	if !ok {
		s.damaged()
		return
	}
	seen := map[uint64]bool{}
	pairs(index, func(_, handle []byte) {
		at := (&cursor{b: handle}).number()
		if seen[at] || s.full() {
			return
		}
		seen[at] = true
		block, ok := content(b, &cursor{b: handle})
		if !ok {
			s.damaged()
			return
		}
		pairs(block, func(key, value []byte) {
			if len(key) < 8 {
				return
			}
			tag := binary.LittleEndian.Uint64(key[len(key)-8:])
			s.put(key[:len(key)-8], version{sequence: tag >> 8, deleted: tag&0xff == 0}, value)
		})
	})
}

// content is the block that a handle (offset and size) leads to, uncompressed.
func content(b []byte, handle *cursor) ([]byte, bool) {
	at, size := handle.number(), handle.number()
	if handle.bad || at > uint64(len(b)) || size > uint64(len(b)) || at+size+5 > uint64(len(b)) {
		return nil, false
	}
	block, kind := b[at:at+size], b[at+size]
	if masked(b[at:at+size+1]) != binary.LittleEndian.Uint32(b[at+size+1:]) {
		return nil, false
	}
	switch kind {
	case 0:
		return block, true
	case 1:
		return unsnap(block)
	}
	return nil, false
}

// pairs gives the entries of a block. Each key is written as what it adds to the one before.
func pairs(block []byte, f func(key, value []byte)) {
	if len(block) < 4 {
		return
	}
	restarts := uint64(binary.LittleEndian.Uint32(block[len(block)-4:]))
	if 4*restarts+4 > uint64(len(block)) {
		return
	}
	c := cursor{b: block[:uint64(len(block))-4*restarts-4]}
	var key []byte
	for len(c.b) > 0 {
		shared, added, size := c.number(), c.number(), c.number()
		if c.bad || shared > uint64(len(key)) {
			return
		}
		key = append(key[:shared:shared], c.take(added)...)
		value := c.take(size)
		if c.bad {
			return
		}
		f(key, value)
	}
}

// manifest says which files make up the store.
type manifest struct {
	live      map[uint64]bool
	log, next uint64
}

func (m manifest) tables() []uint64 {
	var all []uint64
	for n := range m.live {
		all = append(all, n)
	}
	slices.Sort(all)
	return all[:min(len(all), maxTables)]
}

// readManifest follows the changes that a manifest lists.
func readManifest(b []byte) manifest {
	m := manifest{live: map[uint64]bool{}}
	records(b, func(edit []byte) {
		c := cursor{b: edit}
		for len(c.b) > 0 && !c.bad {
			switch c.number() {
			case 1: // comparator
				c.text()
			case 2:
				m.log = c.number()
			case 3:
				m.next = c.number()
			case 4, 9: // last sequence, previous log
				c.number()
			case 5: // compaction pointer
				c.number()
				c.text()
			case 6:
				c.number()
				delete(m.live, c.number())
			case 7:
				c.number()
				if n := c.number(); !c.bad && len(m.live) < 10*maxTables {
					m.live[n] = true
				}
				c.number()
				c.text()
				c.text()
			default:
				c.bad = true
			}
		}
	})
	return m
}

// cursor reads numbers and texts, and turns bad where the bytes end before they do.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) byte() byte {
	if b := c.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (c *cursor) number() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) text() []byte { return c.take(c.number()) }
