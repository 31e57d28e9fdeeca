package settings

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/clientele/clientele"
)

// maxSecret is the size in bytes up to which the file of a secret is read.
const maxSecret = 64 << 10

// Secret is a secret setting, which the operator gives by reference, and which Load resolves
// once:
//
//	env:NAME     the environment variable NAME
//	file:/path   the file, which nobody but its owner may read; one newline at its end is
//	             not part of the secret
//
// A field of type clientele.Plaintext is read by the same rules and forgets the reference.
type Secret struct {
	Ref   string // "env:NAME", "file:/path", or empty where nothing is set
	Value clientele.Plaintext
}

// String is the reference, so that a printed configuration tells where a secret comes from.
func (s Secret) String() string { return s.Ref }

const secretHint = "write env:NAME for an environment variable, or file:/path for a file that only its owner may read (chmod 600)"

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// applySecret resolves a reference. Its messages hold names and paths, never what is not
// known to be one.
func (l *loader) applySecret(set func(Secret), s setting) {
	ref := strings.TrimSpace(s.text)
	if ref == "" {
		return
	}
	var value string
	var err error
	if name, ok := strings.CutPrefix(ref, "env:"); ok && envName.MatchString(name) {
		if value = l.env[name]; value == "" {
			err = clientele.Errorf(clientele.Invalid, "refers to the environment variable %s, which is not set", short(name))
		}
	} else if name, ok := strings.CutPrefix(ref, "file:"); ok && filepath.IsAbs(name) {
		value, err = secretFile(name)
	} else {
		err = clientele.Errorf(clientele.Invalid, "holds something other than a reference to a secret").WithHint(secretHint)
	}
	if err != nil {
		var e *clientele.Error
		errors.As(err, &e)
		l.problem(s, e.Hint, "%s", e.Msg)
		return
	}
	set(Secret{Ref: ref, Value: clientele.Secret(value)})
}

func secretFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", refersTo(fileError(name, err))
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 && runtime.GOOS != "windows" {
		return "", clientele.Errorf(clientele.Invalid, "refers to %s, which others than its owner may use (mode %04o)", short(name), perm).
			WithHint("chmod 600 %s", short(name))
	}
	b, err := readLimited(name, maxSecret)
	if err != nil {
		return "", refersTo(err)
	}
	if rest, ok := bytes.CutSuffix(b, []byte("\n")); ok {
		b = bytes.TrimSuffix(rest, []byte("\r"))
	}
	if len(b) == 0 {
		return "", clientele.Errorf(clientele.Invalid, "refers to %s, which is empty", short(name))
	}
	return string(b), nil
}

func refersTo(err error) error {
	return clientele.Errorf(clientele.KindOf(err), "refers to %s", short(err.Error()))
}
