package shell

import (
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/command"
)

var (
	zshStamp  = regexp.MustCompile(`^: \d+:\d+;`)
	bashStamp = regexp.MustCompile(`^#\d{9,11}$`)
)

// decodeHistory reads a shell's history, whichever shell kept it.
func decodeHistory(f clientele.File) ([]clientele.Part, error) {
	src := strings.ReplaceAll(string(f.Data), "\r\n", "\n")
	base := strings.ToLower(path.Base(f.Path))
	tool, entries := clientele.Tool("bash"), []command.Entry(nil)
	switch {
	case base == "fish_history":
		tool, entries = "fish", fishEntries(src)
	case strings.HasSuffix(base, "host_history.txt"):
		tool, entries = "powershell", powershellEntries(src)
	case strings.HasPrefix(base, ".zsh") || strings.HasPrefix(base, ".zh") || zshStamp.MatchString(src):
		tool, entries = "zsh", zshEntries(src)
	default:
		entries = bashEntries(src)
	}
	p := script(f, tool, "history")
	command.Add(&p, command.History(entries))
	return clients(recorded(p))
}

// recorded makes a part one of a history. Its variables become slots: what was exported in
// one session resolves nothing in another.
func recorded(p clientele.Part) clientele.Part {
	for i := range p.Requests {
		p.Requests[i].Recorded = true
	}
	for i := range p.Slots {
		p.Slots[i].Recorded = true
	}
	for i := range p.Texts {
		p.Texts[i].Recorded = true
	}
	for _, v := range p.Variables {
		p.Slots = append(p.Slots, clientele.Slot{
			Place: clientele.InHistory, Name: v.Name, Chain: v.Chain, Value: v.Value, Line: v.Line, Class: v.Class, Recorded: true,
		})
	}
	p.Variables = nil
	return p
}

// bashEntries: a line each, or all lines between two time stamps.
func bashEntries(src string) []command.Entry {
	if !bashStamp.MatchString(strings.SplitN(src, "\n", 2)[0]) {
		return command.Lines(src)
	}
	var all entries
	for i, line := range strings.Split(src, "\n") {
		if bashStamp.MatchString(line) {
			all.begin(i + 2)
		} else {
			all.add(line)
		}
	}
	return all.done()
}

// zshEntries: ": time:duration;command", in which a line feed has a backslash before it.
func zshEntries(src string) []command.Entry {
	var all entries
	more := false
	for i, line := range strings.Split(src, "\n") {
		if !more {
			all.begin(i + 1)
			line = line[len(zshStamp.FindString(line)):]
		}
		line, more = strings.CutSuffix(line, `\`)
		all.add(line)
	}
	return all.done()
}

var fishEscapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n")

// fishEntries: "- cmd: command" lines of what looks like YAML and is not.
func fishEntries(src string) []command.Entry {
	var all []command.Entry
	for i, line := range strings.Split(src, "\n") {
		if cmd, ok := strings.CutPrefix(line, "- cmd: "); ok {
			all = append(all, command.Entry{Text: fishEscapes.Replace(cmd), Line: i + 1, Folded: true})
		}
	}
	return all
}

// powershellEntries: a line each. A backtick at the end continues it: PSReadLine puts one
// before each line feed of an entry, behind the one that may stand there as typed.
func powershellEntries(src string) []command.Entry {
	var all entries
	more := false
	for i, line := range strings.Split(src, "\n") {
		if !more {
			all.begin(i + 1)
		}
		more = strings.HasSuffix(line, "`")
		if !strings.HasSuffix(line, " `") {
			line = strings.TrimSuffix(line, "`")
		}
		all.add(line)
	}
	return all.done()
}

// entries gathers the lines of each entry.
type entries struct {
	all   []command.Entry
	lines []string
}

func (e *entries) begin(line int) {
	e.flush()
	e.all = append(e.all, command.Entry{Line: line})
}

func (e *entries) add(line string) { e.lines = append(e.lines, line) }

func (e *entries) flush() {
	if n := len(e.all); n > 0 {
		e.all[n-1].Text = strings.Join(e.lines, "\n")
	}
	e.lines = nil
}

func (e *entries) done() []command.Entry {
	e.flush()
	return e.all
}

var interpreters = map[string]clientele.Tool{
	".python_history": "python", ".node_repl_history": "node", ".ts_node_repl_history": "node", ".irb_history": "ruby",
	".pry_history": "ruby", ".php_history": "php", ".psysh_history": "php", ".rhistory": "r", ".scala_history": "scala",
	"jshell_history": "java", "repl_history.jl": "julia",
}

// decodeInterpreter keeps what was typed at a language's prompt as text.
func decodeInterpreter(f clientele.File) ([]clientele.Part, error) {
	p := script(f, interpreters[strings.ToLower(path.Base(f.Path))], "history")
	if p.Tool == "" {
		p.Tool = "python"
	}
	p.Syntax = clientele.SyntaxNone
	for i, line := range strings.Split(string(f.Data), "\n") {
		line = strings.ReplaceAll(strings.TrimSpace(line), `\040`, " ") // libedit writes blanks so
		if len(line) >= 4 && !strings.HasPrefix(line, "_HiStOrY_V2_") && i < 100_000 {
			p.Texts = append(p.Texts, clientele.Text{
				Place: clientele.InHistory, Chain: []string{"history"}, Text: clientele.Secret(line), Line: i + 1, Recorded: true,
			})
		}
	}
	return clients(p)
}
