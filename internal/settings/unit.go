package settings

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/clientele/clientele"
)

const day = 24 * time.Hour

// ParseDuration reads what time.ParseDuration reads, and days and weeks of 24-hour days
// besides: "90d", "1w", "1d12h". It refuses negative durations.
func ParseDuration(s string) (time.Duration, error) {
	bad := clientele.Errorf(clientele.Invalid, "%q is no duration", short(s)).WithHint("write a number and a unit: 30s, 15m, 8h, 90d, 2w")
	rest, total := strings.TrimSpace(s), time.Duration(0)
	if rest == "0" {
		return 0, nil
	}
	if rest == "" || len(rest) > 64 {
		return 0, bad
	}
	for rest != "" {
		number := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789."))]
		rest = rest[len(number):]
		unit := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzµμ"))]
		rest = rest[len(unit):]
		d, err := one(number, unit)
		if err != nil || number == "" || unit == "" || total+d < total {
			return 0, bad
		}
		total += d
	}
	return total, nil
}

// one is a number of one unit.
func one(number, unit string) (time.Duration, error) {
	factor := time.Duration(1)
	switch unit {
	case "d":
		factor, unit = 24, "h"
	case "w":
		factor, unit = 7*24, "h"
	}
	d, err := time.ParseDuration(number + unit)
	if err == nil && d > math.MaxInt64/factor {
		err = strconv.ErrRange
	}
	return d * factor, err
}

// formatDuration is the shortest text that ParseDuration reads as d.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	if d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Size is a number of bytes, written "512", "64KiB", "10MiB", "1GiB", or with units of a
// thousand "64KB", "10MB".
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

// UnmarshalText reads a size.
func (z *Size) UnmarshalText(b []byte) error {
	number, factor := strings.TrimSpace(string(b)), int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/factor {
		return clientele.Errorf(clientele.Invalid, "%q is no size", short(string(b))).WithHint("write a whole number and a unit: 64KiB, 10MiB, 1GiB")
	}
	*z = Size(int64(n) * factor)
	return nil
}

// String is the size in the largest binary unit that needs no fraction.
func (z Size) String() string {
	for _, u := range sizeUnits[:4] {
		if z != 0 && int64(z)%u.bytes == 0 {
			return fmt.Sprintf("%d%s", int64(z)/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(int64(z), 10)
}
