// Command bench times clientele scan beside betterleaks, gitleaks and ripgrep on one tree, in
// turns, and prints what each took and the ratios between them.
//
//	go -C bench run . [TREE]
//
// TREE defaults to this machine's Go module cache. The anchors are
//
//	read        walks the tree and reads every file
//	automaton   the same, and finds all keywords: the least a scan can cost
//	rg          ripgrep for one literal text; "rg -i words" for eight words in any case
//	betterleaks the scanner whose rules are used, built from the module at the same version
//
// Archives are not opened by the others: clientele opens zip files, at its own cost.
//
// Figures are of whole processes, as the kernel accounts for them: CPU seconds are user plus
// system time, memory is the largest resident set. The median of the rounds is printed.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/charlievieth/fastwalk"
	"github.com/clientele/clientele/internal/detect"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 3, "times each program is run")
	as := flag.String("as", "", "internal: be one of the anchors")
	flag.Parse()
	tree := flag.Arg(0)
	if tree == "" {
		out, err := exec.Command("go", "env", "GOMODCACHE").Output()
		check(err)
		tree = strings.TrimSpace(string(out))
	}
	switch *as {
	case "read":
		readTree(tree, func([]byte) {})
	case "automaton":
		e, err := detect.New(nil)
		check(err)
		readTree(tree, func(b []byte) { e.Keywords(b) })
	default:
		compare(tree, *rounds)
	}
}

// contender is one program of the comparison.
type contender struct {
	name string
	args []string
	cpu  []float64
	wall []float64
	rss  []float64
}

func compare(tree string, rounds int) {
	dir, err := os.MkdirTemp("", "clientele-bench")
	check(err)
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	check(err)
	ours := filepath.Join(dir, "clientele")
	check(command("..", nil, "go", "build", "-trimpath", "-o", ours, "./cmd/clientele"))
	all := []*contender{
		{name: "read", args: []string{self, "-as", "read", tree}},
		{name: "automaton", args: []string{self, "-as", "automaton", tree}},
		{name: "clientele", args: []string{ours, "scan", "--quiet", "--no-git", "--format", "json", "--output", filepath.Join(dir, "out.json"), tree}},
	}
	for _, s := range []struct {
		name  string
		build func(string) (string, error)
	}{{"betterleaks", betterleaks}, {"gitleaks", gitleaks}} {
		bin, err := s.build(dir)
		if err != nil {
			fmt.Printf("%s is left out: it could not be built: %v\n", s.name, err)
			continue
		}
		all = append(all, &contender{name: s.name, args: []string{bin, "dir", "--no-banner", "--exit-code", "0", "--max-archive-depth", "0", "--report-path", filepath.Join(dir, s.name+".json"), tree}})
	}
	if rg, err := exec.LookPath("rg"); err == nil {
		all = append(all, &contender{name: "rg", args: []string{rg, "-uu", "-c", "no-such-text-anywhere", tree}},
			&contender{name: "rg -i words", args: []string{rg, "-uu", "-i", "-c", "password|secret|token|apikey|api_key|bearer|credential|private", tree}})
	}
	os.Setenv("HOME", dir)
	os.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	os.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	for range rounds {
		for _, c := range all {
			c.run()
		}
	}
	report(tree, all)
}

// betterleaks builds that scanner from its module. Its fork of an expression library is not
// served by every proxy; the library it was forked from stands in for it.
func betterleaks(dir string) (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", "github.com/betterleaks/betterleaks@v1.7.0").Output()
	if err != nil {
		return "", err
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		return "", err
	}
	src := filepath.Join(dir, "betterleaks-src")
	re2 := filepath.Join(src, "regexp", "re2", "re2.go")
	if err := errors.Join(command(".", nil, "cp", "-r", m.Dir, src), command(".", nil, "chmod", "-R", "u+w", src)); err != nil {
		return "", err
	}
	text, err := os.ReadFile(re2)
	if err != nil {
		return "", err
	}
	text = []byte(strings.ReplaceAll(string(text), "github.com/betterleaks/go-re2", "github.com/wasilibs/go-re2"))
	bin := filepath.Join(dir, "betterleaks")
	return bin, errors.Join(
		os.WriteFile(re2, text, 0o600),
		command(src, nil, "go", "mod", "edit", "-droprequire", "github.com/betterleaks/go-re2", "-require", "github.com/wasilibs/go-re2@v1.10.0"),
		command(src, nil, "go", "build", "-mod=mod", "-trimpath", "-o", bin, "."),
	)
}

// gitleaks builds that scanner with the faster of its expression engines.
func gitleaks(dir string) (string, error) {
	err := command(".", []string{"GOBIN=" + dir}, "go", "install", "-tags", "gore2regex", "github.com/zricethezav/gitleaks/v8@v8.30.1")
	return filepath.Join(dir, "gitleaks"), err
}

func command(dir string, env []string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func (c *contender) run() {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	start := time.Now()
	if err := cmd.Run(); err != nil && c.name != "rg" && c.name != "rg -i words" { // rg: 1 means no match
		fmt.Printf("%s: %v\n", c.name, err)
	}
	wall := time.Since(start).Seconds()
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		log.Fatalf("%s: no usage known", c.name)
	}
	c.wall = append(c.wall, wall)
	c.cpu = append(c.cpu, time.Duration(u.Utime.Nano()+u.Stime.Nano()).Seconds())
	c.rss = append(c.rss, float64(u.Maxrss)/1024)
}

func report(tree string, all []*contender) {
	files, bytes := size(tree)
	mb := float64(bytes) / 1e6
	fmt.Printf("tree: %d files, %.0f MB\n\n%-14s %8s %8s %12s %8s %16s\n", files, mb, "", "wall s", "CPU s", "MB per CPU s", "MiB", "CPU / clientele")
	ours := 0.0
	for _, c := range all {
		if c.name == "clientele" {
			ours = median(c.cpu)
		}
	}
	for _, c := range all {
		cpu := median(c.cpu)
		fmt.Printf("%-14s %8.2f %8.2f %12.1f %8.0f %16.2f\n", c.name, median(c.wall), cpu, mb/cpu, median(c.rss), cpu/ours)
	}
	for _, c := range all {
		switch c.name {
		case "betterleaks", "gitleaks":
			fmt.Printf("\nthroughput per CPU second against %s: %.1f times", c.name, median(c.cpu)/ours)
		case "automaton":
			fmt.Printf("\nCPU against reading and the automaton alone: %.2f times", ours/median(c.cpu))
		}
	}
	fmt.Println()
}

func median(list []float64) float64 {
	s := slices.Clone(list)
	slices.Sort(s)
	return s[len(s)/2]
}

func size(tree string) (files, bytes int64) {
	check(filepath.WalkDir(tree, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				files++
				bytes += info.Size()
			}
		}
		return nil
	}))
	return
}

// readTree reads every regular file, as many at once as there are processors.
func readTree(tree string, f func([]byte)) {
	var sum atomic.Int64
	check(fastwalk.Walk(nil, tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil {
			f(b)
			sum.Add(int64(len(b)))
		}
		return nil
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
