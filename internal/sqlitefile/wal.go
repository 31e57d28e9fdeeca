package sqlitefile

import "encoding/binary"

// committed are the pages in a write-ahead log that belong to finished transactions, each in
// its last version. What follows a frame that does not check is left of an earlier use.
func committed(wal []byte, pageSize int) map[uint32][]byte {
	if len(wal) < 32 {
		return nil
	}
	magic := binary.BigEndian.Uint32(wal)
	if magic&^1 != 0x377f0682 || int(binary.BigEndian.Uint32(wal[8:])) != pageSize {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 == 1 {
		order = binary.BigEndian
	}
	sum := checksum{order: order}
	if sum.add(wal[:24]); !sum.is(wal[24:]) {
		return nil
	}
	done, open := map[uint32][]byte{}, map[uint32][]byte{}
	for at := 32; at+24+pageSize <= len(wal); at += 24 + pageSize {
		head, page := wal[at:at+24], wal[at+24:at+24+pageSize]
		if string(head[8:16]) != string(wal[16:24]) { // the salt of an earlier use
			break
		}
		sum.add(head[:8])
		if sum.add(page); !sum.is(head[16:]) {
			break
		}
		open[binary.BigEndian.Uint32(head)] = page
		if binary.BigEndian.Uint32(head[4:]) != 0 { // a transaction ends here
			for n, p := range open {
				done[n] = p
			}
			clear(open)
		}
	}
	return done
}

// checksum is the log's running sum over pairs of 32-bit words.
type checksum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

func (c *checksum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		c.s0 += c.order.Uint32(b) + c.s1
		c.s1 += c.order.Uint32(b[4:]) + c.s0
	}
}

func (c *checksum) is(b []byte) bool {
	return binary.BigEndian.Uint32(b) == c.s0 && binary.BigEndian.Uint32(b[4:]) == c.s1
}
