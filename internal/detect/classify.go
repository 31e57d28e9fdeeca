package detect

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strings"

	"github.com/clientele/clientele"
)

// Verdict is what Classify says of a value.
type Verdict struct {
	Class clientele.Class
	// Value is the part that is the secret, for Literal and Obfuscated: the value itself,
	// or the fallback of a reference.
	Value string
	Weak  bool
	Refs  []string // names referred to
}

// Classify says what stands in a credential slot, by the slot's grammar and by the value.
// It takes the slot to be one for a credential: whether it is one is RoleOf's business.
func Classify(value string, syntax clientele.Syntax) Verdict {
	v := strings.TrimSpace(value)
	if isNothing(v) {
		return Verdict{Class: clientele.Empty}
	}
	if c := Envelope(v); c != "" {
		return Verdict{Class: c, Value: v}
	}
	if inStore(v) {
		return Verdict{Class: clientele.Reference, Refs: []string{v}}
	}
	refs, rest := split(v, syntax)
	if len(refs) > 0 {
		return classifyRest(refs, rest, syntax)
	}
	if IsPlaceholder(v) {
		return Verdict{Class: clientele.Placeholder}
	}
	return Verdict{Class: clientele.Literal, Value: v, Weak: isWeak(v)}
}

// classifyRest judges a value with references in it: by the fallback of one, or by what is
// left when all of them are taken out.
func classifyRest(refs []ref, rest string, syntax clientele.Syntax) Verdict {
	out := Verdict{Class: clientele.Reference}
	for _, r := range refs {
		out.Refs = append(out.Refs, r.name)
		if strings.HasPrefix(r.name, "secure(") {
			out.Class = clientele.Encrypted
		}
		if r.fallback == "" {
			continue
		}
		if d := Classify(strings.Trim(r.fallback, `"'`), syntax); d.Class == clientele.Literal {
			out.Class, out.Value, out.Weak = d.Class, d.Value, d.Weak
			return out
		}
	}
	rest = strings.TrimSpace(rest)
	if enoughOfASecret(rest) && !IsPlaceholder(rest) {
		out.Class, out.Value = clientele.Literal, rest
	}
	return out
}

// enoughOfASecret reports whether literal text around references gives anything away:
// "Bearer ", "https://", "sk_live_" do not.
func enoughOfASecret(rest string) bool {
	if len(rest) < 8 || strings.Contains(rest, "://") || strings.ContainsAny(rest, " \t\n") {
		return false
	}
	digits, letters := 0, 0
	for i := range len(rest) {
		switch {
		case isDigit(rest[i]):
			digits++
		case isLetter(rest[i]):
			letters++
		}
	}
	return digits >= 2 && letters >= 4
}

func isNothing(v string) bool {
	switch strings.ToLower(v) {
	case "", "null", "nil", "none", "undefined", "n/a", "na", "-", `""`, "''", "[]", "{}", "~":
		return true
	}
	return false
}

// Envelope recognises sealed and hashed values by their shape. It answers Encrypted,
// Obfuscated for what any process on the machine can open, or "" for anything else.
func Envelope(v string) clientele.Class {
	for _, p := range sealedPrefixes {
		if strings.HasPrefix(v, p) {
			return clientele.Encrypted
		}
	}
	switch {
	case strings.HasPrefix(v, "$00:"): // Bruno, sealed by the system's keychain
		return clientele.Encrypted
	case strings.HasPrefix(v, "$01:") && isHex(v[4:]): // Bruno, key derived from the machine's id
		return clientele.Obfuscated
	case strings.HasPrefix(v, "eyJpdiI6") && !strings.Contains(v, "."): // {"iv":…}: Insomnia's vault
		if b, err := base64.StdEncoding.DecodeString(v); err == nil && strings.Contains(string(b), `"ad"`) {
			return clientele.Encrypted
		}
	case strings.HasPrefix(v, "{") && strings.HasSuffix(v, "}") && len(v) >= 22 && isBase64(v[1:len(v)-1]):
		return clientele.Encrypted // Maven {…=}, Jenkins {AQAAAB…}
	case sealedKey(v):
		return clientele.Encrypted
	case strings.HasPrefix(v, "ENC(") && strings.HasSuffix(v, ")"): // Jasypt
		return clientele.Encrypted
	}
	return ""
}

// sealedKey recognises private keys under a passphrase: the headers of RFC 1421, and the
// cipher's name in OpenSSH's own format (PROTOCOL.key).
func sealedKey(v string) bool {
	i := strings.Index(v, "-----BEGIN ")
	if i < 0 {
		return false
	}
	if strings.Contains(v, "ENCRYPTED") && strings.Contains(v, "PRIVATE KEY-----") {
		return true
	}
	body, ok := strings.CutPrefix(v[i:], "-----BEGIN OPENSSH PRIVATE KEY-----")
	if !ok {
		return false
	}
	head := strings.Join(strings.Fields(strings.ReplaceAll(body[:min(len(body), 64)], `\n`, " ")), "")
	b, err := base64.StdEncoding.DecodeString(head[:min(len(head), 40)])
	const magic = "openssh-key-v1\x00\x00\x00\x00"
	return err == nil && strings.HasPrefix(string(b), magic) && !strings.HasPrefix(string(b[len(magic):]), "\x04none")
}

var sealedPrefixes = []string{
	"$ANSIBLE_VAULT;", "ENC[AES256_GCM,", "-----BEGIN AGE ENCRYPTED FILE-----", "-----BEGIN PGP MESSAGE-----",
	"encrypted:", "YENC_", "vault:v", "{cipher}", "AQAAANCMnd8BFdERjHoAwE", "\x00GITCRYPT\x00", "-----BEGIN ENCRYPTED PRIVATE KEY-----",
	"-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "-----BEGIN RSA PUBLIC KEY-----", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-",
	"$2a$", "$2b$", "$2y$", "$argon2", "$pbkdf2", "$scrypt$", "$6$", "$5$", "{SSHA}", "{bcrypt}", "pbkdf2_sha256$", "SCRAM-SHA-256$", "age1",
	"RCLONE_ENCRYPT_V0:", "AQICAH", "-----BEGIN PGP PUBLIC KEY",
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && s != ""
}

func isBase64(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) && s[i] != '+' && s[i] != '/' && s[i] != '=' && s[i] != '-' || s[i] == '_' {
			return false
		}
	}
	return strings.HasSuffix(s, "=") || len(s)%4 == 0 && len(s) >= 32
}

// placeholderWords are the words that only a value to be replaced has.
var placeholderWords = words(`your yours my-api put insert replace replaceme replace-me placeholder redacted example sample dummy todo fixme here
	xxx xxxx xxxxx xxxxxx changeit-later template fake mock stub removed masked hidden omitted filled fill enter change provide paste goes notreal
	sanitized anonymized scrubbed yourtoken yourpassword yourkey yoursecret yourapikey tbd lorem ipsum`)

// shouted are words in the place of a value.
var shouted = words("EMPTY NONE not-needed notneeded none dummy unused TOKEN KEY ABC PASSWORD SECRET STRING VALUE APIKEY API_KEY USERNAME string <string> XXX")

// fillerWords may stand beside a placeholder word.
var fillerWords = words(`please plaintext plain a an the my me it is in of for with and or to from at as be id api app auth access bearer basic client secret secrets key keys token tokens
	password passwd pass pwd user username name account service server host value string real actual new old test testing dev prod production staging
	live sandbox env environment variable var db database oauth oauth2 jwt webhook url email login code github gitlab aws google azure slack stripe openai anthropic
	private public personal refresh session generated random own this that please see docs readme config file hash credentials credential
	project org organization team workspace tenant subscription company only not do use used on by demo v1 v2 1 2 3 123 1234 12345`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// IsPlaceholder reports whether a value only holds the place of one to be filled in.
func IsPlaceholder(v string) bool {
	v = strings.Trim(v, " \t\"'`")
	switch {
	case v == "":
		return true
	case oneRune(v):
		return true
	case wrapped(v, "${", "}") && !strings.ContainsAny(v[2:len(v)-1], "{}$"):
		return true // nobody fills it in here, but somebody was to
	case wrapped(v, "<", ">"), wrapped(v, "[", "]"), wrapped(v, "{", "}"), wrapped(v, "__", "__") && len(v) > 6, wrapped(v, "@", "@"), wrapped(v, "%", "%") && plainVariable(strings.Trim(v, "%")), wrapped(v, "#{", "}#"), wrapped(v, "#{", "}"):
		return !strings.ContainsAny(v[1:len(v)-1], ",:\"") || len(v) < 40
	case strings.HasSuffix(v, "EXAMPLE") && len(v) >= 16, strings.HasSuffix(v, "EXAMPLEKEY"):
		return true // the keys of AWS's documentation
	case strings.Contains(v, "••"), strings.Contains(v, "***"), strings.Contains(v, "…"), strings.HasSuffix(v, "...") && len(v) < 40:
		return true
	case strings.Contains(strings.ToLower(v), "xxxxx"), strings.Contains(v, "0000000000000000"):
		return true
	}
	toks := tokens(v)
	if shouted[v] {
		return true
	}
	found, foreign := v == "user_provided", false
	for _, t := range toks {
		found = found || placeholderWords[t]
		foreign = foreign || !fillerWords[t] && !placeholderWords[t] && !(found && onlyLetters(t))
	}
	if found {
		return !foreign && (len(toks) <= 8 && len(v) < 80) // "your-orders-service-token"
	}
	// PASS_VALUE, MY_API_KEY; my-secret-password, bearer-token-value
	return !foreign && (allUpper(v) && len(toks) > 1 || len(toks) > 2 && strings.ContainsAny(v, "-_") && !hasDigit(v))
}

// oneRune: xxxx, ****, 0000, one character over and over, thrice at least.
func oneRune(v string) bool {
	return len(v) >= 3 && strings.Trim(v, v[:1]) == "" || v == "…" || v == "x" || v == "*"
}

func wrapped(v, open, shut string) bool {
	return len(v) > len(open)+len(shut) && strings.HasPrefix(v, open) && strings.HasSuffix(v, shut)
}

func onlyLetters(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) {
			return false
		}
	}
	return true
}

// tokens splits a name or a phrase into lower-case words: at what is no letter or digit, and
// where the case says so.
func tokens(s string) []string {
	var out []string
	from := 0
	flush := func(to int) {
		if to > from {
			out = append(out, strings.ToLower(s[from:to]))
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case !isLetter(c) && !isDigit(c) && c < 0x80:
			flush(i)
			from = i + 1
		case i > from && upper(c) && (lower(s[i-1]) || isDigit(s[i-1])):
			flush(i)
			from = i
		case i > from+1 && lower(c) && upper(s[i-1]) && upper(s[i-2]):
			flush(i - 1)
			from = i - 1
		}
	}
	flush(len(s))
	return out
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
func lower(c byte) bool { return c >= 'a' && c <= 'z' }

var weak = words(`changeme changeit password passwd passw0rd pass p@ssw0rd secret test test123 testing admin admin123 root toor guest user username demo
	qwerty letmein welcome 123456 1234567 12345678 123456789 1234567890 12345 1234 123 111111 postgres mysql redis mongo rabbitmq elastic sa token apikey api_key
	foobar foo bar baz password1 password123 default temp temp123 abc abc123 mypassword mysecret mytoken secret123 dev local development administrator minioadmin
	keycloak grafana nexus tomcat s3cret sesame hunter2 pwd key value string bearer null abc123! passphrase supersecret topsecret`)

// isWeak: a literal that everybody tries first.
func isWeak(v string) bool {
	l := strings.ToLower(v)
	return weak[l] || weak[strings.TrimRight(l, "!1234567890.")] && len(l) < 14
}

// Entropy is the Shannon entropy of the bytes of s, in bits a byte.
func Entropy(s string) float64 {
	if s == "" {
		return 0
	}
	var n [256]int
	for i := range len(s) {
		n[s[i]]++
	}
	e := 0.0
	for _, c := range n {
		if c > 0 {
			p := float64(c) / float64(len(s))
			e -= p * math.Log2(p)
		}
	}
	return e
}

// LooksRandom reports whether a value looks generated: long, dense, of mixed characters, and
// neither a UUID, a path nor words.
func LooksRandom(v string) bool {
	if len(v) < 16 || len(v) > 4096 || IsUUID(v) || strings.ContainsAny(v, " \t\n<>") {
		return false
	}
	digits, ups, lows, others := 0, 0, 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case isDigit(c):
			digits++
		case upper(c):
			ups++
		case lower(c):
			lows++
		default:
			others++
		}
	}
	if strings.Contains(v, "/") && strings.ToLower(v) == v && (strings.Contains(v, ".") || strings.Contains(v, "-")) {
		return false // a path
	}
	if others > len(v)/4 || digits == 0 || digits == len(v) || ups+lows == 0 {
		return false
	}
	if len(v) < 24 {
		return Entropy(v) >= 2.9
	}
	return Entropy(v) >= 3.2
}

// IsUUID reports whether v has the shape 8-4-4-4-12 of hexadecimal digits.
func IsUUID(v string) bool {
	if len(v) != 36 {
		return false
	}
	for i := range len(v) {
		switch i {
		case 8, 13, 18, 23:
			if v[i] != '-' {
				return false
			}
		default:
			if c := v[i] | 0x20; !(isDigit(v[i]) || c >= 'a' && c <= 'f') {
				return false
			}
		}
	}
	return true
}

// References lists the names that a value refers to.
func References(value string, syntax clientele.Syntax) []string {
	refs, _ := split(value, syntax)
	var names []string
	for _, r := range refs {
		names = append(names, r.name)
	}
	return names
}
