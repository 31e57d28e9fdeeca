// Package tlog keeps the Merkle tree of RFC 6962 over a log of entries: the nodes to store for
// new entries, roots and proofs, and the texts in which C2SP exchanges them (checkpoints,
// cosignatures, tiles, proofs). It stores nothing itself. Nodes go into and come from whatever
// the caller keeps them in, at the positions of merkle.StoredHashIndex.
//
//	entries ── LeafHash ──► Append ──► nodes (the caller stores them)
//	                                     │
//	             Root, Prove…, Tile.Read ┘──► Checkpoint ── Sign ──► witnesses
//
// The tree and its proofs are those of golang.org/x/mod/sumdb/tlog; what is here keeps
// hostile sizes away from it and appends in batches.
package tlog

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	merkle "golang.org/x/mod/sumdb/tlog"

	"github.com/clientele/clientele"
)

// MaxSize is the largest tree, in leaves. Beyond it the arithmetic of package merkle leaves
// 64 bits (its search for a power of two does not end), so that no size from outside may
// be larger.
const MaxSize = 1<<62 - 1

// MaxProof is the largest number of hashes in a proof: one for each level of a tree.
const MaxProof = 63

// Hash is a SHA-256 hash: of a leaf, of a node, or of a whole tree.
type Hash = merkle.Hash

// HashReader gives stored nodes by position. It returns as many hashes as it was asked
// for, in that order, or an error.
type HashReader = merkle.HashReader

// HashReaderFunc is a function that is a HashReader.
type HashReaderFunc = merkle.HashReaderFunc

// Node is a hash and the position at which it is stored: merkle.StoredHashIndex of its level
// and of its number within the level. A node, once written, never changes.
type Node struct {
	Pos  int64
	Hash Hash
}

// LeafHash is the hash of an entry as a leaf of the tree (RFC 6962, section 2.1).
func LeafHash(data []byte) Hash { return merkle.RecordHash(data) }

// Edge is the positions, ascending, of the nodes on the right edge of a tree: the roots of the
// full subtrees it consists of, at most 62. Append and Root read no others, so that a writer
// who keeps these in memory (see Nodes) reads none from its store.
func Edge(size int64) []int64 {
	var at []int64
	var lo int64
	for rest := uint64(max(size, 0)); rest != 0; rest &^= 1 << (bits.Len64(rest) - 1) {
		level := bits.Len64(rest) - 1
		at = append(at, merkle.StoredHashIndex(level, lo>>level))
		lo += 1 << level
	}
	return at
}

// NodeCount is the number of nodes stored for a tree of a size; they have the positions from
// zero to one less.
func NodeCount(size int64) int64 { return merkle.StoredHashCount(size) }

// Append gives the nodes to store when leaves are added to a tree of size leaves, in
// ascending positions without a gap, beginning at NodeCount(size). It calls r at most
// once, for those nodes of Edge(size) that the new leaves complete, and not at all if there
// are none.
func Append(size int64, leaves []Hash, r HashReader) ([]Node, error) {
	if size < 0 || int64(len(leaves)) > MaxSize-size {
		return nil, errSize(size)
	}
	left, err := completed(size, size+int64(len(leaves)), r)
	if err != nil {
		return nil, fmt.Errorf("read the edge of the tree: %w", err)
	}
	nodes := make([]Node, 0, 2*len(leaves)+bits.Len64(uint64(size)))
	pos := NodeCount(size)
	for i, h := range leaves {
		n := size + int64(i)
		nodes = append(nodes, Node{pos, h})
		pos++
		level := 0
		for ; n&1 == 1; n >>= 1 {
			h = merkle.NodeHash(left[level], h)
			nodes = append(nodes, Node{pos, h})
			pos++
			level++
		}
		left[level] = h
	}
	return nodes, nil
}

// completed reads those nodes of the old tree's edge whose parents the new tree has, by
// level. The parent of a node on the edge is full when the subtree to its right is.
func completed(size, grown int64, r HashReader) (left [MaxProof]Hash, err error) {
	edge := Edge(size)
	first := len(edge)
	for first > 0 {
		level, n := merkle.SplitStoredHashIndex(edge[first-1])
		if (n+2)<<level > grown {
			break
		}
		first--
	}
	hashes, err := guarded{r}.ReadHashes(edge[first:])
	for i, h := range hashes {
		level, _ := merkle.SplitStoredHashIndex(edge[first+i])
		left[level] = h
	}
	return left, err
}

// Root is the root of the tree of the first size leaves (RFC 6962, section 2.1). It reads the
// nodes of Edge(size) in one call.
func Root(size int64, r HashReader) (Hash, error) {
	if size < 0 || size > MaxSize {
		return Hash{}, errSize(size)
	}
	h, err := merkle.TreeHash(size, guarded{r})
	if err != nil {
		return Hash{}, fmt.Errorf("compute the root of the tree of %d: %w", size, err)
	}
	return h, nil
}

// EmptyRoot is the root of the tree without leaves: the hash of nothing.
func EmptyRoot() Hash { return sha256.Sum256(nil) }

func errSize(size int64) error {
	return clientele.Errorf(clientele.Invalid, "no tree can have the size %d", size)
}

// guarded holds a reader to its contract, a missing one too.
type guarded struct{ r HashReader }

func (g guarded) ReadHashes(at []int64) ([]Hash, error) {
	if len(at) == 0 {
		return nil, nil
	}
	if g.r == nil {
		return nil, errors.New("there is no reader of nodes")
	}
	hashes, err := g.r.ReadHashes(at)
	if err != nil {
		return nil, err
	}
	if len(hashes) != len(at) {
		return nil, fmt.Errorf("asked for %d nodes and got %d", len(at), len(hashes))
	}
	return hashes, nil
}

// Nodes is a tree, or a part of one, in memory: hashes by position.
type Nodes map[int64]Hash

// Add puts nodes in.
func (m Nodes) Add(nodes []Node) {
	for _, n := range nodes {
		m[n.Pos] = n.Hash
	}
}

// Trim drops all nodes that are not on the edge of the tree of a size.
func (m Nodes) Trim(size int64) {
	edge := make(map[int64]bool)
	for _, pos := range Edge(size) {
		edge[pos] = true
	}
	for pos := range m {
		if !edge[pos] {
			delete(m, pos)
		}
	}
}

// ReadHashes gives the nodes at positions, or an error if one of them is not there.
func (m Nodes) ReadHashes(at []int64) ([]Hash, error) {
	hashes := make([]Hash, len(at))
	for i, pos := range at {
		h, ok := m[pos]
		if !ok {
			return nil, fmt.Errorf("the node at %d is not there", pos)
		}
		hashes[i] = h
	}
	return hashes, nil
}
