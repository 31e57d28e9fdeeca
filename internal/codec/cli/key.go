package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"path"
	"strings"

	"github.com/clientele/clientele"
)

// keyDecoder reads files that are a private key and nothing else: PEM in all its sorts,
// OpenSSH's own, PuTTY's, and the token that cloudflared keeps as if it were one. A key that
// is sealed with a passphrase says so in the clear. Public keys and certificates are passed
// over. Keys inside other files are found there as text.
var keyDecoder = clientele.Decoder{
	Name:   "private key",
	Paths:  []string{"id_*", "*.pem", "*.key", "*.p8", "*.ppk"},
	Marks:  []string{"PRIVATE KEY-----", "PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File-", "ARGO TUNNEL TOKEN-----"},
	Decode: decodeKey,
}

func decodeKey(f clientele.File) ([]clientele.Part, error) {
	text := bytes.TrimSpace(f.Data)
	switch {
	case bytes.HasPrefix(text, []byte("PuTTY-User-Key-File-")):
		return puttyKey(f), nil
	case bytes.HasPrefix(text, []byte("-----BEGIN ")), bytes.HasPrefix(text, []byte("Bag Attributes")), bytes.HasPrefix(text, []byte("#")):
		return pemKeys(f), nil
	}
	return nil, nil
}

func keyClient(f clientele.File, tool clientele.Tool, format string) *client {
	c := newClient(tool, format, "", 1)
	c.part.Name = path.Base(f.Path)
	c.place, c.scheme = clientele.InCertificate, "custom"
	return c
}

// pemKeys are the private keys of a PEM file.
func pemKeys(f clientele.File) []clientele.Part {
	tool := clientele.Tool("openssl")
	if strings.Contains(f.Path, ".ssh/") || strings.HasPrefix(path.Base(f.Path), "id_") {
		tool = "ssh"
	}
	c := keyClient(f, tool, "private key")
	rest, at := string(f.Data), 0
	for range 100 {
		from := strings.Index(rest, "-----BEGIN ")
		if from < 0 || !notes(rest[:from]) {
			break
		}
		to := strings.Index(rest[from:], "\n-----END ")
		if to < 0 {
			to = len(rest) - from
		} else if nl := strings.IndexByte(rest[from+to+1:], '\n'); nl >= 0 {
			to += 1 + nl
		} else {
			to = len(rest) - from
		}
		c.pem(strings.TrimSpace(rest[from:from+to]), 1+bytes.Count(f.Data[:at+from], []byte("\n")))
		rest, at = rest[from+to:], at+from+to
	}
	if !c.solid {
		return nil
	}
	return []clientele.Part{c.done()}
}

// notes reports whether what stands between keys is what tools put there: comments, and the
// attributes that openssl prints.
func notes(s string) bool {
	for _, line := range strings.Split(s, "\n") {
		t := strings.TrimSpace(line)
		if t != "" && t[0] != '#' && !strings.Contains(t, ":") && !strings.HasPrefix(t, "Bag Attr") && !strings.HasPrefix(t, "Key Attr") {
			return false
		}
	}
	return true
}

// pem adds one block, if it is private.
func (c *client) pem(text string, line int) {
	head, body, _ := strings.Cut(text, "\n")
	label := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(head), "-----BEGIN "), "-----")
	if label == "ARGO TUNNEL TOKEN" {
		c.argoTunnel(pemBytes(body), line)
		return
	}
	if !strings.Contains(label, "PRIVATE KEY") {
		return
	}
	s := clientele.Slot{Role: clientele.PrivateKey, Name: label, Value: clientele.Secret(text), Line: line}
	switch {
	case strings.HasPrefix(label, "ENCRYPTED"), strings.Contains(body, "Proc-Type: 4,ENCRYPTED"):
		s.Class = clientele.Encrypted
	case strings.HasPrefix(label, "OPENSSH"):
		sealed, comment := openSSHKey(pemBytes(body))
		if sealed {
			s.Class = clientele.Encrypted
		}
		c.comment(comment, line)
		s.Principal = comment
	case strings.HasPrefix(label, "PGP") && pgpSealed(pemBytes(body)):
		s.Class = clientele.Encrypted
	}
	c.slot(s)
}

// comment is what ssh-keygen was told, or "user@machine".
func (c *client) comment(comment string, line int) {
	if comment == "" {
		return
	}
	c.part.Identities = append(c.part.Identities, clientele.Identity{
		Scheme: c.scheme, Principal: comment, Location: clientele.Location{Line: line},
	})
	if strings.Contains(comment, "@") {
		c.owner(comment, "the key's comment", 0.4)
	}
}

// pemBytes is the content of a block: what is neither header, checksum nor end.
func pemBytes(body string) []byte {
	var b strings.Builder
	for _, line := range strings.Split(body, "\n") {
		t := strings.TrimSpace(line)
		if t != "" && !strings.Contains(t, ":") && t[0] != '=' && t[0] != '-' {
			b.WriteString(t)
		}
	}
	out, _ := base64.StdEncoding.DecodeString(b.String())
	return out
}

// openSSHKey reads openssh-key-v1 (OpenSSH's PROTOCOL.key): the name of the cipher, and the
// comment where that is "none". A key that cannot be read counts as plain.
func openSSHKey(b []byte) (sealed bool, comment string) {
	b, ok := bytes.CutPrefix(b, []byte("openssh-key-v1\x00"))
	if !ok {
		return false, ""
	}
	r := wire{b: b}
	if string(r.text()) != "none" {
		return len(r.b) > 0, ""
	}
	r.text() // the key derivation, and its options
	r.text()
	if n := r.number(); n != 1 {
		return false, ""
	}
	r.text() // the public key
	r.b = r.text()
	r.number()
	r.number()
	var last []byte // type, parts of the key, comment: all are texts, before 1, 2, 3 … of padding
	for len(r.b) >= 4 && binary.BigEndian.Uint32(r.b) < 1<<16 {
		last = r.text()
	}
	if s := string(last); printable(s) && len(s) < 200 {
		return false, s
	}
	return false, ""
}

// wire reads SSH's binary form; at the end everything is empty.
type wire struct{ b []byte }

func (r *wire) number() uint32 {
	if len(r.b) < 4 {
		r.b = nil
		return 0
	}
	n := binary.BigEndian.Uint32(r.b)
	r.b = r.b[4:]
	return n
}

func (r *wire) text() []byte {
	n := r.number()
	if uint64(n) > uint64(len(r.b)) {
		r.b = nil
		return nil
	}
	t := r.b[:n]
	r.b = r.b[n:]
	return t
}

// argoTunnel is the certificate of "cloudflared login": a token for the account's API.
func (c *client) argoTunnel(b []byte, line int) {
	var t struct{ ZoneID, AccountID, APIToken string }
	if json.Unmarshal(b, &t) != nil || t.APIToken == "" {
		return
	}
	c.part.Tool, c.part.Format, c.scheme, c.place = "cloudflared", "origin certificate", "bearer", clientele.InTokenCache
	c.slot(clientele.Slot{
		Role: clientele.Token, Name: "apiToken", Chain: []string{"ARGO TUNNEL TOKEN"}, Value: clientele.Secret(t.APIToken),
		Line: line, Class: clientele.Obfuscated, Host: "api.cloudflare.com", Principal: t.AccountID,
	})
}

// puttyKey reads PuTTY's own form, in which a header names the cipher.
func puttyKey(f clientele.File) []clientele.Part {
	c := keyClient(f, "putty", "putty private key")
	s := clientele.Slot{Role: clientele.PrivateKey, Name: "Private-Lines", Value: clientele.Secret(strings.TrimSpace(string(f.Data))), Line: 1}
	for i, line := range strings.Split(string(f.Data), "\n") {
		name, val, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "Encryption":
			if val != "none" {
				s.Class = clientele.Encrypted
			}
		case "Comment":
			s.Principal = val
			c.comment(val, i+1)
		case "Private-Lines":
			s.Line = i + 1
		}
	}
	c.slot(s)
	return []clientele.Part{c.done()}
}

// ageDecoder reads the identities of age and sops: lines with a secret key each, under
// comments with the public ones.
var ageDecoder = clientele.Decoder{
	Name: "age identities", Paths: []string{"sops/age/keys.txt", "age/keys.txt", "age/key.txt", "*.agekey"},
	Marks: []string{"AGE-SECRET-KEY-1"}, Decode: decodeAge,
}

func decodeAge(f clientele.File) ([]clientele.Part, error) {
	c := keyClient(f, "age", "age identities")
	c.place = clientele.InTokenCache
	public := ""
	for i, line := range strings.Split(string(f.Data), "\n") {
		t := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(t, "# public key: "):
			public = t[len("# public key: "):]
		case strings.HasPrefix(t, "AGE-SECRET-KEY-") || strings.HasPrefix(t, "AGE-PLUGIN-"):
			c.slot(clientele.Slot{Role: clientele.PrivateKey, Name: "identity", Value: clientele.Secret(t), Line: i + 1, Principal: public})
			public = ""
		case t != "" && t[0] != '#':
			return nil, nil
		}
		if len(c.part.Slots) >= maxRequests {
			break
		}
	}
	if !c.solid {
		return nil, nil
	}
	return []clientele.Part{c.done()}, nil
}
