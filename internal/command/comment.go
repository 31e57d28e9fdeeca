package command

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
)

// Lines that were commented out keep what stands in them. A comment is read as a command only
// where it begins like one, for most comments are prose.
var (
	remark   = regexp.MustCompile(`^\s*#+\s*`)
	label    = regexp.MustCompile(`^(?:[-*•]\s+)?(?:[A-Za-z][\w ./-]{0,24}:\s+)?(?:[$%>]\s+)?`)
	assigned = regexp.MustCompile(`^(?:export\s+|set\s+-gx\s+|setenv\s+|declare\s+-\w+\s+|readonly\s+|local\s+)?\$?(?:env:)?[A-Za-z_]\w*(?:=|\s+=\s|\s)\s*(?:"[^"\n]*"|'[^'\n]*'|\S+)\s*;?\s*(?:#.*)?$`)
	exported = regexp.MustCompile(`^(?:export|declare|readonly|local|set|setenv|\$|\w+=)`)
	evidence = regexp.MustCompile(`://|\s-{1,2}[A-Za-z]`)
)

// maxComment bounds the lines that one command in comments may have.
const maxComment = 40

// comments reads the comments of a text that hold commands or assignments. What they say is
// dormant.
func (r *reader) comments(text string, line int, chain []string) {
	if !strings.Contains(text, "#") {
		return
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		mark := remark.FindString(lines[i])
		if mark == "" || strings.HasPrefix(lines[i], "#!") {
			continue
		}
		said := lines[i][len(mark):]
		said = said[len(label.FindString(said)):]
		if !saysCommand(said) {
			continue
		}
		last := i
		for last+1 < len(lines) && last-i < maxComment && remark.MatchString(lines[last+1]) && unfinished(said) {
			last++
			said += "\n" + lines[last][len(remark.FindString(lines[last])):]
		}
		r.dormant(said, line+i, append(chain[:len(chain):len(chain)], "comment"))
		i = last
	}
}

// saysCommand reports whether a comment's text is a client's command or an assignment.
func saysCommand(said string) bool {
	if assigned.MatchString(said) && exported.MatchString(said) {
		return true
	}
	if !evidence.MatchString(said) {
		return false
	}
	for word := range strings.FieldsSeq(said) {
		if assignment.MatchString(word) || wrappers[word] != "" || word == "env" || word == "time" {
			continue
		}
		return tools()[toolName(word)] != nil || containers[toolName(word)+" run"]
	}
	return false
}

// unfinished reports whether a command goes on in the next line: a backslash at the end, or
// an open quote.
func unfinished(said string) bool {
	return strings.HasSuffix(strings.TrimRight(said, " \t\r"), `\`) ||
		strings.Count(said, "'")%2 == 1 || strings.Count(said, `"`)%2 == 1
}

// dormant reads a command that is out of use. It is nobody's sign-in and runs no files; what
// it would call counts only with what it would send.
func (r *reader) dormant(said string, line int, chain []string) {
	was := r.part
	r.part = clientele.Part{}
	r.read(said, line, chain)
	found := r.part
	r.part = was
	if len(found.Slots)+len(found.Variables)+len(found.Texts) == 0 && !asks(found.Requests) {
		return
	}
	for _, q := range found.Requests {
		q.Dormant = true
		r.part.Requests = append(r.part.Requests, q)
	}
	for _, s := range found.Slots {
		s.Dormant = true
		r.part.Slots = append(r.part.Slots, s)
	}
	for _, v := range found.Variables {
		v.Dormant = true
		r.part.Variables = append(r.part.Variables, v)
	}
	for _, t := range found.Texts {
		t.Dormant = true
		r.part.Texts = append(r.part.Texts, t)
	}
}

// asks reports whether a URL may hold a credential.
func asks(all []clientele.Request) bool {
	for _, q := range all {
		if strings.ContainsAny(q.URL.Reveal(), "@=") {
			return true
		}
	}
	return false
}
