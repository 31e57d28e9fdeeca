package inventory

import "strings"

// Page is a stretch of a list.
type Page struct {
	Limit int    // 0 stands for 50; 500 at most
	After string // the cursor that came with the stretch before; empty: from the beginning
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 500)
}

// cutPage takes the item beyond the limit off again and makes the cursor of what is left.
func cutPage[T any](all []T, limit int, cursor func(T) string) ([]T, string) {
	if len(all) <= limit {
		return all, ""
	}
	return all[:limit], cursor(all[limit-1])
}

// like is a pattern for texts that contain s, for LIKE … ESCAPE '\'.
func like(s string) string { return "%" + escapeLike(strings.ToLower(s)) + "%" }

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

func anys(ids []string) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
