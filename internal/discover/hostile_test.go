package discover_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/discover"
)

// canary is a value that any scan must find where it is read at all.
const canary = "ghp_x8Kq2LmV0rT4wZ6yB1nC3dF5gH7jS9aQpE0u"

const canaryEnv = "GITHUB_TOKEN=" + canary + "\n"

// foundIn lists the files in which a scan found the value.
func foundIn(res *discover.Result, value string) []string {
	fp := testKey.Fingerprint(value)
	var files []string
	for _, c := range res.Clients {
		for _, cr := range c.Credentials {
			if cr.Fingerprint == fp {
				files = append(files, cr.Location.File)
			}
		}
	}
	return files
}

func reasonFor(res *discover.Result, suffix string) string {
	for _, u := range res.Unreadable {
		if strings.HasSuffix(u.Path, suffix) {
			return u.Reason
		}
	}
	return ""
}

// want fails unless the canary lies in exactly so many places.
func want(t *testing.T, res *discover.Result, n int) {
	t.Helper()
	if got := foundIn(res, canary); len(got) != n {
		t.Errorf("found in %q, want %d places; unreadable: %v", got, n, res.Unreadable)
	}
}

func writeBytes(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func utf16Bytes(s string, bigEndian, mark bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var b []byte
	for _, u := range units {
		if bigEndian {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func TestEncodings(t *testing.T) {
	text := "# settings of the shop\n" + canaryEnv
	for name, c := range map[string]struct {
		data []byte
		want int
	}{
		"empty":                 {nil, 0},
		"one byte":              {[]byte{0xff}, 0},
		"UTF-8":                 {[]byte(text), 1},
		"UTF-8 with mark":       {[]byte("\xef\xbb\xbf" + text), 1},
		"mark alone":            {[]byte("\xef\xbb\xbf"), 0},
		"mark at once":          {[]byte("\xef\xbb\xbf" + canaryEnv), 1},
		"CRLF":                  {[]byte(strings.ReplaceAll(text, "\n", "\r\n")), 1},
		"CR alone":              {[]byte(strings.ReplaceAll(text, "\n", "\r")), 1},
		"invalid UTF-8":         {[]byte("# \xff\xfe\xc3\n" + canaryEnv), 1},
		"a NUL byte":            {[]byte("# a\x00b\n" + canaryEnv), 1},
		"a NUL at the end":      {[]byte(text + "\x00"), 1},
		"a NUL far behind":      {[]byte(text + strings.Repeat("# x\n", 4000) + "\x00"), 1},
		"UTF-16LE":              {utf16Bytes(text, false, false), 1},
		"UTF-16BE":              {utf16Bytes(text, true, false), 1},
		"UTF-16LE with mark":    {utf16Bytes(text, false, true), 1},
		"UTF-16BE with mark":    {utf16Bytes(text, true, true), 1},
		"UTF-16 of odd length":  {append(utf16Bytes(text, false, true), 'x'), 1},
		"UTF-16 cut in a pair":  {append(utf16Bytes(text, false, true), 0x3d, 0xd8), 1},
		"UTF-16 mark alone":     {[]byte{0xff, 0xfe}, 0},
		"UTF-16 mark and half":  {[]byte{0xff, 0xfe, 'x'}, 0},
		"UTF-16 beyond the BMP": {utf16Bytes("# 😀\n"+text, false, true), 1},
		"all NUL":               {make([]byte, 10_000), 0},
		"random":                {bytes.Repeat([]byte{0, 1, 2, 0xff, 0}, 5000), 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeBytes(t, filepath.Join(dir, ".env"), c.data)
			res := scan(t, discover.Options{}, dir)
			want(t, res, c.want)
			if c.want > 0 && !strings.HasPrefix(name, "CR alone") {
				for _, cl := range res.Clients {
					for _, cr := range cl.Credentials {
						if !bytes.Contains(c.data, []byte("GITHUB")) || cr.Location.Line == 0 {
							continue
						}
						if line := bytes.Count(c.data[:bytes.Index(c.data, []byte("GITHUB"))], []byte{'\n'}) + 1; cr.Location.Line != line {
							t.Errorf("line %d, want %d", cr.Location.Line, line)
						}
					}
				}
			}
		})
	}
}

func TestUnusualNames(t *testing.T) {
	dir := t.TempDir()
	names := []string{"new\nline.env", "bell\a\x1b[31m.env", "inv\xff\xfealid.env", strings.Repeat("n", 251) + ".env", "ünïcode 日本.env", "-rf.env", "a b.env", "..env", "'\"$(x).env", "%41.env", "c:\\x.env"}
	made := 0
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(canaryEnv), 0o600); err != nil {
			t.Logf("%q: %v", n, err) // a file system that does not take it
			continue
		}
		made++
	}
	res := scan(t, discover.Options{}, dir)
	want(t, res, made)
	if _, err := json.Marshal(res); err != nil {
		t.Error(err)
	}
}

func TestDeepFolders(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, strings.Repeat("d/", 300))
	write(t, deep, map[string]string{".env": canaryEnv})
	res := scan(t, discover.Options{}, dir)
	want(t, res, 0)
	if r := reasonFor(res, "/d"); !strings.Contains(r, "deeper") {
		t.Errorf("nothing is said of the depth: %v", res.Unreadable)
	}
	want(t, scan(t, discover.Options{MaxDepth: 400}, dir), 1)
}

func TestManyFilesInOneFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 50,000 files")
	}
	dir := t.TempDir()
	for i := range 50_000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%05d.txt", i)), []byte("nothing\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{".env": canaryEnv, ".clienteleignore": "f1*\n"})
	start := time.Now()
	res := scan(t, discover.Options{}, dir)
	t.Logf("%d files in %v", res.Files, time.Since(start))
	want(t, res, 1)
	if res.Files != 40_002 {
		t.Errorf("%d files read, want 40002", res.Files)
	}
}

func TestSparseAndLongFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"disk.img", "disk.json", "disk.env"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Truncate(200<<20), f.Close()); err != nil {
			t.Skip("no sparse files here:", err)
		}
	}
	line := strings.Repeat("lorem ipsum ", 1<<18) // 3 MiB without a line feed
	write(t, dir, map[string]string{
		"long.txt": line + " " + canaryEnv + line, "long.env": canaryEnv + "LONG=" + line,
		"long.json": `{"long": "` + line + `", "github_token": "` + canary + `"}`,
	})
	res := scan(t, discover.Options{}, dir)
	want(t, res, 3)
	if r := reasonFor(res, "disk.env"); !strings.Contains(r, "larger") {
		t.Errorf("nothing is said of disk.env: %v", res.Unreadable)
	}
}

// A secret on the border of two pieces of a large file is found once, on its line.
func TestPiecesOverlap(t *testing.T) {
	for _, before := range []int{1<<20 - 60, 1<<20 - 20, 1 << 20, 1<<20 - 16<<10 - 10, 1<<20 - 16<<10 + 1} {
		dir := t.TempDir()
		text := strings.Repeat("-\n", before/2) + "token " + canary + "\n" + strings.Repeat("-\n", 1<<20)
		write(t, dir, map[string]string{"out.log": text})
		res := scan(t, discover.Options{}, dir)
		want(t, res, 1)
		for _, c := range res.Clients {
			for _, cr := range c.Credentials {
				if cr.Location.Line != before/2+1 {
					t.Errorf("line %d, want %d", cr.Location.Line, before/2+1)
				}
			}
		}
	}
}

// trap is a decoder for *.trap files that calls f for each.
func trap(f func(clientele.File) ([]clientele.Part, error)) clientele.Decoder {
	return clientele.Decoder{Name: "trap", Paths: []string{"*.trap"}, Decode: f}
}

func slotPart(name, value string) clientele.Part {
	return clientele.Part{Tool: "trap", Kind: clientele.APIClient, Name: name, Slots: []clientele.Slot{{Place: clientele.InAuth, Role: clientele.Token, Name: "token", Value: clientele.Secret(value), Line: 1}}}
}

// Whatever a decoder does, only its file is lost.
func TestDecoderThatMisbehaves(t *testing.T) {
	for name, bad := range map[string]func(clientele.File) ([]clientele.Part, error){
		"panics": func(clientele.File) ([]clientele.Part, error) { panic("value " + canary) },
		"panics with nil": func(clientele.File) ([]clientele.Part, error) {
			var p *clientele.Part
			return []clientele.Part{*p}, nil
		},
		"fails": func(clientele.File) ([]clientele.Part, error) { return nil, errors.New("line 3: bad") },
		"returns much": func(clientele.File) ([]clientele.Part, error) {
			p := slotPart("much", "x")
			p.Slots = make([]clientele.Slot, 1_000_000)
			for i := range p.Slots {
				p.Slots[i] = clientele.Slot{Place: clientele.InHeader, Name: "X-Api-Key", Value: clientele.Secret(fmt.Sprintf("k%07dAbCdEf%07d", i, i*7))}
			}
			return []clientele.Part{p}, nil
		},
		"returns many parts": func(clientele.File) ([]clientele.Part, error) { return make([]clientele.Part, 100_000), nil },
		"keeps asking": func(f clientele.File) ([]clientele.Part, error) {
			for range 10_000 {
				if _, err := f.Sibling("none"); err == nil {
					return nil, errors.New("there is none")
				}
			}
			return nil, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"bad.trap": "x", "a/good.trap": "y", "b/good.trap": "y"})
			d := trap(func(f clientele.File) ([]clientele.Part, error) {
				if filepath.Base(f.Path) == "bad.trap" {
					return bad(f)
				}
				return []clientele.Part{slotPart("good", canary)}, nil
			})
			res := scan(t, discover.Options{Decoders: []clientele.Decoder{d}}, dir)
			want(t, res, 2)
			if strings.HasPrefix(name, "panics") || name == "fails" {
				if reasonFor(res, "bad.trap") == "" {
					t.Error("the file is not reported")
				}
			}
			if s := fmt.Sprintf("%+v", res.Unreadable); strings.Contains(s, canary) {
				t.Error("the panic's value is shown:", s)
			}
		})
	}
}

func TestCancelledScanReturns(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{}
	for i := range 3000 {
		files[fmt.Sprintf("d%d/f%d.trap", i%50, i)] = "x"
	}
	write(t, dir, files)
	ctx, cancel := context.WithCancel(t.Context())
	var after atomic.Int64
	d := trap(func(clientele.File) ([]clientele.Part, error) {
		if ctx.Err() != nil {
			after.Add(1)
		}
		cancel()
		return nil, nil
	})
	res, err := discover.Scan(ctx, discover.Options{Roots: []string{dir}, Key: testKey, Decoders: []clientele.Decoder{d}, Workers: 2})
	if !errors.Is(err, context.Canceled) || res != nil {
		t.Errorf("got %v, %v; want the context's error", res, err)
	}
	if n := after.Load(); n > 2 {
		t.Errorf("%d files were read after the end", n)
	}
}

// Each file's first reading changes all others in a way of their own, between the walk that
// listed them and their turn.
func TestFilesChangeUnderTheScan(t *testing.T) {
	for i := range 7 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside.trap")
			writeBytes(t, outside, []byte("outside"))
			for k := range 7 {
				writeBytes(t, filepath.Join(dir, fmt.Sprintf("%d.trap", k)), []byte("first"))
			}
			var once sync.Once
			var seen []string
			d := trap(func(f clientele.File) ([]clientele.Part, error) {
				seen = append(seen, string(f.Data[:min(len(f.Data), 8)]))
				once.Do(func() {
					for k := range 7 {
						if p := filepath.Join(dir, fmt.Sprintf("%d.trap", k)); p != filepath.FromSlash(f.Path) {
							change(t, (k+i)%7, p, outside)
						}
					}
				})
				return []clientele.Part{slotPart("p", canary)}, nil
			})
			res := scan(t, discover.Options{Decoders: []clientele.Decoder{d}, Workers: 1}, dir)
			for _, s := range seen {
				if s == "outside" {
					t.Error("a link was followed")
				}
			}
			if len(seen)+len(res.Unreadable) != 7 {
				t.Errorf("%d files read and %v reported, want all 7", len(seen), res.Unreadable)
			}
		})
	}
}

func change(t *testing.T, how int, p, outside string) {
	var err error
	switch how {
	case 0:
		err = os.Remove(p)
	case 1:
		err = errors.Join(os.Remove(p), os.Mkdir(p, 0o755))
	case 2:
		err = errors.Join(os.Remove(p), os.Symlink(outside, p))
	case 3:
		err = errors.Join(os.Remove(p), mkfifo(p))
	case 4:
		err = os.Truncate(p, 0)
	case 5:
		err = os.WriteFile(p, bytes.Repeat([]byte("grown  \n"), 1<<18), 0o600)
	case 6:
		err = os.Truncate(p, 64<<20)
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// A file that grows all the while is read to some end.
func TestFileThatGrows(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "growing.log")
	writeBytes(t, name, bytes.Repeat([]byte("lorem ipsum\n"), 1<<18))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer f.Close()
		for {
			select {
			case <-stop:
				return
			default:
				if info, err := f.Stat(); err != nil || info.Size() > 64<<20 {
					return
				}
				_, _ = f.Write(bytes.Repeat([]byte("dolor sit amet\n"), 1000))
			}
		}
	})
	write(t, dir, map[string]string{".env": canaryEnv})
	want(t, scan(t, discover.Options{}, dir), 1)
	close(stop)
	wg.Wait()
}

// peakOf is the most heap in use while f runs, as far as sampling sees it.
func peakOf(f func()) uint64 {
	runtime.GC()
	var peak uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse+m.StackInuse)
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}

func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 300 MB")
	}
	dir := t.TempDir()
	prose := strings.Repeat("The quick brown fox jumps over the lazy dog, and key = value; again.\n", 1<<14)
	for i := range 180 {
		writeBytes(t, filepath.Join(dir, "src", fmt.Sprintf("f%d.go", i)), []byte(prose))
	}
	for i := range 40 {
		writeBytes(t, filepath.Join(dir, "api", fmt.Sprintf("c%d.postman_collection.json", i)), []byte(collection(1200, i)))
	}
	for i := range 2 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("app%d.log", i)))
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			_, err = io.WriteString(f, prose)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	var res *discover.Result
	peak := peakOf(func() { res = scan(t, discover.Options{NoGit: true}, dir) })
	t.Logf("%d files, %d MiB, %d clients in %v, %d MiB of heap at most", res.Files, res.Bytes>>20, len(res.Clients), res.Duration, peak>>20)
	if peak > 200<<20 {
		t.Errorf("%d MiB of heap in use, want less than 200", peak>>20)
	}
	if len(res.Clients) < 40 {
		t.Errorf("%d clients, want 40", len(res.Clients))
	}
}

// collection is a Postman collection of n requests.
func collection(n, seed int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"info": {"name": "c%d", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}, "item": [`, seed)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"name": "r%d", "request": {"method": "GET", "header": [{"key": "X-Api-Key", "value": "{{key%d}}"}, {"key": "Accept", "value": "application/json"}], "url": {"raw": "https://api%d.acme.io/v1/things/%d?page=1"}, "description": "%s"}, "response": []}`, i, i%7, seed%3, i, strings.Repeat("words of a description ", 20))
	}
	b.WriteString("]}")
	return b.String()
}

// The worst file that fits under the limits: many secrets, many names.
func TestOneVeryBusyFile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	dir := t.TempDir()
	var b strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&b, "TOKEN_%d=%s%06d\n", i, "tQ7x9Lm2Kp4Rv8Zs", i)
	}
	write(t, dir, map[string]string{"big.env": b.String()})
	start := time.Now()
	var res *discover.Result
	peak := peakOf(func() { res = scan(t, discover.Options{NoGit: true}, dir) })
	t.Logf("%v, %d MiB, %d findings", time.Since(start), peak>>20, len(res.Findings))
}
