package cli

import (
	"strconv"
	"strings"
	"time"
)

// layouts are the ways in which the tools write an end. "UTC" for "Z" is the AWS CLI's own.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05UTC", "2006-01-02T15:04:05", "2006-01-02 15:04:05.999999",
	"2006-01-02 15:04:05 -0700 MST", time.RFC1123, time.RFC822, "02 Jan 2006 15:04 MST", time.DateOnly,
}

// when reads a point in time, or the seconds or milliseconds since 1970; zero if it is
// neither. Ends of no meaning (0, the year 1, 9999) are zero too.
func when(s string) time.Time {
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if f > 1e11 {
			f /= 1000
		}
		if f < 1e8 || f > 1e10 {
			return time.Time{}
		}
		return time.Unix(int64(f), 0).UTC()
	}
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil && t.Year() > 1970 && t.Year() < 9000 {
			return t.UTC()
		}
	}
	return time.Time{}
}
