package reading

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/clientele/clientele"
)

// claims are those of a JWT (RFC 7519) that tell who, for what and until when. The token's
// issuer is not asked and its signature is not checked: they are what the token says.
type claims struct {
	Iss, Sub, Azp, Email, Upn, Name, Gty, Scope string
	ClientID                                    string          `json:"client_id"`
	AppID                                       string          `json:"appid"`
	Username                                    string          `json:"preferred_username"`
	Scp, Aud                                    json.RawMessage // a text or a list
	Exp, Iat                                    float64
}

// isJWT reports whether v is three parts of base64 with dots between, the first a JSON
// object. A text that only begins with "eyJ" is none.
func isJWT(v string) bool {
	parts := strings.Split(v, ".")
	if len(parts) != 3 || !strings.HasPrefix(v, "eyJ") || len(v) > 32<<10 {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	return err == nil && json.Valid(b)
}

// tokenClaims adds what a JWT says of itself to the credential and to the identities.
func (x *Reader) tokenClaims(c *clientele.Credential, value string, at clientele.Slot) {
	if !isJWT(value) {
		return
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.Split(value, ".")[1], "="))
	if err != nil {
		return
	}
	var cl claims
	_ = json.Unmarshal(b, &cl) // a field of the wrong type leaves the others
	id := clientele.Identity{
		Scheme: "bearer", Issuer: cl.Iss, Audience: strings.Join(texts(cl.Aud), " "),
		Scopes: append(texts(cl.Scp), strings.Fields(cl.Scope)...), IssuedAt: at0(cl.Iat), ExpiresAt: at0(cl.Exp),
	}
	person := cmp.Or(cl.Email, cl.Upn, cl.Username)
	switch {
	case person != "" || cl.Name != "":
		id.Principal, id.Kind = cmp.Or(person, cl.Name, cl.Sub), clientele.Person
	case cl.Gty == "client-credentials" || strings.HasSuffix(cl.Sub, "@clients") || strings.HasPrefix(cl.Sub, "system:serviceaccount:"):
		id.Principal, id.Kind = cmp.Or(cl.Sub, cl.ClientID, cl.Azp), clientele.Machine
	default:
		id.Principal = cmp.Or(cl.Sub, cl.ClientID, cl.AppID, cl.Azp)
	}
	if c.ExpiresAt.IsZero() {
		c.ExpiresAt = id.ExpiresAt
	}
	if c.Principal == "" {
		c.Principal = id.Principal
	}
	if id.Principal != "" || id.Issuer != "" {
		x.identity(id, at)
	}
}

func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return strings.Fields(one)
	}
	var many []string
	_ = json.Unmarshal(raw, &many)
	return many
}

// at0 is a time in seconds since 1970, zero for none and for nonsense.
func at0(sec float64) time.Time {
	if sec <= 0 || sec > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(sec), 0).UTC()
}
