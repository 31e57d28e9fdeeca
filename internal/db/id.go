package db

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

var alphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an id such as "cli_01jd…": 48 bits of milliseconds, so that ids sort by their
// making, and 80 random bits. Ids are never reused: rows that end become tombstones.
func NewID(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails, says its documentation
	return prefix + "_" + alphabet.EncodeToString(b[:])
}
