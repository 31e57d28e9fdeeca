package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/guard"
)

// Search lists clients in the order of their arrival. The cursor is the last one's id.
//
// Each condition can be tested on a row, and can name its rows by an index. Which way is fast
// depends on how many they are, and how many pass all. So each first names up to two
// thousand: where these are all, they are few, and only rows that all such conditions name
// are read, and tested for the rest. If no condition has few, rows are read in order, which
// fills a page soon if many pass. If it does not, few comes to mean more. What is slow is
// then a page whose conditions have tens of thousands of rows each and next to none
// together. What PostgreSQL knows how to weigh, it weighs itself.
func Search(ctx context.Context, tx *db.Tx, f Filter, p Page) ([]Client, string, error) {
	if err := f.check(); err != nil {
		return nil, "", err
	}
	if f.Dormant && f.State != "" && f.State != clientele.Active { // which only active ones are
		return nil, "", nil
	}
	s := searching{ctx: ctx, tx: tx, limit: p.limit() + 1}
	if err := s.begin(p.After); err != nil {
		return nil, "", err
	}
	all, err := s.page(&f)
	if err != nil {
		return nil, "", err
	}
	all, next := cutPage(all, s.limit-1, func(c Client) string { return string(c.ID) })
	return all, next, nil
}

// How many rows are few: at first, and later on. Those of words and joins take longer to
// name.
var few = [...]int{2_000, 10_000, 50_000}

const (
	fewWords = 300
	fewJoins = 10_000
	stretch  = 2_000 // rows read in order before few comes to mean more
	manyRows = 20_000
)

// searching is one search for a page.
type searching struct {
	ctx   context.Context
	tx    *db.Tx
	after int64 // n of the last client before the page
	limit int
}

func (s *searching) begin(after string) error {
	if after != "" {
		err := s.tx.Row(s.ctx, "SELECT n FROM client WHERE id = ?", []any{after}, &s.after)
		if guard.NoRows(err) {
			return clientele.Errorf(clientele.Invalid, "there is no such cursor")
		}
		if err != nil {
			return fmt.Errorf("read a cursor: %w", err)
		}
	}
	if s.tx.Dialect() == db.Postgres { // one plan for all words would be a bad one for most
		var mode string
		if err := s.tx.Row(s.ctx, "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)", nil, &mode); err != nil {
			return fmt.Errorf("set up a search: %w", err)
		}
	}
	return nil
}

// page runs the search. What is visible to those who do not see all is their own, and what
// nobody owns: two searches, as few are the rows of the one and many those of the other.
func (s *searching) page(f *Filter) ([]Client, error) {
	dialect := s.tx.Dialect()
	conds := f.conds(dialect)
	if f.VisibleTo == nil {
		return s.run(conds)
	}
	mine, err := s.run(append(slices.Clone(conds), anyOf(f.VisibleTo, "owner_id", "backup_id", "team_id")))
	if err != nil {
		return nil, err
	}
	unowned := equal(dialect, "c.owner_id", "")
	unowned.plain = false // what nobody owns is in few states
	if state := f.oneState(); state != "" {
		unowned.indexed, unowned.args = unowned.indexed+" AND c.state = ?", append(unowned.args, string(state))
	}
	free, err := s.run(append(conds, unowned))
	if err != nil {
		return nil, err
	}
	all := append(mine, free...)
	slices.SortFunc(all, func(a, b Client) int { return cmp.Compare(a.n, b.n) })
	all = slices.CompactFunc(all, func(a, b Client) bool { return a.n == b.n })
	return all[:min(len(all), s.limit)], nil
}

func (s *searching) run(conds []*cond) ([]Client, error) {
	if len(conds) == 1 && conds[0].ordered() {
		return s.inOrder(conds, 0)
	}
	for i, bound := range few {
		rows, rest, err := s.name(conds, bound)
		if err != nil {
			return nil, err
		}
		if rows != nil {
			return s.read(rows, rest)
		}
		if i > 0 || s.tx.Dialect() == db.Postgres {
			continue
		}
		if page, err := s.inOrder(conds, stretch); err != nil || len(page) >= s.limit {
			return page, err
		}
	}
	return s.inOrder(conds, 0)
}

// name lists the n of the rows that all conditions with few rows name, in order, and the
// conditions they are still to be tested for. The list is nil if no condition has few.
func (s *searching) name(conds []*cond, bound int) ([]int64, []*cond, error) {
	var rows []int64
	var rest []*cond
	for _, c := range conds {
		if err := s.nameOne(c, bound); err != nil {
			return nil, nil, err
		}
		switch {
		case !c.all:
			rest = append(rest, c)
			continue
		case rows == nil:
			rows = append([]int64{}, c.rows...)
		default:
			rows = both(rows, c.rows)
		}
		if c.rough != "" { // it may have named too many
			rest = append(rest, c)
		}
		if len(rows) == 0 {
			break
		}
	}
	return rows, rest, nil
}

// nameOne names the rows of a condition, unless that was done or is of no use.
func (s *searching) nameOne(c *cond, bound int) error {
	query, args := c.drive(), c.args
	switch {
	case c.rough != "":
		query, args, bound = c.rough, args[:1], fewWords
	case c.joined:
		bound = min(bound, fewJoins)
	}
	if c.all || bound <= c.asked || c.plain && s.tx.Dialect() == db.Postgres {
		return nil
	}
	c.rows, c.asked = make([]int64, 0, bound/4), bound
	err := s.tx.Each(s.ctx, "SELECT n FROM ("+query+") AS d LIMIT ?", append(slices.Clone(args), bound), func(r db.Row) error {
		var n int64
		err := r.Scan(&n)
		c.rows = append(c.rows, n)
		return err
	})
	if err != nil {
		return fmt.Errorf("search clients: %w", err)
	}
	if c.all = len(c.rows) < bound; c.all {
		slices.Sort(c.rows)
		c.rows = slices.Compact(c.rows)
	}
	return nil
}

// both are the numbers in both lists, which are in order.
func both(a, b []int64) []int64 {
	out := a[:0]
	for _, n := range a {
		if _, ok := slices.BinarySearch(b, n); ok {
			out = append(out, n)
		}
	}
	return out
}

// read reads rows by their n and tests them for conditions, until the page is full.
func (s *searching) read(rows []int64, conds []*cond) ([]Client, error) {
	const most = 256
	i, _ := slices.BinarySearch(rows, s.after+1)
	var page []Client
	for chunk := range slices.Chunk(rows[i:], most) {
		args := make([]any, 0, most)
		for len(args) < most {
			args = append(args, chunk[min(len(args), len(chunk)-1)])
		}
		from := "client AS c WHERE c.n IN " + db.Marks(most)
		for _, c := range conds { // no index is any use now, though PostgreSQL may think so
			from += " AND " + strings.ReplaceAll(c.test, "c.search LIKE", "c.search || '' LIKE")
			args = append(args, c.testArgs...)
		}
		more, err := s.query(from, args, "c.n", s.limit-len(page))
		if err != nil {
			return nil, err
		}
		if page = append(page, more...); len(page) >= s.limit {
			break
		}
	}
	return page, nil
}

// inOrder reads rows in order until the page is full, or as many as bound says if it is not
// 0. SQLite is told which index to take, PostgreSQL knows how many rows to expect.
func (s *searching) inOrder(conds []*cond, bound int) ([]Client, error) {
	lead, err := s.lead(conds)
	if err != nil {
		return nil, err
	}
	from, args, n := "client AS c WHERE c.n > ?", []any{s.after}, "c.n"
	if lead != nil {
		from, args, n = lead.from+" WHERE "+lead.indexed+" AND "+lead.n+" > ?", append(slices.Clone(lead.args), s.after), lead.n
		if lead.rough != "" {
			bound = min(bound, fewWords)
		}
	}
	if bound > 0 {
		from, n = "client AS c WHERE c.n IN (SELECT "+n+" FROM "+from+" ORDER BY "+n+" LIMIT ?)", "c.n"
		args = append(args, bound)
	}
	for _, c := range conds {
		if c != lead {
			from += " AND " + c.test
			args = append(args, c.testArgs...)
		}
	}
	return s.query(from, args, n, s.limit)
}

// lead picks the condition whose index is read, or nil: words, as they have few rows most of
// the time, or else the rarest.
func (s *searching) lead(conds []*cond) (*cond, error) {
	if s.tx.Dialect() == db.Postgres {
		return nil, nil
	}
	var best *cond
	least := manyRows + 1
	for _, c := range conds {
		if c.rough != "" || len(conds) == 1 && c.ordered() {
			return c, nil
		}
		if !c.ordered() {
			continue
		}
		var n int
		if err := s.tx.Row(s.ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM ("+c.drive()+") AS d LIMIT ?) AS counted", append(slices.Clone(c.args), manyRows), &n); err != nil {
			return nil, fmt.Errorf("count clients: %w", err)
		}
		if n < least {
			best, least = c, n
		}
	}
	return best, nil
}

func (s *searching) query(from string, args []any, order string, limit int) ([]Client, error) {
	return clients(s.ctx, s.tx, "SELECT "+clientColumns+" FROM "+from+" ORDER BY "+order+" LIMIT ?", append(args, limit)...)
}
