package tlog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"
)

// MaxCheckpoint is the largest signed checkpoint that is read, in bytes. There is room for the
// 16 signatures of 5 kB each that c2sp.org/signed-note asks for.
const MaxCheckpoint = 128 << 10

// Checkpoint says which tree a log has: the text that c2sp.org/tlog-checkpoint defines.
type Checkpoint struct {
	Origin    string // names the log, one line
	Size      int64  // of the tree, in leaves
	Root      Hash   // of the tree
	Extension string // further lines, each ended by a newline; usually none, and opaque
}

// Text is the checkpoint as text, to be signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s", c.Origin, c.Size, c.Root, c.Extension)
}

// ParseCheckpoint reads the text of a checkpoint, without signatures. What it accepts is
// what Text writes, byte for byte.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(text) > MaxCheckpoint || len(lines) < 4 || lines[0] == "" || !plain(text) {
		return Checkpoint{}, invalid("this is no checkpoint: it needs an origin, a size and a root, a line each")
	}
	size, err := ParseSize(lines[1])
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	ext := lines[3]
	if ext != "" && (!strings.HasSuffix(ext, "\n") || strings.HasPrefix(ext, "\n") || strings.Contains(ext, "\n\n")) {
		return Checkpoint{}, invalid("this is no checkpoint: its extension lines must be ended and not empty")
	}
	return Checkpoint{lines[0], size, root, ext}, nil
}

// plain reports whether a text is what a note may hold: UTF-8 without control characters.
func plain(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' }) < 0
}

// ParseSize reads a size or an index of at most MaxSize: decimal digits, without signs and
// leading zeros.
func ParseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > MaxSize || strconv.FormatInt(n, 10) != s {
		return 0, invalid("%.30q is no size of a tree", s)
	}
	return n, nil
}

// parseHash reads a hash in base64, in its one canonical form.
func parseHash(s string) (Hash, error) {
	h, err := merkle.ParseHash(s)
	if err != nil || h.String() != s {
		return Hash{}, invalid("%.60q is no SHA-256 hash in base64", s)
	}
	return h, nil
}

// Sign gives the checkpoint signed by each signer, as c2sp.org/signed-note. A log signs no
// checkpoint that contradicts an earlier one; that is the caller's to see to.
func Sign(c Checkpoint, signers ...note.Signer) ([]byte, error) {
	if _, err := ParseCheckpoint(c.Text()); err != nil {
		return nil, err
	}
	msg, err := note.Sign(&note.Note{Text: c.Text()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign the checkpoint of %d: %w", c.Size, err)
	}
	return msg, nil
}

// Signed is a checkpoint whose signature by the log has been checked.
type Signed struct {
	Checkpoint
	Cosigned []Cosigned // by which of the known witnesses, in the order of their lines
}

// Cosigned is a witness's statement that it had seen no larger tree of the log at that time.
type Cosigned struct {
	Witness string // the name of its key
	Time    time.Time
}

// Open reads a signed checkpoint and checks it: the log must have signed it, and so must each
// of the known witnesses whose line is in it. Signatures by unknown keys are ignored. Whether
// the witnesses are enough, and whether the origin is the one expected, is the caller's
// question.
func Open(msg []byte, log note.Verifier, witnesses ...note.Verifier) (Signed, error) {
	n, err := openNote(msg, append(slices.Clone(witnesses), log))
	if err != nil {
		return Signed{}, err
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Signed{}, err
	}
	s := Signed{Checkpoint: c}
	byLog := false
	for _, sig := range n.Sigs {
		if sig.Name == log.Name() && sig.Hash == log.KeyHash() {
			byLog = true
		} else if at, ok := signedAt(sig); ok {
			s.Cosigned = append(s.Cosigned, Cosigned{sig.Name, at})
		}
	}
	if !byLog {
		return Signed{}, errUnsigned(log)
	}
	return s, nil
}

func errUnsigned(by note.Verifier) error {
	return invalid("the checkpoint is not signed by %s+%08x", by.Name(), by.KeyHash())
}

// openNote is note.Open with a limit, and with errors that a person may read; the note
// package's own are their causes.
func openNote(msg []byte, known []note.Verifier) (*note.Note, error) {
	if len(msg) > MaxCheckpoint {
		return nil, invalid("the checkpoint is longer than %d bytes", MaxCheckpoint)
	}
	n, cause := note.Open(msg, note.VerifierList(known...))
	if cause == nil {
		return n, nil
	}
	err := invalid("this is no signed checkpoint: %v", cause)
	var unsigned *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(cause, &unsigned):
		err = invalid("the checkpoint is not signed by a known key")
	case errors.As(cause, &forged):
		err = invalid("the signature by %s+%08x on the checkpoint is wrong", forged.Name, forged.Hash)
	}
	err.Err = cause
	return nil, err
}

// Unverified reads the checkpoint in a signed checkpoint without a look at its signatures.
func Unverified(msg []byte) (Checkpoint, error) {
	text, _, ok := cutSignatures(msg)
	if !ok || len(msg) > MaxCheckpoint {
		return Checkpoint{}, invalid("this is no signed checkpoint")
	}
	return ParseCheckpoint(string(text))
}

// CheckCosignatures gives those of the lines that a witness answered which are of known
// witnesses, each checked against the text of the signed checkpoint. The others are
// ignored; it is an error if none is left.
func CheckCosignatures(msg, lines []byte, witnesses ...note.Verifier) ([]byte, error) {
	return cosignatures(msg, lines, nil, witnesses)
}

// AddCosignatures adds to a signed checkpoint the lines that CheckCosignatures gives. A
// witness whose line is there already is not added again.
func AddCosignatures(msg, lines []byte, witnesses ...note.Verifier) ([]byte, error) {
	had, err := openNote(msg, witnesses)
	if unsigned := (*note.UnverifiedNoteError)(nil); errors.As(err, &unsigned) {
		had, err = unsigned.Note, nil
	}
	if err != nil {
		return nil, err
	}
	checked, err := cosignatures(msg, lines, had.Sigs, witnesses)
	if err != nil {
		return nil, err
	}
	if len(msg)+len(checked) > MaxCheckpoint {
		return nil, invalid("the checkpoint with its cosignatures is longer than %d bytes", MaxCheckpoint)
	}
	return slices.Concat(msg, checked), nil
}

// cosignatures gives the lines of known witnesses, checked, but for those of keys that
// have signed already.
func cosignatures(msg, lines []byte, had []note.Signature, witnesses []note.Verifier) ([]byte, error) {
	text, _, ok := cutSignatures(msg)
	if !ok {
		return nil, invalid("this is no signed checkpoint: it has no signatures")
	}
	n, err := openNote(slices.Concat(text, []byte("\n"), lines), witnesses)
	if err != nil {
		return nil, fmt.Errorf("check the cosignatures: %w", err)
	}
	var checked []byte
	for _, sig := range n.Sigs {
		if !slices.ContainsFunc(had, func(s note.Signature) bool { return s.Name == sig.Name && s.Hash == sig.Hash }) {
			checked = fmt.Appendf(checked, "— %s %s\n", sig.Name, sig.Base64)
		}
	}
	return checked, nil
}

// cutSignatures splits a signed note at its last empty line, into the text and the lines
// of signatures.
func cutSignatures(msg []byte) (text, lines []byte, ok bool) {
	i := bytes.LastIndex(msg, []byte("\n\n"))
	if i < 0 {
		return nil, nil, false
	}
	return msg[:i+1], msg[i+2:], true
}

// SignatureLines is the lines of signatures of a signed checkpoint, unchecked.
func SignatureLines(msg []byte) []byte {
	_, lines, _ := cutSignatures(msg)
	return lines
}
