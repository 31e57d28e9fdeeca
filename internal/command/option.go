package command

import (
	"strings"
)

// tool is what is known of a client's command line.
type tool struct {
	options map[string]string // effect by option, without its dashes
	// dashed: long options have one dash (openssl -passin), and no short ones combine.
	dashed bool
	// scheme is how the tool signs in when it is given a user or password.
	scheme string
	// proto makes a URL of the host and database that options name.
	proto string
	// args handles what is no option.
	args func(r *run, args []word)
}

// given is an option as it stands in a command.
type given struct {
	name   string
	effect string
	value  word
}

// options reads a table of "a,name=effect" entries. Option names of one letter are short.
func options(table ...string) map[string]string {
	m := map[string]string{}
	for _, entry := range strings.Fields(strings.Join(table, " ")) {
		names, effect, ok := strings.Cut(entry, "=")
		if _, known := effects()[strings.TrimSuffix(effect, "?")]; !ok || !known {
			panic("no such effect: " + entry)
		}
		for _, n := range strings.Split(names, ",") {
			m[n] = effect
		}
	}
	return m
}

// positional is the effect of an argument that is no option.
const positional = "positional"

// read tells options and other arguments apart, in their order.
func (t *tool) read(args []word) []given {
	var opts []given
	for i := 0; i < len(args); i++ {
		a := args[i]
		var next *word
		if i+1 < len(args) {
			next = &args[i+1]
		}
		used := false
		switch {
		case a.text == "--":
			for _, b := range args[i+1:] {
				opts = append(opts, given{effect: positional, value: b})
			}
			return opts
		case len(a.text) < 2 || a.text[0] != '-':
			opts = append(opts, given{effect: positional, value: a})
		case strings.HasPrefix(a.text, "--"):
			opts, used = t.long(opts, a.with(a.text[2:]), next)
		case t.dashed:
			opts, used = t.long(opts, a.with(a.text[1:]), next)
		default:
			opts, used = t.short(opts, a.with(a.text[1:]), next)
		}
		if used {
			i++
		}
	}
	return opts
}

// long reads one long option and reports whether the next word is its value.
func (t *tool) long(opts []given, a word, next *word) ([]given, bool) {
	name, value, eq := a.cut("=")
	effect, known := t.effect(name.text)
	if all := t.options["*"]; !known && all != "" && eq { // -Dname=value and -Pname=value
		return append(opts, given{name.text, all, a.with(strings.TrimLeft(a.text, "DP"))}), false
	}
	if !known && secretish(name.text) {
		effect, known = "argument", true
		if !eq && (next == nil || strings.HasPrefix(next.text, "-")) {
			return opts, false
		}
	}
	if !known {
		if eq { // what it means is not known; the value may still be a URL
			opts = append(opts, given{name.text, "unknown", value})
		}
		return opts, false
	}
	return take(opts, name.text, effect, value, eq, next)
}

// take adds an option with its value, which stands behind "=" or in the next word.
func take(opts []given, name, effect string, value word, eq bool, next *word) ([]given, bool) {
	effect, attached := strings.CutSuffix(effect, "?")
	switch {
	case eq || !effects()[effect].takes:
		return append(opts, given{name, effect, value}), false
	case attached || next == nil:
		return opts, false
	}
	return append(opts, given{name, effect, *next}), true
}

// short reads combined short options and reports whether the next word is a value.
func (t *tool) short(opts []given, a word, next *word) ([]given, bool) {
	if effect, ok := t.options["-"+firstField(a.text)]; ok { // a long one behind one dash
		name, value, eq := a.cut("=")
		return take(opts, name.text, effect, value, eq, next)
	}
	for i := 0; i < len(a.text); i++ {
		name := a.text[i : i+1]
		effect, known := t.options[name]
		if !known {
			continue
		}
		effect, attached := strings.CutSuffix(effect, "?")
		if !effects()[effect].takes {
			opts = append(opts, given{"-" + name, effect, word{line: a.line}})
			continue
		}
		if value := a.text[i+1:]; value != "" {
			return append(opts, given{"-" + name, effect, a.with(value)}), false
		}
		if attached || next == nil {
			return opts, false
		}
		return append(opts, given{"-" + name, effect, *next}), true
	}
	return opts, false
}

func firstField(s string) string {
	s, _, _ = strings.Cut(s, "=")
	return s
}

// effect is what a long option does. curl's --expand-x is --x with a template.
func (t *tool) effect(name string) (string, bool) {
	if e, ok := t.options[name]; ok {
		return e, true
	}
	if e, ok := t.options[strings.ToLower(name)]; ok && t.dashed { // PowerShell's
		return e, true
	}
	if rest, ok := strings.CutPrefix(name, "expand-"); ok {
		e, ok := t.options[rest]
		return e, ok
	}
	return "", false
}

// Words in an option's name that ask for its value to be looked at, and endings that say
// the value is something else.
var (
	secretWords = []string{"password", "passwd", "passphrase", "token", "secret", "api-key", "apikey", "api_key", "access-key", "access_key", "account-key", "private-key", "credential", "authkey", "auth-key", "license-key", "connection-string", "sas"}
	otherEnds   = []string{"-file", "_file", "-path", "-stdin", "-env", "-name", "-id", "-type", "-url", "-ttl", "-ids", "-arn", "-command", "-cmd", "-prompt", "-provider", "-endpoint", "-uri", "-expiry", "-duration", "-length", "-policy", "-audience", "-dir", "-ref", "-format"}
)

// secretish reports whether an unknown option may be followed by a credential.
func secretish(name string) bool {
	name = strings.ToLower(name)
	for _, e := range otherEnds {
		if strings.HasSuffix(name, e) {
			return false
		}
	}
	if strings.HasPrefix(name, "no-") || strings.HasPrefix(name, "with-token") {
		return false
	}
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return w != "sas" || strings.HasPrefix(name, "sas") || strings.HasSuffix(name, "-sas")
		}
	}
	return false
}
