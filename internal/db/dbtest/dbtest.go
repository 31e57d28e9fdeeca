// Package dbtest opens fresh databases for tests: SQLite in a folder of the test, and
// PostgreSQL in a private cluster that it starts itself.
package dbtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/db"
)

// Each runs the test on both engines, each on an empty, migrated database.
func Each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite opens a migrated database in a folder of the test.
func SQLite(t testing.TB) *db.DB { return open(t, db.Config{Dir: t.TempDir()}) }

// Postgres opens a migrated database of its own in the private cluster. Where PostgreSQL is
// not installed the test is skipped, unless CI says that it must run.
func Postgres(t testing.TB) *db.DB {
	return open(t, db.Config{PostgresURL: clientele.Secret(database(t, " TEMPLATE migrated"))})
}

func open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// cluster is one PostgreSQL for all tests of a process. It ends with the process.
var cluster struct {
	once sync.Once
	port int
	err  error
	// leash is the pipe the watching shell reads; kept, or the collector would close it.
	leash io.Closer

	mu sync.Mutex // guards n
	n  int
}

var errNone = errors.New("PostgreSQL is not installed")

// PostgresURL makes an empty database and returns its address.
func PostgresURL(t testing.TB) string { return database(t, "") }

// database makes a database, empty or as a copy, and returns its address.
func database(t testing.TB, template string) string {
	t.Helper()
	cluster.once.Do(func() { cluster.port, cluster.err = start() })
	if errors.Is(cluster.err, errNone) && os.Getenv("CI") == "" {
		t.Skip("SKIPPED: no PostgreSQL here: apt-get install postgresql")
	}
	if cluster.err != nil {
		t.Fatal(cluster.err)
	}
	cluster.mu.Lock()
	cluster.n++
	name := fmt.Sprintf("t%d", cluster.n)
	cluster.mu.Unlock()
	address := fmt.Sprintf("postgres://clientele@127.0.0.1:%d/%%s?sslmode=disable", cluster.port)
	d, err := db.Open(context.Background(), db.Config{PostgresURL: clientele.Secret(fmt.Sprintf(address, "postgres"))})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Handle().Exec("CREATE DATABASE " + name + template); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(address, name)
}

// bin finds the newest PostgreSQL of Debian's layout, or the one on the path.
func bin() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(dirs)
	for _, d := range slices.Backward(dirs) {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d, nil
		}
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errNone
}

// start makes a cluster in a temporary folder and starts it on a free port of loopback. A
// shell holds the end of a pipe and stops the server when this process is gone, so that a
// test that crashes leaves nothing behind.
func start() (int, error) {
	dir, err := bin()
	if err != nil {
		return 0, err
	}
	root, err := os.MkdirTemp("", "clientele-pg-")
	if err != nil {
		return 0, err
	}
	as, err := account(root)
	if err != nil {
		return 0, err
	}
	data := filepath.Join(root, "data")
	initdb := exec.Command(filepath.Join(dir, "initdb"), "-D", data, "-U", "clientele", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
	initdb.SysProcAttr, initdb.Dir = as(), root
	if out, err := initdb.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	const script = `"$1" -D "$2" -p "$3" -k "$4" -c listen_addresses=127.0.0.1 -c max_connections=300 -c shared_buffers=128MB -c fsync="$5" </dev/null >"$4/log" 2>&1 &
cat >/dev/null # until the pipe's other end is gone
kill -INT $!; wait; rm -rf "$4"`
	watch := exec.Command("sh", "-c", script, "sh", filepath.Join(dir, "postgres"), data, strconv.Itoa(port), root, durability())
	watch.SysProcAttr, watch.Dir = as(), root
	watch.SysProcAttr.Setsid = true
	if cluster.leash, err = watch.StdinPipe(); err != nil {
		return 0, err
	}
	if err := watch.Start(); err != nil {
		return 0, err
	}
	if err := await(root, port); err != nil {
		return 0, err
	}
	return port, migrated(port)
}

// migrated makes the database that the others are copied from: migrating each anew takes
// most of a test's time.
func migrated(port int) error {
	ctx := context.Background()
	address := fmt.Sprintf("postgres://clientele@127.0.0.1:%d/%%s?sslmode=disable", port)
	for _, step := range []struct {
		name string
		do   func(*db.DB) error
	}{
		{"postgres", func(d *db.DB) error { _, err := d.Handle().Exec("CREATE DATABASE migrated"); return err }},
		{"migrated", func(d *db.DB) error { return d.Migrate(ctx) }},
	} {
		d, err := db.Open(ctx, db.Config{PostgresURL: clientele.Secret(fmt.Sprintf(address, step.name))})
		if err != nil {
			return err
		}
		if err := errors.Join(step.do(d), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// durability is how the server treats the disk: as in earnest where it is measured, and
// where not, without waiting for it, as no test cuts its power.
func durability() string {
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		return "on"
	}
	return "off"
}

// await waits until the server answers.
func await(root string, port int) error {
	address := fmt.Sprintf("postgres://clientele@127.0.0.1:%d/postgres?sslmode=disable", port)
	var err error
	for range 300 {
		var d *db.DB
		if d, err = db.Open(context.Background(), db.Config{PostgresURL: clientele.Secret(address)}); err == nil {
			return d.Close()
		}
		time.Sleep(50 * time.Millisecond) // between polls of another process
	}
	out, _ := os.ReadFile(filepath.Join(root, "log"))
	return fmt.Errorf("PostgreSQL did not start: %w: %s", err, out)
}

// account says as whom the server runs: PostgreSQL refuses root, so the tests of root lend
// it the folder and the account nobody.
func account(root string) (func() *syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return func() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.Atoi(nobody.Uid)
	gid, err2 := strconv.Atoi(nobody.Gid)
	if err := errors.Join(err1, err2, os.Chown(root, uid, gid)); err != nil {
		return nil, err
	}
	return func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}, nil
}
