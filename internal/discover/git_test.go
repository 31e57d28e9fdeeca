package discover_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/discover"
)

// git runs git in dir as the given author ("Ada <ada@acme.io>").
func git(t *testing.T, dir, author string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	name, email, _ := strings.Cut(strings.TrimSuffix(author, ">"), " <")
	cmd := exec.Command("git", append([]string{"-c", "user.name=" + name, "-c", "user.email=" + email, "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

const (
	ada = "Ada <ada@acme.io>"
	bob = "Bob <bob@acme.io>"
)

// repo makes a repository with the files committed by Ada.
func repo(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, ada, "init", "-q")
	write(t, dir, files)
	git(t, dir, ada, "add", "-A")
	git(t, dir, ada, "commit", "-q", "-m", "first")
	return dir
}

func only(t *testing.T, res *discover.Result) *clientele.Client {
	t.Helper()
	if len(res.Clients) != 1 {
		for _, c := range res.Clients {
			t.Logf("%s %s %q", c.Tool, c.Name, c.Files)
		}
		t.Fatalf("%d clients, want one; unreadable: %v", len(res.Clients), res.Unreadable)
	}
	return res.Clients[0]
}

func owner(c *clientele.Client, who string) clientele.Owner {
	for _, o := range c.Owners {
		if o.Who == who {
			return o
		}
	}
	return clientele.Owner{}
}

func syncOf(c *clientele.Client, mode clientele.SyncMode) clientele.Sync {
	for _, s := range c.Sync {
		if s.Mode == mode {
			return s
		}
	}
	return clientele.Sync{}
}

func has(res *discover.Result, rule clientele.RuleID) bool {
	return slices.ContainsFunc(res.Findings, func(f clientele.Finding) bool { return f.Rule == rule })
}

func TestOwnersFromGit(t *testing.T) {
	dir := repo(t, map[string]string{
		"app/.env": "HOST=x\n", "other.txt": "x",
		".github/CODEOWNERS": "# owners\n* @acme/everybody\n[Section] @acme/none\napp/ @acme/shop eve@acme.io\n",
	})
	write(t, dir, map[string]string{"app/.env": "HOST=x\n" + canaryEnv})
	git(t, dir, bob, "commit", "-q", "-am", "token")
	write(t, dir, map[string]string{"app/.env": "HOST=y\n" + canaryEnv})
	git(t, dir, ada, "commit", "-q", "-am", "host")
	check := func(t *testing.T, c *clientele.Client) {
		t.Helper()
		for who, evidence := range map[string][]string{
			"Ada <ada@acme.io>": {"2 of 3 commits"}, "Bob <bob@acme.io>": {"1 of 3 commits", "wrote .env line"}, "@acme/shop": {".github/CODEOWNERS line 4", "app/"}, "eve@acme.io": {".github/CODEOWNERS line 4"},
		} {
			for _, e := range evidence {
				if o := owner(c, who); !strings.Contains(o.Evidence, e) {
					t.Errorf("%s: evidence %q, want %q", who, o.Evidence, e)
				}
			}
		}
		if o := owner(c, "@acme/everybody"); o.Who != "" {
			t.Error("a rule that is overruled counts:", o)
		}
		if owner(c, "@acme/shop").Kind != clientele.TeamOwner || owner(c, ada).Kind != clientele.PersonOwner {
			t.Errorf("kinds of owner: %+v", c.Owners)
		}
	}
	t.Run("from the root", func(t *testing.T) { check(t, only(t, scan(t, discover.Options{}, dir))) })
	t.Run("from a folder of it", func(t *testing.T) { check(t, only(t, scan(t, discover.Options{}, filepath.Join(dir, "app")))) })
	t.Run("from a file of it", func(t *testing.T) { check(t, only(t, scan(t, discover.Options{}, filepath.Join(dir, "app/.env")))) })
	t.Run("lines were added above", func(t *testing.T) {
		write(t, dir, map[string]string{"app/.env": "# one\n# two\nHOST=y\n" + canaryEnv})
		check(t, only(t, scan(t, discover.Options{}, dir)))
	})
	t.Run("a linked working tree", func(t *testing.T) {
		linked := filepath.Join(t.TempDir(), "linked")
		git(t, dir, ada, "worktree", "add", "-q", linked)
		c := only(t, scan(t, discover.Options{}, linked))
		check(t, c)
		if s := syncOf(c, clientele.SyncGit); s.Detail != "tracked" {
			t.Errorf("synced as %+v", c.Sync)
		}
	})
	t.Run("git is not asked", func(t *testing.T) {
		if c := only(t, scan(t, discover.Options{NoGit: true}, dir)); len(c.Owners) > 0 {
			t.Errorf("owners: %v", c.Owners)
		}
	})
}

func TestTrackedAndUntracked(t *testing.T) {
	dir := repo(t, map[string]string{"a/.env": canaryEnv, ".gitignore": "b/\n"})
	res := scan(t, discover.Options{}, dir)
	if c := only(t, res); syncOf(c, clientele.SyncGit) != (clientele.Sync{Mode: clientele.SyncGit, Where: "no remote", Detail: "tracked"}) || !has(res, "tracked-secret") {
		t.Errorf("%+v, %v", c.Sync, res.Findings)
	}
	git(t, dir, ada, "mv", "a/.env", "x.env")
	git(t, dir, ada, "rm", "-q", "--cached", "x.env")
	res = scan(t, discover.Options{}, dir)
	if c := only(t, res); syncOf(c, clientele.SyncGit).Detail != "not tracked" || has(res, "tracked-secret") {
		t.Errorf("%+v, %v", c.Sync, res.Findings)
	}
}

func TestRemoteIsShownWithoutUser(t *testing.T) {
	for remote, want := range map[string]string{
		"https://svc:" + canary + "@git.acme.io/team/x.git":          "https://git.acme.io/team/x.git",
		"https://" + canary + "@git.acme.io/team/x.git":              "https://git.acme.io/team/x.git",
		"https://svc:pa%ss" + canary + "@git.acme.io/x":              "https://git.acme.io/x",
		"https://svc:pa/ss" + canary + "@git.acme.io/x":              "https://git.acme.io/x",
		"https://svc:p@ss" + canary + "@git.acme.io/x":               "https://git.acme.io/x",
		"https://svc:p ss" + canary + "@git.acme.io/x":               "https://git.acme.io/x",
		"https://git.acme.io/x?token=" + canary + "#" + canary:       "https://git.acme.io/x",
		"svc:" + canary + "@git.acme.io/x":                           "git.acme.io/x",
		"git@git.acme.io:team/x.git":                                 "git.acme.io:team/x.git",
		"ssh://git:" + canary + "@git.acme.io:2222/x.git":            "ssh://git.acme.io:2222/x.git",
		"ext::sh -c 'TOKEN=" + canary + " ssh git@git.acme.io %S x'": "ext::…",
		"https://git.acme.io/@scope/x.git":                           "https://git.acme.io/@scope/x.git",
		"https://git.acme.io:8443/@scope/x.git":                      "https://git.acme.io:8443/@scope/x.git",
		"/srv/git/a@b/x.git":                                         "/srv/git/a@b/x.git",
		"../x.git":                                                   "../x.git",
	} {
		got := discover.WithoutUser(remote)
		if got != want {
			t.Errorf("%s: got %s, want %s", remote, got, want)
		}
		if strings.Contains(got, canary) {
			t.Errorf("%s is shown", got)
		}
	}
}

func TestSlugIsTheSameForEveryProtocol(t *testing.T) {
	for _, remote := range []string{"https://git.acme.io/team/x.git", "https://ada@GIT.acme.io/team/x", "git@git.acme.io:team/x.git", "ssh://git@git.acme.io:2222/team/x.git/", "ssh://git@git.acme.io/team/x", "https://git.acme.io:443/team/x.git"} {
		dir := t.TempDir()
		write(t, dir, map[string]string{".git/config": "[Remote \"fork\"]\n\turl = https://git.acme.io/fork\n[remote \"origin\"]\n\tURL = \"" + remote + "\"\n"})
		if got := discover.Slug(dir); got != "git.acme.io/team/x" {
			t.Errorf("%s: %s", remote, got)
		}
	}
}

// One repository, cloned twice, and once as a submodule: its clients are the same.
func TestClonesHaveTheSameClients(t *testing.T) {
	origin := repo(t, map[string]string{"app/.env": canaryEnv, "c.json": collection(2, 1)})
	ids := func(dir string) string {
		var all []string
		for _, c := range scan(t, discover.Options{}, dir).Clients {
			all = append(all, string(c.ID))
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	one, two, whole := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "elsewhere/two"), repo(t, map[string]string{"README": "x"})
	git(t, ".", ada, "clone", "-q", origin, one)
	git(t, ".", ada, "clone", "-q", origin, two)
	if a, b := ids(one), ids(two); a != b || a == "" {
		t.Errorf("%s\n%s", a, b)
	}
	git(t, whole, ada, "submodule", "--quiet", "add", origin, "sub")
	if a, b := ids(one), ids(whole); a != b {
		t.Errorf("as a submodule:\n%s\n%s", a, b)
	}
	if a, b := ids(one), ids(filepath.Join(one, "app")); !strings.Contains(a, b) || b == "" {
		t.Errorf("from a folder of it:\n%s\n%s", a, b)
	}
}

// A repository's configuration can name programs. None of them runs.
func TestHostileRepositoryRunsNothing(t *testing.T) {
	for name, c := range map[string]struct{ config, attributes string }{
		"fsmonitor":        {"[core]\n\tfsmonitor = PROGRAM\n", ""},
		"ssh":              {"[core]\n\tsshCommand = PROGRAM\n[remote \"origin\"]\n\turl = ssh://git@h.acme.io/x\n\tpromisor = true\n", ""},
		"hooks":            {"[core]\n\thooksPath = FOLDER\n", ""},
		"pager":            {"[core]\n\tpager = PROGRAM\n[pager]\n\tlog = PROGRAM\n\tblame = PROGRAM\n\tls-files = PROGRAM\n", ""},
		"external diff":    {"[diff]\n\texternal = PROGRAM\n", ""},
		"diff driver":      {"[diff \"evil\"]\n\tcommand = PROGRAM\n\ttextconv = PROGRAM\n", "* diff=evil\n"},
		"textconv, cached": {"[diff \"evil\"]\n\ttextconv = PROGRAM\n\tcachetextconv = true\n", "* diff=evil\n"},
		"clean filter":     {"[filter \"evil\"]\n\tclean = PROGRAM\n\tsmudge = PROGRAM\n\trequired = true\n", "* filter=evil\n"},
		"filter process":   {"[filter \"evil\"]\n\tprocess = PROGRAM\n\trequired = true\n", "* filter=evil\n"},
		"signatures":       {"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = PROGRAM\n[gpg \"ssh\"]\n\tprogram = PROGRAM\n[gpg \"x509\"]\n\tprogram = PROGRAM\n", ""},
		"aliases":          {"[alias]\n\tlog = !PROGRAM\n\tblame = !PROGRAM\n\tls-files = !PROGRAM\n\tcat-file = !PROGRAM\n", ""},
		"editor, askpass":  {"[core]\n\teditor = PROGRAM\n\taskPass = PROGRAM\n\tgitProxy = PROGRAM\n\talternateRefsCommand = PROGRAM\n[credential]\n\thelper = !PROGRAM\n[sequence]\n\teditor = PROGRAM\n", ""},
		"trailers":         {"[trailer \"x\"]\n\tcommand = PROGRAM\n[format]\n\tpretty = %(trailers)\n[interactive]\n\tdiffFilter = PROGRAM\n[mergetool \"x\"]\n\tcmd = PROGRAM\n", ""},
		"included":         {"[include]\n\tpath = evil.inc\n", "* filter=evil\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, marker, program := hostile(t)
			appendTo(t, filepath.Join(dir, ".git/config"), named(program).Replace(c.config))
			writeBytes(t, filepath.Join(dir, ".git/evil.inc"), []byte("[filter \"evil\"]\n\tclean = "+program+"\n[core]\n\tfsmonitor = "+program+"\n"))
			writeBytes(t, filepath.Join(dir, ".git/info/attributes"), []byte(c.attributes))
			writeBytes(t, filepath.Join(dir, ".gitattributes"), []byte(c.attributes))
			appendTo(t, filepath.Join(dir, ".env"), "# changed since\n")
			check(t, dir, marker)
		})
	}
	for name, url := range map[string]string{"remote helper": "ext::PROGRAM", "local remote": "FOLDER/none.git"} {
		t.Run("missing objects, "+name, func(t *testing.T) { // git fetches what a partial clone lacks
			dir, marker, program := hostile(t)
			head, err := os.ReadFile(filepath.Join(dir, ".git/refs/heads/main"))
			if err != nil {
				t.Fatal(err)
			}
			objects, _ := filepath.Glob(filepath.Join(dir, ".git/objects/??/*"))
			for _, o := range objects { // all but the commit
				if name := filepath.Base(filepath.Dir(o)) + filepath.Base(o); name != strings.TrimSpace(string(head)) {
					if err := os.Remove(o); err != nil {
						t.Fatal(err)
					}
				}
			}
			appendTo(t, filepath.Join(dir, ".git/config"), named(program).Replace("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tpartialClone = origin\n[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[protocol \"file\"]\n\tallow = always\n[remote \"origin\"]\n\turl = "+url+"\n\tpromisor = true\n\tuploadpack = PROGRAM\n"))
			if _, err := os.Stat(marker); err == nil {
				t.Fatal("the marker is there already")
			}
			scan(t, discover.Options{}, dir)
			if _, err := os.Stat(marker); err == nil {
				t.Error("the program ran")
			}
		})
	}
}

func named(program string) *strings.Replacer {
	return strings.NewReplacer("PROGRAM", program, "FOLDER", filepath.Dir(program))
}

// hostile makes a repository and a program that leaves a marker when it runs.
func hostile(t *testing.T) (dir, marker, program string) {
	t.Helper()
	dir = repo(t, map[string]string{".env": canaryEnv, "b.txt": "x\n"})
	bin := t.TempDir()
	marker, program = filepath.Join(bin, "ran"), filepath.Join(bin, "evil")
	for _, name := range []string{"evil", "post-index-change", "pre-commit", "fsmonitor-watchman", "post-checkout", "reference-transaction"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho \"$0 $@\" >> "+marker+"\ncat\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, marker, program
}

func check(t *testing.T, dir, marker string) {
	t.Helper()
	res := scan(t, discover.Options{}, dir)
	if b, err := os.ReadFile(marker); err == nil {
		t.Errorf("the program ran: %s", b)
	}
	for _, c := range res.Clients {
		if o := owner(c, ada); c.Tool == "dotenv" && (!strings.Contains(o.Evidence, "1 of 1 commits") || !strings.Contains(o.Evidence, "wrote .env line 1")) {
			t.Errorf("git was not asked: %+v", c.Owners)
		}
	}
}

func appendTo(t *testing.T, name, text string) {
	t.Helper()
	b, _ := os.ReadFile(name)
	writeBytes(t, name, append(b, text...))
}

// A folder that only looks like a repository is none, and the one around it is not asked in
// its place.
func TestRepositoryThatIsNone(t *testing.T) {
	dir := repo(t, map[string]string{"sub/.env": canaryEnv})
	write(t, dir, map[string]string{"sub/.git/config": "[core]\n\tbare = maybe\n[remote \"origin\"]\n\turl = https://x.acme.io/y\n"})
	c := only(t, scan(t, discover.Options{}, dir))
	if len(c.Owners) > 0 || syncOf(c, clientele.SyncGit).Detail != "" {
		t.Errorf("owners %v, sync %v", c.Owners, c.Sync)
	}
}

func TestRepositoryWithOddNames(t *testing.T) {
	files := map[string]string{}
	for _, n := range []string{"new\nline.env", "qu\"ote.env", "ünïcode.env", ":(glob)x.env", "-n.env", "a b.env", "*.env", "HEAD.env"} {
		files[n] = canaryEnv
	}
	dir := repo(t, files)
	res := scan(t, discover.Options{}, dir)
	want(t, res, len(files))
	for _, c := range res.Clients { // one, or one a file
		commits := fmt.Sprintf("%[1]d of %[1]d commits", len(c.Files))
		if o := owner(c, ada); !strings.Contains(o.Evidence, commits) || !strings.Contains(o.Evidence, "wrote ") {
			t.Errorf("%q: %+v", c.Files, c.Owners)
		}
	}
}

// Names of authors are chosen by anybody.
func TestAuthorsAreMadePrintable(t *testing.T) {
	dir := repo(t, map[string]string{"x": "x"})
	write(t, dir, map[string]string{".env": canaryEnv})
	git(t, dir, ada, "add", "-A")
	git(t, dir, "E\x1b[31mve \u202e\x01 <eve@acme.io>", "commit", "-q", "-m", "x")
	for _, o := range only(t, scan(t, discover.Options{}, dir)).Owners {
		if strings.ContainsAny(o.Who, "\x1b\x01\u202e") {
			t.Errorf("%q", o.Who)
		}
	}
}
