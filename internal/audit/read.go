package audit

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Filter chooses entries. What is empty is not asked for.
type Filter struct {
	Client  clientele.ClientID
	Actor   string // as Actor.String: "person:per_…"
	Object  string // "request:req_…"
	Owner   string // the client's owner when it happened
	Change  string
	Act     string // the beginning of an act's name: "client:", "client:suspend"
	Verb    clientele.Verb
	Outcome clientele.Outcome
	From    time.Time // at this time or later
	To      time.Time // before this time
}

// Page says which part of a list is wanted.
type Page struct {
	Limit  int    // at most 500; 0 stands for 50
	After  string // the cursor that came with the part before
	Oldest bool   // oldest entries first, not newest
}

const (
	maxPage     = 500
	defaultPage = 50
)

// field is one of a filter's equal-to fields, with its column and the name it has in
// Details.
type field struct{ name, column, value string }

func (f Filter) fields() []field {
	all := []field{
		{"object", "object", f.Object}, {"change", "change_id", f.Change}, {"client", "client_id", string(f.Client)},
		{"actor", "actor", f.Actor}, {"owner", "owner_id", f.Owner}, {"verb", "verb", string(f.Verb)}, {"outcome", "outcome", string(f.Outcome)},
	}
	return slices.DeleteFunc(all, func(x field) bool { return x.value == "" })
}

// plain reports whether a filter's value may stand in the record of a reading: ids and words
// do. All else may have been typed, a person's name for one.
func plain(s string) bool {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	return len(s) <= 80 && strings.IndexFunc(s, func(r rune) bool {
		return !letter(r) && (r < '0' || r > '9') && r != ':' && r != '_' && r != '-' && r != '*'
	}) < 0 && (!strings.ContainsFunc(s, letter) || strings.ContainsAny(s, ":_") || len(s) <= 12)
}

// Details is the filter as the entry of an act of reading names it, without personal data.
func (f Filter) Details() map[string]any {
	m := map[string]any{}
	for _, x := range append(f.fields(), field{"act", "", f.Act}) {
		if x.value == "" {
			continue
		}
		if !plain(x.value) {
			x.value = "(text)"
		}
		m[x.name] = x.value
	}
	if !f.From.IsZero() {
		m["from"] = f.From.UTC().Format(timeFormat)
	}
	if !f.To.IsZero() {
		m["to"] = f.To.UTC().Format(timeFormat)
	}
	return m
}

// where is the filter as conditions and their arguments. Conditions that follow from others
// are there to fit the indexes that leave empty values out.
func (f Filter) where() (conds []string, args []any) {
	conds = []string{"body IS NOT NULL"}
	add := func(cond string, a ...any) { conds, args = append(conds, cond), append(args, a...) }
	for _, x := range f.fields() {
		add(x.column+" = ?", x.value)
		switch {
		case x.column == "owner_id", x.column == "verb":
			add(x.column + " <> ''")
		case x.column == "outcome" && x.value != string(clientele.Done):
			add("outcome <> 'done'")
		}
	}
	if f.Act != "" {
		add("SUBSTR(act, 1, ?) = ?", len([]rune(f.Act)), f.Act)
	}
	if !f.From.IsZero() {
		add("at >= ?", db.Micro(f.From))
	}
	if !f.To.IsZero() {
		add("at < ?", db.Micro(f.To))
	}
	return conds, args
}

// byTime reports whether the entries are best found in the order of their times, which is
// that of their places but for steps of the clock.
func (f Filter) byTime() bool {
	return f.Object == "" && f.Change == "" && f.Client == "" && f.Actor == "" &&
		(f.Owner != "" || f.Verb != "" || f.Outcome != "" && f.Outcome != clientele.Done || !f.From.IsZero() || !f.To.IsZero())
}

// byAct reports whether the act alone leads to the entries.
func (f Filter) byAct() bool {
	short := !f.From.IsZero() && !f.To.IsZero() && f.To.Sub(f.From) < 31*24*time.Hour
	return f.Act != "" && f.Object == "" && f.Change == "" && f.Client == "" && f.Actor == "" && f.Owner == "" && f.Verb == "" &&
		(f.Outcome == "" || f.Outcome == clientele.Done) && !short
}

// Get reads the entry at a place.
func Get(ctx context.Context, tx *db.Tx, seq int64) (clientele.Entry, error) {
	body, err := Body(ctx, tx, seq)
	if err != nil {
		return clientele.Entry{}, err
	}
	return Decode(body)
}

// Body reads the leaf at a place: the entry's canonical JSON.
func Body(ctx context.Context, tx *db.Tx, seq int64) ([]byte, error) {
	var body sql.NullString
	err := tx.Row(ctx, "SELECT body FROM entry WHERE seq = ?", []any{seq}, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, clientele.Errorf(clientele.NotFound, "the log has no entry %d", seq)
	case err != nil:
		return nil, fmt.Errorf("read entry %d: %w", seq, err)
	case !body.Valid:
		return nil, clientele.Errorf(clientele.NotFound, "entry %d was pruned", seq).WithHint("its hash is kept: proofs of it verify with a copy made before")
	}
	return []byte(body.String), nil
}

// Search lists entries, newest first unless the page says otherwise, and gives the cursor of
// the next part: empty at the end. What was pruned is left out.
func Search(ctx context.Context, tx *db.Tx, f Filter, p Page) ([]clientele.Entry, string, error) {
	bodies, next, err := SearchBodies(ctx, tx, f, p)
	if err != nil {
		return nil, "", err
	}
	entries := make([]clientele.Entry, len(bodies))
	for i, b := range bodies {
		if entries[i], err = Decode(b); err != nil {
			return nil, "", err
		}
	}
	return entries, next, nil
}

// found is a row that a search found.
type found struct {
	seq, at int64
	body    []byte
}

// SearchBodies is Search for the leaves themselves.
func SearchBodies(ctx context.Context, tx *db.Tx, f Filter, p Page) ([][]byte, string, error) {
	if p.Limit == 0 {
		p.Limit = defaultPage
	}
	if p.Limit < 0 || p.Limit > maxPage {
		return nil, "", clientele.Errorf(clientele.Invalid, "a page has 1 to %d entries", maxPage)
	}
	after, err := parseCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	rows, err := search(ctx, tx, f, p, after)
	if err != nil {
		return nil, "", fmt.Errorf("search the audit: %w", err)
	}
	next := ""
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		last := rows[p.Limit-1]
		next = fmt.Sprintf("%d.%d", last.seq, last.at)
	}
	bodies := make([][]byte, len(rows))
	for i, r := range rows {
		bodies[i] = r.body
	}
	return bodies, next, nil
}

func parseCursor(s string) (*found, error) {
	if s == "" {
		return nil, nil
	}
	seq, at, _ := strings.Cut(s, ".")
	n, err1 := strconv.ParseInt(seq, 10, 64)
	us, err2 := strconv.ParseInt(at, 10, 64)
	if err1 != nil || err2 != nil {
		return nil, clientele.Errorf(clientele.Invalid, "%.40q is no cursor of this list", s).WithHint("begin again without a cursor")
	}
	return &found{seq: n, at: us}, nil
}

// search gives one row more than the page holds, if there is one.
func search(ctx context.Context, tx *db.Tx, f Filter, p Page, after *found) ([]found, error) {
	if !f.byAct() {
		return query(ctx, tx, f, p, after, "")
	}
	acts, err := actsWith(ctx, tx, f.Act)
	if err != nil {
		return nil, err
	}
	f.Act = ""
	var all []found
	for _, act := range acts { // each is found in the order of the index; together they are few
		rows, err := query(ctx, tx, f, p, after, act)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b found) int {
		if p.Oldest {
			return cmp.Compare(a.seq, b.seq)
		}
		return cmp.Compare(b.seq, a.seq)
	})
	return all[:min(len(all), p.Limit+1)], nil
}

func query(ctx context.Context, tx *db.Tx, f Filter, p Page, after *found, act string) ([]found, error) {
	conds, args := f.where()
	byTime := f.byTime() && act == ""
	if act != "" {
		conds, args = append(conds, "act = ?"), append(args, act)
	}
	less, dir := "<", "DESC"
	if p.Oldest {
		less, dir = ">", "ASC"
	}
	order := "seq " + dir
	if byTime {
		order = "at " + dir + ", seq " + dir
	}
	switch {
	case after != nil && byTime:
		conds, args = append(conds, "(at, seq) "+less+" (?, ?)"), append(args, after.at, after.seq)
	case after != nil:
		conds, args = append(conds, "seq "+less+" ?"), append(args, after.seq)
	}
	var rows []found
	err := tx.Each(ctx, "SELECT seq, at, body FROM entry WHERE "+strings.Join(conds, " AND ")+" ORDER BY "+order+" LIMIT ?",
		append(args, p.Limit+1), func(r db.Row) error {
			var x found
			err := r.Scan(&x.seq, &x.at, &x.body)
			rows = append(rows, x)
			return err
		})
	return rows, err
}

// actsWith lists the acts on record whose names begin so, one step of the index each.
func actsWith(ctx context.Context, tx *db.Tx, prefix string) ([]string, error) {
	const query = `WITH RECURSIVE t (act) AS (
		SELECT MIN(act) FROM entry
		UNION ALL SELECT (SELECT MIN(act) FROM entry WHERE act > t.act) FROM t WHERE t.act IS NOT NULL)
		SELECT act FROM t WHERE act IS NOT NULL`
	var acts []string
	err := tx.Each(ctx, query, nil, func(r db.Row) error {
		var act string
		err := r.Scan(&act)
		if strings.HasPrefix(act, prefix) && act != "" {
			acts = append(acts, act)
		}
		return err
	})
	return acts, err
}
