package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/tlog"
)

// readNodes reads stored hashes of the tree by their positions.
func readNodes(ctx context.Context, tx *db.Tx, at []int64) (tlog.Nodes, error) {
	nodes := tlog.Nodes{}
	for chunk := range slices.Chunk(at, 500) {
		args := make([]any, len(chunk))
		for i, p := range chunk {
			args[i] = p
		}
		err := tx.Each(ctx, "SELECT pos, hash FROM tree_node WHERE pos IN "+db.Marks(len(chunk)), args, func(r db.Row) error {
			var pos int64
			var hash []byte
			if err := r.Scan(&pos, &hash); err != nil {
				return err
			}
			var h tlog.Hash
			if len(hash) != len(h) {
				return clientele.Errorf(clientele.Internal, "node %d of the tree has %d bytes", pos, len(hash))
			}
			copy(h[:], hash)
			nodes[pos] = h
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the tree: %w", err)
		}
	}
	return nodes, nil
}

// Hashes reads the tree's stored hashes in a transaction, for proofs and tiles.
func (l *Log) Hashes(ctx context.Context, tx *db.Tx) tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		nodes, err := readNodes(ctx, tx, at)
		if err != nil {
			return nil, err
		}
		return nodes.ReadHashes(at)
	})
}
