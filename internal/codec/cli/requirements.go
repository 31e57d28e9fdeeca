package cli

import (
	"regexp"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/dsn"
)

// requirementsDecoder finds addresses with a user or token in pip's requirement files:
// --index-url lines and packages taken from a repository.
var requirementsDecoder = clientele.Decoder{
	Name:   "pip requirements",
	Paths:  []string{"requirements*.txt", "constraints*.txt", "requirements/*.txt", "requirements*.in"},
	Decode: decodeRequirements,
}

var signedAddress = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/@'"]+@[^\s'"]+`)

func decodeRequirements(f clientele.File) ([]clientele.Part, error) {
	c := newClient("pip", "requirements", "", 1)
	c.part.Name, c.part.Syntax, c.scheme = "pip requirements", clientele.SyntaxShell, "basic"
	for i, line := range strings.Split(string(f.Data), "\n") {
		if !strings.Contains(line, "@") || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, a := range signedAddress.FindAllString(line, -1) {
			if !strings.Contains(a, "://git@") { // over ssh: no secret in it
				c.request([]string{dsn.Bare(a)}, a, i+1)
			}
		}
	}
	if len(c.part.Requests) == 0 {
		return nil, nil
	}
	return []clientele.Part{c.done()}, nil
}
