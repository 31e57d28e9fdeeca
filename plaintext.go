package clientele

import (
	"fmt"
	"log/slog"
)

// Plaintext is a value that may be secret. It prints, logs and marshals as "[secret]";
// Reveal is the only way to what it holds, and a test lists the packages that may call it.
type Plaintext struct{ s string }

const sealed = "[secret]"

// Secret wraps s.
func Secret(s string) Plaintext { return Plaintext{s} }

// Reveal returns the value itself. Keep the result local.
func (p Plaintext) Reveal() string { return p.s }

// Empty reports whether there is no value at all.
func (p Plaintext) Empty() bool { return p.s == "" }

// Len is the length of the value in bytes.
func (p Plaintext) Len() int { return len(p.s) }

func (p Plaintext) String() string               { return sealed }
func (p Plaintext) GoString() string             { return sealed }
func (p Plaintext) MarshalText() ([]byte, error) { return []byte(sealed), nil }
func (p Plaintext) MarshalJSON() ([]byte, error) { return []byte(`"` + sealed + `"`), nil }
func (p Plaintext) LogValue() slog.Value         { return slog.StringValue(sealed) }

// Format keeps the value out of every verb, %x and %+v among them.
func (p Plaintext) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(sealed)) }
