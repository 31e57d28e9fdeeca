package tlog

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// timestampSize is the length of the time before a cosignature, in bytes.
const timestampSize = 8

// cosigned is the message that an Ed25519 cosignature signs: two lines, then the text of the
// checkpoint (c2sp.org/tlog-cosignature, "Ed25519 signed message").
func cosigned(sec uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", sec), text...)
}

// verifier checks the signatures of one Ed25519 key: a note.Verifier.
type verifier struct {
	name string
	typ  Type
	pub  ed25519.PublicKey
	hash uint32
}

func newVerifier(name string, t Type, pub ed25519.PublicKey) *verifier {
	return &verifier{name, t, pub, keyHash(name, t, pub)}
}

func (v *verifier) Name() string    { return v.name }
func (v *verifier) KeyHash() uint32 { return v.hash }

func (v *verifier) Verify(text, sig []byte) bool {
	if v.typ == TypeLog {
		return ed25519.Verify(v.pub, text, sig)
	}
	if len(sig) != timestampSize+ed25519.SignatureSize {
		return false
	}
	sec := binary.BigEndian.Uint64(sig)
	return sec <= math.MaxInt64 && ed25519.Verify(v.pub, cosigned(sec, text), sig[timestampSize:])
}

// signedAt is the time in a cosignature, and false if the signature is of another kind.
func signedAt(sig note.Signature) (time.Time, bool) {
	raw, err := base64.StdEncoding.DecodeString(sig.Base64)
	if err != nil || len(raw) != 4+timestampSize+ed25519.SignatureSize {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(), true
}
