package api

import "fmt"

// Problem is an error on the wire: RFC 9457, with what a person needs to go on.
type Problem struct {
	Type      string   `json:"type" doc:"the kind of error, as a relative reference" example:"/problems/denied"`
	Title     string   `json:"title" doc:"the kind in words"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail" doc:"what went wrong here"`
	Hint      string   `json:"hint,omitempty" doc:"the one thing to do next"`
	Rule      string   `json:"rule,omitempty" doc:"the rule that denied"`
	Approvers []string `json:"approvers,omitempty" doc:"who could allow it"`
	Request   string   `json:"request,omitempty" doc:"the number of the request, for the log"`
	Errors    []Fault  `json:"errors,omitempty" doc:"what is wrong with which field"`
}

// Fault is one field that is wrong.
type Fault struct {
	Where   string `json:"where" example:"body.environment"`
	Message string `json:"message"`
}

func (p *Problem) Error() string {
	text := p.Detail
	for _, f := range p.Errors {
		text += fmt.Sprintf("\n  %s: %s", f.Where, f.Message)
	}
	return text
}

// GetStatus is the HTTP status, for the server's framework.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// List is a page of a list. Next is the cursor of the next page, empty on the last.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page: send it as after"`
}
