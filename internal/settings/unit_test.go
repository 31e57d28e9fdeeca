package settings_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/clientele/clientele/internal/settings"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "8h": 8 * time.Hour, "1w": 168 * time.Hour, "1w2d3h4m5s": (9*24+3)*time.Hour + 4*time.Minute + 5*time.Second,
		"1.5d": 36 * time.Hour, "0": 0, "0s": 0, "250ms": 250 * time.Millisecond, "1.5h": 90 * time.Minute, " 5m ": 5 * time.Minute, "10µs": 10 * time.Microsecond,
	} {
		if got, err := settings.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "90", "d", "-1h", "1y", "1h -5m", "1d1", "1..5h", "200000d", "106751d106751d", "9999999999999999999h", "1H", "１d"} {
		if got, err := settings.ParseDuration(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]settings.Size{
		"10MiB": 10 << 20, "64KiB": 64 << 10, "1GiB": 1 << 30, "2TiB": 2 << 40, "512": 512, "512B": 512, "64KB": 64000, "64kB": 64000, "3 MB": 3e6, "0": 0,
	} {
		var got settings.Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d %v, want %d", text, got, err, want)
		}
		var again settings.Size
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%q: written %s, read %d %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "10M", "1.5MiB", "-1", "MiB", "9000000TiB", "0x10", "1e3"} {
		var got settings.Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1w2d3.5h")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := settings.ParseDuration(s); err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("name: a\ndatabase: {url: b}\nwebhooks: [{url: c}]\nkey: |\n  x\n"))
	f.Add([]byte("? a\n: b\n<<: *x\n!!a &b c: - d\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4<<10 {
			return
		}
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := settings.Load(defaults(), file, nil, nil); err != nil && len(settings.Problems(err)) == 0 {
			t.Errorf("an error that tells nothing: %v", err)
		}
	})
}
