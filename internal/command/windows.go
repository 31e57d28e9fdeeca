package command

import (
	"strings"
)

// windows interprets the lines that are written for cmd.exe or PowerShell, where browsers'
// "copy as cURL" makes them so, and returns the text without them. Line feeds stay.
func (r *reader) windows(text string, line int, chain []string) string {
	if !strings.Contains(text, "^") && !strings.Contains(text, "`\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		words, end := caretWords, byte('^')
		switch t := strings.TrimSpace(lines[i]); {
		case !startsClient(t):
			continue
		case strings.Contains(t, `^"`), strings.HasSuffix(t, " ^"):
		case strings.HasSuffix(t, " `"):
			words, end = backtickWords, '`'
		default:
			continue
		}
		last := i
		for last+1 < len(lines) && last-i < 500 && continues(lines, last, end) {
			last++
		}
		r.call(call{args: words(strings.Join(lines[i:last+1], "\n"), line+i), line: line + i, chain: chain})
		for ; i < last; i++ {
			lines[i] = ""
		}
		lines[last] = ""
	}
	return strings.Join(lines, "\n")
}

// continues reports whether a line goes on behind itself. In cmd.exe a caret before an empty
// line stands for a line feed in the argument, so that the line after it belongs to it too.
func continues(lines []string, i int, end byte) bool {
	t := strings.TrimRight(lines[i], " \t\r")
	if t == "" {
		return end == '^' && i > 0 && strings.HasSuffix(strings.TrimRight(lines[i-1], " \t\r"), "^")
	}
	return t[len(t)-1] == end
}

var clientNames = []string{"curl", "wget", "invoke-restmethod", "invoke-webrequest", "irm", "iwr", "http", "newman"}

func startsClient(line string) bool {
	first, _, found := strings.Cut(strings.TrimPrefix(line, "& "), " ")
	name := toolName(first)
	for _, c := range clientNames {
		if found && name == c {
			return true
		}
	}
	return false
}

// caretWords splits the way cmd.exe and then the C runtime do: carets first, outside of plain
// quotes; then quotes, in which \" is a quote.
func caretWords(text string, line int) []word {
	var marked strings.Builder // carets undone
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '^' && !quoted && i+1 < len(text):
			i++
			if text[i] != '\n' {
				marked.WriteByte(text[i])
			} else if i+1 < len(text) && text[i+1] == '\n' {
				i++
				marked.WriteByte('\n')
			} else {
				marked.WriteByte(' ')
			}
		case c == '"' && (i == 0 || text[i-1] != '\\'):
			quoted = !quoted
			marked.WriteByte(c)
		default:
			marked.WriteByte(c)
		}
	}
	return quotedWords(marked.String(), line, '\\')
}

// backtickWords splits as PowerShell does: a backtick escapes, and continues a line.
func backtickWords(text string, line int) []word {
	return quotedWords(strings.ReplaceAll(text, "`\n", " \n"), line, '`')
}

// quotedWords splits at white space outside of quotes. All words bear the first line: the
// lines inside cannot be told once carets are undone.
func quotedWords(text string, line int, escape byte) []word {
	var words []word
	var b strings.Builder
	open, quote := false, byte(0)
	flush := func() {
		if open {
			words = append(words, word{text: b.String(), line: line})
		}
		b.Reset()
		open = false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == escape && i+1 < len(text) && quote != '\'' && (text[i+1] == '"' || text[i+1] == escape || escape == '`'):
			i++
			b.WriteByte(text[i])
			open = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'' && escape == '`'):
			quote, open = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			flush()
		default:
			b.WriteByte(c)
			open = true
		}
	}
	flush()
	return words
}

// assignsBySyntaxOfOthers takes PowerShell's "$env:NAME = value", "$x = value" and the lines
// of its hash tables, which parse as commands whose first argument is "=".
func (r *reader) assignsBySyntaxOfOthers(c call) bool {
	first := c.args[0].text
	if name, value, found := c.args[0].cut("="); found && strings.HasPrefix(first, "$") && value.text != "" {
		r.set(psName(name.text), value, c.chain)
		return true
	}
	if len(c.args) < 3 || c.args[1].text != "=" {
		return false
	}
	if c.args[2].text == "@{" {
		for i := 3; i+2 < len(c.args); i++ {
			if c.args[i+1].text == "=" {
				r.set(c.args[i].text, c.args[i+2].with(strings.TrimSuffix(c.args[i+2].text, "}")), c.chain)
			}
		}
		return true
	}
	if strings.HasPrefix(first, "$") && len(c.args) > 3 && !strings.HasPrefix(c.args[3].text, "#") {
		c.args = c.args[2:] // $x = Command -Option …
		r.call(c)
		return true
	}
	if len(c.args) == 3 || strings.HasPrefix(c.args[3].text, "#") || c.args[3].text == "}" {
		r.set(psName(first), c.args[2], c.chain)
		return true
	}
	return false
}

func psName(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "$"), "env:")
	return strings.TrimPrefix(s, "global:")
}
