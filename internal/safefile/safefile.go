// Package safefile opens and reads files that anybody may have put there: regular files only,
// without following a link or waiting for a pipe, within a limit, and as UTF-8 whatever
// their encoding.
package safefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/clientele/clientele"
)

// Open opens a file for reading without following a link at its end and without
// waiting for the other side of a pipe, and refuses what is no regular file: what the walk
// saw may have been replaced since.
func Open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// Read reads a whole file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, info, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > limit {
		return nil, TooLarge(info.Size(), limit)
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// TooLarge is the error for a file over the limit.
func TooLarge(size, limit int64) error {
	return &clientele.Error{Kind: clientele.Limit, Msg: fmt.Sprintf("larger than is read (%d MiB, the limit is %d)", size>>20, limit>>20), Hint: "raise the limit with --max-size"}
}

// SniffLen is how much of a file decides whether it is text.
const SniffLen = 8 << 10

// IsBinary reports whether a text is none: it holds a NUL byte near its beginning.
func IsBinary(b []byte) bool { return bytes.IndexByte(b[:min(len(b), SniffLen)], 0) >= 0 }

// UTF8 gives a text in UTF-8 without a byte order mark. UTF-16 is recognised by its mark
// or by the zero bytes that Latin letters leave in it. The answer is false for binary data.
func UTF8(b []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")) && !bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return decodeUTF16(b[2:], 0, 1), true
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decodeUTF16(b[2:], 1, 0), true
	case len(b) >= 8 && halfZero(b, 1):
		return decodeUTF16(b, 0, 1), true
	case len(b) >= 8 && halfZero(b, 0):
		return decodeUTF16(b, 1, 0), true
	}
	if IsBinary(b) {
		return withoutNULs(b)
	}
	return b, true
}

// withoutNULs gives a text in which a few NUL bytes stand, as editors and crashes leave
// them, with spaces in their place: one such byte must not hide a file. Programs and images
// have many, or are no UTF-8.
func withoutNULs(b []byte) ([]byte, bool) {
	head := b[:min(len(b), SniffLen)]
	if bytes.Count(head, []byte{0}) > 1+len(head)/256 {
		return b, false
	}
	for len(head) > SniffLen-utf8.UTFMax && !utf8.Valid(head) { // cut within a letter
		head = head[:len(head)-1]
	}
	if !utf8.Valid(head) {
		return b, false
	}
	return bytes.ReplaceAll(b, []byte{0}, []byte{' '}), true
}

// halfZero reports whether, at the beginning, all bytes of one parity are zero and none of
// the other is.
func halfZero(b []byte, parity int) bool {
	for i := range min(len(b), 64) {
		if (b[i] == 0) != (i%2 == parity) {
			return false
		}
	}
	return true
}

// decodeUTF16 reads pairs whose low byte lies at index low and whose high byte at high.
func decodeUTF16(b []byte, low, high int) []byte {
	out := make([]byte, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(b[i+low]) | rune(b[i+high])<<8
		if utf16.IsSurrogate(r) && i+3 < len(b) {
			if full := utf16.DecodeRune(r, rune(b[i+2+low])|rune(b[i+2+high])<<8); full != utf8.RuneError {
				r = full
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
