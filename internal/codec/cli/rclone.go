package cli

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"strings"

	"github.com/clientele/clientele"
)

// rcloneKey is printed in rclone's source (fs/config/obscure): its obscured passwords keep
// nobody out, as its manual says.
var rcloneKey = []byte{
	0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b,
	0xd3, 0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
}

// reveal undoes rclone obscure: base64 of an IV and AES-256-CTR.
func reveal(s string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) <= aes.BlockSize {
		return "", false
	}
	blk, err := aes.NewCipher(rcloneKey)
	if err != nil {
		return "", false
	}
	body := b[aes.BlockSize:]
	cipher.NewCTR(blk, b[:aes.BlockSize]).XORKeyStream(body, body)
	return string(body), printable(string(body))
}

func obscured(c *client, b *block, v value) {
	s := v.slot(clientele.Password)
	if strings.HasPrefix(v.name, "key_") {
		s.Role = clientele.Passphrase
	}
	if plain, ok := reveal(v.text()); ok {
		s.Value, s.Class = clientele.Secret(plain), clientele.Obfuscated
	}
	c.slot(s)
}

// rcloneSealedDecoder reads a configuration that is sealed as a whole with a password.
var rcloneSealedDecoder = clientele.Decoder{
	Name: "rclone sealed config", Paths: []string{"rclone.conf", ".rclone.conf"}, Decode: decodeRcloneSealed,
}

func decodeRcloneSealed(f clientele.File) ([]clientele.Part, error) {
	head, body, ok := bytes.Cut(f.Data, []byte("RCLONE_ENCRYPT_V0:"))
	if !ok || len(head) > 4096 || bytes.Contains(head, []byte("[")) {
		return nil, nil
	}
	c := newClient("rclone", "sealed config", "", 1)
	c.part.Name = "rclone"
	c.slot(clientele.Slot{
		Role: clientele.OtherSecret, Name: "config", Class: clientele.Encrypted,
		Value: clientele.Secret(string(bytes.TrimSpace(body))), Line: bytes.Count(head, []byte("\n")) + 2,
	})
	return []clientele.Part{c.done()}, nil
}
