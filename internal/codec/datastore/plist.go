package datastore

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf16"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// readPlist reads a property list, XML or binary, into maps and lists.
func readPlist(data []byte) (*doc.Node, error) {
	if bytes.HasPrefix(data, []byte("bplist0")) {
		return readBinaryPlist(data)
	}
	root, err := doc.XML(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if root == nil || root.Key != "plist" || len(root.Kids) == 0 {
		return nil, err
	}
	return plistValue(root.Kids[len(root.Kids)-1], ""), err
}

func plistValue(n *doc.Node, key string) *doc.Node {
	out := &doc.Node{Key: key, Kind: doc.String, Text: n.Text, Line: n.Line}
	switch n.Key {
	case "dict":
		out.Kind, out.Text = doc.Map, ""
		name := ""
		for _, k := range n.Kids {
			if k.Key == "key" {
				name = k.Text
			} else if k.Key != "" && k.Key[0] != '@' {
				out.Kids = append(out.Kids, plistValue(k, name))
			}
		}
	case "array":
		out.Kind, out.Text = doc.List, ""
		for _, k := range n.Kids {
			out.Kids = append(out.Kids, plistValue(k, ""))
		}
	case "true", "false":
		out.Kind, out.Text = doc.Bool, n.Key
	case "integer", "real":
		out.Kind = doc.Number
	}
	return out
}

// binaryPlist reads Apple's bplist00: objects, a table of their offsets, and a trailer that
// says where the table is and how wide its entries are. Objects refer to each other by
// number and can be shared, so that the work is bounded by what is made, not by the size.
type binaryPlist struct {
	data             []byte
	offsets          []byte
	offsetLen, idLen int
	count            int
	budget           int
}

func readBinaryPlist(data []byte) (*doc.Node, error) {
	bad := &clientele.Error{Kind: clientele.Invalid, Msg: "not a binary property list, or one that is cut short"}
	if len(data) < 40 {
		return nil, bad
	}
	t := data[len(data)-32:]
	p := binaryPlist{data: data, offsetLen: int(t[6]), idLen: int(t[7]), budget: 200_000}
	count, top, table := binary.BigEndian.Uint64(t[8:]), binary.BigEndian.Uint64(t[16:]), binary.BigEndian.Uint64(t[24:])
	if p.offsetLen < 1 || p.offsetLen > 8 || p.idLen < 1 || p.idLen > 8 || table > uint64(len(data)) ||
		count > uint64(len(data)) || uint64(p.offsetLen)*count > uint64(len(data))-table || top >= count {
		return nil, bad
	}
	p.offsets, p.count = data[table:], int(count)
	n := p.object(int(top), "", 0)
	if n == nil {
		return nil, bad
	}
	return n, nil
}

// object makes the node for an object; nil if it cannot be read.
func (p *binaryPlist) object(id int, key string, depth int) *doc.Node {
	if p.budget--; p.budget < 0 || depth > doc.MaxDepth || id < 0 || id >= p.count {
		return nil
	}
	at := number(p.offsets[id*p.offsetLen:][:p.offsetLen])
	if at >= uint64(len(p.data)) {
		return nil
	}
	b := p.data[at:]
	kind, size := b[0]>>4, int(b[0]&15)
	b = b[1:]
	n := &doc.Node{Key: key, Kind: doc.String}
	switch kind {
	case 0:
		n.Kind, n.Text = doc.Bool, strconv.FormatBool(size == 9)
		return n
	case 1, 2:
		n.Kind = doc.Number
		return scalar(n, kind, b, 1<<size)
	}
	if size == 15 {
		if size, b = length(b); size < 0 {
			return nil
		}
	}
	return p.sized(n, kind, b, size, depth)
}

// scalar reads an integer or a real of so many bytes.
func scalar(n *doc.Node, kind byte, b []byte, size int) *doc.Node {
	if size > len(b) {
		return nil
	}
	switch {
	case kind == 1:
		n.Text = strconv.FormatInt(int64(number(b[max(0, size-8):size])), 10)
	case size == 4:
		n.Text = strconv.FormatFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(b))), 'g', -1, 32)
	case size == 8:
		n.Text = strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(b)), 'g', -1, 64)
	}
	return n
}

// sized reads what has a length: text, bytes, lists and maps.
func (p *binaryPlist) sized(n *doc.Node, kind byte, b []byte, size, depth int) *doc.Node {
	width := map[byte]int{4: 1, 5: 1, 6: 2, 10: p.idLen, 12: p.idLen, 13: 2 * p.idLen}[kind]
	if width == 0 || size > len(b)/width {
		return nil
	}
	switch kind {
	case 4, 5:
		n.Text = string(bytes.ToValidUTF8(b[:size], []byte("\uFFFD")))
	case 6:
		units := make([]uint16, size)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		n.Text = string(utf16.Decode(units))
	case 10, 12:
		n.Kind = doc.List
		for i := range size {
			n.Kids = p.with(n.Kids, p.object(p.id(b, i), "", depth+1))
		}
	case 13:
		n.Kind = doc.Map
		for i := range size {
			if k := p.object(p.id(b, i), "", depth+1); k != nil {
				n.Kids = p.with(n.Kids, p.object(p.id(b, size+i), k.Text, depth+1))
			}
		}
	}
	return n
}

func (p *binaryPlist) with(kids []*doc.Node, n *doc.Node) []*doc.Node {
	if n == nil {
		return kids
	}
	return append(kids, n)
}

// id is the i-th reference to an object.
func (p *binaryPlist) id(b []byte, i int) int {
	v := number(b[i*p.idLen:][:p.idLen])
	if v > math.MaxInt32 {
		return -1
	}
	return int(v)
}

// length reads a length that did not fit: an integer object of its own.
func length(b []byte) (int, []byte) {
	if len(b) == 0 || b[0]>>4 != 1 {
		return -1, nil
	}
	size := 1 << (b[0] & 15)
	if size > 8 || size >= len(b) {
		return -1, nil
	}
	v := number(b[1 : 1+size])
	if v > math.MaxInt32 {
		return -1, nil
	}
	return int(v), b[1+size:]
}

func number(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}
