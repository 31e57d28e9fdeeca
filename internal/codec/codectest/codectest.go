// Package codectest is the suite that every decoder passes: it decodes a corpus and compares
// with golden files, checks that each planted value was seen, and then damages the corpus in
// every way that has hurt a parser before.
//
// A decoder's package keeps
//
//	testdata/corpus/…        realistic files with fake values, laid out as on a disk
//	testdata/EXPECT.tsv      what is planted in them (see Expectation)
//	testdata/golden/….txt    the decoded parts, written by go test -update
package codectest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
)

var (
	update = flag.Bool("update", false, "rewrite golden files")
	every  = flag.Bool("every", false, "cut files off at every byte, and not only at 1,500 places")
)

// Expectation is one line of EXPECT.tsv, tab-separated: class, file, value. The class is one
// of literal, weak, obfuscated (embedded secrets, which a scan must report), or reference,
// placeholder, encrypted, notsecret (which it must not). For obfuscated, value is what is
// recovered. A value with line feeds or other controls is written as a Go string in quotes.
// Lines that begin with # are comments.
type Expectation struct {
	Class, File, Value string
}

// Expectations reads dir/EXPECT.tsv.
func Expectations(t testing.TB, dir string) []Expectation {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "EXPECT.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var all []Expectation
	for i, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		f := strings.SplitN(line, "\t", 3)
		if len(f) != 3 {
			t.Fatalf("%s/EXPECT.tsv:%d: want class, file and value between tabs", dir, i+1)
		}
		if strings.HasPrefix(f[2], `"`) {
			if f[2], err = strconv.Unquote(f[2]); err != nil {
				t.Fatalf("%s/EXPECT.tsv:%d: %v", dir, i+1, err)
			}
		}
		switch f[0] {
		case "literal", "weak", "obfuscated", "reference", "placeholder", "encrypted", "notsecret":
		default:
			t.Fatalf("%s/EXPECT.tsv:%d: unknown class %q", dir, i+1, f[0])
		}
		all = append(all, Expectation{f[0], f[1], f[2]})
	}
	return all
}

// Run runs the suite over ./testdata for the decoders of one package.
func Run(t *testing.T, decoders []clientele.Decoder) {
	t.Helper()
	files := corpus(t)
	held := map[string][]string{} // what the parts hold, by the file in which it stands
	used := map[string]bool{}
	for _, name := range files {
		f := open(t, name)
		var all []clientele.Part
		for _, d := range decoders {
			if !d.Binary {
				f.Data = bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf"))
			}
			if !Matches(d, f) {
				continue
			}
			parts, err := d.Decode(f)
			if err != nil {
				t.Errorf("%s: %s: %v", name, d.Name, err)
			}
			if len(parts) > 0 {
				used[d.Name] = true
			}
			all = append(all, parts...)
		}
		held[name] = append(held[name], "")
		each(reflect.ValueOf(all), name, func(file, s string) { held[file] = append(held[file], s) })
		golden(t, name, Dump(all))
	}
	for _, d := range decoders {
		if !used[d.Name] {
			t.Errorf("no file of the corpus is read by decoder %q", d.Name)
		}
	}
	for _, e := range Expectations(t, "testdata") {
		texts, ok := held[e.File]
		if !ok {
			t.Errorf("EXPECT.tsv names %s, which is not in the corpus", e.File)
		}
		if e.Class != "notsecret" && !holds(texts, e.Value) {
			t.Errorf("%s: planted %s value %q is in no slot, variable, URL or text", e.File, e.Class, e.Value)
		}
	}
	for _, name := range files {
		t.Run("damage/"+name, func(t *testing.T) { damage(t, decoders, open(t, name)) })
	}
}

// Fuzz fuzzes the decoders, with the corpus as seeds. The first argument of the fuzz target
// chooses the path, as many decoders look at it.
func Fuzz(f *testing.F, decoders []clientele.Decoder) {
	files := corpus(f)
	for i, name := range files {
		if d := open(f, name).Data; len(d) < 1<<16 {
			f.Add(byte(i), d)
		}
	}
	f.Fuzz(func(t *testing.T, i byte, data []byte) {
		file := clientele.File{Path: files[int(i)%len(files)], Data: data, Mode: 0o600, Sibling: none}
		for _, d := range decoders {
			if !d.Binary {
				file.Data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
			}
			try(t, d, file)
		}
	})
}

// Matches reports whether the file's path or content would bring it to the decoder.
func Matches(d clientele.Decoder, f clientele.File) bool {
	for _, p := range d.Paths {
		if MatchPath(p, f.Path) {
			return true
		}
	}
	low := bytes.ToLower(f.Data)
	for _, m := range d.Marks {
		if bytes.Contains(low, bytes.ToLower([]byte(m))) {
			return true
		}
	}
	return false
}

// MatchPath matches a decoder's pattern with the end of a path, ignoring case.
func MatchPath(pattern, name string) bool {
	n := strings.Count(pattern, "/") + 1
	elems := strings.Split(strings.ToLower(name), "/")
	if len(elems) < n {
		return false
	}
	ok, _ := path.Match(strings.ToLower(pattern), strings.Join(elems[len(elems)-n:], "/"))
	return ok
}

func corpus(t testing.TB) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("testdata/corpus", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel("testdata/corpus", p)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("testdata/corpus is empty")
	}
	return files
}

func open(t testing.TB, name string) clientele.File {
	t.Helper()
	disk := filepath.Join("testdata/corpus", filepath.FromSlash(name))
	b, err := os.ReadFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	return clientele.File{Path: name, Data: b, Mode: 0o600, Sibling: func(s string) ([]byte, error) {
		p := filepath.Join(filepath.Dir(disk), filepath.FromSlash(s))
		if rel, err := filepath.Rel("testdata/corpus", p); err != nil || !filepath.IsLocal(rel) {
			return nil, fs.ErrNotExist
		}
		return os.ReadFile(p)
	}}
}

func none(string) ([]byte, error) { return nil, fs.ErrNotExist }

// damage feeds the decoders what is left of a good file after accidents and malice.
func damage(t *testing.T, decoders []clientele.Decoder, f clientele.File) {
	f.Sibling = none
	var mine []clientele.Decoder
	for _, d := range decoders {
		if Matches(d, f) {
			mine = append(mine, d)
		}
	}
	if len(mine) == 0 {
		return
	}
	good := f.Data
	feed := func(b []byte) {
		f.Data = b
		for _, d := range mine {
			try(t, d, f)
		}
	}
	step := max(1, len(good)/1500)
	if *every {
		step = 1
	}
	for i := 0; i <= len(good); i += step {
		feed(good[:i:i])
	}
	feed(bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")))
	feed(bytes.ReplaceAll(good, []byte("\n"), []byte("\x00")))
	feed(bytes.ReplaceAll(good, []byte(`"`), nil))
	feed(bytes.Repeat(good, 20))
	feed(bytes.ReplaceAll(good, []byte("\n"), []byte(" "))) // one giant line
	for _, nest := range []string{"{", "[", `{"a":`, "<a>", "(", "- ", "{{", "${", "a:\n "} {
		feed(append(append([]byte{}, good[:len(good)/2]...), bytes.Repeat([]byte(nest), 20_000)...))
	}
	for i := range min(len(good), 400) { // one bit in each of some bytes
		b := bytes.Clone(good)
		b[i*len(good)/min(len(good), 400)] ^= 1 << (i % 8)
		feed(b)
	}
	var v any
	if json.Unmarshal(good, &v) == nil {
		n := 0
		wrongTypes(v, func(x any) { v = x }, func() {
			if n++; n > 3000 {
				return
			}
			if b, err := json.Marshal(v); err == nil {
				feed(b)
			}
		})
	}
}

// wrongTypes puts a value of each other type in every place of v, and calls f with each.
func wrongTypes(v any, set func(any), f func()) {
	for _, w := range []any{nil, 5.0, "x", true, []any{}, map[string]any{}, []any{[]any{1.0}}, map[string]any{"a": map[string]any{}}} {
		set(w)
		f()
	}
	set(v)
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			wrongTypes(e, func(x any) { v[k] = x }, f)
		}
	case []any:
		for i, e := range v {
			wrongTypes(e, func(x any) { v[i] = x }, f)
		}
	}
}

// try decodes and fails the test on a panic or where it takes too long for the size.
func try(t testing.TB, d clientele.Decoder, f clientele.File) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s panics on %d bytes: %v\n%.300q", d.Name, len(f.Data), r, f.Data)
		}
	}()
	start := time.Now()
	parts, _ := d.Decode(f)
	if took := time.Since(start); took > 5*time.Second+time.Duration(len(f.Data))*10*time.Microsecond {
		t.Fatalf("%s took %v for %d bytes\n%.300q", d.Name, took, len(f.Data), f.Data)
	}
	for _, p := range parts {
		if p.Tool == "" || p.Kind == "" || p.Format == "" {
			t.Fatalf("%s gives a part without tool, kind or format: %.300q", d.Name, f.Data)
		}
	}
}

// holds reports whether value stands in one of the texts, as it is or in one of the encodings
// that the scanner undoes.
func holds(texts []string, value string) bool {
	for _, s := range texts {
		for _, reading := range readings(s) {
			if strings.Contains(reading, value) {
				return true
			}
		}
	}
	return false
}

// basic is a Basic header; the quotes and brackets of a text around it do not belong to it.
var basic = regexp.MustCompile(`(?i)\bbasic\s+([A-Za-z0-9+/_-]+)`)

// readings are a text and what it says with percent-encoding undone, with the escapes of XML
// and JSON undone, and in its Basic headers.
func readings(s string) []string {
	all := []string{s, html.UnescapeString(s), unescapeJSON.Replace(s)}
	for _, unescape := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
		if u, err := unescape(s); err == nil {
			all = append(all, u)
		}
	}
	for _, m := range basic.FindAllStringSubmatch(s, -1) {
		if u, err := base64.RawStdEncoding.DecodeString(m[1]); err == nil {
			all = append(all, string(u))
		}
	}
	return all
}

// unescapeJSON undoes the escapes of a text of which only parts are JSON.
var unescapeJSON = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\/`, `/`, `\n`, "\n", `\r`, "\r", `\t`, "\t")

// each calls f with every value of the parts of a file, and the file in which it stands.
func each(v reflect.Value, file string, f func(file, s string)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), file, f)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			each(v.Elem(), file, f)
		}
	case reflect.Struct:
		if p, ok := v.Interface().(clientele.Plaintext); ok {
			f(file, p.Reveal())
			return
		}
		if beside := v.FieldByName("File"); beside.IsValid() && beside.String() != "" {
			file = path.Join(path.Dir(file), beside.String())
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				each(v.Field(i), file, f)
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata/golden", filepath.FromSlash(name)+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%v (write it with go test -update, then read it)", err)
		return
	}
	if string(want) != got {
		t.Errorf("%s: the decoded parts differ from %s: run go test -update and read the difference", name, file)
	}
}

// Dump writes parts for a golden file, zero fields left out and values in the clear: the
// corpus holds no real ones.
func Dump(parts []clientele.Part) string {
	var b strings.Builder
	for i, p := range parts {
		fmt.Fprintf(&b, "part %d\n", i+1)
		dump(&b, "  ", reflect.ValueOf(p))
	}
	return b.String()
}

func dump(b *strings.Builder, indent string, v reflect.Value) {
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		switch {
		case f.IsZero():
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			for j := range f.Len() {
				fmt.Fprintf(b, "%s%s\n", indent, strings.TrimSuffix(name, "s"))
				dump(b, indent+"  ", f.Index(j))
			}
		case f.Type() == reflect.TypeFor[clientele.Plaintext]():
			fmt.Fprintf(b, "%s%s %q\n", indent, name, f.Interface().(clientele.Plaintext).Reveal())
		case f.Type() == reflect.TypeFor[time.Time]():
			fmt.Fprintf(b, "%s%s %s\n", indent, name, f.Interface().(time.Time).UTC().Format(time.RFC3339))
		case f.Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s\n", indent, name)
			dump(b, indent+"  ", f)
		default:
			fmt.Fprintf(b, "%s%s %q\n", indent, name, fmt.Sprint(f.Interface()))
		}
	}
}
