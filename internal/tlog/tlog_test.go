package tlog_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"

	merkle "golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// leaves gives n different leaves, beginning at a number.
func leaves(from, n int64) []tlog.Hash {
	var hs []tlog.Hash
	for i := range n {
		hs = append(hs, tlog.LeafHash(fmt.Appendf(nil, "entry %d", from+i)))
	}
	return hs
}

// grow builds the tree of n leaves in memory.
func grow(t testing.TB, n int64) tlog.Nodes {
	t.Helper()
	tree := tlog.Nodes{}
	nodes, err := tlog.Append(0, leaves(0, n), tree)
	if err != nil {
		t.Fatal(err)
	}
	tree.Add(nodes)
	return tree
}

// naiveRoot is MTH of RFC 6962, section 2.1, word for word.
func naiveRoot(d []tlog.Hash) tlog.Hash {
	if len(d) == 1 {
		return d[0]
	}
	k := 1 << (bits.Len(uint(len(d)-1)) - 1)
	return merkle.NodeHash(naiveRoot(d[:k]), naiveRoot(d[k:]))
}

func wantKind(t *testing.T, err error, kind clientele.ErrorKind) {
	t.Helper()
	if err == nil || clientele.KindOf(err) != kind {
		t.Errorf("got %v, want an error of kind %s", err, kind)
	}
}

func TestRootsAreThoseOfTheReferenceTree(t *testing.T) {
	// The tree in the tests of github.com/google/certificate-transparency (merkletree).
	entries := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	tree := tlog.Nodes{}
	for size := range int64(len(roots)) {
		root, err := tlog.Root(size, tree)
		if err != nil || hex.EncodeToString(root[:]) != roots[size] {
			t.Errorf("root of %d = %x, %v", size, root, err)
		}
		if int(size) == len(entries) {
			break
		}
		entry, err := hex.DecodeString(entries[size])
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := tlog.Append(size, []tlog.Hash{tlog.LeafHash(entry)}, tree)
		if err != nil {
			t.Fatal(err)
		}
		tree.Add(nodes)
	}
}

func TestAppendingInAnyBatchesGivesTheSameTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tlog.Nodes{} // what package merkle stores, leaf by leaf
		tree := tlog.Nodes{}
		memory := tlog.Nodes{} // the edge alone
		var all []tlog.Hash
		for _, n := range rapid.SliceOfN(rapid.Int64Range(0, 70), 1, 12).Draw(t, "batches") {
			size := int64(len(all))
			batch := leaves(size, n)
			nodes, err := tlog.Append(size, batch, memory)
			if err != nil {
				t.Fatal(err)
			}
			for i, node := range nodes {
				if node.Pos != tlog.NodeCount(size)+int64(i) {
					t.Fatalf("node %d of the batch at %d has position %d", i, size, node.Pos)
				}
			}
			all = append(all, batch...)
			tree.Add(nodes)
			memory.Add(nodes)
			memory.Trim(int64(len(all)))
			if len(memory) != bits.OnesCount(uint(len(all))) {
				t.Fatalf("the edge of %d has %d nodes", len(all), len(memory))
			}
		}
		for i, h := range all {
			hashes, err := merkle.StoredHashesForRecordHash(int64(i), h, want)
			if err != nil {
				t.Fatal(err)
			}
			for j, h := range hashes {
				want[merkle.StoredHashIndex(0, int64(i))+int64(j)] = h
			}
		}
		if len(tree) != len(want) {
			t.Fatalf("%d nodes, want %d", len(tree), len(want))
		}
		for pos, h := range want {
			if tree[pos] != h {
				t.Fatalf("the node at %d differs", pos)
			}
		}
		if len(all) == 0 {
			return
		}
		if root, err := tlog.Root(int64(len(all)), memory); err != nil || root != naiveRoot(all) {
			t.Fatalf("the root of %d differs: %v", len(all), err)
		}
	})
}

func TestAppendReadsOnceAndOnlyWhatItNeeds(t *testing.T) {
	for size := range int64(130) {
		tree := grow(t, size)
		for n := range int64(70) {
			var reads [][]int64
			counting := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
				reads = append(reads, at)
				return tree.ReadHashes(at)
			})
			if _, err := tlog.Append(size, leaves(size, n), counting); err != nil {
				t.Fatal(err)
			}
			needed := map[int64]bool{} // what package merkle reads of the old tree
			all := grow(t, size+n)
			noting := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
				for _, pos := range at {
					if pos < tlog.NodeCount(size) {
						needed[pos] = true
					}
				}
				return all.ReadHashes(at)
			})
			for i, h := range leaves(size, n) {
				if _, err := merkle.StoredHashesForRecordHash(size+int64(i), h, noting); err != nil {
					t.Fatal(err)
				}
			}
			if len(reads) > 1 || len(needed) == 0 && len(reads) != 0 {
				t.Fatalf("%d+%d: %d reads for %d nodes", size, n, len(reads), len(needed))
			}
			if len(reads) == 1 && len(reads[0]) != len(needed) {
				t.Fatalf("%d+%d: read %v, needed %v", size, n, reads[0], needed)
			}
			for _, pos := range slices.Concat(reads...) {
				if !needed[pos] || !slices.Contains(tlog.Edge(size), pos) {
					t.Fatalf("%d+%d: read %d, which is not needed or not on the edge", size, n, pos)
				}
			}
		}
	}
}

func TestABadReaderIsAnErrorAndNoPanic(t *testing.T) {
	short := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
	broken := errors.New("disk on fire")
	failing := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, broken })
	for name, r := range map[string]tlog.HashReader{"none": nil, "short": short, "failing": failing} {
		_, err1 := tlog.Append(7, leaves(7, 1), r)
		_, err2 := tlog.Root(7, r)
		_, err3 := tlog.ProveInclusion(7, 2, r)
		_, err4 := tlog.ProveConsistency(3, 7, r)
		_, err5 := tlog.Tile{Width: 1}.Read(7, r)
		for i, err := range []error{err1, err2, err3, err4, err5} {
			if err == nil || name == "failing" && !errors.Is(err, broken) {
				t.Errorf("%s reader, call %d: %v", name, i+1, err)
			}
		}
	}
	if nodes, err := tlog.Append(6, leaves(6, 1), nil); err != nil || len(nodes) != 1 {
		t.Errorf("an append that needs no old nodes: %v, %v", nodes, err)
	}
}

func TestImpossibleSizesAreRefusedAndEnd(t *testing.T) {
	for _, size := range []int64{-1, math.MinInt64, tlog.MaxSize + 1, math.MaxInt64} {
		_, err := tlog.Append(size, leaves(0, 1), nil)
		wantKind(t, err, clientele.Invalid)
		_, err = tlog.Root(size, nil)
		wantKind(t, err, clientele.Invalid)
		_, err = tlog.ProveInclusion(size, 0, nil)
		wantKind(t, err, clientele.Invalid)
		_, err = tlog.ProveConsistency(1, size, nil)
		wantKind(t, err, clientele.Invalid)
		wantKind(t, tlog.CheckInclusion(nil, size, tlog.Hash{}, 0, tlog.Hash{}), clientele.Invalid)
		wantKind(t, tlog.CheckConsistency(nil, 1, tlog.Hash{}, size, tlog.Hash{}), clientele.Invalid)
		if (tlog.Tile{Width: 1}).In(size) {
			t.Errorf("a tree of %d has a tile", size)
		}
	}
	_, err := tlog.Append(tlog.MaxSize, leaves(0, 1), nil)
	wantKind(t, err, clientele.Invalid)
	wantKind(t, tlog.CheckInclusion(make([]tlog.Hash, 62), tlog.MaxSize, tlog.Hash{}, tlog.MaxSize-1, tlog.Hash{}), clientele.Invalid)
	wantKind(t, tlog.CheckConsistency(make([]tlog.Hash, 62), tlog.MaxSize-1, tlog.Hash{}, tlog.MaxSize, tlog.Hash{}), clientele.Invalid)
	if n := len(tlog.Edge(tlog.MaxSize)); n != 62 {
		t.Errorf("the edge of the largest tree has %d nodes", n)
	}
}

func TestProofsOfInclusionHoldForTheirEntryAlone(t *testing.T) {
	for size := int64(1); size < 40; size++ {
		tree := grow(t, size)
		root, err := tlog.Root(size, tree)
		if err != nil {
			t.Fatal(err)
		}
		for i, leaf := range leaves(0, size) {
			p, err := tlog.ProveInclusion(size, int64(i), tree)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckInclusion(p, size, root, int64(i), leaf); err != nil {
				t.Fatalf("%d in %d: %v", i, size, err)
			}
			wantKind(t, tlog.CheckInclusion(p, size, root, int64(i), tlog.LeafHash([]byte("forged"))), clientele.Invalid)
			wantKind(t, tlog.CheckInclusion(append(p, root), size, root, int64(i), leaf), clientele.Invalid)
			if len(p) > 0 {
				wantKind(t, tlog.CheckInclusion(p[1:], size, root, int64(i), leaf), clientele.Invalid)
				wantKind(t, tlog.CheckInclusion(p, size, root, int64(i)^1, leaf), kindOfIndex(int64(i)^1, size))
			}
		}
		_, err = tlog.ProveInclusion(size, size, tree)
		wantKind(t, err, clientele.NotFound)
	}
}

func kindOfIndex(i, size int64) clientele.ErrorKind {
	if i >= size {
		return clientele.NotFound
	}
	return clientele.Invalid
}

func TestProofsOfConsistencyShowABeginning(t *testing.T) {
	const most = 40
	tree := grow(t, most)
	root := func(size int64) tlog.Hash {
		h, err := tlog.Root(size, tree)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for size := range int64(most + 1) {
		for old := range size + 1 {
			p, err := tlog.ProveConsistency(old, size, tree)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckConsistency(p, old, root(old), size, root(size)); err != nil {
				t.Fatalf("%d to %d: %v", old, size, err)
			}
			wantKind(t, tlog.CheckConsistency(p, old, tlog.LeafHash(nil), size, root(size)), clientele.Invalid)
			wantKind(t, tlog.CheckConsistency(append(p, root(1)), old, root(old), size, root(size)), clientele.Invalid)
			if old > 0 || size == 0 {
				wantKind(t, tlog.CheckConsistency(p, old, root(old), size, tlog.LeafHash(nil)), clientele.Invalid)
			}
		}
	}
	_, err := tlog.ProveConsistency(5, 4, tree)
	wantKind(t, err, clientele.Invalid)
	wantKind(t, tlog.CheckConsistency(nil, 5, root(5), 4, root(4)), clientele.Invalid)
	wantKind(t, tlog.CheckConsistency(nil, -1, root(5), 4, root(4)), clientele.Invalid)
}

func TestTrimAndReadTellWhatIsMissing(t *testing.T) {
	tree := grow(t, 6)
	tree.Trim(6)
	if got := tlog.Edge(6); len(tree) != 2 || !slices.Equal(got, []int64{6, 9}) {
		t.Errorf("edge %v, kept %d nodes", got, len(tree))
	}
	if _, err := tree.ReadHashes([]int64{0}); err == nil {
		t.Error("a node that was dropped was read")
	}
	if tlog.Edge(0) != nil || tlog.Edge(-5) != nil {
		t.Error("the empty tree has an edge")
	}
}

func BenchmarkAppend256(b *testing.B) {
	batch := leaves(0, 256)
	tree := tlog.Nodes{}
	var size int64
	for b.Loop() {
		nodes, err := tlog.Append(size, batch, tree)
		if err != nil {
			b.Fatal(err)
		}
		size += 256
		tree.Add(nodes)
		tree.Trim(size)
	}
}
