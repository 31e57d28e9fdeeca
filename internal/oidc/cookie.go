package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"time"
)

// FlowLifetime is how long a person has to sign in at the provider. The cookie wants the same
// Max-Age, and HttpOnly, Secure, SameSite=Lax and a __Host- name.
const FlowLifetime = 10 * time.Minute

// maxSealed is more than any sealed flow has, in bytes.
const maxSealed = 1 << 10

// purpose keeps a value that was sealed for something else under the same key from being
// taken for a flow.
var purpose = []byte("clientele sign-in flow v1")

// sealed is what a cookie holds.
type sealed struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Until    int64  `json:"e"` // Unix seconds
}

// Seal makes a cookie's value of a flow: AES-256-GCM under a random nonce, in letters that a
// cookie may have, about 250 of them.
func Seal(key [32]byte, f Flow, now time.Time) string {
	b, err := json.Marshal(sealed{f.State, f.Nonce, f.Verifier, now.Add(FlowLifetime).Unix()})
	if err != nil {
		panic(err) // three strings and a number
	}
	return base64.RawURLEncoding.EncodeToString(aead(key).Seal(nil, nil, b, purpose))
}

// Open gives the flow of a cookie's value, or an Unauthenticated error where Seal did not
// make it under this key or its time is over.
func Open(key [32]byte, value string, now time.Time) (Flow, error) {
	const other = "this sign-in did not begin in this browser"
	if len(value) > maxSealed {
		return Flow{}, rejected(other, nil)
	}
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return Flow{}, rejected(other, err)
	}
	b, err := aead(key).Open(nil, nil, raw, purpose)
	if err != nil {
		return Flow{}, rejected(other, err)
	}
	var s sealed
	if err := json.Unmarshal(b, &s); err != nil {
		return Flow{}, rejected(other, err)
	}
	if now.Unix() >= s.Until {
		return Flow{}, rejected("the sign-in took too long", nil)
	}
	return Flow{s.State, s.Nonce, s.Verifier}, nil
}

func aead(key [32]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size that GCM wants
	}
	return gcm
}
