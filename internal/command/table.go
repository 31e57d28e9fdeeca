package command

import (
	"strings"
	"sync"
)

// toolTable holds the clients whose command lines are known, by name: one word or, for
// those with subcommands, up to three.
type toolTable map[string]*tool

var (
	toolsOnce sync.Once // guards allTools
	allTools  toolTable
)

// tools is the table, built when the first command is read.
func tools() toolTable {
	toolsOnce.Do(func() {
		allTools = toolTable{}
		allTools.addHTTP()
		allTools.addRunners()
		allTools.addStores()
		allTools.addLogins()
		allTools.addMovers()
		allTools.addQuiet()
	})
	return allTools
}

// add enters a tool under each of the names, in which | stands for a space.
func (all toolTable) add(names string, t *tool) {
	if t.options == nil {
		t.options = map[string]string{}
	}
	for _, n := range strings.Fields(names) {
		all[strings.ReplaceAll(n, "|", " ")] = t
	}
}
