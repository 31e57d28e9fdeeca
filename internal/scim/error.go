package scim

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/clientele/clientele"
)

// ErrorType is the scimType of an error (RFC 7644, table 9).
type ErrorType string

// The types.
const (
	InvalidFilter ErrorType = "invalidFilter" // the filter's syntax, or a comparison that makes no sense
	TooMany       ErrorType = "tooMany"       // more results than the store is willing to look at
	Uniqueness    ErrorType = "uniqueness"    // the value is taken
	Mutability    ErrorType = "mutability"    // the attribute cannot be changed so
	InvalidSyntax ErrorType = "invalidSyntax" // the body's structure
	InvalidPath   ErrorType = "invalidPath"   // the path of a PATCH operation
	NoTarget      ErrorType = "noTarget"      // the path leads to nothing
	InvalidValue  ErrorType = "invalidValue"  // a value is missing or not of its attribute's kind
	Sensitive     ErrorType = "sensitive"     // something secret in a URL
)

// Error is what a client is told. Detail is for people and holds no secret.
type Error struct {
	Status int       // of HTTP
	Type   ErrorType // empty where the standard has none
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// Taken is the error of a store that holds a resource with such a value already.
func Taken(attribute string) *Error {
	return &Error{http.StatusConflict, Uniqueness, attribute + " is taken: choose another or change the one that has it"}
}

// refuse is an Error of status 400.
func refuse(t ErrorType, format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, t, fmt.Sprintf(format, args...)}
}

// tooLarge is an Error of status 413.
func tooLarge(format string, args ...any) *Error {
	return &Error{http.StatusRequestEntityTooLarge, "", fmt.Sprintf(format, args...)}
}

// told is what a client may know of err, and whether that is all there is to it.
func told(err error) (*Error, bool) {
	var own *Error
	if errors.As(err, &own) {
		return own, true
	}
	var word *clientele.Error
	if !errors.As(err, &word) {
		return &Error{http.StatusInternalServerError, "", "something went wrong on our side: try again later"}, false
	}
	detail := word.Msg
	if word.Hint != "" {
		detail += ": " + word.Hint
	}
	switch word.Kind {
	case clientele.NotFound:
		return &Error{http.StatusNotFound, "", detail}, true
	case clientele.Invalid:
		return &Error{http.StatusBadRequest, InvalidValue, detail}, true
	case clientele.Limit:
		return &Error{http.StatusRequestEntityTooLarge, "", detail}, true
	}
	return &Error{http.StatusInternalServerError, "", "something went wrong on our side: try again later"}, false
}
