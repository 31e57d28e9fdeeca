package settings

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/clientele/clientele"
)

// applyText reads one value from its text.
func (l *loader) applyText(v reflect.Value, s setting) {
	switch x := v.Addr().Interface().(type) {
	case *clientele.Plaintext:
		l.applySecret(func(secret Secret) { *x = secret.Value }, s)
		return
	case *Secret:
		l.applySecret(func(secret Secret) { *x = secret }, s)
		return
	case *time.Duration:
		d, err := ParseDuration(s.text)
		*x = d
		l.check(s, err)
		return
	case encoding.TextUnmarshaler:
		l.check(s, x.UnmarshalText([]byte(s.text)))
		return
	}
	l.applyBasic(v, s)
}

// check notes the error that the value's own rules gave.
func (l *loader) check(s setting, err error) {
	if err == nil {
		return
	}
	hint := ""
	if ps := Problems(err); len(ps) > 0 {
		hint = ps[0].Hint
	}
	l.problem(s, hint, "is not valid: %s", short(err.Error()))
}

func (l *loader) applyBasic(v reflect.Value, s setting) {
	switch text := strings.TrimSpace(s.text); {
	case v.Kind() == reflect.String:
		v.SetString(s.text)
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			l.problem(s, "write true or false", "is %q", short(text))
		}
		v.SetBool(text == "true")
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		l.checkNumber(s, err, "a whole number")
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		l.checkNumber(s, err, "a whole number, 0 or more")
		v.SetUint(n)
	case v.CanFloat():
		n, err := strconv.ParseFloat(text, v.Type().Bits())
		if err == nil && n-n != 0 { // infinite, or no number
			err = strconv.ErrRange
		}
		l.checkNumber(s, err, "a number")
		v.SetFloat(n)
	}
}

func (l *loader) checkNumber(s setting, err error, want string) {
	if err != nil {
		l.problem(s, "write "+want+", in digits", "is %q and not %s that fits", short(strings.TrimSpace(s.text)), want)
	}
}

// short bounds what a message repeats, and takes out what could steer a terminal.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// didYouMean names the known key nearest to an unknown one, or the keys beside it.
func didYouMean(key string, known []string) string {
	best, at := "", min(3, 2+len(key)/4) // a slip of the hand is one or two letters
	last := key[strings.LastIndexByte(key, '.')+1:]
	for _, k := range candidates(known) {
		d := distance(key, k)
		if k[strings.LastIndexByte(k, '.')+1:] == last { // the right name in the wrong section
			d = min(d, at-1)
		}
		if d < at {
			best, at = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "clientele config lists the settings"
}

// candidates are the keys and the sections above them.
func candidates(known []string) []string {
	var all []string
	seen := map[string]bool{}
	for _, k := range known {
		all = append(all, k)
		for i, r := range k {
			if r == '.' && !seen[k[:i]] {
				seen[k[:i]] = true
				all = append(all, k[:i])
			}
		}
	}
	return all
}

// distance is the number of letters to insert, delete or replace to make b of a, or a large
// number where the lengths alone say that it is more than a slip.
func distance(a, b string) int {
	if len(a) > len(b)+3 || len(b) > len(a)+3 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
