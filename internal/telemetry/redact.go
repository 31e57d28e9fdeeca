package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// sealed stands where a secret would.
const sealed = "[secret]"

// maxText is the length in bytes after which a text is cut: a line stays a line.
const maxText = 16 << 10

// redact is the second line of defence. The first is the type clientele.Plaintext, which
// seals itself wherever it is printed.
func redact(groups []string, a slog.Attr) slog.Attr {
	if secretKey(a.Key) || slices.ContainsFunc(groups, secretKey) {
		return slog.String(a.Key, sealed)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, scrub(a.Value.String()))
	case slog.KindAny:
		a.Value = redactAny(a.Value.Any())
	}
	return a
}

// redactAny goes through a value as its JSON shows it, so that maps, headers and structs are
// held to the same keys as attributes are.
func redactAny(v any) (out slog.Value) {
	defer func() {
		if recover() != nil { // a String method on a nil pointer
			out = slog.StringValue(fmt.Sprintf("[%T]", v))
		}
	}()
	switch v := v.(type) {
	case nil, slog.Level, *slog.Source, time.Time:
		return slog.AnyValue(v)
	case error:
		return slog.StringValue(scrub(v.Error()))
	case fmt.Stringer:
		return slog.StringValue(scrub(v.String()))
	}
	b, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue(fmt.Sprintf("[%T]", v))
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return slog.StringValue(fmt.Sprintf("[%T]", v))
	}
	return slog.AnyValue(redactTree(tree))
}

func redactTree(v any) any {
	switch v := v.(type) {
	case string:
		return scrub(v)
	case []any:
		for i := range v {
			v[i] = redactTree(v[i])
		}
	case map[string]any:
		for k := range v {
			if secretKey(k) {
				v[k] = sealed
			} else {
				v[k] = redactTree(v[k])
			}
		}
	}
	return v
}

// secretWords make a key secret wherever they stand in it. Longer than three letters, so that
// they are safe to look for in names that are run together ("xapikey").
var secretWords = []string{
	"authorization", "cookie", "token", "secret", "password", "passwd", "passphrase", "pwd",
	"credential", "apikey", "privatekey", "accesskey", "signingkey", "bearer", "jwt",
	"verifier", "sessionid", "dsn",
}

// factWords say, at a key's end, that the value is a fact about a secret and not the secret:
// token_id, password_length, cookie_count.
var factWords = []string{
	"id", "ids", "name", "kind", "type", "count", "length", "len", "bytes", "present", "age",
	"expires", "expiry", "version", "at", "ms", "seconds", "total",
}

func secretKey(key string) bool {
	words := keyWords(key)
	if len(words) == 0 {
		return false
	}
	last, joined := words[len(words)-1], strings.Join(words, "")
	if last == "key" || last == "keys" {
		return !slices.Contains(words, "public")
	}
	has := slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(joined, w) })
	return has && (!slices.Contains(factWords, last) || strings.Contains(joined, "sessionid"))
}

// keyWords splits "X-Api-Key", "apiKey" and "api_key" into lower-case words.
func keyWords(key string) []string {
	var words []string
	for part := range strings.FieldsFuncSeq(key, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		start, lower := 0, false
		for i, r := range part {
			if unicode.IsUpper(r) && lower {
				words = append(words, strings.ToLower(part[start:i]))
				start = i
			}
			lower = unicode.IsLower(r)
		}
		words = append(words, strings.ToLower(part[start:]))
	}
	return words
}

var (
	// schemes are what stands in an Authorization header.
	schemes = regexp.MustCompile(`(?i)\b(bearer|basic|dpop|negotiate)\s+[A-Za-z0-9._~+/=-]{8,}`)
	// userinfo is what stands before the host in a URL.
	userinfo = regexp.MustCompile(`://[^/\s"'?#]*@`)
	// pairs are query parameters, form fields and connection strings.
	pairs = regexp.MustCompile(`(?i)([?&](?:code|key|sig|state)=|[\w.-]*(?:token|secret|passw(?:or)?d|api[_-]?key|signature|credential|assertion)[\w.-]*=)[^&\s"']+`)
)

// scrub takes out of a text what has the shape of a secret, and the characters by which a
// text could break a line or steer a terminal where the encoders would let them pass.
func scrub(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	if strings.ContainsAny(s, " @=") {
		s = schemes.ReplaceAllStringFunc(s, sealScheme)
		s = userinfo.ReplaceAllString(s, "://"+sealed+"@")
		s = pairs.ReplaceAllString(s, "${1}"+sealed)
	}
	return strings.Map(visible, s)
}

// sealScheme leaves prose alone ("basic authentication"): credentials have a digit.
func sealScheme(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	scheme, _, _ := strings.Cut(s, " ")
	return scheme + " " + sealed
}

// visible replaces DEL, the C1 controls and the marks that turn the direction of writing.
// The encoders escape the C0 controls, line feeds among them.
func visible(r rune) rune {
	if r >= 0x7f && r <= 0x9f || unicode.Is(unicode.Bidi_Control, r) {
		return utf8.RuneError
	}
	return r
}
