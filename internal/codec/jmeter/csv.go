package jmeter

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// maxRows bounds what is read of a file of test data.
const maxRows = 200

// csv reads the file of a CSV Data Set, which gives each thread a row of variables, where it
// lies in reach. The names are in the plan, or in the file's first row.
func (w *walker) csv(s scope, n *doc.Node) {
	file := strings.ReplaceAll(prop(n, "filename").Str(), `\`, "/")
	if file == "" {
		return
	}
	w.part.Links = append(w.part.Links, clientele.Link{Rel: clientele.UsesVars, Path: file})
	if w.file.Sibling == nil || strings.Contains(file, "${") {
		return
	}
	data, err := w.file.Sibling(file)
	if err != nil {
		return
	}
	r, names := table(n, data)
	for range maxRows {
		row, err := r.Read()
		if err != nil {
			return
		}
		if names == nil {
			names = row
			continue
		}
		line, _ := r.FieldPos(0)
		for i, v := range row[:min(len(row), len(names))] {
			w.variable(s, clientele.Variable{
				Name: strings.TrimSpace(names[i]), Value: clientele.Secret(v), Chain: below(s.chain, file, fmt.Sprintf("line %d", line)),
				File: file, Line: line,
			})
		}
	}
}

// table is the reader of a data set's file, and the names of its columns if the plan has them.
func table(n *doc.Node, data []byte) (*csv.Reader, []string) {
	r := csv.NewReader(bytes.NewReader(data))
	r.LazyQuotes, r.FieldsPerRecord = true, -1
	if d := prop(n, "delimiter").Str(); len(d) == 1 && d != "\"" {
		r.Comma = rune(d[0])
	} else if d == `\t` {
		r.Comma = '\t'
	}
	names := prop(n, "variableNames").Str()
	if names == "" {
		return r, nil
	}
	if prop(n, "ignoreFirstLine").True() {
		_, _ = r.Read() // a fault shows again at the next row
	}
	return r, strings.Split(names, ",")
}
