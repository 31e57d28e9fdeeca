package bruno

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, src string) []block {
	t.Helper()
	blocks, err := readBru([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

func TestPairsCarryPrefixesAndQuotedKeys(t *testing.T) {
	b := read(t, "headers {\n  plain: a:b\n  ~off: x\n  \"a \\\"b\\\": c\": 1\n  @description('why: because')\n  ~\"q\": 2\n}\n")[0]
	want := []pair{
		{key: "plain", value: "a:b", line: 2},
		{key: "off", value: "x", line: 3, off: true},
		{key: `a "b": c`, value: "1", line: 4},
		{key: "q", value: "2", line: 6, off: true, notes: []pair{{key: "description", value: "why: because", line: 5}}},
	}
	if len(b.pairs) != len(want) {
		t.Fatalf("%d pairs, want %d: %+v", len(b.pairs), len(want), b.pairs)
	}
	for i, w := range want {
		p := b.pairs[i]
		if p.key != w.key || p.value != w.value || p.line != w.line || p.off != w.off || len(p.notes) != len(w.notes) {
			t.Errorf("pair %d is %+v, want %+v", i, p, w)
		}
		for j := range w.notes {
			if p.notes[j].key != w.notes[j].key || p.notes[j].value != w.notes[j].value {
				t.Errorf("decorator of pair %d is %+v, want %+v", i, p.notes[j], w.notes[j])
			}
		}
	}
}

func TestOnlyABraceInItsColumnEndsABlock(t *testing.T) {
	blocks := read(t, "body:json {\n  {\n    \"a\": {}\n  }\n}\n\ndocs {\n  }\n   x\n}\n")
	if len(blocks) != 2 || blocks[0].text != "{\n  \"a\": {}\n}" || blocks[1].text != "}\n x" {
		t.Errorf("%+v", blocks)
	}
}

func TestLocalVariableIsNoDecorator(t *testing.T) {
	b := read(t, "vars:pre-request {\n  @number\n  @pin: 12\n  ~@off: 13\n}\n")[0]
	if len(b.pairs) != 2 || b.pairs[0].key != "@pin" || len(b.pairs[0].notes) != 1 || b.pairs[1].key != "@off" || !b.pairs[1].off {
		t.Errorf("%+v", b.pairs)
	}
}

func TestMultilineValueLosesItsIndentOnly(t *testing.T) {
	b := read(t, "vars {\n  k: '''\n    one\n      two\n\n    three\n  ''' @contentType(text/plain)\n  next: 1\n}\n")[0]
	if b.pairs[0].value != "one\n  two\n\nthree" || b.get("next") != "1" {
		t.Errorf("%+v", b.pairs)
	}
}

func TestListsOnOneLineAndOnMany(t *testing.T) {
	for _, src := range []string{"vars:secret [a, ~b,c]\n", "vars:secret [\n  a,\n  ~b\n  c\n]\n", "vars:secret [ a\n~b, c ]"} {
		b := read(t, src)[0]
		if len(b.pairs) != 3 || b.pairs[0].key != "a" || b.pairs[1].key != "b" || !b.pairs[1].off || b.pairs[2].key != "c" {
			t.Errorf("%q: %+v", src, b.pairs)
		}
	}
}

func TestExampleHasSections(t *testing.T) {
	b := read(t, "example {\n  name: N\n\n  request: {\n    url: {{base}}/x\n    headers: {\n      A: {{b}}\n    }\n\n    body:json: {\n      {\n      }\n    }\n  }\n}\nmeta {\n  name: after\n}\n")
	req := find(b[0].kids, "request")
	if req == nil || req.get("url") != "{{base}}/x" || find(req.kids, "headers").get("A") != "{{b}}" || find(req.kids, "body:json").text != "{\n}" {
		t.Errorf("%+v", b[0])
	}
	if find(b, "meta").get("name") != "after" {
		t.Error("the block after the example is lost")
	}
}

func TestKeepsWhatWasReadBeforeAFault(t *testing.T) {
	for src, msg := range map[string]string{
		"vars {\n  a: 1\n  no colon\n  b: 2\n}\n":        "line 3: a colon was expected after a key",
		"vars {\n  a: 1\n  b: 2\n":                       "line 1: the block is not closed",
		"vars {\n  a: 1\n  b: 2\n  c: '''\n    unclosed": "line 4: the ''' is not closed",
		"stray\nvars {\n  a: 1\n  b: 2\n}\n":             "line 1: text outside of any block",
	} {
		blocks, err := readBru([]byte(src))
		if err == nil || err.Error() != msg {
			t.Errorf("%q: error %v, want %q", src, err, msg)
		}
		if b := find(blocks, "vars"); b.get("a") != "1" || b.get("b") != "2" {
			t.Errorf("%q: read %+v", src, blocks)
		}
	}
}

func TestALostBraceDoesNotSwallowTheFile(t *testing.T) {
	blocks, _ := readBru([]byte("example {\n  request: {\n    url: x\n}\n\nvars {\n  a: 1\n}\n"))
	if find(blocks, "vars").get("a") != "1" {
		t.Errorf("%+v", blocks)
	}
}

// FuzzBru checks of any input that each thing read has a line of the file, in the file's
// order, and that its text stands there.
func FuzzBru(f *testing.F) {
	files, _ := filepath.Glob("testdata/corpus/repo/api/acme-payments/*/*.bru")
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Add("vars:secret [a, b]\nexample {\n request: {\n")
	f.Fuzz(func(t *testing.T, src string) {
		blocks, _ := readBru([]byte(src))
		check(t, strings.ReplaceAll(src, "\r\n", "\n"), blocks, 0)
	})
}

func check(t *testing.T, src string, blocks []block, depth int) {
	if depth > maxSections+1 {
		t.Fatal("sections are nested too deep")
	}
	last, lines := 0, strings.Count(src, "\n")+1
	for _, b := range blocks {
		if b.line < last || b.line < 1 || b.line > lines {
			t.Fatalf("block %q is at line %d of %d, after one at %d", b.name, b.line, lines, last)
		}
		last = b.line
		for _, p := range b.pairs {
			if p.line < b.line || p.line > lines {
				t.Fatalf("pair %q is at line %d, its block at %d", p.key, p.line, b.line)
			}
		}
		for _, l := range strings.Split(b.text, "\n") {
			if !strings.Contains(src, l) {
				t.Fatalf("text %q is not in the file", l)
			}
		}
		check(t, src, b.kids, depth+1)
	}
}
