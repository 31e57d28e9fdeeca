package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/clientele/clientele/api"
	"github.com/clientele/clientele/internal/db/dbtest"
)

// binary builds the program once, as a person would get it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "clientele-bin-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "clientele")
	out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return file, nil
})

// server is a running `clientele up` of the real binary.
type server struct {
	t    *testing.T
	url  string
	data string
	env  []string
	link string // signs the administrator in, once
	cmd  *exec.Cmd
	err  *bytes.Buffer
}

// eachEngine runs a test against a server on SQLite and one on PostgreSQL.
func eachEngine(t *testing.T, test func(t *testing.T, s *server)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			var env []string
			if engine == "postgres" {
				env = append(env, "PG_URL="+dbtest.PostgresURL(t), "CLIENTELE_DATABASE_POSTGRES_URL=env:PG_URL")
			}
			s := newServer(t, t.TempDir(), env...)
			s.start()
			test(t, s)
		})
	}
}

func newServer(t *testing.T, data string, env ...string) *server {
	t.Helper()
	return &server{t: t, data: data, url: fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), env: append(env,
		"CLIENTELE_OPERATE=off", "CLIENTELE_LIMITS_PER_MINUTE=0", "CLIENTELE_LOG_FORMAT=json")}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

var linkPattern = regexp.MustCompile(`login '([^']+)'`)

// start starts the server and waits until it says where to go.
func (s *server) start() {
	s.t.Helper()
	file, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(file, "up", "--data", s.data, "--listen", strings.TrimPrefix(s.url, "http://"))
	s.cmd.Env = append(os.Environ(), s.env...)
	s.err = &bytes.Buffer{}
	s.cmd.Stderr = s.err
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := linkPattern.FindStringSubmatch(lines.Text()); m != nil {
			s.link = m[1]
			break
		}
	}
	if s.link == "" {
		_ = s.cmd.Wait()
		s.t.Fatalf("the server did not start: %s", s.err)
	}
	go func() {
		for lines.Scan() { // so that it never waits for us
		}
	}()
	s.await()
}

func (s *server) await() {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		res, err := http.Get(s.url + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	s.t.Fatalf("the server is not ready: %s", s.err)
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// stop ends the server as an operator would, and demands a clean end.
func (s *server) stop() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("the server did not stop cleanly: %v: %s", err, s.err)
	}
	s.cmd = nil
}

// person is somebody at a command line of their own.
type person struct {
	s    *server
	name string
	home string
	dir  string
}

// at is a person without a session yet.
func (s *server) at(name string) *person {
	s.t.Helper()
	return &person{s: s, name: name, home: s.t.TempDir(), dir: s.t.TempDir()}
}

// admin is the first administrator, signed in by the link that the server printed.
func (s *server) admin() *person {
	s.t.Helper()
	p := s.at("admin")
	p.run("login", s.link)
	return p
}

// try runs a command and returns what it printed and its exit code.
func (p *person) try(args ...string) (out, errOut string, code int) {
	p.s.t.Helper()
	file, err := binary()
	if err != nil {
		p.s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.s.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOME="+p.home, "XDG_CONFIG_HOME="+p.home+"/.config", "XDG_CACHE_HOME="+p.home+"/.cache", "CLIENTELE_SERVER="+p.s.url,
		"CLIENTELE_TOKEN=", "CLIENTELE_FINGERPRINT_KEY=000102030405060708090a0b0c0d0e0f")
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		p.s.t.Fatal(err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// run runs a command that must succeed.
func (p *person) run(args ...string) string {
	p.s.t.Helper()
	out, errOut, code := p.try(args...)
	if code != 0 {
		p.s.t.Fatalf("%s: clientele %s: exit code %d\n%s%s", p.name, strings.Join(args, " "), code, out, errOut)
	}
	return out
}

// json runs a command with --format json and decodes what it printed.
func (p *person) json(out any, args ...string) {
	p.s.t.Helper()
	text := p.run(append(args, "--format", "json")...)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		p.s.t.Fatalf("clientele %s: %v in %s", strings.Join(args, " "), err, text)
	}
}

// remote is the server as that person, for what is timed without starting a process.
func (p *person) remote() *api.Remote {
	p.s.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.home, ".config", "clientele", "session.json"))
	if err != nil {
		p.s.t.Fatal(err)
	}
	var saved session
	if err := json.Unmarshal(b, &saved); err != nil {
		p.s.t.Fatal(err)
	}
	return api.NewRemote(saved.Server, saved.Token)
}
