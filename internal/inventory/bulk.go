package inventory

import (
	"context"
	"fmt"
	"slices"

	"github.com/clientele/clientele/internal/db"
)

// Statements for many rows come in a few sizes, so that their texts stay few: db keeps each
// text, and the engines prepare it.
var rowSizes = []int{64, 8, 1}

// insert runs "head VALUES (…), (…) tail" for the rows, many at a time.
func insert(ctx context.Context, tx *db.Tx, head, tail string, rows [][]any) error {
	for _, size := range rowSizes {
		for len(rows) >= size {
			width := len(rows[0])
			args := make([]any, 0, size*width)
			for _, r := range rows[:size] {
				args = append(args, r...)
			}
			if _, err := tx.Exec(ctx, head+" VALUES "+db.Rows(size, width)+tail, args...); err != nil {
				return fmt.Errorf("%s: %w", head[:min(len(head), 40)], err)
			}
			rows = rows[size:]
		}
	}
	return nil
}

// inSizes are the lengths of IN lists; shorter ones repeat their last value.
var inSizes = []int{1, 8, 64, 512}

// chunks calls fn with "(?, ?, …)" and its arguments until all values were in one.
func chunks(values []string, fn func(marks string, args []any) error) error {
	for chunk := range slices.Chunk(values, inSizes[len(inSizes)-1]) {
		size := inSizes[slices.IndexFunc(inSizes, func(n int) bool { return n >= len(chunk) })]
		args := anys(chunk)
		for len(args) < size {
			args = append(args, chunk[len(chunk)-1])
		}
		if err := fn(db.Marks(size), args); err != nil {
			return err
		}
	}
	return nil
}

// eachIn runs "head IN (…) tail" for the values, with more arguments in front.
func eachIn(ctx context.Context, tx *db.Tx, head, tail string, values []string, scan func(db.Row) error, before ...any) error {
	return chunks(values, func(marks string, args []any) error {
		return tx.Each(ctx, head+" IN "+marks+tail, append(slices.Clone(before), args...), scan)
	})
}

// execIn runs a statement like eachIn and returns how many rows it changed.
func execIn(ctx context.Context, tx *db.Tx, head, tail string, values []string, before ...any) (int64, error) {
	var sum int64
	err := chunks(values, func(marks string, args []any) error {
		n, err := tx.Exec(ctx, head+" IN "+marks+tail, append(slices.Clone(before), args...)...)
		sum += n
		return err
	})
	return sum, err
}
