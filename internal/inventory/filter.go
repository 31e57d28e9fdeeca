package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Filter says which clients a list holds; what is left empty leaves it open.
type Filter struct {
	// Text holds words that must all stand in a client's name, tool, vendor, purpose or
	// hosts, anywhere in them. If none has three letters, each must begin the name.
	Text        string
	State       clientele.State
	Owner       []string // owner, backup, team or steward is one of these
	Environment string
	Tool, Kind  string
	Tier        *clientele.Tier
	Rule        string             // has an open finding of that rule
	Risk        clientele.Severity // this or worse
	// Conditions, as far as the tables here tell: see clientele.ConditionName.
	Orphaned, Overdue, Dormant, Shared, Leaked, VendorExit bool
	// VisibleTo holds the ids under which the actor may own things: the list then has what
	// they own, stand in for or what is their team's, and what nobody owns. nil: all.
	VisibleTo []string
	// Now is the time for Overdue, Dormant and VendorExit.
	Now time.Time
}

// DormantAfter is how long a client goes unused before it counts as dormant.
const DormantAfter = 45 * 24 * time.Hour

// VendorNotice is how long before its end a vendor's contract counts as ending.
const VendorNotice = 30 * 24 * time.Hour

const (
	maxWords = 6
	maxIDs   = 512
)

func (f *Filter) check() error {
	switch {
	case len(f.Text) > maxName || unprintable(f.Text) || len(strings.Fields(f.Text)) > maxWords:
		return clientele.Errorf(clientele.Invalid, "a search has up to %d words and %d bytes", maxWords, maxName)
	case len(f.Owner) > maxIDs || len(f.VisibleTo) > maxIDs:
		return clientele.Errorf(clientele.Limit, "a search names at most %d owners", maxIDs)
	}
	return nil
}

// cond is one condition of a search. test is for a row c of client, for SQLite worded so that
// it takes no index for it. If the rows can be read in the order of n by an index, from and
// indexed say how, with n for the column; else union names their n in any order.
type cond struct {
	test             string
	testArgs         []any
	from, indexed, n string
	union            string
	args             []any  // of indexed or union
	rough            string // names somewhat too many rows, but faster, with the first of args; or empty
	plain            bool   // PostgreSQL weighs it well itself
	joined           bool   // union joins tables

	rows  []int64 // n of rows it was asked to name, and whether they are all
	all   bool
	asked int
}

func (c *cond) ordered() bool { return c.union == "" }

// drive selects the n of all rows.
func (c *cond) drive() string {
	if c.ordered() {
		return "SELECT " + c.n + " AS n FROM " + c.from + " WHERE " + c.indexed
	}
	return c.union
}

// equal: an expression of a column has a value.
func equal(dialect db.Dialect, expression string, value any) *cond {
	test := expression + " = ?"
	if dialect == db.SQLite {
		test = "+" + test // the unary plus says: no index
	}
	return &cond{test: test, testArgs: []any{value}, from: "client AS c", indexed: expression + " = ?", n: "c.n", args: []any{value}, plain: true}
}

// conds turns a filter into conditions.
func (f *Filter) conds(dialect db.Dialect) []*cond {
	var all []*cond
	words := strings.Fields(strings.ToLower(f.Text))
	if slices.ContainsFunc(words, long) {
		all = append(all, wordsCond(dialect, words))
	} else {
		for _, w := range words {
			all = append(all, equal(dialect, fmt.Sprintf("substr(c.search, 1, %d)", utf8.RuneCountInString(w)), w))
		}
	}
	for _, e := range []struct{ column, value string }{{"c.state", string(f.State)}, {"c.environment", f.Environment}, {"c.tool", f.Tool}, {"c.kind", f.Kind}} {
		if e.value != "" {
			all = append(all, equal(dialect, e.column, e.value))
		}
	}
	if f.Tier != nil {
		all = append(all, equal(dialect, "c.tier", int64(*f.Tier)))
	}
	if f.Owner != nil {
		all = append(all, ownedCond(f.Owner))
	}
	return append(all, f.special(dialect)...)
}

// gone selects the parties that are not there any more: people, service accounts, and teams
// in which nobody is left. The tables are those of package identity.
const gone = `SELECT id FROM person WHERE active = 0
	UNION ALL SELECT id FROM service_account WHERE active = 0
	UNION ALL SELECT t.id FROM team AS t WHERE t.removed_at <> 0
		OR NOT EXISTS (SELECT 1 FROM team_member AS m JOIN person AS p ON p.id = m.person_id WHERE m.team_id = t.id AND p.active = 1)`

// special are the conditions that are more than the value of a column.
func (f *Filter) special(dialect db.Dialect) []*cond {
	var all []*cond
	hide := ""
	if dialect == db.SQLite {
		hide = "+" // as in equal
	}
	within := func(on bool, column, passes string, value int64) {
		if on {
			where := func(column string) string { return column + " <> 0 AND " + column + passes }
			all = append(all, &cond{test: where(hide + column), testArgs: []any{value}, union: "SELECT c.n FROM client AS c WHERE " + where(column), args: []any{value}})
		}
	}
	within(f.Risk > clientele.Info, "c.risk", " >= ?", int64(f.Risk))
	within(f.Overdue, "c.next_review_at", " < ?", db.Micro(f.Now))
	within(f.VendorExit, "c.vendor_contract_end", " <= ?", db.Micro(f.Now.Add(VendorNotice)))
	within(f.Dormant, "CASE c.state WHEN 'active' THEN CASE c.last_used_at WHEN 0 THEN c.created_at ELSE c.last_used_at END END", " < ?", db.Micro(f.Now.Add(-DormantAfter)))
	if f.Orphaned {
		all = append(all, f.orphaned(hide))
	}
	if f.Rule != "" {
		all = append(all, &cond{
			joined:   true,
			test:     "EXISTS (SELECT 1 FROM finding AS f WHERE f.client_id = c.id AND f.rule = ? AND f.state = 'open')",
			testArgs: []any{f.Rule}, args: []any{f.Rule},
			union: "SELECT c.n FROM finding AS f JOIN client AS c ON c.id = f.client_id WHERE f.rule = ? AND f.state = 'open'",
		})
	}
	if f.Shared {
		all = append(all, held("k.holders > 1"))
	}
	if f.Leaked {
		all = append(all, held("k.leaked_at <> 0 AND k.cleared_at = 0"))
	}
	return all
}

// held: a client holds a credential of some sort now.
func held(sort string) *cond {
	return &cond{
		joined: true,
		test:   "EXISTS (SELECT 1 FROM credential_place AS p JOIN credential AS k ON k.id = p.credential_id WHERE p.client_id = c.id AND p.gone_at = 0 AND " + sort + ")",
		union:  "SELECT c.n FROM credential AS k JOIN credential_place AS p ON p.credential_id = k.id JOIN client AS c ON c.id = p.client_id WHERE " + sort + " AND p.gone_at = 0",
	}
}

// orphaned: nobody attested to owning it, or who did is gone.
func (f *Filter) orphaned(hide string) *cond {
	unattested, args := "c.attested_at = 0", []any(nil)
	if state := f.oneState(); state != "" { // rare among the many that nobody owns: an index has both
		unattested, args = "c.attested_at = 0 AND c.state = ?", []any{string(state)}
	}
	live := " AND " + hide + "c.state NOT IN ('retired', 'rejected')"
	return &cond{
		test: "(" + hide + "c.attested_at = 0 OR c.owner_id IN (" + gone + "))" + live,
		union: "SELECT c.n FROM client AS c WHERE " + unattested + live +
			" UNION ALL SELECT c.n FROM client AS c WHERE c.owner_id IN (" + gone + ") AND " + hide + "c.attested_at <> 0" + live,
		args: args,
	}
}

// oneState is the only state that can pass, or empty.
func (f *Filter) oneState() clientele.State {
	if f.Dormant {
		return clientele.Active
	}
	return f.State
}

// idsArgs are ids as the arguments of an IN of a few lengths, so that queries stay few.
func idsArgs(ids []string) (string, []any) {
	if len(ids) == 0 {
		ids = []string{"-"} // no id: it matches nothing
	}
	var marks string
	var args []any
	_ = chunks(ids, func(m string, a []any) error {
		marks, args = m, a
		return nil
	})
	return marks, args
}

// anyOf: one of the columns is one of the ids.
func anyOf(ids []string, columns ...string) *cond {
	marks, args := idsArgs(ids)
	c := &cond{}
	var test, union []string
	for _, column := range columns {
		test = append(test, "c."+column+" || '' IN "+marks)
		union = append(union, "SELECT c.n FROM client AS c WHERE c."+column+" IN "+marks+" AND c."+column+" <> ''")
		c.args = append(c.args, args...)
	}
	c.test, c.testArgs, c.union = "("+strings.Join(test, " OR ")+")", c.args, strings.Join(union, " UNION ALL ")
	return c
}

// ownedCond: one of the ids is the owner, the backup, the team or the steward.
func ownedCond(ids []string) *cond {
	return anyOf(ids, "owner_id", "backup_id", "team_id", "steward_id")
}

// visibleCond tests a row: those may see it who see only their own. Policy says the same in
// "see-own".
func visibleCond(ids []string) *cond {
	c := anyOf(ids, "owner_id", "backup_id", "team_id")
	c.test = "(c.owner_id || '' = '' OR " + c.test + ")"
	return c
}

// long reports whether a word has a trigram.
func long(word string) bool { return utf8.RuneCountInString(word) > 2 }

// wordsCond: words all stand in what is searched. The trigrams of the long ones find them: SQLite's index knows which rows have all trigrams of a word, not in which order, so
// the words are looked for in the rows it names.
func wordsCond(dialect db.Dialect, words []string) *cond {
	c := &cond{}
	var test, match []string
	for _, w := range words {
		test = append(test, `c.search LIKE ? ESCAPE '\'`)
		c.testArgs = append(c.testArgs, like(w))
		if long(w) {
			match = append(match, trigrams(w)...)
		}
	}
	c.test = strings.Join(test, " AND ")
	if dialect == db.Postgres {
		c.union, c.args, c.plain = "SELECT c.n FROM client AS c WHERE "+c.test, c.testArgs, true
		return c
	}
	c.from, c.indexed, c.n = "client_text AS t CROSS JOIN client AS c ON c.n = t.rowid", "t.client_text MATCH ? AND "+c.test, "t.rowid"
	c.args = append([]any{strings.Join(match, " AND ")}, c.testArgs...)
	c.rough = "SELECT t.rowid AS n FROM client_text AS t WHERE t.client_text MATCH ?"
	return c
}

// trigrams are every third of a word's trigrams, and the last, in the language of FTS5. They
// cover it; the rest would find hardly fewer rows.
func trigrams(word string) []string {
	letters := []rune(word)
	var all []string
	for i := 0; ; i += 3 {
		i = min(i, len(letters)-3)
		all = append(all, `"`+strings.ReplaceAll(string(letters[i:i+3]), `"`, `""`)+`"`)
		if i == len(letters)-3 {
			return all
		}
	}
}
