package render_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/render"
)

// poison puts text into every name that comes from a file.
func poison(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !strings.Contains(" ID Fingerprint Credential Client Severity Rule Class Role Risk Mode Kind ", " "+v.Type().Field(i).Name+" ") || v.Field(i).Kind() == reflect.Slice {
				poison(v.Field(i), text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), text)
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Elem().CanSet() && v.Elem().Type().PkgPath() != "time" {
			poison(v.Elem(), text)
		}
	case reflect.String:
		v.SetString(text)
	}
}

func poisoned(text string) api.Scan {
	s := scan()
	poison(reflect.ValueOf(&s.Scan.Roots), text)
	poison(reflect.ValueOf(&s.Scan.Unreadable), text)
	poison(reflect.ValueOf(&s.Clients), text)
	poison(reflect.ValueOf(&s.Findings), text)
	return s
}

// checkInert renders a scan whose every name is text.
func checkInert(t *testing.T, text string) {
	t.Helper()
	s := poisoned(text)
	var b bytes.Buffer
	for _, width := range []int{0, 40, 200} {
		b.Reset()
		if err := render.Table(&b, s, render.TableOptions{Width: width, Verbose: true}); err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(b.String(), "\n") {
			if strings.ContainsFunc(l, acts) || !utf8.ValidString(l) {
				t.Fatalf("the table has %q", l)
			}
		}
	}
	b.Reset()
	if err := render.CSV(&b, s); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n|", rune(cell[0])) || strings.ContainsFunc(cell, acts) {
				t.Fatalf("a cell is %q", cell)
			}
		}
	}
	for _, out := range [][]byte{asJSON(t, s), asSARIF(t, s)} {
		if !json.Valid(out) || bytes.ContainsFunc(bytes.ReplaceAll(out, []byte("\n"), nil), acts) {
			t.Fatalf("JSON has a control character for %q", text)
		}
	}
	html := asHTML(t, s)
	if bytes.Count(html, []byte("<script")) != 1 || bytes.Contains(html, []byte("<img")) {
		t.Fatalf("the page has markup of %q", text)
	}
}

// acts reports what a terminal acts on or hides.
func acts(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

var attacks = []string{
	hostile, "=cmd|'/C calc'!A0", "\t=1+1", "@SUM(1)", "-1", "＝1", "", " ", "\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "\u2066\u2028\u0085\U000e0041\ufeff",
	"\xff\xfe", "<!--", "</title></style></script>", "javascript:alert(1)", "[x](http://evil.example){0}", "C:\\a\\b", "a!/b", "../../..", strings.Repeat("x", 500), strings.Repeat("日本", 90),
}

func TestNamesAreInert(t *testing.T) {
	for _, a := range attacks {
		checkInert(t, a)
	}
}

func FuzzNamesAreInert(f *testing.F) {
	for _, a := range attacks {
		f.Add(a)
	}
	f.Fuzz(checkInert)
}

func TestJSONKeepsNames(t *testing.T) {
	s := poisoned(hostile)
	var back api.Scan
	if err := json.Unmarshal(asJSON(t, s), &back); err != nil {
		t.Fatal(err)
	}
	if back.Clients[0].Name != hostile || !bytes.Equal(asJSON(t, back), asJSON(t, s)) {
		t.Error("the scan is another after it was written and read")
	}
}
