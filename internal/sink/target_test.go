package sink_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/ocsf"
	"github.com/clientele/clientele/internal/sink"
	"github.com/clientele/clientele/internal/syslog"
	"net"
)

// uids reads the places in the log off events, one a line.
func uids(t testing.TB, r io.Reader) (out []int64) {
	t.Helper()
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var ev ocsf.Event
		if err := json.Unmarshal(in.Bytes(), &ev); err != nil {
			t.Fatalf("%v: %s", err, in.Bytes())
		}
		n, err := strconv.ParseInt(ev.Metadata.UID, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

func newFile(t testing.TB, path string, size int64) *sink.File {
	t.Helper()
	f, err := sink.NewFile(sink.FileConfig{Path: path, MaxSize: size, Now: func() time.Time { return time.Unix(1772528400, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// written are the events of all files, in the order of their first arrival.
func written(t testing.TB, dir string) (seqs []int64, files int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
		seqs = append(seqs, uids(t, bytes.NewReader(b))...)
	}
	return seqs, len(names)
}

func TestFullFilesAreRenamed(t *testing.T) {
	d, dir := dbtest.SQLite(t), t.TempDir()
	g := newGuard(t, d)
	s := open(t, config(d, newFile(t, filepath.Join(dir, "audit.ndjson"), 3000)))
	for range 20 {
		act(t, g, 1)
		drain(t, s)
	}
	seqs, files := written(t, dir)
	slices.Sort(seqs)
	if !slices.Equal(seqs, upTo(20)) || files < 4 {
		t.Fatalf("%d files, %v", files, seqs)
	}
}

// A crash in the middle of a write leaves part of a line. It is taken back, and the entry is
// written again.
func TestTornLineIsTakenBack(t *testing.T) {
	d, dir := dbtest.SQLite(t), t.TempDir()
	path := filepath.Join(dir, "audit.ndjson")
	g := newGuard(t, d)
	for _, torn := range []string{`{"metadata":`, strings.Repeat("x", 200<<10)} {
		act(t, g, 3)
		f := newFile(t, path, 0)
		drain(t, open(t, config(d, f)))
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, append(b, torn...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	act(t, g, 1)
	drain(t, open(t, config(d, newFile(t, path, 0))))
	if seqs, _ := written(t, dir); !slices.Equal(seqs, upTo(7)) {
		t.Fatal(seqs)
	}
}

func TestFileThatWasMovedAwayIsBegunAnew(t *testing.T) {
	d, dir := dbtest.SQLite(t), t.TempDir()
	path := filepath.Join(dir, "audit.ndjson")
	g := newGuard(t, d)
	s := open(t, config(d, newFile(t, path, 0)))
	act(t, g, 2)
	drain(t, s)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	act(t, g, 2)
	drain(t, s)
	b, err := os.ReadFile(path)
	if err != nil || !slices.Equal(uids(t, bytes.NewReader(b)), []int64{2, 3}) {
		t.Fatalf("%v %s", err, b)
	}
}

func TestOnlyRegularFilesAreWritten(t *testing.T) {
	d, dir := dbtest.SQLite(t), t.TempDir()
	act(t, newGuard(t, d), 1)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, dir, "/dev/full"} {
		if _, err := open(t, config(d, newFile(t, path, 0))).Step(t.Context()); clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := sink.NewFile(sink.FileConfig{Path: "audit.ndjson"}); clientele.KindOf(err) != clientele.Invalid {
		t.Error(err)
	}
}

// collector is a web address that takes events and answers as it is told.
type collector struct {
	*httptest.Server
	mu     sync.Mutex // guards the fields below
	got    []int64
	posts  int
	answer func(n int, seqs []int64) int // the status; 0 stands for 200
}

func collect(t *testing.T, answer func(n int, seqs []int64) int) *collector {
	c := &collector{answer: answer}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		z, err := gzip.NewReader(r.Body)
		if err != nil || r.Method != "POST" || r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Authorization") != "Splunk s3cret" {
			t.Errorf("%v %s %v", err, r.Method, r.Header)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.posts++
		seqs := uids(t, z)
		if c.answer != nil {
			if status := c.answer(c.posts, seqs); status != 0 {
				w.Header().Set("Location", "https://eve.example/")
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(status)
				return
			}
		}
		c.got = append(c.got, seqs...)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) seqs() []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

func (c *collector) target(t *testing.T) *sink.HTTP {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(c.Certificate())
	h, err := sink.NewHTTP(sink.HTTPConfig{URL: clientele.Secret(c.URL + "/t0ken"), Authorization: clientele.Secret("Splunk s3cret"), Roots: roots, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPostsGoOnAfterEveryKindOfRefusal(t *testing.T) {
	d := dbtest.SQLite(t)
	refusals := []int{500, 429, 503, 400, 401, 302, 404}
	c := collect(t, func(n int, _ []int64) int {
		if n <= len(refusals) {
			return refusals[n-1]
		}
		return 0
	})
	act(t, newGuard(t, d), 300)
	run(t, open(t, config(d, c.target(t))))
	await(t, "all to arrive", func() bool { return len(c.seqs()) >= 300 })
	if !slices.Equal(c.seqs(), upTo(300)) {
		t.Fatal(c.seqs())
	}
}

func TestBatchThatIsTooLargeIsHalved(t *testing.T) {
	d := dbtest.SQLite(t)
	c := collect(t, func(_ int, seqs []int64) int {
		if len(seqs) > 10 {
			return http.StatusRequestEntityTooLarge
		}
		return 0
	})
	act(t, newGuard(t, d), 100)
	drain(t, open(t, config(d, c.target(t))))
	if !slices.Equal(c.seqs(), upTo(100)) {
		t.Fatal(c.seqs())
	}
}

func TestErrorsNameNoSecret(t *testing.T) {
	d := dbtest.SQLite(t)
	c := collect(t, func(int, []int64) int { return 302 })
	act(t, newGuard(t, d), 1)
	s := open(t, config(d, c.target(t)))
	for range 2 {
		_, err := s.Step(t.Context())
		if err == nil || strings.Contains(err.Error(), "t0ken") || strings.Contains(err.Error(), "s3cret") {
			t.Error(err)
		}
		c.Close() // the second time it cannot be reached
	}
}

func TestAddressesMustBePrivate(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://siem.example/x": true, "http://127.0.0.1:9/x": true, "http://localhost/x": true, "http://[::1]/": true,
		"http://siem.example/x": false, "ftp://siem.example": false, "https://": false, "https://a:b@siem.example": false, "": false, "siem": false,
	} {
		if _, err := sink.NewHTTP(sink.HTTPConfig{URL: clientele.Secret(address)}); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestSyslogCarriesTheEvent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		defer close(got)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		var n int
		if _, err := fmt.Fscanf(in, "%d ", &n); err != nil || n > 1<<16 {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err == nil {
			got <- string(b)
		}
	}()
	sender, err := syslog.New(syslog.Config{Transport: syslog.TCP, Address: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	d := dbtest.SQLite(t)
	act(t, newGuard(t, d), 1)
	drain(t, open(t, config(d, &sink.Syslog{Sender: sender, Host: "here"})))
	head, text, _ := strings.Cut(<-got, "\ufeff")
	if !strings.HasPrefix(head, "<110>1 20") || !strings.HasSuffix(head, ` here clientele - service:write [meta sequenceId="1"] `) {
		t.Errorf("%q", head)
	}
	if seqs := uids(t, strings.NewReader(text)); !slices.Equal(seqs, upTo(1)) {
		t.Errorf("%q", text)
	}
}
