package agent

import (
	"path"
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/doc"
)

// launcher is a program that fetches and starts another. The options with a value that it
// takes before the package's name are listed: all others stand alone.
type launcher struct {
	verbs  string // words between the launcher and the package
	values string // options that are followed by a value
}

var launchers = map[string]launcher{
	"npx":    {values: "-p --package --registry -c --call --node-options"},
	"bunx":   {values: "-p --package"},
	"npm":    {verbs: "exec x", values: "-p --package --registry --prefix"},
	"pnpm":   {verbs: "dlx exec", values: "--package --dir -C"},
	"yarn":   {verbs: "dlx", values: "-p --package"},
	"bun":    {verbs: "x run", values: "--cwd"},
	"deno":   {verbs: "run", values: "--config --import-map"},
	"uvx":    {values: "--from --with --python -p --index --index-url --extra-index-url --directory --project --env-file"},
	"uv":     {verbs: "run tool", values: "--from --with --python -p --index --index-url --extra-index-url --directory --project --env-file --group"},
	"pipx":   {verbs: "run", values: "--spec --python --index-url --pip-args"},
	"docker": {verbs: "run container", values: dockerValues},
	"podman": {verbs: "run container", values: dockerValues},
}

const dockerValues = "-e --env --env-file -v --volume --mount --network --net --name -p --publish -w --workdir -u --user " +
	"--entrypoint --add-host --platform --pull --label -l --secret --memory -m --cpus --gpus --ipc --hostname -h --dns"

// alone are options that no known server follows with a value.
const alone = "-y --yes -i -t -it -ti --rm --init -q --quiet --verbose --debug --stdio --sse --http --allow-http --readonly " +
	"--read-only --no-cache --interactive --tty --isolated --headless --insecure --stateless -m -u"

func listed(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

// program is a command's name without folder and ending: "C:\node\npx.cmd" is npx.
func program(command string) string {
	name := strings.ToLower(path.Base(strings.ReplaceAll(command, `\`, "/")))
	for _, end := range []string{".exe", ".cmd", ".bat"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*=`)

// launch reads a command line, given as its words, one node each.
func (g *gather) launch(words []*doc.Node) {
	var flags []string
	for _, w := range words {
		flags = append(flags, w.Str())
	}
	g.flags(flags, first(words).LineOr(g.Line))
	if len(words) > 0 && strings.ContainsAny(words[0].Str(), " \t") { // a whole line where the command should be
		g.text(clientele.InArgument, "shell", words[0].Str(), words[0].Line, "command")
	}
	words = unwrap(words)
	if len(words) == 0 {
		return
	}
	l := line{gather: g, launcher: launchers[program(words[0].Str())]}
	l.launching = l.launcher.values != ""
	for l.rest = words[1:]; len(l.rest) > 0; {
		l.word()
	}
	g.items(l.found, "args")
}

func first(words []*doc.Node) *doc.Node {
	if len(words) == 0 {
		return nil
	}
	return words[0]
}

// unwrap takes off what only passes a command line on: cmd /c, env, sudo.
func unwrap(words []*doc.Node) []*doc.Node {
	for len(words) > 1 {
		next := strings.ToLower(words[1].Str())
		switch program(words[0].Str()) {
		case "cmd":
			if next != "/c" && next != "/k" || len(words) < 3 {
				return words
			}
			words = words[2:]
		case "sudo", "wsl", "command":
			words = words[1:]
		case "env":
			if assignment.MatchString(next) || strings.HasPrefix(next, "-") {
				return words
			}
			words = words[1:]
		default:
			return words
		}
	}
	return words
}

// line is a command line while it is read.
type line struct {
	*gather
	launcher
	launching bool // the package's name has not come yet
	rest      []*doc.Node
	found     []item
}

func (l *line) take() (string, int) {
	w := l.rest[0]
	l.rest = l.rest[1:]
	return w.Str(), w.Line
}

// word reads the next word, with its value if it is an option that has one.
func (l *line) word() {
	w, at := l.take()
	switch {
	case w == "" || w == "--":
	case w[0] != '-':
		l.operand(w, at)
	case strings.HasPrefix(w, "-") && strings.Contains(w, "="):
		name, value, _ := strings.Cut(w, "=")
		l.option(name, value, at)
	case l.follows(w):
		value, at := l.take()
		l.option(w, value, at)
	}
}

// follows reports whether the next word is the value of an option.
func (l *line) follows(option string) bool {
	switch {
	case len(l.rest) == 0 || strings.HasPrefix(l.rest[0].Str(), "-") && !strings.Contains(l.rest[0].Str(), " "):
		return false
	case l.launching:
		return listed(l.values, option)
	}
	return !listed(alone, option)
}

// option reads an option and its value.
func (l *line) option(name, value string, at int) {
	bare := strings.TrimLeft(name, "-")
	switch key := plain(bare); {
	case key == "header" || key == "h" && !l.launching || name == "-H":
		if k, v, ok := cutHeader(value); ok {
			l.add(clientele.InHeader, k, v, at)
			return
		}
		l.add(clientele.InArgument, bare, value, at)
	case (key == "env" || key == "e") && assignment.MatchString(value):
		k, v, _ := strings.Cut(value, "=")
		l.add(clientele.InEnv, k, v, at)
	case key == "envfile":
		l.Links = append(l.Links, clientele.Link{Rel: clientele.UsesVars, Path: value})
	case (key == "c" || key == "lc" || key == "call" || key == "command") && strings.Contains(value, " "):
		l.text(clientele.InArgument, "shell", value, at, "args")
	case strings.Contains(key, "proxy"):
		l.add(clientele.InProxy, bare, value, at)
	case isURL(value):
		l.call(value, at, name)
	case l.launching && !telling(bare):
	default:
		l.add(clientele.InArgument, bare, value, at)
	}
}

func (l *line) add(place clientele.Place, name, value string, at int) {
	l.found = append(l.found, item{place, name, value, at})
}

// operand reads a word that is no option: the package, a URL, NAME=value, a connection
// string, or anything.
func (l *line) operand(w string, at int) {
	if l.launching && !assignment.MatchString(w) {
		l.launching = listed(l.verbs, w)
		return
	}
	switch name, value, _ := strings.Cut(w, "="); {
	case isURL(w):
		l.call(w, at)
	case strings.Contains(w, "://"):
		l.gather.put(clientele.Slot{Place: clientele.InArgument, Role: clientele.ConnectionString, Name: "connection", Line: at}, w, "args")
	case assignment.MatchString(w) && strings.Contains(value, ";"): // Server=…;Password=…
		l.gather.put(clientele.Slot{Place: clientele.InArgument, Role: clientele.ConnectionString, Name: "connection", Line: at}, w, "args")
	case assignment.MatchString(w):
		l.add(clientele.InArgument, name, value, at)
	default:
		if k, v, ok := cutHeader(w); ok && telling(k) {
			l.add(clientele.InHeader, k, v, at)
			return
		}
		l.add(clientele.InArgument, "argument", w, at)
	}
}

var headerLine = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_-]*)\s*[:=]\s*(.+)$`)

// cutHeader splits "Name: value", which some launchers write "Name=value".
func cutHeader(s string) (string, string, bool) {
	m := headerLine.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// packageOf is the package and version that a command line starts: "npx @scope/server@1.2".
func packageOf(words []*doc.Node) string {
	if len(words) == 1 && strings.Contains(words[0].Str(), " ") {
		var split []*doc.Node
		for _, w := range strings.Fields(words[0].Str()) {
			split = append(split, &doc.Node{Kind: doc.String, Text: w})
		}
		words = split
	}
	words = unwrap(words)
	if len(words) == 0 {
		return ""
	}
	name := program(words[0].Str())
	l, known := launchers[name]
	switch {
	case strings.HasPrefix(name, "python") && len(words) > 2 && words[1].Str() == "-m":
		return name + " -m " + words[2].Str()
	case !known:
		return ""
	}
	for i := 1; i < len(words); i++ {
		switch w := words[i].Str(); {
		case listed("-p --package --from --spec", w) && name != "docker" && name != "podman" && i+1 < len(words):
			return name + " " + words[i+1].Str()
		case listed(l.values, w):
			i++
		case strings.HasPrefix(w, "-") || listed(l.verbs, w):
		default:
			return name + " " + w
		}
	}
	return ""
}
