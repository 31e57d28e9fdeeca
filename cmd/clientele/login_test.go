package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/audit"
	"github.com/clientele/clientele/internal/db"
	"github.com/clientele/clientele/internal/db/dbtest"
	"github.com/clientele/clientele/internal/guard"
	"github.com/clientele/clientele/internal/httpapi"
	"github.com/clientele/clientele/internal/identity"
	"github.com/clientele/clientele/internal/keywrap"
)

// desk is a server, and a command line that nobody has signed in yet.
type desk struct {
	*testing.T
	url, link string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("CLIENTELE_TOKEN", "")
	t.Setenv("CLIENTELE_SERVER", "")
	d := dbtest.SQLite(t)
	wrap, err := keywrap.OpenFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := guard.New(t.Context(), d, audit.New(d, wrap), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	h := &httpapi.House{Guard: g, Version: "test", SignIn: httpapi.SignIn{Session: time.Hour, Devices: identity.NewDevices(g)}}
	h.Authenticate = func(ctx context.Context, token clientele.Plaintext) (a clientele.Actor, err error) {
		err = d.Read(ctx, func(tx *db.Tx) error {
			a, err = identity.Authenticate(ctx, tx, token, g.Now())
			return err
		})
		return a, err
	}
	server := httptest.NewUnstartedServer(nil)
	h.BaseURL = "http://" + server.Listener.Addr().String()
	server.Config.Handler = httpapi.Doorstep(h, httpapi.New(h))
	server.Start()
	t.Cleanup(server.Close)
	var link clientele.Plaintext
	err = g.Do(t.Context(), clientele.System("up", "the test begins"), "system:bootstrap", func(act *guard.Act) error {
		id, err := identity.EnsureFirstAdmin(act)
		if err == nil {
			link, err = identity.NewLink(act, id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, h.BaseURL, h.BaseURL + "/sign-in#" + link.Reveal()}
}

// run runs a command and demands its exit code.
func (d *desk) run(code int, args ...string) string {
	d.Helper()
	var out, errOut bytes.Buffer
	if got := run(args, strings.NewReader(""), &out, &errOut); got != code {
		d.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, code, &out, &errOut)
	}
	return out.String() + errOut.String()
}

func (d *desk) has(text string, want ...string) {
	d.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			d.Errorf("no %q in:\n%s", w, text)
		}
	}
}

func TestPeopleAreKeptFromTheCommandLine(t *testing.T) {
	d := newDesk(t)
	d.run(exitDenied, "whoami")
	d.has(d.run(exitOK, "login", d.link), "You are signed in to "+d.url)
	d.run(exitDenied, "login", d.link) // it served
	d.has(d.run(exitOK, "whoami"), "admin", "(person)")

	d.has(d.run(exitOK, "person", "add", "ann", "--name", "Ann Lee", "--email", "ann@example.com"), "clientele person roles ann owner")
	d.run(exitUsage, "person", "add", "ANN")
	d.has(d.run(exitOK, "person", "edit", "ann@example.com", "--title", "Guide"), "Guide", "Ann Lee")
	d.has(d.run(exitOK, "person", "roles", "ann", "viewer", "owner"), "viewer", "owner")
	d.has(d.run(exitDenied, "person", "roles", "admin", "auditor"), "no-self-assignment", "anyone else with the system role admin")
	d.has(d.run(exitOK, "team", "add", "Tools"), "added tea_")
	d.run(exitOK, "team", "join", "tools", "ann")
	d.has(d.run(exitOK, "person", "list", "--team", "tools"), "ann@example.com")

	d.run(exitOK, "account", "add", "robot", "--team", "tools", "--purpose", "tests")
	d.run(exitOK, "person", "roles", "robot", "viewer")
	var tok struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(d.run(exitOK, "token", "create", "robot", "--roles", "viewer", "--for", "1h", "--format", "json")), &tok); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLIENTELE_SERVER", d.url)
	t.Setenv("CLIENTELE_TOKEN", tok.Secret)
	d.has(d.run(exitOK, "whoami"), "(machine)", "viewer")
	t.Setenv("CLIENTELE_TOKEN", "")
	d.has(d.run(exitUsage, "token", "revoke", tok.Secret), "clientele token list")
	d.run(exitOK, "token", "revoke", tok.ID)

	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("user_name,team\ncem,Tools\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.has(d.run(exitOK, "person", "import", file, "--dry-run"), "new 1", "nothing was changed")
	d.has(d.run(exitOK, "person", "import", file), "new 1")
	d.run(exitOK, "leaver", "end", "cem", "--yes")
	d.has(d.run(exitUsage, "person", "shred", "cem"), "cannot be undone")
	d.has(d.run(exitOK, "person", "shred", "cem", "--yes"), "former person")
	d.run(exitOK, "logout")
	d.run(exitDenied, "whoami")
}

// One command line lets another one in.
func TestCommandLineWaitsToBeLetIn(t *testing.T) {
	d := newDesk(t)
	d.run(exitOK, "login", d.link)
	first := os.Getenv("XDG_CONFIG_HOME")
	saved, err := os.ReadFile(filepath.Join(first, "clientele", "session.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept session
	if err := json.Unmarshal(saved, &kept); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	shown := &watched{code: make(chan string, 1)}
	done := make(chan int, 1)
	go func() { done <- run([]string{"login", d.url}, strings.NewReader(""), shown, shown) }()
	code := <-shown.code
	t.Setenv("CLIENTELE_SERVER", d.url)
	t.Setenv("CLIENTELE_TOKEN", kept.Token)
	d.run(exitUsage, "session", "allow", "BBBB-BBBB")
	d.run(exitOK, "session", "allow", code)
	if got := <-done; got != exitOK {
		t.Fatalf("exit code %d", got)
	}
	d.has(d.run(exitOK, "session", "list"), "this one", "cli")
}

// watched hands on the code that is shown.
type watched struct {
	bytes.Buffer
	code chan string
}

var codePattern = regexp.MustCompile(`[B-Z]{4}-[B-Z]{4}`)

func (w *watched) Write(b []byte) (int, error) {
	if code := codePattern.Find(b); code != nil {
		select {
		case w.code <- string(code):
		default:
		}
	}
	return w.Buffer.Write(b)
}

func TestSessionsGoOverTLSOrStayHere(t *testing.T) {
	for arg, want := range map[string]string{
		"http://clientele.example":                       "",
		"http://127.0.0.1:7480/sign-in#clt_l_x":          "http://127.0.0.1:7480 clt_l_x",
		"http://[::1]:7480":                              "http://[::1]:7480 ",
		"https://clientele.example/base/":                "https://clientele.example/base ",
		"https://clientele.example/base/sign-in#clt_l_x": "https://clientele.example/base clt_l_x",
		"https://user:pw@clientele.example":              "",
		"ftp://clientele.example":                        "",
		"clt_l_x":                                        "",
		"http://127.0.0.1.evil.example":                  "",
		"-":                                              "https://a.example clt_l_y",
	} {
		server, secret, err := target(strings.NewReader("https://a.example/sign-in#clt_l_y\n"), []string{arg})
		if got := server + " " + secret; err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", arg, got, err)
		}
	}
}
