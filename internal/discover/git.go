package discover

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clientele/clientele/internal/doc"
	"github.com/clientele/clientele/internal/fingerprint"
	"github.com/clientele/clientele/internal/safefile"
	"github.com/hmarr/codeowners"
)

// repository is a git working tree that a scan came across.
type repository struct {
	root string

	once   sync.Once // guards remote
	remote string    // URL of origin, or of the first remote; without userinfo

	asked   bool // git answered
	tracked map[string]bool
	authors map[string]map[author]int // by file: commits of each author
	blamed  map[string]author         // by file and line
	owners  codeowners.Ruleset
	ownersF string // the CODEOWNERS file, from root
}

type author struct{ name, email string }

// newAuthor keeps what would act on a terminal out of names, which anybody can choose.
func newAuthor(name, email string) author {
	return author{strings.Map(fingerprint.Printable, strings.ToValidUTF8(name, "·")), strings.Map(fingerprint.Printable, strings.ToValidUTF8(email, "·"))}
}

func (a author) String() string {
	if a.email == "" {
		return a.name
	}
	return a.name + " <" + a.email + ">"
}

// Remote is the repository's home, read from its configuration. Userinfo in it is dropped:
// the decoder of .git/config reports what is secret there.
func (r *repository) Remote() string {
	r.once.Do(func() {
		b, err := safefile.Read(filepath.Join(r.commonDir(), "config"), 1<<20)
		if err != nil {
			return
		}
		for _, s := range doc.INI(b).Fields() {
			kind, name, _ := strings.Cut(s.Key, " ")
			u := strings.Trim(s.Fold("url").Str(), `"`)
			if strings.EqualFold(kind, "remote") && u != "" && (r.remote == "" || name == `"origin"`) {
				r.remote = withoutUser(u)
			}
		}
	})
	return r.remote
}

// commonDir is the folder with the repository's configuration. In a linked working tree and
// in a submodule .git is a file that says where it is.
func (r *repository) commonDir() string {
	root := filepath.FromSlash(r.root)
	dir := filepath.Join(root, ".git")
	if b, err := safefile.Read(dir, 4<<10); err == nil {
		to, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "gitdir: ")
		if !ok {
			return dir
		}
		dir = against(root, to)
	}
	if b, err := safefile.Read(filepath.Join(dir, "commondir"), 4<<10); err == nil {
		dir = against(dir, strings.TrimSpace(string(b)))
	}
	return dir
}

// against is a path that may be relative to a folder.
func against(dir, p string) string {
	if p = filepath.FromSlash(p); filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}

// withoutUser drops what may be secret from a remote's URL: userinfo, query and fragment,
// and the command of a transport that runs one. It reads URLs that are wrong, too: those
// are the ones that hold an unescaped password.
func withoutUser(remote string) string {
	if helper, _, ok := strings.Cut(remote, "::"); ok && !strings.ContainsAny(helper, "/@[") {
		return helper + "::…"
	}
	scheme, rest, ok := strings.Cut(remote, "://")
	if !ok {
		scheme, rest = "", remote
	} else {
		scheme += "://"
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	head, _, _ := strings.Cut(rest, "/")
	_, port, colon := strings.Cut(head, ":")
	switch at := strings.LastIndexByte(rest, '@'); {
	case at < 0:
	case strings.Contains(head, "@"):
		rest = rest[strings.LastIndexByte(head, '@')+1:]
	case scheme != "" && colon && strings.Trim(port, "0123456789") != "": // a password with a slash
		rest = rest[at+1:]
	}
	return scheme + rest
}

// slug names the repository alike on every machine and for every protocol: host and path of
// its remote, or the name of its folder.
func (r *repository) slug() string {
	u := r.Remote()
	if u == "" {
		return path.Base(r.root)
	}
	sep := ":"
	if _, rest, ok := strings.Cut(u, "://"); ok {
		u, sep = rest, "/"
	}
	host, p, ok := strings.Cut(u, sep)
	if !ok || strings.Contains(host, "/") { // a folder
		host, p = "", u
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host) + "/" + strings.TrimSuffix(strings.Trim(p, "/"), ".git")
}

// Bounds on what git is asked about one repository.
const (
	maxCommits  = 2000
	maxBlames   = 20
	maxGitBytes = 64 << 20

	maxBlameBytes = 8 << 20 // of a file whose lines are looked for
)

// git runs a read-only command in the repository. A repository may come from anybody, and
// its configuration can name programs: none of those that these commands would run is left
// switched on, nothing of the user's or the system's configuration is read, and nothing is
// fetched or written. Commands that look at the working tree's files are not used at all:
// they run the filters that .gitattributes names, and nothing switches those off.
func (r *repository) git(ctx context.Context, args ...string) ([]byte, error) {
	root := filepath.FromSlash(r.root)
	off := []string{
		"--no-pager", "--no-replace-objects", "-C", root, "--git-dir=" + filepath.Join(root, ".git"), "--work-tree=" + root,
		"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.sshCommand=false", "-c", "core.pager=cat",
		"-c", "diff.external=", "-c", "core.attributesFile=" + os.DevNull, "-c", "log.showSignature=false", "-c", "gpg.program=false",
		"-c", "diff.relative=false", "-c", "log.follow=false", "-c", "i18n.logOutputEncoding=UTF-8",
		"-c", "safe.directory=" + root,
	}
	cmd := exec.CommandContext(ctx, "git", append(off, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ATTR_NOSYSTEM=1", "GIT_ASKPASS=false", "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"GIT_ALLOW_PROTOCOL=none", // older gits do not know GIT_NO_LAZY_FETCH, and protocol.allow yields to protocol.ext.allow
	}
	cmd.WaitDelay = time.Second
	var out limited
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		return nil, err
	}
	return out.Bytes(), nil
}

// limited is a buffer that takes no more than maxGitBytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > maxGitBytes {
		return 0, fmt.Errorf("more output than is read")
	}
	return l.Buffer.Write(b)
}

// ask finds out which files are tracked and who changed the given ones, paths from root.
func (r *repository) ask(ctx context.Context, limit time.Duration, files []string, lines []blameLine) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := r.git(ctx, "ls-files", "-z")
	if err != nil {
		return
	}
	r.asked, r.tracked = true, map[string]bool{}
	for _, f := range strings.Split(string(out), "\x00") {
		r.tracked[f] = true
	}
	var own []string
	for _, f := range files {
		if r.tracked[f] && len(own) < 500 {
			own = append(own, ":(literal)"+f)
		}
	}
	r.loadOwners()
	if len(own) > 0 {
		r.log(ctx, own)
		r.blame(ctx, lines)
	}
}

func (r *repository) log(ctx context.Context, files []string) {
	args := append([]string{"log", "--no-ext-diff", "--no-textconv", "--no-merges", "-n", strconv.Itoa(maxCommits), "--name-only", "-z", "--format=%x01%an%x02%ae%x03", "--"}, files...)
	out, err := r.git(ctx, args...)
	if err != nil {
		return
	}
	r.authors = map[string]map[author]int{}
	for _, commit := range strings.Split(string(out), "\x01")[1:] {
		head, names, _ := strings.Cut(commit, "\x03")
		name, email, _ := strings.Cut(head, "\x02")
		who := newAuthor(name, email)
		for _, f := range strings.Split(names, "\x00") {
			if f = strings.Trim(f, "\n"); f != "" {
				if r.authors[f] == nil {
					r.authors[f] = map[author]int{}
				}
				r.authors[f][who]++
			}
		}
	}
}

// blameLine is a line whose author is asked for.
type blameLine struct {
	file string // from root
	line int
}

func (b blameLine) key() string { return b.file + ":" + strconv.Itoa(b.line) }

// blame asks who wrote lines. Git is asked about the last commit, as it would run filters on
// the working tree's files; a line that was moved since is found there by its text.
func (r *repository) blame(ctx context.Context, lines []blameLine) {
	r.blamed = map[string]author{}
	var file string
	var work, head []string // its lines, in the working tree and in the commit
	asked := 0
	for _, l := range lines {
		if !r.tracked[l.file] || l.line == 0 {
			continue
		}
		if asked++; asked > maxBlames || ctx.Err() != nil {
			return
		}
		if l.file != file {
			file, work, head = l.file, r.workLines(l.file), nil
			if len(work) > 0 {
				head = r.headLines(ctx, l.file)
			}
		}
		n := committedLine(work, head, l.line)
		if n == 0 {
			continue
		}
		at := strconv.Itoa(n)
		out, err := r.git(ctx, "blame", "--no-textconv", "--porcelain", "-L", at+","+at, "HEAD", "--", l.file)
		if err != nil {
			continue
		}
		if a := blamedOn(string(out)); a.name != "" {
			r.blamed[l.key()] = a
		}
	}
}

func (r *repository) workLines(file string) []string {
	b, err := safefile.Read(filepath.Join(filepath.FromSlash(r.root), filepath.FromSlash(file)), maxBlameBytes)
	if err != nil {
		return nil
	}
	return textLines(b)
}

func (r *repository) headLines(ctx context.Context, file string) []string {
	b, err := r.git(ctx, "cat-file", "blob", "HEAD:"+file)
	if err != nil {
		return nil
	}
	return textLines(b)
}

func textLines(b []byte) []string {
	text, _ := safefile.UTF8(b)
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// committedLine is the line of the commit, from 1, that has the text of line n of the
// working tree; 0 if none has, or several and not that of the same number.
func committedLine(work, head []string, n int) int {
	if n > len(work) {
		return 0
	}
	text := work[n-1]
	if n <= len(head) && head[n-1] == text {
		return n
	}
	found := 0
	for i, l := range head {
		if l == text {
			if found > 0 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

// blamedOn reads the author from what blame says of one line.
func blamedOn(porcelain string) author {
	var name, email string
	for _, line := range strings.Split(porcelain, "\n") {
		if strings.HasPrefix(line, "\t") { // the line itself
			break
		}
		if v, ok := strings.CutPrefix(line, "author "); ok {
			name = v
		}
		if v, ok := strings.CutPrefix(line, "author-mail "); ok {
			email = strings.Trim(v, "<>")
		}
	}
	return newAuthor(name, email)
}

// loadOwners reads the repository's CODEOWNERS, from the first of the places where the
// forges look. Lines that are none of its grammar (GitLab's sections) are passed over.
func (r *repository) loadOwners() {
	for _, name := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"} {
		b, err := safefile.Read(filepath.Join(filepath.FromSlash(r.root), filepath.FromSlash(name)), 3<<20)
		if err != nil {
			continue
		}
		r.ownersF = name
		for i, line := range strings.Split(string(b), "\n") {
			rules, err := codeowners.ParseFile(strings.NewReader(line))
			if err != nil || len(rules) == 0 || len(line) > 1000 {
				continue
			}
			rules[0].LineNumber = i + 1
			r.owners = append(r.owners, rules[0])
		}
		return
	}
}
