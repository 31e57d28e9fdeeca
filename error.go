package clientele

import (
	"errors"
	"fmt"
)

// ErrorKind sorts errors by what the caller can do about them.
type ErrorKind string

// The kinds.
const (
	Invalid         ErrorKind = "invalid"         // the input is wrong: mend it
	NotFound        ErrorKind = "not_found"       // no such thing, or none that the caller may see
	Limit           ErrorKind = "limit"           // larger, deeper, longer or more often than allowed
	Unauthenticated ErrorKind = "unauthenticated" // nobody is signed in
	Denied          ErrorKind = "denied"          // policy, or a separation of duties, forbids it
	Conflict        ErrorKind = "conflict"        // it is not in a state for that, or somebody was faster
	Unavailable     ErrorKind = "unavailable"     // something that is needed does not answer: try later
	Internal        ErrorKind = "internal"        // our fault
)

// Error is an error a person may read: what, why, and what to do next. It never holds a
// value from a credential slot.
type Error struct {
	Kind ErrorKind
	Msg  string
	Hint string // one thing to do next, or empty
	// Rule names the rule that denied, for a Denied: a policy's id or an invariant's name.
	Rule string
	// Approvers says who could allow it, for a Denied.
	Approvers []string
	// Err is the cause, for the log alone.
	Err error
}

func (e *Error) Error() string { return e.Msg }

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without a hint.
func Errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...)}
}

// WithHint adds the one thing to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// KindOf is the kind of the first Error in err's chain, or Internal.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
