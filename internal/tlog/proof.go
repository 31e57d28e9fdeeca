package tlog

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// proofHeader is the first line of a proof.
const proofHeader = "c2sp.org/tlog-proof@v1"

// MaxExtra is the largest extra data that is read with a proof, in bytes.
const MaxExtra = 64 << 10

// Proof shows, without the log at hand, that an entry is in it: the text of
// c2sp.org/tlog-proof, stored in files named *.tlog-proof.
type Proof struct {
	Index      int64  // of the entry
	Hashes     []Hash // of the inclusion proof, from the leaf's sibling up
	Checkpoint []byte // signed by the log, and perhaps by witnesses; its size is above Index
	Extra      []byte // anything, or nothing; nobody vouches for it
}

// Marshal is the proof as text.
func (p Proof) Marshal() []byte {
	b := []byte(proofHeader + "\n")
	if len(p.Extra) > 0 {
		b = fmt.Appendf(b, "extra %s\n", base64.StdEncoding.EncodeToString(p.Extra))
	}
	b = fmt.Appendf(b, "index %d\n", p.Index)
	for _, h := range p.Hashes {
		b = fmt.Appendf(b, "%s\n", h)
	}
	b = append(b, '\n')
	return append(b, p.Checkpoint...)
}

// ParseProof reads a proof, and checks nothing of what it says. What it accepts is what
// Marshal writes.
func ParseProof(b []byte) (Proof, error) {
	head, checkpoint, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok || len(checkpoint) > MaxCheckpoint || len(head) > base64.StdEncoding.EncodedLen(MaxExtra)+100*(MaxProof+3) {
		return Proof{}, invalid("this is no proof: it needs a head, an empty line and a checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != proofHeader {
		return Proof{}, invalid("this is no proof: it does not begin with %q", proofHeader)
	}
	p := Proof{Checkpoint: checkpoint}
	lines, err := p.parseExtra(lines[1:])
	if err != nil {
		return Proof{}, err
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return Proof{}, invalid("this is no proof: it has no index")
	}
	if p.Index, err = ParseSize(strings.TrimPrefix(lines[0], "index ")); err != nil {
		return Proof{}, err
	}
	p.Hashes, err = ParseHashes(lines[1:])
	return p, err
}

// parseExtra reads the line of extra data, if there is one, and gives the lines after it.
func (p *Proof) parseExtra(lines []string) ([]string, error) {
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "extra ") {
		return lines, nil
	}
	text := strings.TrimPrefix(lines[0], "extra ")
	extra, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(extra) == 0 || len(extra) > MaxExtra || base64.StdEncoding.EncodeToString(extra) != text {
		return nil, invalid("the proof's extra data is wrong")
	}
	p.Extra = extra
	return lines[1:], nil
}

// ParseHashes reads the hashes of a proof, one on each line, in base64.
func ParseHashes(lines []string) ([]Hash, error) {
	if len(lines) > MaxProof {
		return nil, invalid("the proof has %d hashes, more than %d", len(lines), MaxProof)
	}
	var hashes []Hash
	for _, l := range lines {
		h, err := parseHash(l)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// Verify checks that the entry with this leaf hash is in the log, by a checkpoint that the
// log signed, and gives that checkpoint with those of the known witnesses who cosigned it.
// How many of them are enough, the caller decides.
func (p Proof) Verify(leaf Hash, log note.Verifier, witnesses ...note.Verifier) (Signed, error) {
	s, err := Open(p.Checkpoint, log, witnesses...)
	if err != nil {
		return Signed{}, err
	}
	if err := CheckInclusion(p.Hashes, s.Size, s.Root, p.Index, leaf); err != nil {
		return Signed{}, err
	}
	return s, nil
}
