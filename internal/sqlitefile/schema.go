package sqlitefile

import (
	"strconv"
	"strings"
)

// table is a table as the schema describes it.
type table struct {
	root         uint32
	columns      map[string]int // index in the record, by name in lower case
	alias        int            // the column that is another name of the row id; -1: none
	withoutRowID bool
}

// Row is one row of a table. Columns are asked for by name, in any case; what is not there
// is empty.
type Row struct {
	table  *table
	id     int64
	values []any
}

func (t table) row(id int64, values []any) Row { return Row{&t, id, values} }

// Value is a column's value: nil, int64, float64, string or []byte.
func (r Row) Value(column string) any {
	i, ok := r.table.columns[strings.ToLower(column)]
	switch {
	case !ok:
		return nil
	case i == r.table.alias:
		return r.id
	case i >= len(r.values):
		return nil
	}
	return r.values[i]
}

// Text is a column's value as text, numbers and bytes included.
func (r Row) Text(column string) string {
	switch v := r.Value(column).(type) {
	case string:
		return v
	case []byte:
		return strings.ToValidUTF8(string(v), "\uFFFD")
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// Bytes is a column's value if it is a blob or a text.
func (r Row) Bytes(column string) []byte {
	switch v := r.Value(column).(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

// Int is a column's value if it is a whole number.
func (r Row) Int(column string) int64 {
	n, _ := r.Value(column).(int64)
	return n
}

// schema reads the table of tables, which begins on the first page.
func (f *File) schema() error {
	return f.walk(1, func(_ int64, v []any) {
		if len(v) < 5 {
			return
		}
		kind, _ := v[0].(string)
		name, _ := v[1].(string)
		root, _ := v[3].(int64)
		sql, _ := v[4].(string)
		if kind != "table" || root < 1 || root > maxPages || f.Has(name) {
			return
		}
		t := parseTable(sql)
		t.root = uint32(root)
		f.tables[strings.ToLower(name)] = t
		f.names = append(f.names, name)
	})
}

// parseTable reads the column names of a CREATE TABLE statement.
func parseTable(sql string) table {
	t := table{columns: map[string]int{}, alias: -1}
	words := tokens(sql)
	open := 0
	for open < len(words) && words[open] != "(" {
		open++
	}
	var definition []string
	integers := map[string]int{} // columns of type INTEGER exactly
	depth, stored := 0, 0
	for i := open + 1; i < len(words) && depth >= 0; i++ {
		switch w := words[i]; {
		case w == "(":
			depth++
		case w == ")":
			depth--
		}
		if depth > 0 || depth == 0 && words[i] != "," {
			definition = append(definition, words[i])
			continue
		}
		stored = t.define(definition, stored, integers)
		definition = definition[:0]
		if depth < 0 {
			t.withoutRowID = strings.Contains(strings.ToUpper(strings.Join(words[i:], " ")), "WITHOUT ROWID")
		}
	}
	return t
}

// define adds the column that a definition is of, and returns the number of stored columns.
func (t *table) define(def []string, stored int, integers map[string]int) int {
	if len(def) == 0 || stored >= maxColumns {
		return stored
	}
	upper := make([]string, len(def))
	for i, w := range def {
		upper[i] = strings.ToUpper(w)
	}
	all := strings.Join(upper[1:], " ")
	switch upper[0] {
	case "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN":
		_, key, ok := strings.Cut(strings.Join(upper, " "), "PRIMARY KEY ( ")
		if i, integer := integers[strings.ToLower(unquote(strings.TrimSuffix(key, " )")))]; ok && integer {
			t.alias = i
		}
		return stored
	}
	if strings.Contains(" "+all, " AS (") && !strings.HasSuffix(all, "STORED") {
		return stored // computed when asked for
	}
	name := strings.ToLower(unquote(def[0]))
	t.columns[name] = stored
	if len(upper) > 1 && unquote(upper[1]) == "INTEGER" {
		integers[name] = stored
		if strings.Contains(all, "PRIMARY KEY") && !strings.Contains(all, "PRIMARY KEY DESC") {
			t.alias = stored
		}
	}
	return stored + 1
}

// tokens splits SQL into words, quoted names and single marks, without comments.
func tokens(sql string) []string {
	var all []string
	for i := 0; i < len(sql) && len(all) < 20*maxColumns; {
		c := sql[i]
		end := i + 1
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			i++
			continue
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
			continue
		case strings.HasPrefix(sql[i:], "/*"):
			i = after(sql, i+2, "*/")
			continue
		case c == '[':
			end = after(sql, i, "]")
		case c == '"' || c == '`' || c == '\'':
			for end = after(sql, i+1, string(c)); end < len(sql) && sql[end] == c; { // doubled: part of the name
				end = after(sql, end+1, string(c))
			}
		case c != '(' && c != ')' && c != ',':
			for end < len(sql) && !strings.ContainsRune(" \t\n\r\f(),\"`'[", rune(sql[end])) {
				end++
			}
		}
		all = append(all, sql[i:end])
		i = end
	}
	return all
}

// after is the place behind the next mark, or the end.
func after(s string, from int, mark string) int {
	if from < len(s) {
		if i := strings.Index(s[from:], mark); i >= 0 {
			return from + i + len(mark)
		}
	}
	return len(s)
}

func unquote(name string) string {
	if len(name) < 2 {
		return name
	}
	switch c := name[0]; c {
	case '[':
		return name[1 : len(name)-1]
	case '"', '`', '\'':
		return strings.ReplaceAll(name[1:len(name)-1], string([]byte{c, c}), string(c))
	}
	return name
}
