package clientele

import "errors"

// ErrorKind sorts errors by what the caller can do about them.
type ErrorKind string

// The kinds.
const (
	Invalid  ErrorKind = "invalid"   // the input is wrong: mend it
	NotFound ErrorKind = "not_found" // no such thing
	Limit    ErrorKind = "limit"     // larger, deeper or longer than allowed
	Internal ErrorKind = "internal"  // our fault
)

// Error is an error a person may read: what, why, and what to do next. It never holds a
// value from a credential slot.
type Error struct {
	Kind ErrorKind
	Msg  string
	Hint string // one thing to do next, or empty
}

func (e *Error) Error() string { return e.Msg }

// KindOf is the kind of the first Error in err's chain, or Internal.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
