package detect

import (
	"strings"

	"github.com/clientele/clientele"
)

// form is one way to write a reference: what opens it, what closes it, and how its inside
// reads. A form without a closing text is a name of letters, digits and underscores.
type form struct {
	open, close string
	read        func(inside string) ref
}

// ref is a reference: the name it refers to, and the literal value it falls back to.
type ref struct {
	name     string
	fallback string
}

func bare(s string) ref { return ref{name: strings.TrimSpace(s)} }

// mustache reads {{name}}, and drops what tools allow around the name: a leading "_." or
// "%", filters behind "|", quotes in _['name'].
func mustache(s string) ref {
	if strings.Contains(s, "env_var(") {
		return jinja(s)
	}
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "%")
	if before, _, ok := strings.Cut(s, "|"); ok {
		s = strings.TrimSpace(before)
	}
	if after, ok := strings.CutPrefix(s, "_."); ok {
		s = after
	}
	if after, ok := strings.CutPrefix(s, "_['"); ok {
		s = strings.TrimSuffix(after, "']")
	}
	return ref{name: s}
}

// shellName reads the inside of ${…}: NAME, NAME:-default, NAME-default, NAME:=default.
func shellName(s string) ref {
	i := 0
	for i < len(s) && (isWord(s[i]) || s[i] == '.' || s[i] == '[' || s[i] == ']') {
		i++
	}
	name, op := s[:i], s[i:]
	if strings.HasPrefix(op, ":?") || strings.HasPrefix(op, "?") || strings.HasPrefix(op, ":+") || strings.HasPrefix(op, "+") {
		return ref{name: name} // a message, or a text that only stands where the variable does
	}
	for _, p := range []string{":-", ":=", "-", "="} {
		if d, ok := strings.CutPrefix(op, p); ok {
			return ref{name: name, fallback: d}
		}
	}
	if name == "" || op != "" {
		return ref{name: strings.TrimSpace(s)} // ${input:id}, ${env:VAR}, ${#Project#x}
	}
	return ref{name: name}
}

// colonDefault reads ${NAME:default}, as graphql-config, Spring and Symfony write it, and
// the rest as a shell does. Names with a prefix ("env:X") have no default.
func colonDefault(s string) ref {
	if name, d, ok := strings.Cut(s, ":"); ok && allUpper(name) && d != "" && strings.IndexByte("-=?+", d[0]) < 0 {
		return ref{name: name, fallback: d}
	}
	return shellName(s)
}

// jmeter reads ${name}, ${__P(name,default)}, ${__property(name,var,default)}.
func jmeter(s string) ref {
	fn, args, ok := strings.Cut(s, "(")
	if !ok {
		return bare(s)
	}
	list := strings.Split(strings.TrimSuffix(args, ")"), ",")
	r := ref{name: strings.TrimSpace(list[0])}
	switch {
	case fn == "__P" && len(list) > 1:
		r.fallback = strings.TrimSpace(list[1])
	case fn == "__property" && len(list) > 2:
		r.fallback = strings.TrimSpace(list[2])
	}
	return r
}

// jinja reads {{ env_var('X', 'default') }}.
func jinja(s string) ref {
	_, args, ok := strings.Cut(s, "env_var(")
	if !ok {
		return mustache(s)
	}
	args, _, _ = strings.Cut(args, ")")
	name, d, _ := strings.Cut(args, ",")
	unquote := func(s string) string { return strings.Trim(strings.TrimSpace(s), `'"`) }
	return ref{name: unquote(name), fallback: unquote(d)}
}

var (
	curly     = form{"{{", "}}", mustache}
	tag       = form{"{%", "%}", bare}
	angle     = form{"<<", ">>", bare}
	erb       = form{"<%", "%>", bare}
	dollar    = form{"${", "}", shellName}
	github    = form{"${{", "}}", bare}
	command   = form{"$(", ")", bare}
	backtick  = form{"`", "`", bare}
	variable  = form{"$", "", bare}
	percent   = form{"%", "%", bare}
	system    = form{"{#", "}", bare}
	atSign    = form{"@@", "@@", bare}
	yaak      = form{"${[", "]}", bare} // ${[ name ]}, ${[ function(arg) ]}
	jmeterVar = form{"${", "}", jmeter}
)

// forms lists the forms of each grammar, longer openings first.
var forms = map[clientele.Syntax][]form{
	clientele.SyntaxNone:       nil,
	clientele.SyntaxPostman:    {curly},
	clientele.SyntaxInsomnia:   {curly, tag},
	clientele.SyntaxBruno:      {curly},
	clientele.SyntaxHoppscotch: {angle},
	clientele.SyntaxThunder:    {curly, system},
	clientele.SyntaxHTTPFile:   {curly},
	clientele.SyntaxYaak:       {yaak},
	clientele.SyntaxKreya:      {curly},
	clientele.SyntaxHurl:       {curly},
	clientele.SyntaxJMeter:     {jmeterVar},
	clientele.SyntaxSoapUI:     {dollar},
	clientele.SyntaxMCP:        {github, command, dollar, curly, variable, percent},
	clientele.SyntaxShell:      {command, {"${", "}", colonDefault}, backtick, variable, github, curly, percent},
	clientele.SyntaxCI:         {github, {"${", "}", colonDefault}, command, angle, variable, curly, backtick, percent},
	clientele.SyntaxJinja:      {curly, tag, {"${", "}", colonDefault}, erb},
	clientele.SyntaxGeneric:    {github, yaak, {"${", "}", colonDefault}, command, curly, tag, angle, erb, system, atSign, variable, percent},
}

// split takes a value apart into its references and what is left when they are gone.
func split(value string, syntax clientele.Syntax) (refs []ref, rest string) {
	fs := forms[syntax]
	if len(fs) == 0 {
		return nil, value
	}
	var b strings.Builder
	for i := 0; i < len(value); {
		f, inside, next := formAt(value, i, fs)
		if next == 0 {
			b.WriteByte(value[i])
			i++
			continue
		}
		refs = append(refs, f.read(inside))
		i = next
	}
	return refs, b.String()
}

// formAt finds the form that begins at i, its inside and the index behind it, or 0.
func formAt(s string, i int, fs []form) (form, string, int) {
	if i > 0 && s[i-1] == '\\' {
		return form{}, "", 0 // escaped
	}
	for _, f := range fs {
		if !strings.HasPrefix(s[i:], f.open) {
			continue
		}
		from := i + len(f.open)
		if f.close == "" {
			end := from
			for end < len(s) && isWord(s[end]) {
				end++
			}
			if f.open == "$" && end == from && from < len(s) && strings.IndexByte("@*?#", s[from]) >= 0 || end > from && isDigit(s[from]) && end-from <= 2 && (end == len(s) || !isWord(s[end])) && atBoundary(s, i) {
				end = max(end, from+1)
				return f, s[from:end], end // $1, $@
			}
			if end > from && plainVariable(s[from:end]) && (atBoundary(s, i) || allUpper(s[from:end]) && end-from >= 3) {
				return f, s[from:end], end
			}
			continue
		}
		end := closingOf(s, from, f)
		if end < 0 || end == from {
			continue
		}
		inside := s[from:end]
		if f.open == "%" && !plainVariable(inside) {
			continue // %2F…%20: percent-encoding, not a Windows variable
		}
		if strings.ContainsRune(inside, '\n') && f.open != "{%" && f.open != "$(" {
			continue
		}
		return f, inside, end + len(f.close)
	}
	return form{}, "", 0
}

// closingOf finds the close of a form opened before from, with nested brackets counted for
// forms that end in one bracket.
func closingOf(s string, from int, f form) int {
	if len(f.close) != 1 || f.close == "%" || f.close == "`" {
		j := strings.Index(s[from:], f.close)
		if j < 0 {
			return -1
		}
		if f.close == "}}" && strings.HasPrefix(s[from+j:], "}}}") {
			j++ // {{{x}}}, {{ {a} }}
		}
		return from + j
	}
	open, depth := f.open[len(f.open)-1], 0
	for j := from; j < len(s) && j < from+4096; j++ {
		switch s[j] {
		case open:
			depth++
		case f.close[0]:
			if depth == 0 {
				return j
			}
			depth--
		}
	}
	return -1
}

// atBoundary reports whether a $ at i begins a word: inside one, as in "pa$$word", it is
// most likely a character of a password.
func atBoundary(s string, i int) bool {
	return i == 0 || !isWord(s[i-1]) && s[i-1] != '$'
}

// plainVariable says whether $NAME or %NAME% looks like a variable and not like part of a
// password: one case throughout, and not a single letter followed by digits.
func plainVariable(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	if isDigit(s[0]) {
		return false
	}
	return len(s) > 1 && (s == strings.ToUpper(s) || s == strings.ToLower(s) || camel(s))
}

// camel: letters only, so that $myToken is a variable and $aB3x9 is not.
func camel(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}

func allUpper(s string) bool {
	for i := range len(s) {
		if !(s[i] >= 'A' && s[i] <= 'Z' || s[i] == '_' || isDigit(s[i])) {
			return false
		}
	}
	return s != ""
}

func isWord(c byte) bool   { return c == '_' || isDigit(c) || isLetter(c) }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// stores are the beginnings of values that name a secret kept in a store. They count in
// every grammar.
var stores = []string{
	"op://", "vault://", "secret://", "arn:aws:secretsmanager:", "arn:aws:ssm:", "akv://", "azurekv://", "gcpsm://", "gcp-sm://",
	"aws-sm://", "awssm://", "ssm://", "doppler://", "bws://", "ref+", "keyring:", "keychain:", "env:", "file:", "infisical://",
	"@Microsoft.KeyVault(", "secretref:", "secretsmanager:", "keepass:", "pass:", "lpass:", "keeper://", "dcp://", "berglas://", "sm://", "@file(", "ssm:/", "env(", "process.env.", "os.environ/", "os.environ[", "os.getenv(", "System.getenv(", "!secret ", "!vault ", "gopass:", "{env:", "{file:",
}

// inStore reports whether the whole value names an entry of a secret store.
func inStore(v string) bool {
	for _, s := range stores {
		if rest, ok := strings.CutPrefix(v, s); ok && (!strings.ContainsAny(rest, " \t\n") || s[len(s)-1] == ' ') && rest != "" {
			// "pass:word" and the like are names of entries only with a path behind them.
			return len(s) > 5 || strings.ContainsAny(rest, "/.") || s == "env:" && plainVariable(rest)
		}
	}
	if rest, ok := strings.CutPrefix(v, "vault:"); ok {
		return strings.ContainsAny(rest, "/#") && !strings.HasPrefix(rest, "v") // vault:v1:… is ciphertext
	}
	if file, ok := strings.CutPrefix(v, "@"); ok && strings.Contains(file, ".") && len(file) < 100 && strings.IndexFunc(file, func(r rune) bool {
		return !(r == '.' || r == '/' || r == '-' || r == '_' || r < 0x80 && isWord(byte(r)))
	}) < 0 {
		return true // curl's @file
	}
	return strings.HasPrefix(v, "projects/") && strings.Contains(v, "/secrets/")
}
