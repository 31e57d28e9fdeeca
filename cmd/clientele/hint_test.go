package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var hinted = regexp.MustCompile("(?:WithHint\\(|Hint: |next: |Next: )[^\n]*")

var hintedCommand = regexp.MustCompile(`clientele ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?`)

// Every command that a hint names is there.
func TestHintedCommandsExist(t *testing.T) {
	root, found := newRoot(), 0
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, hint := range hinted.FindAllString(string(text), -1) {
			for _, m := range hintedCommand.FindAllStringSubmatch(hint, -1) {
				cmd, _, err := root.Find(m[1:2])
				if err == nil && m[2] != "" && cmd.HasSubCommands() {
					parent := cmd
					if cmd, _, err = parent.Find(m[2:3]); cmd == parent {
						cmd = root
					}
				}
				if err != nil || cmd == root {
					t.Errorf("%s: there is no command %q: %s", name, strings.TrimSpace(m[1]+" "+m[2]), hint)
				}
				found++
			}
		}
		return nil
	})
	if err != nil || found < 50 {
		t.Fatalf("%d hints were found, %v", found, err)
	}
}
