package tlog

import (
	"fmt"

	merkle "golang.org/x/mod/sumdb/tlog"

	"github.com/clientele/clientele"
)

// ProveInclusion gives the proof that the leaf with an index is in the tree of a size, from the
// leaf's sibling up (RFC 6962, section 2.1.1).
func ProveInclusion(size, index int64, r HashReader) ([]Hash, error) {
	if err := checkIndex(size, index); err != nil {
		return nil, err
	}
	p, err := merkle.ProveRecord(size, index, guarded{r})
	if err != nil {
		return nil, fmt.Errorf("prove that %d is in the tree of %d: %w", index, size, err)
	}
	return p, nil
}

// CheckInclusion checks that the tree of a size with a root holds a leaf at an index.
func CheckInclusion(proof []Hash, size int64, root Hash, index int64, leaf Hash) error {
	if err := checkIndex(size, index); err != nil {
		return err
	}
	if merkle.CheckRecord(proof, size, root, index, leaf) != nil {
		return invalid("the proof does not show that the entry is number %d of the log's first %d", index, size)
	}
	return nil
}

func checkIndex(size, index int64) error {
	if size < 0 || size > MaxSize {
		return errSize(size)
	}
	if index < 0 || index >= size {
		return clientele.Errorf(clientele.NotFound, "a log of %d entries has no number %d", size, index)
	}
	return nil
}

// ProveConsistency gives the proof that the tree of a size begins with the tree of the old size
// (RFC 6962, section 2.1.2). It is empty if the old size is zero or the same.
func ProveConsistency(old, size int64, r HashReader) ([]Hash, error) {
	if err := checkSizes(old, size); err != nil || old == 0 {
		return nil, err
	}
	p, err := merkle.ProveTree(size, old, guarded{r})
	if err != nil {
		return nil, fmt.Errorf("prove that the tree of %d begins with that of %d: %w", size, old, err)
	}
	return p, nil
}

// CheckConsistency checks that the tree of a size with a root begins with the tree of the old
// size with the old root. The empty tree is the beginning of all, by the empty proof.
func CheckConsistency(proof []Hash, old int64, oldRoot Hash, size int64, root Hash) error {
	if err := checkSizes(old, size); err != nil {
		return err
	}
	if old == 0 {
		if len(proof) != 0 || oldRoot != EmptyRoot() || size == 0 && root != oldRoot {
			return errInconsistent(old, size)
		}
		return nil
	}
	if merkle.CheckTree(proof, size, root, old, oldRoot) != nil {
		return errInconsistent(old, size)
	}
	return nil
}

func checkSizes(old, size int64) error {
	if size < 0 || size > MaxSize {
		return errSize(size)
	}
	if old < 0 || old > size {
		return invalid("a tree of %d does not begin with one of %d", size, old)
	}
	return nil
}

func errInconsistent(old, size int64) error {
	return invalid("the proof does not show that the tree of %d begins with the tree of %d", size, old)
}

// invalid is the error for a text or a proof from outside that is wrong.
func invalid(format string, args ...any) *clientele.Error {
	return clientele.Errorf(clientele.Invalid, format, args...)
}
