// Package witness holds a log to what it said before: a server that cosigns a log's checkpoint
// only if its tree begins with the last one it cosigned, and the client that asks for that
// (c2sp.org/tlog-witness). A log alone can be rebuilt by whoever holds its database and its
// key; one whose checkpoints a witness elsewhere has cosigned cannot.
//
//	log                                    witness
//	 │ POST add-checkpoint                    │
//	 │ old size, consistency proof,           │ known log? signed by it? old size as kept?
//	 │ checkpoint ───────────────────────────►│ proof right? ── keep it on disk, then sign
//	 │◄────────── cosignature, or 409 with    │
//	 │            the size that is kept       │
package witness

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/tlog"
)

// maxHead is the longest head of a request: the old size and the hashes, a line each.
const maxHead = 32 + 45*tlog.MaxProof

// maxRequest is the longest request that is read, in bytes.
const maxRequest = maxHead + 2 + tlog.MaxCheckpoint

// Request asks a witness to cosign a checkpoint: the body of a call to add-checkpoint.
type Request struct {
	Old        int64       // size of the tree that the witness knows, in leaves
	Proof      []tlog.Hash // that the checkpoint's tree begins with it; none if Old is zero
	Checkpoint []byte      // signed by the log
}

// Marshal is the request as text.
func (r Request) Marshal() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.Old)
	for _, h := range r.Proof {
		b = fmt.Appendf(b, "%s\n", h)
	}
	b = append(b, '\n')
	return append(b, r.Checkpoint...)
}

// ParseRequest reads a request. What it accepts is what Marshal writes; the checkpoint in it
// is not looked at.
func ParseRequest(b []byte) (Request, error) {
	head, checkpoint, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok || len(head) > maxHead || len(checkpoint) > tlog.MaxCheckpoint {
		return Request{}, clientele.Errorf(clientele.Invalid, "a request needs an old size, up to %d hashes, an empty line and a checkpoint", tlog.MaxProof)
	}
	lines := strings.Split(string(head), "\n")
	old, ok := strings.CutPrefix(lines[0], "old ")
	if !ok {
		return Request{}, clientele.Errorf(clientele.Invalid, "a request begins with a line \"old\" and a size")
	}
	size, err := tlog.ParseSize(old)
	if err != nil {
		return Request{}, err
	}
	proof, err := tlog.ParseHashes(lines[1:])
	if err != nil {
		return Request{}, err
	}
	return Request{size, proof, checkpoint}, nil
}

// ConflictError says that the witness knows the log at another size than the request began
// from. A new request with a proof from there may succeed.
type ConflictError struct {
	Size int64 // of the tree that the witness last cosigned, in leaves; zero if none
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the witness knows the log at the size %d", e.Size)
}

// Unwrap gives the kind.
func (e *ConflictError) Unwrap() error { return clientele.Errorf(clientele.Conflict, "%s", e.Error()) }
