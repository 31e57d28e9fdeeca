package discover_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele/internal/discover"
)

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, name); err != nil {
		t.Skip("no links here:", err)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, map[string]string{".env": canaryEnv, "deep/.env": canaryEnv})
	write(t, dir, map[string]string{"a/.env": canaryEnv})
	link(t, dir, filepath.Join(dir, "a/loop"))
	link(t, "..", filepath.Join(dir, "a/up"))
	link(t, "self", filepath.Join(dir, "self"))
	link(t, outside, filepath.Join(dir, "out"))
	link(t, filepath.Join(outside, ".env"), filepath.Join(dir, "out.env"))
	link(t, filepath.Join(outside, "none"), filepath.Join(dir, "dangling.env"))
	link(t, filepath.Join(outside, "deep"), filepath.Join(dir, ".git"))
	link(t, filepath.Join(outside, ".env"), filepath.Join(dir, "a", ".clienteleignore"))
	res := scan(t, discover.Options{}, dir)
	want(t, res, 1)
	if r := reasonFor(res, ".clienteleignore"); r == "" {
		t.Error("an ignore file that is a link is passed over in silence")
	}
}

// What the user names is followed, and shown as they named it.
func TestRootThatIsALink(t *testing.T) {
	real, dir := t.TempDir(), t.TempDir()
	write(t, real, map[string]string{"sub/.env": canaryEnv})
	link(t, real, filepath.Join(dir, "root"))
	res := scan(t, discover.Options{}, filepath.Join(dir, "root"))
	if got := foundIn(res, canary); !slices.Equal(got, []string{"sub/.env"}) {
		t.Errorf("found in %q, want sub/.env", got)
	}
	direct := scan(t, discover.Options{}, real)
	if len(res.Clients) != 1 || len(direct.Clients) != 1 || res.Clients[0].ID != direct.Clients[0].ID {
		t.Error("the client's id depends on the link")
	}
	link(t, filepath.Join(real, "sub/.env"), filepath.Join(dir, "file.env"))
	want(t, scan(t, discover.Options{}, filepath.Join(dir, "file.env")), 1)
	link(t, filepath.Join(real, "none"), filepath.Join(dir, "dangling"))
	res = scan(t, discover.Options{}, filepath.Join(dir, "dangling"))
	if len(res.Unreadable) != 1 {
		t.Errorf("a root that leads nowhere is reported as %v", res.Unreadable)
	}
}

func TestRootsThatOverlapAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/b/.env": canaryEnv, "a/.env": canaryEnv})
	link(t, dir, filepath.Join(dir, "again"))
	res := scan(t, discover.Options{}, dir, filepath.Join(dir, "a"), filepath.Join(dir, "a/b/.env"), dir, filepath.Join(dir, "again"))
	want(t, res, 2)
	if res.Files != 2 {
		t.Errorf("%d files read, want 2", res.Files)
	}
}

func TestIgnoreFile(t *testing.T) {
	tree := map[string]string{}
	for _, d := range []string{"", "a/", "a/deep/", "b/", "a/gen/", "gen/"} {
		tree[d+"x.env"], tree[d+"y.env"] = canaryEnv, canaryEnv
	}
	all := len(tree)
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int
	}{
		{"none", nil, all},
		{"name anywhere", map[string]string{".clienteleignore": "x.env\n"}, all / 2},
		{"glob", map[string]string{".clienteleignore": "*.env\n"}, 0},
		{"comment, blank line, CRLF, trailing space", map[string]string{".clienteleignore": "# x.env\r\n\r\n   \r\nx.env  \r\n"}, all / 2},
		{"mark of UTF-8", map[string]string{".clienteleignore": "\xef\xbb\xbfx.env\n"}, all / 2},
		{"anchored", map[string]string{".clienteleignore": "/x.env\n"}, all - 1},
		{"anchored folder", map[string]string{".clienteleignore": "/gen/\n"}, all - 2},
		{"folder anywhere", map[string]string{".clienteleignore": "gen/\n"}, all - 4},
		{"folder only, and it is a file", map[string]string{".clienteleignore": "x.env/\n"}, all},
		{"path", map[string]string{".clienteleignore": "a/deep\n"}, all - 2},
		{"two stars", map[string]string{".clienteleignore": "**/gen/x.env\n"}, all - 2},
		{"stars at the end", map[string]string{".clienteleignore": "a/**\n"}, all - 6},
		{"negation", map[string]string{".clienteleignore": "*.env\n!y.env\n"}, all / 2},
		{"negation first", map[string]string{".clienteleignore": "!y.env\n*.env\n"}, 0},
		{"negation below a folder left out", map[string]string{".clienteleignore": "a/\n!a/x.env\n"}, all - 6},
		{"nested", map[string]string{"a/.clienteleignore": "x.env\n"}, all - 3},
		{"nested, anchored to its folder", map[string]string{"a/.clienteleignore": "/x.env\n"}, all - 1},
		{"nested negation", map[string]string{".clienteleignore": "x.env\n", "a/.clienteleignore": "!x.env\n"}, all - 3},
		{"nested file and the one above", map[string]string{".clienteleignore": "/b/\n", "a/.clienteleignore": "gen/\n"}, all - 4},
		{"escaped", map[string]string{".clienteleignore": "\\#none\n\\!none\n"}, all},
		{"malformed", map[string]string{".clienteleignore": "[\nx[.env\n"}, all},
		{"git's own is not obeyed", map[string]string{".gitignore": "*\n", "a/.gitignore": "*\n", ".git/info/exclude": "*\n"}, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tree)
			write(t, dir, c.files)
			want(t, scan(t, discover.Options{NoGit: true}, dir), c.want)
			want(t, scan(t, discover.Options{NoGit: true, NoIgnore: true}, dir), all)
		})
	}
}

// A folder or file that is named is read, whatever an ignore file above it says.
func TestIgnoreFileAndNamedRoots(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{".clienteleignore": "a/\n", "a/.env": canaryEnv})
	want(t, scan(t, discover.Options{}, dir), 0)
	want(t, scan(t, discover.Options{}, filepath.Join(dir, "a")), 1)
	want(t, scan(t, discover.Options{}, dir, filepath.Join(dir, "a")), 1)
}

func TestIgnoreFileThatIsTooLong(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"a/.env": canaryEnv, "a/.clienteleignore": strings.Repeat("#\n", 1<<20) + ".env\n",
		"b/.env": canaryEnv, "b/.clienteleignore": strings.Repeat("none\n", 10_000) + ".env\n",
	})
	res := scan(t, discover.Options{}, dir)
	want(t, res, 2)
	for _, d := range []string{"a", "b"} {
		if reasonFor(res, d+"/.clienteleignore") == "" {
			t.Errorf("%s: nothing is said of the patterns that do not hold", d)
		}
	}
}

func TestHomePlaces(t *testing.T) {
	home, outside := t.TempDir(), t.TempDir()
	write(t, home, map[string]string{
		".aws/credentials": "x", ".npmrc": "x", "notes.txt": "x", "src/main.go": "x", ".config/gh/hosts.yml": "x", ".config/unknown/x": "x",
		"dotfiles/netrc": "x", "dotfiles/docker/config.json": "x", ".mozilla/firefox/p/cookies.sqlite": "x", "_netrc": "x",
	})
	write(t, outside, map[string]string{"secret": "x"})
	link(t, filepath.Join(home, "dotfiles/netrc"), filepath.Join(home, ".netrc"))
	link(t, "dotfiles/docker", filepath.Join(home, ".docker"))
	link(t, filepath.Join(outside, "secret"), filepath.Join(home, ".outside"))
	link(t, outside, filepath.Join(home, ".kube"))
	link(t, "none", filepath.Join(home, ".dangling"))
	var got []string
	for _, p := range discover.HomePlaces(home, false) {
		rel, _ := filepath.Rel(home, p)
		got = append(got, filepath.ToSlash(rel))
	}
	if want := []string{".aws", ".config/gh", ".docker", ".netrc", ".npmrc", "_netrc"}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if n := len(discover.HomePlaces(home, true)); n != len(got)+1 {
		t.Errorf("%d places with browsers, want %d", n, len(got)+1)
	}
	if got := discover.HomePlaces(filepath.Join(home, "none"), true); len(got) != 0 {
		t.Errorf("no home, but %q", got)
	}
}
