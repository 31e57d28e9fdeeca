package discover_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/discover"
)

// zipOf makes an archive of the given members, in order: name, content, name, content…
func zipOf(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err == nil {
			_, err = io.WriteString(w, members[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawZip makes an archive whose members say of themselves what their headers say.
func rawZip(t testing.TB, data []byte, headers ...zip.FileHeader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, h := range headers {
		w, err := z.CreateRaw(&h)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func deflated(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<16)
	for ; size > 0; size -= len(zeros) {
		_, _ = w.Write(zeros[:min(size, len(zeros))])
	}
	_ = w.Close()
	return b.Bytes()
}

func TestArchiveMembers(t *testing.T) {
	dir := t.TempDir()
	writeBytes(t, filepath.Join(dir, "export.zip"), zipOf(t,
		".env", canaryEnv, "../../up.env", canaryEnv, "/etc/abs.env", canaryEnv, `win\dir.env`, canaryEnv, "twice.env", canaryEnv, "twice.env", canaryEnv,
		"folder/", "", "main.go", "// "+canary, "new\nline.env", canaryEnv, "a/../../../b.env", canaryEnv))
	res := scan(t, discover.Options{}, dir)
	got := foundIn(res, canary)
	slices.Sort(got)
	wanted := []string{"export.zip!/.env", "export.zip!/b.env", "export.zip!/etc/abs.env", "export.zip!/new\nline.env", "export.zip!/twice.env", "export.zip!/up.env", "export.zip!/win/dir.env"}
	if got = slices.Compact(got); !slices.Equal(got, wanted) {
		t.Errorf("got  %q\nwant %q", got, wanted)
	}
}

func TestArchivesThatLie(t *testing.T) {
	small := deflated(t, 1000)
	bomb := deflated(t, 100<<20)
	good := ".env"
	for name, data := range map[string][]byte{
		"declares 10 GB":       rawZip(t, small, zip.FileHeader{Name: "x.env", Method: zip.Deflate, UncompressedSize64: 10 << 30, CompressedSize64: uint64(len(small))}),
		"declares less":        rawZip(t, bomb, zip.FileHeader{Name: "x.env", Method: zip.Deflate, UncompressedSize64: 10, CompressedSize64: uint64(len(bomb))}),
		"100 MB of zeros":      rawZip(t, bomb, zip.FileHeader{Name: "x.env", Method: zip.Deflate, UncompressedSize64: 100 << 20, CompressedSize64: uint64(len(bomb))}),
		"encrypted":            rawZip(t, small, zip.FileHeader{Name: "x.env", Method: zip.Deflate, Flags: 1, UncompressedSize64: 1000, CompressedSize64: uint64(len(small))}),
		"unknown method":       rawZip(t, small, zip.FileHeader{Name: "x.env", Method: 99, UncompressedSize64: 1000, CompressedSize64: uint64(len(small))}),
		"no directory":         zipOf(t, "x.env", canaryEnv)[:40],
		"directory cut":        zipOf(t, "x.env", strings.Repeat(canaryEnv, 10), "y.env", "z")[:100],
		"wrong checksum":       rawZip(t, []byte(canaryEnv), zip.FileHeader{Name: "x.env", Method: zip.Store, CRC32: 1, UncompressedSize64: uint64(len(canaryEnv)), CompressedSize64: uint64(len(canaryEnv))}),
		"only the first bytes": []byte("PK\x03\x04 and then nothing of the sort"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeBytes(t, filepath.Join(dir, "bad.zip"), data)
			write(t, dir, map[string]string{good: canaryEnv})
			var res *discover.Result
			peak := peakOf(func() { res = scan(t, discover.Options{}, dir) })
			want(t, res, 1)
			if len(res.Unreadable) != 1 || !strings.Contains(res.Unreadable[0].Path, "bad.zip") {
				t.Errorf("reported: %v", res.Unreadable)
			}
			if peak > 150<<20 {
				t.Errorf("%d MiB of heap", peak>>20)
			}
		})
	}
}

// An archive of archives of archives, each small: what all of them unpack to together is
// bounded, not what each does.
func TestNestedArchivesShareTheirBounds(t *testing.T) {
	inner := zipOf(t, "0.txt", strings.Repeat("0", 15<<20), "1.txt", strings.Repeat("0", 15<<20), "2.txt", strings.Repeat("0", 15<<20), "3.txt", strings.Repeat("0", 15<<20))
	var members []string
	for i := range 200 {
		members = append(members, fmt.Sprintf("%d.zip", i), string(inner))
	}
	dir := t.TempDir()
	writeBytes(t, filepath.Join(dir, "42.zip"), zipOf(t, members...))
	writeBytes(t, filepath.Join(dir, "deep.zip"), zipOf(t, "a.zip", string(zipOf(t, "b.zip", string(zipOf(t, ".env", canaryEnv)), ".env", canaryEnv))))
	unpacked := int64(0)
	d := clientele.Decoder{Name: "count", Paths: []string{"*.txt"}, Decode: func(f clientele.File) ([]clientele.Part, error) {
		unpacked += int64(len(f.Data))
		return nil, nil
	}}
	start := time.Now()
	res := scan(t, discover.Options{Decoders: []clientele.Decoder{d}, Workers: 1}, dir)
	t.Logf("%d MiB in %v", unpacked>>20, time.Since(start))
	if unpacked > discover.MaxUnpacked {
		t.Errorf("%d MiB were unpacked, want %d at most", unpacked>>20, discover.MaxUnpacked>>20)
	}
	if r := reasonFor(res, "42.zip"); r == "" && !slices.ContainsFunc(res.Unreadable, func(u discover.Unreadable) bool { return strings.Contains(u.Path, "42.zip") }) {
		t.Error("nothing is said of it")
	}
	want(t, res, 1) // of deep.zip, that in the second archive
	if r := reasonFor(res, "deep.zip!/a.zip!/b.zip"); r == "" {
		t.Errorf("the third archive is not reported: %v", res.Unreadable)
	}
}

func TestArchiveWithManyMembers(t *testing.T) {
	for _, n := range []int{10_000, 100_000} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			w, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i, ".env"), Method: zip.Store, UncompressedSize64: uint64(len(canaryEnv)), CompressedSize64: uint64(len(canaryEnv)), CRC32: 0})
			if err == nil {
				_, err = io.WriteString(w, canaryEnv)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		writeBytes(t, filepath.Join(dir, "many.zip"), b.Bytes())
		var res *discover.Result
		peak := peakOf(func() { res = scan(t, discover.Options{NoGit: true}, dir) })
		t.Logf("%d members: %v, %d MiB", n, res.Duration, peak>>20)
		if len(foundIn(res, canary)) > discover.MaxMembers || reasonFor(res, "many.zip") == "" {
			t.Errorf("%d members read, reported as %q", len(foundIn(res, canary)), reasonFor(res, "many.zip"))
		}
		if peak > 200<<20 {
			t.Errorf("%d MiB of heap", peak>>20)
		}
	}
}

// All members are one and the same piece of compressed data.
func TestArchiveWithOverlappingMembers(t *testing.T) {
	data := deflated(t, 15<<20)
	b := rawZip(t, data, zip.FileHeader{Name: "x.txt", Method: zip.Deflate, UncompressedSize64: 15 << 20, CompressedSize64: uint64(len(data))})
	end := bytes.LastIndex(b, []byte("PK\x05\x06"))
	dir := bytes.LastIndex(b[:end], []byte("PK\x01\x02"))
	one := b[dir:end]
	const n = 1000
	overlapping := slices.Concat(b[:dir], bytes.Repeat(one, n), b[end:])
	e := overlapping[len(overlapping)-22:]
	binary.LittleEndian.PutUint16(e[8:], n)
	binary.LittleEndian.PutUint16(e[10:], n)
	binary.LittleEndian.PutUint32(e[12:], uint32(n*len(one)))
	tree := t.TempDir()
	writeBytes(t, filepath.Join(tree, "overlap.zip"), overlapping)
	unpacked := int64(0)
	d := clientele.Decoder{Name: "count", Paths: []string{"*.txt"}, Decode: func(f clientele.File) ([]clientele.Part, error) {
		unpacked += int64(len(f.Data))
		return nil, nil
	}}
	res := scan(t, discover.Options{Decoders: []clientele.Decoder{d}, Workers: 1}, tree)
	if unpacked > discover.MaxUnpacked || len(res.Unreadable) == 0 {
		t.Errorf("%d MiB unpacked; reported %v", unpacked>>20, res.Unreadable)
	}
}

// A decoder sees the other members, and nothing else.
func TestSiblingsInAnArchive(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"beside.key": "outside"})
	writeBytes(t, filepath.Join(dir, "a.zip"), zipOf(t, "d/a.trap", "x", "d/beside.key", "inside", "up.key", "up", "d/e/", ""))
	d := trap(func(f clientele.File) ([]clientele.Part, error) {
		for name, want := range map[string]string{"beside.key": "inside", "../up.key": "up", "none": "", "../../beside.key": "", "/etc/hostname": "", "e": "", "": "", ".": "", "../..": ""} {
			b, err := f.Sibling(name)
			if string(b) != want || (err == nil) != (want != "") {
				t.Errorf("%q: got %q, %v; want %q", name, b, err, want)
			}
		}
		return []clientele.Part{slotPart("p", canary)}, nil
	})
	want(t, scan(t, discover.Options{Decoders: []clientele.Decoder{d}}, dir), 1)
}
