package doc_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// show writes a tree on one line: scalars as text@line, with N, B or null for what is no
// string, maps and lists in brackets.
func show(n *doc.Node) string {
	if n == nil {
		return "nil"
	}
	var kids []string
	for _, k := range n.Kids {
		s := show(k)
		if k.Key != "" {
			s = k.Key + ":" + s
		}
		kids = append(kids, s)
	}
	body := strings.Join(kids, " ")
	switch n.Kind {
	case doc.Map:
		if n.Text != "" {
			body = strings.TrimSpace(body + " =" + n.Text)
		}
		return fmt.Sprintf("{%s}@%d", body, n.Line)
	case doc.List:
		return fmt.Sprintf("[%s]@%d", body, n.Line)
	case doc.Null:
		return fmt.Sprintf("null@%d", n.Line)
	case doc.Bool:
		return fmt.Sprintf("B%s@%d", n.Text, n.Line)
	case doc.Number:
		return fmt.Sprintf("N%s@%d", n.Text, n.Line)
	}
	return fmt.Sprintf("%s@%d", n.Text, n.Line)
}

func all(nodes []*doc.Node) string {
	var s []string
	for _, n := range nodes {
		s = append(s, show(n))
	}
	return strings.Join(s, " | ")
}

// readers are all readers, under one signature.
var readers = map[string]func(string) (string, error){
	"json":       func(s string) (string, error) { n, err := doc.JSON([]byte(s)); return show(n), err },
	"jsonl":      func(s string) (string, error) { n, err := doc.JSONLines([]byte(s)); return all(n), err },
	"yaml":       func(s string) (string, error) { n, err := doc.YAML([]byte(s)); return all(n), err },
	"toml":       func(s string) (string, error) { n, err := doc.TOML([]byte(s)); return show(n), err },
	"xml":        func(s string) (string, error) { n, err := doc.XML([]byte(s)); return show(n), err },
	"ini":        func(s string) (string, error) { return show(doc.INI([]byte(s))), nil },
	"env":        func(s string) (string, error) { return show(doc.Env([]byte(s))), nil },
	"properties": func(s string) (string, error) { return show(doc.Properties([]byte(s))), nil },
}

func TestReaders(t *testing.T) {
	const faulty = true
	for _, c := range []struct {
		reader, name, src, want string
		fault                   bool
	}{
		{"json", "kinds and lines", "{\"a\":1,\n\"b\":[true,null,\n\"x\"]}", "{a:N1@1 b:[Btrue@2 null@2 x@3]@2}@1", false},
		{"json", "comments and trailing commas", "\ufeff// c\n{/* {\n */\"a\":1,// }\n}", "{a:N1@3}@2", false},
		{"json", "slashes in strings are no comments", `{"u":"http://h/*x*/"}`, "{u:http://h/*x*/@1}@1", false},
		{"json", "escapes", `"\u00e9\n\"\\\/\q"`, "é\n\"\\/q@1", false},
		{"json", "surrogate pair", `"\ud83d\ude00"`, "😀@1", false},
		{"json", "half a surrogate pair", `"\ud83dx"`, "\uFFFDx@1", false},
		{"json", "two first halves", `"\ud83d\ud83d\ude00"`, "\uFFFD😀@1", false},
		{"json", "escape without digits", `"\uZZZZ"`, "\uFFFDZZZZ@1", false},
		{"json", "repeated keys are kept", `{"a":1,"a":2}`, "{a:N1@1 a:N2@1}@1", false},
		{"json", "line feed in a string", "{\"a\":\"x\ny\",\n\"b\":1}", "{a:x\ny@1 b:N1@3}@1", false},
		{"json", "truncated in a string", `{"a":"x","b":"secr`, "{a:x@1 b:secr@1}@1", faulty},
		{"json", "truncated in a list", `{"a":[1,2`, "{a:[N1@1 N2@1]@1}@1", faulty},
		{"json", "truncated in a word", `{"a":nul`, "{}@1", faulty},
		{"json", "truncated in an escape", `{"a":"x\`, "{a:x@1}@1", faulty},
		{"json", "no colon", `{"a" 1}`, "{}@1", faulty},
		{"json", "no comma", `{"a":1 "b":2}`, "{a:N1@1}@1", faulty},
		{"json", "text behind", `{"a":1} x`, "{a:N1@1}@1", faulty},
		{"json", "nothing", "", "nil", faulty},
		{"jsonl", "a faulty line is skipped", "{\"a\":1}\n{\"b\":\n\n{\"c\":3}\n", "{a:N1@1}@1 | {c:N3@4}@4", faulty},
		{"jsonl", "an open string ends with its line", "{\"a\":\"x\n{\"c\":3}\r\n", "{c:N3@2}@2", faulty},
		{"jsonl", "two on a line, last without line feed", "{\"a\":1} 2\n3", "{a:N1@1}@1 | N2@1 | N3@2", false},
		{"yaml", "kinds and lines", "a: 1\nb:\n  - true\n  - ~\n  - 'x'\nc: \"1\"\n", "{a:N1@1 b:[Btrue@3 null@4 x@5]@3 c:1@6}@1", false},
		{"yaml", "block text", "a: |\n  x\n  y\nb: 2", "{a:x\ny\n@2 b:N2@4}@1", false},
		{"yaml", "folded text", "a: >-\n  x\n  y\nb:\n  - |\n    z\nc: |\nd: |+\n\n  x", "{a:x y@2 b:[z\n@6]@5 c:@7 d:\nx@9}@1", false},
		{"yaml", "documents", "a: 1\n---\nb: 2\n", "{a:N1@1}@1 | {b:N2@3}@3", false},
		{"yaml", "alias", "a: &x {k: v}\nb: *x\n", "{a:{k:v@1}@1 b:{k:v@1}@1}@1", false},
		{"yaml", "merge, the own key counts", "d: &d {k: v, l: w}\na:\n  <<: *d\n  k: own\n", "{d:{k:v@1 l:w@1}@1 a:{k:v@1 l:w@1 k:own@4}@3}@1", false},
		{"yaml", "merge of two, the first counts", "a: &a {k: 1}\nb: &b {k: 2}\nc:\n  <<: [*a, *b]\n", "{a:{k:N1@1}@1 b:{k:N2@2}@2 c:{k:N2@2 k:N1@1}@4}@1", false},
		{"yaml", "repeated keys are kept", "a: 1\na: 2\n", "{a:N1@1 a:N2@2}@1", false},
		{"yaml", "keeps what is above a fault", "a: 1\nb:\n  c: 2\n  d: \"open\nx", "{a:N1@1 b:{c:N2@3}@3}@1", faulty},
		{"yaml", "keeps documents before a fault", "a: 1\n---\nb: 2\nc: [\n", "{a:N1@1}@1 | {b:N2@3}@3", faulty},
		{"yaml", "nothing", "", "", false},
		{"toml", "kinds and lines", "a = 1\n[b]\nc = [true,\n \"x\"]\nd.e = 'y'\n", "{a:N1@1 b:{c:[Btrue@3 x@4]@3 d:{e:y@5}@5}@2}@1", false},
		{"toml", "tables of a list", "[[s]]\nn = \"a\"\n[s.env]\nK = \"1\"\n[[s]]\nn = \"b\"\n", "{s:[{n:a@2 env:{K:1@4}@3}@1 {n:b@6}@5]@1}@1", false},
		{"toml", "table reopened", "[a.b]\nx = 1\n[c]\n[a.d]\ny = 2\n", "{a:{b:{x:N1@2}@1 d:{y:N2@5}@4}@1 c:{}@3}@1", false},
		{"toml", "inline table, quoted key, comment", "\"a b\" = { c = \"x#y\" } # z\n", "{a b:{c:x#y@1}@1}@1", false},
		{"toml", "text over lines", "k = \"\"\"\na\nb\"\"\"\nl = 1", "{k:a\nb@1 l:N1@4}@1", false},
		{"toml", "table where a value is", "a = 1\n[a.b]\nc = 2\n", "{a:N1@1 a:{b:{c:N2@3}@2}@2}@1", false},
		{"toml", "truncated", "a = \"x\"\nb = \"open", "{a:x@1}@1", faulty},
		{"xml", "attributes, text, lines", "<?xml version=\"1.0\"?>\n<a x='1'>\n <b y=\"2&amp;3\">t&lt;</b>\n</a>", "{@x:1@2 b:{@y:2&3@3 =t<}@3}@2", false},
		{"xml", "cdata, comment, undeclared entity", "<a><!-- <b/> --><![CDATA[<x>]]>&nope;</a>", "{=<x>&nope;}@1", false},
		{"xml", "unclosed elements", "<a>\n<b>x\n<c>y</c>", "{b:{c:{=y}@3 =x}@2}@1", faulty},
		{"xml", "an outer end closes those inside", "<a><b><c>y</b><d>z</d></a>", "{b:{c:{=y}@1}@1 d:{=z}@1}@1", false},
		{"xml", "an end that closes nothing", "<a></x><b>y</b></a>", "{b:{=y}@1}@1", false},
		{"xml", "cut in an attribute", "<a><b>x</b><c d=\"e", "{b:{=x}@1}@1", faulty},
		{"xml", "no entity of another file is read", "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>", "{=&e;}@1", false},
		{"ini", "sections, comments, both separators", "top=1\n# c\n[s one]\n; c\nk = v # kept\nu: w:x=y\nflag\n", "{top:1@1 s one:{k:v # kept@5 u:w:x=y@6 flag:null@7}@3}@1", false},
		{"ini", "continued value", "[s]\nk =\n  one\n\n  two\nl = x\n  more\n[t]\n  m = 1\n", "{s:{k:one\ntwo@2 l:x\nmore@6}@1 t:{m:1@9}@8}@1", false},
		{"ini", "carriage returns and repeated keys", "[s]\r\nk=1\r\nk=2\r\n", "{s:{k:1@2 k:2@3}@1}@1", false},
		{"env", "plain, export, comments", "# c\nA=1\nexport B = two words # c\nC=a#b\nD=\nE=# c\n#F=1\nnot a line\n", "{A:1@2 B:two words@3 C:a#b@4 D:@5 E:@6}@1", false},
		{"env", "quotes", "A='x # \\n $y'\nB=\"a\\nb \\\"q\\\"\" # c\nC=`z`\nD=\"open\nE='\n", "{A:x # \\n $y@1 B:a\nb \"q\"@2 C:z@3 D:open@4 E:@5}@1", false},
		{"env", "value over lines", "K=\"-----BEGIN\nabc==\n-----END\"\nL=1\n", "{K:-----BEGIN\nabc==\n-----END@1 L:1@4}@1", false},
		{"properties", "comments and continuation", "# c\n! c\na.b=x\nc : y\\\n   z\nd=w\\\\\ne=1\n", "{a.b:x@3 c:yz@4 d:w\\\\@6 e:1@7}@1", false},
		{"properties", "three backslashes continue", "a=x\\\\\\\ny", "{a:x\\\\y@1}@1", false},
	} {
		got, err := readers[c.reader](c.src)
		if got != c.want {
			t.Errorf("%s, %s:\n got %q\nwant %q", c.reader, c.name, got, c.want)
		}
		if (err != nil) != c.fault {
			t.Errorf("%s, %s: error %v", c.reader, c.name, err)
		}
	}
}

func TestAccessorsTakeWhatIsNotThere(t *testing.T) {
	var none *doc.Node
	list, err := doc.JSON([]byte(`[{"A":"x","a":null,"n":7,"t":"TRUE"}]`))
	if err != nil {
		t.Fatal(err)
	}
	m := list.At(0)
	for _, n := range []*doc.Node{none, list, m.Get("A"), m.Get("a")} {
		if n.Get("x", "y") != nil || n.First("x") != nil || n.Fold("x") != nil || n.All("x") != nil || n.Has("x") || n.Attr("x") != "" {
			t.Errorf("%s has a field x", show(n))
		}
	}
	if none.Str() != "" || none.True() || none.False() || none.IsScalar() || none.LineOr(3) != 3 || list.At(-1) != nil || list.At(1) != nil || m.Items() != nil {
		t.Error("a missing node is something")
	}
	none.Walk(func([]string, *doc.Node) bool { t.Error("walked"); return true })
	if m.First("a", "n").Str() != "7" || !m.Get("t").True() || m.Fold("T").Str() != "TRUE" || m.Get("a").Str() != "" {
		t.Error("First, True, Fold or Str is wrong")
	}
}

func TestTheLastOfRepeatedKeysCounts(t *testing.T) {
	n, _ := doc.JSON([]byte(`{"a":1,"a":2,"A":3}`))
	if n.Get("a").Str() != "2" || n.Fold("a").Str() != "3" || len(n.All("a")) != 2 {
		t.Error("got", n.Get("a").Str(), n.Fold("a").Str(), len(n.All("a")))
	}
}

func TestWalkGivesTheKeysThatLead(t *testing.T) {
	n, _ := doc.JSON([]byte(`{"a":[{"b":1},{"c":{"d":2}}]}`))
	var got []string
	n.Walk(func(chain []string, k *doc.Node) bool {
		if k.IsScalar() {
			got = append(got, strings.Join(chain, "."))
		}
		return k.Key != "c"
	})
	if s := strings.Join(got, " "); s != "a.b" {
		t.Errorf("got %q", s)
	}
}

func TestErrorsNameTheLineAndNoValue(t *testing.T) {
	for reader, src := range map[string]string{
		"json": "{\n\"password\": \"hunter2\" \"", "yaml": "a: 1\nb: {password: hunter2\n", "toml": "a = 1\npassword = hunter2\n", "xml": "<a>\n<password>hunter2<",
	} {
		_, err := readers[reader](src)
		switch {
		case clientele.KindOf(err) != clientele.Invalid:
			t.Errorf("%s: %v", reader, err)
		case !strings.HasPrefix(err.Error(), "line ") || strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: %q", reader, err)
		}
	}
}

// TestBombs gives every reader what is deep, wide, or grows with the square of its size.
func TestBombs(t *testing.T) {
	const size = 1 << 20
	full := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	laughs := "a0: &a0 x\n"
	for i := 1; i < 40; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	bombs := map[string]string{
		"braces": full("{"), "brackets": full("["), "objects": full(`{"a":`), "elements": full("<a>"), "dashes": full("- "), "keys": full("a:\n "),
		"indented": full("a:\n  - "), "questions": full("? "), "closed": full("[]"), "comments": full("/*"), "quotes": full(`"`), "escapes": `"` + full(`\u`),
		"commas": "[" + full(",") + "]", "numbers": "[" + full("1,") + "]", "anchors": numbered("&a%d "), "tables": numbered("[t%d]\n"), "dotted": numbered("a%d.b=1\n"),
		"deep table": "[" + full("a.") + "a]", "deep value": "a = " + full("["), "deep inline": full("a={"), "array tables": full("[[a]]\n"), "attributes": "<a " + numbered("b%d='1' ") + ">",
		"entities": full("&a;"), "ends": "<a>" + full("</b>"), "siblings": "<a>" + full("<b/>"), "continued": "[s]\nk=1\n" + full(" a\n"), "backslashes": full("a\\\n"), "open quotes": full("A=\"x\nB='y\nC=`z\n"),
		"sections": numbered("[%d]\n"), "lines": full("\n"), "laughs": laughs, "self": "a: &a [*a, *a]\n", "merge self": "a: &a\n  <<: *a\n", "merges": "a: &a {k: v}\nb:\n" + full("  <<: *a\n"),
		"nul": full("\x00"), "colons": full(":"), "stars": full("*a "), "tags": full("!!a "), "pipes": full("|\n"), "documents": full("---\n"), "doctype": "<!DOCTYPE a [" + full("<!ENTITY a 'b'>"),
		"repeated": "{" + full(`"a":1,`) + "}", "flow keys": "{" + full("a,"), "tabs": full("\t"), "percent": full("%a\n"), "spaces": full(" ") + "a",
	}
	for what, src := range bombs {
		for name, read := range readers {
			t.Run(name+"/"+what, func(t *testing.T) {
				start := time.Now()
				_, _ = read(src)
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("took %v for %d bytes", took, len(src))
				}
			})
		}
	}
}

func TestTreesAreBounded(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 x\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	for name, src := range map[string]string{"laughs": laughs.String(), "self": "a: &a [*a, *a]\n"} {
		docs, err := doc.YAML([]byte(src))
		if clientele.KindOf(err) != clientele.Limit {
			t.Errorf("%s: %v", name, err)
		}
		if n := count(docs); n > doc.MaxNodes/10 {
			t.Errorf("%s: %d nodes of %d bytes", name, n, len(src))
		}
	}
	deep, err := doc.JSON([]byte(strings.Repeat("[", 1000)))
	if clientele.KindOf(err) != clientele.Limit || depth(deep) > doc.MaxDepth+1 {
		t.Errorf("a list of lists is %d deep: %v", depth(deep), err)
	}
}

func count(nodes []*doc.Node) int {
	n := len(nodes)
	for _, k := range nodes {
		n += count(k.Kids)
	}
	return n
}

func depth(n *doc.Node) int {
	d := 0
	if n != nil {
		for _, k := range n.Kids {
			d = max(d, depth(k))
		}
		d++
	}
	return d
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{"{\"a\":[1,\"x\\u00e9\"]}", "a: &x {b: [1, *x]}\n<<: *x\n", "[a.b]\nc = [1, {d = 'e'}]\n", "<a b='c'>d<e/></a>", "[s]\nk=v\n more\n", "A=\"x\ny\"\nB='z' # c\n", "a=b\\\n c\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		src = bytes.ToValidUTF8(src, []byte("\uFFFD"))
		lines := 2                                                               // YAML puts an empty value that ends the text behind its last line
		for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} { // the last three are YAML's
			lines += bytes.Count(src, []byte(end))
		}
		var trees []*doc.Node
		keep := func(n *doc.Node, err error) {
			if n != nil {
				trees = append(trees, n)
			}
			if err != nil && clientele.KindOf(err) == clientele.Internal {
				t.Errorf("not an error for a person: %v", err)
			}
		}
		keep(doc.JSON(src))
		keep(doc.TOML(src))
		keep(doc.XML(src))
		keep(doc.INI(src), nil)
		keep(doc.Env(src), nil)
		keep(doc.Properties(src), nil)
		more, err := doc.JSONLines(src)
		keep(nil, err)
		trees = append(trees, more...)
		more, err = doc.YAML(src)
		keep(nil, err)
		trees = append(trees, more...)
		for _, n := range trees {
			if d := depth(n); d > doc.MaxDepth+2 {
				t.Errorf("%d deep", d)
			}
			n.Walk(func(_ []string, k *doc.Node) bool {
				if k.Line < 0 || k.Line > lines {
					t.Errorf("line %d of %d", k.Line, lines)
				}
				return true
			})
		}
	})
}
