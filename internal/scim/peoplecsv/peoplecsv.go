// Package peoplecsv reads people and their teams from a CSV file, for organisations without
// an identity provider that speaks SCIM.
//
// The file is RFC 4180 in UTF-8, with or without a byte order mark. Its first row names the
// columns, in any order: user_name, which must be there, and email, display_name, active,
// team, manager, external_id, title. Nothing is handed out unless the whole file is right.
package peoplecsv

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
)

// The limits of a file.
const (
	MaxBytes = 32 << 20
	MaxRows  = 100_000 // people
	maxText  = 2 << 10 // bytes of one cell
	maxTold  = 20      // mistakes that one error tells of
)

// Person is one row.
type Person struct {
	Line        int // of the file, counted from 1
	UserName    string
	Email       string
	DisplayName string
	Active      bool // true where the file does not say
	Team        string
	Manager     string // the manager's user_name
	ExternalID  string
	Title       string
}

// column is one name of the first row, and what the cells below it mean.
type column struct {
	name string
	set  func(*Person, string) string // answers with what is wrong
}

var columns = []column{
	{"user_name", func(p *Person, s string) string {
		p.UserName = s
		if s == "" {
			return "is empty, and each person needs one"
		}
		return ""
	}},
	{"email", func(p *Person, s string) string {
		p.Email = s
		if s != "" && (strings.Count(s, "@") != 1 || strings.HasPrefix(s, "@") || strings.HasSuffix(s, "@") || strings.Contains(s, " ")) {
			return "is no e-mail address"
		}
		return ""
	}},
	{"display_name", text(func(p *Person) *string { return &p.DisplayName })},
	{"active", func(p *Person, s string) string {
		p.Active = s == "" || strings.EqualFold(s, "true")
		if !p.Active && !strings.EqualFold(s, "false") {
			return "should be true or false"
		}
		return ""
	}},
	{"team", text(func(p *Person) *string { return &p.Team })},
	{"manager", text(func(p *Person) *string { return &p.Manager })},
	{"external_id", text(func(p *Person) *string { return &p.ExternalID })},
	{"title", text(func(p *Person) *string { return &p.Title })},
}

func text(field func(*Person) *string) func(*Person, string) string {
	return func(p *Person, s string) string {
		*field(p) = s
		return ""
	}
}

// Read reads the whole file. Its error is a clientele.Error, or several of them joined, one a
// mistake, each of which names line and column.
func Read(r io.Reader) ([]Person, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	in := bufio.NewReader(limited)
	if bom, _, err := in.ReadRune(); err == nil && bom != '\uFEFF' {
		_ = in.UnreadRune() // right after ReadRune it cannot fail
	}
	f := &file{rows: csv.NewReader(in), names: map[string]int{}, ids: map[string]int{}}
	f.rows.FieldsPerRecord = -1 // row tells of it better
	f.rows.ReuseRecord = true
	err := f.read()
	if limited.N <= 0 {
		return nil, &clientele.Error{Kind: clientele.Limit, Msg: "the file is larger than 32 MiB", Hint: "split it into several"}
	}
	if err != nil {
		return nil, err
	}
	return f.people, nil
}

// file is one file as far as it was read.
type file struct {
	rows     *csv.Reader
	columns  []int // what each column means: places in columns
	people   []Person
	names    map[string]int // user names in lower case, and the lines they stand in
	ids      map[string]int // external ids, likewise
	mistakes []error
}

func (f *file) read() error {
	if err := f.header(); err != nil {
		return err
	}
	for len(f.mistakes) < maxTold {
		cells, err := f.rows.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(f.mistakes...)
		}
		if err != nil {
			return errors.Join(append(f.mistakes, unreadable(err))...)
		}
		if len(f.people) == MaxRows {
			return &clientele.Error{Kind: clientele.Limit, Msg: "the file has more than 100,000 people", Hint: "split it into several"}
		}
		f.row(cells)
	}
	return errors.Join(append(f.mistakes, wrong("there may be more mistakes", "mend these and try again"))...)
}

// header reads the first row.
func (f *file) header() error {
	cells, err := f.rows.Read()
	if errors.Is(err, io.EOF) {
		return wrong("the file is empty", "begin with a row that names the columns: "+known())
	}
	if err != nil {
		return unreadable(err)
	}
	for i, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		at := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		switch {
		case at < 0 && len(cells) == 1 && strings.ContainsAny(cell, ";\t"):
			return wrong("line 1: the columns are parted by something else than commas", "save the file with commas")
		case at < 0:
			return wrong(fmt.Sprintf("line 1, column %d: there is no column %.40q", i+1, cell), "take it out, or name it one of "+known())
		case slices.Contains(f.columns, at):
			return wrong(fmt.Sprintf("line 1, column %d: %s stands twice", i+1, name), "take one of them out")
		}
		f.columns = append(f.columns, at)
	}
	if !slices.Contains(f.columns, 0) {
		return wrong("line 1: the column user_name is missing", "add it: it tells people apart")
	}
	return nil
}

// row reads one person.
func (f *file) row(cells []string) {
	line, _ := f.rows.FieldPos(0)
	if len(cells) != len(f.columns) {
		f.mistake(line, "", fmt.Sprintf("has %d columns, and the first row has %d", len(cells), len(f.columns)))
		return
	}
	p := Person{Line: line, Active: true}
	for i, cell := range cells {
		c := columns[f.columns[i]]
		at, _ := f.rows.FieldPos(i)
		cell = strings.TrimSpace(cell)
		if what := unfit(cell); what != "" {
			f.mistake(at, c.name, what)
		} else if what := c.set(&p, strings.Clone(cell)); what != "" {
			f.mistake(at, c.name, what)
		}
	}
	f.once(f.names, strings.ToLower(p.UserName), line, "user_name")
	f.once(f.ids, p.ExternalID, line, "external_id")
	f.people = append(f.people, p)
}

// once sees to it that a value stands in one row only.
func (f *file) once(seen map[string]int, value string, line int, column string) {
	if value == "" {
		return
	}
	if first, ok := seen[value]; ok {
		f.mistake(line, column, fmt.Sprintf("is the same as in line %d", first))
		return
	}
	seen[value] = line
}

func (f *file) mistake(line int, column, what string) {
	at := fmt.Sprintf("line %d", line)
	if column != "" {
		at += ", column " + column + ":"
	}
	f.mistakes = append(f.mistakes, wrong(at+" "+what, ""))
}

// unfit is what is wrong with a cell of any column.
func unfit(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "is not UTF-8: save the file as UTF-8"
	case len(s) > maxText:
		return fmt.Sprintf("is longer than %d bytes", maxText)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "holds a line break or another control character"
	}
	return ""
}

func unreadable(err error) error {
	var e *csv.ParseError
	if !errors.As(err, &e) {
		return fmt.Errorf("read people: %w", err)
	}
	return wrong(fmt.Sprintf("line %d, character %d: the quotes are wrong", e.Line, e.Column), `put the whole cell into quotes, and write "" for a quote inside`)
}

func wrong(msg, hint string) error {
	return &clientele.Error{Kind: clientele.Invalid, Msg: msg, Hint: hint}
}

func known() string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}
