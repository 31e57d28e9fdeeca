//go:build unix

package discover_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/clientele/clientele/internal/discover"
)

func mkfifo(p string) error { return syscall.Mkfifo(p, 0o600) }

func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	if err := mkfifo(filepath.Join(dir, "pipe.env")); err != nil {
		t.Fatal(err)
	}
	if err := mkfifo(filepath.Join(dir, ".clienteleignore")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.env"), 0o755); err != nil {
		t.Fatal(err)
	}
	if l, err := net.Listen("unix", filepath.Join(dir, "s.env")); err == nil { // its path may be too long
		defer l.Close()
	}
	if err := syscall.Mknod(filepath.Join(dir, "zero.env"), syscall.S_IFCHR|0o666, 1<<8|5); err != nil {
		t.Log("no device node:", err)
	}
	write(t, dir, map[string]string{".env": canaryEnv})
	res := scan(t, discover.Options{}, dir)
	want(t, res, 1)
	if res.Files != 1 {
		t.Errorf("%d files were read, want 1: %v", res.Files, res.Unreadable)
	}
	for _, p := range []string{"pipe.env", "zero.env", "s.env"} {
		scan(t, discover.Options{}, filepath.Join(dir, p)) // named by the user: reported, not waited for
	}
}

// asNobody runs f without root's rights.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() == 0 {
		if err := syscall.Setresuid(-1, 65534, -1); err != nil {
			t.Skip("root cannot be denied anything here:", err)
		}
		defer func() {
			if err := syscall.Setresuid(-1, 0, -1); err != nil {
				panic(err)
			}
		}()
	}
	f()
}

func TestUnreadableIsReported(t *testing.T) {
	dir := t.TempDir()
	for d := dir; d != filepath.Clean(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{"open/.env": canaryEnv, "file/.env": canaryEnv, "folder/.env": canaryEnv})
	for p, mode := range map[string]os.FileMode{"open/.env": 0o644, "file/.env": 0, "folder": 0} {
		if err := os.Chmod(filepath.Join(dir, p), mode); err != nil {
			t.Fatal(err)
		}
	}
	var res *discover.Result
	asNobody(t, func() { res = scan(t, discover.Options{NoGit: true}, dir) })
	want(t, res, 1)
	for _, p := range []string{"file/.env", "folder"} {
		if r := reasonFor(res, p); !strings.Contains(r, "denied") {
			t.Errorf("%s: reported as %q", p, r)
		}
	}
	if len(res.Unreadable) != 2 {
		t.Errorf("reported: %v", res.Unreadable)
	}
	if err := os.Chmod(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
}
