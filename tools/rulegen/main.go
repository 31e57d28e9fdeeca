// Command rulegen turns the rule set of the betterleaks module (MIT), at the version that
// tools/go.mod names, into the data that internal/detect embeds: rules.json, and for the
// tests the examples that the rules' authors publish beside them.
//
//	go -C tools run ./rulegen ../internal/detect
//
// The filters of that set are expressions of a language of its own. What they say in this
// version is an entropy bound, expressions the value must or must not match, and words it
// must not hold; these become fields. A filter that says anything else stops the generation
// unless it belongs to the generic rule, whose remaining clauses tell public identifiers of
// single vendors apart and are left out.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	_ "github.com/betterleaks/betterleaks/config" // the pin
	"github.com/pelletier/go-toml/v2"
)

const module = "github.com/betterleaks/betterleaks"

// rule is the form in which internal/detect reads a rule; see there for the fields.
type rule struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Regex    string   `json:"regex"`
	Group    int      `json:"group,omitempty"`
	Keywords []string `json:"keywords"`
	Path     string   `json:"path,omitempty"`
	Entropy  float64  `json:"entropy,omitempty"`
	Deny     []string `json:"deny,omitempty"`
	Require  []string `json:"require,omitempty"`
	Stop     []string `json:"stop,omitempty"`
	DenyPath []string `json:"deny_path,omitempty"`
}

type ruleSet struct {
	Source string   `json:"source"`
	Allow  []string `json:"allow"`
	Stop   []string `json:"stop"`
	Rules  []rule   `json:"rules"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: rulegen DIR")
	}
	out := os.Args[1]
	dir, version := locate()
	writeJSON(filepath.Join(out, "rules.json"), rules(dir, version))
	writeJSON(filepath.Join(out, "testdata", "examples.json"), examples(dir))
}

func locate() (dir, version string) {
	b, err := exec.Command("go", "list", "-m", "-json", module).Output()
	check(err)
	var m struct{ Dir, Version string }
	check(json.Unmarshal(b, &m))
	return m.Dir, m.Version
}

func rules(dir, version string) ruleSet {
	b, err := os.ReadFile(filepath.Join(dir, "config", "betterleaks.toml"))
	check(err)
	var in struct {
		Filter string `toml:"filter"`
		Rules  []struct {
			ID          string   `toml:"id"`
			Description string   `toml:"description"`
			Regex       string   `toml:"regex"`
			SecretGroup int      `toml:"secretGroup"`
			Keywords    []string `toml:"keywords"`
			Path        string   `toml:"path"`
			Filter      string   `toml:"filter"`
			SkipReport  bool     `toml:"skipReport"`
		} `toml:"rules"`
	}
	check(toml.Unmarshal(b, &in))
	set := ruleSet{Source: module + " " + version + " (MIT)"}
	global := parse(in.Filter)
	for _, a := range global.Deny {
		// As published the alternatives are not anchored together, so that any value that
		// holds "false" or begins with "true" is let go. Anchored, it says what it means.
		if a == `(?i)^true|false|null$` {
			a = `(?i)^(?:true|false|null)$`
		}
		set.Allow = append(set.Allow, a)
	}
	set.Stop = global.Stop
	for _, r := range in.Rules {
		if r.SkipReport || r.Regex == "" {
			continue // half of a pair that is no secret by itself; or a rule on file names
		}
		f := parse(r.Filter)
		if f.rest != "" && r.ID != "generic-api-key" {
			log.Fatalf("rule %s: filter clause not understood: %s", r.ID, f.rest)
		}
		if r.ID == "generic-api-key" {
			f.Deny = f.Deny[:1] // the later ones hold only in the context of one vendor
		}
		f.rule.ID, f.rule.Title, f.rule.Regex, f.rule.Group = r.ID, r.Description, r.Regex, r.SecretGroup
		f.rule.Keywords, f.rule.Path = r.Keywords, r.Path
		set.Rules = append(set.Rules, f.rule)
	}
	sort.Slice(set.Rules, func(i, j int) bool { return set.Rules[i].ID < set.Rules[j].ID })
	return set
}

type filter struct {
	rule
	rest string // what was not understood
}

var (
	entropyClause = regexp.MustCompile(`^(?:filter\.)?entropy\(finding\["secret"\]\) <=? ([\d.]+)`)
	matchClause   = regexp.MustCompile(`^(!?)(?:filter\.)?matchesAny\((.*?), \[`)
	wordsClause   = regexp.MustCompile(`^(?:filter\.)?containsAny\((.*?), \[`)
)

// parse reads the clauses of a filter as far as they are of the known sorts.
func parse(expr string) (f filter) {
	for s := clean(expr); s != ""; s = clean(s) {
		if m := entropyClause.FindStringSubmatch(s); m != nil {
			f.Entropy, _ = strconv.ParseFloat(m[1], 64)
			s = s[len(m[0]):]
			expr = s
			continue
		}
		var into *[]string
		m := matchClause.FindStringSubmatch(s)
		switch {
		case m == nil:
			if m = wordsClause.FindStringSubmatch(s); m == nil {
				f.rest = strings.TrimSpace(f.rest + " " + s[:min(len(s), 200)])
				return f
			}
			if into = &f.Stop; !strings.Contains(m[1], `finding["secret"]`) {
				into = new([]string)
			}
		case strings.Contains(m[2], "path"):
			into = &f.DenyPath
		case m[1] == "!":
			into = &f.Require
		case strings.Contains(m[2], `finding["secret"]`):
			into = &f.Deny
		default:
			into = new([]string)
		}
		var list []string
		list, s = stringsUntilBracket(s[len(m[0]):])
		*into = append(*into, list...)
	}
	return f
}

// clean drops white space, comments, connectives and parentheses at the front, and the
// assignments and calls that only the generic rule has.
func clean(s string) string {
	for {
		t := strings.TrimLeft(s, " \t\n)(")
		t = strings.TrimPrefix(strings.TrimPrefix(t, "||"), "&&")
		if strings.HasPrefix(t, "//") {
			_, t, _ = strings.Cut(t, "\n")
		}
		if strings.HasPrefix(t, "let ") {
			_, t, _ = strings.Cut(t, ";")
		}
		t = strings.TrimPrefix(t, `failsTokenEfficiency(finding["secret"])`)
		if t == s {
			return t
		}
		s = t
	}
}

// stringsUntilBracket reads quoted strings up to a closing bracket and gives the text behind.
func stringsUntilBracket(s string) (list []string, rest string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ']':
			return list, s[i+1:]
		case '`':
			end := strings.IndexByte(s[i+1:], '`')
			list = append(list, s[i+1:i+1+end])
			i += end + 1
		case '"', '\'':
			quoted, err := strconv.QuotedPrefix(s[i:])
			check(err)
			text, err := strconv.Unquote(quoted)
			check(err)
			list = append(list, text)
			i += len(quoted) - 1
		}
	}
	return list, ""
}

//go:embed record.go.txt
var recorder []byte

// examples builds that module's own generator, in a copy in which a recorder stands in place
// of the validation, runs it, and returns what its rules claim to match and not to match.
func examples(dir string) json.RawMessage {
	tmp, err := os.MkdirTemp("", "rulegen")
	check(err)
	defer os.RemoveAll(tmp)
	src := filepath.Join(tmp, "src")
	run(".", nil, "cp", "-r", dir, src)
	run(".", nil, "chmod", "-R", "u+w", src)
	generator := filepath.Join(src, "cmd", "generate", "config")
	check(os.WriteFile(filepath.Join(generator, "utils", "validate.go"), recorder, 0o600))
	recorded := filepath.Join(tmp, "examples.jsonl")
	run(generator, []string{"RULEGEN_EXAMPLES=" + recorded}, "go", "run", ".", filepath.Join(tmp, "out.toml"))
	b, err := os.ReadFile(recorded)
	check(err)
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	sort.Slice(lines, func(i, j int) bool { return bytes.Compare(lines[i], lines[j]) < 0 })
	return append(append([]byte("[\n"), bytes.Join(lines, []byte(",\n"))...), "\n]"...)
}

func run(dir string, env []string, name string, args ...string) {
	c := exec.Command(name, args...)
	c.Dir, c.Stderr = dir, os.Stderr
	c.Env = append(os.Environ(), env...)
	check(c.Run())
}

func writeJSON(file string, v any) {
	b, err := json.MarshalIndent(v, "", " ")
	check(err)
	check(os.MkdirAll(filepath.Dir(file), 0o755))
	check(os.WriteFile(file, append(b, '\n'), 0o644))
	fmt.Println("wrote", file)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
