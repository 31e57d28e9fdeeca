package discover

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/clientele/clientele"
)

// Bounds on what an archive may unpack to.
const (
	maxArchiveFiles = 2000
	maxArchiveBytes = 64 << 20
	maxMemberBytes  = 16 << 20
	maxEntries      = 50_000 // in a directory, read or not
)

// programText are kinds of files that are not unpacked: archives of source code are many
// and large, and what is exported from a client is data.
var programText = map[string]bool{".go": true, ".js": true, ".mjs": true, ".cjs": true, ".ts": true, ".tsx": true, ".jsx": true, ".py": true, ".rb": true, ".java": true, ".kt": true, ".scala": true, ".c": true, ".h": true, ".cc": true, ".cpp": true, ".hpp": true, ".cs": true, ".rs": true, ".swift": true,
	".php": true, ".pl": true, ".s": true, ".html": true, ".css": true, ".scss": true, ".svg": true, ".png": true, ".jpg": true, ".gif": true, ".ico": true, ".woff": true, ".woff2": true, ".ttf": true, ".so": true, ".dll": true, ".exe": true, ".class": true, ".a": true, ".o": true, ".map": true, ".mod": true, ".sum": true}

// archive reports whether a file is one that is unpacked: a zip by its first bytes, unless
// its name says that it is a program or a document.
func archive(data []byte, name string) bool {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return false
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".jar", ".war", ".ear", ".apk", ".aar", ".ipa", ".whl", ".egg", ".nupkg", ".vsix", ".xpi", ".crx", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".pbix":
		return false
	}
	return true
}

// unpack reads the files of a zip archive, within bounds. Their paths are those of the
// archive, "!", and the member's name.
func (r *reader) unpack(data []byte, in input) {
	u := unpacker{reader: r, left: maxArchiveBytes, files: maxArchiveFiles}
	u.unpack(data, in)
}

// unpacker reads one archive and those within it, under bounds that hold for all of them
// together.
type unpacker struct {
	*reader
	left  int64 // bytes that may still be unpacked
	files int   // members that may still be looked at
	alone bool  // largeMember is held, for an archive around
}

// largeMember is held while a member larger than a reader's buffer is in memory: the process
// unpacks one at a time, whatever the number of readers. It is taken after scan.large.
var largeMember sync.Mutex

var errTooMuch = &clientele.Error{Kind: clientele.Limit, Msg: "the archive unpacks to more than is read"}

func (u *unpacker) unpack(data []byte, in input) {
	if in.nesting == maxNesting {
		u.fail(in.path, errors.New("an archive in an archive in an archive is not read"))
		return
	}
	if bytes.Count(data, []byte("PK\x01\x02")) > maxEntries { // the library keeps some 300 bytes of each
		u.fail(in.path, errTooMuch)
		return
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		u.fail(in.path, fmt.Errorf("not a readable zip archive: %w", err))
		return
	}
	for _, f := range z.File {
		if !f.Mode().IsRegular() || programText[strings.ToLower(path.Ext(f.Name))] {
			continue
		}
		if u.files--; u.files < 0 || u.left <= 0 {
			u.fail(in.path, errTooMuch)
			return
		}
		name := in.path + "!/" + strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/")
		b, err := u.member(f)
		if err != nil {
			u.fail(name, err)
			continue
		}
		u.content(b, input{path: name, mode: in.mode, nesting: in.nesting + 1, sibling: u.siblings(z, f.Name)})
	}
}

// content reads a member.
func (u *unpacker) content(b []byte, in input) {
	if len(b) > bufferSize && !u.alone {
		largeMember.Lock()
		u.alone = true
		defer func() {
			u.alone = false
			largeMember.Unlock()
		}()
	}
	if archive(b, in.path) {
		u.unpack(b, in)
		return
	}
	u.reader.content(b, in)
}

// member reads one file of an archive, whatever its header says of its size. What it
// unpacks to counts, wanted or not.
func (u *unpacker) member(f *zip.File) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, errors.New("encrypted: not read")
	}
	limit := min(u.left, maxMemberBytes)
	if f.UncompressedSize64 > uint64(limit) {
		return nil, &clientele.Error{Kind: clientele.Limit, Msg: "unpacks to more than is read"}
	}
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	b, err := io.ReadAll(io.LimitReader(rc, limit+1))
	u.left -= int64(len(b))
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > limit:
		return nil, &clientele.Error{Kind: clientele.Limit, Msg: "unpacks to more than is read"}
	}
	return b, nil
}

// siblings gives a decoder the other members of the archive.
func (u *unpacker) siblings(z *zip.Reader, name string) func(string) ([]byte, error) {
	return func(rel string) ([]byte, error) {
		want := path.Join(path.Dir(name), rel)
		for _, f := range z.File {
			if f.Name == want && f.Mode().IsRegular() {
				if u.left <= 0 {
					return nil, errTooMuch
				}
				return u.member(f)
			}
		}
		return nil, fs.ErrNotExist
	}
}
