package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile is the size in bytes up to which a file of settings is read. The YAML parser takes
// time by the square of what is nested; at this size the worst file takes about a second.
const maxFile = 64 << 10

func (l *loader) readFile(name string) {
	b, err := readLimited(name, maxFile)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	root, err := parse(name, b)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	if root != nil {
		l.section(root, "", name)
	}
}

// readLimited reads a regular file.
func readLimited(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, clientele.Errorf(clientele.Invalid, "%s is no regular file", name)
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, fileError(name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fileError(name, err)
	}
	if int64(len(b)) > limit {
		return nil, clientele.Errorf(clientele.Limit, "%s is larger than %d KiB", name, limit>>10)
	}
	return b, nil
}

func fileError(name string, err error) error {
	kind := clientele.Invalid
	if errors.Is(err, os.ErrNotExist) {
		kind = clientele.NotFound
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &clientele.Error{Kind: kind, Msg: fmt.Sprintf("%s: %v", name, err), Err: err}
}

// parse gives the table at the top of the file, or nil where the file says nothing. Its errors
// leave out the excerpt that the parser shows: it could hold a secret in the wrong place.
func parse(name string, b []byte) (*ast.MappingNode, error) {
	tree, err := parser.ParseBytes(bytes.TrimPrefix(b, []byte("\ufeff")), 0)
	if err != nil {
		where, what := name, "not valid YAML"
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			where, what = fmt.Sprintf("%s line %d", name, syntax.Token.Position.Line), syntaxMessage(syntax.Message)
		}
		return nil, clientele.Errorf(clientele.Invalid, "%s: %s", where, what)
	}
	var root *ast.MappingNode
	for _, doc := range tree.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.NullNode, *ast.CommentGroupNode:
		case *ast.MappingNode:
			if root != nil {
				return nil, clientele.Errorf(clientele.Invalid, "%s line %d: a second document begins", name, line(body))
			}
			root = body
		default:
			return nil, clientele.Errorf(clientele.Invalid, "%s line %d: the file is not a table of names and values", name, line(body))
		}
	}
	return root, nil
}

// syntaxMessage keeps of the parser's words those without a piece of the file in them.
func syntaxMessage(msg string) string {
	if strings.HasPrefix(msg, "mapping key ") {
		return "a name stands twice in the same table"
	}
	if strings.ContainsAny(msg, "\"\n") || len(msg) > 100 {
		return "not valid YAML"
	}
	return "not valid YAML: " + msg
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// section takes the rows of a table: those of sections below, and settings.
func (l *loader) section(m *ast.MappingNode, prefix, file string) {
	for _, row := range m.Values {
		s := setting{name: prefix + row.Key.GetToken().Value, from: place(file, row.Key), file: file, node: row.Value}
		_, null := row.Value.(*ast.NullNode)
		switch {
		case strings.Contains(row.Key.GetToken().Value, "."):
			l.problem(s, "write each section on a line of its own, with what is in it indented below", "has a dot in its name")
		case l.isSetting(s.name):
			if !null { // nothing stands there: the default holds
				l.set[s.name] = s
			}
		case !l.isSection(s.name):
			l.problem(s, didYouMean(s.name, l.keys()), "is no setting")
		case !null:
			if below, ok := row.Value.(*ast.MappingNode); ok {
				l.section(below, s.name+".", file)
			} else {
				l.problem(s, "write its settings below it, indented", "is a section and cannot have a value")
			}
		}
	}
}

func place(file string, n ast.Node) string { return fmt.Sprintf("%s line %d", file, line(n)) }

func (l *loader) isSetting(key string) bool {
	return slices.ContainsFunc(l.fields, func(f field) bool { return f.key == key })
}

func (l *loader) isSection(key string) bool {
	return slices.ContainsFunc(l.fields, func(f field) bool { return strings.HasPrefix(f.key, key+".") })
}

// applyNode writes what stands in the file into a field.
func (l *loader) applyNode(v reflect.Value, s setting) {
	switch {
	case isText(v):
		l.applyScalar(v, s)
	case v.Kind() == reflect.Slice:
		l.applySequence(v, s)
	case v.Kind() == reflect.Map, v.Kind() == reflect.Struct:
		m, ok := s.node.(*ast.MappingNode)
		switch {
		case !ok:
			l.problem(s, "write name: value", "is a table")
		case v.Kind() == reflect.Map:
			l.applyTable(v, s, m)
		default:
			l.applyStruct(v, s, m)
		}
	default:
		l.applyScalar(v, s)
	}
}

func (l *loader) applyScalar(v reflect.Value, s setting) {
	switch n := s.node.(type) {
	case *ast.LiteralNode:
		s.text = n.Value.Value
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		s.text = n.GetToken().Value // as it is written: 0644 stays 0644
	case *ast.NullNode:
		return
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode:
		l.problem(s, "write the value itself", "uses a tag, an anchor or an alias, which are not read here")
		return
	default:
		l.problem(s, "", "takes one value")
		return
	}
	s.node = nil
	l.applyText(v, s)
}

func (l *loader) applySequence(v reflect.Value, s setting) {
	seq, ok := s.node.(*ast.SequenceNode)
	if !ok {
		l.problem(s, "write [a, b], or one item a line after a dash", "is a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, n := range seq.Values {
		l.applyNode(list.Index(i), setting{name: fmt.Sprintf("%s[%d]", s.name, i+1), from: place(s.file, n), file: s.file, node: n})
	}
	v.Set(list)
}

func (l *loader) applyTable(v reflect.Value, s setting, m *ast.MappingNode) {
	table := reflect.MakeMapWithSize(v.Type(), len(m.Values))
	for _, row := range m.Values {
		name := row.Key.GetToken().Value
		item := reflect.New(v.Type().Elem()).Elem()
		l.applyNode(item, setting{name: s.name + "." + name, from: place(s.file, row.Key), file: s.file, node: row.Value})
		table.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), item)
	}
	v.Set(table)
}

// applyStruct fills one item of a list or table of structs by the rules of a whole file.
func (l *loader) applyStruct(v reflect.Value, s setting, m *ast.MappingNode) {
	item := loader{fields: walk(v, s.name+"."), set: map[string]setting{}, env: l.env}
	item.section(m, s.name+".", s.file)
	for _, f := range item.fields {
		if below, ok := item.set[f.key]; ok {
			item.apply(f.value, below)
		}
	}
	l.errs = append(l.errs, item.errs...)
}
