package command

import (
	"strings"

	"github.com/clientele/clientele"
	"mvdan.cc/sh/v3/syntax"
)

// call is one simple command.
type call struct {
	env   []binding // NAME=value before the command
	args  []word    // the command's name first
	input word      // what is piped or redirected into it, as far as the text says
	// sinks are the files its output goes to.
	sinks []string
	files []string // files of variables it is given
	line  int
	chain []string // the functions it stands in
}

// binding is a name with a value.
type binding struct {
	name  string
	value word
}

// walk visits the calls and assignments below n.
func (s *source) walk(n syntax.Node, chain []string) { s.visit(n, chain, word{}) }

// visit is walk for a node into whose first command input is piped.
func (s *source) visit(root syntax.Node, chain []string, input word) {
	syntax.Walk(root, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			if n.Op != syntax.Pipe && n.Op != syntax.PipeAll {
				return true
			}
			s.visit(n.X, chain, input)
			s.visit(n.Y, chain, s.printed(n.X))
			return false
		case *syntax.FuncDecl:
			if n.Body != nil && n.Name != nil {
				s.visit(n.Body, append(chain[:len(chain):len(chain)], clip(n.Name.Value)+"()"), word{})
				return false
			}
		case *syntax.DeclClause:
			s.assigns(n.Args, chain)
		case *syntax.Stmt:
			in := input
			if n != root {
				in = word{}
			}
			s.statement(n, chain, in)
		}
		return true
	})
}

func (s *source) statement(n *syntax.Stmt, chain []string, input word) {
	c, ok := n.Cmd.(*syntax.CallExpr)
	if !ok {
		return
	}
	if len(c.Args) == 0 {
		s.assigns(c.Assigns, chain)
		return
	}
	call := call{input: input, line: s.lineAt(c.Args[0].Pos().Offset()), chain: chain}
	for _, a := range c.Assigns {
		if a.Name != nil && a.Value != nil {
			call.env = append(call.env, binding{a.Name.Value, s.word(a.Value)})
		}
	}
	for _, a := range c.Args {
		call.args = append(call.args, s.spliced(s.word(a), a)...)
	}
	for _, r := range n.Redirs {
		s.redirect(&call, r)
	}
	s.call(call)
}

// spliced are the words a reference to an array or to a variable full of options stands for.
func (s *source) spliced(w word, tree *syntax.Word) []word {
	name, ok := strings.CutPrefix(w.text, "$")
	if !ok {
		return []word{w}
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "{"), "}")
	name, array := strings.CutSuffix(strings.Replace(name, "[*]", "[@]", 1), "[@]")
	if _, unquoted := tree.Parts[0].(*syntax.ParamExp); !unquoted && !array {
		return []word{w}
	}
	words := s.words[name]
	if words == nil || s.spent+len(words) > maxSpliced {
		return []word{w}
	}
	s.spent += len(words)
	return words
}

// maxSpliced bounds the words that arrays may add to the calls of one text.
const maxSpliced = 20_000

func (s *source) redirect(c *call, r *syntax.Redirect) {
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		c.input = s.heredoc(r)
	case syntax.WordHdoc:
		c.input = s.word(r.Word)
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll:
		if to := s.word(r.Word).text; to != "" && to != "/dev/null" && !strings.HasPrefix(to, "/dev/std") && !strings.HasPrefix(to, "&") {
			c.sinks = append(c.sinks, to)
		}
	}
}

// printed is what a statement prints, where that stands in the text: echo, printf, cat with
// a here-document.
func (s *source) printed(n *syntax.Stmt) word {
	for _, r := range n.Redirs {
		if r.Hdoc != nil {
			return s.heredoc(r)
		}
	}
	c, ok := n.Cmd.(*syntax.CallExpr)
	if !ok || len(c.Args) < 2 {
		return word{}
	}
	switch c.Args[0].Lit() {
	case "echo", "print", "Write-Output":
		return said(s.all(c.Args[1:]))
	case "printf":
		args := s.all(c.Args[1:])
		if len(args) > 1 && strings.Contains(args[0].text, "%") {
			args = args[1:]
		}
		return said(args)
	}
	return word{}
}

func (s *source) all(tree []*syntax.Word) []word {
	var all []word
	for _, w := range tree {
		all = append(all, s.word(w))
	}
	return all
}

// said joins the words that echo prints.
func said(args []word) word {
	for len(args) > 0 && (args[0].text == "-n" || args[0].text == "-e" || args[0].text == "-ne" || args[0].text == "-en" || args[0].text == "-E") {
		args = args[1:]
	}
	if len(args) == 0 {
		return word{}
	}
	out := args[0]
	for _, a := range args[1:] {
		out.text += " " + a.text
		out.plain = out.plain && a.plain
	}
	return out
}

// assigns emits variables, and remembers arrays and options for the calls that use them.
func (s *source) assigns(all []*syntax.Assign, chain []string) {
	for _, a := range all {
		switch {
		case a.Name == nil:
		case a.Array != nil:
			var words []word
			for _, e := range a.Array.Elems {
				if e.Value != nil {
					words = append(words, s.word(e.Value))
				}
			}
			s.array(a.Name.Value, words, a.Append, chain)
		case a.Value != nil:
			s.variable(a.Name.Value, s.word(a.Value), chain)
		}
	}
}

// array remembers the words of an array. Those that are no options are variables as well:
// nothing else may show them.
func (s *source) array(name string, words []word, more bool, chain []string) {
	options := false
	for _, w := range words {
		options = options || strings.HasPrefix(w.text, "-")
	}
	if more && len(s.words[name]) < maxSpliced {
		words = append(s.words[name], words...)
	}
	s.words[name] = words
	if !options && !more {
		for _, w := range words {
			s.set(name, w, chain)
		}
	}
}

func (s *source) variable(name string, value word, chain []string) {
	s.set(name, value, chain)
	if strings.HasPrefix(value.text, "-") || strings.HasPrefix(value.text, "curl ") {
		s.words[name] = s.split(value)
	}
}

// split is the words into which the shell would split an unquoted value.
func (s *source) split(w word) []word {
	if tooMuch(w.text) != nil {
		return nil
	}
	inner := newSource(s.reader, s.shield(w.text), w.line)
	var words []word
	for tree, err := range syntax.NewParser().WordsSeq(strings.NewReader(inner.text)) {
		if err == nil && tree != nil { // the loop is never left early, as in statements
			words = append(words, inner.word(tree))
		}
	}
	return words
}

// set emits a variable, if it has a value.
func (r *reader) set(name string, value word, chain []string) {
	if value.text == "" || name == "" {
		return
	}
	r.part.Variables = append(r.part.Variables, clientele.Variable{
		Name: name, Value: clientele.Secret(value.text), Scope: "shell",
		Chain: chain, Line: value.line, Class: value.class(),
	})
}
