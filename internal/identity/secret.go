package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/clientele/clientele"
)

// The prefixes of secrets that let somebody in.
const (
	sessionPrefix = "clt_s_"
	machinePrefix = "clt_m_"
	linkPrefix    = "clt_l_"
	devicePrefix  = "clt_d_"
)

const secretLen = len(sessionPrefix) + 43 // 43 letters hold 256 bits in base64

// newSecret is 256 random bits with a prefix, and what is kept of them.
func newSecret(prefix string) (clientele.Plaintext, []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	s := clientele.Secret(prefix + base64.RawURLEncoding.EncodeToString(b[:]))
	return s, hashOf(s)
}

// hashOf is what is kept of a secret. It needs no salt and no slow hash: nobody guesses 256
// random bits.
func hashOf(s clientele.Plaintext) []byte {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return sum[:]
}

// is reports whether s has the form of a secret with the prefix.
func is(s clientele.Plaintext, prefix string) bool {
	return s.Len() == secretLen && strings.HasPrefix(s.Reveal(), prefix)
}
