package browser

// unsnap undoes Snappy's compression of one block. Snappy makes no text smaller than a
// twenty-first of its size, so that a block that claims more is refused before any memory is
// taken for it.
func unsnap(src []byte) ([]byte, bool) {
	c := cursor{b: src}
	size := c.number()
	if c.bad || size > 24*uint64(len(src)) {
		return nil, false
	}
	out := make([]byte, 0, size)
	for len(c.b) > 0 && uint64(len(out)) <= size {
		tag := c.byte()
		length, offset := uint64(tag>>2)+1, uint64(0)
		switch tag & 3 {
		case 0: // bytes as they are
			if length > 60 {
				length = little(c.take(length-60)) + 1
			}
			out = append(out, c.take(length)...)
			if c.bad {
				return nil, false
			}
			continue
		case 1:
			length = uint64(tag>>2&7) + 4
			offset = uint64(tag>>5)<<8 | uint64(c.byte())
		case 2:
			offset = little(c.take(2))
		case 3:
			offset = little(c.take(4))
		}
		if c.bad || offset == 0 || offset > uint64(len(out)) || uint64(len(out))+length > size {
			return nil, false
		}
		for range length { // the copy may reach into itself
			out = append(out, out[uint64(len(out))-offset])
		}
	}
	return out, uint64(len(out)) == size
}

func little(b []byte) uint64 {
	var v uint64
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}
