package clientele_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// floors is the plan of the house: a package imports only from floors below its own. A
// name that ends in /* stands for the packages right below it, which may not import one
// another either. docs/design/0001-layout.md says why.
var floors = map[string]int{
	"": 1, // the vocabulary: imports the standard library alone

	"api":                 1,
	"internal/detect":     1,
	"internal/doc":        1,
	"internal/safefile":   1,
	"internal/dsn":        1,
	"internal/sqlitefile": 1,

	"internal/notice":    1,
	"internal/syslog":    1,
	"internal/telemetry": 1,
	"internal/ticket":    1,
	"internal/tlog":      1,

	"internal/command":       2,
	"internal/db":            2,
	"internal/fingerprint":   2,
	"internal/keywrap":       2,
	"internal/notify/*":      2,
	"internal/ocsf":          2,
	"internal/oidc":          2,
	"internal/oidc/oidctest": 3,
	"internal/scim":          2,
	"internal/scim/scimtest": 2,
	"internal/settings":      2,
	"internal/ticket/*":      2,
	"internal/witness":       2,

	"internal/audit":          3,
	"internal/codec/*":        3,
	"internal/db/dbtest":      3,
	"internal/policy":         3,
	"internal/scim/peoplecsv": 3,

	"internal/codec":   4,
	"internal/guard":   4,
	"internal/judge":   4,
	"internal/reading": 4,
	"internal/sink":    4,

	"internal/change":   5,
	"internal/discover": 5,
	"internal/identity": 5,

	"internal/inventory": 6,
	"internal/render":    6,

	"internal/evidence":  5,
	"internal/lifecycle": 7,
	"internal/reach":     7,

	"internal/review": 8,

	"internal/httpapi": 9,
	"internal/notify":  9,

	"internal/app": 10,

	"cmd/clientele": 11,
}

// revealers are the packages that may open a Plaintext: those that take found values apart
// and judge them. Nothing that writes a report is among them.
//
// Of the server, it is those that put a secret onto the wire to the service it is for, or
// show a token once to whom it is for.
var revealers = []string{
	"", "internal/codec/*", "internal/command", "internal/dsn", "internal/reading",
	"internal/app", "internal/db", "internal/httpapi", "internal/identity", "internal/notify/*", "internal/oidc", "internal/sink", "internal/ticket/*", "internal/tlog",
}

// badNames say nothing of what a package keeps or does.
var badNames = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "types", "core", "base", "shared", "manager"}

const module = "github.com/clientele/clientele"

type pkg struct {
	ImportPath, Dir, Name, Doc string
	GoFiles, Imports           []string
}

func (p pkg) rel() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// entry is the line of a list that a package falls under.
func entry(rel string) string {
	if i := strings.LastIndexByte(rel, '/'); i > 0 {
		if _, ok := floors[rel[:i]+"/*"]; ok {
			return rel[:i] + "/*"
		}
	}
	return rel
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range packages(t) {
		own, ok := floors[entry(p.rel())]
		if !ok {
			t.Errorf("%s has no floor: add it to the plan", p.ImportPath)
		}
		for _, i := range p.Imports {
			if i != module && !strings.HasPrefix(i, module+"/") {
				continue
			}
			rel := strings.TrimPrefix(strings.TrimPrefix(i, module), "/")
			if f := floors[entry(rel)]; f >= own && rel != "" {
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.rel(), own, rel, f)
			}
		}
	}
}

func TestVocabularyImportsStandardLibraryOnly(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if p.rel() == "" && strings.Contains(i, ".") {
				t.Errorf("the vocabulary imports %s", i)
			}
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(badNames, p.Name) {
			t.Errorf("%s: the name says nothing", p.ImportPath)
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s: its doc comment should begin with %q", p.ImportPath, want)
		}
	}
}

func TestPlaintextIsOpenedWhereItMay(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(revealers, entry(p.rel())) {
			continue
		}
		for _, f := range p.GoFiles {
			file := filepath.Join(p.Dir, f)
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Reveal" {
					t.Errorf("%s opens a Plaintext and is not on the list", file)
				}
				return true
			})
		}
	}
}

// Decoders, routes and drivers are listed in tables, so that a reader finds them all in one
// place and a program starts without work.
func TestNoInitFunctions(t *testing.T) {
	init := regexp.MustCompile(`(?m)^func init\(\)`)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") {
			return err
		}
		out, err := readFile(name)
		if init.Match(out) {
			t.Errorf("%s has an init function", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
