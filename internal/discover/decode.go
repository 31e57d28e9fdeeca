package discover

import (
	"bytes"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/reading"
)

// decode offers a file to the decoders it called for, takes what they say apart, and adds
// what the engine found beyond that.
func (r *reader) decode(raw, text []byte, matches []detect.Match, in input) {
	parts := r.parts(raw, text, in)
	if len(parts) == 0 {
		r.keepLoose(text, matches, in, 1)
		return
	}
	x := reading.New(r.opts.Key, in.path, text)
	for _, p := range parts {
		x.Part(p, in.mode)
	}
	out := x.Finish(matches)
	r.mu.Lock()
	r.readings = append(r.readings, out...)
	r.mu.Unlock()
}

// parts asks the decoders that the file is offered to.
func (r *reader) parts(raw, text []byte, in input) (all []clientele.Part) {
	var valid []byte
	for i, want := range r.wanted {
		d := r.table.Decoder(i)
		if !want || d.Browser && !r.opts.Browser || !d.Binary && text == nil {
			continue
		}
		f := clientele.File{Path: in.path, Mode: in.mode, Sibling: in.sibling, Data: raw}
		if !d.Binary {
			if valid == nil {
				valid = bytes.ToValidUTF8(text, []byte("\uFFFD"))
			}
			f.Data = valid
		}
		parts, err := safely(d, f)
		if err != nil {
			r.fail(in.path, fmt.Errorf("as %s: %w", d.Name, err))
		}
		all = append(all, parts...)
	}
	return withoutGeneric(all)
}

// safely runs a decoder. Decoders do not panic; should one, a scan loses one file and says
// so.
func safely(d clientele.Decoder, f clientele.File) (parts []clientele.Part, err error) {
	defer func() {
		if p := recover(); p != nil {
			parts, err = nil, &clientele.Error{Kind: clientele.Internal, Msg: "the decoder failed on this file: please report it", Hint: where(debug.Stack())}
		}
	}()
	return d.Decode(f)
}

// where is the first place of this module on a stack: all of a panic that may be shown, as
// its value may hold a part of the file.
func where(stack []byte) string {
	for _, line := range strings.Split(string(stack), "\n") {
		if i := strings.Index(line, "/internal/codec/"); i >= 0 && strings.Contains(line, ".go:") {
			place, _, _ := strings.Cut(line[i+1:], " ")
			return place
		}
	}
	return ""
}

// notOurs are files whose contents are other people's: dependencies, lock files, generated
// and minified text. The engine's matches in them are no clients of anybody here.
func notOurs(name string) bool {
	base := path.Base(name)
	switch base {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "go.sum", "Cargo.lock", "composer.lock", "poetry.lock", "Pipfile.lock", "Gemfile.lock", "gradle.lockfile", "flake.lock", "bun.lock":
		return true
	}
	for _, suffix := range []string{".min.js", ".map", ".svg", ".min.css", ".snap", ".ipynb_checkpoints", ".lock"} {
		if strings.HasSuffix(base, suffix) {
			return true
		}
	}
	return strings.Contains(name, "/node_modules/") || strings.Contains(name, "/vendor/") && strings.HasSuffix(base, ".go") || strings.Contains(name, "/site-packages/")
}

// keepLoose keeps what is found in a file that no decoder claimed: the engine's matches, and
// addresses with a password in them. firstLine is the line at which text begins.
func (r *reader) keepLoose(text []byte, matches []detect.Match, in input, firstLine int) {
	if notOurs(in.path) {
		return
	}
	found := reading.Loose(r.opts.Key, in.path, text, matches, firstLine)
	if len(found) == 0 {
		return
	}
	r.mu.Lock()
	if len(r.loose) < maxLoose {
		r.loose = append(r.loose, found[:min(len(found), 1000)]...)
	}
	r.mu.Unlock()
}

// maxLoose bounds the secrets kept of files of no known format.
const maxLoose = 100_000

// withoutGeneric drops what the reader of .env files said of a file if another decoder
// understood it too.
func withoutGeneric(all []clientele.Part) []clientele.Part {
	generic := func(p clientele.Part) bool { return p.Tool == "dotenv" }
	if slices.ContainsFunc(all, func(p clientele.Part) bool { return !generic(p) }) {
		return slices.DeleteFunc(all, generic)
	}
	return all
}

func countLines(b []byte) int { return bytes.Count(b, []byte{'\n'}) }
