package notice

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Failure is why a message was not delivered, and whether to try again.
type Failure struct {
	// Temporary: the same message may go through later.
	Temporary bool
	// RetryAfter is how long the receiver asks to be left alone; zero if it did not say.
	RetryAfter time.Duration
	// Disable: the receiver wants no message any more, now or later.
	Disable bool
	Err     error
}

// Error says what went wrong. It may hold words of the other side, and is made safe to print.
func (f *Failure) Error() string { return plain(f.Err.Error(), 400) }

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Temporary is a failure that may pass.
func Temporary(err error) error { return &Failure{Temporary: true, Err: err} }

// Permanent is a failure that will not pass by itself.
func Permanent(err error) error { return &Failure{Err: err} }

// AsFailure finds the Failure in err's chain. What is none, such as a bug in a sender, counts
// as temporary, so that no message is lost by it.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Temporary: true, Err: err}
}

// longestRetry bounds what a receiver may ask for.
const longestRetry = 24 * time.Hour

// RetryAfter reads the header of that name (RFC 9110, section 10.2.3), in seconds or as a
// date. It is zero where there is none that makes sense, and a day at most.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseUint(v, 10, 63); err == nil {
		return time.Duration(min(n, uint64(longestRetry/time.Second))) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestRetry)
}
