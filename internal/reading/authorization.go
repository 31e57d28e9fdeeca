package reading

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/detect"
	"github.com/clientele/clientele/internal/fingerprint"
)

var plainHeaders = []string{"id", "trace", "traceparent", "span", "request", "version", "hash", "digest", "checksum", "md5", "sha256", "date", "etag", "match", "agent", "content", "accept", "forwarded", "client", "host", "origin", "referer", "idempotency", "csrf", "xsrf", "b3", "cache", "correlation", "language", "encoding", "timestamp", "nonce", "app", "device", "build", "commit", "location", "link", "via", "server", "age", "vary", "policy", "ray", "cf", "served", "timer", "runtime", "powered", "environment", "region", "signature", "postman", "org", "organization", "project", "account", "tenant", "user", "team", "workspace", "customer"}

func (x *Reader) headerValue(name, value string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' })
	if len(words) == 0 || len(detect.References(value, x.syntax)) > 0 {
		return false
	}
	for _, w := range words {
		if slices.Contains(plainHeaders, w) {
			return false
		}
	}
	if words[len(words)-1] == "key" {
		return len(value) >= 8 && mixedLetters(value)
	}
	return words[0] == "x" && detect.LooksRandom(value)
}

func mixedLetters(v string) bool {
	return strings.ContainsAny(v, "0123456789") && !strings.ContainsAny(v, " \t\n/") && strings.IndexFunc(v, unicode.IsLetter) >= 0
}

func tokenShaped(v string) bool {
	if !strings.ContainsAny(v, "_-.") || strings.ContainsAny(v, " @:{<$") || !detect.LooksRandom(v) {
		return isJWT(v)
	}
	for _, p := range fingerprint.KnownPrefixes {
		if len(p) >= 3 && strings.HasPrefix(v, p) && len(v) >= len(p)+12 && p != "AKIA" && p != "ASIA" && p != "key-" && p != "pk_live_" {
			return true
		}
	}
	return false
}

func accessKeyID(v string) bool {
	return len(v) == 20 && (strings.HasPrefix(v, "AKIA") || strings.HasPrefix(v, "ASIA")) && strings.ToUpper(v) == v && mixedLetters(v)
}

var schemes = map[string]bool{"basic": true, "bearer": true, "token": true, "apikey": true, "api-key": true, "key": true, "geniekey": true, "ssws": true, "splunk": true,
	"oauth": true, "jwt": true, "bot": true, "private-token": true, "apitoken": true, "negotiate": true, "ntlm": true, "googlelogin": true, "zoho-oauthtoken": true, "pvebearer": true, "sso-key": true, "klaviyo-api-key": true, "deepl-auth-key": true, "client-id": true, "dpop": true, "sharedaccesssignature": true}

func (x *Reader) authorization(s clientele.Slot, value string) bool {
	if name, rest, ok := strings.Cut(value, ":"); ok && strings.EqualFold(strings.TrimSpace(name), "authorization") {
		value = strings.TrimSpace(rest)
	}
	scheme, rest, ok := strings.Cut(value, " ")
	rest = strings.TrimSpace(rest)
	low := strings.ToLower(scheme)
	if !ok || rest == "" {
		if v := x.classifyAs(s, value); !schemes[strings.ToLower(value)] && v.Class != clientele.Empty {
			x.keep(x.credentialOf(s, clientele.Token, value, v))
			return true
		}
		return false
	}
	switch low {
	case "basic":
		return x.basic(s, rest)
	case "digest", "hawk", "aws4-hmac-sha256", "aws", "mac", "signature":
		return false // a digest of the secret, not the secret
	case "googlelogin":
		rest = strings.TrimPrefix(rest, "auth=")
	}
	if !schemes[low] && strings.Contains(rest, " ") && !strings.ContainsAny(value, "{<$") {
		return false // a sentence
	}
	if strings.HasPrefix(rest, "token=") {
		rest = strings.Trim(strings.TrimPrefix(rest, "token="), `"`)
	}
	v := x.classifyAs(s, rest)
	if v.Class == clientele.Empty {
		return false
	}
	x.keep(x.credentialOf(s, clientele.Token, rest, v))
	return true
}

func (x *Reader) classifyAs(s clientele.Slot, value string) detect.Verdict {
	s.Value = clientele.Secret(value)
	return x.classify(s)
}

func (x *Reader) credentialOf(s clientele.Slot, role clientele.Role, value string, v detect.Verdict) clientele.Credential {
	s.Value = clientele.Secret(value)
	return x.credential(s, role, v)
}

func (x *Reader) basic(s clientele.Slot, rest string) bool {
	user, password, ok := decodeBasic(rest)
	if !ok {
		if user, password, ok = CutOutside(rest, ':'); !ok {
			user, password, ok = CutOutside(rest, ' ')
		}
	}
	if !ok {
		user, password = "", rest
	}
	v := x.classifyAs(s, password)
	if v.Class == clientele.Empty {
		// "KEY:" as user name and no password is how several APIs take a key.
		if v = x.classifyAs(s, user); v.Class == clientele.Empty || v.Class == clientele.Literal && !detect.LooksRandom(user) {
			return false
		}
		x.keep(x.credentialOf(s, clientele.APIKey, user, v))
		return true
	}
	if s.Principal == "" {
		s.Principal = user
	}
	if v.Class.Embedded() && len(rest) >= 8 {
		x.secrets = append(x.secrets, rest)
	}
	x.keep(x.credentialOf(s, clientele.Password, password, v))
	if user != "" {
		x.identity(clientele.Identity{Scheme: "basic", Principal: user, Issuer: s.Host}, s)
	}
	return true
}

func decodeBasic(s string) (user, password string, ok bool) {
	s = strings.TrimRight(s, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		b, err := enc.DecodeString(s)
		if err != nil || len(b) < 2 || !utf8.Valid(b) || strings.IndexFunc(string(b), unicode.IsControl) >= 0 {
			continue
		}
		if user, password, ok = strings.Cut(string(b), ":"); ok {
			return user, password, true
		}
	}
	return "", "", false
}

func (x *Reader) cookies(s clientele.Slot, value string) bool {
	pairs := strings.Split(value, ";")
	if strings.HasPrefix(strings.ToLower(s.Name), "set-") {
		pairs = pairs[:1] // the rest are attributes
	}
	any := false
	for _, p := range pairs {
		name, v, ok := strings.Cut(strings.TrimSpace(p), "=")
		if !ok {
			if v := x.classifyAs(s, p); v.Class == clientele.Reference && len(pairs) == 1 {
				x.keep(x.credential(s, clientele.SessionID, v))
				any = true
			}
			continue
		}
		c := s
		c.Place, c.Role, c.Name, c.Value = clientele.InCookie, "", name, clientele.Secret(strings.Trim(v, `"`))
		any = x.cookie(c) || any
	}
	return any
}

func (x *Reader) cookie(s clientele.Slot) bool {
	low := strings.ToLower(s.Name)
	for _, p := range trackers {
		if strings.HasPrefix(low, p) {
			return false
		}
	}
	v := x.classify(s)
	_, sure := detect.RoleOf(s.Name)
	sessionLike := strings.Contains(low, "sess") || strings.Contains(low, "auth") || strings.Contains(low, "sid") || strings.Contains(low, "token") || strings.Contains(low, "jwt") || strings.Contains(low, "login") || strings.Contains(low, "remember") || strings.Contains(low, "sso") || strings.Contains(low, "refresh")
	switch v.Class {
	case clientele.Literal:
		if sure != detect.Sure && !(sessionLike && len(v.Value) >= 8 && strings.ContainsAny(v.Value, "0123456789")) && !detect.LooksRandom(v.Value) {
			return false
		}
	case clientele.Reference, clientele.Obfuscated:
	default:
		return false
	}
	x.keep(x.credential(s, clientele.SessionID, v))
	return true
}

var trackers = []string{"_ga", "_gid", "_gat", "_gcl", "_fbp", "_hj", "__utm", "_pk_", "ajs_", "optimizely", "_mkto", "hubspotutk", "__hs", "intercom-id", "amplitude", "mp_", "_clck", "_clsk", "__cf_bm", "cf_clearance", "_cfuvid", "_dd_s",
	"csrf", "xsrf", "_csrf", "locale", "lang", "timezone", "theme", "cookieconsent", "onetrust", "optanon", "_octo", "logged_in", "bm_sz", "ak_bmsc", "_abck", "visitor", "datr", "1p_jar", "consent", "awsalb", "awselb", "uid", "_uetsid", "_uetvid"}
