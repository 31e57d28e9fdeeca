package sqlitefile

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf16"

	"github.com/clientele/clientele"
)

var errDamaged = invalid("the database is damaged, or was copied while in use")

// page is a page by its number, which begins at 1.
func (f *File) page(n uint32) ([]byte, error) {
	if p, ok := f.log[n]; ok {
		return p, nil
	}
	at := (int(n) - 1) * f.pageSize
	if n == 0 || n > maxPages || at+f.pageSize > len(f.db) {
		return nil, errDamaged
	}
	return f.db[at : at+f.pageSize], nil
}

// The kinds of page of a table's tree.
const (
	interior = 0x05
	leaf     = 0x0d
)

// walk calls row for each row of the tree at root. A page is gone through once at most, so
// that a tree with a loop in it ends.
func (f *File) walk(root uint32, row func(id int64, values []any)) error {
	w := walker{File: f, seen: map[uint32]bool{}, row: row}
	return w.tree(root, 0)
}

type walker struct {
	*File
	seen map[uint32]bool
	rows int
	row  func(id int64, values []any)
}

func (w *walker) tree(n uint32, depth int) error {
	if depth > 40 || w.seen[n] {
		return errDamaged
	}
	w.seen[n] = true
	p, err := w.page(n)
	if err != nil {
		return err
	}
	head := 0
	if n == 1 {
		head = 100
	}
	kind, cells := p[head], int(binary.BigEndian.Uint16(p[head+3:]))
	pointers := head + 8
	if kind == interior {
		pointers += 4
	}
	if kind != interior && kind != leaf || pointers+2*cells > len(p) {
		return errDamaged
	}
	var first error
	for i := range cells {
		at := int(binary.BigEndian.Uint16(p[pointers+2*i:]))
		if err := w.cell(p, at, kind, depth); err != nil {
			if clientele.KindOf(err) == clientele.Limit {
				return err
			}
			if first == nil {
				first = err // and on with the cells that are whole
			}
		}
	}
	if kind == interior {
		if err := w.tree(binary.BigEndian.Uint32(p[head+8:]), depth+1); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (w *walker) cell(p []byte, at int, kind byte, depth int) error {
	if at+4 > len(p) {
		return errDamaged
	}
	if kind == interior {
		return w.tree(binary.BigEndian.Uint32(p[at:]), depth+1)
	}
	if w.rows++; w.rows > maxRows {
		return &clientele.Error{Kind: clientele.Limit, Msg: "more rows than are read from one table"}
	}
	size, n := varint(p[at:])
	id, m := varint(p[at+n:])
	if n == 0 || m == 0 {
		return errDamaged
	}
	content, err := w.payload(p, at+n+m, size)
	if err != nil {
		return err
	}
	values, err := w.record(content)
	if err != nil {
		return err
	}
	w.row(int64(id), values)
	return nil
}

// payload is a cell's content, of which the end may lie on a chain of other pages.
func (w *walker) payload(p []byte, at int, size uint64) ([]byte, error) {
	if size > uint64(w.budget) {
		return nil, &clientele.Error{Kind: clientele.Limit, Msg: "the database is damaged: its rows are larger than it is"}
	}
	w.budget -= int(size)
	total := int(size)
	local := total
	if total > w.usable-35 {
		least := (w.usable-12)*32/255 - 23
		if local = least + (total-least)%(w.usable-4); local > w.usable-35 {
			local = least
		}
	}
	if at+local > len(p) {
		return nil, errDamaged
	}
	if local == total {
		return p[at : at+total], nil
	}
	if at+local+4 > len(p) {
		return nil, errDamaged
	}
	content := append(make([]byte, 0, total), p[at:at+local]...)
	for next := binary.BigEndian.Uint32(p[at+local:]); len(content) < total; {
		more, err := w.page(next)
		if err != nil {
			return nil, err
		}
		content = append(content, more[4:min(4+total-len(content), w.usable)]...)
		next = binary.BigEndian.Uint32(more)
	}
	return content, nil
}

// record takes a row's content apart: a header of types, then the values.
func (f *File) record(b []byte) ([]any, error) {
	end, at := varint(b)
	if at == 0 || end > uint64(len(b)) {
		return nil, errDamaged
	}
	var values []any
	body := b[end:]
	for at < int(end) && len(values) < maxColumns {
		kind, n := varint(b[at:])
		if n == 0 {
			return nil, errDamaged
		}
		at += n
		v, size := f.value(kind, body)
		if size > len(body) {
			return nil, errDamaged
		}
		values, body = append(values, v), body[size:]
	}
	return values, nil
}

// value reads one value, of which the size is given even where the bytes do not suffice.
func (f *File) value(kind uint64, b []byte) (any, int) {
	sizes := [...]int{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0}
	if kind >= 12 {
		if (kind-12)/2 > uint64(len(b)) {
			return nil, math.MaxInt
		}
		size := int((kind - 12) / 2)
		if kind%2 == 0 {
			return b[:size:size], size
		}
		return f.text(b[:size]), size
	}
	size := sizes[kind]
	switch {
	case size > len(b):
		return nil, size
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), size
	case kind == 8 || kind == 9:
		return int64(kind - 8), 0
	case size == 0:
		return nil, 0
	}
	n := int64(int8(b[0]))
	for _, c := range b[1:size] {
		n = n<<8 | int64(c)
	}
	return n, size
}

func (f *File) text(b []byte) string {
	if f.encoding != 2 && f.encoding != 3 {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if f.encoding == 3 {
		order = binary.BigEndian
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// varint reads SQLite's number of one to nine bytes. The length is 0 where the bytes end
// before the number does.
func varint(b []byte) (uint64, int) {
	var v uint64
	for i := range min(len(b), 9) {
		if i == 8 {
			return v<<8 | uint64(b[i]), 9
		}
		v = v<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
